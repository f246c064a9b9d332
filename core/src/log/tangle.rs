//! How far a log can be compacted.
//!
//! A batch stays whole while one of its values is the newest of its key. If the tombstone of
//! another of its keys were dropped meanwhile, that key would be there again. So nobody compacts up
//! to a version at which a batch is *tangled* so: the owner first writes anew what such a batch
//! still says, and then there are none. It has to be the owner: whoever follows does so when it
//! lacks nothing that came before, and sees then what the owner saw.

use alloc::collections::BTreeSet;

use crate::log::Log;
use crate::log::index::KeyHasher;
use crate::log::subject::Subject;
use crate::wire::entry::{Body, Op};

impl Log {
    /// The greatest version up to `up_to` up to which the log can be compacted as it is, and the
    /// batches that are in the way of `up_to` itself.
    pub(crate) fn sound(&self, up_to: u64, hasher: &KeyHasher) -> (u64, BTreeSet<u64>) {
        let (mut sound, mut tangled) = (up_to, BTreeSet::new());
        if !self.has_batches() {
            return (sound, tangled);
        }
        for entry in self.after(0).filter(|entry| matches!(entry.body, Body::Batch(_))) {
            let values = || entry.ops().filter(|op| op.value.is_some());
            let is_live = |op: Op<'_>| self.is_newest(Subject::Key(op.key), entry.version, hasher);
            if !values().any(is_live) {
                continue;
            }
            let newest = values().filter_map(|op| self.get(op.key, hasher));
            let deletion =
                newest.filter(|update| update.value.is_none() && update.version <= up_to);
            if let Some(first) = deletion.map(|update| update.version).min() {
                sound = sound.min(first - 1);
                tangled.insert(entry.version);
            }
        }
        (sound, tangled)
    }
}
