//! Short ids: 8-byte keyed hashes that stand for participants in digests.

use core::hash::Hasher;

use siphasher::sip::SipHasher24;

/// A participant id hashed to 64 bits: SipHash-2-4 keyed by the cluster's hash. Two different ids
/// of one cluster share a short id with probability 2⁻⁶⁴; a host that meets such a pair keeps the
/// one it met first and counts the other as skipped.
pub type ShortId = u64;

/// The 8 bytes that name a cluster in every message: SipHash-2-4 with a zero key.
pub fn cluster_hash(name: &[u8]) -> u64 {
    sip(0, name)
}

/// The short id of `id` within the cluster of that hash.
pub fn short_id(cluster_hash: u64, id: &[u8]) -> ShortId {
    sip(cluster_hash, id)
}

fn sip(key: u64, bytes: &[u8]) -> u64 {
    let mut hasher = SipHasher24::new_with_keys(key, 0);
    hasher.write(bytes);
    hasher.finish()
}
