//! What every contestant is fed: ids, keys and values of the same lengths and the same entropy.
//! Ids and keys have 16 bytes.

pub(crate) const VALUE: usize = 64;

/// What base64 writes with. A value is text, as most values are, and a compressor finds in 64 bytes
/// of it the 48 that are chance.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(crate) fn id(number: usize) -> Vec<u8> {
    format!("member-{number:09}").into_bytes()
}

pub(crate) fn key(number: usize) -> Vec<u8> {
    format!("key-{number:012}").into_bytes()
}

/// The values of one participant, always the same ones.
pub(crate) struct Values(fastrand::Rng);

impl Values {
    pub(crate) fn of(participant: usize) -> Self {
        Values(fastrand::Rng::with_seed(participant as u64))
    }

    pub(crate) fn next(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| ALPHABET[self.0.usize(..ALPHABET.len())]).collect()
    }
}
