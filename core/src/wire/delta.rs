//! `Delta := <ParticipantDelta>+`: the updates one message carries, participants in ascending order
//! of their ids.

use alloc::vec::Vec;

use super::entry::Entries;
use super::reader::Reader;
use super::varint;
use crate::error::Error;

/// `ParticipantDelta := <id> <generation> <from> <to> <entries (length-prefixed)>`: every kept
/// update of one participant with a version in (from, to].
#[derive(Clone, Copy, Debug)]
pub struct ParticipantDelta<'a> {
    /// Whose updates these are.
    pub id: &'a [u8],
    /// The generation they were written in.
    pub generation: u64,
    /// What the receiver must have already: the section starts after this version.
    pub from: u64,
    /// The max_version of the receiver's copy afterwards.
    pub to: u64,
    /// The updates, in ascending order of their versions. No gaps (paper, §3): if an update is left
    /// out because it does not fit, so are all later ones of this participant.
    pub entries: Entries<'a>,
}

impl<'a> ParticipantDelta<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let id = reader.id()?;
        let generation = reader.generation()?;
        let from = reader.version()?;
        let to = reader.version()?;
        // Nothing to tell is not told, except of a new generation that has no updates yet.
        if to < from || (to == from && to != 0) {
            return Err(Error::Malformed("a section does not advance its participant"));
        }
        let entries = Entries::new(reader.slice()?);
        Ok(ParticipantDelta { id, generation, from, to, entries })
    }
}

impl ParticipantDelta<'_> {
    /// Where the receiver's copy is afterwards, as copies are ordered.
    pub(crate) const fn reaches(&self) -> (u64, u64) {
        (self.generation, self.to)
    }
}

/// A decoded delta, borrowed from its message.
#[derive(Clone, Copy, Debug)]
pub struct Delta<'a> {
    sections: Reader<'a>,
}

impl<'a> Delta<'a> {
    pub(crate) fn decode(body: &'a [u8]) -> Result<Self, Error> {
        let delta = Delta { sections: Reader::new(body) };
        let mut reader = delta.sections;
        let mut previous: &[u8] = &[];
        loop {
            let section = ParticipantDelta::read(&mut reader)?;
            section.entries.check(section.from, section.to)?;
            // No id is empty, so the first one is always above this.
            if section.id <= previous {
                return Err(Error::Malformed("a delta is not sorted, or names somebody twice"));
            }
            previous = section.id;
            if reader.is_empty() {
                return Ok(delta);
            }
        }
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

/// What stands before the entries of one participant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head<'a> {
    pub(crate) id: &'a [u8],
    pub(crate) generation: u64,
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) entries_len: usize,
}

impl Head<'_> {
    const fn fixed_len(&self) -> usize {
        varint::prefixed_len(self.id.len())
            + varint::len(self.generation)
            + varint::len(self.from)
            + varint::len(self.to)
    }

    /// Bytes of the head and the entries after it.
    pub(crate) const fn section_len(&self) -> usize {
        self.fixed_len() + varint::prefixed_len(self.entries_len)
    }

    /// The most bytes of entries with which the section fits into `room`.
    pub(crate) fn entries_room(&self, room: usize) -> Option<usize> {
        varint::prefixed_room(room.checked_sub(self.fixed_len())?)
    }

    /// Append the head; `entries_len` bytes of entries follow.
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        varint::put(out, self.id.len() as u64);
        out.extend_from_slice(self.id);
        varint::put(out, self.generation);
        varint::put(out, self.from);
        varint::put(out, self.to);
        varint::put(out, self.entries_len as u64);
    }
}
