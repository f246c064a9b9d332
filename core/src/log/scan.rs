//! Walking over entries that stand back to back.

use crate::wire::entry::Entry;

/// Iterator over back-to-back entries with their offsets.
pub(crate) struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Scan { bytes, at: 0 }
    }
}

impl<'a> Iterator for Scan<'a> {
    type Item = (usize, Entry<'a>);

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        let at = self.at;
        let entry = (at < self.bytes.len()).then(|| entry_at(self.bytes, at))?;
        self.at += entry.bytes.len();
        Some((at, entry))
    }
}

/// The entry that starts there. What is in a log was decoded, or encoded here, before it came in.
#[inline(always)]
pub(crate) fn entry_at(bytes: &[u8], at: usize) -> Entry<'_> {
    Entry::stored(bytes, at)
}

/// As much of a log as fits somewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cut {
    /// Bytes of the updates.
    pub(crate) len: usize,
    /// Version of the last one, 0 when there is none.
    pub(crate) last: u64,
    /// Bytes of the first update that did not fit, if one did not.
    pub(crate) refused: Option<usize>,
}

impl Cut {
    /// The longest prefix of `entries` that takes at most `room` bytes.
    pub(crate) fn of<'a>(entries: impl Iterator<Item = Entry<'a>>, room: usize) -> Self {
        let mut cut = Cut::default();
        for entry in entries {
            if cut.len + entry.bytes.len() > room {
                cut.refused = Some(entry.bytes.len());
                break;
            }
            cut.len += entry.bytes.len();
            cut.last = entry.version;
        }
        cut
    }
}
