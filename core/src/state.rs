//! Every participant's copy, found by short id. What is *not* here: how copies change (apply) and
//! how they are told (pending, reply).

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use core::ops::Bound::{Excluded, Included, Unbounded};

use crate::config::{Config, within};
use crate::error::{Error, Limit};
use crate::index::KeyHasher;
use crate::log::Log;
use crate::wire::digest::{DigestLine, Range};
use crate::wire::entry::Entry;
use crate::wire::short::{ShortId, cluster_hash, short_id};

/// What a participant costs beside its updates, bytes, roughly: it keeps `state_bytes` honest when
/// somebody invents ids.
pub(crate) const PARTICIPANT_COST: usize = 160;

/// One copy: (generation, max_version, updates in version order).
#[derive(Debug)]
pub(crate) struct Participant {
    pub(crate) id: Box<[u8]>,
    pub(crate) generation: u64,
    pub(crate) max_version: u64,
    pub(crate) log: Log,
}

impl Participant {
    pub(crate) fn new(id: &[u8], generation: u64) -> Self {
        Participant { id: id.into(), generation, max_version: 0, log: Log::default() }
    }

    /// A newer generation starts: the older copy goes, whole and at once.
    pub(crate) fn restart(&mut self, generation: u64) {
        self.generation = generation;
        self.max_version = 0;
        self.log = Log::default();
    }

    /// Whether one more update stays within the limits on one participant, and within `room` more
    /// bytes.
    pub(crate) fn admits(
        &self,
        entry: &Entry<'_>,
        config: &Config,
        hasher: &KeyHasher,
        room: u64,
    ) -> Result<(), Error> {
        let limits = &config.limits;
        within(Limit::KeyBytes, entry.key.len() as u64, 1, limits.key_bytes)?;
        within(Limit::ValueBytes, entry.value.len() as u64, 0, limits.value_bytes)?;
        let (keys, len) = (self.log.keys() as u64, entry.bytes.len() as u64);
        let room = room.min(limits.participant_bytes.saturating_sub(self.log.len() as u64));
        if keys < limits.keys_per_participant && len <= room {
            return Ok(());
        }
        // Near a limit it matters what the update takes the place of.
        let older = self.log.get(entry.key, hasher);
        let freed = older.filter(|_| !config.state.history).map_or(0, |older| older.bytes.len());
        let keys = keys + u64::from(older.is_none());
        within(Limit::KeysPerParticipant, keys, 0, limits.keys_per_participant)?;
        let kept = self.log.len() as u64 + len - freed as u64;
        within(Limit::ParticipantBytes, kept, 0, limits.participant_bytes)?;
        within(Limit::StateBytes, len, 0, room.saturating_add(freed as u64))
    }

    /// Bytes that count towards `state_bytes`.
    pub(crate) fn cost(&self) -> usize {
        PARTICIPANT_COST + self.id.len() + self.log.len()
    }
}

#[derive(Debug)]
pub(crate) struct State {
    /// Sorted by short id, as digests are.
    participants: BTreeMap<ShortId, Participant>,
    pub(crate) cluster: u64,
    /// The short id of the host's own participant, which is always present.
    own: ShortId,
    pub(crate) hasher: KeyHasher,
}

impl State {
    pub(crate) fn new(own: Participant, cluster: &[u8], seed: u64) -> Self {
        let cluster = cluster_hash(cluster);
        let short = short_id(cluster, &own.id);
        State {
            participants: BTreeMap::from([(short, own)]),
            cluster,
            own: short,
            hasher: KeyHasher::with_seed(seed),
        }
    }

    pub(crate) fn short(&self, id: &[u8]) -> ShortId {
        short_id(self.cluster, id)
    }

    pub(crate) const fn own_short(&self) -> ShortId {
        self.own
    }

    pub(crate) fn own(&self) -> &Participant {
        self.participants.get(&self.own).expect("a host has its own participant")
    }

    pub(crate) fn own_mut(&mut self) -> (&mut Participant, &KeyHasher) {
        let own = self.participants.get_mut(&self.own).expect("a host has its own participant");
        (own, &self.hasher)
    }

    pub(crate) fn get(&self, id: &[u8]) -> Option<&Participant> {
        self.at(self.short(id)).filter(|held| *held.id == *id)
    }

    pub(crate) fn at(&self, short: ShortId) -> Option<&Participant> {
        self.participants.get(&short)
    }

    pub(crate) fn at_or_insert(
        &mut self,
        short: ShortId,
        id: &[u8],
        generation: u64,
    ) -> (&mut Participant, &KeyHasher) {
        let entry = self.participants.entry(short);
        (entry.or_insert_with(|| Participant::new(id, generation)), &self.hasher)
    }

    pub(crate) fn remove(&mut self, short: ShortId) {
        self.participants.remove(&short);
    }

    pub(crate) fn len(&self) -> usize {
        self.participants.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (ShortId, &Participant)> {
        self.participants.iter().map(|(short, participant)| (*short, participant))
    }

    /// The participants in that range, going up from its start around the circle.
    pub(crate) fn in_range(&self, range: Range) -> impl Iterator<Item = (ShortId, &Participant)> {
        let Range { first, last } = range;
        let wraps = first > last;
        let upper = if wraps { Unbounded } else { Included(last) };
        let head = self.participants.range((Included(first), upper));
        let tail = wraps.then(|| self.participants.range((Unbounded, Included(last))));
        head.chain(tail.into_iter().flatten()).map(|(short, held)| (*short, held))
    }

    /// Everybody, going up from `first` around the circle.
    pub(crate) fn circle(&self, first: ShortId) -> impl Iterator<Item = (ShortId, &Participant)> {
        let head = self.participants.range((Included(first), Unbounded));
        let tail = self.participants.range((Unbounded, Excluded(first)));
        head.chain(tail).map(|(short, held)| (*short, held))
    }

    /// That participant's line in a digest.
    pub(crate) fn line((short, held): (ShortId, &Participant)) -> DigestLine {
        DigestLine { short, generation: held.generation, max_version: held.max_version }
    }
}

#[cfg(test)]
mod tests {
    use core::hash::BuildHasher as _;

    use super::*;

    /// Otherwise keys chosen to collide in one host would collide in all.
    #[test]
    fn hosts_of_other_seeds_hash_keys_otherwise() {
        let hash = |seed| {
            let state = State::new(Participant::new(b"a", 1), b"", seed);
            state.hasher.hash_one(&b"key"[..])
        };
        assert_eq!(hash(1), hash(1));
        assert_ne!(hash(1), hash(2));
    }
}
