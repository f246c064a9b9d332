//! `Digest := <scope> <DigestLine>*`: what I have.
//!
//! A digest that does not fit into its message is complete for a stated range of short ids only.
//! The range is circular, so that its start can be drawn from the whole circle.

use alloc::vec::Vec;

use super::reader::Reader;
use super::short::ShortId;
use super::varint;
use crate::error::Error;

const COMPLETE: u8 = 0;
const RANGE: u8 = 1;

/// Scope and range.
pub(crate) const MAX_SCOPE_LEN: usize = 17;
/// A short id and the longest generation and version.
pub(crate) const MAX_LINE_LEN: usize = 8 + 9 + 9;

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

impl DigestLine {
    pub(crate) const fn len(&self) -> usize {
        8 + varint::len(self.generation) + varint::len(self.max_version)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(DigestLine {
            short: reader.u64()?,
            generation: reader.generation()?,
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
        let mut previous = None;
        while !reader.is_empty() {
            let line = DigestLine::read(&mut reader)?;
            let distance = range.distance(line.short);
            if previous.is_some_and(|previous| distance <= previous) {
                return Err(Error::Malformed("a digest is not sorted, or names somebody twice"));
            }
            if !range.contains(line.short) {
                return Err(Error::Malformed("a digest names somebody out of its range"));
            }
            previous = Some(distance);
        }
        Ok(digest)
    }

    /// The range of short ids that the digest is complete for, or `None` if it is complete.
    pub fn range(&self) -> Option<(ShortId, ShortId)> {
        (!self.range.is_whole_circle()).then_some((self.range.first, self.range.last))
    }

    /// The lines, in ascending order from the start of the range, around the circle.
    pub fn lines(&self) -> DigestLines<'a> {
        DigestLines { reader: self.lines }
    }
}

impl Digest<'_> {
    /// Append the digest again.
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        put(out, self.range, self.lines());
    }
}

/// Iterator over the lines of a [`Digest`].
#[derive(Clone, Debug)]
pub struct DigestLines<'a> {
    reader: Reader<'a>,
}

impl Iterator for DigestLines<'_> {
    type Item = DigestLine;

    fn next(&mut self) -> Option<DigestLine> {
        DigestLine::read(&mut self.reader).ok()
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
    for line in lines {
        out.extend_from_slice(&line.short.to_be_bytes());
        varint::put(out, line.generation);
        varint::put(out, line.max_version);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(short: u64) -> DigestLine {
        DigestLine { short, generation: 3, max_version: 300 }
    }

    #[test]
    fn a_range_that_wraps_around_keeps_its_order() {
        let range = Range { first: u64::MAX - 10, last: 5 };
        let lines = [line(u64::MAX - 10), line(u64::MAX), line(0), line(5)];
        let mut body = Vec::new();
        put(&mut body, range, lines.iter().copied());
        assert_eq!(body.len(), len(range, lines.iter().map(DigestLine::len).sum()));
        let digest = Digest::decode(&body).expect("it was just written");
        assert_eq!(digest.range(), Some((range.first, range.last)));
        assert!(digest.lines().eq(lines));
    }

    #[test]
    fn disorder_repetition_and_lines_out_of_range_are_refused() {
        let range = Range { first: 10, last: 20 };
        for lines in [[line(12), line(11)], [line(12), line(12)], [line(12), line(21)]] {
            let mut body = Vec::new();
            put(&mut body, range, lines.into_iter());
            assert!(Digest::decode(&body).is_err(), "{lines:?}");
        }
    }
}
