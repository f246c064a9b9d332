//! Where a coordinate falls: its place in the field, its check, and its cell in each row.
//!
//! All of it follows from a secret of the cluster and the epoch. Who does not know it cannot choose
//! ids that fall together; and whatever falls together in one epoch does not in the next.

use crate::sketch::field;
use crate::wire::short::{ShortId, keyed_hash};
use crate::wire::sketch::{MAX_ROW, P, P_CHECK, ROWS};

/// What a host has of a participant is two numbers, and each is a coordinate of its own: where two
/// hosts differ in one, the sketch tells by how much, and in which direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coordinate {
    Version,
    Generation,
}

/// How the coordinates of one cluster are placed in one epoch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Salt {
    factor: u64,
    /// Undoes the factor.
    inverse: u64,
    offset: u64,
    mix: u64,
}

/// Where one coordinate falls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot {
    pub(crate) place: u64,
    pub(crate) check: u32,
    /// The cell in each of four rows of the greatest length.
    cells: [u16; ROWS],
}

impl Spot {
    /// The cell in each of four rows of `row` cells.
    pub(crate) fn cells(&self, row: usize) -> [usize; ROWS] {
        let mut cells = self.cells.map(|cell| cell as usize % row);
        for (nth, cell) in cells.iter_mut().enumerate() {
            *cell += nth * row;
        }
        cells
    }
}

impl Salt {
    pub(crate) fn new(cluster: u64, epoch: u64) -> Self {
        // The key of short ids is another one: it ends in zero.
        let derive = |what: &[u8]| keyed_hash(cluster, epoch + 1, what);
        let factor = derive(b"factor") % (P - 1) + 1;
        let inverse = field::inverse(factor).expect("it is not 0, and the modulus is prime");
        Salt { factor, inverse, offset: derive(b"offset") % P, mix: derive(b"mix") }
    }

    /// Where a coordinate of that participant falls. The place is an affine map, so that who finds
    /// one can tell whose it is without a table of all; check and cells are no such map, so that
    /// sums do not pass for single coordinates.
    pub(crate) fn spot(&self, short: ShortId, coordinate: Coordinate) -> Spot {
        // Four bits of a short id are always zero: that makes room for one.
        let element = short >> 3 | coordinate as u64;
        self.at(field::add(field::mul(self.factor, field::reduce(element)), self.offset))
    }

    /// What falls at that place, below 2⁶¹ − 1.
    pub(crate) fn at(&self, place: u64) -> Spot {
        let cells = mixed(place ^ self.mix);
        let check = mixed(cells ^ self.mix);
        Spot {
            place,
            check: (check % (P_CHECK - 1) + 1) as u32,
            cells: [48, 32, 16, 0].map(|shift| (cells >> shift) as u16 % MAX_ROW as u16),
        }
    }

    /// Whose coordinate falls at that place.
    pub(crate) fn owner(&self, place: u64) -> (ShortId, Coordinate) {
        let element = field::mul(field::sub(place, self.offset), self.inverse);
        let coordinate =
            if element & 1 == 0 { Coordinate::Version } else { Coordinate::Generation };
        ((element & !1) << 3, coordinate)
    }
}

/// The finalizer of SplitMix64 (Steele, Lea, Flood 2014): every bit of what comes out depends on
/// every bit that goes in.
const fn mixed(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::short::short_id;

    #[test]
    fn a_place_tells_whose_it_is() {
        for epoch in 0..20 {
            let salt = Salt::new(7, epoch);
            for number in 0..1000u64 {
                let short = short_id(7, &number.to_be_bytes());
                for coordinate in [Coordinate::Version, Coordinate::Generation] {
                    let spot = salt.spot(short, coordinate);
                    assert_eq!(salt.owner(spot.place), (short, coordinate));
                    assert_eq!(salt.at(spot.place).cells(768), spot.cells(768));
                }
            }
        }
    }

    /// A cell of a shorter row is one that cells of the longest fold into.
    #[test]
    fn rows_fold() {
        let spot = Salt::new(1, 1).spot(short_id(1, b"somebody"), Coordinate::Version);
        for row in crate::wire::sketch::LADDER {
            for (nth, (short, long)) in spot.cells(row).iter().zip(spot.cells(768)).enumerate() {
                assert_eq!(*short, nth * row + (long - nth * 768) % row);
            }
        }
    }

    #[test]
    fn another_epoch_places_otherwise() {
        let spot = |epoch| Salt::new(1, epoch).spot(short_id(1, b"x"), Coordinate::Version);
        assert_ne!(spot(1).place, spot(2).place);
        assert_ne!(spot(1).cells(768), spot(2).cells(768));
    }
}
