//! What an iterator reads: a copy, made at once, of what the host held then.

use std::ops::Range;

/// Rows, read once from first to last, and the bytes that they speak of. All bytes lie in one
/// buffer, which does not move any more once the iterator is made: C may look at it until the
/// iterator is freed.
pub(crate) struct Rows<R> {
    bytes: Vec<u8>,
    rows: Vec<R>,
    next: usize,
}

impl<R> Rows<R> {
    pub(crate) fn new() -> Rows<R> {
        Rows { bytes: Vec::new(), rows: Vec::new(), next: 0 }
    }

    /// Keep `bytes`, for the next row.
    pub(crate) fn keep(&mut self, bytes: &[u8]) -> Range<usize> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        start..self.bytes.len()
    }

    pub(crate) fn push(&mut self, row: R) {
        self.rows.push(row);
    }

    /// The next row, until there is none, and the bytes of all.
    pub(crate) fn next(&mut self) -> Option<(&R, &[u8])> {
        let row = self.rows.get(self.next)?;
        self.next += 1;
        Some((row, &self.bytes))
    }
}
