//! Which of what a peer lacks goes into one message, when not everything fits.
//!
//! Paper, §3: any order of participants is sound as long as, for each participant, an update that
//! is left out leaves out every later one. So what is chosen is one cut per participant.

use alloc::boxed::Box;
use alloc::vec::Vec;

use fastrand::Rng;

use crate::config::Ordering;
use crate::reply::pending::Pending;
use crate::state::catch_up::Served;
use crate::state::participant::Participant;
use crate::wire::delta::{Head, Piece, piece_room};
use crate::wire::entry::Entry;

/// The part of one participant's pending updates that goes into the message.
#[derive(Clone, Debug)]
pub(crate) struct Chosen<'a> {
    pub(crate) participant: &'a Participant,
    pub(crate) from: u64,
    pub(crate) to: u64,
    /// What comes after `from`, of which the first `entries_len` bytes go.
    pub(crate) rest: Served<'a>,
    pub(crate) entries_len: usize,
    /// There is nothing to say but where the slot is.
    pub(crate) bare: bool,
    /// An encoded keep list, or nothing.
    pub(crate) keep: Vec<u8>,
    pub(crate) piece: Option<Piece<'a>>,
}

impl Chosen<'_> {
    pub(crate) fn head(&self) -> Head<'_> {
        let Chosen { participant, from, to, entries_len, bare, keep, piece, .. } = self;
        let Participant { id, generation, gc_version, max_version, horizon, .. } = participant;
        let (gc_version, horizon) = match bare {
            true => (0, *to),
            false => (*gc_version, (*horizon).max(*max_version)),
        };
        Head {
            id,
            generation: *generation,
            from: *from,
            to: *to,
            gc_version,
            horizon,
            keep,
            piece: *piece,
            entries_len: *entries_len,
        }
    }

    /// Append the section.
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        self.head().put(out, |out| self.rest.copy(self.entries_len, out));
    }
}

/// The order in which participants are considered.
pub(crate) fn order(pending: &mut [Pending<'_>], ordering: Ordering, rng: &mut Rng) {
    rng.shuffle(pending);
    if ordering == Ordering::Depth {
        // The sort is stable, so ties stay shuffled.
        pending.sort_by_cached_key(|pending| core::cmp::Reverse(pending.rest.left()));
    }
}

/// Bytes that the next update of each participant takes in a delta, in order.
pub(crate) fn first_section_lens(pending: &[Pending<'_>]) -> impl Iterator<Item = usize> {
    pending.iter().map(Pending::first_section_len)
}

/// What goes into a delta of at most `room` bytes.
#[derive(Debug, Default)]
pub(crate) struct Selection<'a> {
    /// In no particular order.
    pub(crate) chosen: Vec<Chosen<'a>>,
    /// Bytes of a delta that holds only the largest update that stopped its participant, 0 if none
    /// did: what cannot be sent whole whatever the order.
    pub(crate) largest_refused: usize,
}

impl<'a> Selection<'a> {
    fn refuse(&mut self, pending: &Pending<'a>, entry_len: usize) {
        let len = pending.section_len(&pending.opening(), entry_len);
        self.largest_refused = self.largest_refused.max(len);
    }

    /// Bytes of the delta.
    pub(crate) fn len(&self) -> usize {
        self.chosen.iter().map(|chosen| chosen.head().section_len()).sum()
    }

    /// Add as much as fits into `room` of an update that can never go whole.
    pub(crate) fn add_piece(&mut self, large: &Large<'a>, room: usize) {
        let Large { pending, entry } = large;
        let at = self
            .chosen
            .iter()
            .position(|chosen| core::ptr::eq(chosen.participant, pending.participant));
        let bare = at.is_none().then(|| pending.chosen(pending.from, 0, pending.opening()));
        let before = self.len();
        let Some(chosen) = at.map(|at| self.chosen[at].clone()).or(bare) else {
            return;
        };
        let rest = before - at.map_or(0, |_| chosen.head().section_len());
        let (version, total) = (entry.version, entry.bytes.len() as u64);
        let known = pending.staged.filter(|(staged, _)| *staged == version);
        let offset = known.map_or(0, |(_, offset)| offset.min(total - 1)) as usize;
        let used = rest + chosen.head().section_len();
        let room = room.checked_sub(used);
        let Some(len) = room.and_then(|room| piece_room(version, total, room)) else {
            return;
        };
        let len = len.min(entry.bytes.len() - offset);
        if len == 0 {
            return;
        }
        let bytes = &entry.bytes[offset..offset + len];
        let piece = Piece { version, total, offset: offset as u64, bytes };
        let chosen = Chosen { piece: Some(piece), ..chosen };
        match at {
            Some(at) => self.chosen[at] = chosen,
            None => self.chosen.push(chosen),
        }
    }
}

/// A participant whose next update is larger than any message of the budget.
#[derive(Clone, Debug)]
pub(crate) struct Large<'a> {
    pending: Pending<'a>,
    entry: Entry<'a>,
}

/// One of those whose next update does not fit into `most` bytes of delta: one that the peer holds
/// a part of, if there is any, at random.
pub(crate) fn large<'a>(
    pending: &[Pending<'a>],
    rng: &mut Rng,
    most: usize,
) -> Option<Box<Large<'a>>> {
    let all = pending.iter().filter(|pending| pending.first_section_len() > most);
    let mut all: Vec<Large<'a>> = all
        .filter_map(|pending| Some(Large { pending: pending.clone(), entry: pending.first()? }))
        .collect();
    let begun = |large: &Large<'_>| {
        large.pending.staged.is_some_and(|(version, _)| version == large.entry.version)
    };
    if all.iter().any(begun) {
        all.retain(begun);
    }
    if all.is_empty() {
        return None;
    }
    Some(Box::new(all.swap_remove(rng.usize(..all.len()))))
}

/// Fill `room` in the order given.
pub(crate) fn select<'a>(
    pending: &[Pending<'a>],
    ordering: Ordering,
    rng: &mut Rng,
    room: usize,
) -> Selection<'a> {
    match ordering {
        Ordering::Depth => depth(pending, room),
        Ordering::Breadth => breadth(pending, rng, room),
    }
}

/// All of the first participant, then all of the next. What does not fit leaves its room to others.
fn depth<'a>(pending: &[Pending<'a>], mut room: usize) -> Selection<'a> {
    let mut selection = Selection::default();
    for next in pending {
        let Some(chosen) = whole(next, room, &mut selection) else {
            continue;
        };
        room -= chosen.head().section_len();
        selection.chosen.push(chosen);
    }
    selection
}

/// As much of one participant as fits into `room`.
fn whole<'a>(next: &Pending<'a>, room: usize, selection: &mut Selection<'a>) -> Option<Chosen<'a>> {
    if let Some(to) = next.bare {
        return (next.section_len(&[], 0) <= room).then(|| next.chosen(to, 0, Vec::new()));
    }
    let Some(keep) = next.keep_list(room) else {
        selection.refuse(next, next.first().map_or(0, |entry| entry.bytes.len()));
        return None;
    };
    let entries_room = next.entries_room(&keep, room).unwrap_or(0);
    let cut = next.rest.cut(entries_room);
    if let Some(refused) = cut.refused {
        selection.refuse(next, refused);
    }
    let all = next.participant.max_version.max(next.from);
    let to = if cut.refused.is_some() { cut.last.max(next.from) } else { all };
    let tells = to > next.from || !keep.is_empty() || all == 0;
    if !tells || (cut.len == 0 && next.section_len(&keep, 0) > room) {
        return None;
    }
    Some(next.chosen(to, cut.len, keep))
}

/// One rank of a breadth-first delta: a participant whose updates have all fitted so far.
struct Rank<'a> {
    pending: Pending<'a>,
    rest: Served<'a>,
    /// What stands before the updates, once there is room for it.
    keep: Option<Vec<u8>>,
    /// Bytes chosen, and the version of the last update chosen.
    len: usize,
    last: u64,
}

impl<'a> Rank<'a> {
    fn chosen(self, to: u64) -> Chosen<'a> {
        self.pending.chosen(to, self.len, self.keep.unwrap_or_default())
    }
}

/// The oldest pending update of everybody, then the second oldest; shuffled anew for each rank.
fn breadth<'a>(pending: &[Pending<'a>], rng: &mut Rng, mut room: usize) -> Selection<'a> {
    let mut selection = Selection::default();
    let rank = |pending: &Pending<'a>| {
        let (pending, rest) = (pending.clone(), pending.rest.clone());
        Rank { pending, rest, keep: None, len: 0, last: 0 }
    };
    let mut ranks: Vec<Rank<'a>> = pending.iter().map(rank).collect();
    while !ranks.is_empty() {
        rng.shuffle(&mut ranks);
        let mut going = Vec::with_capacity(ranks.len());
        for mut rank in ranks {
            match step(&mut rank, &mut room, &mut selection) {
                Step::On => going.push(rank),
                Step::End(Some(to)) => selection.chosen.push(rank.chosen(to)),
                Step::End(None) => {}
            }
        }
        ranks = going;
    }
    selection
}

enum Step {
    On,
    /// Nothing more of this one; what was chosen reaches that version, if anything was.
    End(Option<u64>),
}

/// The next update of one participant.
fn step<'a>(rank: &mut Rank<'a>, room: &mut usize, selection: &mut Selection<'a>) -> Step {
    let Rank { pending, rest, keep, len, last } = rank;
    let Some(keep) = keep else {
        let Some(chosen) = begin(pending, *room) else {
            selection.refuse(pending, pending.first().map_or(0, |entry| entry.bytes.len()));
            return Step::End(None);
        };
        *room -= pending.section_len(&chosen, 0);
        *keep = Some(chosen);
        return step(rank, room, selection);
    };
    let from = pending.from;
    if let Some(to) = pending.bare {
        return Step::End(Some(to));
    }
    let Some(next) = rest.next() else {
        let to = pending.participant.max_version.max(from);
        let tells = to > from || !keep.is_empty();
        if !tells {
            *room += pending.section_len(keep, 0);
        }
        return Step::End(tells.then_some(to));
    };
    let taken = next.bytes.len();
    let more = pending.section_len(keep, *len + taken) - pending.section_len(keep, *len);
    if more <= *room {
        *len += taken;
        *last = next.version;
        *room -= more;
        return Step::On;
    }
    selection.refuse(pending, taken);
    let tells = *last > 0 || !keep.is_empty();
    if !tells {
        *room += pending.section_len(keep, 0);
    }
    Step::End(tells.then_some((*last).max(from)))
}

/// The keep list of a section that can begin in `room`.
fn begin(pending: &Pending<'_>, room: usize) -> Option<Vec<u8>> {
    let keep = pending.keep_list(room)?;
    (pending.section_len(&keep, 0) <= room).then_some(keep)
}
