//! Numbers that the grammar fixes.

/// The least budget of a message, bytes: a header and a small update of a participant with the
/// longest id fit, so that every exchange can make progress.
pub const MIN_BUDGET: usize = 512;

/// The longest participant id, bytes. Header and delta both carry ids, and both must leave room
/// within [`MIN_BUDGET`].
pub const MAX_ID_BYTES: usize = 128;

/// Generations are varints, and those end below 2⁶³.
pub(crate) const MAX_GENERATION: u64 = (1 << 63) - 1;

/// Versions end below 2⁶⁰, so that differences and sums of a few of them stay within 63 bits.
pub(crate) const MAX_VERSION: u64 = (1 << 60) - 1;

/// What an evicted slot has in place of a version: it outranks every version of its generation, and
/// every host computes the same.
pub(crate) const EVICTED: u64 = MAX_VERSION + 1;
