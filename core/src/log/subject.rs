//! What an entry speaks of: keys, and the few other things that newer entries take the place of.

use crate::log::batches::Batches;
use crate::log::scan::entry_at;
use crate::wire::entry::{Body, Entry, Op};

/// One update as a reader sees it: participant and generation are known from the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Update<'a> {
    /// The owner's version of this change.
    pub version: u64,
    /// The key that was changed.
    pub key: &'a [u8],
    /// The value it was set to, or `None` if it was deleted.
    pub value: Option<&'a [u8]>,
}

impl<'a> Update<'a> {
    pub(crate) fn new(version: u64, op: Op<'a>) -> Self {
        Update { version, key: op.key, value: op.value }
    }

    /// The updates of keys in an entry.
    pub(crate) fn all(entry: Entry<'a>) -> impl Iterator<Item = Self> {
        entry.ops().map(move |op| Update::new(entry.version, op))
    }
}

/// What newer entries take the place of: a key, or one of the other things that an entry says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject<'a> {
    Key(&'a [u8]),
    Compaction,
    Eviction(&'a [u8]),
}

impl<'a> Subject<'a> {
    /// The one subject of an entry that is not a batch, and no farewell.
    pub(crate) fn of(entry: &Entry<'a>) -> Option<Self> {
        match entry.body {
            Body::One(op) => Some(Subject::Key(op.key)),
            Body::Compact { .. } => Some(Subject::Compaction),
            Body::Evict { participant, .. } => Some(Subject::Eviction(participant)),
            Body::Batch(_) | Body::Leave => None,
        }
    }

    /// Call `visit` for everything that an entry says something of.
    pub(crate) fn each(entry: &Entry<'a>, mut visit: impl FnMut(Self, Option<Op<'a>>)) {
        match entry.body {
            Body::Batch(ops) => ops.for_each(|op| visit(Subject::Key(op.key), Some(op))),
            Body::One(op) => visit(Subject::Key(op.key), Some(op)),
            _ => {
                if let Some(subject) = Subject::of(entry) {
                    visit(subject, None);
                }
            }
        }
    }

    /// What the entry that starts there says of it.
    #[inline(always)]
    pub(crate) fn said_at(&self, bytes: &[u8], at: usize, batches: &Batches) -> Said {
        match (self, Entry::key_at(bytes, at)) {
            (Subject::Key(key), Some(held)) if *key == held => Said::Value,
            (Subject::Key(_), Some(_)) => Said::Nothing,
            _ if self.is_in(&entry_at(bytes, at), batches) => Said::Something,
            _ => Said::Nothing,
        }
    }

    /// Whether an entry of a log with those batches says something of it.
    #[inline]
    pub(crate) fn is_in(&self, entry: &Entry<'_>, batches: &Batches) -> bool {
        match (self, entry.body) {
            (Subject::Key(key), Body::One(op)) => op.key == *key,
            (Subject::Key(key), Body::Batch(_)) => batches.op(entry, key).is_some(),
            (Subject::Compaction, Body::Compact { .. }) => true,
            (Subject::Eviction(id), Body::Evict { participant, .. }) => participant == *id,
            _ => false,
        }
    }
}

/// What an entry says of a subject, as far as it is seen at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Nothing,
    /// This alone: a value.
    Value,
    Something,
}

/// Whether this is more than that something is gone: a tombstone, and an eviction, whose mark is
/// the slot of the evicted, can be dropped by a compaction.
pub(crate) fn says_something(subject: Subject<'_>, op: Option<Op<'_>>) -> bool {
    match op {
        Some(op) => op.value.is_some(),
        None => !matches!(subject, Subject::Eviction(_)),
    }
}
