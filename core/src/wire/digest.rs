//! `Digest := <scope> <DigestLine>*`: what I have.
//!
//! A digest that does not fit into its message is complete for a stated range of short ids only.
//! The range is circular, so that its start can be drawn from the whole circle.

use alloc::vec::Vec;

use super::reader::Reader;
use super::short::{STEP_BITS, ShortId};
use super::varint;
use crate::error::Error;

const COMPLETE: u8 = 0;
const RANGE: u8 = 1;

/// Scope and range.
pub(crate) const MAX_SCOPE_LEN: usize = 17;
/// The longest gap, generation and version.
pub(crate) const MAX_LINE_LEN: usize = 9 + 9 + 9;

/// The participants a digest speaks of: those with a short id in the circular interval
/// `first..=last`. One that is in the range and not listed is unknown to the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) first: ShortId,
    pub(crate) last: ShortId,
}

impl Range {
    pub(crate) const COMPLETE: Range = Range { first: 0, last: ShortId::MAX };

    /// Places from `first` to `short`, going up around the circle.
    #[inline]
    pub(crate) const fn distance(&self, short: ShortId) -> u64 {
        short.wrapping_sub(self.first)
    }

    #[inline]
    pub(crate) const fn contains(&self, short: ShortId) -> bool {
        self.distance(short) <= self.distance(self.last)
    }

    const fn is_whole_circle(&self) -> bool {
        self.distance(self.last) == u64::MAX
    }
}

/// One line of a digest: my copy of that participant is at this generation and version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DigestLine {
    /// Who, as a short id.
    pub short: ShortId,
    /// The generation of the copy.
    pub generation: u64,
    /// The greatest version of the copy; 0 when nothing was written in that generation, and 2⁶⁰
    /// when the participant was evicted in it.
    pub max_version: u64,
}

/// Where the last line was: the next one says only what is different.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Before {
    first: ShortId,
    /// How far from there, in steps.
    steps: u64,
    generation: u64,
}

impl Before {
    /// Before the first line of a digest over that range.
    pub(crate) const fn start(range: Range) -> Self {
        Before { first: range.first, steps: 0, generation: 0 }
    }

    /// What the next line says: steps from the line before, and which bits of the generation are
    /// not those of the line before.
    const fn next(&mut self, line: &DigestLine) -> (u64, u64) {
        let steps = line.short.wrapping_sub(self.first) >> STEP_BITS;
        let said = (steps - self.steps, line.generation ^ self.generation);
        self.steps = steps;
        self.generation = line.generation;
        said
    }

    /// Bytes of the next line.
    pub(crate) const fn len_of(&mut self, line: &DigestLine) -> usize {
        let (gap, generation) = self.next(line);
        varint::len(gap) + varint::len(generation) + varint::len(line.max_version)
    }

    fn put(&mut self, out: &mut Vec<u8>, line: &DigestLine) {
        let (gap, generation) = self.next(line);
        varint::put(out, gap);
        varint::put(out, generation);
        varint::put(out, line.max_version);
    }

    fn read(&mut self, reader: &mut Reader<'_>) -> Result<DigestLine, Error> {
        let (gap, generation) = (reader.varint()?, reader.generation()?);
        // Too far is out of range, which is checked when the section is decoded.
        self.steps = self.steps.saturating_add(gap);
        self.generation ^= generation;
        Ok(DigestLine {
            short: self.first.wrapping_add(self.steps << STEP_BITS),
            generation: self.generation,
            max_version: reader.reached()?,
        })
    }
}

/// A decoded digest, borrowed from its message.
#[derive(Clone, Copy, Debug)]
pub struct Digest<'a> {
    pub(crate) range: Range,
    lines: Reader<'a>,
}

impl<'a> Digest<'a> {
    pub(crate) fn decode(body: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        let range = match reader.byte()? {
            COMPLETE => Range::COMPLETE,
            RANGE => {
                let range = Range { first: reader.u64()?, last: reader.u64()? };
                if range.is_whole_circle() {
                    return Err(Error::Malformed("a complete digest is written as a range"));
                }
                range
            }
            _ => return Err(Error::Malformed("a digest has an unknown scope")),
        };
        let digest = Digest { range, lines: reader };
        let (mut before, mut is_first) = (Before::start(range), true);
        while !reader.is_empty() {
            let last = before.steps;
            before.read(&mut reader)?;
            if before.steps == last && !is_first {
                return Err(Error::Malformed("a digest names somebody twice"));
            }
            if before.steps > range.distance(range.last) >> STEP_BITS {
                return Err(Error::Malformed("a digest names somebody out of its range"));
            }
            is_first = false;
        }
        Ok(digest)
    }

    /// The range of short ids that the digest is complete for, or `None` if it is complete.
    pub fn range(&self) -> Option<(ShortId, ShortId)> {
        (!self.range.is_whole_circle()).then_some((self.range.first, self.range.last))
    }

    /// The lines, in ascending order from the start of the range, around the circle.
    pub fn lines(&self) -> DigestLines<'a> {
        DigestLines { before: Before::start(self.range), reader: self.lines }
    }
}

impl Digest<'_> {
    /// Bytes of it.
    pub(crate) fn len(&self) -> usize {
        len(self.range, self.lines.rest().len())
    }

    /// Append the digest again.
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        put(out, self.range, self.lines());
    }
}

/// Iterator over the lines of a [`Digest`].
#[derive(Clone, Debug)]
pub struct DigestLines<'a> {
    before: Before,
    reader: Reader<'a>,
}

impl Iterator for DigestLines<'_> {
    type Item = DigestLine;

    fn next(&mut self) -> Option<DigestLine> {
        self.before.read(&mut self.reader).ok()
    }
}

/// Bytes of a digest over `range` whose lines take `lines_len` bytes.
pub(crate) const fn len(range: Range, lines_len: usize) -> usize {
    lines_len + if range.is_whole_circle() { 1 } else { MAX_SCOPE_LEN }
}

/// Append a digest over `range`; the lines are in order and within it.
pub(crate) fn put(out: &mut Vec<u8>, range: Range, lines: impl Iterator<Item = DigestLine>) {
    if range.is_whole_circle() {
        out.push(COMPLETE);
    } else {
        out.push(RANGE);
        out.extend_from_slice(&range.first.to_be_bytes());
        out.extend_from_slice(&range.last.to_be_bytes());
    }
    let mut before = Before::start(range);
    lines.for_each(|line| before.put(out, &line));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(short: u64) -> DigestLine {
        DigestLine { short, generation: 3 + short % 5, max_version: 300 }
    }

    fn lines_len(range: Range, lines: &[DigestLine]) -> usize {
        let mut before = Before::start(range);
        lines.iter().map(|line| before.len_of(line)).sum()
    }

    #[test]
    fn a_range_that_wraps_around_keeps_its_order() {
        let range = Range { first: (u64::MAX - 100) & !15, last: 95 };
        let lines = [line(range.first), line(!15), line(0), line(80)];
        let mut body = Vec::new();
        put(&mut body, range, lines.iter().copied());
        assert_eq!(body.len(), len(range, lines_len(range, &lines)));
        let digest = Digest::decode(&body).expect("it was just written");
        assert_eq!(digest.range(), Some((range.first, range.last)));
        assert!(digest.lines().eq(lines));
    }

    #[test]
    fn repetition_and_lines_out_of_range_are_refused() {
        let range = Range { first: 160, last: 335 };
        for (gaps, is_sound) in [
            (&[0, 10][..], true),
            (&[10], true),
            (&[0, 0], false),
            (&[11], false),
            (&[1 << 60], false),
            (&[(1 << 63) - 1, (1 << 63) - 1, 3], false),
        ] {
            let mut body = Vec::new();
            put(&mut body, range, core::iter::empty());
            for gap in gaps {
                varint::put(&mut body, *gap);
                body.extend_from_slice(&[1, 1]);
            }
            assert_eq!(Digest::decode(&body).is_ok(), is_sound, "{gaps:?}");
        }
    }
}
