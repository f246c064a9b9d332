#![doc = include_str!("../PROTOCOL.md")]
//!
//! # In this module
//!
//! [`Message::decode`] and [`Message::encode`] are for those who look at messages: tests, tools,
//! other implementations. A program that gossips needs neither: [`Host`](crate::Host) takes and
//! gives bytes.
//!
//! ```
//! # fn main() -> Result<(), plasmid::Error> {
//! let mut host = plasmid::Host::new(b"a", plasmid::Config::default())?;
//! host.set(b"color", b"red")?;
//! let bytes = host.initiate(1200)?;
//! let message = plasmid::wire::Message::decode(&bytes)?;
//! assert_eq!(message.sender.id, b"a");
//! let lines = message.digest.into_iter().flat_map(|digest| digest.lines());
//! assert_eq!(lines.map(|line| line.max_version).collect::<Vec<_>>(), [1]);
//! assert_eq!(message.encode(), bytes);
//! # Ok(())
//! # }
//! ```

pub(crate) mod bounds;
pub(crate) mod checksum;
pub(crate) mod delta;
pub(crate) mod digest;
pub(crate) mod entries;
pub(crate) mod entry;
pub(crate) mod keep;
pub(crate) mod lines;
pub(crate) mod message;
pub(crate) mod reader;
pub(crate) mod short;
pub(crate) mod sketch;
pub(crate) mod varint;
pub(crate) mod want;

pub use bounds::{MAX_ID_BYTES, MIN_BUDGET};
pub use delta::{Delta, ParticipantDelta, ParticipantDeltas, Piece};
pub use digest::{Digest, DigestLine, DigestLines};
pub use entries::Entries;
pub use entry::{Body, Entry, Op, Ops};
pub use keep::{Clean, KeepList};
pub use lines::{Acked, CleanLine, HeardLine, Lines, StagedLine};
pub use message::{Kind, Message, Sender};
pub use short::{ShortId, cluster_hash, short_id};
pub use sketch::{Cell, Sketch};
pub use want::{Want, WantLine};
