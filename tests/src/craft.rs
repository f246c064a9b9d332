//! Messages put together by hand, from the grammar alone: right ones, and ones that break a rule.

use crate::checksum;

/// `value` as unsigned LEB128 in its shortest form.
pub fn varint(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

/// `bytes` with their length in front.
pub fn prefixed(bytes: &[u8]) -> Vec<u8> {
    [&varint(bytes.len() as u64), bytes].concat()
}

/// A message under construction.
#[derive(Clone)]
pub struct Craft(Vec<u8>);

impl Craft {
    /// Version, kind, the cluster of that hash, and the sender x in generation 1.
    pub fn new(kind: u8, cluster: u64) -> Craft {
        Craft::raw(&[1, kind]).then(&cluster.to_be_bytes()).then(b"\x01x\x01").then(&[0; 8])
    }

    /// Nothing but these bytes.
    pub fn raw(bytes: &[u8]) -> Craft {
        Craft(bytes.to_vec())
    }

    /// Append bytes as they are.
    pub fn then(mut self, bytes: &[u8]) -> Craft {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Append a section.
    pub fn section(self, tag: u64, body: &[u8]) -> Craft {
        self.then(&varint(tag)).then(&prefixed(body))
    }

    /// Append the checksum.
    pub fn finish(mut self) -> Vec<u8> {
        self.0.extend_from_slice(&[0; 4]);
        checksum::mend(&mut self.0);
        self.0
    }
}

/// One line of a digest.
pub fn line(short: u64, generation: u64, max_version: u64) -> Vec<u8> {
    [&short.to_be_bytes()[..], &varint(generation), &varint(max_version)].concat()
}

/// One participant's section of a delta.
pub fn news(id: &[u8], generation: u64, from: u64, to: u64, entries: &[u8]) -> Vec<u8> {
    let head = [varint(generation), varint(from), varint(to)].concat();
    [prefixed(id), head, prefixed(entries)].concat()
}

/// An entry of any kind.
pub fn entry(version: u64, kind: u8, body: &[u8]) -> Vec<u8> {
    [&varint(version)[..], &[kind], &prefixed(body)].concat()
}

/// A `Set`.
pub fn set(version: u64, key: &[u8], value: &[u8]) -> Vec<u8> {
    entry(version, 1, &[&prefixed(key), value].concat())
}
