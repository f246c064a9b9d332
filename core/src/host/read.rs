//! Reading what a host holds.

use alloc::vec::Vec;

use crate::host::Host;
use crate::log::subject::Update;
use crate::state::participant::Status;
use crate::state::view::View;

impl Host {
    /// What is held now, to be read while the host goes on.
    pub fn view(&self) -> View {
        let mut view = self.state.view.clone();
        if self.durable.as_ref().is_some_and(|durable| durable.is_starting()) {
            // That deadlines count from that time is not durable yet.
            view.now_ms = None;
        }
        view
    }

    /// The id of the host's own participant.
    pub fn id(&self) -> &[u8] {
        self.state.id()
    }

    /// The generation of the host's own participant.
    pub fn generation(&self) -> u64 {
        self.state.generation()
    }

    /// The newest value of an own key.
    pub fn get(&self, key: &[u8]) -> Option<&[u8]> {
        self.state.get(key)
    }

    /// The newest value known here of somebody's key.
    pub fn get_from(&self, participant: &[u8], key: &[u8]) -> Option<&[u8]> {
        self.state.get_from(participant, key)
    }

    /// Every value kept of somebody's key and every deletion, newest first. Of another participant
    /// this is best effort: a host on the way that keeps no history has passed on the newest only.
    pub fn history(&self, participant: &[u8], key: &[u8]) -> Vec<Update<'_>> {
        self.state.history(participant, key)
    }

    /// The ids of the participants of that status, or with `None` of all known here, sorted; this
    /// host's own is one of them. One that never wrote is known to nobody else.
    pub fn participants(&self, status: Option<Status>) -> Vec<&[u8]> {
        self.state.participants(status)
    }

    /// Whether that participant is present, left, or was evicted; `None` if it is unknown here.
    pub fn status(&self, participant: &[u8]) -> Option<Status> {
        self.state.status(participant)
    }

    /// How many participants that left or were evicted are no longer remembered here, because there
    /// were more than [`Limits::departed`](crate::Limits::departed).
    pub const fn forgotten(&self) -> u64 {
        self.state.view.forgotten()
    }

    /// The newest value of each of somebody's keys that has one, sorted by key. Empty for an
    /// unknown participant.
    pub fn entries(&self, participant: &[u8]) -> Vec<Update<'_>> {
        self.state.entries(participant)
    }

    /// Every update kept of somebody, deletions included, in the order of their versions. Those of
    /// one batch have one version.
    pub fn updates(&self, participant: &[u8]) -> impl Iterator<Item = Update<'_>> {
        self.state.updates(participant)
    }

    /// The version that the copy of that participant has reached, 0 if it wrote nothing yet or was
    /// evicted, `None` if it is unknown here.
    pub fn max_version(&self, participant: &[u8]) -> Option<u64> {
        self.state.max_version(participant)
    }

    /// The generation of the copy of that participant, `None` if it is unknown here.
    pub fn generation_of(&self, participant: &[u8]) -> Option<u64> {
        self.state.generation_of(participant)
    }

    /// The version up to which superseded values and deletions of that participant are no longer
    /// kept here: its owner compacted them. `None` if it is unknown here.
    pub fn gc_version(&self, participant: &[u8]) -> Option<u64> {
        self.state.gc_version(participant)
    }

    /// The version of this host's own map that a peer is known to hold, as it said itself in an
    /// exchange with this host; `None` if it said nothing of this generation yet.
    pub fn acked_version(&self, peer: &[u8]) -> Option<u64> {
        let short = self.state.short(peer);
        let since = self.state.at(short).map_or(0, |held| held.generation);
        self.acked.get(short, self.generation(), since)
    }

    /// How many keys of that participant have a value; 0 for an unknown one.
    pub fn len(&self, participant: &[u8]) -> usize {
        self.state.len(participant)
    }
}

/// The same of what was held at one moment.
impl View {
    /// As [`Host::id`].
    pub fn id(&self) -> &[u8] {
        &self.own().id
    }

    /// As [`Host::generation`].
    pub const fn generation(&self) -> u64 {
        self.own().generation
    }

    /// As [`Host::get`].
    pub fn get(&self, key: &[u8]) -> Option<&[u8]> {
        self.own().log.get(key, &self.hasher)?.value
    }

    /// As [`Host::get_from`].
    pub fn get_from(&self, participant: &[u8], key: &[u8]) -> Option<&[u8]> {
        self.copy(participant)?.log.get(key, &self.hasher)?.value
    }

    /// As [`Host::history`].
    pub fn history(&self, participant: &[u8], key: &[u8]) -> Vec<Update<'_>> {
        let held = self.copy(participant);
        held.map_or_else(Vec::new, |held| held.log.history(key, &self.hasher))
    }

    /// As [`Host::participants`].
    pub fn participants(&self, status: Option<Status>) -> Vec<&[u8]> {
        let all = self.iter().map(|(_, held)| held);
        let of = all.filter(|held| status.is_none_or(|status| held.status == status));
        let mut ids: Vec<&[u8]> = of.map(|held| &*held.id).collect();
        ids.sort_unstable();
        ids
    }

    /// As [`Host::status`].
    pub fn status(&self, participant: &[u8]) -> Option<Status> {
        Some(self.copy(participant)?.status)
    }

    /// As [`Host::forgotten`].
    pub const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// As [`Host::entries`].
    pub fn entries(&self, participant: &[u8]) -> Vec<Update<'_>> {
        self.copy(participant).map_or_else(Vec::new, |held| held.log.newest())
    }

    /// As [`Host::updates`].
    pub fn updates(&self, participant: &[u8]) -> impl Iterator<Item = Update<'_>> {
        let held = self.copy(participant);
        held.into_iter().flat_map(|held| held.log.after(0)).flat_map(Update::all)
    }

    /// As [`Host::max_version`].
    pub fn max_version(&self, participant: &[u8]) -> Option<u64> {
        let held = self.copy(participant)?;
        Some(if held.status == Status::Evicted { 0 } else { held.max_version })
    }

    /// As [`Host::generation_of`].
    pub fn generation_of(&self, participant: &[u8]) -> Option<u64> {
        Some(self.copy(participant)?.generation)
    }

    /// As [`Host::gc_version`].
    pub fn gc_version(&self, participant: &[u8]) -> Option<u64> {
        Some(self.copy(participant)?.gc_version)
    }

    /// As [`Host::len`].
    pub fn len(&self, participant: &[u8]) -> usize {
        self.copy(participant).map_or(0, |held| held.log.keys())
    }
}
