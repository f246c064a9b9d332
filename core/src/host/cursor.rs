//! Where a reader of changes stopped, as bytes that it keeps.
//!
//! `Cursor := <version (Byte = 1)> <life (U64)> <from (U64, U64)> <to (U64)> <done (U64, U64, U64,
//! U64)> <crc>`: of fixed length. Only the host that made one can read it.

use alloc::vec::Vec;

use crate::error::Error;
use crate::wire::checksum::crc32c;
use crate::wire::reader::Reader;
use crate::wire::short::ShortId;

/// The most bytes of a cursor that [`Host::changes`](crate::Host::changes) gives, in any version.
pub const MAX_CURSOR_BYTES: usize = 128;

const VERSION: u8 = 1;

/// From where a pass over the changes goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// The reader holds nothing.
    Nothing,
    /// The reader holds what was here when the journal was at that place.
    Place(u64),
    /// The same, and the journal does not reach back there any more.
    Stale(u64),
}

/// The participant that was told of last, or the place before the next one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) short: ShortId,
    /// In which generation.
    pub(crate) generation: u64,
    /// Up to which version; the greatest number if it is told of whole.
    pub(crate) version: u64,
    /// Whether every key was told, to a reader that was told to forget what it held.
    pub(crate) is_whole: bool,
}

/// Where a pass is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Which host, in which of its lives.
    pub(crate) life: u64,
    pub(crate) from: From,
    /// Where the journal was when the pass began: the next one goes from there.
    pub(crate) to: u64,
    /// Up to where it has come.
    pub(crate) done: Option<Done>,
}

impl Cursor {
    /// Whether it speaks of places where a journal that ends there has not been.
    pub(crate) const fn is_beyond(&self, end: u64) -> bool {
        let from = match self.from {
            From::Place(place) | From::Stale(place) => place,
            From::Nothing => 0,
        };
        from > end || self.to > end
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::from([VERSION]);
        let mut put = |number: u64| out.extend_from_slice(&number.to_be_bytes());
        let (kind, place) = match self.from {
            From::Nothing => (0, 0),
            From::Place(place) => (1, place),
            From::Stale(place) => (2, place),
        };
        let Done { short, generation, version, is_whole } = self.done.unwrap_or_default();
        let is_done = u64::from(self.done.is_some()) + u64::from(is_whole);
        [self.life, kind, place, self.to, is_done, short, generation, version]
            .into_iter()
            .for_each(&mut put);
        let crc = crc32c(&out);
        out.extend_from_slice(&crc.to_le_bytes());
        out
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Error> {
        Cursor::read(bytes).ok_or(Error::Cursor)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (body, crc) = bytes.split_last_chunk::<4>()?;
        if crc32c(body) != u32::from_le_bytes(*crc) {
            return None;
        }
        let mut reader = Reader::new(body);
        if reader.byte().ok()? != VERSION {
            return None;
        }
        let mut next = || reader.u64().ok();
        let life = next()?;
        let from = match (next()?, next()?) {
            (0, 0) => From::Nothing,
            (1, place) => From::Place(place),
            (2, place) => From::Stale(place),
            _ => return None,
        };
        let to = next()?;
        let is_done = next()?;
        let done =
            Done { short: next()?, generation: next()?, version: next()?, is_whole: is_done == 2 };
        let done = match is_done {
            0 if done == Done::default() => None,
            1 | 2 => Some(done),
            _ => return None,
        };
        reader.is_empty().then_some(Cursor { life, from, to, done })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_nothing_else_is_one() {
        for from in [From::Nothing, From::Place(7), From::Stale(7)] {
            for done in [None, Some(Done { short: 3, generation: 4, version: 9, is_whole: true })] {
                let cursor = Cursor { life: 5, from, to: 8, done };
                let bytes = cursor.encode();
                assert!(bytes.len() <= MAX_CURSOR_BYTES);
                assert_eq!(Cursor::decode(&bytes), Ok(cursor));
                for cut in 0..bytes.len() {
                    assert_eq!(Cursor::decode(&bytes[..cut]), Err(Error::Cursor));
                }
                let mut longer = bytes.clone();
                longer.push(0);
                assert_eq!(Cursor::decode(&longer), Err(Error::Cursor));
            }
        }
    }
}
