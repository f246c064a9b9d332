//! Compressed messages in frames, between two hosts that both said they take them.
//!
//! What a peer announces is never believed: the room is capped by the greatest message before
//! anything is unpacked into it, and what comes out must be as long as was said.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use crate::config::within;
use crate::error::{Error, Limit};
use crate::wire::reader::Reader;
use crate::wire::varint;

/// Stands where a message has its wire version.
const PACKED: u8 = 0;

/// Shorter messages are sent as they are.
const LEAST: usize = 1024;

/// The fastest: what travels is often read once.
#[cfg(not(any(target_os = "none", target_family = "wasm")))]
const LEVEL: i32 = 1;

/// Whether messages can be packed here: the library that does it needs an operating system.
pub(crate) const IS_POSSIBLE: bool = cfg!(not(any(target_os = "none", target_family = "wasm")));

/// The frame that stands for a message, if that is shorter.
pub(crate) fn pack(message: &[u8]) -> Option<Vec<u8>> {
    let packed = if message.len() < LEAST { None } else { compress(message) }?;
    let mut frame = Vec::with_capacity(10 + packed.len());
    frame.push(PACKED);
    varint::put(&mut frame, message.len() as u64);
    frame.extend_from_slice(&packed);
    (frame.len() < message.len()).then_some(frame)
}

/// The message in a frame, of at most `max` bytes.
pub(crate) fn unpack(frame: &[u8], max: u64) -> Result<Cow<'_, [u8]>, Error> {
    let [PACKED, packed @ ..] = frame else {
        return Ok(Cow::Borrowed(frame));
    };
    let mut reader = Reader::new(packed);
    let len = reader.varint()?;
    within(Limit::MessageBytes, len, 1, max)?;
    let message = decompress(reader.rest(), len as usize);
    let message = message.filter(|message| message.len() as u64 == len);
    message.map(Cow::Owned).ok_or(Error::Malformed("what is compressed is not what was said"))
}

#[cfg(not(any(target_os = "none", target_family = "wasm")))]
fn compress(message: &[u8]) -> Option<Vec<u8>> {
    let mut packed = Vec::with_capacity(zstd_safe::compress_bound(message.len()));
    zstd_safe::compress(&mut packed, message, LEVEL).ok()?;
    Some(packed)
}

/// At most `len` bytes, which are there before the first is written.
#[cfg(not(any(target_os = "none", target_family = "wasm")))]
fn decompress(packed: &[u8], len: usize) -> Option<Vec<u8>> {
    // The library would take several frames, one after the other.
    let is_one = zstd_safe::find_frame_compressed_size(packed) == Ok(packed.len());
    let mut message = if is_one { Vec::with_capacity(len) } else { return None };
    zstd_safe::decompress(&mut message, packed).ok()?;
    Some(message)
}

#[cfg(any(target_os = "none", target_family = "wasm"))]
fn compress(_: &[u8]) -> Option<Vec<u8>> {
    None
}

#[cfg(any(target_os = "none", target_family = "wasm"))]
fn decompress(_: &[u8], _: usize) -> Option<Vec<u8>> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: u64 = 1 << 20;

    #[test]
    fn what_is_packed_comes_out_again() {
        let message: Vec<u8> = (0..5000u32).map(|at| (at % 97) as u8 + 1).collect();
        let frame = pack(&message).expect("it repeats itself");
        assert!(frame.len() < 500);
        assert_eq!(unpack(&frame, MAX).expect("it was just packed"), message);
        assert_eq!(unpack(&message, MAX).expect("it is not packed"), message);
    }

    #[test]
    fn what_is_short_or_random_goes_as_it_is() {
        assert_eq!(pack(&[1; LEAST - 1]), None);
        let mut rng = fastrand::Rng::with_seed(1);
        let noise: Vec<u8> = (0..5000).map(|_| rng.u8(..)).collect();
        assert_eq!(pack(&noise), None);
    }

    /// A few bytes that unpack to more than may be are refused before anything is unpacked.
    #[test]
    fn lies_and_bombs_are_refused() {
        let bomb = pack(&alloc::vec![7; 1 << 20]).expect("it repeats itself");
        assert!(bomb.len() < 200);
        assert!(matches!(unpack(&bomb, MAX - 1), Err(Error::Limit { .. })));
        assert!(unpack(&bomb, MAX).is_ok());
        let message: Vec<u8> = (0..5000u32).map(|at| (at % 97) as u8 + 1).collect();
        let frame = pack(&message).expect("it repeats itself");
        let lie = |len: u64| {
            let mut lie = Vec::from([PACKED]);
            varint::put(&mut lie, len);
            lie.extend_from_slice(&frame[3..]);
            lie
        };
        assert_eq!(lie(5000), frame);
        for len in [0, 1, 4999, 5001, MAX, MAX + 1, 1 << 62] {
            assert!(unpack(&lie(len), MAX).is_err(), "{len}");
        }
        let twice = [&frame[..], &frame[3..]].concat();
        assert!(unpack(&twice, MAX).is_err(), "a second one behind the first");
        for end in 0..frame.len() {
            assert!(end == 0 || unpack(&frame[..end], MAX).is_err(), "cut at {end}");
        }
        for at in 1..frame.len() {
            let mut damaged = frame.clone();
            damaged[at] ^= 0x10;
            // It is refused, or the checksum of the message will refuse it.
            let _ = unpack(&damaged, MAX);
        }
    }
}
