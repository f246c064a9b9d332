//! Messages that keep every rule of the grammar and tell anything at all: few participants, low
//! versions and generations, so that one message meets what another left behind.

use fastrand::Rng;
use plasmid::wire;
use plasmid::wire::Cell;
use plasmid_tests::craft::{
    Craft, Section, batch, clean_line, compact, digest, entry, evict, heard_line, keep_list, leave,
    prefixed, set, sketch, staged_line, varint, want,
};
use plasmid_tests::sums::{Copy, Salt};

use crate::seeds;

/// Who is spoken of: the host that the messages are for, and some others.
const IDS: [&[u8]; 7] = [super::OWN, b"p", b"q", b"r", b"s", b"t", b"u"];

const EVICTED: u64 = 1 << 60;

/// Versions go up to here, but for a few that are as great as can be.
const MOST: u64 = 24;

fn id(rng: &mut Rng) -> &'static [u8] {
    let others = if rng.u8(..8) == 0 { 0 } else { 1 };
    IDS[rng.usize(others..IDS.len())]
}

fn generation(rng: &mut Rng) -> u64 {
    match rng.u8(..64) {
        0 => (1 << 63) - 1,
        1..=3 => rng.u64(..4) << 16,
        4..=10 => rng.u64(..8),
        _ => 5,
    }
}

fn version(rng: &mut Rng) -> u64 {
    if rng.u8(..200) == 0 { EVICTED - 1 } else { rng.u64(..MOST) }
}

/// How a message says what its sender has, or wants.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Says {
    Nothing,
    Digest,
    Sketch,
    Want,
}

impl Says {
    /// A way that a message of that kind may take.
    fn some(rng: &mut Rng, kind: u8) -> Says {
        match (kind, rng.u8(..16)) {
            (1, 0) | (2, 0..=4) | (3, 0..=11) => Says::Nothing,
            (1, 1..=7) | (2, 5..=8) => Says::Digest,
            (2, 13..=15) | (3, _) => Says::Want,
            _ => Says::Sketch,
        }
    }
}

/// One message.
pub(crate) fn message(rng: &mut Rng) -> Vec<u8> {
    let kind = rng.u8(1..=3);
    let sender = id(rng);
    let nonce = if rng.u8(..16) == 0 { 1 } else { rng.u64(2..4) };
    let head = Craft::raw(&[1, kind]).then(&wire::cluster_hash(b"").to_be_bytes());
    let mut message = head.then(&prefixed(sender)).then(&varint(generation(rng)));
    message = message.then(&nonce.to_be_bytes());
    let says = Says::some(rng, kind);
    let known = participants(rng);
    if says == Says::Digest {
        message = message.section(1, &digest(&copies(rng, &known)));
    }
    if kind == 1 && rng.u8(..4) == 0 {
        message = message.section(3, b"");
    }
    if rng.u8(..3) == 0 && !known.is_empty() {
        let mut line =
            |short: &u64| heard_line(*short, rng.u16(..6), rng.u64(..5_000), rng.u64(..MOST));
        message = message.section(4, &known.iter().flat_map(&mut line).collect::<Vec<u8>>());
    }
    if kind != 1 && (says == Says::Nothing || rng.bool()) {
        message = message.section(5, &delta(rng));
    }
    if rng.u8(..3) == 0 {
        message = message.section(8, &varint(rng.u64(..3)));
    }
    if rng.u8(..3) == 0 {
        message = message.section(10, &[varint(generation(rng)), varint(version(rng))].concat());
    }
    if says == Says::Want {
        let some = known.iter().filter(|_| rng.u8(..4) > 0).copied().collect::<Vec<_>>();
        let lines = some.into_iter().map(|short| (short, version(rng))).collect::<Vec<_>>();
        message = message.section(11, &want(rng.u64(..30), &lines));
    }
    if says == Says::Sketch {
        message = message.section(12, &sums(rng));
    }
    let adds = says != Says::Nothing && !known.is_empty();
    if adds && rng.bool() {
        let lines = known.iter().flat_map(|short| {
            let (g, p, m0) = clean(rng);
            clean_line(*short, g, p, m0)
        });
        message = message.section(17, &lines.collect::<Vec<u8>>());
    }
    if adds && rng.bool() {
        let lines =
            known.iter().flat_map(|short| staged_line(*short, rng.u64(1..MOST), rng.u64(1..200)));
        message = message.section(19, &lines.collect::<Vec<u8>>());
    }
    message.finish()
}

/// Some short ids, ascending.
fn participants(rng: &mut Rng) -> Vec<u64> {
    let cluster = wire::cluster_hash(b"");
    let some = IDS.iter().filter(|_| rng.bool()).map(|id| wire::short_id(cluster, id));
    let mut some: Vec<u64> = some.collect();
    some.sort_unstable();
    some
}

/// Where copies of some of them are.
fn copies(rng: &mut Rng, known: &[u64]) -> Vec<Copy> {
    let some = known.iter().filter(|_| rng.u8(..4) > 0).copied().collect::<Vec<_>>();
    let copy =
        |short| (short, generation(rng), if rng.u8(..12) == 0 { EVICTED } else { version(rng) });
    some.into_iter().map(copy).collect()
}

/// A sketch of copies that are near those of the host, of any copies, or of nothing at all.
fn sums(rng: &mut Rng) -> Vec<u8> {
    let size = [1, 4, 8, 12, 32, 96][rng.usize(..6)];
    let epoch = match rng.u8(..16) {
        0 => rng.u64(..1 << 34),
        1..=3 => rng.u64(..5),
        _ => 0,
    };
    let salt = Salt::new(wire::cluster_hash(b""), epoch);
    let cells = match rng.u8(..8) {
        0 => (0..size).map(|_| noise(rng)).collect(),
        1 => {
            let known = participants(rng);
            salt.cells(size, &copies(rng, &known))
        }
        _ => {
            let mut near = seeds::copies();
            for copy in &mut near {
                match rng.u8(..12) {
                    0 => copy.1 = generation(rng),
                    1 => copy.2 = version(rng),
                    2 => copy.2 = copy.2.saturating_add(1).min(EVICTED),
                    3 => copy.2 = 0,
                    _ => {}
                }
            }
            salt.cells(size, &near)
        }
    };
    sketch(epoch, &cells)
}

/// Sums of nothing; some are of a value that is small, so that its inverse is.
fn noise(rng: &mut Rng) -> Cell {
    let sum = if rng.bool() { rng.u64(..) } else { rng.u64(..4) };
    Cell { sum, places: rng.u64(..(1 << 61) - 1), checks: rng.u32(..u32::MAX - 4) }
}

/// An obligation that can end.
fn clean(rng: &mut Rng) -> (u64, u64, u64) {
    let g = rng.u64(1..MOST);
    let m0 = rng.u64(..g);
    (g, rng.u64(..=m0), m0)
}

fn delta(rng: &mut Rng) -> Vec<u8> {
    let mut ids: Vec<&[u8]> = (0..rng.usize(1..4)).map(|_| id(rng)).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().flat_map(|id| section(rng, id)).collect()
}

fn section(rng: &mut Rng, id: &[u8]) -> Vec<u8> {
    let generation = generation(rng);
    match rng.u8(..20) {
        0 => return Section::new(id, generation, 0, EVICTED).finish(),
        1 => return Section::new(id, generation, 0, 0).finish(),
        _ => {}
    }
    let from = if rng.bool() { 0 } else { rng.u64(..MOST) };
    let to = from + rng.u64(..6) * rng.u64(..3);
    let (entries, left) = entries(rng, from, to);
    let mut section = Section::new(id, generation, from, to).entries(&entries);
    if left && !entries.is_empty() {
        return section.finish();
    }
    let is_piece = rng.u8(..4) == 0;
    let above = u64::from(is_piece) + rng.u64(..4) * rng.u64(..3);
    let horizon = to + above;
    let gc_version = if rng.bool() { rng.u64(..=horizon) } else { 0 };
    if gc_version > 0 {
        section = section.gc_version(gc_version);
    }
    if horizon != to {
        section = section.horizon(horizon);
    }
    let (g, p, m0) = clean(rng);
    let g = if rng.bool() && m0 < gc_version { gc_version } else { g };
    let mut tells = from < to;
    if g <= gc_version && rng.u8(..3) > 0 {
        section = section.keep(&keep(rng, (g, p, m0)));
        tells = true;
    }
    if is_piece {
        let version = rng.u64(to + 1..=horizon);
        let whole = one_entry(rng, version);
        let offset = rng.usize(..whole.len());
        let end = rng.usize(offset + 1..=whole.len());
        let offset = if rng.bool() { 0 } else { offset };
        let total = whole.len() as u64;
        section = section.piece(version, total, offset as u64, &whole[offset..end]);
        tells = true;
    }
    if tells { section.finish() } else { Section::new(id, generation, 0, 0).finish() }
}

/// A list that keeps all from some version on. One that kept a value and not the tombstone after it
/// would bring the value back: no sender has a log like that.
fn keep(rng: &mut Rng, (g, p, m0): (u64, u64, u64)) -> Vec<u8> {
    let end = rng.u64(p..=m0);
    let first = if p == 0 { rng.u64(1..=end + 1) } else { p + 1 };
    let gaps = (first..=end).map(|version| if version == first { first - p } else { 1 });
    keep_list((g, p, m0), end, &gaps.collect::<Vec<u64>>())
}

/// Entries within (from, to], and whether the last one is a farewell.
fn entries(rng: &mut Rng, from: u64, to: u64) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    let mut is_compacted = false;
    for version in from + 1..=to {
        if version == to && rng.u8(..16) == 0 {
            bytes.extend(leave(version));
            return (bytes, true);
        }
        if version > 1 && !is_compacted && rng.u8(..6) == 0 {
            is_compacted = true;
            bytes.extend(compact(version, rng.u64(1..version)));
        } else if rng.u8(..4) > 0 {
            bytes.extend(one_entry(rng, version));
        }
    }
    (bytes, false)
}

/// A change of few keys, or an eviction. No batch has a value of a key that is deleted later while
/// another of its values stays: an owner would write that value anew before it compacts.
fn one_entry(rng: &mut Rng, version: u64) -> Vec<u8> {
    const KEYS: [&[u8]; 5] = [b"a", b"b", b"c", b"d", b"e"];
    let value = vec![version as u8; [0, 1, 1, 3, 40][rng.usize(..5)]];
    let mut op = |key| (key, rng.bool().then_some(&value[..]));
    let two = [op(KEYS[3]), op(KEYS[4])];
    match rng.u8(..20) {
        0 => evict(version, id(rng), generation(rng)),
        1..=5 => entry(version, 2, KEYS[rng.usize(..3)]),
        6..=9 => batch(version, &two),
        _ => set(version, KEYS[rng.usize(..KEYS.len())], &value),
    }
}
