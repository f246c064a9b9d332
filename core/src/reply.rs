//! Making messages: sharing a budget between digest and delta, and writing both.

use alloc::vec::Vec;

use fastrand::Rng;

use crate::config::Config;
use crate::pending::{self, Chosen, Difference, Pending, Selection};
use crate::state::State;
use crate::wire::digest::{self, Digest, Range};
use crate::wire::entry;
use crate::wire::message::{self, Kind, Sender, section_len, section_room, tag};
use crate::wire::{delta, varint};

/// A digest section with a range and one line: the least that a SynAck keeps room for.
const MIN_DIGEST_LEN: usize = section_len(digest::MAX_SCOPE_LEN + digest::MAX_ENTRY_LEN);

/// A made message and what it could not carry.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    /// Empty: nothing to say.
    pub(crate) bytes: Vec<u8>,
    /// The budget that the largest update needs which can never go with this one; 0 if none waits.
    pub(crate) room_needed: usize,
}

/// Everything that making a message draws on.
pub(crate) struct Maker<'a> {
    pub(crate) state: &'a State,
    pub(crate) config: &'a Config,
    pub(crate) rng: &'a mut Rng,
    /// Bytes, at least `MIN_BUDGET`.
    pub(crate) budget: usize,
}

impl Maker<'_> {
    /// What I have; with `pull`, asking for updates only.
    pub(crate) fn syn(&mut self, pull: bool) -> Vec<u8> {
        let pull_len = if pull { section_len(0) } else { 0 };
        let room = self.room() - pull_len;
        let digest = plan_digest(self.state, self.rng, section_room(room));
        let mut out = self.begin(Kind::Syn);
        put_digest(&mut out, self.state, digest);
        if pull {
            message::put_section_head(&mut out, tag::PULL, 0);
        }
        message::finish(&mut out);
        out
    }

    /// What the initiator lacks, and unless it pulls what I have. Empty if both have the same.
    pub(crate) fn syn_ack(&mut self, theirs: &Digest<'_>, pull: bool) -> Reply {
        let Difference { mut pending, is_behind } = pending::compare(self.state, theirs);
        let is_level = theirs.range().is_none() && !is_behind;
        if pending.is_empty() && (pull || is_level) {
            return Reply::default();
        }
        let room = self.room();
        let share = if pull { 0 } else { self.digest_share(room) };
        let selection = self.select(&mut pending, room, share);
        let room_needed = self.room_needed(&selection);
        let delta_len = delta_len(&selection.chosen);
        let mut out = self.begin(Kind::SynAck);
        if !pull {
            let digest = plan_digest(self.state, self.rng, section_room(room - delta_len));
            put_digest(&mut out, self.state, digest);
        }
        put_delta(&mut out, selection.chosen);
        // A puller with nothing that fits gets no message: it would say nothing.
        let bytes = if pull && delta_len == 0 { Vec::new() } else { finish(out) };
        Reply { bytes, room_needed }
    }

    /// What the responder lacks.
    pub(crate) fn ack(&mut self, theirs: &Digest<'_>) -> Reply {
        let mut pending = pending::compare(self.state, theirs).pending;
        let selection = self.select(&mut pending, self.room(), 0);
        let room_needed = self.room_needed(&selection);
        if selection.chosen.is_empty() {
            return Reply { bytes: Vec::new(), room_needed };
        }
        let mut out = self.begin(Kind::Ack);
        put_delta(&mut out, selection.chosen);
        Reply { bytes: finish(out), room_needed }
    }

    fn sender(&self) -> Sender<'_> {
        let own = self.state.own();
        Sender { id: &own.id, generation: own.generation, nonce: self.config.nonce }
    }

    /// Bytes for sections.
    fn room(&self) -> usize {
        self.budget - message::frame_len(self.sender())
    }

    fn begin(&self, kind: Kind) -> Vec<u8> {
        let mut out = Vec::new();
        message::put_header(&mut out, kind, self.state.cluster, self.sender());
        out
    }

    /// Bytes kept back for the digest: all it needs, or half of the message. The two directions of
    /// an exchange then get alike under load.
    fn digest_share(&self, room: usize) -> usize {
        let lines: usize = self.state.iter().map(|held| State::line(held).len()).sum();
        let whole = section_len(digest::len(Range::COMPLETE, lines));
        whole.min((room / 2).max(MIN_DIGEST_LEN))
    }

    fn select<'s>(
        &mut self,
        pending: &mut Vec<Pending<'s>>,
        room: usize,
        digest_share: usize,
    ) -> Selection<'s> {
        pending::order(pending, self.config.ordering, self.rng);
        let mut delta_room = room - digest_share;
        // If only the digest's half is in the way of the first update, the digest shrinks.
        let most = room - digest_share.min(MIN_DIGEST_LEN);
        let first = pending::first_section_len(pending).map_or(0, section_len);
        if first > delta_room && first <= most {
            delta_room = most;
        }
        pending::select(pending, self.config.ordering, self.rng, section_room(delta_room))
    }

    /// In a SynAck a digest goes along, so that is what an update must leave room for.
    fn room_needed(&self, selection: &Selection<'_>) -> usize {
        if selection.largest_refused == 0 {
            return 0;
        }
        let frame_len = message::frame_len(self.sender());
        let needed = frame_len + MIN_DIGEST_LEN + section_len(selection.largest_refused);
        if needed > self.budget { needed } else { 0 }
    }
}

/// The most bytes of a message whose only update is this one, whoever relays it.
pub(crate) fn longest_message_len(id: &[u8], key: usize, value: usize) -> usize {
    let entry = entry::set_len(crate::wire::bounds::MAX_VERSION, key, value);
    let head = delta::Head {
        id,
        generation: crate::wire::bounds::MAX_GENERATION,
        from: crate::wire::bounds::MAX_VERSION,
        to: crate::wire::bounds::MAX_VERSION,
        entries_len: entry,
    };
    message::MAX_FRAME_LEN + MIN_DIGEST_LEN + section_len(head.section_len())
}

/// Which participants a digest of at most `room` bytes speaks of, and the bytes of its lines.
fn plan_digest(state: &State, rng: &mut Rng, room: usize) -> (Range, usize) {
    let lines: usize = state.iter().map(|held| State::line(held).len()).sum();
    if digest::len(Range::COMPLETE, lines) <= room {
        return (Range::COMPLETE, lines);
    }
    // A start drawn anew for each message, so that everybody's turn comes.
    let first = rng.u64(..);
    let room = room.saturating_sub(digest::MAX_SCOPE_LEN);
    let mut lines = 0;
    for held in state.circle(first) {
        let len = State::line(held).len();
        if lines + len > room {
            // Complete up to just before the first one that is left out.
            return (Range { first, last: held.0.wrapping_sub(1) }, lines);
        }
        lines += len;
    }
    (Range::COMPLETE, lines)
}

fn put_digest(out: &mut Vec<u8>, state: &State, (range, lines): (Range, usize)) {
    message::put_section_head(out, tag::DIGEST, digest::len(range, lines));
    digest::put(out, range, state.in_range(range).map(State::line));
}

fn delta_len(chosen: &[Chosen<'_>]) -> usize {
    if chosen.is_empty() {
        return 0;
    }
    section_len(chosen.iter().map(|chosen| chosen.head().section_len()).sum())
}

fn put_delta(out: &mut Vec<u8>, mut chosen: Vec<Chosen<'_>>) {
    if chosen.is_empty() {
        return;
    }
    chosen.sort_unstable_by(|a, b| a.participant.id.cmp(&b.participant.id));
    let len = chosen.iter().map(|chosen| chosen.head().section_len()).sum();
    out.reserve_exact(varint::prefixed_len(len) + 16);
    message::put_section_head(out, tag::DELTA, len);
    for section in chosen {
        section.head().put(out);
        section.participant.log.copy(section.from, section.to, out);
    }
}

fn finish(mut out: Vec<u8>) -> Vec<u8> {
    message::finish(&mut out);
    out
}
