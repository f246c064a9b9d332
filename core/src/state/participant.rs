//! One copy: what is held of a participant, and what may be added to it.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::config::{Config, within};
use crate::error::{Error, Limit};
use crate::log::Log;
use crate::log::index::KeyHasher;
use crate::log::subject::Subject;
use crate::sketch::Counted;
use crate::state::id::Id;
use crate::state::journal::Deleted;
use crate::state::rare::Rare;
use crate::wire::bounds::EVICTED;
use crate::wire::entry::{Body, Entry};

/// What a participant costs beside its updates, bytes, roughly: the copy, and what is in the table,
/// in the journal and among the peers. It keeps `state_bytes` honest when somebody invents ids.
pub(crate) const PARTICIPANT_COST: usize = 240;

/// Whether a participant is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// It is, as far as is known here: it has neither left nor been evicted.
    #[default]
    Present,
    /// It said that it left ([`Host::leave`](crate::Host::leave)).
    Left,
    /// Somebody said that it is gone ([`Host::evict`](crate::Host::evict)).
    Evicted,
}

impl Status {
    /// `present`, `left` or `evicted`.
    pub const fn name(self) -> &'static str {
        match self {
            Status::Present => "present",
            Status::Left => "left",
            Status::Evicted => "evicted",
        }
    }
}

/// One copy: (generation, max_version, updates in version order). A clone shares what is large.
#[derive(Clone, Debug)]
pub(crate) struct Participant {
    pub(crate) id: Id,
    pub(crate) generation: u64,
    pub(crate) status: Status,
    pub(crate) max_version: u64,
    /// Deletes up to here are no longer held.
    pub(crate) gc_version: u64,
    /// The highest version that may have superseded something that is not held.
    pub(crate) horizon: u64,
    pub(crate) log: Log,
    pub(crate) rare: Rare,
    /// The place of its last record in the journal.
    pub(crate) changed_at: u64,
}

impl Participant {
    pub(crate) fn new(id: &[u8], generation: u64) -> Self {
        Participant {
            id: id.into(),
            generation,
            status: Status::Present,
            max_version: 0,
            gc_version: 0,
            horizon: 0,
            log: Log::default(),
            rare: Rare::default(),
            changed_at: 0,
        }
    }

    /// Where the copy is, as copies are ordered: by generation, evicted or not, and version.
    pub(crate) const fn reached(&self) -> (u64, u64) {
        let version = match self.status {
            Status::Evicted => EVICTED,
            Status::Present | Status::Left => self.max_version,
        };
        (self.generation, version)
    }

    /// What the copy adds to a sketch. One at version 0 adds nothing: nobody is told of it, so it
    /// must not be a difference.
    pub(crate) const fn counted(&self) -> Counted {
        let (generation, version) = self.reached();
        if version == 0 { (0, 0) } else { (generation, version) }
    }

    /// Whether it is not clean, or holds a part of its next update.
    pub(crate) fn is_unfinished(&self) -> bool {
        self.rare.staged.is_some() || self.clean().is_some()
    }

    /// Whether it is present, and all that there is of it is in its entries.
    pub(crate) fn is_plain(&self) -> bool {
        self.status == Status::Present && self.rare.catch_up.is_none()
    }

    /// A newer generation starts: the older copy goes, whole and at once.
    pub(crate) fn restart(&mut self, generation: u64) {
        let Participant { id, changed_at, .. } = self;
        let fresh = Participant { changed_at: *changed_at, ..Participant::new(&[], generation) };
        let id = core::mem::take(id);
        *self = Participant { id, ..fresh };
    }

    /// The log goes up to that version now: a part of what it holds whole is no longer needed.
    pub(crate) fn reach(&mut self, version: u64) {
        self.max_version = version;
        if self.rare.staged.as_ref().is_some_and(|staged| staged.version() <= version) {
            self.rare.clear(|rare| rare.staged = None);
        }
    }

    /// It is gone: nothing is kept but that, and how far it was.
    pub(crate) fn depart(&mut self, status: Status) {
        self.status = status;
        self.gc_version = 0;
        self.horizon = 0;
        self.log = Log::default();
        self.rare = Rare::default();
    }

    /// Whether one more entry stays within the limits on a key and on one participant, and within
    /// `room` more bytes.
    pub(crate) fn admits(
        &self,
        entry: &Entry<'_>,
        config: &Config,
        hasher: &KeyHasher,
        room: u64,
    ) -> Result<(), Error> {
        for op in entry.ops() {
            config.limits.admit(op)?;
        }
        self.has_room(entry, config, hasher, room)
    }

    /// Whether there is room for one more entry within the limits on one participant, and within
    /// `room` more bytes. What makes a copy smaller in the end is always let in: a farewell, a
    /// compaction, and tombstones, which are as many as there are values.
    #[inline]
    pub(crate) fn has_room(
        &self,
        entry: &Entry<'_>,
        config: &Config,
        hasher: &KeyHasher,
        room: u64,
    ) -> Result<(), Error> {
        let limits = &config.limits;
        let values = match entry.body {
            Body::One(op) => u64::from(op.value.is_some()),
            _ => entry.ops().filter(|op| op.value.is_some()).count() as u64,
        };
        let len = entry.bytes.len() as u64;
        let left = limits.participant_bytes.saturating_sub(self.log.len() as u64);
        if self.log.keys() as u64 + values <= limits.keys_per_participant && len <= room.min(left) {
            return Ok(());
        }
        self.has_room_near_limit(entry, values, config, hasher, room.min(left))
    }

    /// Near a limit it matters what the entry, with so many values, takes the place of.
    #[cold]
    fn has_room_near_limit(
        &self,
        entry: &Entry<'_>,
        values: u64,
        config: &Config,
        hasher: &KeyHasher,
        room: u64,
    ) -> Result<(), Error> {
        let (limits, len) = (&config.limits, entry.bytes.len() as u64);
        let (mut keys, mut freed) = (self.log.keys() as u64, 0);
        let mut shrinks = matches!(entry.body, Body::Leave | Body::Compact { .. }) || values == 0;
        for op in entry.ops() {
            let older = self.log.get(op.key, hasher);
            let had_value = older.is_some_and(|older| older.value.is_some());
            match op.value {
                Some(_) => keys += u64::from(!had_value),
                None => keys -= u64::from(had_value),
            }
            shrinks &= had_value;
            if !config.state.history && matches!(entry.body, Body::One(_)) {
                freed = self.log.freed_by(Subject::Key(op.key), hasher) as u64;
            }
        }
        if shrinks && !matches!(entry.body, Body::Evict { .. }) {
            return Ok(());
        }
        // What is suspect goes as soon as what comes now is here.
        let (suspect_keys, suspect_len) = self.suspect_size();
        let (keys, freed) = (keys.saturating_sub(suspect_keys), freed + suspect_len);
        within(Limit::KeysPerParticipant, keys, 0, limits.keys_per_participant)?;
        let kept = (self.log.len() as u64 + len).saturating_sub(freed);
        within(Limit::ParticipantBytes, kept, 0, limits.participant_bytes)?;
        within(Limit::StateBytes, len, 0, room.saturating_add(freed))
    }

    /// Remember no deletes: readers that have not seen them get all of it anew.
    pub(crate) fn forget_deletes(&mut self) {
        self.rare.clear(|rare| {
            rare.deletes.iter_mut().for_each(|deletes| Arc::make_mut(deletes).forget());
        });
    }

    /// Bytes that count towards `state_bytes`.
    pub(crate) fn cost(&self) -> usize {
        PARTICIPANT_COST + self.id.len() + self.log.len() + self.deletes_len()
    }

    /// What deletes take that the log does not tell of any more.
    pub(crate) fn deletes_len(&self) -> usize {
        self.rare.deletes.as_ref().map_or(0, |deletes| deletes.len())
    }

    /// The owner compacted up to there. The copy follows when it lacks nothing that came before.
    pub(crate) fn is_to_compact(&mut self, up_to: u64) {
        if up_to > self.gc_version.max(self.rare.compacted) {
            self.rare.change(|rare| rare.compacted = up_to);
        }
    }

    /// Deletes up to there are no longer held.
    pub(crate) fn have_compacted(&mut self, up_to: u64) {
        self.gc_version = self.gc_version.max(up_to);
        if self.rare.compacted <= self.gc_version {
            self.rare.clear(|rare| rare.compacted = 0);
        }
    }

    /// The log was compacted up to that version: drop what the owner dropped.
    pub(crate) fn compact(&mut self, up_to: u64, config: &Config, hasher: &KeyHasher) {
        self.have_compacted(up_to);
        let mut shown: Vec<Deleted> = Vec::new();
        self.log.compact(self.gc_version, hasher, |version, key| {
            shown.push(Deleted { key: key.into(), version, place: 0 });
        });
        self.remember(shown, config);
    }

    /// Remember deletes that the log does not tell of any more.
    pub(crate) fn remember(&mut self, shown: Vec<Deleted>, config: &Config) {
        if shown.is_empty() {
            return;
        }
        self.rare.change(|rare| {
            let deletes = Arc::make_mut(rare.deletes.get_or_insert_default());
            let max = config.limits.remembered_deletes;
            shown.into_iter().for_each(|deleted| deletes.push(deleted, max));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// There may be very many participants with very few updates.
    #[cfg(target_pointer_width = "64")]
    #[test]
    fn a_copy_is_small() {
        assert!(size_of::<Participant>() <= 120, "{}", size_of::<Participant>());
    }
}
