//! `Delta := <ParticipantDelta>+`: the updates one message carries, participants in ascending order
//! of their ids.

use alloc::vec::Vec;

use super::bounds::EVICTED;
use super::entries::Entries;
use super::keep::KeepList;
use super::reader::Reader;
use super::varint;
use crate::error::Error;

/// Which optional parts a section has.
mod part {
    pub(super) const GC_VERSION: u8 = 1;
    pub(super) const HORIZON: u8 = 2;
    pub(super) const KEEP: u8 = 4;
    pub(super) const PIECE: u8 = 8;
    pub(super) const ALL: u8 = 15;
}

/// Every kept update of one participant with a version in (from, to], and what the receiver must
/// know to take them in.
#[derive(Clone, Copy, Debug)]
pub struct ParticipantDelta<'a> {
    /// Whose updates these are.
    pub id: &'a [u8],
    /// The generation they were written in.
    pub generation: u64,
    /// What the receiver must have already: the section starts after this version.
    pub from: u64,
    /// The max_version of the receiver's copy afterwards, or 2⁶⁰ if the participant was evicted.
    pub to: u64,
    /// Deletes up to here are no longer in the sender's copy.
    pub gc_version: u64,
    /// The highest version that the sender knows of: its own max_version, or one that may have
    /// superseded something that it lacks.
    pub horizon: u64,
    /// What the sender still holds of what the receiver has to check.
    pub keep: Option<KeepList<'a>>,
    /// The updates, in ascending order of their versions. No gaps (paper, §3): if an update is left
    /// out because it does not fit, so are all later ones of this participant.
    pub entries: Entries<'a>,
    /// A part of the next update, which fits into no message of this size.
    pub piece: Option<Piece<'a>>,
}

/// A part of the entry that comes next after a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The version of the entry.
    pub version: u64,
    /// Bytes of the whole entry.
    pub total: u64,
    /// How many bytes of the entry are before this part.
    pub offset: u64,
    /// The part, at least one byte.
    pub bytes: &'a [u8],
}

impl<'a> Piece<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let (version, total, offset) = (reader.version()?, reader.varint()?, reader.varint()?);
        let bytes = reader.slice()?;
        let end = offset.checked_add(bytes.len() as u64);
        if bytes.is_empty() || end.is_none_or(|end| end > total) {
            return Err(Error::Malformed("a piece is empty, or beyond its entry"));
        }
        Ok(Piece { version, total, offset, bytes })
    }
}

impl<'a> ParticipantDelta<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let id = reader.id()?;
        let generation = reader.generation()?;
        let from = reader.version()?;
        let to = reader.reached()?;
        let parts = reader.byte()?;
        if parts & !part::ALL != 0 {
            return Err(Error::Malformed("a section has an unknown part"));
        }
        let has = |part| parts & part != 0;
        let gc_version = if has(part::GC_VERSION) { reader.version()? } else { 0 };
        let horizon = if has(part::HORIZON) { reader.version()? } else { to };
        let keep = if has(part::KEEP) { Some(KeepList::decode(reader.slice()?)?) } else { None };
        let entries = Entries::new(reader.slice()?);
        let piece = if has(part::PIECE) { Some(Piece::read(reader)?) } else { None };
        let section = ParticipantDelta {
            id,
            generation,
            from,
            to,
            gc_version,
            horizon,
            keep,
            entries,
            piece,
        };
        section.check_head(parts)?;
        Ok(section)
    }

    /// Check that the numbers go together, and are written in the one way they may be.
    fn check_head(&self, parts: u8) -> Result<(), Error> {
        let has = |part| parts & part != 0;
        let is_empty = self.entries.bytes().is_empty();
        if self.to == EVICTED {
            let is_bare = self.from == 0 && parts == 0 && is_empty;
            return require(is_bare, "an evicted participant has updates");
        }
        // Nothing to tell is not told, except of a new generation that has no updates yet.
        let tells = self.from < self.to || self.keep.is_some() || self.piece.is_some();
        let is_news = self.to == 0 && parts == 0;
        require(self.from <= self.to && (tells || is_news), "a section tells nothing")?;
        if has(part::GC_VERSION) {
            require(self.gc_version > 0, "a gc_version of 0 is written")?;
        }
        if has(part::HORIZON) {
            require(self.horizon != self.to, "a horizon is written that says nothing")?;
        }
        // A sender that has less than the receiver can still tell it what to keep.
        let reaches = self.horizon >= self.to || self.from == self.to;
        require(reaches && self.gc_version <= self.horizon, "a section exceeds its horizon")?;
        if let Some(keep) = self.keep {
            require(keep.clean.g <= self.gc_version, "a keep list of what was not compacted")?;
        }
        if let Some(piece) = self.piece {
            let is_next = self.to < piece.version && piece.version <= self.horizon;
            require(is_next, "a piece is not of what comes next")?;
        }
        Ok(())
    }

    /// The same as two sections: one with the updates that take at most `room` bytes, but at least
    /// with one, and one with the rest, if there is a rest.
    pub(crate) fn split(self, room: usize) -> (Self, Option<Self>) {
        let bytes = self.entries.bytes();
        if bytes.len() <= room {
            return (self, None);
        }
        let (mut len, mut to) = (0, self.from);
        for entry in self.entries {
            if len > 0 && len + entry.bytes.len() > room {
                break;
            }
            (len, to) = (len + entry.bytes.len(), entry.version);
        }
        if len == bytes.len() {
            return (self, None);
        }
        let (first, rest) = bytes.split_at(len);
        let first = Self { to, entries: Entries::new(first), piece: None, ..self };
        (first, Some(Self { from: to, entries: Entries::new(rest), keep: None, ..self }))
    }

    /// Check the entries.
    fn check_entries(&self) -> Result<(), Error> {
        let to = if self.to == EVICTED { 0 } else { self.to };
        let left = self.entries.check(self.from, to)?;
        let is_plain = self.gc_version == 0
            && self.horizon == self.to
            && self.keep.is_none()
            && self.piece.is_none();
        require(!left || is_plain, "an owner that left keeps something")
    }

    /// What the sender's copy has reached for certain. Without updates it ends where it starts, and
    /// that is where somebody else is, perhaps in another generation: a want names none.
    pub(crate) const fn reaches(&self) -> (u64, u64) {
        let version = if self.from < self.to { self.to } else { self.gc_version };
        (self.generation, version)
    }

    /// The head that this section was written with, given its keep list encoded again.
    pub(crate) fn head<'k>(&self, keep: &'k [u8]) -> Head<'k>
    where
        'a: 'k,
    {
        Head {
            id: self.id,
            generation: self.generation,
            from: self.from,
            to: self.to,
            gc_version: self.gc_version,
            horizon: self.horizon,
            keep,
            piece: self.piece,
            entries_len: self.entries.bytes().len(),
        }
    }
}

fn require(holds: bool, rule: &'static str) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(Error::Malformed(rule)) }
}

/// A decoded delta, borrowed from its message.
#[derive(Clone, Copy, Debug)]
pub struct Delta<'a> {
    sections: Reader<'a>,
    count: usize,
}

impl<'a> Delta<'a> {
    pub(crate) fn decode(body: &'a [u8]) -> Result<Self, Error> {
        let mut delta = Delta { sections: Reader::new(body), count: 0 };
        let mut reader = delta.sections;
        let mut previous: &[u8] = &[];
        loop {
            let section = ParticipantDelta::read(&mut reader)?;
            section.check_entries()?;
            // No id is empty, so the first one is always above this.
            if section.id <= previous {
                return Err(Error::Malformed("a delta is not sorted, or names somebody twice"));
            }
            previous = section.id;
            delta.count += 1;
            if reader.is_empty() {
                return Ok(delta);
            }
        }
    }

    /// Append the delta again.
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        for section in self.participants() {
            let keep = section.keep.map_or_else(Vec::new, |keep| keep.encode());
            let entries = section.entries.bytes();
            section.head(&keep).put(out, |out| out.extend_from_slice(entries));
        }
    }

    /// How many sections there are, at least one.
    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    /// What it tells of that participant.
    pub(crate) fn of(&self, id: &[u8]) -> Option<ParticipantDelta<'a>> {
        self.participants().take_while(|section| section.id <= id).find(|section| section.id == id)
    }

    /// The sections, in ascending order of the participants' ids.
    pub fn participants(&self) -> ParticipantDeltas<'a> {
        ParticipantDeltas { reader: self.sections }
    }
}

/// Iterator over the sections of a [`Delta`].
#[derive(Clone, Debug)]
pub struct ParticipantDeltas<'a> {
    reader: Reader<'a>,
}

impl<'a> Iterator for ParticipantDeltas<'a> {
    type Item = ParticipantDelta<'a>;

    fn next(&mut self) -> Option<ParticipantDelta<'a>> {
        // Checked by `Delta::decode`: the only way to fail here is to be at the end.
        ParticipantDelta::read(&mut self.reader).ok()
    }
}

/// Everything of one section but its entries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head<'a> {
    pub(crate) id: &'a [u8],
    pub(crate) generation: u64,
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) gc_version: u64,
    pub(crate) horizon: u64,
    /// An encoded keep list, or nothing.
    pub(crate) keep: &'a [u8],
    pub(crate) piece: Option<Piece<'a>>,
    pub(crate) entries_len: usize,
}

impl Head<'_> {
    const fn has_horizon(&self) -> bool {
        self.horizon != self.to
    }

    const fn parts(&self) -> u8 {
        let gc_version = if self.gc_version > 0 { part::GC_VERSION } else { 0 };
        let horizon = if self.has_horizon() { part::HORIZON } else { 0 };
        let keep = if self.keep.is_empty() { 0 } else { part::KEEP };
        let piece = if self.piece.is_some() { part::PIECE } else { 0 };
        gc_version | horizon | keep | piece
    }

    const fn fixed_len(&self) -> usize {
        let mut len = varint::prefixed_len(self.id.len())
            + varint::len(self.generation)
            + varint::len(self.from)
            + varint::len(self.to)
            + 1;
        if self.gc_version > 0 {
            len += varint::len(self.gc_version);
        }
        if self.has_horizon() {
            len += varint::len(self.horizon);
        }
        if !self.keep.is_empty() {
            len += varint::prefixed_len(self.keep.len());
        }
        if let Some(piece) = &self.piece {
            len += piece_len(piece.version, piece.total, piece.bytes.len());
            // The offset was counted at its longest.
            len -= varint::len(piece.total) - varint::len(piece.offset);
        }
        len
    }

    /// Bytes of the section, entries included.
    pub(crate) const fn section_len(&self) -> usize {
        self.fixed_len() + varint::prefixed_len(self.entries_len)
    }

    /// The most bytes of entries with which the section fits into `room`.
    pub(crate) fn entries_room(&self, room: usize) -> Option<usize> {
        varint::prefixed_room(room.checked_sub(self.fixed_len())?)
    }

    /// Append the section; `entries` appends its entries.
    pub(crate) fn put(&self, out: &mut Vec<u8>, entries: impl FnOnce(&mut Vec<u8>)) {
        varint::put(out, self.id.len() as u64);
        out.extend_from_slice(self.id);
        varint::put(out, self.generation);
        varint::put(out, self.from);
        varint::put(out, self.to);
        out.push(self.parts());
        if self.gc_version > 0 {
            varint::put(out, self.gc_version);
        }
        if self.has_horizon() {
            varint::put(out, self.horizon);
        }
        if !self.keep.is_empty() {
            varint::put(out, self.keep.len() as u64);
            out.extend_from_slice(self.keep);
        }
        varint::put(out, self.entries_len as u64);
        entries(out);
        if let Some(piece) = &self.piece {
            varint::put(out, piece.version);
            varint::put(out, piece.total);
            varint::put(out, piece.offset);
            varint::put(out, piece.bytes.len() as u64);
            out.extend_from_slice(piece.bytes);
        }
    }
}

/// The most bytes that a part of `len` bytes takes in a section.
const fn piece_len(version: u64, total: u64, len: usize) -> usize {
    varint::len(version) + 2 * varint::len(total) + varint::prefixed_len(len)
}

/// How many bytes of an entry fit into `room` as a piece.
pub(crate) const fn piece_room(version: u64, total: u64, room: usize) -> Option<usize> {
    let Some(room) = room.checked_sub(piece_len(version, total, 0) - 1) else {
        return None;
    };
    varint::prefixed_room(room)
}
