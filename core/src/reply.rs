//! Making messages: what of the copies here is said, sharing a budget between that and a delta, and
//! writing both.

pub(crate) mod account;
pub(crate) mod difference;
pub(crate) mod outline;
pub(crate) mod pending;
pub(crate) mod says;
pub(crate) mod selection;

use alloc::vec::Vec;

use fastrand::Rng;

use crate::config::{Config, Digests};
use crate::reply::account::Account;
use crate::reply::difference::Difference;
use crate::reply::outline::Outline;
use crate::reply::pending::Pending;
use crate::reply::says::{Manner, Says};
use crate::reply::selection::Selection;
use crate::state::heard;
use crate::state::view::View;
use crate::wire::lines::Acked;
use crate::wire::message::{
    self, Kind, Message, Sender, capability, section_len, section_room, tag,
};
use crate::wire::short::ShortId;
use crate::wire::varint;

/// From this budget on, room is kept for what says who lives and who has what; below it they get
/// what is left.
const ROOMY: usize = 1024;

/// Bytes of the short sections, and what stands before others: room for them is made at once.
const FEW: usize = 64;

/// A made message and what it could not carry.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    /// Empty: nothing to say.
    pub(crate) bytes: Vec<u8>,
    /// The budget that the largest update needs which can never go with this one; 0 if none waits.
    pub(crate) room_needed: usize,
    /// It says what is here, so it is answered.
    pub(crate) describes: bool,
    /// It says what is wanted, so it is answered.
    pub(crate) wants: bool,
    /// It says that nothing was understood.
    pub(crate) refuses: bool,
    /// It has a delta, which is worth compressing.
    pub(crate) has_delta: bool,
}

/// Everything that making a message draws on.
pub(crate) struct Maker<'a> {
    pub(crate) state: &'a View,
    pub(crate) config: &'a Config,
    pub(crate) rng: &'a mut Rng,
    /// Bytes, at least `MIN_BUDGET`.
    pub(crate) budget: usize,
    pub(crate) manner: Manner,
}

impl Maker<'_> {
    /// What I have; with `learns_only`, asking for updates only.
    pub(crate) fn syn(&mut self, says: Says<'_>) -> Vec<u8> {
        let pulls = self.manner.learns_only;
        let pull_len = if pulls { section_len(0) } else { 0 };
        let room = self.room() - pull_len - self.extras_len(None) - CAPABILITIES_LEN;
        let outline = self.outline(says, room);
        let capabilities = self.capabilities(&outline);
        let rest = self.room() - pull_len - outline.len() - CAPABILITIES_LEN;
        let heard = self.heard(rest, !outline.is_digest());
        let mut out = self.begin(Kind::Syn, outline.len() + heard.len());
        outline.put_first(&mut out, self.state);
        if pulls {
            message::put_section_head(&mut out, tag::PULL, 0);
        }
        put_unless_empty(&mut out, tag::HEARD, &heard);
        put_capabilities(&mut out, capabilities);
        outline.put_last(&mut out, self.state);
        finish(out)
    }

    /// What the initiator lacks, and unless it pulls what I want, or have. Empty if neither has
    /// news.
    pub(crate) fn syn_ack(
        &mut self,
        theirs: &Message<'_>,
        account: &Account,
        peer: ShortId,
    ) -> Reply {
        let Difference { pending, wants } = Difference::of(self.state, account);
        match self.says(theirs, account, pending.is_empty(), &wants) {
            Some(says) => self.compose(Kind::SynAck, pending, says, peer),
            None => self.not_understood(),
        }
    }

    /// What the responder lacks, and what I want of it.
    pub(crate) fn ack(&mut self, theirs: &Message<'_>, account: &Account, peer: ShortId) -> Reply {
        let mut difference = Difference::of(self.state, account);
        difference.correct(self.state, theirs, peer);
        let Difference { pending, wants } = difference;
        let pending = if self.manner.learns_only { Vec::new() } else { pending };
        let says = match theirs.describes() && theirs.can(capability::SKETCH) {
            true if !wants.is_empty() => Says::Want(&wants, account.differ),
            _ => Says::Nothing,
        };
        self.compose(Kind::Ack, pending, says, peer)
    }

    /// A delta, and what it says of the copies here. Empty if that is nothing, and nothing is
    /// pending, or nothing fits.
    fn compose(
        &mut self,
        kind: Kind,
        pending: Vec<Pending<'_>>,
        says: Says<'_>,
        peer: ShortId,
    ) -> Reply {
        let room = self.room() - self.extras_len(Some(peer)) - CAPABILITIES_LEN;
        // All that it needs, or half of the message: the two directions of an exchange then get
        // alike under load.
        let share = self.wish(says).min((room / 2).max(Outline::MIN_LEN));
        let count = pending.len();
        let (selection, room_needed) = self.choose(pending, room, share);
        let delta = delta_len(&selection);
        let says = match says {
            // The delta tells as much.
            Says::Want([], _) if selection.chosen.len() == count => Says::Nothing,
            other => other,
        };
        let says_nothing = matches!(says, Says::Nothing);
        if says_nothing && selection.chosen.is_empty() {
            return Reply { room_needed, ..Reply::default() };
        }
        let outline = self.outline(says, room - delta);
        let capabilities = self.capabilities(&outline);
        let is_told = outline.is_digest() && outline.is_complete();
        let acked = if is_told { None } else { self.acked(peer) };
        let mut rest = self.room() - delta - outline.len() - CAPABILITIES_LEN;
        let acked = self.fitting(acked, &mut rest);
        let heard = self.heard(rest, !outline.is_digest());
        let mut out = self.begin(kind, delta + outline.len() + heard.len());
        outline.put_first(&mut out, self.state);
        put_unless_empty(&mut out, tag::HEARD, &heard);
        put_delta(&mut out, selection);
        put_capabilities(&mut out, capabilities);
        put_unless_empty(&mut out, tag::ACKED, &acked);
        outline.put_last(&mut out, self.state);
        let wants = matches!(says, Says::Want(..));
        Reply {
            bytes: finish(out),
            room_needed,
            describes: !says_nothing && !wants,
            wants,
            refuses: false,
            has_delta: delta > 0,
        }
    }

    /// That this host takes lines only: the initiator says it so at once.
    fn not_understood(&mut self) -> Reply {
        let mut out = self.begin(Kind::SynAck, 0);
        put_capabilities(&mut out, Some(0));
        Reply { bytes: finish(out), refuses: true, ..Reply::default() }
    }

    /// What is said, in at most `room` bytes.
    fn outline(&mut self, says: Says<'_>, room: usize) -> Outline {
        match says {
            Says::Nothing => Outline::nothing(),
            Says::Want(wants, differ) => Outline::want(self.state, self.rng, differ, wants, room),
            Says::Digest => Outline::digest(self.state, self.rng, room),
            Says::Lines(most) => Outline::digest(self.state, self.rng, room.min(most)),
            Says::Sketch(cells) => match Outline::sketch(self.state, cells, room) {
                Some(outline) => outline,
                None => Outline::digest(self.state, self.rng, room),
            },
        }
    }

    /// Bytes that it takes if it gets all the room it wants.
    fn wish(&self, says: Says<'_>) -> usize {
        let state = self.state;
        match says {
            Says::Nothing => 0,
            Says::Want(wants, differ) => Outline::want_len(state, differ, wants),
            Says::Sketch(cells) => Outline::sketch(state, cells, usize::MAX)
                .unwrap_or_else(|| Outline::whole(state))
                .len(),
            // Who needs more than half of everything need not be counted.
            _ if state.count() * outline::LINE_LEN > self.budget => usize::MAX,
            Says::Digest | Says::Lines(_) => Outline::whole(state).len(),
        }
    }

    /// What I can do beside the least, where it is not clear from the rest of the message.
    fn capabilities(&self, outline: &Outline) -> Option<u64> {
        let sketches = match self.config.digests {
            Digests::Plain => 0,
            Digests::Smallest | Digests::Sketch => capability::SKETCH,
        };
        let packed = if self.manner.packs { capability::PACKED } else { 0 };
        let is_said = packed > 0 || (outline.is_digest() && sketches > 0);
        is_said.then_some(sketches | packed)
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
        let mut out = self.begin(Kind::SynAck, heard.len());
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

    /// Bytes kept free for what is said beside the copies here and the delta.
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

    /// The start of a message with `len` bytes of sections or a few more.
    fn begin(&self, kind: Kind, len: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(message::frame_len(self.sender()) + len + FEW);
        message::put_header(&mut out, kind, self.state.cluster, self.sender());
        out
    }

    /// What of `pending` goes into a message with `room` bytes for sections, of which what is said
    /// of the copies here gets its share first; and the budget that the largest update needs which
    /// can never go with this one, or 0. Such an update goes in pieces.
    fn choose<'s>(
        &mut self,
        mut pending: Vec<Pending<'s>>,
        room: usize,
        share: usize,
    ) -> (Selection<'s>, usize) {
        let ordering = self.config.ordering;
        selection::order(&mut pending, ordering, self.rng);
        // If only that share is in the way of the first update that can go at all, it shrinks.
        let most = room - share.min(Outline::MIN_LEN);
        let mut firsts = selection::first_section_lens(&pending).map(section_len);
        let first = firsts.find(|first| *first <= most).unwrap_or(0);
        let delta_room = if first > room - share { most } else { room - share };
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
        // What takes less now may have grown by then.
        let said = if share == 0 { 0 } else { Outline::MIN_LEN };
        let extras =
            section_len(heard::MAX_SAMPLE_LEN) + section_len(Acked::MAX_LEN) + CAPABILITIES_LEN;
        let needed = message::frame_len(self.sender()) + said + extras + refused;
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
    message::put_section_head(out, tag::DELTA, len);
    for section in &selection.chosen {
        section.put(out);
    }
}

/// Bytes of what a host can do beside the least.
const CAPABILITIES_LEN: usize = section_len(1);

fn put_capabilities(out: &mut Vec<u8>, capabilities: Option<u64>) {
    if let Some(bits) = capabilities {
        message::put_section_head(out, tag::CAPABILITIES, varint::len(bits));
        varint::put(out, bits);
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
