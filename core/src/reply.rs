//! Making messages: sharing a budget between digest and delta, and writing both.

pub(crate) mod outline;
pub(crate) mod pending;
pub(crate) mod selection;

use alloc::vec::Vec;

use fastrand::Rng;

use crate::config::Config;
use crate::reply::outline::Outline;
use crate::reply::pending::{Difference, Pending};
use crate::reply::selection::Selection;
use crate::state::heard;
use crate::state::view::View;
use crate::wire::lines::Acked;
use crate::wire::message::{self, Kind, Message, Sender, section_len, section_room, tag};
use crate::wire::short::ShortId;
use crate::wire::varint;

/// From this budget on, room is kept for what says who lives and who has what; below it they get
/// what is left.
const ROOMY: usize = 1024;

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
    pub(crate) state: &'a View,
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
        let extras = self.extras_len(None);
        let outline = Outline::whole(self.state).cut(self.state, self.rng, room - extras);
        let heard = self.heard(room - outline.len(), false);
        let mut out = self.begin(Kind::Syn);
        outline.put_digest(&mut out, self.state);
        if pull {
            message::put_section_head(&mut out, tag::PULL, 0);
        }
        put_unless_empty(&mut out, tag::HEARD, &heard);
        outline.put_rest(&mut out, self.state);
        finish(out)
    }

    /// What the initiator lacks, and unless it pulls what I have. Empty if neither has news.
    pub(crate) fn syn_ack(&mut self, theirs: &Message<'_>, peer: ShortId) -> Reply {
        let Difference { pending, is_behind } = pending::compare(self.state, theirs, peer);
        if theirs.pull {
            return self.delta_alone(Kind::SynAck, pending, peer);
        }
        let is_complete = theirs.digest.is_some_and(|digest| digest.range().is_none());
        if pending.is_empty() && !is_behind && is_complete {
            return Reply::default();
        }
        let room = self.room() - self.extras_len(Some(peer));
        // All that the digest needs, or half of the message: the two directions of an exchange then
        // get alike under load.
        let whole = Outline::whole(self.state);
        let share = whole.len().min((room / 2).max(Outline::MIN_LEN));
        let (selection, room_needed) = self.choose(pending, room, share);
        let delta = delta_len(&selection);
        let outline = whole.cut(self.state, self.rng, room - delta);
        let acked = if outline.is_complete() { None } else { self.acked(peer) };
        let mut rest = self.room() - delta - outline.len();
        let acked = self.fitting(acked, &mut rest);
        let heard = self.heard(rest, false);
        let mut out = self.begin(Kind::SynAck);
        outline.put_digest(&mut out, self.state);
        put_unless_empty(&mut out, tag::HEARD, &heard);
        put_delta(&mut out, selection);
        put_unless_empty(&mut out, tag::ACKED, &acked);
        outline.put_rest(&mut out, self.state);
        Reply { bytes: finish(out), room_needed }
    }

    /// What the responder lacks.
    pub(crate) fn ack(&mut self, theirs: &Message<'_>, peer: ShortId) -> Reply {
        let pending = pending::compare(self.state, theirs, peer).pending;
        self.delta_alone(Kind::Ack, pending, peer)
    }

    /// A message with a delta and no digest; empty if nothing is pending, or nothing fits.
    fn delta_alone(&mut self, kind: Kind, pending: Vec<Pending<'_>>, peer: ShortId) -> Reply {
        let room = self.room() - self.extras_len(Some(peer));
        let (selection, room_needed) = self.choose(pending, room, 0);
        if selection.chosen.is_empty() {
            return Reply { bytes: Vec::new(), room_needed };
        }
        let mut rest = self.room() - delta_len(&selection);
        let acked = self.acked(peer);
        let acked = self.fitting(acked, &mut rest);
        let heard = self.heard(rest, true);
        let mut out = self.begin(kind);
        put_unless_empty(&mut out, tag::HEARD, &heard);
        put_delta(&mut out, selection);
        put_unless_empty(&mut out, tag::ACKED, &acked);
        Reply { bytes: finish(out), room_needed }
    }

    /// That I am level with the map of the one that the message is for, and that I live; empty if
    /// neither can be said.
    pub(crate) fn level(&mut self, peer: ShortId) -> Vec<u8> {
        let mut rest = self.room();
        let acked = self.acked(peer);
        let acked = self.fitting(acked, &mut rest);
        let heard = self.heard(rest, true);
        if acked.is_empty() && heard.is_empty() {
            return Vec::new();
        }
        let mut out = self.begin(Kind::SynAck);
        put_unless_empty(&mut out, tag::HEARD, &heard);
        put_unless_empty(&mut out, tag::ACKED, &acked);
        finish(out)
    }

    /// How far I am with the map of the one that the message is for.
    fn acked(&self, peer: ShortId) -> Option<Acked> {
        let held = self.state.at(peer)?;
        let is_known = held.max_version > 0;
        is_known.then_some(Acked { generation: held.generation, version: held.max_version })
    }

    /// That as a body, if it fits into what is left.
    #[expect(clippy::unused_self, reason = "a step of making a message")]
    fn fitting(&self, acked: Option<Acked>, rest: &mut usize) -> Vec<u8> {
        let mut body = Vec::new();
        if let Some(acked) = acked {
            acked.put(&mut body);
        }
        match rest.checked_sub(section_len(body.len())) {
            Some(left) if !body.is_empty() => *rest = left,
            _ => body.clear(),
        }
        body
    }

    /// A sample of who was heard of, for a section in what is left. Where no digest says how far
    /// the sender itself is, it begins `with_own`.
    fn heard(&mut self, rest: usize, with_own: bool) -> Vec<u8> {
        self.state.heard_sample(self.rng, section_room(rest), with_own)
    }

    /// Bytes kept free for what is said beside digest and delta.
    fn extras_len(&self, peer: Option<ShortId>) -> usize {
        if self.budget < ROOMY {
            return 0;
        }
        let heard = self.state.now_ms.map_or(0, |_| section_len(heard::MAX_SAMPLE_LEN));
        heard + peer.map_or(0, |_| section_len(Acked::MAX_LEN))
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
    /// this one, or 0. Such an update goes in pieces.
    fn choose<'s>(
        &mut self,
        mut pending: Vec<Pending<'s>>,
        room: usize,
        digest_share: usize,
    ) -> (Selection<'s>, usize) {
        let ordering = self.config.ordering;
        selection::order(&mut pending, ordering, self.rng);
        // If only the digest's share is in the way of the first update that can go at all, the
        // digest shrinks.
        let most = room - digest_share.min(Outline::MIN_LEN);
        let mut firsts = selection::first_section_lens(&pending).map(section_len);
        let first = firsts.find(|first| *first <= most).unwrap_or(0);
        let delta_room = if first > room - digest_share { most } else { room - digest_share };
        let delta_room = section_room(delta_room);

        // A piece gets what others leave; in every other message, at random, half of the room.
        let large = selection::large(&pending, self.rng, section_room(most));
        let kept = if large.is_some() && self.rng.bool() { delta_room / 2 } else { 0 };
        let mut selection = selection::select(&pending, ordering, self.rng, delta_room - kept);
        if let Some(large) = large {
            selection.add_piece(&large, delta_room);
        }

        let refused = section_len(selection.largest_refused);
        if selection.largest_refused == 0 || refused <= most {
            return (selection, 0);
        }
        // A digest that takes less now may have grown by then.
        let digest_len = if digest_share == 0 { 0 } else { Outline::MIN_LEN };
        let extras = section_len(heard::MAX_SAMPLE_LEN) + section_len(Acked::MAX_LEN);
        let needed = message::frame_len(self.sender()) + digest_len + extras + refused;
        (selection, needed)
    }
}

fn delta_len(selection: &Selection<'_>) -> usize {
    if selection.chosen.is_empty() { 0 } else { section_len(selection.len()) }
}

fn put_delta(out: &mut Vec<u8>, mut selection: Selection<'_>) {
    if selection.chosen.is_empty() {
        return;
    }
    selection.chosen.sort_unstable_by(|a, b| a.participant.id.cmp(&b.participant.id));
    let len = selection.len();
    out.reserve_exact(varint::prefixed_len(len) + 128);
    message::put_section_head(out, tag::DELTA, len);
    for section in &selection.chosen {
        section.put(out);
    }
}

fn put_unless_empty(out: &mut Vec<u8>, tag: u64, body: &[u8]) {
    if !body.is_empty() {
        message::put_section(out, tag, body);
    }
}

fn finish(mut out: Vec<u8>) -> Vec<u8> {
    message::finish(&mut out);
    out
}
