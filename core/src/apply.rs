//! Taking in what a peer sent: which parts of a delta advance my copies, and which are refused.
//!
//! The message was decoded whole before anything here runs. Stale news is ignored; a section that
//! cannot be applied is skipped and counted, and the others apply.

pub(crate) mod parts;

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::apply::parts::Parts;
use crate::config::Config;
use crate::log::index::KeyHasher;
use crate::state::catch_up;
use crate::state::participant::{Participant, Status};
use crate::state::staging::{self, Staged};
use crate::state::{Counted, State};
use crate::wire::bounds::EVICTED;
use crate::wire::delta::{ParticipantDelta, Piece};
use crate::wire::entries::Entries;
use crate::wire::entry::{Body, Entry};
use crate::wire::keep::Clean;
use crate::wire::short::ShortId;

/// What a section takes beside its updates, in bytes that take as long.
const SECTION_COST: usize = 256;

/// Apply parts of a decoded delta, of `most` bytes together or a little more, and add to `skipped`
/// how many sections were news that could not, or not wholly, be applied. The host's own
/// participant is left alone: only the owner writes its map. Tells whether there may be more.
pub(crate) fn apply(
    state: &mut State,
    config: &Config,
    parts: &mut Parts<'_>,
    most: usize,
    skipped: &mut u64,
) -> bool {
    let mut left = most;
    while left > 0 {
        let Some(part) = parts.next(left) else {
            return false;
        };
        if !apply_section(state, config, &part) {
            *skipped += 1;
            parts.skip_rest();
        }
        left = left.saturating_sub(part.entries.bytes().len() + SECTION_COST);
    }
    true
}

/// What may be given up for one piece that finds no room. More would be work for a few bytes.
const MAX_GIVEN_UP: usize = 8;

/// `false` if the section is news that could not, or not wholly, be taken in.
fn apply_section(state: &mut State, config: &Config, section: &ParticipantDelta<'_>) -> bool {
    let short = state.short(section.id);
    for _ in 0..MAX_GIVEN_UP {
        let mut is_full = false;
        let whole = take_section(state, config, section, short, &mut is_full);
        // The room that is made is used at once, or somebody else would take it.
        if !is_full || !state.give_up_staged(short) {
            return whole;
        }
    }
    false
}

/// The same once; `is_full` is set if a piece found no room.
fn take_section(
    state: &mut State,
    config: &Config,
    section: &ParticipantDelta<'_>,
    short: ShortId,
    is_full: &mut bool,
) -> bool {
    if short == state.own_short() {
        // The same short id with another id can never be told apart in digests.
        return *state.own().id == *section.id;
    }
    let held = state.at(short);
    if held.is_some_and(|held| *held.id != *section.id) {
        return false;
    }
    if state.is_absurd(section.generation, config) {
        return false;
    }
    if section.to == EVICTED {
        state.evict(section.id, section.generation, config);
        return true;
    }
    let (has, clean) = match held {
        Some(held) if held.generation > section.generation => return true,
        Some(held) if held.generation == section.generation => {
            match held.status {
                Status::Evicted => return true,
                // After its owner left, nothing more can come in that generation.
                Status::Left => return section.to <= held.max_version,
                Status::Present if !advances(held, section) => return true,
                Status::Present => (held.max_version, held.clean()),
            }
        }
        // Nothing is known of that generation yet, and nothing is no news of somebody unknown.
        None if section.to == 0 && section.piece.is_none() => return true,
        _ => (0, None),
    };
    let has_left = section.entries.last().is_some_and(|entry| entry.body == Body::Leave);
    let Some(obligation) = catch_up::admits(section, has, clean, has_left) else {
        return false;
    };
    let is_new = held.is_none();
    if is_new && has_left && !state.remembers(section.generation, short, config) {
        return true;
    }
    let arrives = held.is_none_or(|held| held.status != Status::Present) && !has_left;
    if arrives && state.present() as u64 >= config.limits.participants {
        return false;
    }
    if is_new {
        state.insert(short, section.id, section.generation);
    }
    let mut evicted = Vec::new();
    let taken = state.change(short, |held, hasher, counted| {
        let mut taking = Taking { held, config, hasher, counted, evicted: &mut evicted, is_full };
        taking.section(section, has, obligation)
    });
    let whole = taken.unwrap_or(false);
    if is_new
        && state.at(short).is_some_and(|held| held.max_version == 0 && held.rare.staged.is_none())
    {
        // Its first update is over a limit: remember nothing of somebody who has nothing here.
        state.remove(short);
        return false;
    }
    for (participant, generation) in evicted {
        if !state.is_absurd(generation, config) {
            state.evict(&participant, generation, config);
        }
    }
    state.forget_departed(config);
    if whole && section.to > has && !is_new {
        state.hear_of_writing(short);
    }
    if state.others_len as u64 > config.limits.state_bytes {
        // What readers have not seen is the first to go.
        state.change(short, |held, _, _| held.forget_deletes());
    }
    whole
}

/// Whether a section of the generation that is held brings anything.
fn advances(held: &Participant, section: &ParticipantDelta<'_>) -> bool {
    let opens = |clean: Clean| held.clean().is_none_or(|mine| mine.g < clean.g);
    section.to > held.max_version
        || section.keep.is_some_and(|keep| held.wants(&keep) || opens(keep.clean))
        || section.piece.is_some_and(|piece| piece.version > held.max_version)
}

/// One copy while it takes in a section.
struct Taking<'a> {
    held: &'a mut Participant,
    config: &'a Config,
    hasher: &'a KeyHasher,
    counted: &'a Counted,
    /// Whom the updates declare gone, and in which generation.
    evicted: &'a mut Vec<(Box<[u8]>, u64)>,
    /// Set if a piece found no room.
    is_full: &'a mut bool,
}

impl Taking<'_> {
    fn section(
        &mut self,
        section: &ParticipantDelta<'_>,
        has: u64,
        obligation: Option<Clean>,
    ) -> bool {
        let held = &mut *self.held;
        if section.generation > held.generation {
            held.restart(section.generation);
        }
        held.oblige(obligation);
        if let Some(keep) = &section.keep {
            held.check(keep);
        }
        let mut whole = self.entries(section.entries.after(has));
        let held = &mut *self.held;
        if whole {
            held.max_version = held.max_version.max(section.to);
        }
        if held.status == Status::Present {
            held.horizon = held.horizon.max(section.horizon);
            if let Some(piece) = section.piece.filter(|_| whole) {
                whole = self.piece(&piece);
            }
            let before = self.held.gc_version;
            self.held.settle(self.config, self.hasher);
            self.shrink(section, before);
        }
        whole
    }

    /// If the owner compacted and this copy lacks too much to follow, drop at least what is
    /// certain.
    fn shrink(&mut self, section: &ParticipantDelta<'_>, gc_version: u64) {
        let is_compact = |entry: &Entry<'_>| matches!(entry.body, Body::Compact { .. });
        let compacted = self.held.rare.compacted;
        let waits = compacted > gc_version && self.held.gc_version == gc_version;
        if waits && section.entries.clone().any(|entry| is_compact(&entry)) {
            self.held.log.drop_superseded(compacted, self.hasher);
        }
    }

    /// Take in more entries; `false` if a limit is in the way of one.
    fn entries(&mut self, entries: Entries<'_>) -> bool {
        let (mut count, mut ops, mut len) = (0, 0, 0);
        for entry in entries {
            count += 1;
            ops += if let Body::Batch(ops) = entry.body { ops.count() } else { 1 };
            len += entry.bytes.len();
        }
        let (held, config) = (&mut *self.held, self.config);
        let limits = &config.limits;
        let left = limits.participant_bytes.saturating_sub(held.log.len() as u64);
        let is_roomy = (held.log.keys() + ops) as u64 <= limits.keys_per_participant
            && len as u64 <= left.min(self.counted.room(held, config));
        if is_roomy {
            held.log.reserve(count, len, self.hasher);
        }
        // If there is room for all, whatever they take the place of, it is not looked at for each.
        let is_plain = |entry: &Entry<'_>| match entry.body {
            Body::One(op) => is_roomy && limits.admit(op).is_ok(),
            _ => false,
        };
        for entry in entries {
            if is_plain(&entry) {
                self.held.log.append(&entry, config.state.history, self.hasher);
                self.held.reach(entry.version);
            } else if !self.entry(&entry) {
                return false;
            }
        }
        self.held.log.give_back();
        true
    }

    /// Take in one more entry; `false` if a limit is in its way.
    fn entry(&mut self, entry: &Entry<'_>) -> bool {
        let Taking { held, config, hasher, counted, evicted, .. } = self;
        if held.admits(entry, config, hasher, counted.room(held, config)).is_err() {
            // History of others is best effort: rather than stop, a copy gives it up.
            if held.log.dead() < held.log.len() / 4 {
                return false;
            }
            held.log.drop_superseded(u64::MAX, hasher);
            if held.admits(entry, config, hasher, counted.room(held, config)).is_err() {
                return false;
            }
        }
        match entry.body {
            Body::Leave => held.depart(Status::Left),
            Body::Evict { participant, generation } => {
                evicted.push((participant.into(), generation));
            }
            Body::Compact { up_to } => held.is_to_compact(up_to),
            Body::One(_) | Body::Batch(_) => {}
        }
        held.log.append(entry, config.state.history, hasher);
        held.reach(entry.version);
        true
    }

    /// Take in a part of the next entry, and the entry if it is whole then; `false` if it finds no
    /// room.
    fn piece(&mut self, piece: &Piece<'_>) -> bool {
        let held = &mut *self.held;
        if piece.version <= held.max_version {
            return true;
        }
        let limits = &self.config.limits;
        let room = staging::Room {
            len: limits.fragment_bytes.saturating_sub(self.counted.staged_len as u64),
            max: limits.message_bytes.min(limits.fragment_bytes),
            refusals: self.counted.refusals,
        };
        match held.rare.change(|rare| staging::take(&mut rare.staged, piece, room)) {
            staging::Outcome::Full => {
                *self.is_full = true;
                return false;
            }
            staging::Outcome::TooLarge => return false,
            staging::Outcome::Ignored => return true,
            staging::Outcome::Taken => {}
        }
        let is_whole = |staged: &Arc<Staged>| staged.whole().is_some();
        if !held.rare.staged.as_ref().is_some_and(is_whole) {
            return true;
        }
        let staged = held.rare.change(|rare| rare.staged.take());
        let staged = staged.as_ref().map(|staged| (staged.version(), staged.whole()));
        let whole = staged.and_then(|(version, bytes)| staging::entry(version, bytes?));
        whole.is_some_and(|entry| self.entry(&entry))
    }
}
#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::state::participant::Participant;
    use crate::wire::delta::{Delta, Head};
    use crate::wire::entry;

    /// The first update of that participant, as a delta.
    fn news(id: &[u8]) -> Vec<u8> {
        let mut entries = Vec::new();
        entry::put_set(&mut entries, 1, b"k", b"v");
        let mut body = Vec::new();
        let head = Head {
            id,
            generation: 1,
            from: 0,
            to: 1,
            gc_version: 0,
            horizon: 1,
            keep: &[],
            piece: None,
            entries_len: entries.len(),
        };
        head.put(&mut body, |out| out.append(&mut entries));
        body
    }

    fn take_in(state: &mut State, id: &[u8]) -> u64 {
        let body = news(id);
        let delta = Delta::decode(&body).expect("it was just written");
        let mut skipped = 0;
        apply(state, &Config::default(), &mut Parts::of(&delta), usize::MAX, &mut skipped);
        skipped
    }

    /// Two ids with one short id cannot be had, so somebody is put where another belongs.
    #[test]
    fn the_second_id_with_one_short_id_is_refused_and_counted() {
        let mut state = State::new(Participant::new(b"me", 1), &Config::default(), 1);
        let short = state.short(b"second");
        state.insert(short, b"first", 1);
        assert_eq!(take_in(&mut state, b"second"), 1);
        assert!(state.copy(b"second").is_none());
        let first = state.at(short).expect("it stays");
        assert_eq!((&*first.id, first.max_version, first.log.keys()), (&b"first"[..], 0, 0));
    }

    #[test]
    fn an_id_with_the_short_id_of_the_own_one_is_refused_and_counted() {
        let mut state = State::new(Participant::new(b"second", 1), &Config::default(), 1);
        state.change_own(|own, _| own.id = b"me"[..].into());
        assert_eq!(take_in(&mut state, b"second"), 1);
        assert_eq!((state.count(), state.own().max_version), (1, 0));
        // What is said of the own participant is left alone without a word.
        state.change_own(|own, _| own.id = b"second"[..].into());
        assert_eq!(take_in(&mut state, b"second"), 0);
        assert_eq!((state.count(), state.own().max_version), (1, 0));
    }
}
