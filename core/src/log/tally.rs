//! What a log counts of itself while entries come and go.

use crate::log::batches::Batches;
use crate::log::subject::{Subject, says_something};
use crate::wire::entry::{Body, Entry};

/// What is in a log, counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// Distinct keys that have a value.
    pub(crate) keys: u32,
    /// Bytes of entries that a compaction up to the end would drop: superseded ones and tombstones.
    pub(crate) dead: u32,
    pub(crate) batches: Batches,
}

impl Tally {
    /// An entry is added, which is the newest about all that it says.
    #[inline]
    pub(crate) fn add(&mut self, entry: &Entry<'_>) {
        let values = match entry.body {
            Body::One(op) => u32::from(op.value.is_some()),
            Body::Batch(ops) => {
                let (ops, values) = ops.fold((0, 0), |(ops, values), op| {
                    (ops + 1, values + u32::from(op.value.is_some()))
                });
                self.batches.insert(entry, ops, values);
                values
            }
            Body::Leave | Body::Compact { .. } => return,
            Body::Evict { .. } => 0,
        };
        self.keys += values;
        if values == 0 {
            self.dead += entry.bytes.len() as u32;
        }
    }

    /// An entry of so many bytes was the newest of its key, and had a value. Tells whether it is
    /// kept, and dead then.
    #[inline]
    pub(crate) fn supersede_value(&mut self, len: usize, history: bool) -> bool {
        self.keys -= 1;
        self.dead += if history { len as u32 } else { 0 };
        history
    }

    /// An entry was the newest about `subject`, and is no more. Tells whether it is kept: without
    /// `history` only for what else it says, and what changes no key never.
    pub(crate) fn supersede(
        &mut self,
        subject: Subject<'_>,
        older: &Entry<'_>,
        history: bool,
    ) -> bool {
        let len = older.bytes.len() as u32;
        let Subject::Key(key) = subject else {
            // An eviction was counted as dead when it was added.
            self.dead -= if says_something(subject, None) { 0 } else { len };
            return false;
        };
        let (had_value, dies, is_needed) = match older.body {
            Body::Batch(_) => self.batches.supersede(older, key),
            Body::One(op) if op.value.is_some() => {
                return self.supersede_value(older.bytes.len(), history);
            }
            _ => (false, false, false),
        };
        self.keys -= u32::from(had_value);
        self.dead += if dies { len } else { 0 };
        if is_needed || history {
            return true;
        }
        self.dead -= len;
        if matches!(older.body, Body::Batch(_)) {
            self.batches.remove(older.version);
        }
        false
    }
}
