//! One change of the own participant, and how it is made: when it is new, and again when it is read
//! from where it was kept.

use alloc::sync::Arc;

use crate::config::Config;
use crate::log::index::KeyHasher;
use crate::state::expiry::Expiry;
use crate::state::participant::{Participant, Status};
use crate::wire::entry::{Body, Entry};

/// One change of the own participant.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OwnChange<'a> {
    /// An entry of its map.
    Entry(Entry<'a>),
    /// When the value of that version ends by itself.
    Deadline { version: u64, deadline: u64 },
    /// Its generation and status, and the entry that says that it left.
    Standing { generation: u64, status: Status, farewell: Option<Entry<'a>> },
    /// The host was told the time for the first time.
    Start { now_ms: u64, told_ms: u64 },
}

impl OwnChange<'_> {
    /// Whether it can come next: what was read need not be what was written.
    pub(crate) fn follows(&self, own: &Participant) -> bool {
        match self {
            OwnChange::Deadline { version, .. } => (1..=own.max_version).contains(version),
            OwnChange::Entry(entry) => {
                let is_next = entry.version > own.max_version;
                is_next && own.status == Status::Present && entry.body != Body::Leave
            }
            OwnChange::Standing { generation, status, farewell } => {
                let leaves = *status == Status::Left && own.status == Status::Present;
                let is_farewell = farewell.is_none_or(|farewell| {
                    farewell.body == Body::Leave && farewell.version > own.max_version
                });
                *generation >= own.generation && leaves == farewell.is_some() && is_farewell
            }
            OwnChange::Start { .. } => true,
        }
    }

    /// Make the change in the participant.
    pub(crate) fn apply(&self, own: &mut Participant, config: &Config, hasher: &KeyHasher) {
        match self {
            OwnChange::Entry(entry) => append(own, entry, config, hasher),
            OwnChange::Standing { generation, status, farewell } => {
                own.generation = *generation;
                if own.status != *status {
                    own.depart(*status);
                }
                if let Some(farewell) = farewell {
                    own.max_version = farewell.version;
                    own.log.append(farewell, true, hasher);
                }
            }
            OwnChange::Deadline { .. } | OwnChange::Start { .. } => {}
        }
    }

    /// And in the deadlines of its keys, before that.
    pub(crate) fn apply_to_expiry(
        &self,
        expiry: &mut Arc<Expiry>,
        own: &Participant,
        hasher: &KeyHasher,
    ) {
        match self {
            OwnChange::Entry(entry) => cancel(expiry, own, entry, hasher),
            OwnChange::Deadline { version, deadline } => {
                Arc::make_mut(expiry).insert(*version, *deadline);
            }
            OwnChange::Standing { status, .. } => {
                if *status != own.status && !expiry.is_empty() {
                    *expiry = Arc::default();
                }
            }
            OwnChange::Start { now_ms, .. } => {
                if !expiry.is_empty() {
                    Arc::make_mut(expiry).start(*now_ms);
                }
            }
        }
    }
}

/// One more entry.
#[inline(always)]
pub(crate) fn append(
    own: &mut Participant,
    entry: &Entry<'_>,
    config: &Config,
    hasher: &KeyHasher,
) {
    own.log.append(entry, config.state.history, hasher);
    own.max_version = entry.version;
    own.horizon = entry.version;
    if let Body::Compact { up_to } = entry.body {
        own.compact(up_to, config, hasher);
    }
}

/// What it supersedes does not end by itself any more.
#[inline(always)]
pub(crate) fn cancel(
    expiry: &mut Arc<Expiry>,
    own: &Participant,
    entry: &Entry<'_>,
    hasher: &KeyHasher,
) {
    if expiry.is_empty() {
        return;
    }
    for op in entry.ops() {
        let older = own.log.get(op.key, hasher).map(|older| older.version);
        if let Some(older) = older.filter(|older| expiry.has(*older)) {
            Arc::make_mut(expiry).cancel(older);
        }
    }
}
