//! What a message says of the copies here: a digest of all or of a range, and beside it what of
//! those copies is unfinished.

use alloc::vec::Vec;

use fastrand::Rng;

use crate::state::participant::Participant;
use crate::state::view::View;
use crate::wire::digest::{self, Range};
use crate::wire::lines::{CleanLine, Line as _, StagedLine};
use crate::wire::message::{self, section_len, tag};
use crate::wire::short::ShortId;
use crate::wire::varint;

/// Which participants a message speaks of, and the bytes of what it says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outline {
    range: Range,
    lens: Lens,
}

/// Bytes of lines, by section.
#[derive(Clone, Copy, Debug, Default)]
struct Lens {
    digest: usize,
    clean: usize,
    staged: usize,
}

impl Lens {
    fn add(&mut self, (short, held): (ShortId, &Participant)) {
        self.digest += View::line((short, held)).len();
        self.clean += held.clean().map_or(0, |clean| 8 + clean.len());
        self.staged += staged(short, held)
            .map_or(0, |line| 8 + varint::len(line.version) + varint::len(line.offset));
    }

    const fn sections_len(&self, range: Range) -> usize {
        let mut len = section_len(digest::len(range, self.digest));
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
    let staged = held.staged.as_ref()?;
    Some(StagedLine { short, version: staged.version(), offset: staged.len() as u64 })
}

impl Outline {
    /// The most bytes of what is said of one participant in a range.
    pub(crate) const MIN_LEN: usize = section_len(digest::MAX_SCOPE_LEN + digest::MAX_LINE_LEN)
        + section_len(8 + 3 * 9)
        + section_len(8 + 9 + 5);

    /// All that can be said, of everybody.
    pub(crate) fn whole(state: &View) -> Self {
        let mut lens = Lens::default();
        state.iter().for_each(|held| lens.add(held));
        Outline { range: Range::COMPLETE, lens }
    }

    /// What of that fits into `room`: everybody, or those in a range.
    pub(crate) fn cut(self, state: &View, rng: &mut Rng, room: usize) -> Self {
        if self.len() <= room {
            return self;
        }
        // A start drawn anew for each message, so that everybody's turn comes. A participant is
        // drawn, not a point of the circle: ids that crowd around somebody then hide nobody.
        let nth = rng.usize(..state.count());
        let first = state.nth(nth).unwrap_or(0);
        let (mut range, mut lens) = (Range { first, last: first }, Lens::default());
        for held in state.circle(first) {
            // Complete up to just before the first one that is left out.
            range.last = held.0.wrapping_sub(1);
            let mut more = lens;
            more.add(held);
            if more.sections_len(range) > room {
                break;
            }
            lens = more;
        }
        debug_assert!(lens.digest > 0, "every caller has room for one line");
        Outline { range, lens }
    }

    /// Whether it speaks of everybody.
    pub(crate) fn is_complete(&self) -> bool {
        self.range == Range::COMPLETE
    }

    /// Bytes of its sections.
    pub(crate) const fn len(&self) -> usize {
        self.lens.sections_len(self.range)
    }

    /// Append the digest.
    pub(crate) fn put_digest(&self, out: &mut Vec<u8>, state: &View) {
        message::put_section_head(out, tag::DIGEST, digest::len(self.range, self.lens.digest));
        digest::put(out, self.range, state.in_range(self.range).map(View::line));
    }

    /// Append what is unfinished: the last sections of a message.
    pub(crate) fn put_rest(&self, out: &mut Vec<u8>, state: &View) {
        if self.lens.clean > 0 {
            message::put_section_head(out, tag::CLEAN, self.lens.clean);
            for (short, held) in state.in_range(self.range) {
                if let Some(clean) = held.clean() {
                    CleanLine { short, clean }.put(out);
                }
            }
        }
        if self.lens.staged > 0 {
            message::put_section_head(out, tag::STAGED, self.lens.staged);
            for (short, held) in state.in_range(self.range) {
                if let Some(line) = staged(short, held) {
                    line.put(out);
                }
            }
        }
    }
}
