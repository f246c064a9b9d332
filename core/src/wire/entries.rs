//! `Entries := <Entry>*`: what one section of a delta carries, in ascending order of the versions.

use super::entry::{Body, Entry};
use super::reader::Reader;
use crate::error::Error;

/// The entries of one participant in one delta: decoded and checked when the message was.
#[derive(Clone, Copy, Debug)]
pub struct Entries<'a> {
    reader: Reader<'a>,
}

impl<'a> Entries<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Entries { reader: Reader::new(bytes) }
    }

    /// Check that these are whole entries in ascending order within (from, to], with at most one
    /// compaction (a newer one takes the place of an older one) and nothing after a farewell. Tells
    /// whether there is a farewell.
    pub(crate) fn check(&self, from: u64, to: u64) -> Result<bool, Error> {
        let mut reader = self.reader;
        let (mut last, mut compactions, mut left) = (from, 0, false);
        while !reader.is_empty() {
            // Run through what is nearly all of it.
            if let Some(set) = Entry::short(reader.rest()).filter(|set| set.version > last && !left)
            {
                last = set.version;
                reader.skip(set.bytes.len());
                continue;
            }
            let entry = Entry::read(&mut reader)?;
            if entry.version <= last {
                return Err(Error::Malformed("versions do not ascend"));
            }
            if left {
                return Err(Error::Malformed("an entry after its owner left"));
            }
            last = entry.version;
            match entry.body {
                Body::Compact { .. } if compactions == 1 => {
                    return Err(Error::Malformed("two compactions in one section"));
                }
                Body::Compact { .. } => compactions = 1,
                Body::Leave => left = true,
                _ => {}
            }
        }
        if last > to || (left && last < to) {
            return Err(Error::Malformed("a section does not end where its entries do"));
        }
        Ok(left)
    }

    /// Those above that version.
    pub(crate) fn after(mut self, version: u64) -> Self {
        let mut rest = self;
        while let Some(entry) = rest.next()
            && entry.version <= version
        {
            self = rest;
        }
        self
    }

    #[inline(never)]
    fn next_long(&mut self) -> Option<Entry<'a>> {
        Entry::read(&mut self.reader).ok()
    }

    /// The entries as they travel.
    pub fn bytes(&self) -> &'a [u8] {
        self.reader.rest()
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    #[inline(always)]
    fn next(&mut self) -> Option<Entry<'a>> {
        let Some(set) = Entry::short(self.reader.rest()) else {
            return self.next_long();
        };
        self.reader.skip(set.bytes.len());
        Some(set)
    }
}
