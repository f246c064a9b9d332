//! How far a log can be compacted.
//!
//! A batch stays whole while one of its values is the newest of its key. If the tombstone of another
//! of its keys were dropped meanwhile, that key would be there again. So nobody compacts up to a
//! version at which a batch is *tangled* so: the owner first writes anew what such a batch still
//! says, and then there are none. It has to be the owner, and of what is up to that version alone:
//! replicas may know more or have kept less, and must all be able to drop the same tombstones.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::log::Log;
use crate::wire::entry::{Body, Op};

/// One batch, as of some version.
#[derive(Clone, Copy, Debug, Default)]
struct Ties {
    /// How many of its values are the newest of their keys.
    live: usize,
    /// How many of its values are of keys that were deleted since.
    deleted: usize,
}

impl Ties {
    const fn is_tangled(self) -> bool {
        self.live > 0 && self.deleted > 0
    }
}

/// One key, as of some version.
#[derive(Debug, Default)]
struct Key {
    /// The batch whose value is the newest.
    newest_in: Option<u64>,
    is_deleted: bool,
    /// Batches with a value of it.
    batches: Vec<u64>,
}

/// All batches and keys, as of some version.
#[derive(Debug, Default)]
struct Tangle<'a> {
    keys: BTreeMap<&'a [u8], Key>,
    batches: BTreeMap<u64, Ties>,
    tangled: BTreeSet<u64>,
}

impl<'a> Tangle<'a> {
    fn change(&mut self, batch: u64, change: impl FnOnce(&mut Ties)) {
        let ties = self.batches.entry(batch).or_default();
        change(ties);
        if ties.is_tangled() {
            self.tangled.insert(batch);
        } else {
            self.tangled.remove(&batch);
        }
    }

    /// One more change of a key; `batch` if it is part of one. Keys of no batch are of no interest.
    fn push(&mut self, op: Op<'a>, batch: Option<u64>) {
        let batch = batch.filter(|_| op.value.is_some());
        let key = match (self.keys.get_mut(op.key), batch) {
            (Some(key), _) => key,
            (None, Some(_)) => self.keys.entry(op.key).or_default(),
            (None, None) => return,
        };
        let newest_in = core::mem::replace(&mut key.newest_in, batch);
        let was_deleted = core::mem::replace(&mut key.is_deleted, op.value.is_none());
        let is_deleted = key.is_deleted;
        let mut batches = core::mem::take(&mut key.batches);
        if let Some(older) = newest_in {
            self.change(older, |ties| ties.live -= 1);
        }
        if was_deleted != is_deleted {
            // One of which nothing is the newest will never be in the way again.
            batches.retain(|older| self.batches.get(older).is_some_and(|ties| ties.live > 0));
            for older in &batches {
                self.change(*older, |ties| match is_deleted {
                    true => ties.deleted += 1,
                    false => ties.deleted -= 1,
                });
            }
        }
        if let Some(batch) = batch {
            self.change(batch, |ties| ties.live += 1);
            batches.push(batch);
        }
        if let Some(key) = self.keys.get_mut(op.key) {
            key.batches = batches;
        }
    }
}

impl Log {
    /// The greatest version up to `up_to` up to which the log can be compacted as it is, and the
    /// batches that are in the way of `up_to` itself.
    pub(crate) fn sound(&self, up_to: u64) -> (u64, BTreeSet<u64>) {
        let (mut tangle, mut sound) = (Tangle::default(), 0);
        if !self.may_tangle(up_to) {
            return (up_to, tangle.tangled);
        }
        for entry in self.after(0).take_while(|entry| entry.version <= up_to) {
            let batch = matches!(entry.body, Body::Batch(_)).then_some(entry.version);
            entry.ops().for_each(|op| tangle.push(op, batch));
            if tangle.tangled.is_empty() {
                sound = entry.version;
            }
        }
        if tangle.tangled.is_empty() { (up_to, tangle.tangled) } else { (sound, tangle.tangled) }
    }
}
