//! What an iterator reads: a copy, made at once, of what the host held then.

use std::ops::Range;

/// Rows of two byte strings and a number, read once from first to last. All bytes lie in one
/// buffer, which does not move any more once the iterator is made: C may look at it until the
/// iterator is freed.
#[derive(Default)]
pub(crate) struct Snapshot {
    bytes: Vec<u8>,
    rows: Vec<Row>,
    next: usize,
}

struct Row {
    name: Range<usize>,
    value: Range<usize>,
    version: u64,
}

impl Snapshot {
    pub(crate) fn push(&mut self, name: &[u8], value: &[u8], version: u64) {
        let row = Row { name: self.append(name), value: self.append(value), version };
        self.rows.push(row);
    }

    fn append(&mut self, bytes: &[u8]) -> Range<usize> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        start..self.bytes.len()
    }

    /// The next row, until there is none.
    pub(crate) fn next(&mut self) -> Option<(&[u8], &[u8], u64)> {
        let row = self.rows.get(self.next)?;
        self.next += 1;
        Some((&self.bytes[row.name.clone()], &self.bytes[row.value.clone()], row.version))
    }
}
