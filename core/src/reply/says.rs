//! In which way a message says what is here: in lines, in sums, or by what is wanted.

use crate::config::{Config, Digests};
use crate::reply::Maker;
use crate::reply::account::{Account, Reading};
use crate::reply::difference::Wanted;
use crate::reply::outline::{LINE_LEN, Outline};
use crate::sketch::size_of;
use crate::state::view::View;
use crate::wire::message::{Message, capability, section_len};
use crate::wire::sketch::{self, MAX_CELLS, Sketch};

/// A digest of so many bytes is always worth it: it never leaves anything open.
const SMALL_DIGEST: usize = 64;

/// The least cells of a sketch that is said because another did not suffice.
const LEAST_AGAIN: usize = 32;

/// A sketch of at least as many cells that was full may have been far too small, and then a larger
/// one is, too. Lines are said that take up to so many times as much, because they tell all.
const WORTH_ALL: usize = 4;

/// What a message says of the copies here.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Says<'a> {
    Nothing,
    /// A line for each.
    Digest,
    /// The same, in so many bytes.
    Lines(usize),
    /// So many sums.
    Sketch(usize),
    /// What is wanted of the receiver, and in how many they differ.
    Want(&'a [Wanted], usize),
}

impl Says<'_> {
    /// All of what is here, in a sketch of `cells` or a few more, or in lines if these take less
    /// than `times` as much. If there is no sketch of so many it is the largest, and what answers
    /// it will be in lines: who claims that very much differs makes nobody say much more than that.
    pub(crate) fn all(state: &View, config: &Config, cells: usize, times: usize) -> Self {
        let cells = size_of(cells);
        let len = section_len(sketch::len(state.sketches.epoch(), cells));
        let len = (times * len).max(SMALL_DIGEST);
        let is_more = || state.count() * LINE_LEN > len || Outline::whole(state).len() > len;
        match config.digests {
            Digests::Plain => Says::Digest,
            Digests::Smallest if !is_more() => Says::Digest,
            Digests::Smallest | Digests::Sketch => Says::Sketch(cells),
        }
    }
}

/// How the two talk.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Manner {
    /// The other one takes nothing but lines.
    pub(crate) in_lines: bool,
    /// Over a stream, on which what was not understood is said again at once.
    pub(crate) is_stream: bool,
    /// This host asked to learn, and tells nothing.
    pub(crate) learns_only: bool,
    /// It takes compressed frames.
    pub(crate) packs: bool,
}

impl Maker<'_> {
    /// What a SynAck says of the copies here: what the peer needs to tell what this host lacks.
    /// `None`: that this host takes lines only, and nothing else.
    pub(super) fn says<'w>(
        &mut self,
        theirs: &Message<'_>,
        account: &Account,
        is_level: bool,
        wants: &'w [Wanted],
    ) -> Option<Says<'w>> {
        let Account { differ, reading, .. } = *account;
        let is_read = match reading {
            Reading::Nothing => false,
            // What is missing of a few comes with the next exchange.
            Reading::Part { left } => left * 9 <= differ,
            Reading::Range | Reading::Whole => true,
        };
        if !is_read && self.config.digests == Digests::Plain && self.manner.is_stream {
            return None;
        }
        Some(match theirs.sketch {
            Some(sketch) if !is_read && self.is_lines_time(reading, sketch) => Says::Digest,
            Some(sketch) if !is_read => {
                let cells = (4 * sketch.size()).max(LEAST_AGAIN);
                let is_full = reading.is_full(sketch) && sketch.size() >= LEAST_AGAIN;
                let times = if is_full { WORTH_ALL } else { 1 };
                Says::all(self.state, self.config, cells, times)
            }
            _ if !is_read => Says::Digest,
            _ if theirs.pull => Says::Nothing,
            _ if theirs.can(capability::SKETCH) => Says::Want(wants, differ),
            _ if is_level && wants.is_empty() && reading == Reading::Whole => Says::Nothing,
            _ => Says::Digest,
        })
    }

    /// Whether a sketch that was not read is better answered in lines, which always tell something:
    /// if it was as large as there are, or nearly and full; or if it is of an epoch that is not
    /// here, for its sender may have changed its own just now. Who is behind must hear of the later
    /// one as well.
    fn is_lines_time(&mut self, reading: Reading, theirs: Sketch<'_>) -> bool {
        let is_behind = theirs.epoch < self.state.sketches.epoch();
        match reading {
            Reading::Nothing => !is_behind || self.rng.bool(),
            // Of a full one nobody can tell how much more it is.
            _ if reading.is_full(theirs) => 4 * theirs.size() >= MAX_CELLS,
            _ => theirs.size() == MAX_CELLS,
        }
    }
}
