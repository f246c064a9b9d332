//! The file that keeps a shared host, which one thread at a time has in hand.
//!
//! Whoever finds it free takes it, makes durable what all have written by then, and wakes those who
//! wait: they find theirs done, or one of them goes on. So the next sync is for as many as have
//! written meanwhile. A plain lock would not do: who lets go of one takes it again before those who
//! sleep, and they would sleep on though theirs is done.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use plasmid_store::DurableState;

#[derive(Debug)]
pub(crate) struct Store {
    slot: Mutex<Slot>,
    freed: Condvar,
}

#[derive(Debug)]
struct Slot {
    /// `None` while somebody has it in hand.
    state: Option<DurableState>,
    /// How many changes are durable.
    durable: u64,
    /// Who had it in hand panicked.
    is_lost: bool,
}

/// What comes of asking for the file.
pub(crate) enum Taken<'a> {
    InHand(InHand<'a>),
    /// It is not needed any more.
    Done,
    /// Who had it in hand panicked.
    Lost,
}

/// The file, which goes back when this is dropped.
pub(crate) struct InHand<'a> {
    store: &'a Store,
    pub(crate) state: Option<DurableState>,
    /// How many changes are durable by now.
    pub(crate) durable: u64,
}

impl Store {
    pub(crate) fn new(state: DurableState) -> Self {
        let slot = Slot { state: Some(state), durable: 0, is_lost: false };
        Store { slot: Mutex::new(slot), freed: Condvar::new() }
    }

    /// Nothing panics with the slot locked.
    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Take the file in hand, when nobody else has it; unless so many changes are durable first.
    pub(crate) fn take(&self, written: Option<u64>) -> Taken<'_> {
        let mut slot = self.slot();
        loop {
            if slot.is_lost {
                return Taken::Lost;
            }
            if written.is_some_and(|written| slot.durable >= written) {
                return Taken::Done;
            }
            if let Some(state) = slot.state.take() {
                let durable = slot.durable;
                return Taken::InHand(InHand { store: self, state: Some(state), durable });
            }
            slot = self.freed.wait(slot).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Take the file in hand, if nobody else has it, and not so many changes are durable.
    pub(crate) fn try_take(&self, written: u64) -> Taken<'_> {
        let mut slot = self.slot();
        if slot.durable >= written {
            return Taken::Done;
        }
        match slot.state.take() {
            Some(state) => {
                let durable = slot.durable;
                Taken::InHand(InHand { store: self, state: Some(state), durable })
            }
            None if slot.is_lost => Taken::Lost,
            None => Taken::Done,
        }
    }

    /// The file, of a store that nobody else has.
    pub(crate) fn get_mut(&mut self) -> Option<&mut DurableState> {
        self.slot.get_mut().unwrap_or_else(PoisonError::into_inner).state.as_mut()
    }
}

impl Drop for InHand<'_> {
    fn drop(&mut self) {
        let mut slot = self.store.slot();
        slot.is_lost |= std::thread::panicking();
        slot.durable = slot.durable.max(self.durable);
        slot.state = self.state.take();
        drop(slot);
        self.store.freed.notify_all();
    }
}
