//! Updates that arrive in pieces: what is held of one until it is whole.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::wire::delta::Piece;
use crate::wire::entry::Entry;
use crate::wire::reader::Reader;

/// After this many pieces of another update, the one begun is given up: nobody has it any more.
const PATIENCE: u8 = 8;

/// The first bytes of a participant's next update.
#[derive(Clone, Debug)]
pub(crate) struct Staged {
    version: u64,
    total: u64,
    bytes: Vec<u8>,
    /// Pieces of another update since the last one of this.
    strange: u8,
    /// How many pieces had found no room here when the last one of this came.
    touched: u64,
}

/// What became of a piece.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It continues what is held.
    Taken,
    /// It is known already, does not continue what is held, or is of another update.
    Ignored,
    /// It finds no room.
    Full,
    /// The update never will.
    TooLarge,
}

impl Staged {
    /// Which update this is a part of.
    pub(crate) const fn version(&self) -> u64 {
        self.version
    }

    /// Bytes held.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// How many pieces had found no room when the last one of this update came.
    pub(crate) const fn touched(&self) -> u64 {
        self.touched
    }

    /// The update, once it is whole.
    pub(crate) fn whole(&self) -> Option<&[u8]> {
        (self.bytes.len() as u64 == self.total).then_some(&self.bytes)
    }
}

/// Where pieces are held.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// Bytes for all that is held of this participant.
    pub(crate) len: u64,
    /// Bytes of the longest update.
    pub(crate) max: u64,
    /// How many pieces found no room so far.
    pub(crate) refusals: u64,
}

/// Take in a piece, if there is room.
pub(crate) fn take(staged: &mut Option<Arc<Staged>>, piece: &Piece<'_>, room: Room) -> Outcome {
    let Piece { version, total, offset, bytes } = *piece;
    if total > room.max {
        return Outcome::TooLarge;
    }
    let is_other = staged.as_ref().is_none_or(|s| (s.version, s.total) != (version, total));
    if is_other {
        if let Some(staged) = staged {
            let staged = Arc::make_mut(staged);
            staged.strange = staged.strange.saturating_add(1);
            if staged.strange < PATIENCE {
                return Outcome::Ignored;
            }
        }
        if offset > 0 {
            return Outcome::Ignored;
        }
        *staged = None;
    }
    if room.len < offset + bytes.len() as u64 {
        return Outcome::Full;
    }
    let staged = staged.get_or_insert_with(|| {
        Arc::new(Staged { version, total, bytes: Vec::new(), strange: 0, touched: 0 })
    });
    let known = staged.bytes.len() as u64;
    let Some(skip) = known.checked_sub(offset).and_then(|skip| usize::try_from(skip).ok()) else {
        return Outcome::Ignored;
    };
    let Some(more) = bytes.get(skip..).filter(|more| !more.is_empty()) else {
        return Outcome::Ignored;
    };
    let staged = Arc::make_mut(staged);
    staged.bytes.extend_from_slice(more);
    staged.strange = 0;
    staged.touched = room.refusals;
    Outcome::Taken
}

/// The entry that those bytes are, if they are one of that version and nothing else.
pub(crate) fn entry(version: u64, bytes: &[u8]) -> Option<Entry<'_>> {
    let mut reader = Reader::new(bytes);
    let entry = Entry::read(&mut reader).ok()?;
    (reader.is_empty() && entry.version == version).then_some(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = Room { len: 100, max: 100, refusals: 0 };

    fn piece(version: u64, offset: u64, bytes: &[u8]) -> Piece<'_> {
        Piece { version, total: 6, offset, bytes }
    }

    #[test]
    fn pieces_overlap_repeat_and_come_out_of_order() {
        let mut staged = None;
        let mut put = |piece: &Piece<'_>| take(&mut staged, piece, ROOM);
        assert_eq!(put(&piece(3, 2, b"cd")), Outcome::Ignored);
        assert_eq!(put(&piece(3, 0, b"ab")), Outcome::Taken);
        assert_eq!(put(&piece(3, 0, b"ab")), Outcome::Ignored);
        assert_eq!(put(&piece(3, 3, b"d")), Outcome::Ignored);
        assert_eq!(put(&piece(3, 1, b"bcd")), Outcome::Taken);
        assert_eq!(put(&piece(3, 4, b"ef")), Outcome::Taken);
        assert_eq!(staged.as_ref().and_then(|staged| staged.whole()), Some(&b"abcdef"[..]));
    }

    #[test]
    fn what_nobody_goes_on_with_is_given_up() {
        let mut staged = None;
        let mut put = |piece: &Piece<'_>| take(&mut staged, piece, ROOM);
        assert_eq!(put(&piece(3, 0, b"ab")), Outcome::Taken);
        for _ in 1..PATIENCE {
            assert_eq!(put(&piece(5, 0, b"AB")), Outcome::Ignored);
        }
        assert_eq!(put(&piece(5, 0, b"AB")), Outcome::Taken);
        assert_eq!(staged.map(|staged| staged.version()), Some(5));
    }

    #[test]
    fn what_finds_no_room_changes_nothing() {
        let mut staged = None;
        assert_eq!(take(&mut staged, &piece(3, 0, b"abc"), Room { len: 2, ..ROOM }), Outcome::Full);
        assert_eq!(
            take(&mut staged, &piece(3, 0, b"abc"), Room { max: 5, ..ROOM }),
            Outcome::TooLarge
        );
        assert!(staged.is_none());
    }
}
