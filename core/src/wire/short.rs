//! Short ids: 8-byte keyed hashes that stand for participants in digests.

use core::hash::Hasher;

use siphasher::sip::SipHasher24;

/// A participant id hashed to 60 bits, and four bits of zero: SipHash-2-4 keyed by the cluster's
/// hash. Two different ids of one cluster share a short id with probability 2⁻⁶⁰; a
/// host that meets such a pair keeps the one it met first and counts the other as skipped.
pub type ShortId = u64;

/// How many bits of a short id are always zero, so that wherever gaps are told they are told in
/// steps of 16. Sketches need room for two numbers of each participant in a field of 61 bits.
pub(crate) const STEP_BITS: u32 = 4;

/// The 8 bytes that name a cluster in every message: SipHash-2-4 with a zero key.
pub fn cluster_hash(name: &[u8]) -> u64 {
    keyed_hash(0, 0, name)
}

/// The short id of `id` within the cluster of that hash.
pub fn short_id(cluster_hash: u64, id: &[u8]) -> ShortId {
    keyed_hash(cluster_hash, 0, id) >> STEP_BITS << STEP_BITS
}

/// SipHash-2-4 with the two halves of its key.
pub(crate) fn keyed_hash(first: u64, second: u64, bytes: &[u8]) -> u64 {
    let mut hasher = SipHasher24::new_with_keys(first, second);
    hasher.write(bytes);
    hasher.finish()
}
