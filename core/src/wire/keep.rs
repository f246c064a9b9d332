//! `KeepList := <g> <from> <to> <m0> <gap>*`: which versions the sender still holds in (from, to].
//!
//! A receiver that missed a compaction up to `g` marks what it holds there and is not listed.

use alloc::vec::Vec;

use super::reader::Reader;
use super::varint;
use crate::error::Error;

/// The obligation of a copy that missed a compaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clean {
    /// Deletes up to this version may be missing.
    pub g: u64,
    /// What is held up to here has been checked.
    pub p: u64,
    /// What is held up to here must be.
    pub m0: u64,
}

impl Clean {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let clean = Clean { g: reader.version()?, p: reader.version()?, m0: reader.version()? };
        if clean.p > clean.m0 || clean.m0 >= clean.g {
            return Err(Error::Malformed("a catch-up that can never end"));
        }
        Ok(clean)
    }

    pub(crate) const fn len(&self) -> usize {
        varint::len(self.g) + varint::len(self.p) + varint::len(self.m0)
    }

    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        varint::put(out, self.g);
        varint::put(out, self.p);
        varint::put(out, self.m0);
    }
}

/// A decoded keep list, borrowed from its message.
#[derive(Clone, Copy, Debug)]
pub struct KeepList<'a> {
    /// What it answers: the receiver has been checked up to `clean.p`, where the list begins.
    pub clean: Clean,
    /// Where the list ends, at most `clean.m0`.
    pub to: u64,
    gaps: Reader<'a>,
}

impl<'a> KeepList<'a> {
    pub(crate) fn decode(body: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        let clean = Clean::read(&mut reader)?;
        let to = reader.version()?;
        let list = KeepList { clean, to, gaps: reader };
        let mut version = clean.p;
        while !reader.is_empty() {
            let gap = reader.version()?;
            version += gap;
            if gap == 0 || version > to {
                return Err(Error::Malformed("a keep list does not ascend to its end"));
            }
        }
        if to < clean.p || to > clean.m0 {
            return Err(Error::Malformed("a keep list ends beyond what it is asked for"));
        }
        Ok(list)
    }

    /// The versions that the sender still holds, ascending.
    pub fn versions(&self) -> impl Iterator<Item = u64> + use<'a> {
        let (mut gaps, mut version) = (self.gaps, self.clean.p);
        core::iter::from_fn(move || {
            version += gaps.version().ok()?;
            Some(version)
        })
    }

    /// Encode again.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut list = Writer::new(self.clean);
        for version in self.versions() {
            list.push(version);
        }
        list.finish(self.to)
    }
}

/// A keep list under construction.
#[derive(Debug)]
pub(crate) struct Writer {
    clean: Clean,
    gaps: Vec<u8>,
    last: u64,
}

impl Writer {
    pub(crate) fn new(clean: Clean) -> Self {
        Writer { clean, gaps: Vec::new(), last: clean.p }
    }

    /// Bytes of the list if it ended with one more version.
    pub(crate) fn len_with(&self, version: u64) -> usize {
        self.len() + varint::len(version - self.last)
    }

    /// The most bytes of the list as it is.
    pub(crate) fn len(&self) -> usize {
        self.clean.len() + varint::len(self.clean.m0) + self.gaps.len()
    }

    /// List a version above the last one.
    pub(crate) fn push(&mut self, version: u64) {
        varint::put(&mut self.gaps, version - self.last);
        self.last = version;
    }

    /// The last version listed, or where the list begins.
    pub(crate) const fn last(&self) -> u64 {
        self.last
    }

    /// The list, complete up to `to`.
    pub(crate) fn finish(self, to: u64) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.len());
        self.clean.put(&mut out);
        varint::put(&mut out, to);
        out.extend_from_slice(&self.gaps);
        out
    }
}
