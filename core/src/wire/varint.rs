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

/// A few numbers and bytes that are appended at once.
#[derive(Debug, Default)]
pub(crate) struct Head {
    bytes: [u8; Head::MAX_LEN],
    len: usize,
}

impl Head {
    /// Three numbers and a byte.
    const MAX_LEN: usize = 28;

    #[inline]
    pub(crate) fn byte(mut self, byte: u8) -> Self {
        self.bytes[self.len] = byte;
        self.len += 1;
        self
    }

    #[inline]
    pub(crate) fn varint(mut self, mut value: u64) -> Self {
        while value >= 0x80 {
            self = self.byte(value as u8 | 0x80);
            value >>= 7;
        }
        self.byte(value as u8)
    }

    #[inline]
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.bytes[..self.len]);
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
