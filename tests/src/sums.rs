//! Sketches once more, from the document alone and in the plainest way: each cell by the remainder
//! of wide numbers, and a difference taken apart cell by cell.

use std::collections::BTreeMap;
use std::hash::Hasher as _;

use plasmid::wire::Cell;
use siphasher::sip::SipHasher24;

/// The modulus of places.
const P: i128 = (1 << 61) - 1;

/// The modulus of checks.
const P_CHECK: i128 = (1 << 32) - 5;

/// The greatest number of cells.
pub const MOST: usize = 3072;

/// What a host has of one participant: its short id, generation, and max_version.
pub type Copy = (u64, u64, u64);

/// By how much one host is ahead of another with a participant: its short id, and how much in
/// generation and version.
pub type Ahead = (u64, i64, i64);

/// How one cluster places what its hosts have, in one epoch.
pub struct Salt {
    factor: i128,
    offset: i128,
    mix: u64,
}

impl Salt {
    /// Of the cluster with that hash.
    pub fn new(cluster: u64, epoch: u64) -> Salt {
        let derive = |name: &[u8]| {
            let mut hasher = SipHasher24::new_with_keys(cluster, epoch + 1);
            hasher.write(name);
            hasher.finish()
        };
        let factor = i128::from(derive(b"factor")) % (P - 1) + 1;
        Salt { factor, offset: i128::from(derive(b"offset")) % P, mix: derive(b"mix") }
    }

    fn place(&self, short: u64, is_generation: bool) -> i128 {
        let element = i128::from(short >> 3 | u64::from(is_generation));
        (self.factor * element + self.offset) % P
    }

    /// The check of what falls at that place, and its cells among `size`.
    fn spot(&self, place: i128, size: usize) -> (i128, Vec<usize>) {
        let hash = mixed(place as u64 ^ self.mix);
        let check = i128::from(mixed(hash ^ self.mix)) % (P_CHECK - 1) + 1;
        let row = size / 4;
        let parts = [48, 32, 16, 0].map(|shift| (hash >> shift) as usize & 0xffff);
        let cells = parts.into_iter().enumerate().map(|(nth, part)| nth * row + part % row);
        (check, if size == 1 { vec![0] } else { cells.collect() })
    }

    /// The cells among `size` that the version of the participant with that short id falls into.
    pub fn cells_of(&self, short: u64, size: usize) -> Vec<usize> {
        self.spot_of(short, false, size)
    }

    /// The same, or of its generation.
    pub fn spot_of(&self, short: u64, is_generation: bool, size: usize) -> Vec<usize> {
        self.spot(self.place(short, is_generation), size).1
    }

    fn add(&self, cells: &mut [Cell], place: i128, value: i128) {
        let (check, own) = self.spot(place, cells.len());
        for at in own {
            let Cell { sum, places, checks } = &mut cells[at];
            *sum = sum.wrapping_add(value as u64);
            *places = (i128::from(*places) + value * place % P).rem_euclid(P) as u64;
            *checks = (i128::from(*checks) + value * check % P_CHECK).rem_euclid(P_CHECK) as u32;
        }
    }

    /// The sketch of that size of a host that has these copies.
    pub fn cells(&self, size: usize, copies: &[Copy]) -> Vec<Cell> {
        let mut cells = vec![Cell::default(); size];
        for (short, generation, version) in copies.iter().filter(|copy| copy.2 > 0) {
            self.add(&mut cells, self.place(*short, true), i128::from(*generation));
            self.add(&mut cells, self.place(*short, false), i128::from(*version));
        }
        cells
    }

    /// In what a host is ahead that told `theirs`, and whether that is all.
    pub fn differences(&self, mine: &[Cell], theirs: &[Cell]) -> (Vec<Ahead>, bool) {
        let mut cells: Vec<Cell> = theirs.iter().zip(mine).map(|(a, b)| minus(a, b)).collect();
        let mut ahead: BTreeMap<u64, (i64, i64)> = BTreeMap::new();
        for _ in 0..cells.len() {
            let Some((place, value)) = (0..cells.len()).find_map(|at| self.alone(&cells, at))
            else {
                break;
            };
            self.add(&mut cells, place, -i128::from(value));
            let element = (place - self.offset).rem_euclid(P) * inverse(self.factor) % P;
            let one = ahead.entry((element as u64 & !1) << 3).or_default();
            *(if element & 1 == 1 { &mut one.0 } else { &mut one.1 }) += value;
        }
        let is_whole = cells.iter().all(|cell| *cell == Cell::default());
        (ahead.into_iter().map(|(short, by)| (short, by.0, by.1)).collect(), is_whole)
    }

    /// The one number that is alone in that cell: its place and what it is.
    fn alone(&self, cells: &[Cell], at: usize) -> Option<(i128, i64)> {
        let value = cells[at].sum as i64;
        let inverse = inverse(i128::from(value).rem_euclid(P));
        let place = i128::from(cells[at].places) * inverse % P;
        let (check, own) = self.spot(place, cells.len());
        let told = (i128::from(value) * check).rem_euclid(P_CHECK) == i128::from(cells[at].checks);
        (inverse > 0 && told && own.contains(&at)).then_some((place, value))
    }
}

/// The finalizer of SplitMix64.
fn mixed(mut value: u64) -> u64 {
    value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ value >> 31
}

/// By Fermat; 0 of 0.
fn inverse(value: i128) -> i128 {
    let (mut power, mut product, mut left) = (value, 1, P - 2);
    while left > 0 {
        if left & 1 == 1 {
            product = product * power % P;
        }
        power = power * power % P;
        left >>= 1;
    }
    product
}

fn minus(a: &Cell, b: &Cell) -> Cell {
    let places = i128::from(a.places) - i128::from(b.places);
    let checks = i128::from(a.checks) - i128::from(b.checks);
    Cell {
        sum: a.sum.wrapping_sub(b.sum),
        places: places.rem_euclid(P) as u64,
        checks: checks.rem_euclid(P_CHECK) as u32,
    }
}

/// A sketch in fewer cells.
pub fn fold(cells: &[Cell], size: usize) -> Vec<Cell> {
    let (long, row) = (cells.len() / 4, size / 4);
    let mut folded = vec![Cell::default(); size];
    let is_counted = |at: &usize| size > 1 || *at < long;
    for (at, cell) in cells.iter().enumerate().filter(|(at, _)| is_counted(at)) {
        let into = if size == 1 { 0 } else { at / long * row + at % long % row };
        let none = minus(&Cell::default(), cell);
        folded[into] = minus(&folded[into], &none);
    }
    folded
}
