//! `Want := <differ> <WantLine>*`: what the sender wants to have of the receiver.

use alloc::vec::Vec;

use super::reader::Reader;
use super::short::{STEP_BITS, ShortId};
use super::varint;
use crate::error::Error;

/// The longest gap.
pub(crate) const MAX_GAP_LEN: usize = 9;

/// What the sender has of one participant, in the generation that the receiver knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WantLine {
    /// Who.
    pub short: ShortId,
    /// All up to here; 0 is nothing, or nothing of that generation.
    pub from: u64,
}

/// A decoded want section, borrowed from its message.
#[derive(Clone, Copy, Debug)]
pub struct Want<'a> {
    /// In how many participants the two hosts differ, as the sender found.
    pub differ: u64,
    lines: Reader<'a>,
}

/// Where the last line was.
#[derive(Clone, Copy, Debug, Default)]
struct Before(u64);

impl Before {
    fn read(&mut self, reader: &mut Reader<'_>) -> Result<WantLine, Error> {
        let gap = reader.varint()?;
        self.0 = self.0.saturating_add(gap);
        Ok(WantLine { short: self.0 << STEP_BITS, from: reader.version()? })
    }
}

impl<'a> Want<'a> {
    pub(crate) fn decode(body: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        let differ = reader.varint()?;
        let want = Want { differ, lines: reader };
        let (mut before, mut is_first) = (Before::default(), true);
        while !reader.is_empty() {
            let last = before.0;
            before.read(&mut reader)?;
            if (before.0 == last && !is_first) || before.0 > u64::MAX >> STEP_BITS {
                return Err(Error::Malformed("a want names somebody twice, or nobody"));
            }
            is_first = false;
        }
        Ok(want)
    }

    /// The lines, in ascending order of their short ids.
    pub fn lines(&self) -> impl Iterator<Item = WantLine> + use<'a> {
        let (mut reader, mut before) = (self.lines, Before::default());
        // They were checked when the section was decoded.
        core::iter::from_fn(move || before.read(&mut reader).ok())
    }

    /// Append the section again.
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        put(out, self.differ, self.lines());
    }
}

/// Bytes of a want section.
pub(crate) fn len(differ: u64, lines: impl Iterator<Item = WantLine>) -> usize {
    let (mut len, mut before) = (varint::len(differ), 0);
    for line in lines {
        let steps = line.short >> STEP_BITS;
        len += varint::len(steps - before) + varint::len(line.from);
        before = steps;
    }
    len
}

/// Append a want section; the lines are in order.
pub(crate) fn put(out: &mut Vec<u8>, differ: u64, lines: impl Iterator<Item = WantLine>) {
    varint::put(out, differ);
    let mut before = 0;
    for line in lines {
        let steps = line.short >> STEP_BITS;
        varint::put(out, steps - before);
        varint::put(out, line.from);
        before = steps;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_back_in_order() {
        let lines = [(0, 0), (16, 5), (!15, 1 << 59)];
        let lines = lines.map(|(short, from)| WantLine { short, from });
        for count in 0..=3 {
            let mut body = Vec::new();
            put(&mut body, 7, lines.iter().copied().take(count));
            assert_eq!(body.len(), len(7, lines.iter().copied().take(count)));
            let want = Want::decode(&body).expect("it was just written");
            assert_eq!(want.differ, 7);
            assert!(want.lines().eq(lines.iter().copied().take(count)));
        }
    }

    #[test]
    fn nobody_is_wanted_twice() {
        for (gaps, is_sound) in [
            (&[0, 1][..], true),
            (&[3, 0], false),
            (&[0, 0], false),
            (&[(1 << 60) - 1], true),
            (&[1 << 60], false),
            (&[(1 << 60) - 1, (1 << 63) - 1], false),
        ] {
            let mut body = Vec::from([0]);
            for gap in gaps {
                varint::put(&mut body, *gap);
                body.push(1);
            }
            assert_eq!(Want::decode(&body).is_ok(), is_sound, "{gaps:?}");
        }
    }
}
