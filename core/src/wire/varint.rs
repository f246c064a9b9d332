//! Unsigned LEB128 in its one minimal form, below 2⁶³: at most nine bytes.

use alloc::vec::Vec;

/// Bytes that `value` takes.
pub(crate) const fn len(value: u64) -> usize {
    let bits = 64 - (value | 1).leading_zeros() as usize;
    // As many sevenths, rounded up, without a division.
    (bits * 9 + 64) / 64
}

/// Bytes of a body with its length in front.
pub(crate) const fn prefixed_len(body: usize) -> usize {
    len(body as u64) + body
}

/// The longest body that fits into `room` with its length in front.
pub(crate) const fn prefixed_room(room: usize) -> Option<usize> {
    let Some(body) = room.checked_sub(len(room as u64)) else {
        return None;
    };
    // Right at a boundary the shorter body needs a shorter length too.
    if prefixed_len(body + 1) <= room { Some(body + 1) } else { Some(body) }
}

/// Append `value`, which is below 2⁶³.
#[inline]
pub(crate) fn put(out: &mut Vec<u8>, mut value: u64) {
    debug_assert!(value < 1 << 63);
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Up to eight bytes of short numbers, put together in a register and appended at once.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Head {
    /// The first byte is the lowest.
    bytes: u64,
    len: u32,
}

impl Head {
    #[inline]
    pub(crate) const fn byte(self, byte: u8) -> Self {
        Head { bytes: self.bytes | (byte as u64) << (8 * self.len), len: self.len + 1 }
    }

    /// A number below 2²¹: at most three bytes.
    #[inline]
    pub(crate) fn varint(self, value: u64) -> Self {
        debug_assert!(value < 1 << 21 && self.len <= 5);
        let spread = value & 0x7f | (value & 0x3f80) << 1 | value >> 14 << 16;
        let (more, len) = match value {
            0..0x80 => (0, 1),
            0x80..0x4000 => (0x80, 2),
            _ => (0x8080, 3),
        };
        Head { bytes: self.bytes | (spread | more) << (8 * self.len), len: self.len + len }
    }

    #[inline]
    pub(crate) fn put(self, out: &mut Vec<u8>) {
        let len = out.len() + self.len as usize;
        out.extend_from_slice(&self.bytes.to_le_bytes());
        out.truncate(len);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::reader::Reader;

    #[test]
    fn every_boundary_round_trips_and_has_the_length_it_says() {
        for shift in 0..63 {
            for value in [(1u64 << shift) - 1, 1 << shift, (1 << shift) + 1] {
                let mut bytes = Vec::new();
                put(&mut bytes, value);
                assert_eq!(bytes.len(), len(value));
                let mut reader = Reader::new(&bytes);
                assert_eq!(reader.varint(), Ok(value));
                assert!(reader.is_empty());
            }
        }
        assert_eq!(len((1 << 63) - 1), 9);
    }

    #[test]
    fn a_head_is_what_its_numbers_are() {
        for first in [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, (1 << 21) - 1] {
            for second in [0, 0x7f, 0x80, 0x3fff, 0x4000, (1 << 21) - 1] {
                let (mut head, mut bytes) = (Vec::from([9]), Vec::from([9]));
                Head::default().varint(first).byte(7).varint(second).put(&mut head);
                put(&mut bytes, first);
                bytes.push(7);
                put(&mut bytes, second);
                assert_eq!(head, bytes);
            }
        }
    }

    #[test]
    fn a_body_fills_the_room_for_it_exactly_when_it_can() {
        assert_eq!(prefixed_room(0), None);
        for room in 1..40_000 {
            let body = prefixed_room(room).expect("one byte is room for an empty body");
            assert!(prefixed_len(body) <= room);
            assert!(prefixed_len(body + 1) > room, "{room}");
        }
    }

    #[test]
    fn longer_forms_than_needed_and_larger_values_are_refused() {
        for bytes in [
            &[0x80, 0x00][..],
            &[0xff, 0x80, 0x00],
            &[0x80],
            &[],
            &[0xff; 9],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
        ] {
            assert!(Reader::new(bytes).varint().is_err(), "{bytes:x?}");
        }
    }
}
