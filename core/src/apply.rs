//! Taking in what a peer sent: which parts of a delta advance my copies, and which are refused.
//!
//! The message was decoded whole before anything here runs. Stale news is ignored; a section that
//! cannot be applied is skipped and counted, and the others apply.

use crate::config::Config;
use crate::state::State;
use crate::wire::delta::{Delta, ParticipantDelta};
use crate::wire::message::Message;

/// Whether a message says more about the host's own participant than this process ever issued, or
/// was sent under its id by another process: somebody else writes under this id.
pub(crate) fn is_conflict(state: &State, config: &Config, message: &Message<'_>) -> bool {
    let own = state.own();
    let Message { sender, digest, delta, .. } = message;
    let issued = (own.generation, own.max_version);
    let mut lines = digest.iter().flat_map(|digest| digest.lines());
    let mut sections = delta.iter().flat_map(|delta| delta.participants());
    (*own.id == *sender.id && sender.nonce != config.nonce)
        || lines.any(|line| {
            line.short == state.own_short() && (line.generation, line.max_version) > issued
        })
        || sections.any(|section| *section.id == *own.id && section.reaches() > issued)
}

/// Apply a decoded delta, and return how many sections were news that could not, or not wholly, be
/// applied. The host's own participant is left alone: only the owner writes its map.
pub(crate) fn apply(
    state: &mut State,
    config: &Config,
    others_len: &mut usize,
    delta: &Delta<'_>,
) -> u64 {
    let mut skipped = 0;
    for section in delta.participants() {
        skipped += u64::from(!apply_section(state, config, others_len, &section));
    }
    skipped
}

/// `false` if the section is news that could not, or not wholly, be taken in.
fn apply_section(
    state: &mut State,
    config: &Config,
    others_len: &mut usize,
    section: &ParticipantDelta<'_>,
) -> bool {
    let short = state.short(section.id);
    if short == state.own_short() {
        // The same short id with another id can never be told apart in digests.
        return *state.own().id == *section.id;
    }
    let held = state.at(short);
    let has = match held {
        Some(held) if *held.id != *section.id => return false,
        Some(held) if section.reaches() <= (held.generation, held.max_version) => return true,
        Some(held) if section.generation == held.generation => held.max_version,
        None if section.to == 0 => return true,
        _ => 0,
    };
    let is_new = held.is_none();
    let is_full = is_new && state.len() as u64 >= config.limits.participants;
    if section.from > has || is_full {
        return false;
    }
    let (held, hasher) = state.at_or_insert(short, section.id, section.generation);
    if !is_new {
        *others_len -= held.cost();
    }
    if section.generation > held.generation {
        held.restart(section.generation);
    }
    let mut whole = true;
    for entry in section.entries.skip_while(|entry| entry.version <= has) {
        let room = config.limits.state_bytes.saturating_sub((*others_len + held.cost()) as u64);
        if held.admits(&entry, config, hasher, room).is_err() {
            whole = false;
            break;
        }
        held.log.append(&entry, config.state.history, hasher);
        held.max_version = entry.version;
    }
    if whole {
        held.max_version = section.to;
    }
    if is_new && held.max_version == 0 {
        // Its first update is over a limit: remember nothing of somebody who has nothing here.
        state.remove(short);
        return false;
    }
    *others_len += held.cost();
    whole
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::state::Participant;
    use crate::wire::delta::Head;
    use crate::wire::entry;

    /// The first update of that participant, as a delta.
    fn news(id: &[u8]) -> Vec<u8> {
        let mut entries = Vec::new();
        entry::put_set(&mut entries, 1, b"k", b"v");
        let mut body = Vec::new();
        let head = Head { id, generation: 1, from: 0, to: 1, entries_len: entries.len() };
        head.put(&mut body);
        body.append(&mut entries);
        body
    }

    fn take_in(state: &mut State, id: &[u8]) -> u64 {
        let body = news(id);
        let delta = Delta::decode(&body).expect("it was just written");
        apply(state, &Config::default(), &mut 0, &delta)
    }

    /// Two ids with one short id cannot be had, so somebody is put where another belongs.
    #[test]
    fn the_second_id_with_one_short_id_is_refused_and_counted() {
        let mut state = State::new(Participant::new(b"me", 1), b"", 1);
        let short = state.short(b"second");
        state.at_or_insert(short, b"first", 1);
        assert_eq!(take_in(&mut state, b"second"), 1);
        assert!(state.get(b"second").is_none());
        let first = state.at(short).expect("it stays");
        assert_eq!((&*first.id, first.max_version, first.log.keys()), (&b"first"[..], 0, 0));
    }

    #[test]
    fn an_id_with_the_short_id_of_the_own_one_is_refused_and_counted() {
        let mut state = State::new(Participant::new(b"second", 1), b"", 1);
        state.own_mut().0.id = b"me"[..].into();
        assert_eq!(take_in(&mut state, b"second"), 1);
        assert_eq!((state.len(), state.own().max_version), (1, 0));
        // What is said of the own participant is left alone without a word.
        state.own_mut().0.id = b"second"[..].into();
        assert_eq!(take_in(&mut state, b"second"), 0);
        assert_eq!((state.len(), state.own().max_version), (1, 0));
    }
}
