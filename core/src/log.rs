//! The updates kept of one participant: the bytes they travel in, in version order.
//!
//! A delta is then a copy of a suffix, and what was received is stored and forwarded as it is. A
//! small log is one blob that is scanned; a larger one has an index beside it. What a log does
//! *not* know: generations, limits, and who owns it.

mod after;
pub(crate) mod batches;
mod compaction;
pub(crate) mod index;
pub(crate) mod scan;
pub(crate) mod subject;
mod tally;
mod tangle;

use alloc::sync::Arc;
use alloc::vec::Vec;

pub(crate) use crate::log::after::After;
use crate::log::batches::Batches;
use crate::log::index::{Index, KeyHasher};
use crate::log::scan::{Scan, entry_at};
use crate::log::subject::{Subject, Update};
use crate::log::tally::Tally;
use crate::wire::entry::Entry;

/// Above this many updates a log gets an index. A scan of so few costs about as much as a hash
/// probe, and most participants stay below it.
const SMALL: usize = 16;

/// Above this many bytes too: a small log is copied by each clone, and an index is shared.
const SMALL_LEN: usize = 4096;

/// The updates kept of one participant. A clone shares what is large; the first write to it after
/// that copies it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    store: Store,
    tally: Tally,
}

#[derive(Clone, Debug)]
enum Store {
    /// As they travel.
    Small(Vec<u8>),
    Large(Arc<Index>),
}

impl Default for Store {
    fn default() -> Self {
        Store::Small(Vec::new())
    }
}

impl Log {
    /// Distinct keys that have a value.
    pub(crate) fn keys(&self) -> usize {
        self.tally.keys as usize
    }

    /// Bytes of the updates kept.
    pub(crate) fn len(&self) -> usize {
        match &self.store {
            Store::Small(small) => small.len(),
            Store::Large(index) => index.len(),
        }
    }

    /// Bytes that a compaction up to the end would drop.
    pub(crate) fn dead(&self) -> usize {
        self.tally.dead as usize
    }

    /// Whether there is a batch.
    pub(crate) fn has_batches(&self) -> bool {
        !self.tally.batches.is_empty()
    }

    /// Append one entry with a version above all others. Without `history` what it supersedes is no
    /// longer kept; what changes no key never is.
    pub(crate) fn append(&mut self, entry: &Entry<'_>, history: bool, hasher: &KeyHasher) {
        let Log { store, tally } = self;
        let small = match store {
            Store::Small(small) => small,
            Store::Large(index) => {
                return Arc::make_mut(index).append(entry, tally, history, hasher);
            }
        };
        tally.add(entry);
        Subject::each(entry, |subject, _| {
            if let Some((at, older)) = scan(small, &tally.batches, subject) {
                let end = at + older.bytes.len();
                if !tally.supersede(subject, &older, history) {
                    small.drain(at..end);
                }
            }
        });
        // Exactly as much as needed: there may be very many small participants.
        small.reserve_exact(entry.bytes.len());
        small.extend_from_slice(entry.bytes);
        let held = Scan::new(small).map(|(_, held)| tally.batches.len_of(&held));
        if small.len() > SMALL_LEN || held.sum::<usize>() > SMALL {
            self.begin_index(0, 0, hasher);
        }
    }

    /// Make room for so many more entries of so many bytes at once.
    pub(crate) fn reserve(&mut self, entries: usize, len: usize, hasher: &KeyHasher) {
        match &mut self.store {
            Store::Large(index) => Arc::make_mut(index).reserve(entries, len),
            Store::Small(small) if entries <= SMALL && len <= SMALL_LEN => {
                small.reserve_exact(len);
            }
            Store::Small(_) => self.begin_index(entries, len, hasher),
        }
    }

    /// Give back room that was made for more keys than there came.
    pub(crate) fn give_back(&mut self) {
        if let Store::Large(index) = &mut self.store
            && index.is_too_roomy()
        {
            Arc::make_mut(index).shrink_keys_to_fit();
        }
    }

    /// Go on as a large log, with room for more.
    fn begin_index(&mut self, entries: usize, len: usize, hasher: &KeyHasher) {
        let Store::Small(small) = &self.store else {
            return;
        };
        let mut index = Index::with_room(Scan::new(small).count() + entries, small.len() + len);
        for (_, held) in Scan::new(small) {
            index.adopt(&held, &self.tally.batches, hasher);
        }
        self.store = Store::Large(Arc::new(index));
    }

    /// The newest entry about `subject`, and where it is: a position in the index, or in the bytes
    /// of a small log.
    fn find(&self, subject: Subject<'_>, hasher: &KeyHasher) -> Option<(usize, Entry<'_>)> {
        match &self.store {
            Store::Small(small) => scan(small, &self.tally.batches, subject),
            Store::Large(index) => {
                let at = index.find(&self.tally.batches, subject, hasher)?;
                Some((at, index.entry(at)))
            }
        }
    }

    /// Keep only the entries that `keep` says to.
    pub(crate) fn retain(&mut self, hasher: &KeyHasher, mut keep: impl FnMut(&Entry<'_>) -> bool) {
        let mut kept = Log::default();
        for entry in self.after(0).filter(|entry| keep(entry)) {
            // What was kept side by side stays so, whatever superseded what.
            kept.append(&entry, true, hasher);
        }
        if let Store::Large(index) = &mut kept.store {
            Arc::make_mut(index).shrink_to_fit();
        }
        *self = kept;
    }

    /// Bytes that go, without history, when a newer entry is only about `subject`.
    pub(crate) fn freed_by(&self, subject: Subject<'_>, hasher: &KeyHasher) -> usize {
        self.find(subject, hasher).map_or(0, |(_, older)| {
            let is_last = self.tally.batches.get(older.version).is_none_or(|parts| parts.ops == 1);
            if is_last { older.bytes.len() } else { 0 }
        })
    }

    /// Whether nothing newer than that version is known about `subject`.
    pub(crate) fn is_newest(&self, subject: Subject<'_>, version: u64, hasher: &KeyHasher) -> bool {
        self.find(subject, hasher).is_some_and(|(_, newest)| newest.version == version)
    }

    /// The newest update of `key`, a deletion too.
    pub(crate) fn get<'a>(&'a self, key: &[u8], hasher: &KeyHasher) -> Option<Update<'a>> {
        let (_, entry) = self.find(Subject::Key(key), hasher)?;
        Some(Update::new(entry.version, self.tally.batches.op(&entry, key)?))
    }

    /// All kept updates of `key`, newest first.
    pub(crate) fn history<'a>(&'a self, key: &[u8], hasher: &KeyHasher) -> Vec<Update<'a>> {
        let mut found = Vec::new();
        let mut add = |held: Entry<'a>| {
            found.extend(self.tally.batches.op(&held, key).map(|op| Update::new(held.version, op)));
        };
        match &self.store {
            Store::Large(index) => {
                let mut next = index.find(&self.tally.batches, Subject::Key(key), hasher);
                while let Some(at) = next {
                    add(index.entry(at));
                    next = index.older(at, key, &self.tally.batches);
                }
            }
            Store::Small(small) => {
                Scan::new(small).for_each(|(_, held)| add(held));
                found.reverse();
            }
        }
        found
    }

    /// The newest value of each key that has one, sorted by key.
    pub(crate) fn newest(&self) -> Vec<Update<'_>> {
        let mut found: Vec<Update<'_>> = self.after(0).flat_map(Update::all).collect();
        // Newest first within a key, so that superseded ones go.
        found.sort_unstable_by(|a, b| a.key.cmp(b.key).then(b.version.cmp(&a.version)));
        found.dedup_by(|next, kept| next.key == kept.key);
        found.retain(|update| update.value.is_some());
        found
    }

    /// The kept updates with versions above `version`, in version order.
    pub(crate) fn after(&self, version: u64) -> After<'_> {
        After::new(self, self.position(version))
    }

    /// Where the first update above `version` is: a position in the index, or in the bytes of a
    /// small log.
    fn position(&self, version: u64) -> usize {
        match &self.store {
            Store::Large(index) => index.position(version),
            Store::Small(small) => {
                let above = Scan::new(small).find(|(_, held)| held.version > version);
                above.map_or(small.len(), |(at, _)| at)
            }
        }
    }
}

/// The newest entry of a small log about `subject`, and where it is.
fn scan<'a>(
    small: &'a [u8],
    batches: &Batches,
    subject: Subject<'_>,
) -> Option<(usize, Entry<'a>)> {
    let mut newest = None;
    for (at, held) in Scan::new(small) {
        newest = if subject.is_in(&held, batches) { Some(at) } else { newest };
    }
    newest.map(|at| (at, entry_at(small, at)))
}

#[cfg(test)]
mod tests;
