//! What a message says of the copies here: lines of all or of a range, sums over all, or what of
//! others is wanted; and beside it what of those copies is unfinished.

use alloc::vec::Vec;

use fastrand::Rng;

use crate::reply::difference::Wanted;
use crate::state::participant::Participant;
use crate::state::view::View;
use crate::wire::digest::{self, Before, Range};
use crate::wire::lines::{CleanLine, Line as _, StagedLine};
use crate::wire::message::{self, section_len, tag};
use crate::wire::short::ShortId;
use crate::wire::want;
use crate::wire::{sketch, varint};

/// Which participants a message speaks of, and how.
#[derive(Clone, Debug)]
pub(crate) struct Outline {
    what: What,
    lens: Lens,
}

#[derive(Clone, Debug)]
enum What {
    Nothing,
    /// A line for each in a range.
    Digest(Range),
    /// So many sums over all.
    Sketch {
        cells: usize,
    },
    /// What this host has of those that it wants more of, and in how many the two differ.
    Want {
        differ: u64,
        wanted: Vec<Wanted>,
    },
}

/// Bytes, by section.
#[derive(Clone, Copy, Debug, Default)]
struct Lens {
    body: usize,
    clean: usize,
    staged: usize,
}

impl Lens {
    /// What is unfinished of that copy.
    fn add_rest(&mut self, (short, held): (ShortId, &Participant)) {
        self.clean += held.clean().map_or(0, |clean| 8 + clean.len());
        self.staged += staged(short, held)
            .map_or(0, |line| 8 + varint::len(line.version) + varint::len(line.offset));
    }

    /// The same of one that is wanted.
    fn add_wanted(&mut self, state: &View, wanted: &Wanted) {
        if let Some(held) = wanted.unfinished(state) {
            self.add_rest(held);
        }
    }

    const fn sections_len(&self) -> usize {
        let mut len = section_len(self.body);
        if self.clean > 0 {
            len += section_len(self.clean);
        }
        if self.staged > 0 {
            len += section_len(self.staged);
        }
        len
    }
}

fn staged(short: ShortId, held: &Participant) -> Option<StagedLine> {
    let staged = held.rare.staged.as_ref()?;
    Some(StagedLine { short, version: staged.version(), offset: staged.len() as u64 })
}

/// The copies of which something is unfinished, in order.
fn unfinished(state: &View) -> impl Iterator<Item = (ShortId, &Participant)> {
    state.unfinished.iter().filter_map(|short| Some((*short, state.at(*short)?)))
}

/// A line of a digest is hardly ever shorter.
pub(crate) const LINE_LEN: usize = 8;

impl Outline {
    /// The most bytes of what is said of one participant.
    pub(crate) const MIN_LEN: usize = section_len(digest::MAX_SCOPE_LEN + digest::MAX_LINE_LEN)
        + section_len(8 + 3 * 9)
        + section_len(8 + 9 + 5);

    /// A line of everybody, or of those in a range that fits into `room`.
    pub(crate) fn digest(state: &View, rng: &mut Rng, room: usize) -> Self {
        if state.count() * LINE_LEN <= room {
            let whole = Self::whole(state);
            if whole.len() <= room {
                return whole;
            }
        }
        // A start drawn anew for each message, so that everybody's turn comes. A participant is
        // drawn, not a point of the circle: ids that crowd around somebody then hide nobody.
        let nth = rng.usize(..state.count());
        let first = state.nth(nth).unwrap_or(0);
        let mut range = Range { first, last: first };
        let mut before = Before::start(range);
        let mut lens = Lens { body: digest::len(range, 0), ..Lens::default() };
        for held in state.circle(first) {
            // Complete up to just before the first one that is left out.
            range.last = held.0.wrapping_sub(1);
            let mut more = lens;
            more.body += before.len_of(&View::line(held));
            more.add_rest(held);
            if more.sections_len() > room {
                debug_assert!(lens.body > digest::MAX_SCOPE_LEN, "there is room for one line");
                return Outline { what: What::Digest(range), lens };
            }
            lens = more;
        }
        Self::whole(state)
    }

    /// A line of everybody.
    pub(crate) fn whole(state: &View) -> Self {
        let mut before = Before::start(Range::COMPLETE);
        let mut lens = Lens { body: digest::len(Range::COMPLETE, 0), ..Lens::default() };
        for held in state.iter() {
            lens.body += before.len_of(&View::line(held));
            lens.add_rest(held);
        }
        Outline { what: What::Digest(Range::COMPLETE), lens }
    }

    /// So many sums over everybody, if they fit into `room`; with so much that is unfinished that
    /// it takes more than the sums, lines say it better.
    pub(crate) fn sketch(state: &View, cells: usize, room: usize) -> Option<Self> {
        let epoch = state.sketches.current()?.epoch;
        let mut lens = Lens { body: sketch::len(epoch, cells), ..Lens::default() };
        unfinished(state).for_each(|held| lens.add_rest(held));
        let outline = Outline { what: What::Sketch { cells }, lens };
        (outline.len() <= room).then_some(outline)
    }

    /// What is wanted, as much of it as fits into `room`, from one drawn at random on.
    pub(crate) fn want(
        state: &View,
        rng: &mut Rng,
        differ: usize,
        all: &[Wanted],
        room: usize,
    ) -> Self {
        let first = if all.is_empty() { 0 } else { rng.usize(..all.len()) };
        let mut lens = Lens { body: varint::len(differ as u64), ..Lens::default() };
        let mut wanted: Vec<Wanted> = Vec::new();
        for next in all[first..].iter().chain(&all[..first]) {
            let mut more = lens;
            // Gaps are what they are only when all is chosen.
            more.body += want::MAX_GAP_LEN + varint::len(next.line.from);
            more.add_wanted(state, next);
            if more.sections_len() > room {
                break;
            }
            lens = more;
            wanted.push(*next);
        }
        wanted.sort_unstable_by_key(|wanted| wanted.line.short);
        lens.body = want::len(differ as u64, wanted.iter().map(|wanted| wanted.line));
        Outline { what: What::Want { differ: differ as u64, wanted }, lens }
    }

    /// The most bytes that all that is wanted takes.
    pub(crate) fn want_len(state: &View, differ: usize, all: &[Wanted]) -> usize {
        let lines = all.iter().map(|wanted| want::MAX_GAP_LEN + varint::len(wanted.line.from));
        let body = varint::len(differ as u64) + lines.sum::<usize>();
        let mut lens = Lens { body, ..Lens::default() };
        all.iter().for_each(|wanted| lens.add_wanted(state, wanted));
        lens.sections_len()
    }

    /// Nothing.
    pub(crate) fn nothing() -> Self {
        Outline { what: What::Nothing, lens: Lens::default() }
    }

    /// Whether it is in lines, which tell how far the sender itself is.
    pub(crate) fn is_digest(&self) -> bool {
        matches!(self.what, What::Digest(_))
    }

    /// Whether it speaks of everybody.
    pub(crate) fn is_complete(&self) -> bool {
        match self.what {
            What::Digest(range) => range == Range::COMPLETE,
            What::Sketch { .. } => true,
            What::Nothing | What::Want { .. } => false,
        }
    }

    /// Bytes of its sections.
    pub(crate) const fn len(&self) -> usize {
        if self.lens.body == 0 { 0 } else { self.lens.sections_len() }
    }

    /// Append what stands before everything else.
    pub(crate) fn put_first(&self, out: &mut Vec<u8>, state: &View) {
        if let What::Digest(range) = self.what {
            message::put_section_head(out, tag::DIGEST, self.lens.body);
            digest::put(out, range, state.in_range(range).map(View::line));
        }
    }

    /// Append what stands after everything else: also what is unfinished.
    pub(crate) fn put_last(&self, out: &mut Vec<u8>, state: &View) {
        match &self.what {
            What::Nothing => {}
            What::Digest(range) => self.put_rest(out, || state.in_range(*range)),
            What::Sketch { cells } => {
                if let Some(sketch) = state.sketches.current() {
                    message::put_section_head(out, tag::SKETCH, self.lens.body);
                    sketch::put(out, sketch.epoch, sketch.fold(*cells).into_iter());
                }
                self.put_rest(out, || unfinished(state));
            }
            What::Want { differ, wanted } => {
                message::put_section_head(out, tag::WANT, self.lens.body);
                want::put(out, *differ, wanted.iter().map(|wanted| wanted.line));
                self.put_rest(out, || wanted.iter().filter_map(|one| one.unfinished(state)));
            }
        }
    }

    fn put_rest<'s, I: Iterator<Item = (ShortId, &'s Participant)>>(
        &self,
        out: &mut Vec<u8>,
        spoken_of: impl Fn() -> I,
    ) {
        if self.lens.clean > 0 {
            message::put_section_head(out, tag::CLEAN, self.lens.clean);
            for (short, held) in spoken_of() {
                if let Some(clean) = held.clean() {
                    CleanLine { short, clean }.put(out);
                }
            }
        }
        if self.lens.staged > 0 {
            message::put_section_head(out, tag::STAGED, self.lens.staged);
            for (short, held) in spoken_of() {
                if let Some(line) = staged(short, held) {
                    line.put(out);
                }
            }
        }
    }
}
