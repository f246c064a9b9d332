//! What the program is told to do, as its arguments.

use std::path::PathBuf;

use super::careless::Fault;
use super::writes::{Load, Writes};

/// The arguments.
#[derive(Clone, Debug)]
pub struct Orders {
    /// The file.
    pub path: PathBuf,
    /// Which process this is of all that ever open the file: its nonce, and what it writes.
    pub life: u64,
    /// How many threads write.
    pub threads: u64,
    /// Whether changes are shown before they are durable.
    pub is_relaxed: bool,
    /// Whether superseded values are kept.
    pub has_history: bool,
    /// What is written.
    pub load: Load,
    /// How long a thread rests after a change, µs.
    pub pause_us: u64,
    /// What is wrong with the disk.
    pub fault: Fault,
}

impl Orders {
    /// What that thread writes.
    pub fn writes(&self, thread: u64) -> Writes {
        Writes::new(self.load, self.life, thread)
    }

    /// As arguments of the program.
    pub fn arguments(&self) -> Vec<std::ffi::OsString> {
        let numbers = [
            self.life,
            self.threads,
            u64::from(self.is_relaxed),
            u64::from(self.has_history),
            u64::from(self.load.keys),
            self.load.value as u64,
            self.pause_us,
            self.fault as u64,
        ];
        let path = std::iter::once(self.path.clone().into_os_string());
        path.chain(numbers.iter().map(|number| number.to_string().into())).collect()
    }

    /// The arguments again.
    pub fn parse(mut arguments: impl Iterator<Item = std::ffi::OsString>) -> Option<Self> {
        let path = PathBuf::from(arguments.next()?);
        let numbers = arguments.map(|argument| argument.to_str()?.parse().ok());
        let numbers: Option<Vec<u64>> = numbers.collect();
        let [life, threads, is_relaxed, has_history, keys, value, pause_us, fault] = numbers?[..]
        else {
            return None;
        };
        Some(Orders {
            path,
            life,
            threads,
            is_relaxed: is_relaxed > 0,
            has_history: has_history > 0,
            load: Load { keys: u8::try_from(keys).ok()?, value: usize::try_from(value).ok()? },
            pause_us,
            fault: *Fault::ALL.get(usize::try_from(fault).ok()?)?,
        })
    }
}
