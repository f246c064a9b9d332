//! Making messages: sharing a budget between digest and delta, and writing both.

use alloc::vec::Vec;

use fastrand::Rng;

use crate::config::Config;
use crate::pending::{self, Chosen, Difference, Pending};
use crate::state::State;
use crate::wire::digest::{self, Digest, Range};
use crate::wire::entry;
use crate::wire::message::{self, Kind, Sender, section_len, section_room, tag};
use crate::wire::{delta, varint};

/// A digest section with a range and one line: the least that a SynAck keeps room for.
const MIN_DIGEST_LEN: usize = section_len(digest::MAX_SCOPE_LEN + digest::MAX_LINE_LEN);

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
        let room = section_room(self.room() - pull_len);
        let digest = plan_digest(self.state, self.rng, lines_len(self.state), room);
        let mut out = self.begin(Kind::Syn);
        put_digest(&mut out, self.state, digest);
        if pull {
            message::put_section_head(&mut out, tag::PULL, 0);
        }
        finish(out)
    }

    /// What the initiator lacks, and unless it pulls what I have. Empty if neither has news.
    pub(crate) fn syn_ack(&mut self, theirs: &Digest<'_>, pull: bool) -> Reply {
        let Difference { pending, is_behind } = pending::compare(self.state, theirs);
        if pull {
            return self.delta_alone(Kind::SynAck, pending);
        }
        if pending.is_empty() && !is_behind && theirs.range().is_none() {
            return Reply::default();
        }
        let room = self.room();
        let lines = lines_len(self.state);
        // All that the digest needs, or half of the message: the two directions of an exchange then
        // get alike under load.
        let whole = section_len(digest::len(Range::COMPLETE, lines));
        let share = whole.min((room / 2).max(MIN_DIGEST_LEN));
        let (chosen, room_needed) = self.choose(pending, room, share);
        let digest_room = section_room(room - delta_len(&chosen));
        let digest = plan_digest(self.state, self.rng, lines, digest_room);
        let mut out = self.begin(Kind::SynAck);
        put_digest(&mut out, self.state, digest);
        put_delta(&mut out, chosen);
        Reply { bytes: finish(out), room_needed }
    }

    /// What the responder lacks.
    pub(crate) fn ack(&mut self, theirs: &Digest<'_>) -> Reply {
        let pending = pending::compare(self.state, theirs).pending;
        self.delta_alone(Kind::Ack, pending)
    }

    /// A message with a delta and nothing else; empty if nothing is pending, or nothing fits.
    fn delta_alone(&mut self, kind: Kind, pending: Vec<Pending<'_>>) -> Reply {
        let (chosen, room_needed) = self.choose(pending, self.room(), 0);
        if chosen.is_empty() {
            return Reply { bytes: Vec::new(), room_needed };
        }
        let mut out = self.begin(kind);
        put_delta(&mut out, chosen);
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

    /// What of `pending` goes into a message with `room` bytes for sections, of which the digest
    /// gets its share first; and the budget that the largest update needs which can never go with
    /// this one, or 0.
    fn choose<'s>(
        &mut self,
        mut pending: Vec<Pending<'s>>,
        room: usize,
        digest_share: usize,
    ) -> (Vec<Chosen<'s>>, usize) {
        let ordering = self.config.ordering;
        pending::order(&mut pending, ordering, self.rng);
        // If only the digest's share is in the way of the first update that can go at all, the
        // digest shrinks.
        let most = room - digest_share.min(MIN_DIGEST_LEN);
        let mut firsts = pending::first_section_lens(&pending).map(section_len);
        let first = firsts.find(|first| *first <= most).unwrap_or(0);
        let delta_room = if first > room - digest_share { most } else { room - digest_share };
        let selection = pending::select(&pending, ordering, self.rng, section_room(delta_room));

        let refused = section_len(selection.largest_refused);
        if selection.largest_refused == 0 || refused <= most {
            return (selection.chosen, 0);
        }
        // A digest that takes less now may have grown by then.
        let digest_len = if digest_share == 0 { 0 } else { MIN_DIGEST_LEN };
        (selection.chosen, message::frame_len(self.sender()) + digest_len + refused)
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

/// Bytes of a digest's lines about everybody.
fn lines_len(state: &State) -> usize {
    state.iter().map(|held| State::line(held).len()).sum()
}

/// Which participants a digest of at most `room` bytes speaks of, and the bytes of its lines; those
/// about everybody take `whole` bytes.
fn plan_digest(state: &State, rng: &mut Rng, whole: usize, room: usize) -> (Range, usize) {
    if digest::len(Range::COMPLETE, whole) <= room {
        return (Range::COMPLETE, whole);
    }
    // A start drawn anew for each message, so that everybody's turn comes. A participant is drawn,
    // not a point of the circle: ids that crowd around somebody then hide nobody.
    let nth = rng.usize(..state.len());
    let first = state.iter().nth(nth).map_or(0, |(short, _)| short);
    let room = room.saturating_sub(digest::MAX_SCOPE_LEN);
    let (mut range, mut lines) = (Range { first, last: first }, 0);
    for held in state.circle(first) {
        // Complete up to just before the first one that is left out.
        range.last = held.0.wrapping_sub(1);
        let len = State::line(held).len();
        if lines + len > room {
            break;
        }
        lines += len;
    }
    debug_assert!(lines > 0, "every caller has room for one line");
    (range, lines)
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
