//! Reading off a difference of sketches which coordinates differ, and by how much.

use alloc::vec::Vec;

use crate::sketch::field;
use crate::sketch::salt::{Coordinate, Salt, Spot};
use crate::wire::short::ShortId;
use crate::wire::sketch::{Cell, ROWS};

/// By how much a peer is ahead of this host with one participant; behind, where it is negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ahead {
    pub(crate) short: ShortId,
    pub(crate) generation: i64,
    pub(crate) version: i64,
}

/// What was read off a difference.
#[derive(Debug, Default)]
pub(crate) struct Peeled {
    /// In ascending order, nobody twice.
    pub(crate) ahead: Vec<Ahead>,
    /// How many coordinates that is.
    pub(crate) found: usize,
    /// Nothing is left: this is all that differs.
    pub(crate) is_whole: bool,
    /// How many more coordinates may differ, roughly.
    pub(crate) left: usize,
}

/// The coordinate that alone fell into the cell at `at`, if one did.
fn alone(salt: &Salt, cell: &Cell, at: usize, size: usize) -> Option<(i64, Spot)> {
    let value = cell.sum as i64;
    // Most cells are empty, and most values are small: both cost little.
    let inverse = if value == 0 { None } else { field::signed_inverse(value) }?;
    let spot = salt.at(field::mul(cell.places, inverse));
    let is_sound = field::check(value, spot.check) == cell.checks;
    let is_here = size == 1 || spot.cells(size / ROWS).contains(&at);
    (is_sound && is_here).then_some((value, spot))
}

/// Take out of `cells`, a difference of sketches, one coordinate after the other. What comes out is
/// right even if it is not all. Bytes of a peer may be no sketch at all: at most as many come out
/// as there are cells.
pub(crate) fn peel(salt: &Salt, mut cells: Vec<Cell>) -> Peeled {
    let size = cells.len();
    let mut found: Vec<(ShortId, Coordinate, i64)> = Vec::new();
    let mut queue: Vec<usize> = (0..size).rev().collect();
    while let Some(at) = queue.pop() {
        let Some((value, spot)) = alone(salt, &cells[at], at, size) else {
            continue;
        };
        if found.len() == size {
            break;
        }
        let (short, coordinate) = salt.owner(spot.place);
        found.push((short, coordinate, value));
        if size == 1 {
            cells[0] = Cell::default();
            break;
        }
        let taken = cells[at];
        for other in spot.cells(size / ROWS) {
            cells[other] = cells[other].minus(&taken);
            if other != at {
                queue.push(other);
            }
        }
    }
    let filled = cells.iter().filter(|cell| **cell != Cell::default()).count();
    let (is_whole, left) = (filled == 0, estimate(filled, size));
    Peeled { found: found.len(), ahead: merged(found), is_whole, left }
}

/// Both coordinates of each participant together.
fn merged(mut found: Vec<(ShortId, Coordinate, i64)>) -> Vec<Ahead> {
    found.sort_unstable_by_key(|(short, ..)| *short);
    let mut ahead: Vec<Ahead> = Vec::with_capacity(found.len());
    for (short, coordinate, value) in found {
        if ahead.last().is_none_or(|last| last.short != short) {
            ahead.push(Ahead { short, ..Ahead::default() });
        }
        if let Some(last) = ahead.last_mut() {
            match coordinate {
                Coordinate::Generation => last.generation = last.generation.wrapping_add(value),
                Coordinate::Version => last.version = last.version.wrapping_add(value),
            }
        }
    }
    ahead.retain(|ahead| (ahead.generation, ahead.version) != (0, 0));
    ahead
}

/// How many coordinates fill so many cells, roughly: with n of them in rows of q cells, a cell
/// stays empty with probability e^(-n/q). Of a full sketch nobody can tell: it is most of as many
/// as there are cells.
fn estimate(filled: usize, size: usize) -> usize {
    if filled == 0 {
        return 0;
    }
    // -ln(1 - x) = x + x²/2 + x³/3 + ..., and where that gets slow the answer is "too many" anyway.
    let (filled, size) = (filled as u64, size as u64);
    let (mut term, mut sum) = (filled << 16, 0);
    for nth in 1..=12 {
        sum += term / size / nth;
        term = term * filled / size;
    }
    let row = size.div_ceil(ROWS as u64);
    ((sum * row) >> 16).clamp(1, size) as usize
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;

    use fastrand::Rng;

    use super::*;
    use crate::sketch::{Counted, Sketch};
    use crate::wire::bounds::{EVICTED, MAX_GENERATION};
    use crate::wire::sketch::LADDER;

    /// A short id has four zero bits.
    fn any_short(rng: &mut Rng) -> ShortId {
        rng.u64(..) & !15
    }

    /// A slot, sometimes at the edges of what there can be.
    fn any_slot(rng: &mut Rng) -> Counted {
        let generation = match rng.u8(..8) {
            0 => 0,
            1 => MAX_GENERATION,
            2 => rng.u64(..=MAX_GENERATION),
            _ => 5,
        };
        let version = match rng.u8(..8) {
            0 => EVICTED,
            1 => EVICTED - 1,
            2 => rng.u64(1..EVICTED),
            _ => rng.u64(1..100),
        };
        (generation, version)
    }

    /// What `theirs` is ahead of `mine`, exactly.
    fn exact(mine: &BTreeMap<ShortId, Counted>, theirs: &BTreeMap<ShortId, Counted>) -> Vec<Ahead> {
        let mut all: Vec<ShortId> = mine.keys().chain(theirs.keys()).copied().collect();
        all.sort_unstable();
        all.dedup();
        let of = |map: &BTreeMap<ShortId, Counted>, short| map.get(&short).copied();
        let ahead = all.into_iter().map(|short| {
            let (mine, theirs) = (of(mine, short), of(theirs, short));
            let (mine, theirs) = (mine.unwrap_or_default(), theirs.unwrap_or_default());
            let generation = theirs.0.wrapping_sub(mine.0) as i64;
            Ahead { short, generation, version: theirs.1.wrapping_sub(mine.1) as i64 }
        });
        ahead.filter(|ahead| (ahead.generation, ahead.version) != (0, 0)).collect()
    }

    /// Two hosts with a common past and `differing` participants in which they differ.
    fn hosts(rng: &mut Rng, differing: usize) -> [BTreeMap<ShortId, Counted>; 2] {
        let common = rng.usize(..20);
        let mut mine: BTreeMap<ShortId, Counted> =
            (0..common).map(|_| (any_short(rng), any_slot(rng))).collect();
        let mut theirs = mine.clone();
        for _ in 0..differing {
            let known: Vec<ShortId> = mine.keys().copied().collect();
            let is_known = !known.is_empty() && rng.bool();
            let short = if is_known { known[rng.usize(..known.len())] } else { any_short(rng) };
            let slot = any_slot(rng);
            let newer = (slot.0, slot.1.saturating_add(rng.u64(..3)).min(EVICTED));
            match rng.u8(..4) {
                0 => drop(mine.insert(short, slot)),
                1 => drop(theirs.insert(short, slot)),
                _ => {
                    mine.insert(short, slot);
                    theirs.insert(short, newer);
                }
            }
        }
        [mine, theirs]
    }

    fn sketch(of: &BTreeMap<ShortId, Counted>, into: &mut Sketch, is_there: bool) {
        for (short, slot) in of {
            let (before, after) = if is_there { ((0, 0), *slot) } else { (*slot, (0, 0)) };
            into.shift(*short, before, after);
        }
    }

    /// Random differences against an exact oracle: of up to three times what a sketch has room
    /// for, with unknown ids, both signs, and numbers at the edges. Nothing wrong ever comes out,
    /// and what says that it is whole is.
    fn oracle(rng: &mut Rng, cases: usize) {
        let mut sketches = [Sketch::new(9, 0), Sketch::new(9, 0)];
        let (mut whole, mut small, mut failed) = (0, 0, 0);
        for _ in 0..cases {
            let row = LADDER[rng.usize(..9)];
            let size = if rng.u8(..8) == 0 { 1 } else { ROWS * row };
            let differing = rng.usize(..=3 * size / 2);
            let hosts = hosts(rng, differing);
            for (sketch_of, host) in sketches.iter_mut().zip(&hosts) {
                sketch(host, sketch_of, true);
            }
            let theirs = sketches[1].fold(size);
            let peeled = peel(&sketches[0].salt, sketches[0].difference(theirs.into_iter(), size));
            let exact = exact(&hosts[0], &hosts[1]);
            if peeled.is_whole {
                assert_eq!(peeled.ahead, exact, "it says that it is whole");
                whole += 1;
            }
            for one in &peeled.ahead {
                let true_one = exact.iter().find(|exact| exact.short == one.short);
                let true_one = true_one.expect("it differs");
                // Of two coordinates one can come out alone.
                let is_part = |found: i64, truth: i64| found == truth || found == 0;
                assert!(is_part(one.generation, true_one.generation), "{one:?} {true_one:?}");
                assert!(is_part(one.version, true_one.version), "{one:?} {true_one:?}");
            }
            let unknowns = exact
                .iter()
                .map(|one| usize::from(one.generation != 0) + usize::from(one.version != 0))
                .sum::<usize>();
            if 2 * unknowns <= size && size >= 32 {
                small += 1;
                failed += usize::from(!peeled.is_whole);
            }
            // Empty again, as cheap as filling it anew.
            for (sketch_of, host) in sketches.iter_mut().zip(&hosts) {
                sketch(host, sketch_of, false);
            }
        }
        assert!(whole > cases / 10 && small > cases / 20, "{whole} {small} of {cases}");
        // At half of 32 cells one in twenty-five fails.
        assert!(failed * 25 < small, "{failed} of {small}");
        assert!(sketches.iter().all(|sketch| sketch.fold(4) == [Cell::default(); 4]));
    }

    /// `DIFFERENCES=n` looks at more; the long tests look at a million.
    #[test]
    fn nothing_wrong_comes_out_and_what_is_whole_is_whole() {
        let count = option_env!("DIFFERENCES");
        let count = count.map_or(5_000, |count| count.parse().expect("a number"));
        oracle(&mut Rng::with_seed(1), count);
    }

    /// Whatever bytes a peer sends as cells, it ends, and no more comes out than there are cells.
    #[test]
    fn what_is_no_sketch_ends() {
        let mut rng = Rng::with_seed(3);
        let salt = Salt::new(9, 0);
        for _ in 0..2_000 {
            let size = [1, 4, 8, 32, 96][rng.usize(..5)];
            // Single coordinates, not in the rest of their cells: taking one out puts it in there.
            let mut cell = |_| {
                let spot = salt.spot(any_short(&mut rng), Coordinate::Version);
                Cell::of(rng.i64(-3..3), &spot)
            };
            let cells = (0..size).map(&mut cell).collect();
            assert!(peel(&salt, cells).ahead.len() <= size);
        }
    }
}
