//! What can go wrong, and whose fault it is. What is refused leaves the host exactly as it was.

use core::fmt;

/// Why a call was refused. Nothing changed and nothing was lost. A call that takes several messages
/// at once, as [`Stream::receive`](crate::Stream::receive) does, keeps what those before the one at
/// fault brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The bytes are not a message of this protocol: the peer's fault, or the transport's. The text
    /// names the rule that was broken.
    Malformed(&'static str),
    /// A well-formed message of another cluster: somebody connected the wrong hosts.
    Foreign,
    /// Something is over (or under) a limit of this host: the caller's fault for `set` and
    /// [`Host::new`](crate::Host::new), the peer's for a message that is too large.
    Limit {
        /// Which limit.
        limit: Limit,
        /// What was asked for, in the limit's unit.
        value: u64,
        /// The bound that was crossed, in the same unit: the greatest value allowed, or the least
        /// one where `value` is below it.
        max: u64,
    },
    /// Another process lives under this host's id, and was met again after this one had raised its
    /// generation: nothing is written until [`Host::renew`](crate::Host::renew).
    Conflict,
    /// This participant left: nothing is written until [`Host::renew`](crate::Host::renew).
    Left,
    /// Nothing is made durable here any more: the store failed, and what it holds of the last
    /// changes is known only when it is opened again; or it was closed. Reading goes on.
    Store,
    /// The bytes are not a cursor that [`Host::changes`](crate::Host::changes) of this host gave,
    /// in this life of it; or so much was forgotten since that nobody can tell who is gone.
    Cursor,
    /// Nobody of that id is known here.
    UnknownParticipant,
    /// A host cannot evict itself: it can leave.
    OwnParticipant,
    /// A budget between 1 and 511 bytes: no exchange makes progress with so little.
    BudgetTooSmall {
        /// The least budget, [`MIN_BUDGET`](crate::MIN_BUDGET).
        needed: usize,
    },
}

/// A limit that an [`Error::Limit`] names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// Bytes of a participant id: 1 to 128, not configurable.
    IdBytes,
    /// [`Limits::key_bytes`](crate::Limits::key_bytes); a key has at least 1 byte.
    KeyBytes,
    /// [`Limits::value_bytes`](crate::Limits::value_bytes).
    ValueBytes,
    /// [`Limits::message_bytes`](crate::Limits::message_bytes).
    MessageBytes,
    /// [`Limits::participants`](crate::Limits::participants).
    Participants,
    /// [`Limits::keys_per_participant`](crate::Limits::keys_per_participant).
    KeysPerParticipant,
    /// [`Limits::participant_bytes`](crate::Limits::participant_bytes).
    ParticipantBytes,
    /// [`Limits::state_bytes`](crate::Limits::state_bytes).
    StateBytes,
    /// [`Limits::departed`](crate::Limits::departed).
    Departed,
    /// [`Limits::remembered_deletes`](crate::Limits::remembered_deletes).
    RememberedDeletes,
    /// [`Limits::change_records`](crate::Limits::change_records).
    ChangeRecords,
    /// A generation is below 2⁶³.
    Generation,
    /// A version is below 2⁶⁰: a participant that changed 10⁹ times a second would get there in 36
    /// years. It goes on under a newer generation.
    Version,
}

impl Limit {
    /// The limit's name, spelled as the configuration spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Limit::IdBytes => "id_bytes",
            Limit::KeyBytes => "key_bytes",
            Limit::ValueBytes => "value_bytes",
            Limit::MessageBytes => "message_bytes",
            Limit::Participants => "participants",
            Limit::KeysPerParticipant => "keys_per_participant",
            Limit::ParticipantBytes => "participant_bytes",
            Limit::StateBytes => "state_bytes",
            Limit::Departed => "departed",
            Limit::RememberedDeletes => "remembered_deletes",
            Limit::ChangeRecords => "change_records",
            Limit::Generation => "generation",
            Limit::Version => "version",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Malformed(rule) => write!(f, "malformed message: {rule}"),
            Error::Foreign => f.write_str("the message belongs to another cluster"),
            Error::Limit { limit, value, max } if value < max => {
                write!(f, "{} is {value}, the least is {max}", limit.name())
            }
            Error::Limit { limit, value, max } => {
                write!(f, "{} is {value}, the limit is {max}", limit.name())
            }
            Error::Conflict => f.write_str("another process lives under this participant's id"),
            Error::Left => f.write_str("this participant has left"),
            Error::Store => {
                f.write_str("nothing is written any more: the store failed, or was closed")
            }
            Error::Cursor => f.write_str("this is not a cursor of this host's changes"),
            Error::UnknownParticipant => f.write_str("no such participant is known"),
            Error::OwnParticipant => f.write_str("a participant cannot evict itself"),
            Error::BudgetTooSmall { needed } => {
                write!(f, "the budget is too small, the least is {needed} bytes")
            }
        }
    }
}

impl core::error::Error for Error {}
