//! Support for the behaviour tests: the transcript language, a naive model of what replicas may
//! hold, and a network that loses, repeats, reorders and damages messages. The tests themselves are
//! in `tests/`; nothing here looks inside a host, everything goes through its public interface.

pub mod checksum;
pub mod contents;
pub mod craft;
pub mod disk;
pub mod dump;
pub mod fleet;
pub mod interleave;
pub mod model;
pub mod plan;
pub mod reader;
pub mod sums;
pub mod transcript;
pub mod words;
pub mod world;
pub mod writer;
