//! Turns on an object that several Python threads use at once, and the wall that panics stop at.
//!
//! Two rules keep this free of deadlocks. Whoever waits for a lock has let go of the interpreter.
//! And nothing of Python is touched under a lock: even making a list may run the collector, and
//! with it any code, also code that wants the same lock. The `Send` bounds make the compiler keep
//! the second rule, because nothing that is bound to the interpreter is `Send`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LockResult, Mutex, MutexGuard, PoisonError, TryLockError};

use pyo3::prelude::*;
use pyo3::sync::MutexExt;

use crate::error::Fault;
use crate::process::Maker;

/// A value that is used by one thread at a time. After a panic under its lock it answers
/// [`Fault::Panicked`] for ever: nobody knows what state the panic left behind.
pub(crate) struct Shared<T> {
    value: Arc<Mutex<T>>,
    maker: Maker,
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Shared { value: Arc::clone(&self.value), maker: self.maker }
    }
}

impl<T: Send> Shared<T> {
    pub(crate) fn new(value: T) -> Self {
        Shared { value: Arc::new(Mutex::new(value)), maker: Maker::this_process() }
    }

    /// Itself, in the process that made it; [`Fault::Inherited`] in one that was forked since.
    pub(crate) fn here(&self) -> Result<&Self, Fault> {
        self.maker.only().map(|()| self)
    }

    /// Do something short, waiting for one's turn. Letting go of the interpreter and taking it back
    /// would cost more than the call.
    pub(crate) fn brief<R: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut T) -> Result<R, Fault> + Send,
    ) -> Result<R, Fault> {
        enter(self.value.lock_py_attached(py), work)
    }

    /// Do something that may take long, waiting for one's turn, while other Python threads run.
    pub(crate) fn long<R: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut T) -> Result<R, Fault> + Send,
    ) -> Result<R, Fault> {
        py.detach(|| self.detached(work))
    }

    /// As [`long`](Shared::long), for a thread that has let go of the interpreter already.
    pub(crate) fn detached<R>(
        &self,
        work: impl FnOnce(&mut T) -> Result<R, Fault>,
    ) -> Result<R, Fault> {
        enter(self.value.lock(), work)
    }

    /// Do something that may take long if nobody else is at it, else [`Fault::Busy`].
    pub(crate) fn alone<R: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut T) -> Result<R, Fault> + Send,
    ) -> Result<R, Fault> {
        py.detach(|| match self.value.try_lock() {
            Ok(guard) => enter(Ok(guard), work),
            Err(TryLockError::Poisoned(_)) => Err(Fault::Panicked),
            Err(TryLockError::WouldBlock) => Err(Fault::Busy),
        })
    }
}

fn enter<T, R>(
    lock: LockResult<MutexGuard<'_, T>>,
    work: impl FnOnce(&mut T) -> Result<R, Fault>,
) -> Result<R, Fault> {
    let mut guard = lock.map_err(|_: PoisonError<_>| Fault::Panicked)?;
    // The guard goes into the closure, so that a panic unwinds through it and poisons the lock.
    walled(move || work(&mut guard))
}

/// Do something that may panic, though it should not.
pub(crate) fn walled<R>(work: impl FnOnce() -> Result<R, Fault>) -> Result<R, Fault> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Fault::Panicked))
}
