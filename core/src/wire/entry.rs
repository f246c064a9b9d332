//! `Entry := <version (Varint)> <kind (Byte)> <body (length-prefixed)>`: one change of a
//! participant's map.
//!
//! An entry is encoded once, by its owner, and the same bytes are stored and forwarded by everyone.

use alloc::vec::Vec;

use super::reader::Reader;
use super::varint::{self, Head};
use crate::error::Error;

const SET: u8 = 1;
const DELETE: u8 = 2;
const BATCH: u8 = 3;
const COMPACT: u8 = 4;
const LEAVE: u8 = 5;
const EVICT: u8 = 6;

/// One entry, borrowed from the bytes it travelled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The owner's version of this change, at least 1.
    pub version: u64,
    /// What changed.
    pub body: Body<'a>,
    /// The whole entry as it travels.
    pub bytes: &'a [u8],
}

/// What an entry changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// A key was set, or deleted.
    One(Op<'a>),
    /// Several keys were set or deleted at once, under one version: nobody sees a part of it.
    Batch(Ops<'a>),
    /// The owner dropped tombstones and superseded values up to this version, and so does everyone.
    Compact {
        /// Below the version of the entry itself, and at least 1.
        up_to: u64,
    },
    /// The owner left: its map is empty, and changes no more in this generation.
    Leave,
    /// The owner declared another participant gone.
    Evict {
        /// Who.
        participant: &'a [u8],
        /// And in which generation: a newer one is not meant.
        generation: u64,
    },
}

/// The change of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Op<'a> {
    /// At least one byte.
    pub key: &'a [u8],
    /// The value it was set to, or `None` if it was deleted.
    pub value: Option<&'a [u8]>,
}

impl<'a> Entry<'a> {
    #[inline]
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        Entry::read_as(reader, Ops::decode)
    }

    /// The entry that starts there in the bytes of a log: it was checked before it came in, so that
    /// a batch is not walked each time.
    #[inline(always)]
    pub(crate) fn stored(bytes: &'a [u8], at: usize) -> Self {
        let bytes = &bytes[at..];
        match Entry::short(bytes) {
            Some(entry) => entry,
            None => Entry::stored_long(bytes),
        }
    }

    /// The key of the entry that starts there in the bytes of a log, if that is quickly seen.
    #[inline]
    pub(crate) fn key_at(bytes: &'a [u8], at: usize) -> Option<&'a [u8]> {
        match Entry::short(&bytes[at..])?.body {
            Body::One(op) => Some(op.key),
            _ => None,
        }
    }

    #[inline(never)]
    fn stored_long(bytes: &'a [u8]) -> Self {
        let trust = |body| Ok(Ops { first: None, rest: body });
        Entry::read_long(&mut Reader::new(bytes), trust).expect("a log holds whole entries")
    }

    /// The entry with those changes that was just written to `bytes`.
    #[inline]
    pub(crate) fn written(version: u64, ops: &[Op<'a>], bytes: &'a [u8]) -> Self {
        match ops {
            [op] => Entry { version, body: Body::One(*op), bytes },
            _ => Entry::stored(bytes, 0),
        }
    }

    /// A `Set` whose numbers take as few bytes as those of nearly all do; `None` is anything else,
    /// and what is wrong.
    #[inline(always)]
    pub(super) fn short(rest: &'a [u8]) -> Option<Self> {
        let head = rest.first_chunk::<8>()?;
        let (version, at) = match *head {
            [first @ 1..0x80, ..] => (u64::from(first), 1),
            [first, last @ 1..0x80, ..] if first >= 0x80 => {
                (u64::from(first & 0x7f) | u64::from(last) << 7, 2)
            }
            [first, second, last @ 1..0x80, ..] if first >= 0x80 && second >= 0x80 => {
                let low = u64::from(first & 0x7f) | u64::from(second & 0x7f) << 7;
                (low | u64::from(last) << 14, 3)
            }
            _ => return None,
        };
        let (len, body) = match (head[at + 1], head[at + 2]) {
            (len @ 0..0x80, _) => (usize::from(len), at + 2),
            (low, high @ 1..0x80) => (usize::from(low & 0x7f) | usize::from(high) << 7, at + 3),
            _ => return None,
        };
        let key_len = usize::from(head[body]);
        if head[at] != SET || key_len.wrapping_sub(1) >= 0x7f {
            return None;
        }
        let bytes = rest.get(..body + len)?;
        let (key, value) = bytes.get(body + 1..)?.split_at_checked(key_len)?;
        Some(Entry { version, body: Body::One(Op { key, value: Some(value) }), bytes })
    }

    #[inline]
    fn read_as(
        reader: &mut Reader<'a>,
        batch: impl FnOnce(Reader<'a>) -> Result<Ops<'a>, Error>,
    ) -> Result<Self, Error> {
        if let Some(entry) = Entry::short(reader.rest()) {
            reader.skip(entry.bytes.len());
            return Ok(entry);
        }
        Entry::read_long(reader, batch)
    }

    fn read_long(
        reader: &mut Reader<'a>,
        batch: impl FnOnce(Reader<'a>) -> Result<Ops<'a>, Error>,
    ) -> Result<Self, Error> {
        let start = reader.rest();
        let version = reader.version()?;
        if version == 0 {
            return Err(Error::Malformed("an entry has version 0"));
        }
        let kind = reader.byte()?;
        let body = reader.slice()?;
        let bytes = &start[..start.len() - reader.rest().len()];
        let body = if kind == SET {
            let mut body = Reader::new(body);
            let key = non_empty(body.slice()?)?;
            Body::One(Op { key, value: Some(body.rest()) })
        } else {
            read_other(kind, body, version, batch)?
        };
        Ok(Entry { version, body, bytes })
    }

    /// The changes of keys in it: one, several, or none for what changes no key.
    #[inline]
    pub fn ops(&self) -> Ops<'a> {
        match self.body {
            Body::One(op) => Ops { first: Some(op), rest: Reader::new(&[]) },
            Body::Batch(ops) => ops,
            _ => Ops { first: None, rest: Reader::new(&[]) },
        }
    }
}

fn non_empty(key: &[u8]) -> Result<&[u8], Error> {
    if key.is_empty() { Err(Error::Malformed("a key is empty")) } else { Ok(key) }
}

/// The body of every kind but the commonest.
fn read_other<'a>(
    kind: u8,
    body: &'a [u8],
    version: u64,
    batch: impl FnOnce(Reader<'a>) -> Result<Ops<'a>, Error>,
) -> Result<Body<'a>, Error> {
    let mut reader = Reader::new(body);
    let decoded = match kind {
        DELETE => return Ok(Body::One(Op { key: non_empty(body)?, value: None })),
        BATCH => return batch(reader).map(Body::Batch),
        COMPACT => {
            let up_to = reader.version()?;
            if up_to == 0 || up_to >= version {
                return Err(Error::Malformed("a compaction reaches beyond itself, or nowhere"));
            }
            Body::Compact { up_to }
        }
        LEAVE => Body::Leave,
        EVICT => Body::Evict { participant: reader.id()?, generation: reader.generation()? },
        _ => return Err(Error::Malformed("an entry is of an unknown kind")),
    };
    if reader.is_empty() { Ok(decoded) } else { Err(Error::Malformed("an entry is too long")) }
}

/// Iterator over the changes of keys in one entry.
#[derive(Clone, Copy, Debug)]
pub struct Ops<'a> {
    first: Option<Op<'a>>,
    rest: Reader<'a>,
}

impl PartialEq for Ops<'_> {
    fn eq(&self, other: &Self) -> bool {
        (*self).eq(*other)
    }
}

impl Eq for Ops<'_> {}

impl<'a> Ops<'a> {
    /// Check that these are at least two changes, of keys in strictly ascending order.
    fn decode(body: Reader<'a>) -> Result<Self, Error> {
        let mut reader = body;
        let (mut count, mut previous): (usize, &[u8]) = (0, &[]);
        while !reader.is_empty() {
            let op = Op::read(&mut reader)?;
            // No key is empty, so the first one is always above this.
            if op.key <= previous {
                return Err(Error::Malformed("a batch is not sorted, or has an empty key"));
            }
            previous = op.key;
            count += 1;
        }
        if count < 2 {
            return Err(Error::Malformed("a batch of fewer than two changes"));
        }
        Ok(Ops { first: None, rest: body })
    }

    /// Where each change of a batch starts in the bytes of its entry.
    pub(crate) fn offsets_in(self, entry: &[u8]) -> impl Iterator<Item = u32> + use<'a> {
        let (mut ops, len) = (self, entry.len());
        core::iter::from_fn(move || {
            let offset = len - ops.rest.rest().len();
            ops.next().map(|_| offset as u32)
        })
    }
}

impl<'a> Iterator for Ops<'a> {
    type Item = Op<'a>;

    #[inline]
    fn next(&mut self) -> Option<Op<'a>> {
        match self.first.take() {
            Some(first) => Some(first),
            None if self.rest.is_empty() => None,
            None => Op::read(&mut self.rest).ok(),
        }
    }
}

impl<'a> Op<'a> {
    /// The change that starts there in the bytes of a batch.
    pub(crate) fn at(entry: &'a [u8], offset: usize) -> Option<Self> {
        Op::read(&mut Reader::new(entry.get(offset..)?)).ok()
    }

    /// `<1> <key> <value>` or `<2> <key>`, both with their lengths in front: a change in a batch.
    fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let kind = reader.byte()?;
        let key = reader.slice()?;
        let value = match kind {
            SET => Some(reader.slice()?),
            DELETE => None,
            _ => return Err(Error::Malformed("a change in a batch is of an unknown kind")),
        };
        Ok(Op { key, value })
    }

    fn len_in_batch(&self) -> usize {
        let value = self.value.map_or(0, |value| varint::prefixed_len(value.len()));
        1 + varint::prefixed_len(self.key.len()) + value
    }
}

fn put_head(out: &mut Vec<u8>, version: u64, kind: u8, body_len: usize) {
    varint::put(out, version);
    out.push(kind);
    varint::put(out, body_len as u64);
}

/// Append bytes with their length in front.
fn put_prefixed(out: &mut Vec<u8>, bytes: &[u8]) {
    varint::put(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Append the `Set` of `key` to `value` at `version`.
pub(crate) fn put_set(out: &mut Vec<u8>, version: u64, key: &[u8], value: &[u8]) {
    let len = varint::prefixed_len(key.len()) + value.len();
    if version < 1 << 21 && len < 1 << 14 && key.len() < 1 << 7 {
        // Nearly every one: its head is at most seven bytes.
        let head = Head::default().varint(version).byte(SET).varint(len as u64);
        head.byte(key.len() as u8).put(out);
    } else {
        put_head(out, version, SET, len);
        varint::put(out, key.len() as u64);
    }
    out.extend_from_slice(key);
    out.extend_from_slice(value);
}

/// Append the `Delete` of `key`.
pub(crate) fn put_delete(out: &mut Vec<u8>, version: u64, key: &[u8]) {
    put_head(out, version, DELETE, key.len());
    out.extend_from_slice(key);
}

/// Append what sets and deletes several keys at once, in ascending order of the keys: one change is
/// a `Set` or a `Delete`, several are a `Batch`.
pub(crate) fn put_ops(out: &mut Vec<u8>, version: u64, ops: &[Op<'_>]) {
    if let [op] = ops {
        return match op.value {
            Some(value) => put_set(out, version, op.key, value),
            None => put_delete(out, version, op.key),
        };
    }
    put_head(out, version, BATCH, ops.iter().map(Op::len_in_batch).sum());
    for op in ops {
        out.push(if op.value.is_some() { SET } else { DELETE });
        put_prefixed(out, op.key);
        if let Some(value) = op.value {
            put_prefixed(out, value);
        }
    }
}

/// Append the compaction up to that version.
pub(crate) fn put_compact(out: &mut Vec<u8>, version: u64, up_to: u64) {
    put_head(out, version, COMPACT, varint::len(up_to));
    varint::put(out, up_to);
}

/// Append the owner's farewell.
pub(crate) fn put_leave(out: &mut Vec<u8>, version: u64) {
    put_head(out, version, LEAVE, 0);
}

/// Append the eviction of a participant in that generation.
pub(crate) fn put_evict(out: &mut Vec<u8>, version: u64, participant: &[u8], generation: u64) {
    let len = varint::prefixed_len(participant.len()) + varint::len(generation);
    put_head(out, version, EVICT, len);
    put_prefixed(out, participant);
    varint::put(out, generation);
}

/// Bytes of such a `Set`.
pub(crate) fn set_len(version: u64, key: usize, value: usize) -> usize {
    let body = varint::len(key as u64) + key + value;
    varint::len(version) + 1 + varint::len(body as u64) + body
}

/// Bytes of an entry with those changes.
pub(crate) fn ops_len(version: u64, ops: &[Op<'_>]) -> usize {
    let body = match ops {
        [op] => match op.value {
            Some(value) => return set_len(version, op.key.len(), value.len()),
            None => op.key.len(),
        },
        _ => ops.iter().map(Op::len_in_batch).sum(),
    };
    varint::len(version) + 1 + varint::prefixed_len(body)
}

#[cfg(test)]
mod tests;
