#![doc = include_str!("../PROTOCOL.md")]
//!
//! # In this module
//!
//! [`Message::decode`] and [`Message::encode`] are for those who look at messages: tests, tools,
//! other implementations. A program that gossips needs neither: [`Host`](crate::Host) takes and
//! gives bytes.

mod checksum;
pub(crate) mod delta;
pub(crate) mod digest;
pub(crate) mod entry;
pub(crate) mod message;
pub(crate) mod reader;
pub(crate) mod short;
pub(crate) mod varint;

pub use delta::{Delta, ParticipantDelta, ParticipantDeltas};
pub use digest::{Digest, DigestEntries, DigestEntry};
pub use entry::{Entries, Entry};
pub use message::{Kind, Message, Sender};
pub use short::{ShortId, cluster_hash, short_id};

/// The least budget of a message, bytes: a header and one update of a participant with the longest
/// id fit, so that every exchange can make progress.
pub const MIN_BUDGET: usize = 512;

/// The longest participant id, bytes. Header and delta both carry ids, and both must leave room
/// within [`MIN_BUDGET`].
pub const MAX_ID_BYTES: usize = 128;

/// Generations are varints, and those end below 2⁶³.
pub(crate) const MAX_GENERATION: u64 = (1 << 63) - 1;

/// Versions end below 2⁶⁰, so that differences and sums of a few of them stay within 63 bits.
pub(crate) const MAX_VERSION: u64 = (1 << 60) - 1;
