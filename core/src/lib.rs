//! Anti-entropy gossip: every host of a fleet holds the same small, fast-changing state.
//!
//! This crate is the Scuttlebutt protocol (van Renesse, Dumitriu, Gough, Thomas, LADIS 2008) and
//! nothing else: bytes in, bytes out. It opens no socket, reads no clock, draws no entropy and
//! starts no thread; the program moves the buffers over whatever transport it already has.
//!
//! A [`Host`] owns one participant's map (key → value, each change with the next version) and keeps
//! a copy of everyone else's. Two hosts meet in an *exchange* of a few messages, at most four:
//!
//! ```
//! use plasmid::{Config, Host};
//!
//! # fn main() -> Result<(), plasmid::Error> {
//! let mut a = Host::new(b"a", Config { nonce: 1, ..Config::default() })?;
//! let mut b = Host::new(b"b", Config { nonce: 2, ..Config::default() })?;
//! a.set(b"color", b"red")?;
//! b.set(b"shape", b"round")?;
//!
//! let budget = 1200; // bytes, say one datagram
//! let syn = a.initiate(budget)?; //               a: this is what I have
//! let syn_ack = b.receive(&syn, budget)?; //      b: this is what you lack, and what I have
//! let ack = a.receive(&syn_ack, budget)?; //      a: and this is what you lack
//! assert!(b.receive(&ack, budget)?.is_empty()); // nothing left to say
//!
//! assert_eq!(a.get_from(b"b", b"shape"), Some(&b"round"[..]));
//! assert_eq!(b.get_from(b"a", b"color"), Some(&b"red"[..]));
//! # Ok(())
//! # }
//! ```
//!
//! Over a byte stream, [`Host::create_stream`] and [`Host::exchange`] frame the same messages.
//! The wire grammar is in [`wire`].

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod apply;
mod config;
mod error;
mod frame;
mod host;
mod log;
mod reply;
mod sketch;
mod state;
mod stream;
pub mod wire;

pub use config::{Config, Digests, Limits, LocalState, Ordering};
pub use error::{Error, Limit};
pub use host::Host;
pub use host::batch::Batch;
pub use host::changes::{Change, ChangeKind, Changes, Filter};
pub use host::checkpoint::{Checkpoint, Kept};
pub use host::cursor::MAX_CURSOR_BYTES;
pub use host::durable::Unsaved;
pub use host::recovery::Recovery;
pub use host::turns::Turns;
pub use log::subject::Update;
pub use state::participant::Status;
pub use state::view::View;
pub use stream::{Exchange, Mode, Stream};
pub use wire::{MAX_ID_BYTES, MIN_BUDGET};
