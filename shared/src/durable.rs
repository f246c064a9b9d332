//! Changing a host that a file may keep: whoever does so waits until that is durable, without the
//! host.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::RwLockWriteGuard;
use std::sync::atomic::Ordering;

use plasmid::{Host, Turns};
use plasmid_store::{DurableState, StoreError};

use crate::store::{Store, Taken};
use crate::{Outcome, SharedError, SharedHost, at_once};

/// A relaxed host gives its changes away when they are so many bytes, or at the next tick.
const BUFFERED: usize = 64 << 10;

impl SharedHost {
    /// Make changes of its own participant, and return when they are durable. That it panics breaks
    /// the host.
    ///
    /// # Errors
    ///
    /// [`SharedError`]. If that is of the store, this may be there or not when the file is opened
    /// again. Here it was not made; a relaxed host may have made it, and shows it then.
    pub fn change<R>(&self, work: impl FnOnce(&mut Host) -> R) -> Outcome<R> {
        self.check_owned()?;
        let mut host = self.writer()?;
        self.check_open()?;
        let result = work(&mut host);
        self.settle(host)?;
        Ok(result)
    }

    /// As [`change`](SharedHost::change), unless it would have to wait, for another thread or for a
    /// disk: then `work` is given back.
    ///
    /// # Errors
    ///
    /// As [`change`](SharedHost::change).
    pub fn try_change<R, W: FnOnce(&mut Host) -> R>(&self, work: W) -> Outcome<Result<R, W>> {
        if self.waits() {
            return Ok(Err(work));
        }
        self.check_owned()?;
        let host = at_once(self.host.try_write())?;
        // Who finds a relaxed host full writes it out.
        let Some(mut host) = host.filter(|host| host.unsaved_len() < BUFFERED) else {
            return Ok(Err(work));
        };
        self.check_open()?;
        Ok(Ok(work(&mut host)))
    }

    /// Tell the host the time, and do what is due for the file that keeps it.
    ///
    /// # Errors
    ///
    /// As [`change`](SharedHost::change).
    pub fn tick(&self, now_ms: u64) -> Outcome<()> {
        self.change(|host| host.tick(now_ms))?;
        self.in_store(|state, host| state.upkeep(host))
    }

    /// Lay the host down: all of it is kept, and its file is free for others. What changes it or
    /// takes it into an exchange is refused from here on; reading goes on. Again, it does nothing.
    ///
    /// # Errors
    ///
    /// As [`change`](SharedHost::change). It is closed all the same.
    pub fn close(&self) -> Outcome<()> {
        self.check_owned()?;
        if self.is_closed.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        self.in_store(|state, host| state.close(host))
    }

    /// Wait until what was written is durable, without the host.
    pub(crate) fn settle(&self, host: RwLockWriteGuard<'_, Host>) -> Outcome<()> {
        let (written, durable, len) = (host.written(), host.durable(), host.unsaved_len());
        drop(host);
        let Some(store) = self.store.as_ref().filter(|_| durable < written) else {
            return Ok(());
        };
        let taken = match self.is_relaxed {
            false => store.take(Some(written)),
            true if len < BUFFERED => return Ok(()),
            // If somebody has it, that one is at it.
            true => store.try_take(written),
        };
        self.with_store(taken, |state, host| state.commit(host))
    }

    /// Do something with the file that keeps the host, if there is one.
    fn in_store(
        &self,
        work: impl FnOnce(&mut DurableState, &mut Committing<'_>) -> Result<(), StoreError>,
    ) -> Outcome<()> {
        self.store.as_ref().map_or(Ok(()), |store| self.with_store(store.take(None), work))
    }

    fn with_store(
        &self,
        taken: Taken<'_>,
        work: impl FnOnce(&mut DurableState, &mut Committing<'_>) -> Result<(), StoreError>,
    ) -> Outcome<()> {
        let mut taken = match taken {
            Taken::InHand(taken) => taken,
            Taken::Done => return Ok(()),
            Taken::Lost => return Err(SharedError::Broken),
        };
        let Some(state) = &mut taken.state else {
            return Err(SharedError::Broken);
        };
        let result = self.breaking(|| work(state, &mut Committing(self)));
        if let Some(failure) = state.failure() {
            let _ = self.failure.set(failure.clone());
        }
        taken.durable = self.read(Host::durable)?;
        result.map_err(SharedError::Store)
    }

    /// Whether anything may be written. Who has the host alone knows it for as long as that.
    fn check_open(&self) -> Outcome<()> {
        if self.is_closed.load(Ordering::SeqCst) {
            return Err(SharedError::Store(StoreError::Closed));
        }
        let failure = self.failure.get().cloned();
        failure.map_or(Ok(()), |error| Err(SharedError::Store(error)))
    }
}

/// Turns on a shared host for the file that keeps it.
struct Committing<'a>(&'a SharedHost);

impl Turns for Committing<'_> {
    fn turn<R>(&mut self, work: impl FnOnce(&mut Host) -> R) -> R {
        match self.0.write(work) {
            Ok(result) => result,
            // As in an exchange.
            Err(broken) => resume_unwind(Box::new(broken)),
        }
    }
}

/// A host that nobody has any more is laid down. There is nothing to lock: what a thread of the
/// process before a fork had in hand is in no hand here, for ever.
impl Drop for SharedHost {
    fn drop(&mut self) {
        if let Some(state) = self.store.as_mut().and_then(Store::get_mut)
            && let Ok(host) = self.host.get_mut()
        {
            // There is nobody to tell what goes wrong: who wants to know closes it.
            let _ = catch_unwind(AssertUnwindSafe(|| state.close(host)));
        }
    }
}
