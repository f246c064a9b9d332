//! `Entry := <version (Varint)> <kind (Byte)> <body (length-prefixed)>`: one change of a
//! participant's map.
//!
//! An entry is encoded once, by its owner, and the same bytes are stored and forwarded by everyone.

use alloc::vec::Vec;

use super::reader::Reader;
use super::varint;
use crate::error::Error;

/// `Set`: body is `<key (length-prefixed)> <value (the rest)>`.
const SET: u8 = 1;
// Reserved, and refused until they are built: 2 Delete, 3 Batch, 4 Compact, 5 Leave, 6 Evict.

/// One `Set`, borrowed from the bytes it travelled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The owner's version of this change, at least 1.
    pub version: u64,
    /// At least one byte.
    pub key: &'a [u8],
    /// Any bytes.
    pub value: &'a [u8],
    /// The whole entry as it travels.
    pub bytes: &'a [u8],
}

impl<'a> Entry<'a> {
    #[inline]
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let start = reader.rest();
        let version = reader.version()?;
        if version == 0 {
            return Err(Error::Malformed("an entry has version 0"));
        }
        if reader.byte()? != SET {
            return Err(Error::Malformed("an entry is of an unknown kind"));
        }
        let mut body = Reader::new(reader.slice()?);
        let key = body.slice()?;
        if key.is_empty() {
            return Err(Error::Malformed("a key is empty"));
        }
        let bytes = &start[..start.len() - reader.rest().len()];
        Ok(Entry { version, key, value: body.rest(), bytes })
    }
}

/// Append the `Set` of `key` to `value` at `version`.
pub(crate) fn put_set(out: &mut Vec<u8>, version: u64, key: &[u8], value: &[u8]) {
    let key_len = varint::len(key.len() as u64) + key.len();
    varint::put(out, version);
    out.push(SET);
    varint::put(out, (key_len + value.len()) as u64);
    varint::put(out, key.len() as u64);
    out.extend_from_slice(key);
    out.extend_from_slice(value);
}

/// Bytes of such an entry.
pub(crate) fn set_len(version: u64, key: usize, value: usize) -> usize {
    let body = varint::len(key as u64) + key + value;
    varint::len(version) + 1 + varint::len(body as u64) + body
}

/// The entries of one participant in one delta: decoded and checked when the message was.
#[derive(Clone, Copy, Debug)]
pub struct Entries<'a> {
    reader: Reader<'a>,
}

impl<'a> Entries<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Entries { reader: Reader::new(bytes) }
    }

    /// Check that these are whole entries in ascending order within (from, to].
    pub(crate) fn check(&self, from: u64, to: u64) -> Result<(), Error> {
        let mut reader = self.reader;
        let mut last = from;
        while !reader.is_empty() {
            let entry = Entry::read(&mut reader)?;
            if entry.version <= last {
                return Err(Error::Malformed("versions do not ascend"));
            }
            last = entry.version;
        }
        if last > to {
            return Err(Error::Malformed("an entry is beyond the version its section reaches"));
        }
        Ok(())
    }

    /// The entries as they travel.
    pub fn bytes(&self) -> &'a [u8] {
        self.reader.rest()
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    #[inline]
    fn next(&mut self) -> Option<Entry<'a>> {
        Entry::read(&mut self.reader).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_the_length_it_says_and_reads_back() {
        for (version, key, value) in [(1, 1, 0), (127, 5, 120), (128, 127, 128), (1 << 59, 300, 70)]
        {
            let (key, value) = (alloc::vec![7u8; key], alloc::vec![9u8; value]);
            let mut bytes = Vec::new();
            put_set(&mut bytes, version, &key, &value);
            assert_eq!(bytes.len(), set_len(version, key.len(), value.len()));
            let entry = Entry::read(&mut Reader::new(&bytes)).expect("it was just written");
            assert_eq!((entry.version, entry.key, entry.value), (version, &key[..], &value[..]));
            assert_eq!(entry.bytes, bytes);
        }
    }
}
