//! Which own values end by themselves, and when.

use alloc::collections::{BTreeMap, BTreeSet};

/// Deadlines of own updates, by the host's clock.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expiry {
    by_version: BTreeMap<u64, u64>,
    by_deadline: BTreeSet<(u64, u64)>,
}

impl Expiry {
    /// The update of that version ends at `deadline`.
    pub(crate) fn insert(&mut self, version: u64, deadline: u64) {
        self.by_version.insert(version, deadline);
        self.by_deadline.insert((deadline, version));
    }

    /// That update was superseded.
    pub(crate) fn cancel(&mut self, version: u64) {
        if let Some(deadline) = self.by_version.remove(&version) {
            self.by_deadline.remove(&(deadline, version));
        }
    }

    /// An update whose deadline has come, if there is one.
    pub(crate) fn due(&self, now: u64) -> Option<u64> {
        let (deadline, version) = *self.by_deadline.first()?;
        (deadline <= now).then_some(version)
    }

    /// The clock was first told: what was set before counts from now on.
    pub(crate) fn start(&mut self, now: u64) {
        for (version, ttl) in core::mem::take(self).by_version {
            self.insert(version, now.saturating_add(ttl));
        }
    }

    /// Whether the update of that version ends by itself.
    pub(crate) fn has(&self, version: u64) -> bool {
        self.by_version.contains_key(&version)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_version.is_empty()
    }

    /// All deadlines, as (version, deadline).
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, u64)> {
        self.by_version.iter().map(|(version, deadline)| (*version, *deadline))
    }
}
