//! Objects that several Python threads use at once, and the wall that panics stop at.
//!
//! Two rules keep this free of deadlocks. Whoever waits for a lock has let go of the interpreter.
//! And nothing of Python is touched under a lock: even making a list may run the collector, and
//! with it any code, also code that wants the same lock. The `Send` bounds make the compiler keep
//! the second rule, because nothing that is bound to the interpreter is `Send`.

use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LockResult, Mutex, MutexGuard, PoisonError, TryLockError};

use plasmid::View;
use plasmid_shared::{InTurns, Process, SharedHost};
use plasmid_store::DurableState;
use pyo3::prelude::*;
use pyo3::sync::MutexExt;

use crate::error::Fault;
use crate::process;

/// A value that is used by one thread at a time. After a panic under its lock it answers
/// [`Fault::Panicked`] for ever: nobody knows what state the panic left behind.
pub(crate) struct Shared<T>(Mutex<T>);

impl<T: Send> Shared<T> {
    pub(crate) fn new(value: T) -> Self {
        Shared(Mutex::new(value))
    }

    /// Do something short, waiting for one's turn. Letting go of the interpreter and taking it back
    /// would cost more than the call.
    pub(crate) fn brief<R: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut T) -> Result<R, Fault> + Send,
    ) -> Result<R, Fault> {
        enter(self.0.lock_py_attached(py), work)
    }

    /// Do something that may take long, waiting for one's turn, while other Python threads run.
    pub(crate) fn long<R: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut T) -> Result<R, Fault> + Send,
    ) -> Result<R, Fault> {
        py.detach(|| enter(self.0.lock(), work))
    }

    /// Do something that may take long if nobody else is at it, else [`Fault::Busy`].
    pub(crate) fn alone<R: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut T) -> Result<R, Fault> + Send,
    ) -> Result<R, Fault> {
        py.detach(|| match self.0.try_lock() {
            Ok(guard) => enter(Ok(guard), work),
            Err(TryLockError::Poisoned(_)) => Err(Fault::Panicked),
            Err(TryLockError::WouldBlock) => Err(Fault::Busy),
        })
    }
}

/// A host, which readers share, and which exchanges never have for long. As a [`Shared`] it answers
/// [`Fault::Panicked`] after a panic.
#[derive(Clone)]
pub(crate) struct Hosted {
    host: Arc<Laid>,
}

/// A host that is laid down when nobody has it any more.
struct Laid {
    host: SharedHost,
    /// Whether a disk has to do with that.
    is_durable: bool,
    maker: Process,
}

impl Deref for Laid {
    type Target = SharedHost;

    fn deref(&self) -> &SharedHost {
        &self.host
    }
}

impl Drop for Laid {
    fn drop(&mut self) {
        // A forked child lets its parent's file alone.
        if self.is_durable && process::only(self.maker).is_ok() {
            // Objects go while the interpreter is held, if it is still there.
            let host = &self.host;
            Python::try_attach(|py| py.detach(|| walled(|| Ok(host.close()?)).err()));
        }
    }
}

impl Hosted {
    pub(crate) fn new(host: plasmid::Host, store: Option<DurableState>) -> Self {
        let (is_durable, maker) = (store.is_some(), Process::this());
        let host = match store {
            Some(store) => SharedHost::durable(host, store),
            None => SharedHost::new(host),
        };
        Hosted { host: Arc::new(Laid { host, is_durable, maker }) }
    }

    /// Itself, in the process that made it; [`Fault::Inherited`] in one that was forked since.
    pub(crate) fn here(&self) -> Result<&Self, Fault> {
        process::only(self.host.maker).map(|()| self)
    }

    /// Read something short, beside others. Letting go of the interpreter and taking it back would
    /// cost more than the call, and is done only to wait.
    pub(crate) fn read<R: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&plasmid::Host) -> Result<R, Fault> + Send,
    ) -> Result<R, Fault> {
        match walled(|| Ok(self.host.try_read(work)?))? {
            Ok(result) => result,
            Err(work) => py.detach(|| walled(|| self.host.read(work)?)),
        }
    }

    /// Change the host's own participant in a short time; as [`read`](Hosted::read). The
    /// interpreter is never held while a disk works.
    pub(crate) fn change<R: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut plasmid::Host) -> Result<R, Fault> + Send,
    ) -> Result<R, Fault> {
        match walled(|| Ok(self.host.try_change(work)?))? {
            Ok(result) => result,
            Err(work) => self.change_long(py, work),
        }
    }

    /// Change it in a time that may be long, while other Python threads run.
    pub(crate) fn change_long<R: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut plasmid::Host) -> Result<R, Fault> + Send,
    ) -> Result<R, Fault> {
        py.detach(|| self.detached(work))
    }

    /// As [`change_long`](Hosted::change_long), for a thread that has let go of the interpreter.
    pub(crate) fn detached<R>(
        &self,
        work: impl FnOnce(&mut plasmid::Host) -> Result<R, Fault>,
    ) -> Result<R, Fault> {
        walled(|| self.host.change(work)?)
    }

    /// Tell the host the time, and do what is due for the file that keeps it.
    pub(crate) fn tick(&self, py: Python<'_>, now_ms: u64) -> Result<(), Fault> {
        py.detach(|| walled(|| Ok(self.host.tick(now_ms)?)))
    }

    /// Lay the host down.
    pub(crate) fn close(&self, py: Python<'_>) -> Result<(), Fault> {
        py.detach(|| walled(|| Ok(self.host.close()?)))
    }

    /// Read something that takes the host alone, and may take long, while other Python threads run.
    pub(crate) fn read_alone<R: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut plasmid::Host) -> Result<R, Fault> + Send,
    ) -> Result<R, Fault> {
        py.detach(|| walled(|| self.host.write(work)?))
    }

    /// Read what is held now, however long it takes, while others use the host.
    pub(crate) fn view<R: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&View) -> Result<R, Fault> + Send,
    ) -> Result<R, Fault> {
        py.detach(|| walled(|| self.host.view(work)?))
    }

    /// Take turns on the host, while other Python threads run.
    pub(crate) fn in_turns<R: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut InTurns<'_>) -> Result<R, Fault> + Send,
    ) -> Result<R, Fault> {
        py.detach(|| walled(|| self.host.in_turns(work)?))
    }

    /// As [`in_turns`](Hosted::in_turns), for a stream, which stops at a panic itself.
    pub(crate) fn stream_turns<R>(
        &self,
        work: impl FnOnce(&mut InTurns<'_>) -> Result<R, plasmid::Error>,
    ) -> Result<R, Fault> {
        Ok(self.host.in_turns(work)??)
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
