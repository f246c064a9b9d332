//! A host whose own participant outlives the process: what was acknowledged is never lost, and
//! nothing that could still be lost is ever shown.
//!
//! A [`DurableState`] keeps one host in one file. Opened, it gives the host that the last process
//! left, in the same generation and with its copies of others, so that it goes on where it was.
//!
//! ```
//! # use plasmid::Config;
//! # use plasmid_store::{DurableState, StoreError};
//! # fn main() -> Result<(), StoreError> {
//! # let folder = std::env::temp_dir().join(format!("plasmid-doc-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder).expect("a folder");
//! let path = folder.join("a.state");
//! let config = Config { generation: 1, nonce: 1, ..Config::default() };
//! let (mut host, mut state) = DurableState::open(&path, b"a", config, false)?;
//! host.set(b"color", b"red")?;
//! assert_eq!(host.get(b"color"), None); // nobody sees it yet
//! state.commit(&mut host)?;
//! assert_eq!(host.get(b"color"), Some(&b"red"[..]));
//! drop((host, state)); // or the process is killed, or the power fails
//!
//! let config = Config { generation: 2, nonce: 2, ..Config::default() };
//! let (host, _state) = DurableState::open(&path, b"a", config, false)?;
//! assert_eq!(host.get(b"color"), Some(&b"red"[..]));
//! assert_eq!(host.generation(), 1);
//! # std::fs::remove_dir_all(&folder).expect("a folder");
//! # Ok(())
//! # }
//! ```
//!
//! The core decides what is kept and reads it again ([`plasmid::Recovery`]); what is here makes
//! bytes durable and knows nothing of what they say.

#![forbid(unsafe_code)]

mod disk;
mod error;
mod log;

use std::path::Path;

use plasmid::{Config, Host, Kept, Recovery, Turns};

pub use crate::disk::{Disk, FileDisk};
pub use crate::error::StoreError;

use crate::log::{Contents, Log};

/// Copies of others are kept this often, ms. They may be old: others tell the rest again.
const KEEP_EVERY_MS: u64 = 5_000;

/// A file may be longer than what it holds by half, and by so many bytes.
const SLACK: u64 = 32 << 10;

/// That of a relaxed host may be so many times as long, until its next tick.
const RELAXED: u64 = 16;

/// The file that keeps a host.
#[derive(Debug)]
pub struct DurableState {
    /// Why there is none, once it failed or was closed.
    log: Result<Log, StoreError>,
    /// What the file has of others.
    kept: Kept,
    /// When they were kept last, by the host's clock.
    kept_at: Option<u64>,
    /// So much more than the host said did its checkpoint take.
    surplus: u64,
    nonce: u64,
    is_relaxed: bool,
    /// The process that opened it.
    process: u32,
}

impl DurableState {
    /// Open the state at `path` and give the host that it keeps; make both if there is none. The
    /// file belongs to this one alone until it is dropped.
    ///
    /// What is written to a host that `is_relaxed` is shown at once, and durable a little later.
    /// Who writes does not wait for the disk, and the host starts a new generation after every stop
    /// without [`close`](DurableState::close). Give it one in `config` that is greater than those
    /// of the processes before: generations can be lost like anything else, and of several that
    /// were, a host says [`Conflict`](plasmid::Error::Conflict). Whether it is relaxed may differ
    /// from one time to the next.
    ///
    /// A file that holds a [`snapshot`](Host::snapshot) is taken for a state as well, and becomes
    /// one.
    ///
    /// # Errors
    ///
    /// [`StoreError`] says what is wrong with the file; it is left as it is.
    pub fn open(
        path: &Path,
        id: &[u8],
        config: Config,
        is_relaxed: bool,
    ) -> Result<(Host, DurableState), StoreError> {
        DurableState::open_on(Box::new(FileDisk::open(path)?), id, config, is_relaxed)
    }

    /// As [`open`](DurableState::open), on a disk of one's own.
    ///
    /// # Errors
    ///
    /// As [`open`](DurableState::open).
    pub fn open_on(
        mut disk: Box<dyn Disk>,
        id: &[u8],
        config: Config,
        is_relaxed: bool,
    ) -> Result<(Host, DurableState), StoreError> {
        let nonce = config.nonce;
        let read = disk.read().map_err(|error| StoreError::io("reading the file", &error))?;
        let (mut host, number) = match &read {
            None => (Recovery::new(id, config, is_relaxed)?.finish()?, 0),
            Some(bytes) if bytes.starts_with(b"plasmid\x01") => {
                (Recovery::restore(id, bytes, config, is_relaxed)?.finish()?, 0)
            }
            Some(bytes) => {
                let contents = Contents::read(bytes)?;
                let mut recovery = Recovery::new(id, config, is_relaxed)?;
                for payload in &contents.payloads {
                    recovery.take(payload)?;
                }
                (recovery.finish()?, contents.number.wrapping_add(1))
            }
        };
        drop(read);
        // What was read may have come out of memory, and the disk have said once that it could not
        // write it. So nothing of it counts as durable before it was written anew.
        let checkpoint = host.checkpoint();
        let log = Log::create(disk, number, nonce, checkpoint.records())?;
        let mut state = DurableState {
            kept: Kept::all_of(checkpoint.view()),
            kept_at: None,
            surplus: log.len().saturating_sub(host.kept_len() as u64),
            log: Ok(log),
            nonce,
            is_relaxed,
            process: std::process::id(),
        };
        // That this process has it is durable before anybody meets the host.
        state.commit(&mut host)?;
        state.sync()?;
        Ok((host, state))
    }

    /// Why nothing is kept any more, if something failed; then it is for good.
    pub fn failure(&self) -> Option<&StoreError> {
        self.log.as_ref().err().filter(|error| **error != StoreError::Closed)
    }

    /// Whether its host shows what is written before it is durable.
    pub const fn is_relaxed(&self) -> bool {
        self.is_relaxed
    }

    /// Make durable what was written to the host since the last time, all or nothing of it, and
    /// show it then. Of a relaxed host it is only on its way: [`upkeep`](DurableState::upkeep)
    /// makes it durable.
    ///
    /// # Errors
    ///
    /// The first one is for good: every later call gives the same. What was shown stays, what was
    /// not may be there when the state is opened again, or not.
    pub fn commit(&mut self, host: &mut impl Turns) -> Result<(), StoreError> {
        let result = self.save(host);
        self.note(host, result)?;
        // Who writes to a relaxed host does not wait for syncs, if that can be.
        let most = if self.is_relaxed { RELAXED } else { 1 };
        self.rewrite_if_worth(host, most)
    }

    /// Write the file anew if it is longer than it may be, or so many times that.
    fn rewrite_if_worth(&mut self, host: &mut impl Turns, most: u64) -> Result<(), StoreError> {
        let held = host.turn(|host| host.kept_len()) as u64 + self.surplus;
        if self.log()?.len() > most * (held + held / 2 + SLACK) {
            // These changes are durable whatever becomes of it. The next ones will tell.
            let result = self.rewrite(host);
            let _ = self.note(host, result);
        }
        Ok(())
    }

    /// What is to be done once a second or so, after the host was told the time: make durable what
    /// a relaxed host wrote, and every few seconds keep what is held of others.
    ///
    /// # Errors
    ///
    /// As [`commit`](DurableState::commit).
    pub fn upkeep(&mut self, host: &mut impl Turns) -> Result<(), StoreError> {
        self.commit(host)?;
        self.rewrite_if_worth(host, 1)?;
        let now = host.turn(|host| host.now_ms());
        let is_due = |at: u64| now.is_some_and(|now| now.saturating_sub(at) >= KEEP_EVERY_MS);
        if self.kept_at.is_none_or(is_due) {
            self.kept_at = now;
            let result = self.keep_copies(host);
            self.note(host, result)?;
        }
        let result = if self.is_relaxed { self.sync() } else { Ok(()) };
        self.note(host, result)
    }

    /// Lay the host down: what is held of others is kept, and even a relaxed host goes on in the
    /// same generation. From here on the host writes nothing.
    ///
    /// # Errors
    ///
    /// As [`commit`](DurableState::commit).
    pub fn close(&mut self, host: &mut impl Turns) -> Result<(), StoreError> {
        let mut end = || {
            self.save(host)?;
            self.keep_copies(host)?;
            host.turn(Host::end);
            self.save(host)?;
            self.sync()
        };
        let result = end();
        self.note(host, result)?;
        host.turn(Host::lose);
        self.log = Err(StoreError::Closed);
        Ok(())
    }

    /// The log, in the process that opened it.
    fn log(&mut self) -> Result<&mut Log, StoreError> {
        if self.process != std::process::id() {
            return Err(StoreError::Inherited);
        }
        self.log.as_mut().map_err(|error| error.clone())
    }

    fn save(&mut self, host: &mut impl Turns) -> Result<(), StoreError> {
        let is_relaxed = self.is_relaxed;
        let log = self.log()?;
        if let Some(unsaved) = host.turn(Host::unsaved) {
            log.append(unsaved.bytes())?;
            if !is_relaxed {
                log.sync()?;
            }
            host.turn(|host| host.saved(unsaved));
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        let log = self.log()?;
        if log.is_synced() { Ok(()) } else { log.sync() }
    }

    fn keep_copies(&mut self, host: &mut impl Turns) -> Result<(), StoreError> {
        self.log()?;
        let view = host.turn(|host| host.view());
        let records = self.kept.catch_up(&view);
        if records.is_empty() { Ok(()) } else { self.log()?.append(&records) }
    }

    /// A new file of what is held, in the place of the one that has grown too long.
    fn rewrite(&mut self, host: &mut impl Turns) -> Result<(), StoreError> {
        self.log()?;
        let log = std::mem::replace(&mut self.log, Err(StoreError::Closed))?;
        let (checkpoint, len) = host.turn(|host| (host.checkpoint(), host.kept_len() as u64));
        self.kept = Kept::all_of(checkpoint.view());
        let log = log.rewrite(self.nonce, checkpoint.records())?;
        self.surplus = log.len().saturating_sub(len);
        self.log = Ok(log);
        Ok(())
    }

    /// A failure is for good, here and in the host.
    fn note(
        &mut self,
        host: &mut impl Turns,
        result: Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        if let Err(error) = &result
            && !matches!(error, StoreError::Inherited | StoreError::Closed)
        {
            self.log = Err(error.clone());
            host.turn(Host::lose);
        }
        result
    }
}
