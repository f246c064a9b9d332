//! A large log: its bytes, and where everything is in them, which is positions in version order and
//! the newest update of each key.

mod holes;

use alloc::vec::Vec;
use core::hash::BuildHasher;

use hashbrown::HashTable;

use crate::log::batches::Batches;
use crate::log::scan::{Cut, entry_at};
use crate::log::subject::{Said, Subject};
use crate::log::tally::Tally;
use crate::wire::entry::{Body, Entry};

/// How keys are hashed in the index. Seeded per host, so that nobody outside can aim for
/// collisions.
pub(crate) type KeyHasher = foldhash::fast::FixedState;

/// No older value of this key.
const NONE: u32 = u32::MAX;
/// This update was superseded and is not kept: a hole.
const HOLE: u32 = u32::MAX - 1;
/// An older value of this key is not kept; a batch before it may have one.
const LOST: u32 = u32::MAX - 2;

/// A large log.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// Entries back to back, holes among them.
    pub(super) bytes: Vec<u8>,
    /// One per entry in `bytes`, in version order.
    slots: Vec<Slot>,
    /// Subject → its newest entry.
    newest: HashTable<Place>,
    /// Bytes of holes.
    holes: usize,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    /// Where the entry starts in the log's bytes. A log stays far below 2³² bytes.
    start: u32,
    /// Position of the same subject's next older entry, `NONE`, `HOLE` or `LOST`; of a batch, which
    /// has several subjects, `NONE`.
    older: u32,
}

/// A batch is in the table once for each of its keys, so the hash is kept beside the position: it
/// cannot be computed from that alone.
#[derive(Clone, Copy, Debug)]
struct Place {
    slot: u32,
    hash: u32,
}

impl Place {
    /// The table takes its bits from both ends of 64.
    const fn spread(hash: u32) -> u64 {
        (hash as u64) << 32 | hash as u64
    }
}

#[inline]
fn hash(subject: Subject<'_>, hasher: &KeyHasher) -> u32 {
    let hash = match subject {
        Subject::Key(key) => hasher.hash_one(key),
        Subject::Compaction => 0,
        Subject::Eviction(id) => !hasher.hash_one(id),
    };
    (hash ^ (hash >> 32)) as u32
}

impl Index {
    /// An index with room for so many entries of so many bytes.
    pub(crate) fn with_room(entries: usize, len: usize) -> Self {
        let (bytes, slots) = (Vec::with_capacity(len), Vec::with_capacity(entries));
        // As many keys as entries, if those are not so small that this would be most of it.
        let newest = HashTable::with_capacity(entries.min(len / 16));
        Index { bytes, slots, newest, holes: 0 }
    }

    /// Take over an entry of a small log, which is counted.
    pub(crate) fn adopt(&mut self, entry: &Entry<'_>, batches: &Batches, hasher: &KeyHasher) {
        let mut older = None;
        Subject::each(entry, |subject, _| {
            older = self.renew(batches, subject, hasher).map(|(at, _)| at);
        });
        self.push(entry, older);
    }

    /// Append an entry. What it supersedes is taken off the tally.
    pub(crate) fn append(
        &mut self,
        entry: &Entry<'_>,
        tally: &mut Tally,
        history: bool,
        hasher: &KeyHasher,
    ) {
        tally.add(entry);
        let mut older = None;
        let mut supersede = |subject| older = self.supersede(subject, tally, history, hasher);
        match entry.body {
            Body::One(op) => supersede(Subject::Key(op.key)),
            _ => Subject::each(entry, |subject, _| supersede(subject)),
        }
        self.push(entry, older);
        // Holes are at most half of the bytes.
        if self.holes > self.len() {
            self.squeeze();
        }
    }

    /// The entry that will be pushed next takes the place of the newest about `subject`, which is
    /// told if there is one.
    #[inline]
    fn supersede(
        &mut self,
        subject: Subject<'_>,
        tally: &mut Tally,
        history: bool,
        hasher: &KeyHasher,
    ) -> Option<usize> {
        let (at, said) = self.renew(&tally.batches, subject, hasher)?;
        let is_kept = match said {
            Said::Value => tally.supersede_value(self.start(at + 1) - self.start(at), history),
            _ => tally.supersede(subject, &self.entry(at), history),
        };
        if !is_kept {
            self.remove(at);
        }
        Some(at)
    }

    /// The entry that will be pushed next becomes the newest about `subject`; tells which one was,
    /// and what it says.
    fn renew(
        &mut self,
        batches: &Batches,
        subject: Subject<'_>,
        hasher: &KeyHasher,
    ) -> Option<(usize, Said)> {
        let at = self.slots.len() as u32;
        let hash = hash(subject, hasher);
        let Index { bytes, slots, newest, .. } = self;
        let mut said = Said::Nothing;
        let is_same = |held: &Place| {
            // What is at `at` already is another key of the same batch, and has no slot yet.
            if let Some(slot) = slots.get(held.slot as usize).filter(|_| held.hash == hash) {
                said = subject.said_at(bytes, slot.start as usize, batches);
            }
            said != Said::Nothing
        };
        if let Some(held) = newest.find_mut(Place::spread(hash), is_same) {
            return Some((core::mem::replace(&mut held.slot, at) as usize, said));
        }
        let rehash = |held: &Place| Place::spread(held.hash);
        newest.insert_unique(Place::spread(hash), Place { slot: at, hash }, rehash);
        None
    }

    /// `older` is the entry that this one takes the place of, if it has one subject.
    #[inline]
    fn push(&mut self, entry: &Entry<'_>, older: Option<usize>) {
        let older = older.filter(|_| !matches!(entry.body, Body::Batch(_)));
        let older = older.map_or(NONE, |older| older as u32);
        make_room(&mut self.slots, 1);
        self.slots.push(Slot { start: self.bytes.len() as u32, older });
        make_room(&mut self.bytes, entry.bytes.len());
        self.bytes.extend_from_slice(entry.bytes);
    }

    /// Make room for so many more entries of so many bytes at once.
    pub(crate) fn reserve(&mut self, entries: usize, len: usize) {
        make_room(&mut self.slots, entries);
        make_room(&mut self.bytes, len);
    }

    pub(crate) fn find(
        &self,
        batches: &Batches,
        subject: Subject<'_>,
        hasher: &KeyHasher,
    ) -> Option<usize> {
        let hash = hash(subject, hasher);
        let is_same = |held: &Place| {
            let start = self.slots[held.slot as usize].start as usize;
            held.hash == hash && subject.said_at(&self.bytes, start, batches) != Said::Nothing
        };
        let held = self.newest.find(Place::spread(hash), is_same)?;
        Some(held.slot as usize)
    }

    #[inline]
    pub(crate) fn entry(&self, at: usize) -> Entry<'_> {
        entry_at(&self.bytes, self.slots[at].start as usize)
    }

    /// Bytes of the updates that are kept.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.holes
    }

    /// How many updates are kept from that position on.
    pub(crate) fn count(&self, at: usize) -> usize {
        let rest = &self.slots[at..];
        if self.holes == 0 {
            return rest.len();
        }
        rest.iter().filter(|slot| slot.older != HOLE).count()
    }

    /// The position of the first update above `version`.
    pub(crate) fn position(&self, version: u64) -> usize {
        let is_below = |slot: &Slot| entry_at(&self.bytes, slot.start as usize).version <= version;
        // Asked for most is where the log begins, or a place shortly before its end: larger and
        // larger parts of it are looked into, from the end.
        let (mut end, mut part) = (if version == 0 { 0 } else { self.slots.len() }, 1);
        while end > 0 {
            let start = end.saturating_sub(part);
            if is_below(&self.slots[start]) {
                return start + self.slots[start..end].partition_point(is_below);
            }
            (end, part) = (start, 2 * part);
        }
        0
    }

    /// The first position from `at` on that is not a hole.
    pub(crate) fn kept(&self, at: usize) -> Option<usize> {
        let skip = self.slots.get(at..)?.iter().position(|slot| slot.older != HOLE)?;
        Some(at + skip)
    }

    /// The position of the next older entry about `key`, given one about it. Only where there are
    /// batches can one hide behind what is not kept.
    pub(crate) fn older(&self, at: usize, key: &[u8], batches: &Batches) -> Option<usize> {
        let older = self.slots[at].older;
        let is_batch = !batches.is_empty() && matches!(self.entry(at).body, Body::Batch(_));
        let is_kept = |at: usize| self.slots[at].older != HOLE;
        if older < LOST && !is_batch && is_kept(older as usize) {
            return Some(older as usize);
        }
        if batches.is_empty() || (older == NONE && !is_batch) {
            return None;
        }
        (0..at).rev().find(|at| is_kept(*at) && batches.op(&self.entry(*at), key).is_some())
    }

    /// Where the update at that position starts, or where the last one ends.
    fn start(&self, at: usize) -> usize {
        self.slots.get(at).map_or(self.bytes.len(), |slot| slot.start as usize)
    }

    /// `Log::cut` where there are no holes: the starts are searched, not the updates walked.
    pub(crate) fn cut(&self, from: usize, room: usize) -> Cut {
        let start = self.start(from);
        let rest = self.bytes.len() - start;
        if rest <= room {
            let last = self.slots.len().checked_sub(1).filter(|last| *last >= from);
            let last = last.map_or(0, |last| self.entry(last).version);
            return Cut { len: rest, last, refused: None };
        }
        // The first slot that starts beyond the room; the update before it does not fit.
        let beyond = self.slots[from..].partition_point(|slot| slot.start as usize - start <= room);
        let refused = from + beyond - 1;
        let last = if refused > from { self.entry(refused - 1).version } else { 0 };
        let refused_start = self.start(refused);
        let refused_len = self.start(refused + 1) - refused_start;
        Cut { len: refused_start - start, last, refused: Some(refused_len) }
    }

    /// Append the bytes of the first updates from that position on, which take `len`.
    pub(crate) fn copy(&self, mut at: usize, mut len: usize, out: &mut Vec<u8>) {
        if self.holes == 0 {
            let run = self.start(at);
            return out.extend_from_slice(&self.bytes[run..run + len]);
        }
        // Runs between holes, each one copy.
        while len > 0
            && let Some(first) = self.kept(at)
        {
            let run = self.start(first);
            let is_in = |slot: &&Slot| slot.older != HOLE && (slot.start as usize) < run + len;
            at = first + self.slots[first..].iter().take_while(is_in).count();
            let end = self.start(at);
            out.extend_from_slice(&self.bytes[run..end]);
            len = len.saturating_sub(end - run);
        }
    }
}

/// An index that a view shares is cloned when it is written the next time, so there is room for
/// that.
impl Clone for Index {
    fn clone(&self) -> Self {
        let Index { bytes, slots, newest, holes } = self;
        let newest = newest.clone();
        Index { bytes: with_slack(bytes), slots: with_slack(slots), newest, holes: *holes }
    }
}

fn with_slack<T: Copy>(held: &[T]) -> Vec<T> {
    let mut vec = Vec::with_capacity(held.len() + held.len() / 4);
    vec.extend_from_slice(held);
    vec
}

/// Room for so many more, with a half of slack instead of twice the size: logs are most of the
/// memory, and with less than that a log that grows would be copied too often.
#[inline]
fn make_room<T>(vec: &mut Vec<T>, more: usize) {
    if vec.capacity() - vec.len() < more {
        vec.reserve_exact(more + vec.len() / 2);
    }
}
