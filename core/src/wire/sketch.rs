//! `Sketch := <epoch> <Cell>+`: sums over all that the sender has, small enough to send often. Two
//! of them differ by what their hosts differ in, and by nothing else.

use alloc::vec::Vec;

use super::reader::Reader;
use super::varint;
use crate::error::Error;

/// The greatest prime below 2⁶¹: sums of places are taken modulo it.
pub(crate) const P: u64 = (1 << 61) - 1;

/// The greatest prime below 2³²: sums of checks are taken modulo it.
pub(crate) const P_CHECK: u64 = (1 << 32) - 5;

/// Rows of cells, where there are more than one.
pub(crate) const ROWS: usize = 4;

/// How long the rows of a sketch can be: the divisors of the longest, so that each can be folded
/// into any shorter one.
pub(crate) const LADDER: [usize; 18] =
    [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 768];

/// The longest row.
pub(crate) const MAX_ROW: usize = LADDER[LADDER.len() - 1];

/// The most cells of a sketch.
pub(crate) const MAX_CELLS: usize = ROWS * MAX_ROW;

/// Bytes of a cell.
pub(crate) const CELL_LEN: usize = 8 + 8 + 4;

/// Sums over the coordinates that fell into one cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// Of the values, modulo 2⁶⁴.
    pub sum: u64,
    /// Of each value times its coordinate's place, modulo 2⁶¹ − 1.
    pub places: u64,
    /// Of each value times its coordinate's check, modulo 2³² − 5.
    pub checks: u32,
}

impl Cell {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let cell = Cell { sum: reader.u64()?, places: reader.u64()?, checks: reader.u32()? };
        if cell.places >= P || u64::from(cell.checks) >= P_CHECK {
            return Err(Error::Malformed("a sum is not reduced"));
        }
        Ok(cell)
    }

    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.sum.to_be_bytes());
        out.extend_from_slice(&self.places.to_be_bytes());
        out.extend_from_slice(&self.checks.to_be_bytes());
    }
}

/// A decoded sketch, borrowed from its message: one cell with all, or four rows of cells.
#[derive(Clone, Copy, Debug)]
pub struct Sketch<'a> {
    /// Which salt places the coordinates.
    pub epoch: u64,
    cells: Reader<'a>,
    len: usize,
}

impl<'a> Sketch<'a> {
    pub(crate) fn decode(body: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        let epoch = reader.varint()?;
        let cells = reader;
        let mut len = 0;
        while !reader.is_empty() {
            Cell::read(&mut reader)?;
            len += 1;
        }
        let is_size = len == 1 || LADDER.iter().any(|row| len == ROWS * row);
        if is_size {
            return Ok(Sketch { epoch, cells, len });
        }
        Err(Error::Malformed("a sketch has a number of cells that no sketch has"))
    }

    /// The cells, row by row.
    pub fn cells(&self) -> impl Iterator<Item = Cell> + use<'a> {
        let mut reader = self.cells;
        // They were checked when the section was decoded.
        core::iter::from_fn(move || Cell::read(&mut reader).ok())
    }

    /// How many cells there are.
    pub const fn size(&self) -> usize {
        self.len
    }

    /// Append the sketch again.
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        put(out, self.epoch, self.cells());
    }
}

/// Bytes of a sketch of so many cells.
pub(crate) const fn len(epoch: u64, cells: usize) -> usize {
    varint::len(epoch) + cells * CELL_LEN
}

/// Append a sketch.
pub(crate) fn put(out: &mut Vec<u8>, epoch: u64, cells: impl Iterator<Item = Cell>) {
    varint::put(out, epoch);
    cells.for_each(|cell| cell.put(out));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(cells: usize) -> Vec<u8> {
        let mut body = Vec::new();
        let cell =
            |at: usize| Cell { sum: at as u64, places: 2 * at as u64, checks: 3 * at as u32 };
        put(&mut body, 300, (0..cells).map(cell));
        assert_eq!(body.len(), len(300, cells));
        body
    }

    #[test]
    fn only_the_sizes_that_can_be_folded_to_are_sketches() {
        for cells in 0..200 {
            let body = body(cells);
            let is_size = [1, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192].contains(&cells);
            let sketch = Sketch::decode(&body);
            assert_eq!(sketch.is_ok(), is_size, "{cells}");
            if let Ok(sketch) = sketch {
                assert_eq!((sketch.epoch, sketch.size()), (300, cells));
                let mut again = Vec::new();
                sketch.put(&mut again);
                assert_eq!(again, body);
            }
        }
        assert_eq!(Sketch::decode(&body(MAX_CELLS)).map(|sketch| sketch.size()), Ok(3072));
    }

    #[test]
    fn a_sum_has_one_form() {
        let refuse = |at: usize, bytes: &[u8]| {
            let mut body = body(1);
            body[at..at + bytes.len()].copy_from_slice(bytes);
            Sketch::decode(&body).is_err()
        };
        // The epoch takes two bytes, the first sum eight.
        assert!(refuse(10, &P.to_be_bytes()));
        assert!(!refuse(10, &(P - 1).to_be_bytes()));
        assert!(refuse(18, &(P_CHECK as u32).to_be_bytes()));
        assert!(!refuse(18, &(P_CHECK as u32 - 1).to_be_bytes()));
    }
}
