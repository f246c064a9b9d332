//! A host that many threads use: what the bindings keep behind their handles.
//!
//! Readers share it, whoever changes it has it alone, and an exchange takes it for many short
//! [`turns`](SharedHost::in_turns), between which all others get at it. No lock of the system is
//! fair: one that is let go of and taken again at once was never free for those who sleep. So those
//! who wait are counted, and before an exchange takes its next turn it lets them go first.
//!
//! A file may keep it. Whoever changes the host then waits until that is durable, without the lock:
//! nobody else ever waits for a disk. Of those who wait one makes durable what all have written by
//! then, and the others find it done.

#![forbid(unsafe_code)]

mod durable;
mod process;
mod store;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{
    LockResult, OnceLock, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError, TryLockResult,
};
use std::thread;
use std::time::{Duration, Instant};

use plasmid::{Host, Turns, View};
use plasmid_store::{DurableState, StoreError};

pub use crate::process::Process;
use crate::store::Store;

/// How long an exchange lets others go first, at most: somebody who was waked runs by then, or the
/// machine is busy with something else.
const PATIENCE: Duration = Duration::from_micros(200);

/// Why a call on a host did not do what it was to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SharedError {
    /// A panic left the host in an unknown state: it is out of order for ever.
    Broken,
    /// The file that keeps it failed, for good, or the host was closed. Reading goes on.
    Store(StoreError),
}

/// How a call on a host ends.
pub type Outcome<T> = Result<T, SharedError>;

/// A host that many threads use.
#[derive(Debug)]
pub struct SharedHost {
    host: RwLock<Host>,
    /// How many threads found it taken and wait.
    waiting: AtomicUsize,
    /// The file that keeps it. Whoever has it in hand may take the host, and not the other way
    /// round.
    store: Option<Store>,
    is_relaxed: bool,
    /// The process that has the file.
    process: Process,
    /// Why nothing is kept any more.
    failure: OnceLock<StoreError>,
    is_closed: AtomicBool,
}

impl SharedHost {
    /// Share a host.
    pub fn new(host: Host) -> Self {
        SharedHost::kept_by(None, host)
    }

    /// Share a host that this file keeps.
    pub fn durable(host: Host, state: DurableState) -> Self {
        SharedHost::kept_by(Some(state), host)
    }

    fn kept_by(state: Option<DurableState>, host: Host) -> Self {
        SharedHost {
            host: RwLock::new(host),
            waiting: AtomicUsize::new(0),
            is_relaxed: state.as_ref().is_some_and(DurableState::is_relaxed),
            store: state.map(Store::new),
            process: Process::this(),
            failure: OnceLock::new(),
            is_closed: AtomicBool::new(false),
        }
    }

    /// Whether who changes it waits for a disk.
    pub const fn waits(&self) -> bool {
        self.store.is_some() && !self.is_relaxed
    }

    /// Read something short, at the same time as other readers.
    ///
    /// # Errors
    ///
    /// [`SharedError::Broken`] if a call panicked.
    pub fn read<R>(&self, work: impl FnOnce(&Host) -> R) -> Outcome<R> {
        let host = self.reader()?;
        Ok(self.breaking(move || work(&host)))
    }

    /// What only reads, alone; that it panics breaks the host.
    ///
    /// # Errors
    ///
    /// [`SharedError::Broken`] if a call panicked.
    pub fn write<R>(&self, work: impl FnOnce(&mut Host) -> R) -> Outcome<R> {
        let mut host = self.writer()?;
        Ok(work(&mut host))
    }

    /// As [`read`](SharedHost::read), unless it would have to wait: then `work` is given back.
    ///
    /// # Errors
    ///
    /// [`SharedError::Broken`] if a call panicked.
    pub fn try_read<R, W: FnOnce(&Host) -> R>(&self, work: W) -> Outcome<Result<R, W>> {
        Ok(match at_once(self.host.try_read())? {
            Some(host) => Ok(self.breaking(move || work(&host))),
            None => Err(work),
        })
    }

    /// As [`write`](SharedHost::write), unless it would have to wait: then `work` is given back.
    ///
    /// # Errors
    ///
    /// [`SharedError::Broken`] if a call panicked.
    pub fn try_write<R, W: FnOnce(&mut Host) -> R>(&self, work: W) -> Outcome<Result<R, W>> {
        Ok(match at_once(self.host.try_write())? {
            Some(mut host) => Ok(work(&mut host)),
            None => Err(work),
        })
    }

    /// Read what is held now for as long as it takes, while others use the host.
    ///
    /// # Errors
    ///
    /// [`SharedError::Broken`] if a call panicked.
    pub fn view<R>(&self, work: impl FnOnce(&View) -> R) -> Outcome<R> {
        let view = self.read(Host::view)?;
        Ok(self.breaking(|| work(&view)))
    }

    /// Do something that takes turns on the host: an exchange, or a part of one.
    ///
    /// # Errors
    ///
    /// [`SharedError`]. If a call panics meanwhile, in another thread, this one unwinds as if it
    /// had panicked itself.
    pub fn in_turns<R>(&self, work: impl FnOnce(&mut InTurns<'_>) -> R) -> Outcome<R> {
        if self.host.is_poisoned() {
            return Err(SharedError::Broken);
        }
        if self.is_closed.load(Ordering::SeqCst) {
            return Err(SharedError::Store(StoreError::Closed));
        }
        self.check_owned()?;
        let mut turns = InTurns { shared: self, is_first: true, wrote: false };
        let result = self.breaking(|| work(&mut turns));
        if turns.wrote {
            // The host answered for itself, as when it takes a new generation.
            self.settle(self.writer()?)?;
        }
        Ok(result)
    }

    /// A process that was forked has no part in a host that a file keeps: nobody could tell what it
    /// writes from what the other does.
    fn check_owned(&self) -> Outcome<()> {
        if self.store.is_some() && self.process != Process::this() {
            return Err(SharedError::Store(StoreError::Inherited));
        }
        Ok(())
    }

    /// Do something that breaks the host if it panics, whether the lock is in hand then or not.
    fn breaking<R>(&self, work: impl FnOnce() -> R) -> R {
        catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
            // Only who unwinds with the lock for writing in hand breaks it. What happened was told
            // already, so that this is not a panic that is told of.
            let broken = catch_unwind(AssertUnwindSafe(|| {
                let _host = self.host.write();
                resume_unwind(Box::new(SharedError::Broken))
            }));
            drop(broken);
            resume_unwind(payload)
        })
    }

    fn reader(&self) -> Outcome<RwLockReadGuard<'_, Host>> {
        match at_once(self.host.try_read())? {
            Some(host) => Ok(host),
            None => self.wait(|| self.host.read()),
        }
    }

    fn writer(&self) -> Outcome<RwLockWriteGuard<'_, Host>> {
        match at_once(self.host.try_write())? {
            Some(host) => Ok(host),
            None => self.wait(|| self.host.write()),
        }
    }

    fn wait<G>(&self, lock: impl FnOnce() -> LockResult<G>) -> Outcome<G> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let guard = lock();
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        guard.map_err(|_| SharedError::Broken)
    }

    /// Let those who wait go first.
    fn give_way(&self) {
        if self.waiting.load(Ordering::Relaxed) == 0 {
            return;
        }
        let begun = Instant::now();
        while self.waiting.load(Ordering::Relaxed) > 0 && begun.elapsed() < PATIENCE {
            thread::yield_now();
        }
    }
}

/// What was to be had at once; `None`: somebody else has it.
fn at_once<G>(tried: TryLockResult<G>) -> Outcome<Option<G>> {
    match tried {
        Ok(guard) => Ok(Some(guard)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Poisoned(_)) => Err(SharedError::Broken),
    }
}

/// Turns on a shared host.
#[derive(Debug)]
pub struct InTurns<'a> {
    shared: &'a SharedHost,
    is_first: bool,
    /// It changed the host's own participant.
    wrote: bool,
}

impl Turns for InTurns<'_> {
    fn turn<R>(&mut self, work: impl FnOnce(&mut Host) -> R) -> R {
        if !std::mem::take(&mut self.is_first) {
            self.shared.give_way();
        }
        let watched = |host: &mut Host| {
            let before = host.written();
            let result = work(host);
            (result, host.written() > before)
        };
        match self.shared.write(watched) {
            Ok((result, wrote)) => {
                self.wrote |= wrote;
                result
            }
            // There is no way on from here. The call ends where it began its turns.
            Err(broken) => resume_unwind(Box::new(broken)),
        }
    }

    fn settle(&mut self) {
        // What fails is told when the exchange is over.
        let settled = self.shared.writer().and_then(|host| self.shared.settle(host));
        self.wrote &= settled.is_err();
    }
}
