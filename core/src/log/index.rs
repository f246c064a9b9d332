//! A large log: its bytes, and where everything is in them, which is positions in version order and
//! the newest update of each key.

use alloc::vec::Vec;
use core::hash::BuildHasher;
use core::ops::Range;

use hashbrown::HashTable;

use crate::log::batches::Batches;
use crate::log::subject::Subject;
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

fn hash(subject: Subject<'_>, hasher: &KeyHasher) -> u32 {
    let hash = match subject {
        Subject::Key(key) => hasher.hash_one(key),
        Subject::Compaction => 0,
        Subject::Eviction(id) => !hasher.hash_one(id),
    };
    (hash ^ (hash >> 32)) as u32
}

/// As much of a log as fits somewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cut {
    /// Bytes of the updates.
    pub(crate) len: usize,
    /// Version of the last one, 0 when there is none.
    pub(crate) last: u64,
    /// Bytes of the first update that did not fit, if one did not.
    pub(crate) refused: Option<usize>,
}

impl Cut {
    /// The longest prefix of `entries` that takes at most `room` bytes.
    pub(crate) fn of<'a>(entries: impl Iterator<Item = Entry<'a>>, room: usize) -> Self {
        let mut cut = Cut::default();
        for entry in entries {
            if cut.len + entry.bytes.len() > room {
                cut.refused = Some(entry.bytes.len());
                break;
            }
            cut.len += entry.bytes.len();
            cut.last = entry.version;
        }
        cut
    }
}

impl Index {
    /// Of the entries of a small log.
    pub(crate) fn build(bytes: &[u8], batches: &Batches, hasher: &KeyHasher) -> Self {
        let mut index = Index::default();
        for (_, held) in Scan::new(bytes) {
            let mut older = None;
            Subject::each(&held, |subject, _| older = index.replace(batches, subject, hasher));
            index.push(held.bytes, older.filter(|_| !matches!(held.body, Body::Batch(_))));
        }
        index
    }

    /// The entry that will be pushed next becomes the newest about `subject`; tells which one was.
    pub(crate) fn replace(
        &mut self,
        batches: &Batches,
        subject: Subject<'_>,
        hasher: &KeyHasher,
    ) -> Option<usize> {
        let at = self.slots.len() as u32;
        let hash = hash(subject, hasher);
        let Index { bytes, slots, .. } = self;
        // What is at `at` already is another key of the same batch.
        let is_same = |held: &Place| {
            held.hash == hash
                && held.slot < at
                && subject
                    .is_in(&entry_at(bytes, slots[held.slot as usize].start as usize), batches)
        };
        if let Some(held) = self.newest.find_mut(Place::spread(hash), is_same) {
            return Some(core::mem::replace(&mut held.slot, at) as usize);
        }
        let rehash = |held: &Place| Place::spread(held.hash);
        self.newest.insert_unique(Place::spread(hash), Place { slot: at, hash }, rehash);
        None
    }

    /// Append an entry; `older` is the one that it takes the place of, if it has one subject.
    pub(crate) fn push(&mut self, entry: &[u8], older: Option<usize>) {
        let older = older.map_or(NONE, |older| older as u32);
        grow(&mut self.slots, &[Slot { start: self.bytes.len() as u32, older }]);
        grow(&mut self.bytes, entry);
    }

    /// Which entries are the newest about something.
    pub(crate) fn newest(&self) -> Vec<bool> {
        let mut newest = alloc::vec![false; self.slots.len()];
        self.newest.iter().for_each(|held| newest[held.slot as usize] = true);
        newest
    }

    pub(crate) fn is_hole(&self, at: usize) -> bool {
        self.slots[at].older == HOLE
    }

    /// The entry at that position is the newest about its one subject; nothing is any more.
    pub(crate) fn forget(&mut self, at: usize, hasher: &KeyHasher) {
        let Some(subject) = Subject::of(&entry_at(&self.bytes, self.start(at))) else {
            return;
        };
        let is_it = |held: &Place| held.slot as usize == at;
        if let Ok(held) = self.newest.find_entry(Place::spread(hash(subject, hasher)), is_it) {
            held.remove();
        }
    }

    /// The entry at that position, of `len` bytes, is no longer kept.
    pub(crate) fn remove(&mut self, at: usize, len: usize) {
        self.slots[at].older = HOLE;
        self.holes += len;
    }

    pub(crate) fn find(
        &self,
        batches: &Batches,
        subject: Subject<'_>,
        hasher: &KeyHasher,
    ) -> Option<usize> {
        let hash = hash(subject, hasher);
        let is_same = |held: &Place| {
            held.hash == hash && subject.is_in(&self.entry(held.slot as usize), batches)
        };
        let held = self.newest.find(Place::spread(hash), is_same)?;
        Some(held.slot as usize)
    }

    pub(crate) fn entry(&self, at: usize) -> Entry<'_> {
        entry_at(&self.bytes, self.slots[at].start as usize)
    }

    /// Bytes of the updates that are kept.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.holes
    }

    /// Bytes of updates that are no longer kept.
    pub(crate) fn holes(&self) -> usize {
        self.holes
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
        self.slots.partition_point(is_below)
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

    pub(crate) fn copy(&self, range: Range<usize>, out: &mut Vec<u8>) {
        let bytes = &self.bytes;
        if self.holes == 0 {
            let run = self.start(range.start)..self.start(range.end);
            return out.extend_from_slice(&bytes[run]);
        }
        // Runs between holes, each one copy.
        let mut run = self.start(range.start);
        for at in range.clone() {
            if self.slots[at].older == HOLE {
                out.extend_from_slice(&bytes[run..self.slots[at].start as usize]);
                run = self.start(at + 1);
            }
        }
        out.extend_from_slice(&bytes[run..self.start(range.end)]);
    }

    /// Close the holes.
    pub(crate) fn squeeze(&mut self) {
        let mut kept = Vec::with_capacity(self.len());
        let mut slots: Vec<Slot> = Vec::with_capacity(self.newest.len());
        let mut moved = Vec::with_capacity(self.slots.len());
        for (at, slot) in self.slots.iter().enumerate() {
            if slot.older == HOLE {
                moved.push(LOST);
                continue;
            }
            moved.push(slots.len() as u32);
            let older = if slot.older < LOST { moved[slot.older as usize] } else { slot.older };
            slots.push(Slot { start: kept.len() as u32, older });
            kept.extend_from_slice(&self.bytes[slot.start as usize..self.start(at + 1)]);
        }
        for held in &mut self.newest {
            held.slot = moved[held.slot as usize];
        }
        self.newest.shrink_to_fit(|held| Place::spread(held.hash));
        self.slots = slots;
        self.holes = 0;
        self.bytes = kept;
    }

    /// Give back what is allocated beyond what is held.
    pub(crate) fn shrink_to_fit(&mut self) {
        self.bytes.shrink_to_fit();
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

/// Iterator over back-to-back entries with their offsets.
pub(crate) struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Scan { bytes, at: 0 }
    }
}

impl<'a> Iterator for Scan<'a> {
    type Item = (usize, Entry<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.at;
        let entry = (at < self.bytes.len()).then(|| entry_at(self.bytes, at))?;
        self.at += entry.bytes.len();
        Some((at, entry))
    }
}

/// The entry that starts there. What is in a log was decoded, or encoded here, before it came in.
pub(crate) fn entry_at(bytes: &[u8], at: usize) -> Entry<'_> {
    Entry::stored(bytes, at)
}

fn with_slack<T: Copy>(held: &[T]) -> Vec<T> {
    let mut vec = Vec::with_capacity(held.len() + held.len() / 4);
    vec.extend_from_slice(held);
    vec
}

/// Append with a quarter of slack instead of twice the size: logs are most of the memory.
fn grow<T: Copy>(vec: &mut Vec<T>, more: &[T]) {
    if vec.capacity() - vec.len() < more.len() {
        vec.reserve_exact(more.len() + vec.len() / 4);
    }
    vec.extend_from_slice(more);
}
