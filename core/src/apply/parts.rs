//! A delta in parts, each of which is applied at once.
//!
//! A section with the updates in (from, to] is the same as one with those in (from, x] and then one
//! with those in (x, to]: a sender with less room would have made the first, and the second for who
//! had taken that in. The keep list goes with the first, which it lets in, and the piece with the
//! last, after which it comes.

use crate::wire::delta::{Delta, ParticipantDelta, ParticipantDeltas};

/// What is left of a delta to be applied.
pub(crate) struct Parts<'m> {
    sections: ParticipantDeltas<'m>,
    /// What is left of the section that was begun.
    rest: Option<ParticipantDelta<'m>>,
}

impl<'m> Parts<'m> {
    pub(crate) fn of(delta: &Delta<'m>) -> Self {
        Parts { sections: delta.participants(), rest: None }
    }

    /// The next part: a section, or of a large one what takes at most `room` bytes, but at least
    /// one update.
    pub(crate) fn next(&mut self, room: usize) -> Option<ParticipantDelta<'m>> {
        let section = self.rest.take().or_else(|| self.sections.next())?;
        let (part, rest) = section.split(room);
        self.rest = rest;
        Some(part)
    }

    /// A part could not wholly be applied, so what follows it of that participant cannot either.
    pub(crate) fn skip_rest(&mut self) {
        self.rest = None;
    }
}
