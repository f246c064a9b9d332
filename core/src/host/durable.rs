//! A host whose changes a store keeps: what is written is not shown before it is durable.
//!
//! Such a host has its own participant twice: as it was last written, which is what every decision
//! about the next change is made from, and as everybody sees it, readers here and peers alike. A
//! change is made in the first at once, and its [`record`](crate::host::record) waits. The program
//! takes what waits, makes it durable in whatever way, and says so; then the same records are
//! applied to the second. Nothing of the host is ever held for as long as a disk takes, and as many
//! changes as come meanwhile are durable at once after that.
//!
//! A host that is *relaxed* shows what it writes at once, and gives its records away when that
//! suits. What was shown and lost must never come back under the same version, so that it takes a
//! new generation after it was not laid down in order.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem;

use crate::config::Config;
use crate::host::Host;
use crate::host::record::{Record, put_end};
use crate::state::State;
use crate::state::change::OwnChange;
use crate::state::expiry::Expiry;
use crate::state::participant::Participant;
use crate::wire::reader::Reader;

/// What a host that a store keeps has beside the others.
#[derive(Debug)]
pub(crate) struct Durable {
    /// The own participant as it was last written; `None` if the host is relaxed, and shows that.
    ahead: Option<Ahead>,
    /// The host was told the time for the first time, and what is shown does not know it yet.
    is_starting: bool,
    /// Records that were not given away yet.
    waiting: Vec<u8>,
    /// How many changes were written, and how many of them are durable.
    written: u64,
    durable: u64,
    /// Somebody makes records durable.
    is_saving: bool,
    has_failed: bool,
    /// It was laid down.
    has_ended: bool,
}

#[derive(Debug)]
struct Ahead {
    own: Participant,
    expiry: Arc<Expiry>,
}

/// Records that a program is to make durable, all or none of them ([`Host::unsaved`]).
#[derive(Debug)]
#[must_use = "changes wait to be shown until they are saved"]
pub struct Unsaved {
    records: Vec<u8>,
    /// How many changes are durable with them.
    until: u64,
}

impl Unsaved {
    /// What is to be kept, and to be given to [`Recovery::take`](crate::Recovery::take) again.
    pub fn bytes(&self) -> &[u8] {
        &self.records
    }
}

impl Durable {
    /// From here on, changes of `host` wait.
    pub(crate) fn begin(host: &mut Host, is_relaxed: bool) {
        let ahead =
            || Ahead { own: host.state.own().clone(), expiry: Arc::clone(&host.state.view.expiry) };
        host.durable = Some(Box::new(Durable {
            ahead: (!is_relaxed).then(ahead),
            is_starting: false,
            waiting: Vec::new(),
            written: 0,
            durable: 0,
            is_saving: false,
            has_failed: false,
            has_ended: false,
        }));
    }

    /// Have a record wait.
    pub(crate) fn push(&mut self, put: impl FnOnce(&mut Vec<u8>)) {
        put(&mut self.waiting);
        self.written += 1;
    }

    pub(crate) const fn is_relaxed(&self) -> bool {
        self.ahead.is_none()
    }

    pub(crate) const fn is_starting(&self) -> bool {
        self.is_starting
    }

    /// Nothing waits any more: it is part of what is kept otherwise.
    pub(crate) fn forget_waiting(&mut self) {
        self.waiting = Vec::new();
        self.durable = self.written;
    }
}

/// What the program does that keeps the changes of a host.
impl Host {
    /// What waits to be made durable: the changes since the last call. `None` if there are none, or
    /// if what was given before is neither [`saved`](Host::saved) nor [`lost`](Host::lose).
    pub fn unsaved(&mut self) -> Option<Unsaved> {
        let durable = self.durable.as_mut().filter(|durable| !durable.is_saving)?;
        if durable.waiting.is_empty() || durable.has_failed {
            return None;
        }
        durable.is_saving = true;
        Some(Unsaved { records: mem::take(&mut durable.waiting), until: durable.written })
    }

    /// These changes are durable: from now on they are shown.
    pub fn saved(&mut self, unsaved: Unsaved) {
        let Unsaved { records, until } = unsaved;
        let Host { state, config, durable: Some(durable), .. } = self else {
            return;
        };
        durable.is_saving = false;
        durable.durable = until;
        if durable.ahead.is_none() {
            return;
        }
        let mut reader = Reader::new(&records);
        while let Ok(record) = Record::read(&mut reader) {
            if let Record::Own(change) = record {
                state.make(&change, config);
                durable.is_starting &= !matches!(change, OwnChange::Start { .. });
            }
        }
    }

    /// What was to be made durable was not, or nobody knows: nothing is written any more, for good
    /// ([`Error::Store`](crate::Error::Store)). What was shown stays.
    pub fn lose(&mut self) {
        if let Some(durable) = &mut self.durable {
            durable.has_failed = true;
            durable.ahead = None;
            durable.waiting = Vec::new();
            self.identity.is_fenced = true;
        }
    }

    /// How many changes were written so far, durable or not. What only reads writes nothing.
    pub fn written(&self) -> u64 {
        self.durable.as_ref().map_or(0, |durable| durable.written)
    }

    /// How many changes are durable so far. Those up to a number that [`written`](Host::written)
    /// gave are when this is no less. A relaxed host shows them before.
    pub fn durable(&self) -> u64 {
        self.durable.as_ref().map_or(0, |durable| durable.durable)
    }

    /// Bytes of the changes that wait.
    pub fn unsaved_len(&self) -> usize {
        self.durable.as_ref().map_or(0, |durable| durable.waiting.len())
    }

    /// Lay the host down: with this saved, nothing of it is lost, and it goes on in the same
    /// generation when it is taken up again. To be called last, when nothing is being saved:
    /// nothing is written any more ([`Error::Store`](crate::Error::Store)), because what came after
    /// that would be shown by a relaxed host, and lost.
    pub fn end(&mut self) {
        if let Some(durable) = &mut self.durable {
            durable.push(put_end);
            durable.has_ended = true;
            self.identity.is_fenced = true;
        }
    }

    /// Whether nothing is written any more.
    pub(crate) fn is_over(&self) -> bool {
        self.durable.as_ref().is_some_and(|durable| durable.is_over())
    }

    /// Make a change of the own participant.
    pub(crate) fn make(&mut self, change: &OwnChange<'_>) {
        let Host { state, config, durable, .. } = self;
        match durable {
            None => state.make(change, config),
            Some(durable) => durable.make(state, config, change),
        }
    }

    /// The own participant as it was last written.
    #[inline]
    pub(crate) fn own(&self) -> &Participant {
        Durable::own(&self.durable, &self.state)
    }

    /// The deadlines of its keys, likewise.
    pub(crate) fn own_expiry(&self) -> &Expiry {
        let ahead = self.durable.as_ref().and_then(|durable| durable.ahead.as_ref());
        ahead.map_or(&self.state.expiry, |ahead| &ahead.expiry)
    }

    /// Forget a deadline of what is not there. One that is shown stays as long as what it is of.
    pub(crate) fn cancel_expiry(&mut self, version: u64) {
        let ahead = self.durable.as_mut().and_then(|durable| durable.ahead.as_mut());
        let expiry = ahead.map_or(&mut self.state.view.expiry, |ahead| &mut ahead.expiry);
        Arc::make_mut(expiry).cancel(version);
    }
}

/// How a host changes that a store keeps, or none does.
impl Durable {
    const fn is_over(&self) -> bool {
        self.has_failed || self.has_ended
    }

    /// The own participant as it was last written.
    #[inline]
    pub(crate) fn own<'a>(durable: &'a Option<Box<Self>>, state: &'a State) -> &'a Participant {
        match durable {
            None => state.own(),
            Some(durable) => durable.ahead.as_ref().map_or(state.own(), |ahead| &ahead.own),
        }
    }

    /// Make a change of it.
    #[inline(never)]
    pub(crate) fn make(&mut self, state: &mut State, config: &Config, change: &OwnChange<'_>) {
        if self.is_over() {
            return;
        }
        self.push(|out| change.put(out));
        match &mut self.ahead {
            None => state.make(change, config),
            Some(Ahead { own, expiry }) => {
                self.is_starting |= matches!(change, OwnChange::Start { .. });
                change.apply_to_expiry(expiry, own, &state.hasher);
                change.apply(own, config, &state.hasher);
            }
        }
    }
}
