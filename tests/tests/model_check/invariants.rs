//! What must hold of every change of a copy, against the history of the owner.

use crate::slot::{EVICTED, KEYS, Slot};
use crate::world::{GENERATIONS, VERSIONS};

/// What the owner did with one version.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    /// It set a key.
    Set(u8),
    /// It deleted a key.
    Delete(u8),
    /// It compacted up to a version.
    Compact(u8),
    /// It left.
    Leave,
}

impl Op {
    /// The op as a byte, never 0.
    fn byte(self) -> u8 {
        match self {
            Op::Set(key) => 0x10 | key,
            Op::Delete(key) => 0x20 | key,
            Op::Compact(up_to) => 0x30 | up_to,
            Op::Leave => 0x40,
        }
    }

    /// The opposite.
    fn of(byte: u8) -> Option<Op> {
        match byte >> 4 {
            0 => None,
            1 => Some(Op::Set(byte & 15)),
            2 => Some(Op::Delete(byte & 15)),
            3 => Some(Op::Compact(byte & 15)),
            _ => Some(Op::Leave),
        }
    }

    /// Whether it says something of `key`.
    fn concerns(self, key: usize) -> bool {
        match self {
            Op::Set(it) | Op::Delete(it) => it as usize == key,
            Op::Compact(_) => false,
            Op::Leave => true,
        }
    }
}

/// Everything the owner did, by generation and version. Version 0 marks the generations taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct History {
    ops: [[u8; VERSIONS]; GENERATIONS],
}

impl History {
    /// Nothing but the beginning of a generation.
    pub(crate) fn new(generation: u8) -> History {
        let mut history = History { ops: [[0; VERSIONS]; GENERATIONS] };
        history.begin(generation);
        history
    }

    /// The owner begins a generation with nothing.
    pub(crate) fn begin(&mut self, generation: u8) {
        self.ops[generation as usize] = [0; VERSIONS];
        self.ops[generation as usize][0] = 1;
    }

    /// The owner goes on in another generation with all that it has.
    pub(crate) fn raise(&mut self, from: u8, to: u8) {
        self.ops[to as usize] = self.ops[from as usize];
    }

    /// The owner does `op`.
    pub(crate) fn record(&mut self, generation: u8, version: u8, op: Op) {
        self.ops[generation as usize][version as usize] = op.byte();
    }

    /// The highest generation ever taken.
    pub(crate) fn newest(&self) -> u8 {
        let taken = self.ops.iter().rposition(|ops| ops[0] != 0);
        taken.expect("a generation") as u8
    }

    /// Whether the first key was set in `generation`.
    pub(crate) fn has_set_first(&self, generation: u8) -> bool {
        self.ops[generation as usize].contains(&Op::Set(0).byte())
    }

    /// All of it as numbers, for a fingerprint.
    pub(crate) fn words(&self) -> impl Iterator<Item = u64> + '_ {
        self.ops.iter().map(|ops| u64::from_le_bytes(*ops))
    }

    fn op(&self, generation: u8, version: u8) -> Option<Op> {
        if version == 0 { None } else { Op::of(self.ops[generation as usize][version as usize]) }
    }

    /// The last op that concerns `key`, and its version.
    fn last(&self, generation: u8, key: usize) -> Option<(u8, Op)> {
        (1..VERSIONS as u8).rev().find_map(|version| {
            let op = self.op(generation, version)?;
            op.concerns(key).then_some((version, op))
        })
    }

    /// The first delete of `key` after `version`; leaving deletes all.
    fn deleted_after(&self, generation: u8, key: usize, version: u8) -> Option<u8> {
        (version + 1..VERSIONS as u8).find(|later| match self.op(generation, *later) {
            Some(Op::Delete(it)) => it as usize == key,
            Some(Op::Leave) => true,
            _ => false,
        })
    }

    /// Whether a copy can ever have reached that.
    pub(crate) fn has_reached(&self, (generation, version): (u8, u8)) -> bool {
        let is_taken = self.ops[generation as usize][0] != 0;
        is_taken && (version == EVICTED || version <= self.issued(generation))
    }

    fn issued(&self, generation: u8) -> u8 {
        let versions = &self.ops[generation as usize][1..];
        versions.iter().rposition(|op| *op != 0).map_or(0, |last| last as u8 + 1)
    }
}

/// For each key that a reader saw vanish: the first delete that it can have been told of.
pub(crate) type Told = [u8; KEYS];

/// A slot changed from `before` to `after`.
pub(crate) fn check(
    before: &Slot,
    after: &Slot,
    history: &History,
    told: &mut Told,
) -> Result<(), String> {
    if after.reached() < before.reached() {
        let (from, to) = (rank(before), rank(after));
        return Err(format!("invariant 4: the slot falls from {from} to {to}"));
    }
    if before.generation != after.generation || after.evicted {
        *told = Told::default();
    }
    if after.evicted {
        return Ok(());
    }
    if after.max > history.issued(after.generation) {
        return Err(format!("invariant 9: version {} was never issued", after.max));
    }
    for (key, told) in told.iter_mut().enumerate() {
        entry_was_issued(after, key, history)?;
        if before.generation == after.generation && !before.evicted {
            reader(before, after, key, history, told)?;
        }
        prefix(after, key, history)?;
    }
    let compact = after.log.compact;
    let issued = history.op(after.generation, compact.version);
    if compact.version > 0 && issued != Some(Op::Compact(compact.up_to)) {
        return Err(format!("invariant 9: compaction @{} was never issued", compact.version));
    }
    Ok(())
}

fn entry_was_issued(slot: &Slot, key: usize, history: &History) -> Result<(), String> {
    let entry = slot.log.keys[key];
    let op = if entry.deleted { Op::Delete(key as u8) } else { Op::Set(key as u8) };
    if entry.version > 0 && history.op(slot.generation, entry.version) != Some(op) {
        let (name, version) = (name(key), entry.version);
        return Err(format!("invariant 9: {name}@{version} was never issued"));
    }
    Ok(())
}

/// Invariant 9: nobody goes back in time, and what vanishes was deleted.
fn reader(
    before: &Slot,
    after: &Slot,
    key: usize,
    history: &History,
    told: &mut u8,
) -> Result<(), String> {
    let (old, new, name) = (before.shown(key), after.shown(key), name(key));
    if old == 0 && new > 0 {
        if new < *told {
            return Err(format!("invariant 9: {name}@{new} is back after its delete @{told}"));
        }
        *told = 0;
    }
    if new > 0 && new < old {
        return Err(format!("invariant 9: {name}@{new} after {name}@{old}"));
    }
    if new == 0 && old > 0 {
        let deleted = history.deleted_after(after.generation, key, old);
        let missing = || format!("invariant 9: {name}@{old} vanishes, and nobody deleted it");
        *told = deleted.ok_or_else(missing)?;
    }
    Ok(())
}

/// Invariant 5: what the owner has at or below the copy's `max_version`, the copy has; what it
/// deleted, a clean copy does not show.
fn prefix(slot: &Slot, key: usize, history: &History) -> Result<(), String> {
    let Some((version, op)) = history.last(slot.generation, key) else { return Ok(()) };
    let (shown, name) = (slot.shown(key), name(key));
    if matches!(op, Op::Set(_)) {
        if version <= slot.max && shown != version {
            return Err(format!("invariant 5: {name}@{version} is missing"));
        }
        if slot.is_suspect(key) && shown == version {
            return Err(format!("invariant 5: {name}@{version} is suspect, and its owner has it"));
        }
    } else if version <= slot.max && shown > 0 && slot.clean.is_none() && !slot.is_suspect(key) {
        return Err(format!("invariant 5: {name}@{shown} is shown, deleted @{version}"));
    }
    Ok(())
}

/// The order of a slot in words.
fn rank(slot: &Slot) -> String {
    if slot.evicted {
        return format!("generation {} evicted", slot.generation);
    }
    format!("generation {} max {}", slot.generation, slot.max)
}

/// The name of a key.
pub(crate) fn name(key: usize) -> char {
    char::from(b'a' + key as u8)
}
