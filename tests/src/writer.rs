//! A program that writes to a durable host until it is killed, seen from both sides: what it is
//! told to do, what it writes, and what it says. The program is `bin/writer.rs`; who kills it is in
//! `../tests/killed/`.

pub mod careless;
pub mod line;
pub mod orders;
pub mod writes;

/// The participant that the program is.
pub const ID: &[u8] = b"writer";

/// The room of a message: enough for all of it.
pub const BUDGET: usize = 16 << 20;
