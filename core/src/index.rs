//! Where everything is in a large log: positions in version order, and the newest update of each
//! key. The bytes themselves are the log's, and are handed in.

use alloc::vec::Vec;
use core::hash::BuildHasher;
use core::ops::Range;

use hashbrown::HashTable;

use crate::wire::entry::Entry;
use crate::wire::reader::Reader;

/// How keys are hashed in the index. Seeded per host, so that nobody outside can aim for
/// collisions.
pub(crate) type KeyHasher = foldhash::fast::FixedState;

/// No older value of this key.
const NONE: u32 = u32::MAX;
/// This update was superseded and is not kept: a hole.
const HOLE: u32 = u32::MAX - 1;

/// Where everything is in a large log.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// One per update in `bytes`, in version order.
    slots: Vec<Slot>,
    /// Key → position in `slots` of its newest update.
    newest: HashTable<u32>,
    /// Bytes of holes.
    holes: usize,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    /// Where the update starts in the log's bytes. A log stays far below 2³² bytes.
    start: u32,
    /// Position of the same key's next older update, `NONE`, or `HOLE`.
    older: u32,
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

impl Index {
    pub(crate) fn build(bytes: &[u8], hasher: &KeyHasher) -> Self {
        let mut index = Index::default();
        for (at, held) in Scan::new(bytes) {
            index.append(&bytes[..at], &held, true, hasher);
        }
        index
    }

    /// Take in an update whose bytes will stand at the end of `bytes`; tells if its key is new.
    pub(crate) fn append(
        &mut self,
        bytes: &[u8],
        entry: &Entry<'_>,
        history: bool,
        hasher: &KeyHasher,
    ) -> bool {
        let at = self.slots.len() as u32;
        let slots = &mut self.slots;
        let key_at =
            |slots: &[Slot], at: u32| entry_at(bytes, slots[at as usize].start as usize).key;
        let hash = hasher.hash_one(entry.key);
        let mut older = NONE;
        match self.newest.find_mut(hash, |&held| key_at(slots, held) == entry.key) {
            Some(held) => older = core::mem::replace(held, at),
            None => {
                let rehash = |&held: &u32| hasher.hash_one(key_at(slots, held));
                self.newest.insert_unique(hash, at, rehash);
            }
        }
        let is_new = older == NONE;
        if !history && !is_new {
            let slot = &mut slots[older as usize];
            self.holes += entry_at(bytes, slot.start as usize).bytes.len();
            slot.older = HOLE;
            older = NONE;
        }
        grow(slots, &[Slot { start: bytes.len() as u32, older }]);
        is_new
    }

    pub(crate) fn find(&self, bytes: &[u8], key: &[u8], hasher: &KeyHasher) -> Option<usize> {
        let is_key = |&at: &u32| self.entry(bytes, at as usize).key == key;
        self.newest.find(hasher.hash_one(key), is_key).map(|&at| at as usize)
    }

    pub(crate) fn entry<'a>(&self, bytes: &'a [u8], at: usize) -> Entry<'a> {
        entry_at(bytes, self.slots[at].start as usize)
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
    pub(crate) fn position(&self, bytes: &[u8], version: u64) -> usize {
        let is_below = |slot: &Slot| entry_at(bytes, slot.start as usize).version <= version;
        self.slots.partition_point(is_below)
    }

    /// The first position from `at` on that is not a hole.
    pub(crate) fn kept(&self, at: usize) -> Option<usize> {
        let skip = self.slots.get(at..)?.iter().position(|slot| slot.older != HOLE)?;
        Some(at + skip)
    }

    /// The position of the next older update of the same key.
    pub(crate) fn older(&self, at: usize) -> Option<usize> {
        let older = self.slots[at].older;
        (older < HOLE).then_some(older as usize)
    }

    /// The newest update of each key, in no order.
    pub(crate) fn newest<'a>(&self, bytes: &'a [u8]) -> impl Iterator<Item = Entry<'a>> {
        self.newest.iter().map(move |&at| self.entry(bytes, at as usize))
    }

    /// Where the update at that position starts, or where the last one ends.
    fn start(&self, bytes: &[u8], at: usize) -> usize {
        self.slots.get(at).map_or(bytes.len(), |slot| slot.start as usize)
    }

    /// `Log::cut` where there are no holes: the starts are searched, not the updates walked.
    pub(crate) fn cut(&self, bytes: &[u8], from: usize, room: usize) -> Cut {
        let start = self.start(bytes, from);
        if bytes.len() - start <= room {
            let last = self.slots.len().checked_sub(1).filter(|last| *last >= from);
            let last = last.map_or(0, |last| self.entry(bytes, last).version);
            return Cut { len: bytes.len() - start, last, refused: None };
        }
        // The first slot that starts beyond the room; the update before it does not fit.
        let beyond = self.slots[from..].partition_point(|slot| slot.start as usize - start <= room);
        let refused = from + beyond - 1;
        let last = if refused > from { self.entry(bytes, refused - 1).version } else { 0 };
        let refused_start = self.start(bytes, refused);
        let refused_len = self.start(bytes, refused + 1) - refused_start;
        Cut { len: refused_start - start, last, refused: Some(refused_len) }
    }

    pub(crate) fn copy(&self, bytes: &[u8], range: Range<usize>, out: &mut Vec<u8>) {
        if self.holes == 0 {
            let run = self.start(bytes, range.start)..self.start(bytes, range.end);
            return out.extend_from_slice(&bytes[run]);
        }
        // Runs between holes, each one copy.
        let mut run = self.start(bytes, range.start);
        for at in range.clone() {
            if self.slots[at].older == HOLE {
                out.extend_from_slice(&bytes[run..self.slots[at].start as usize]);
                run = self.start(bytes, at + 1);
            }
        }
        out.extend_from_slice(&bytes[run..self.start(bytes, range.end)]);
    }

    /// Close the holes.
    pub(crate) fn squeeze(&mut self, bytes: &mut Vec<u8>) {
        let mut kept = Vec::with_capacity(bytes.len() - self.holes);
        let mut slots = Vec::with_capacity(self.newest.len());
        let mut moved = Vec::with_capacity(self.slots.len());
        for (at, slot) in self.slots.iter().enumerate() {
            moved.push(slots.len() as u32);
            if slot.older != HOLE {
                // Holes come from keeping no history, so nothing that stays has an older value.
                slots.push(Slot { start: kept.len() as u32, older: NONE });
                kept.extend_from_slice(&bytes[slot.start as usize..self.start(bytes, at + 1)]);
            }
        }
        for at in &mut self.newest {
            *at = moved[*at as usize];
        }
        self.slots = slots;
        self.holes = 0;
        *bytes = kept;
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
    Entry::read(&mut Reader::new(&bytes[at..])).expect("a log holds whole entries")
}

/// Append with a quarter of slack instead of twice the size: logs are most of the memory.
pub(crate) fn grow<T: Copy>(vec: &mut Vec<T>, more: &[T]) {
    if vec.capacity() - vec.len() < more.len() {
        vec.reserve_exact(more.len() + vec.len() / 4);
    }
    vec.extend_from_slice(more);
}
