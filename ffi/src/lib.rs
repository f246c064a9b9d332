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

mod boundary;
mod config;
mod exchange;
#[cfg(feature = "forced-panic")]
mod forced_panic;
mod host;
mod iterate;
mod read;
mod snapshot;
mod status;
mod stream;
mod version;

pub use config::*;
pub use exchange::*;
#[cfg(feature = "forced-panic")]
pub use forced_panic::*;
pub use host::*;
pub use iterate::*;
pub use read::*;
pub use status::*;
pub use stream::*;
pub use version::*;
