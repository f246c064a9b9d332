//! A host that many threads use: what the bindings keep behind their handles.
//!
//! Readers share it, whoever changes it has it alone, and an exchange takes it for many short
//! [`turns`](SharedHost::in_turns), between which all others get at it. No lock of the system is
//! fair: one that is let go of and taken again at once was never free for those who sleep. So those
//! who wait are counted, and before an exchange takes its next turn it lets them go first.

#![forbid(unsafe_code)]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{
    LockResult, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError, TryLockResult,
};
use std::thread;
use std::time::{Duration, Instant};

use plasmid::{Host, Turns, View};

/// How long an exchange lets others go first, at most: somebody who was waked runs by then, or the
/// machine is busy with something else.
const PATIENCE: Duration = Duration::from_micros(200);

/// A panic left the host in an unknown state: it is out of order for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

/// How a call on a host ends.
pub type Outcome<T> = Result<T, Broken>;

/// A host that many threads use.
#[derive(Debug)]
pub struct SharedHost {
    host: RwLock<Host>,
    /// How many threads found it taken and wait.
    waiting: AtomicUsize,
}

impl SharedHost {
    /// Share a host.
    pub fn new(host: Host) -> Self {
        SharedHost { host: RwLock::new(host), waiting: AtomicUsize::new(0) }
    }

    /// Read something short, at the same time as other readers.
    ///
    /// # Errors
    ///
    /// [`Broken`] if a call panicked.
    pub fn read<R>(&self, work: impl FnOnce(&Host) -> R) -> Outcome<R> {
        let host = self.reader()?;
        Ok(self.breaking(move || work(&host)))
    }

    /// Change something; that it panics breaks the host.
    ///
    /// # Errors
    ///
    /// [`Broken`] if a call panicked.
    pub fn write<R>(&self, work: impl FnOnce(&mut Host) -> R) -> Outcome<R> {
        let mut host = self.writer()?;
        Ok(work(&mut host))
    }

    /// As [`read`](SharedHost::read), unless it would have to wait: then `work` is given back.
    ///
    /// # Errors
    ///
    /// [`Broken`] if a call panicked.
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
    /// [`Broken`] if a call panicked.
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
    /// [`Broken`] if a call panicked.
    pub fn view<R>(&self, work: impl FnOnce(&View) -> R) -> Outcome<R> {
        let view = self.read(Host::view)?;
        Ok(self.breaking(|| work(&view)))
    }

    /// Do something that takes turns on the host: an exchange, or a part of one.
    ///
    /// # Errors
    ///
    /// [`Broken`] if a call panicked. If that happens meanwhile, in another thread, this one
    /// unwinds as if it had panicked itself.
    pub fn in_turns<R>(&self, work: impl FnOnce(&mut InTurns<'_>) -> R) -> Outcome<R> {
        if self.host.is_poisoned() {
            return Err(Broken);
        }
        Ok(self.breaking(|| work(&mut InTurns { shared: self, is_first: true })))
    }

    /// Do something that breaks the host if it panics, whether the lock is in hand then or not.
    fn breaking<R>(&self, work: impl FnOnce() -> R) -> R {
        catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
            // Only who unwinds with the lock for writing in hand breaks it. What happened was told
            // already, so that this is not a panic that is told of.
            let broken = catch_unwind(AssertUnwindSafe(|| {
                let _host = self.host.write();
                resume_unwind(Box::new(Broken))
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
        guard.map_err(|_| Broken)
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
        Err(TryLockError::Poisoned(_)) => Err(Broken),
    }
}

/// Turns on a shared host.
#[derive(Debug)]
pub struct InTurns<'a> {
    shared: &'a SharedHost,
    is_first: bool,
}

impl Turns for InTurns<'_> {
    fn turn<R>(&mut self, work: impl FnOnce(&mut Host) -> R) -> R {
        if !std::mem::take(&mut self.is_first) {
            self.shared.give_way();
        }
        match self.shared.write(work) {
            Ok(result) => result,
            // There is no way on from here. The call ends where it began its turns.
            Err(broken) => resume_unwind(Box::new(broken)),
        }
    }
}
