//! What a peer lacks, and which of it goes into one message when not everything fits.
//!
//! Paper, §3: any order of participants is sound as long as, for each participant, an update that
//! is left out leaves out every later one. So what is chosen is one cut per participant.

use alloc::vec::Vec;

use fastrand::Rng;

use crate::config::Ordering;
use crate::log::After;
use crate::state::{Participant, State};
use crate::wire::delta::Head;
use crate::wire::digest::Digest;

/// One participant that the peer is behind on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pending<'a> {
    participant: &'a Participant,
    /// The peer has everything up to here.
    from: u64,
}

/// The part of one participant's pending updates that goes into the message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chosen<'a> {
    pub(crate) participant: &'a Participant,
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) entries_len: usize,
}

impl Pending<'_> {
    /// What stands before that many bytes of entries. Which versions it names depends on what is
    /// chosen, so the greatest count: a few bytes more than it will take.
    fn head(&self, entries_len: usize) -> Head<'_> {
        let Participant { id, generation, max_version, .. } = self.participant;
        Head { id, generation: *generation, from: *max_version, to: *max_version, entries_len }
    }

    /// Bytes of a section with that many bytes of entries.
    fn section_len(&self, entries_len: usize) -> usize {
        self.head(entries_len).section_len()
    }
}

impl Chosen<'_> {
    pub(crate) fn head(&self) -> Head<'_> {
        let Chosen { participant, from, to, entries_len } = *self;
        Head { id: &participant.id, generation: participant.generation, from, to, entries_len }
    }
}

/// Where this host and the peer with some digest differ.
pub(crate) struct Difference<'a> {
    /// Everybody that the peer is behind on.
    pub(crate) pending: Vec<Pending<'a>>,
    /// Whether the peer has something that this host lacks.
    pub(crate) is_behind: bool,
}

/// Compare all that the digest speaks of. Who is in its range and not in it is unknown to the peer
/// and told from the start.
pub(crate) fn compare<'a>(state: &'a State, digest: &Digest<'_>) -> Difference<'a> {
    let mut difference = Difference { pending: Vec::new(), is_behind: false };
    let mut lines = digest.lines().peekable();
    for (short, participant) in state.in_range(digest.range) {
        let distance = digest.range.distance(short);
        while let Some(unknown) = lines.next_if(|line| digest.range.distance(line.short) < distance)
        {
            difference.is_behind |= unknown.max_version > 0;
        }
        let mine = (participant.generation, participant.max_version);
        let line = lines.next_if(|line| line.short == short);
        let theirs = line.map_or((0, 0), |line| (line.generation, line.max_version));
        difference.is_behind |= line.is_some() && theirs > mine;
        // A participant that never wrote is told only to who holds an older generation of it.
        let is_news = if line.is_some() { mine > theirs } else { mine.1 > 0 };
        if is_news {
            let from = if mine.0 == theirs.0 { theirs.1 } else { 0 };
            difference.pending.push(Pending { participant, from });
        }
    }
    difference.is_behind |= lines.any(|unknown| unknown.max_version > 0);
    difference
}

/// The order in which participants are considered.
pub(crate) fn order(pending: &mut [Pending<'_>], ordering: Ordering, rng: &mut Rng) {
    rng.shuffle(pending);
    if ordering == Ordering::Depth {
        // The sort is stable, so ties stay shuffled.
        pending.sort_by_cached_key(|pending| {
            core::cmp::Reverse(pending.participant.log.count_after(pending.from))
        });
    }
}

/// Bytes that the next update of each participant takes in a delta, in order.
pub(crate) fn first_section_lens(pending: &[Pending<'_>]) -> impl Iterator<Item = usize> {
    pending.iter().map(|pending| {
        let next = pending.participant.log.after(pending.from).next();
        pending.section_len(next.map_or(0, |entry| entry.bytes.len()))
    })
}

/// What goes into a delta of at most `room` bytes.
#[derive(Debug, Default)]
pub(crate) struct Selection<'a> {
    /// In no particular order.
    pub(crate) chosen: Vec<Chosen<'a>>,
    /// Bytes of a delta that holds only the largest update that stopped its participant, 0 if none
    /// did: what cannot be sent whatever the order.
    pub(crate) largest_refused: usize,
}

impl<'a> Selection<'a> {
    fn refuse(&mut self, pending: &Pending<'a>, entry_len: usize) {
        self.largest_refused = self.largest_refused.max(pending.section_len(entry_len));
    }
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
        let Participant { log, max_version, .. } = next.participant;
        let cut = log.cut(next.from, next.head(0).entries_room(room).unwrap_or(0));
        if let Some(refused) = cut.refused {
            selection.refuse(next, refused);
        }
        let to = if cut.refused.is_some() { cut.last } else { *max_version };
        if cut.len == 0 && (cut.refused.is_some() || next.section_len(0) > room) {
            continue;
        }
        let chosen =
            Chosen { participant: next.participant, from: next.from, to, entries_len: cut.len };
        room -= chosen.head().section_len();
        selection.chosen.push(chosen);
    }
    selection
}

/// One rank of a breadth-first delta: a participant whose updates have all fitted so far.
struct Rank<'a> {
    pending: Pending<'a>,
    rest: After<'a>,
    /// Bytes chosen, and the version of the last update chosen.
    len: usize,
    last: u64,
}

impl<'a> Rank<'a> {
    fn chosen(&self, to: u64) -> Chosen<'a> {
        let Pending { participant, from } = self.pending;
        Chosen { participant, from, to, entries_len: self.len }
    }
}

/// The oldest pending update of everybody, then the second oldest; shuffled anew for each rank.
fn breadth<'a>(pending: &[Pending<'a>], rng: &mut Rng, mut room: usize) -> Selection<'a> {
    let mut selection = Selection::default();
    let rank = |&pending: &Pending<'a>| {
        let rest = pending.participant.log.after(pending.from);
        Rank { pending, rest, len: 0, last: 0 }
    };
    let mut ranks: Vec<Rank<'a>> = pending.iter().map(rank).collect();
    while !ranks.is_empty() {
        rng.shuffle(&mut ranks);
        ranks.retain_mut(|rank| {
            let next = rank.rest.next();
            let taken = next.map_or(0, |entry| entry.bytes.len());
            let before = if rank.last == 0 { 0 } else { rank.pending.section_len(rank.len) };
            let more = rank.pending.section_len(rank.len + taken) - before;
            match next {
                Some(entry) if more <= room => {
                    rank.len += taken;
                    rank.last = entry.version;
                    room -= more;
                    true
                }
                Some(_) => {
                    selection.refuse(&rank.pending, taken);
                    if rank.last > 0 {
                        selection.chosen.push(rank.chosen(rank.last));
                    }
                    false
                }
                None => {
                    // Everything fitted; or there is only the news of a generation without updates.
                    if rank.last > 0 || more <= room {
                        room -= if rank.last > 0 { 0 } else { more };
                        selection.chosen.push(rank.chosen(rank.pending.participant.max_version));
                    }
                    false
                }
            }
        });
    }
    selection
}
