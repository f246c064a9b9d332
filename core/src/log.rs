//! The updates kept of one participant: the bytes they travel in, in version order.
//!
//! A delta is then a copy of a suffix, and what was received is stored and forwarded as it is. A
//! small log is one blob that is scanned; a larger one has an index beside it. What a log does *not*
//! know: generations, limits, and who owns it.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::hash::BuildHasher;
use core::ops::Range;

use hashbrown::HashTable;

use crate::wire::entry::Entry;
use crate::wire::reader::Reader;

/// How keys are hashed in the index. Seeded per host, so that nobody outside can aim for collisions.
pub(crate) type KeyHasher = foldhash::fast::FixedState;

/// Above this many updates a log gets an index. A scan of so few costs about as much as a hash
/// probe, and most participants stay below it.
const SMALL: usize = 16;

/// No older value of this key.
const NONE: u32 = u32::MAX;
/// This update was superseded and is not kept: a hole.
const HOLE: u32 = u32::MAX - 1;

/// One update as a reader sees it: participant and generation are known from the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Update<'a> {
    /// The owner's version of this change.
    pub version: u64,
    /// The key that was set.
    pub key: &'a [u8],
    /// The value it was set to.
    pub value: &'a [u8],
}

impl<'a> From<Entry<'a>> for Update<'a> {
    fn from(entry: Entry<'a>) -> Self {
        Update {
            version: entry.version,
            key: entry.key,
            value: entry.value,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Log {
    bytes: Vec<u8>,
    /// Distinct keys.
    keys: usize,
    index: Option<Box<Index>>,
}

/// Where everything is in a large log.
#[derive(Debug, Default)]
struct Index {
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

impl Log {
    /// Distinct keys held.
    pub(crate) fn keys(&self) -> usize {
        self.keys
    }

    /// Bytes of the updates kept.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.index.as_ref().map_or(0, |index| index.holes)
    }

    /// Append one update with a version above all others. Without `history` the same key's older
    /// update is no longer kept.
    pub(crate) fn append(&mut self, entry: &Entry<'_>, history: bool, hasher: &KeyHasher) {
        match &mut self.index {
            Some(index) => {
                let is_new = index.append(&self.bytes, entry, history, hasher);
                self.keys += usize::from(is_new);
                grow(&mut self.bytes, entry.bytes);
                if index.holes > self.bytes.len() / 2 {
                    index.squeeze(&mut self.bytes);
                }
            }
            None => self.append_small(entry, history, hasher),
        }
    }

    fn append_small(&mut self, entry: &Entry<'_>, history: bool, hasher: &KeyHasher) {
        let mut count = 1;
        let mut older = None;
        for (at, held) in Scan::new(&self.bytes) {
            count += 1;
            if held.key == entry.key {
                older = Some(at..at + held.bytes.len());
            }
        }
        self.keys += usize::from(older.is_none());
        if let (false, Some(older)) = (history, older) {
            self.bytes.drain(older);
            count -= 1;
        }
        // Exactly as much as needed: there may be very many small participants.
        self.bytes.reserve_exact(entry.bytes.len());
        self.bytes.extend_from_slice(entry.bytes);
        if count > SMALL {
            self.index = Some(Box::new(Index::build(&self.bytes, hasher)));
        }
    }

    /// The newest update of `key`.
    pub(crate) fn get(&self, key: &[u8], hasher: &KeyHasher) -> Option<Entry<'_>> {
        match &self.index {
            Some(index) => {
                let at = index.find(&self.bytes, key, hasher)?;
                Some(index.entry(&self.bytes, at))
            }
            None => {
                let held = Scan::new(&self.bytes).filter(|(_, held)| held.key == key);
                held.last().map(|(_, held)| held)
            }
        }
    }

    /// All kept updates of `key`, newest first.
    pub(crate) fn history(&self, key: &[u8], hasher: &KeyHasher) -> Vec<Update<'_>> {
        let mut found = Vec::new();
        match &self.index {
            Some(index) => {
                let mut next = index.find(&self.bytes, key, hasher);
                while let Some(at) = next {
                    found.push(index.entry(&self.bytes, at).into());
                    let older = index.slots[at].older;
                    next = (older < HOLE).then_some(older as usize);
                }
            }
            None => {
                let held = Scan::new(&self.bytes).filter(|(_, held)| held.key == key);
                found.extend(held.map(|(_, held)| Update::from(held)));
                found.reverse();
            }
        }
        found
    }

    /// The newest update of each key, sorted by key.
    pub(crate) fn newest(&self) -> Vec<Update<'_>> {
        let mut found: Vec<Update<'_>> = match &self.index {
            Some(index) => {
                let newest = index.newest.iter();
                newest
                    .map(|&at| index.entry(&self.bytes, at as usize).into())
                    .collect()
            }
            None => Scan::new(&self.bytes)
                .map(|(_, held)| held.into())
                .collect(),
        };
        // Newest first within a key, so that the duplicates of a scanned log go.
        found.sort_unstable_by(|a, b| a.key.cmp(b.key).then(b.version.cmp(&a.version)));
        found.dedup_by(|next, kept| next.key == kept.key);
        found
    }

    /// The kept updates with versions above `version`, in version order.
    pub(crate) fn after(&self, version: u64) -> After<'_> {
        After {
            log: self,
            at: self.position(version),
        }
    }

    /// How many updates `after(version)` gives.
    pub(crate) fn count_after(&self, version: u64) -> usize {
        match &self.index {
            Some(index) if index.holes == 0 => index.slots.len() - self.position(version),
            _ => self.after(version).count(),
        }
    }

    /// The longest prefix of `after(version)` that takes at most `room` bytes.
    pub(crate) fn cut(&self, version: u64, room: usize) -> Cut {
        if let Some(index) = self.index.as_ref().filter(|index| index.holes == 0) {
            return index.cut(&self.bytes, self.position(version), room);
        }
        let mut cut = Cut::default();
        for entry in self.after(version) {
            if cut.len + entry.bytes.len() > room {
                cut.refused = Some(entry.bytes.len());
                break;
            }
            cut.len += entry.bytes.len();
            cut.last = entry.version;
        }
        cut
    }

    /// Append the bytes of all updates with versions in (from, to] to `out`.
    pub(crate) fn copy(&self, from: u64, to: u64, out: &mut Vec<u8>) {
        let (from, to) = (self.position(from), self.position(to));
        match &self.index {
            Some(index) => index.copy(&self.bytes, from..to, out),
            None => out.extend_from_slice(&self.bytes[from..to]),
        }
    }

    /// Where the first update above `version` is: a position in `slots`, or in `bytes` if small.
    fn position(&self, version: u64) -> usize {
        match &self.index {
            Some(index) => index.slots.partition_point(|slot| {
                entry_at(&self.bytes, slot.start as usize).version <= version
            }),
            None => {
                let mut scan = Scan::new(&self.bytes);
                let above = scan.find(|(_, held)| held.version > version);
                above.map_or(self.bytes.len(), |(at, _)| at)
            }
        }
    }
}

impl Index {
    fn build(bytes: &[u8], hasher: &KeyHasher) -> Self {
        let mut index = Index::default();
        for (at, held) in Scan::new(bytes) {
            index.append(&bytes[..at], &held, true, hasher);
        }
        index
    }

    /// Take in an update whose bytes will stand at the end of `bytes`; tells if its key is new.
    fn append(
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
        match self
            .newest
            .find_mut(hash, |&held| key_at(slots, held) == entry.key)
        {
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
        grow(
            slots,
            &[Slot {
                start: bytes.len() as u32,
                older,
            }],
        );
        is_new
    }

    fn find(&self, bytes: &[u8], key: &[u8], hasher: &KeyHasher) -> Option<usize> {
        let is_key = |&at: &u32| self.entry(bytes, at as usize).key == key;
        self.newest
            .find(hasher.hash_one(key), is_key)
            .map(|&at| at as usize)
    }

    fn entry<'a>(&self, bytes: &'a [u8], at: usize) -> Entry<'a> {
        entry_at(bytes, self.slots[at].start as usize)
    }

    /// Where the update at that position starts, or where the last one ends.
    fn start(&self, bytes: &[u8], at: usize) -> usize {
        self.slots
            .get(at)
            .map_or(bytes.len(), |slot| slot.start as usize)
    }

    /// `Log::cut` where there are no holes: the starts are searched, not the updates walked.
    fn cut(&self, bytes: &[u8], from: usize, room: usize) -> Cut {
        let start = self.start(bytes, from);
        if bytes.len() - start <= room {
            let last = self.slots.len().checked_sub(1).filter(|last| *last >= from);
            let last = last.map_or(0, |last| self.entry(bytes, last).version);
            return Cut {
                len: bytes.len() - start,
                last,
                refused: None,
            };
        }
        // The first slot that starts beyond the room; the update before it does not fit.
        let beyond = self.slots[from..].partition_point(|slot| slot.start as usize - start <= room);
        let refused = from + beyond - 1;
        let last = if refused > from {
            self.entry(bytes, refused - 1).version
        } else {
            0
        };
        let refused_start = self.start(bytes, refused);
        let refused_len = self.start(bytes, refused + 1) - refused_start;
        Cut {
            len: refused_start - start,
            last,
            refused: Some(refused_len),
        }
    }

    fn copy(&self, bytes: &[u8], range: Range<usize>, out: &mut Vec<u8>) {
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
    fn squeeze(&mut self, bytes: &mut Vec<u8>) {
        let mut kept = Vec::with_capacity(bytes.len() - self.holes);
        let mut slots = Vec::with_capacity(self.newest.len());
        let mut moved = Vec::with_capacity(self.slots.len());
        for (at, slot) in self.slots.iter().enumerate() {
            moved.push(slots.len() as u32);
            if slot.older != HOLE {
                // Holes come from keeping no history, so nothing that stays has an older value.
                slots.push(Slot {
                    start: kept.len() as u32,
                    older: NONE,
                });
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

/// Iterator over a log from some version on.
#[derive(Clone, Debug)]
pub(crate) struct After<'a> {
    log: &'a Log,
    at: usize,
}

impl<'a> Iterator for After<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        let bytes = &self.log.bytes;
        let Some(index) = &self.log.index else {
            let entry = (self.at < bytes.len()).then(|| entry_at(bytes, self.at))?;
            self.at += entry.bytes.len();
            return Some(entry);
        };
        let rest = index.slots.get(self.at..)?;
        let skip = rest.iter().position(|slot| slot.older != HOLE)?;
        self.at += skip + 1;
        Some(index.entry(bytes, self.at - 1))
    }
}

/// Iterator over back-to-back entries with their offsets.
struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    fn new(bytes: &'a [u8]) -> Self {
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
fn entry_at(bytes: &[u8], at: usize) -> Entry<'_> {
    Entry::read(&mut Reader::new(&bytes[at..])).expect("a log holds whole entries")
}

/// Append with a quarter of slack instead of twice the size: logs are most of the memory.
fn grow<T: Copy>(vec: &mut Vec<T>, more: &[T]) {
    if vec.capacity() - vec.len() < more.len() {
        vec.reserve_exact(more.len() + vec.len() / 4);
    }
    vec.extend_from_slice(more);
}
