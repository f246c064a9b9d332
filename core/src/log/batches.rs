//! What a log knows of its batches: what in each is the newest of its key, and where each key is.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;

use crate::wire::entry::{Body, Entry, Op};

/// Of one batch.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    /// Changes that are the newest of their keys, deletions included.
    pub(crate) ops: u32,
    /// Values that are the newest of their keys.
    pub(crate) values: u32,
    /// Where each change starts in the entry. Keys ascend, so one is found by halving.
    offsets: Box<[u32]>,
}

/// The batches of a log, by version. A clone shares them, and most logs have none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batches {
    parts: Option<Arc<BTreeMap<u64, Parts>>>,
}

impl Batches {
    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_none()
    }

    /// Take note of an entry, of whose changes so many are the newest, if it is a batch.
    pub(crate) fn insert(&mut self, entry: &Entry<'_>, ops: u32, values: u32) {
        if let Body::Batch(changes) = entry.body {
            let offsets = changes.offsets_in(entry.bytes).collect();
            let parts = Arc::make_mut(self.parts.get_or_insert_default());
            parts.insert(entry.version, Parts { ops, values, offsets });
        }
    }

    /// A batch was the newest of `key`, and is no more. Tells whether it had a value of it, whether
    /// that was its last one, and whether it is the newest of another key.
    pub(crate) fn supersede(&mut self, batch: &Entry<'_>, key: &[u8]) -> (bool, bool, bool) {
        let had_value = self.op(batch, key).is_some_and(|op| op.value.is_some());
        let parts = self.parts.as_mut().map(Arc::make_mut);
        let parts = parts.and_then(|parts| parts.get_mut(&batch.version));
        let parts = parts.expect("every batch is counted");
        parts.ops -= 1;
        parts.values -= u32::from(had_value);
        (had_value, had_value && parts.values == 0, parts.ops > 0)
    }

    pub(crate) fn get(&self, version: u64) -> Option<&Parts> {
        self.parts.as_ref()?.get(&version)
    }

    pub(crate) fn remove(&mut self, version: u64) {
        let Some(parts) = self.parts.as_mut().filter(|parts| parts.contains_key(&version)) else {
            return;
        };
        Arc::make_mut(parts).remove(&version);
        if parts.is_empty() {
            self.parts = None;
        }
    }

    /// How many changes an entry has that can be looked for.
    pub(crate) fn len_of(&self, entry: &Entry<'_>) -> usize {
        self.get(entry.version).map_or(1, |parts| parts.offsets.len())
    }

    /// What an entry of the log says of that key.
    #[inline]
    pub(crate) fn op<'a>(&self, entry: &Entry<'a>, key: &[u8]) -> Option<Op<'a>> {
        match entry.body {
            Body::One(op) => (op.key == key).then_some(op),
            Body::Batch(_) => {
                let parts = self.get(entry.version)?;
                let op = |offset: u32| Op::at(entry.bytes, offset as usize);
                let order = |offset: &u32| op(*offset).map_or(&[][..], |op| op.key).cmp(key);
                let at = parts.offsets.binary_search_by(order).ok()?;
                op(parts.offsets[at])
            }
            _ => None,
        }
    }
}
