//! The sketch: a few sums over all that a host has, from which another host can tell what differs.
//!
//! What a host has of everybody is a long vector, generation and version of each participant. The
//! sketch is linear in it: four rows of cells, and in each row every coordinate is added to one
//! cell. So the difference of two sketches is the sketch of what differs, and while that is less
//! than what there are cells it can be read off: a cell that one coordinate alone fell into names
//! it (its weighted sum over its sum) and proves it (by a check, and by falling into this cell).
//! Taken out of its other cells, it leaves others alone there. A change costs its cells, however
//! many participants there are. What is *not* here: who is told what because of it (reply).

pub(crate) mod field;
pub(crate) mod live;
pub(crate) mod peel;
pub(crate) mod salt;

use alloc::vec;
use alloc::vec::Vec;

use crate::sketch::salt::{Coordinate, Salt, Spot};
use crate::wire::short::ShortId;
use crate::wire::sketch::{Cell, LADDER, MAX_CELLS, MAX_ROW, ROWS};

/// What a copy adds to a sketch: its generation and where it is in it, both 0 if it adds nothing.
pub(crate) type Counted = (u64, u64);

impl Cell {
    /// That value at a coordinate, alone.
    fn of(value: i64, spot: &Spot) -> Cell {
        Cell {
            sum: value as u64,
            places: field::mul(field::signed(value), spot.place),
            checks: field::check(value, spot.check),
        }
    }

    /// The cell that what fell into both falls into.
    fn plus(&self, other: &Cell) -> Cell {
        Cell {
            sum: self.sum.wrapping_add(other.sum),
            places: field::add(self.places, other.places),
            checks: field::add_checks(self.checks, other.checks),
        }
    }

    /// What is left of one cell without another.
    fn minus(&self, other: &Cell) -> Cell {
        Cell {
            sum: self.sum.wrapping_sub(other.sum),
            places: field::sub(self.places, other.places),
            checks: field::sub_checks(self.checks, other.checks),
        }
    }
}

/// The sketch of one host under one salt, as large as there are.
#[derive(Clone, Debug)]
pub(crate) struct Sketch {
    pub(crate) epoch: u64,
    pub(crate) salt: Salt,
    /// Four rows of the greatest length.
    cells: Vec<Cell>,
    /// Four rows of a length that most messages fold from: a sixteenth of the work.
    few: Vec<Cell>,
    /// All in one cell.
    total: Cell,
}

/// The length of the rows that are kept beside the longest.
const FEW: usize = 48;

impl Sketch {
    /// Of a host that has nothing.
    pub(crate) fn new(cluster: u64, epoch: u64) -> Self {
        Sketch {
            epoch,
            salt: Salt::new(cluster, epoch),
            cells: vec![Cell::default(); MAX_CELLS],
            few: vec![Cell::default(); ROWS * FEW],
            total: Cell::default(),
        }
    }

    /// A copy is now elsewhere.
    pub(crate) fn shift(&mut self, short: ShortId, before: Counted, after: Counted) {
        self.add(short, Coordinate::Generation, after.0.wrapping_sub(before.0) as i64);
        self.add(short, Coordinate::Version, after.1.wrapping_sub(before.1) as i64);
    }

    fn add(&mut self, short: ShortId, coordinate: Coordinate, value: i64) {
        if value == 0 {
            return;
        }
        let spot = self.salt.spot(short, coordinate);
        let more = Cell::of(value, &spot);
        self.total = self.total.plus(&more);
        for (cells, row) in [(&mut self.cells, MAX_ROW), (&mut self.few, FEW)] {
            for cell in spot.cells(row) {
                cells[cell] = cells[cell].plus(&more);
            }
        }
    }

    /// The sketch in `size` cells: one, or four rows of a length on the ladder.
    pub(crate) fn fold(&self, size: usize) -> Vec<Cell> {
        if size == 1 {
            return vec![self.total];
        }
        let row = size / ROWS;
        let (cells, long) = match FEW.is_multiple_of(row) {
            true => (&self.few, FEW),
            false => (&self.cells, MAX_ROW),
        };
        let mut folded = Vec::with_capacity(size);
        for long in cells.chunks_exact(long) {
            let start = folded.len();
            folded.extend_from_slice(&long[..row]);
            for part in long[row..].chunks_exact(row) {
                for (cell, more) in folded[start..].iter_mut().zip(part) {
                    *cell = cell.plus(more);
                }
            }
        }
        folded
    }

    /// What of `theirs`, a sketch of another host under this salt, differs from this one.
    pub(crate) fn difference(&self, theirs: impl Iterator<Item = Cell>, size: usize) -> Vec<Cell> {
        theirs.zip(self.fold(size)).map(|(theirs, mine)| theirs.minus(&mine)).collect()
    }
}

/// The least size in cells that has room for `least` of them; the greatest if none has.
pub(crate) fn size_of(least: usize) -> usize {
    if least <= 1 {
        return 1;
    }
    let row = LADDER.into_iter().find(|row| ROWS * row >= least);
    row.map_or(MAX_CELLS, |row| ROWS * row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::short::short_id;

    /// The sketch of that size, built cell by cell.
    fn direct(salt: &Salt, size: usize, slots: &[(ShortId, Counted)]) -> Vec<Cell> {
        let mut cells = vec![Cell::default(); size];
        for (short, (generation, version)) in slots {
            let values = [(Coordinate::Generation, *generation), (Coordinate::Version, *version)];
            for (coordinate, value) in values {
                let spot = salt.spot(*short, coordinate);
                let whole =
                    if size == 1 { [0; 1].to_vec() } else { spot.cells(size / ROWS).to_vec() };
                let more = Cell::of(value as i64, &spot);
                whole.iter().for_each(|at| cells[*at] = cells[*at].plus(&more));
            }
        }
        cells
    }

    #[test]
    fn folding_is_building_directly() {
        let slots: Vec<(ShortId, Counted)> =
            (0..500u64).map(|at| (short_id(3, &at.to_be_bytes()), (at << 40, at * at))).collect();
        let mut sketch = Sketch::new(3, 2);
        for (short, slot) in &slots {
            sketch.shift(*short, (0, 0), (1, 1));
            sketch.shift(*short, (1, 1), *slot);
        }
        for size in LADDER.map(|row| ROWS * row).into_iter().chain([1]) {
            assert_eq!(sketch.fold(size), direct(&sketch.salt, size, &slots), "{size}");
            let same = sketch.difference(sketch.fold(size).into_iter(), size);
            assert!(same.iter().all(|cell| *cell == Cell::default()));
        }
    }

    #[test]
    fn sizes_are_on_the_ladder() {
        assert_eq!([0, 1, 2, 5, 13, 3072, 9999].map(size_of), [1, 1, 4, 8, 16, 3072, 3072]);
    }
}
