//! What a message says of who has what: read off its lines, its sums, or what it wants.

use alloc::vec::Vec;
use core::iter::Peekable;

use crate::reply::pending::Theirs;
use crate::sketch::peel::{Ahead, peel};
use crate::state::participant::Participant;
use crate::state::view::View;
use crate::wire::bounds::{EVICTED, MAX_GENERATION};
use crate::wire::digest::{Digest, DigestLine};
use crate::wire::keep::Clean;
use crate::wire::lines::{CleanLine, Lines, StagedLine};
use crate::wire::message::Message;
use crate::wire::short::ShortId;
use crate::wire::sketch::Sketch;
use crate::wire::want::{Want, WantLine};

/// How much of what a peer has could be read off its message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Reading {
    /// It said nothing of it, or nothing that could be read at all.
    #[default]
    Nothing,
    /// Some of what differs; about `left` numbers are missing.
    Part { left: usize },
    /// All that it spoke of: everybody in a range.
    Range,
    /// All, of everybody.
    Whole,
}

impl Reading {
    /// Hardly one cell in a hundred of that sketch was empty: nobody can tell how much is left.
    pub(crate) fn is_full(self, sketch: Sketch<'_>) -> bool {
        // Of full ones no more is estimated than a little above that.
        matches!(self, Reading::Part { left } if 4 * left >= 3 * sketch.size())
    }
}

/// What is said of the two that meet.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Said {
    /// Of the receiver; at version 0 in its own generation if it is unknown to the sender.
    pub(crate) own: Option<(u64, u64)>,
    /// Of the sender.
    pub(crate) peer: Option<(u64, u64)>,
}

/// What a message says of who has what.
#[derive(Debug, Default)]
pub(crate) struct Account {
    /// Everybody whose copies differ, or may, in the order of the message.
    pub(crate) met: Vec<(ShortId, Theirs)>,
    /// How many numbers differ, as far as was read.
    pub(crate) differ: usize,
    pub(crate) reading: Reading,
    pub(crate) said: Said,
    /// From where on the peer wants the receiver's own updates, in a generation that a want does
    /// not name; 0 if it wants none.
    pub(crate) wanted: u64,
}

/// Who reads, and of whom.
struct Reader<'a> {
    state: &'a View,
    own: ShortId,
    peer: ShortId,
    account: Account,
    cleans: Peekable<Beside<'a, CleanLine>>,
    parts: Peekable<Beside<'a, StagedLine>>,
}

type Beside<'a, T> = core::iter::Flatten<core::option::IntoIter<Lines<'a, T>>>;

impl Account {
    /// By whatever the message says of what its sender, at that short id, has.
    pub(crate) fn of(state: &View, message: &Message<'_>, peer: ShortId) -> Self {
        let mut reader = Reader {
            state,
            own: state.own_short(),
            peer,
            account: Account::default(),
            cleans: message.clean.into_iter().flatten().peekable(),
            parts: message.staged.into_iter().flatten().peekable(),
        };
        if let Some(digest) = message.digest {
            reader.digest(digest);
        } else if let Some(sketch) = message.sketch {
            let cleans = message.clean.into_iter().flatten();
            reader.sketch(sketch, message.sender.generation, cleans);
        } else if let Some(want) = message.want {
            reader.want(want);
        }
        reader.account
    }
}

impl Reader<'_> {
    /// What the peer says of one more participant, which is `distance` away from where the order
    /// of the message begins.
    fn meet(
        &mut self,
        short: ShortId,
        line: Option<(u64, u64)>,
        distance: impl Fn(ShortId) -> u64,
    ) {
        let until = distance(short);
        while self.cleans.next_if(|line| distance(line.short) < until).is_some() {}
        while self.parts.next_if(|line| distance(line.short) < until).is_some() {}
        let clean = self.cleans.next_if(|line| line.short == short).map(|line| line.clean);
        let staged = self.parts.next_if(|line| line.short == short);
        if short == self.own {
            self.account.said.own = line;
        }
        if short == self.peer {
            self.account.said.peer = line;
        }
        let held = self.state.at(short);
        let is_level = is_level(held, line, clean);
        self.account.differ += usize::from(!is_level);
        // Of the host itself it may change yet what it has to say.
        if !is_level || short == self.own {
            let staged = staged.map(|line| (line.version, line.offset));
            let theirs = Theirs { line, clean, staged, is_owner: short == self.peer };
            self.account.met.push((short, theirs));
        }
    }

    /// Who is in the range of the digest and not in it is unknown to the peer, and told from the
    /// start.
    fn digest(&mut self, digest: Digest<'_>) {
        let range = digest.range;
        let distance = |short| range.distance(short);
        let reached = |line: DigestLine| (line.generation, line.max_version);
        let mut lines = digest.lines().peekable();
        for (short, _) in self.state.in_range(range) {
            while let Some(line) = lines.next_if(|line| distance(line.short) < distance(short)) {
                self.meet(line.short, Some(reached(line)), distance);
            }
            let line = lines.next_if(|line| line.short == short).map(reached);
            self.meet(short, line, distance);
        }
        for line in lines {
            self.meet(line.short, Some(reached(line)), distance);
        }
        if self.account.said.own.is_none() && range.contains(self.own) {
            self.account.said.own = Some((self.state.own().generation, 0));
        }
        let is_whole = digest.range().is_none();
        self.account.reading = if is_whole { Reading::Whole } else { Reading::Range };
    }

    /// What differs is read off the difference of two sketches; what is unfinished on either side
    /// is looked at as well, wherever it stands.
    fn sketch(
        &mut self,
        theirs: Sketch<'_>,
        sender_generation: u64,
        cleans: impl Iterator<Item = CleanLine>,
    ) {
        let Some(mine) = self.state.sketches.of(theirs.epoch) else {
            return;
        };
        let peeled = peel(&mine.salt, mine.difference(theirs.cells(), theirs.size()));
        let mut shorts: Vec<ShortId> = peeled.ahead.iter().map(|ahead| ahead.short).collect();
        shorts.extend(cleans.map(|line| line.short));
        shorts.extend(self.state.unfinished.iter());
        shorts.extend([self.own, self.peer]);
        shorts.sort_unstable();
        shorts.dedup();
        let mut is_whole = peeled.is_whole;
        let mut ahead = peeled.ahead.iter().copied().peekable();
        for short in shorts {
            let by = ahead.next_if(|ahead| ahead.short == short).unwrap_or_default();
            match moved(self.state.at(short), by) {
                Moved::To(line) => {
                    // Who has written nothing is in no sketch, and knows itself.
                    let sender = (short == self.peer).then_some((sender_generation, 0));
                    self.meet(short, line.or(sender), |short| short);
                }
                Moved::Nowhere => is_whole = false,
            }
        }
        self.account.differ = peeled.found;
        if is_whole {
            let unknown = (self.state.own().generation, 0);
            self.account.said.own = self.account.said.own.or(Some(unknown));
            self.account.reading = Reading::Whole;
        } else {
            // One of the two numbers of a copy may be missing: nothing is claimed by them.
            self.account.said = Said::default();
            self.account.reading = Reading::Part { left: peeled.left.max(1) };
        }
    }

    /// Who wants something says what it has of it, in the generation that is here.
    fn want(&mut self, want: Want<'_>) {
        for WantLine { short, from } in want.lines() {
            let Some(held) = self.state.at(short) else {
                continue;
            };
            let line = match from {
                // With nothing of this generation it may have an older one: even that is news then,
                // and to its owner, who takes nothing of it, that is all.
                0 if held.reached().1 == 0 || short == self.peer => {
                    held.generation.checked_sub(1).map(|older| (older, 0))
                }
                0 => None,
                from => Some((held.generation, from)),
            };
            if short == self.own {
                self.account.wanted = from;
            }
            self.meet(short, line, |short| short);
        }
        // Nothing is claimed by versions of a generation that the sender did not name.
        self.account.said = Said::default();
        self.account.differ = usize::try_from(want.differ).unwrap_or(usize::MAX);
    }
}

/// Whether there is nothing that the two could tell each other of somebody.
fn is_level(held: Option<&Participant>, line: Option<(u64, u64)>, clean: Option<Clean>) -> bool {
    match held {
        Some(held) => {
            line == Some(held.reached()) && clean.is_none() && held.clean().is_none()
                || line.is_none() && held.counted() == (0, 0)
        }
        None => line.is_none_or(|line| line.1 == 0),
    }
}

/// Where a peer's copy is that is ahead of the one here by so much.
enum Moved {
    /// There, or it has nothing that counts.
    To(Option<(u64, u64)>),
    /// No copy can be there: it was read off what is no sketch, or in part.
    Nowhere,
}

fn moved(held: Option<&Participant>, by: Ahead) -> Moved {
    let (generation, version) = held.map_or((0, 0), Participant::counted);
    let generation = generation.checked_add_signed(by.generation);
    let version = version.checked_add_signed(by.version);
    match generation.zip(version) {
        Some((0, 0)) => Moved::To(None),
        Some((generation, version))
            if generation <= MAX_GENERATION && (1..=EVICTED).contains(&version) =>
        {
            Moved::To(Some((generation, version)))
        }
        _ => Moved::Nowhere,
    }
}
