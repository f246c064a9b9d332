//! What a peer lacks of one participant, by what it says that it has, and what of it may be told.

use alloc::vec::Vec;

use crate::reply::selection::Chosen;
use crate::state::catch_up::Served;
use crate::state::participant::{Participant, Status};
use crate::wire::bounds::EVICTED;
use crate::wire::delta::Head;
use crate::wire::entry::Entry;
use crate::wire::keep::{Clean, Writer};
use crate::wire::varint;

/// One participant that the peer is behind on.
#[derive(Clone, Debug)]
pub(crate) struct Pending<'a> {
    pub(crate) participant: &'a Participant,
    /// The peer has everything up to here.
    pub(crate) from: u64,
    /// The updates that it lacks.
    pub(crate) rest: Served<'a>,
    /// All that there is to say, where that is no updates: what the slot has in place of a version.
    pub(crate) bare: Option<u64>,
    /// What the peer has to check against a keep list.
    clean: Option<Clean>,
    /// Nothing is accepted without the keep list: it opens the obligation.
    opens: bool,
    /// The update that the peer holds a part of, and how many bytes.
    pub(crate) staged: Option<(u64, u64)>,
}

impl<'a> Pending<'a> {
    fn of(participant: &'a Participant, from: u64) -> Self {
        let rest = participant.served_after(from);
        Pending { participant, from, rest, bare: None, clean: None, opens: false, staged: None }
    }

    /// What stands before the entries, and a few bytes more than it will take: which versions it
    /// names depends on what is chosen, so the greatest count.
    fn head<'k>(&'k self, keep: &'k [u8], entries_len: usize) -> (Head<'k>, usize) {
        let Participant { id, generation, gc_version, horizon, .. } = self.participant;
        let to = self.bare.unwrap_or(self.participant.max_version.max(self.from));
        let (gc_version, from) = if self.bare.is_some() { (0, 0) } else { (*gc_version, to) };
        let head = Head {
            id,
            generation: *generation,
            from,
            to,
            gc_version,
            horizon: to,
            keep,
            piece: None,
            entries_len,
        };
        let horizon = varint::len(to.max(*horizon));
        (head, if self.bare.is_some() { 0 } else { horizon })
    }

    /// Bytes of a section with that many bytes of entries.
    pub(crate) fn section_len(&self, keep: &[u8], entries_len: usize) -> usize {
        let (head, slack) = self.head(keep, entries_len);
        head.section_len() + slack
    }

    pub(crate) fn entries_room(&self, keep: &[u8], room: usize) -> Option<usize> {
        let (head, slack) = self.head(keep, 0);
        head.entries_room(room.checked_sub(slack)?)
    }

    pub(crate) fn chosen(&self, to: u64, entries_len: usize, keep: Vec<u8>) -> Chosen<'a> {
        let Pending { participant, from, bare, .. } = *self;
        let (bare, rest) = (bare.is_some(), self.rest.clone());
        Chosen { participant, from, to, rest, entries_len, bare, keep, piece: None }
    }

    pub(crate) fn first(&self) -> Option<Entry<'a>> {
        if self.bare.is_some() { None } else { self.rest.first() }
    }

    /// The least keep list that lets the updates in: one that opens the obligation, or none.
    pub(crate) fn opening(&self) -> Vec<u8> {
        match self.clean.filter(|_| self.opens) {
            Some(clean) => Writer::new(clean).finish(clean.p),
            None => Vec::new(),
        }
    }

    /// Bytes of a section with the first update alone, or with none.
    pub(crate) fn first_section_len(&self) -> usize {
        self.section_len(&self.opening(), self.first().map_or(0, |entry| entry.bytes.len()))
    }

    /// The keep list for a section of at most `room` bytes: it leaves room for the first update if
    /// that fits at all, and takes at most half of the room then. `None` if the list that must be
    /// there does not fit.
    pub(crate) fn keep_list(&self, room: usize) -> Option<Vec<u8>> {
        let Some(clean) = self.clean else {
            return Some(Vec::new());
        };
        let first = self.first().map(|entry| entry.bytes.len());
        let (bare, opening) = (self.section_len(&[], 0), self.opening());
        // Two bytes are the length of a list of up to 16 KiB, more than any budget is worth.
        let fits = first.filter(|first| self.section_len(&opening, *first) + 2 <= room);
        let most = match fits {
            Some(first) => {
                (room - self.section_len(&[], first)).min((room / 2).max(opening.len() + 2))
            }
            None => room.checked_sub(bare)?,
        };
        let most = most.checked_sub(varint::len(most as u64))?;
        let mut list = Writer::new(clean);
        if list.len() > most {
            return if self.opens { None } else { Some(Vec::new()) };
        }
        let held = self.participant.served_after(clean.p);
        for version in held.map(|held| held.version).take_while(|version| *version <= clean.m0) {
            if list.len_with(version) > most {
                let to = list.last();
                let is_worth = self.opens || to > clean.p;
                return Some(if is_worth { list.finish(to) } else { Vec::new() });
            }
            list.push(version);
        }
        Some(list.finish(clean.m0))
    }
}

/// What a peer says of one participant.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Theirs {
    /// Generation, and what was reached in it; `None` if it is unknown to the peer.
    pub(crate) line: Option<(u64, u64)>,
    pub(crate) clean: Option<Clean>,
    /// The update that the peer holds a part of, and how many bytes.
    pub(crate) staged: Option<(u64, u64)>,
    /// The peer is that participant.
    pub(crate) is_owner: bool,
}

/// Whether the peer can bring this copy further.
pub(crate) fn is_behind(participant: &Participant, theirs: &Theirs) -> bool {
    let mine = participant.reached();
    let Some(line) = theirs.line else {
        return false;
    };
    let helps = |clean: Clean| line.0 == mine.0 && line.1 >= clean.g && theirs.clean.is_none();
    line > mine || participant.clean().is_some_and(helps)
}

/// What the peer lacks of one participant, if anything that may be told.
pub(crate) fn pending<'a>(participant: &'a Participant, theirs: &Theirs) -> Option<Pending<'a>> {
    let (generation, reached) = participant.reached();
    // Rule 3: a copy that is not clean serves nothing. But that there is a newer generation its
    // owner may hear from nobody else, and it takes in nothing of it.
    let is_outlived = theirs.is_owner && theirs.line.is_some_and(|line| line.0 < generation);
    if participant.clean().is_some() && !is_outlived {
        return None;
    }
    let mine = (generation, reached);
    let staged = theirs.staged;
    let Some(line) = theirs.line else {
        // A participant that never wrote is told only to who holds an older generation of it.
        let bare = (reached == EVICTED).then_some(EVICTED);
        let clean = opening(participant, 0);
        return (reached > 0).then(|| {
            Pending { bare, clean, opens: true, staged, ..Pending::of(participant, 0) }.normal()
        });
    };
    if line.0 < generation {
        // An owner takes in nothing of itself: that there is a newer generation is all it can use.
        let bare = match reached {
            EVICTED => Some(EVICTED),
            _ => (reached == 0 || theirs.is_owner).then_some(0),
        };
        let clean = opening(participant, 0);
        return Some(Pending { bare, clean, opens: true, ..Pending::of(participant, 0) }.normal());
    }
    if line.0 > generation || line.1 == EVICTED {
        return None;
    }
    if reached == EVICTED {
        return Some(Pending { bare: Some(EVICTED), ..Pending::of(participant, 0) });
    }
    // Rule 2: who has not compacted what the peer checks says nothing.
    let has_left = participant.status == Status::Left;
    if !has_left && theirs.clean.is_some_and(|clean| participant.gc_version < clean.g) {
        return None;
    }
    let from = line.1;
    let fresh = opening(participant, from)
        .filter(|opening| theirs.clean.is_none_or(|clean| clean.g < opening.g));
    let unchecked = theirs.clean.filter(|clean| clean.p < clean.m0);
    let clean = fresh.or(unchecked).filter(|_| !has_left);
    let is_news = mine > line || clean.is_some();
    let opens = fresh.is_some();
    is_news.then(|| Pending { clean, opens, staged, ..Pending::of(participant, from) }.normal())
}

/// The obligation of a copy at `has` that missed what this one compacted.
fn opening(participant: &Participant, has: u64) -> Option<Clean> {
    let g = participant.gc_version;
    (has < g).then_some(Clean { g, p: 0, m0: has })
}

impl Pending<'_> {
    /// Without what means nothing for it.
    fn normal(self) -> Self {
        let clean = self.clean.filter(|_| self.bare.is_none());
        Pending { clean, opens: self.opens && clean.is_some(), ..self }
    }
}
