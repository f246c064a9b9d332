//! What the program says, a line each, so that whoever kills it knows all that it promised: a line
//! that was cut off was not said.

use std::fmt::{self, Display, Write as _};
use std::str::FromStr;

use crate::words;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// The state is open, and holds this. Nothing is written before the program is told to.
    Open(Opened),
    /// The state could not be opened.
    Refused(String),
    /// A thread made its next change, under that version, and was told that it will not be lost.
    Did {
        /// Which one.
        thread: u64,
        /// The version.
        version: u64,
        /// It changed something; otherwise the version is that of some change before it.
        is_change: bool,
    },
    /// All versions up to that one are durable, whatever was promised before.
    Kept(u64),
    /// The answer to a message.
    Said(Vec<u8>),
    /// The host was laid down.
    Closed,
    /// Something went wrong that must not.
    Failed(String),
}

/// What a state holds when it is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The generation.
    pub generation: u64,
    /// The version of the last change.
    pub max_version: u64,
    /// Of all that the own participant is ([`Copy::fingerprint`](crate::dump::Copy::fingerprint)).
    pub fingerprint: u64,
}

impl Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Line::Open(Opened { generation, max_version, fingerprint }) => {
                write!(f, "open {generation} {max_version} {fingerprint}")
            }
            Line::Refused(text) => write!(f, "refused {text}"),
            Line::Did { thread, version, is_change } => {
                write!(f, "did {thread} {version} {}", u8::from(*is_change))
            }
            Line::Kept(version) => write!(f, "kept {version}"),
            Line::Said(message) => write!(f, "said {}", digits(message)),
            Line::Closed => f.write_str("closed"),
            Line::Failed(text) => write!(f, "failed {text}"),
        }
    }
}

impl FromStr for Line {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let numbers = || -> Result<Vec<u64>, String> {
            rest.split(' ')
                .map(|word| word.parse().map_err(|_| format!("not so: {line}")))
                .collect()
        };
        Ok(match verb {
            "open" => match numbers()?[..] {
                [generation, max_version, fingerprint] => {
                    Line::Open(Opened { generation, max_version, fingerprint })
                }
                _ => return Err(line.to_owned()),
            },
            "did" => match numbers()?[..] {
                [thread, version, is_change] => {
                    Line::Did { thread, version, is_change: is_change > 0 }
                }
                _ => return Err(line.to_owned()),
            },
            "kept" => Line::Kept(rest.parse().map_err(|_| line.to_owned())?),
            "said" => Line::Said(words::hex(rest)?),
            "closed" => Line::Closed,
            "refused" => Line::Refused(rest.to_owned()),
            "failed" => Line::Failed(rest.to_owned()),
            _ => return Err(format!("not understood: {line}")),
        })
    }
}

/// Bytes as hex digits.
pub fn digits(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
