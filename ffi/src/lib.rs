//! libplasmid: plasmid's host, stream and exchange as C functions.
//!
//! This crate translates: pointers to slices, errors to numbers, panics to `PLASMID_INTERNAL`. It
//! holds no protocol logic. It is the only crate of the workspace with `unsafe`; `boundary.rs`
//! holds the reasons why it is sound, and the functions only state what their caller promises.
//!
//! The documentation of the functions is written for C and generated into `include/plasmid.h`,
//! whose opening comment holds the rules that all of them share.

// The names are those of the header, so that one search finds both sides.
#![allow(non_camel_case_types)]
// What a caller must keep is said once, at the top of the header; a "Safety" heading per function
// would end up there too.
#![allow(clippy::missing_safety_doc)]

mod batch;
mod boundary;
mod changes;
mod config;
mod durable;
mod exchange;
#[cfg(feature = "forced-panic")]
mod forced_panic;
mod host;
mod iterate;
mod limits;
mod presence;
mod process;
mod read;
mod rows;
mod snapshot;
mod status;
mod stream;
mod version;
mod write;

pub use batch::*;
pub use changes::*;
pub use config::*;
pub use durable::*;
pub use exchange::*;
#[cfg(feature = "forced-panic")]
pub use forced_panic::*;
pub use host::*;
pub use iterate::*;
pub use limits::*;
pub use presence::*;
pub use read::*;
pub use snapshot::*;
pub use status::*;
pub use stream::*;
pub use version::*;
pub use write::*;
