//! Dropping what a log need not keep: superseded values and tombstones up to some version.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::log::index::{Index, KeyHasher};
use crate::log::subject::{Subject, says_something};
use crate::log::tally::Tally;
use crate::log::{Log, Store};
use crate::wire::entry::{Body, Entry, Op};

impl Log {
    /// Whether a compaction up to there, which is `sound`, would drop anything.
    pub(crate) fn has_droppable(&self, up_to: u64, hasher: &KeyHasher) -> bool {
        self.droppable(up_to, hasher).next().is_some()
    }

    /// What is no longer needed up to `up_to`: superseded values, tombstones and evictions.
    fn droppable<'a>(
        &'a self,
        up_to: u64,
        hasher: &'a KeyHasher,
    ) -> impl Iterator<Item = Entry<'a>> {
        let stays = |entry: &Entry<'_>| {
            let mut stays = matches!(entry.body, Body::Leave);
            Subject::each(entry, |subject, op| {
                stays |=
                    says_something(subject, op) && self.is_newest(subject, entry.version, hasher);
            });
            stays
        };
        let is_clean = self.tally.dead == 0;
        let upto = self.after(0).take_while(move |entry| entry.version <= up_to && !is_clean);
        upto.filter(move |entry| !stays(entry))
    }

    /// Drop what is `droppable`. Every key deleted there is shown to `deleted` with its version.
    pub(crate) fn compact(
        &mut self,
        up_to: u64,
        hasher: &KeyHasher,
        mut deleted: impl FnMut(u64, &[u8]),
    ) {
        if self.tally.dead == 0 {
            return;
        }
        if let (Store::Large(index), true) = (&mut self.store, self.tally.batches.is_empty()) {
            let index = Arc::make_mut(index);
            return compact_in_place(index, &mut self.tally, up_to, hasher, deleted);
        }
        let dropped: Vec<u64> = self.droppable(up_to, hasher).map(|entry| entry.version).collect();
        if dropped.is_empty() {
            return;
        }
        let mut next = dropped.iter().copied().peekable();
        for entry in self.after(0).filter(|entry| next.next_if_eq(&entry.version).is_some()) {
            Subject::each(&entry, |subject, op| {
                if let Some(Op { key, value: None }) = op
                    && self.is_newest(subject, entry.version, hasher)
                {
                    deleted(entry.version, key);
                }
            });
        }
        let mut next = dropped.into_iter().peekable();
        self.retain(hasher, |entry| next.next_if_eq(&entry.version).is_none());
    }

    /// Drop only what is superseded up to `up_to`, and no tombstones: nothing is read otherwise
    /// then, whatever is missing.
    pub(crate) fn drop_superseded(&mut self, up_to: u64, hasher: &KeyHasher) {
        let is_superseded = |entry: &Entry<'_>| {
            let mut newest = matches!(entry.body, Body::Leave);
            Subject::each(entry, |subject, _| {
                newest |= self.is_newest(subject, entry.version, hasher);
            });
            entry.version <= up_to && !newest
        };
        let dropped: Vec<u64> =
            self.after(0).filter(is_superseded).map(|entry| entry.version).collect();
        if !dropped.is_empty() {
            let mut next = dropped.into_iter().peekable();
            self.retain(hasher, |entry| next.next_if_eq(&entry.version).is_none());
        }
    }
}

/// The same where every entry is about one thing, so that the index alone tells what is needed.
fn compact_in_place(
    index: &mut Index,
    tally: &mut Tally,
    up_to: u64,
    hasher: &KeyHasher,
    mut deleted: impl FnMut(u64, &[u8]),
) {
    let holes = index.holes();
    // If all that is newest is values, but for the last compaction, none of it has to be read.
    let compaction = index.find(&tally.batches, Subject::Compaction, hasher);
    let is_all_values = index.subjects() <= tally.keys as usize + compaction.iter().count();
    let newest = index.newest();
    for (at, is_newest) in newest.into_iter().enumerate().take(index.position(up_to)) {
        if index.is_hole(at) || (is_newest && is_all_values) {
            continue;
        }
        if is_newest {
            let entry = index.entry(at);
            let op = entry.ops().next();
            let subject = Subject::of(&entry);
            if subject.is_none_or(|subject| says_something(subject, op)) {
                continue;
            }
            op.into_iter().for_each(|op| deleted(entry.version, op.key));
            index.forget(at, hasher);
        }
        index.remove(at);
    }
    tally.dead -= (index.holes() - holes) as u32;
    if index.holes() > holes {
        index.squeeze();
    }
}
