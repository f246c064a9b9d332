//! Which own values end by themselves, and when.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::error::Error;
use crate::wire::bounds::MAX_GENERATION;
use crate::wire::reader::Reader;
use crate::wire::varint;

/// Deadlines of own updates, by the host's clock.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expiry {
    by_version: BTreeMap<u64, u64>,
    by_deadline: BTreeSet<(u64, u64)>,
}

impl Expiry {
    /// The update of that version ends at `deadline`, whatever was said before.
    pub(crate) fn insert(&mut self, version: u64, deadline: u64) {
        self.cancel(version);
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

    /// The deadlines of versions above that one.
    pub(crate) fn above(&self, version: u64) -> Vec<(u64, u64)> {
        self.by_version.range(version + 1..).map(|(version, at)| (*version, *at)).collect()
    }

    /// `<count> (<version> <deadline (Varint)>)*`, versions ascending.
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        varint::put(out, self.by_version.len() as u64);
        for (version, deadline) in &self.by_version {
            varint::put(out, *version);
            varint::put(out, (*deadline).min(MAX_GENERATION));
        }
    }

    /// The same, of versions up to `max_version`.
    pub(crate) fn read(reader: &mut Reader<'_>, max_version: u64) -> Result<Self, Error> {
        let (mut expiry, mut last) = (Expiry::default(), 0);
        for _ in 0..reader.varint()? {
            let (version, deadline) = (reader.version()?, reader.varint()?);
            if version <= last || version > max_version {
                return Err(Error::Malformed("a deadline of no update"));
            }
            last = version;
            expiry.insert(version, deadline);
        }
        Ok(expiry)
    }
}
