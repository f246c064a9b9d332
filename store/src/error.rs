//! What a store answers when something is wrong with it.

use std::error::Error;
use std::fmt;
use std::io;

/// Why a state could not be opened, or is not kept any more.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreError {
    /// The system refused. Of a state that was open nothing is kept any more, for good: nobody
    /// knows what of the last changes reached the disk. Opened again, it tells.
    Io {
        /// What was to be done.
        doing: &'static str,
        /// What the system says.
        kind: io::ErrorKind,
        /// The same in its own words.
        text: String,
    },
    /// Another process has this state, or another host in this process. Nothing changed.
    InUse,
    /// The host is of another process: this one was forked from it. Nothing changed.
    Inherited,
    /// The state was closed. Nothing changed.
    Closed,
    /// The file is not one of a state. It is left as it is.
    NotAState,
    /// The file is of a newer version of this library. It is left as it is.
    Newer {
        /// The version of its format.
        format: u32,
    },
    /// What was durable has changed since: the disk is broken, or somebody wrote to the file. It is
    /// left as it is; a copy of it from before can take its place.
    Damaged {
        /// Where the first byte is that cannot be trusted.
        at: u64,
    },
    /// The core refused: the file is of another participant or cluster
    /// ([`Foreign`](plasmid::Error::Foreign)), an option is out of range, or what the file says
    /// contradicts itself. The file is left as it is.
    Host(plasmid::Error),
}

impl StoreError {
    pub(crate) fn io(doing: &'static str, error: &io::Error) -> Self {
        StoreError::Io { doing, kind: error.kind(), text: error.to_string() }
    }
}

impl From<plasmid::Error> for StoreError {
    fn from(error: plasmid::Error) -> Self {
        StoreError::Host(error)
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Io { doing, text, .. } => {
                write!(f, "the state is not kept: {doing}: {text}")
            }
            StoreError::InUse => f.write_str("another process or host has this state"),
            StoreError::Inherited => f.write_str("the state is that of the process before a fork"),
            StoreError::Closed => f.write_str("the host is closed"),
            StoreError::NotAState => f.write_str("the file is not a state of plasmid"),
            StoreError::Newer { format } => {
                write!(f, "the file is of a newer version of plasmid, its format is {format}")
            }
            StoreError::Damaged { at } => write!(f, "the file is damaged at byte {at}"),
            StoreError::Host(plasmid::Error::Foreign) => {
                f.write_str("the file is the state of another participant or cluster")
            }
            StoreError::Host(error) => error.fmt(f),
        }
    }
}

impl Error for StoreError {}
