//! What a log has above some version: found once, and then read, counted and copied from there.

use alloc::vec::Vec;

use crate::log::scan::{Cut, entry_at};
use crate::log::{Log, Store};
use crate::wire::entry::Entry;

/// Iterator over the kept updates of a log from a place on, in version order.
#[derive(Clone, Debug)]
pub(crate) struct After<'a> {
    log: &'a Log,
    /// A position in the index, or in the bytes of a small log.
    at: usize,
}

impl<'a> After<'a> {
    pub(super) fn new(log: &'a Log, at: usize) -> Self {
        After { log, at }
    }

    /// How many there are. Where nothing is missing in an index, they need not be walked over.
    pub(crate) fn left(&self) -> usize {
        match &self.log.store {
            Store::Large(index) => index.count(self.at),
            Store::Small(_) => self.clone().count(),
        }
    }

    /// The longest prefix of them that takes at most `room` bytes.
    pub(crate) fn cut(&self, room: usize) -> Cut {
        match &self.log.store {
            Store::Large(index) if index.holes() == 0 => index.cut(self.at, room),
            _ => Cut::of(self.clone(), room),
        }
    }

    /// Append the bytes of the first of them to `out`, which take `len`.
    pub(crate) fn copy(&self, len: usize, out: &mut Vec<u8>) {
        match &self.log.store {
            Store::Large(index) => index.copy(self.at, len, out),
            Store::Small(small) => out.extend_from_slice(&small[self.at..self.at + len]),
        }
    }
}

impl<'a> Iterator for After<'a> {
    type Item = Entry<'a>;

    #[inline]
    fn next(&mut self) -> Option<Entry<'a>> {
        match &self.log.store {
            Store::Small(small) => {
                let entry = (self.at < small.len()).then(|| entry_at(small, self.at))?;
                self.at += entry.bytes.len();
                Some(entry)
            }
            Store::Large(index) => {
                self.at = index.kept(self.at)? + 1;
                Some(index.entry(self.at - 1))
            }
        }
    }
}
