//! Group commit for a store that has none: of the threads that wait one puts what all brought.

use std::mem::take;
use std::sync::{Condvar, Mutex, PoisonError};

use super::{Entry, Outcome, Store, Writers};

/// A store that many threads write to.
pub(crate) struct Grouped<S> {
    group: Mutex<Group<S>>,
    committed: Condvar,
}

struct Group<S> {
    /// `None` while somebody commits.
    store: Option<S>,
    waiting: Vec<Entry>,
    /// The number of the group that is waiting.
    number: u64,
    /// The last group that is durable.
    committed: u64,
}

impl<S: Store> Grouped<S> {
    pub(crate) fn new(store: S) -> Self {
        let group = Group { store: Some(store), waiting: Vec::new(), number: 1, committed: 0 };
        Grouped { group: Mutex::new(group), committed: Condvar::new() }
    }
}

impl<S: Store> Writers for Grouped<S> {
    fn put(&self, entry: Entry) -> Outcome<()> {
        let lock = || self.group.lock().unwrap_or_else(PoisonError::into_inner);
        let mut group = lock();
        group.waiting.push(entry);
        let number = group.number;
        while group.committed < number {
            let Some(mut store) = group.store.take() else {
                let waited = self.committed.wait(group);
                group = waited.unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let entries = take(&mut group.waiting);
            group.number += 1;
            drop(group);
            store.put(&entries, &[])?;
            group = lock();
            group.store = Some(store);
            group.committed = number;
            self.committed.notify_all();
        }
        Ok(())
    }
}
