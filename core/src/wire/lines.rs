//! Sections that say something of several participants: a short id and a few numbers each, in
//! ascending order.

use alloc::vec::Vec;
use core::marker::PhantomData;

use super::bounds::{EVICTED, MAX_VERSION};
use super::digest::Range;
use super::keep::Clean;
use super::reader::Reader;
use super::short::ShortId;
use super::varint;
use crate::error::Error;

/// One line of such a section.
pub(crate) trait Line: Sized {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Error>;
    fn short(&self) -> ShortId;
    fn put(&self, out: &mut Vec<u8>);
}

/// An unfinished catch-up of a copy that the digest beside it lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CleanLine {
    /// Of whose copy.
    pub short: ShortId,
    /// What is still to be checked.
    pub clean: Clean,
}

/// A part of an update that the sender of the digest holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StagedLine {
    /// Whose update.
    pub short: ShortId,
    /// Which one.
    pub version: u64,
    /// How many of its first bytes are held, at least 1.
    pub offset: u64,
}

/// When a participant was last known to live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeardLine {
    /// Who.
    pub short: ShortId,
    /// In which generation: its last 16 bits, which tell it from the one before and save the room.
    pub generation: u16,
    /// How long ago, milliseconds.
    pub age_ms: u64,
    /// The version it had reached then.
    pub version: u64,
}

impl Line for CleanLine {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(CleanLine { short: reader.u64()?, clean: Clean::read(reader)? })
    }

    fn short(&self) -> ShortId {
        self.short
    }

    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.short.to_be_bytes());
        self.clean.put(out);
    }
}

impl Line for StagedLine {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let (short, version, offset) = (reader.u64()?, reader.version()?, reader.varint()?);
        if version == 0 || offset == 0 {
            return Err(Error::Malformed("a part of nothing is held"));
        }
        Ok(StagedLine { short, version, offset })
    }

    fn short(&self) -> ShortId {
        self.short
    }

    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.short.to_be_bytes());
        varint::put(out, self.version);
        varint::put(out, self.offset);
    }
}

impl Line for HeardLine {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(HeardLine {
            short: reader.u64()?,
            generation: u16::from_be_bytes([reader.byte()?, reader.byte()?]),
            age_ms: reader.varint()?,
            version: reader.version()?,
        })
    }

    fn short(&self) -> ShortId {
        self.short
    }

    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.short.to_be_bytes());
        out.extend_from_slice(&self.generation.to_be_bytes());
        varint::put(out, self.age_ms);
        varint::put(out, self.version);
    }
}

/// A decoded section of lines, borrowed from its message.
#[derive(Clone, Copy, Debug)]
pub struct Lines<'a, T> {
    reader: Reader<'a>,
    kind: PhantomData<T>,
}

/// Check that there are lines, in strictly ascending order from the start of `range` and within it.
pub(crate) fn decode<T: Line>(body: &[u8], range: Range) -> Result<Lines<'_, T>, Error> {
    let lines = Lines { reader: Reader::new(body), kind: PhantomData };
    let mut reader = lines.reader;
    let mut previous = None;
    loop {
        let short = T::read(&mut reader)?.short();
        let distance = range.distance(short);
        if previous.is_some_and(|previous| distance <= previous) || !range.contains(short) {
            return Err(Error::Malformed("lines are not sorted, or out of range"));
        }
        previous = Some(distance);
        if reader.is_empty() {
            return Ok(lines);
        }
    }
}

/// Append lines.
pub(crate) fn put<T: Line>(out: &mut Vec<u8>, lines: Lines<'_, T>) {
    lines.for_each(|line| line.put(out));
}

// The lines were checked when the section was decoded: the only way to fail is to be at the end.
impl<T: Line> Iterator for Lines<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        T::read(&mut self.reader).ok()
    }
}

/// `<generation> <version>`: how far the sender is with the receiver's map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acked {
    /// The generation of its copy.
    pub generation: u64,
    /// The version it has reached.
    pub version: u64,
}

impl Acked {
    /// The most bytes of it.
    pub(crate) const MAX_LEN: usize = 18;

    pub(crate) fn decode(body: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        let acked = Acked { generation: reader.generation()?, version: reader.version()? };
        if reader.is_empty() { Ok(acked) } else { Err(Error::Malformed("acked is too long")) }
    }

    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        debug_assert!(self.version <= MAX_VERSION && MAX_VERSION < EVICTED);
        varint::put(out, self.generation);
        varint::put(out, self.version);
    }
}
