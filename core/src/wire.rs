#![doc = include_str!("../PROTOCOL.md")]
//!
//! # In this module
//!
//! [`Message::decode`] and [`Message::encode`] are for those who look at messages: tests, tools,
//! other implementations. A program that gossips needs neither: [`Host`](crate::Host) takes and
//! gives bytes.

pub(crate) mod bounds;
mod checksum;
pub(crate) mod delta;
pub(crate) mod digest;
pub(crate) mod entry;
pub(crate) mod message;
pub(crate) mod reader;
pub(crate) mod short;
pub(crate) mod varint;

pub use bounds::{MAX_ID_BYTES, MIN_BUDGET};
pub use delta::{Delta, ParticipantDelta, ParticipantDeltas};
pub use digest::{Digest, DigestEntries, DigestEntry};
pub use entry::{Entries, Entry};
pub use message::{Kind, Message, Sender};
pub use short::{ShortId, cluster_hash, short_id};
