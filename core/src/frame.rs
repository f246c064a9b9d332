//! Messages on a byte stream: each with its length in front. A frame of length 0 says that there is
//! nothing to say.

pub(crate) mod packed;

use alloc::vec::Vec;

use crate::config::within;
use crate::error::{Error, Limit};
use crate::wire::reader::Reader;
use crate::wire::varint;

/// Puts together frames from bytes that arrive split anywhere.
#[derive(Debug, Default)]
pub(crate) struct Inbound {
    /// The length's bytes, then the message's: one frame at a time.
    partial: Vec<u8>,
}

impl Inbound {
    /// Take bytes from the front of `bytes` until a frame is whole: its message, or `None` if all
    /// bytes were taken and more are needed.
    ///
    /// # Errors
    ///
    /// Malformed, or longer than `max` bytes, which is seen before anything of that size is held.
    pub(crate) fn take(&mut self, bytes: &mut &[u8], max: u64) -> Result<Option<Vec<u8>>, Error> {
        loop {
            let mut reader = Reader::new(&self.partial);
            if let Some(len) = length(&mut reader)? {
                within(Limit::MessageBytes, len, 0, max)?;
                let missing = len as usize - reader.rest().len();
                let taken = bytes.split_off(..missing.min(bytes.len())).unwrap_or_default();
                self.partial.extend_from_slice(taken);
                if taken.len() < missing {
                    return Ok(None);
                }
                let head = varint::len(len);
                let mut frame = core::mem::take(&mut self.partial);
                frame.drain(..head);
                return Ok(Some(frame));
            }
            let Some(byte) = bytes.split_off_first() else {
                return Ok(None);
            };
            self.partial.push(*byte);
        }
    }
}

/// The frame's length, or `None` if more bytes are needed to tell.
fn length(reader: &mut Reader<'_>) -> Result<Option<u64>, Error> {
    // Nine bytes are the longest number; so many without an end are not a short read.
    let is_cut = reader.rest().len() < 9 && reader.rest().iter().all(|byte| *byte >= 0x80);
    if is_cut { Ok(None) } else { reader.varint().map(Some) }
}

/// Bytes that wait to be transmitted.
#[derive(Debug, Default)]
pub(crate) struct Outbound {
    bytes: Vec<u8>,
    sent: usize,
}

impl Outbound {
    pub(crate) fn is_empty(&self) -> bool {
        self.sent == self.bytes.len()
    }

    /// Queue a frame with `message`; an empty one says that there is nothing to say.
    pub(crate) fn push(&mut self, message: &[u8]) {
        varint::put(&mut self.bytes, message.len() as u64);
        self.bytes.extend_from_slice(message);
    }

    /// The same, compressed if that is shorter.
    pub(crate) fn push_packed(&mut self, message: &[u8]) {
        match packed::pack(message) {
            Some(frame) => self.push(&frame),
            None => self.push(message),
        }
    }

    /// The next `max` bytes at most.
    pub(crate) fn take(&mut self, max: usize) -> Vec<u8> {
        let end = self.bytes.len().min(self.sent.saturating_add(max));
        let taken = self.bytes[self.sent..end].to_vec();
        self.sent = end;
        if self.is_empty() {
            *self = Outbound::default();
        }
        taken
    }
}
