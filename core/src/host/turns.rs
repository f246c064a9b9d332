//! A host that others want as well: an exchange takes it for short, again and again.
//!
//! A message is taken in by steps. Each changes the host, or notes what it holds, within one turn,
//! which is short; what takes long is done between two turns, on a [`View`]. Whatever others do
//! with the host between two turns is sound, and so no step asks whether somebody did:
//!
//! * The whole message was decoded before its first turn, so an error still means that nothing
//!   changed.
//! * A section is applied in parts, as if it had come in several messages, each of which its sender
//!   could have made: a prefix of what a copy lacks is always one, and each part is looked at by
//!   the same rules when its turn comes, wherever the copy is by then.
//! * An answer tells what the host held when it was made, as one does that was long on its way.
//!   What the peer has was read off its message, and does not change; and who moved on meanwhile is
//!   told too little, or what it knows already, which are the two things that may happen to any
//!   message.
//! * Sums are made level in the turn that a view is taken in. So they are those of the copies in
//!   that view, and where the peer's copies are can be read off the difference.

use alloc::sync::Arc;
use alloc::vec::Vec;

use fastrand::Rng;

use crate::config::Config;
use crate::error::Error;
use crate::host::Host;
use crate::host::exchange;
use crate::reply::Maker;
use crate::reply::says::Manner;
use crate::state::view::View;

/// About as many bytes as one turn works on.
const AT_ONCE: usize = 32 << 10;

/// A way to a host that several threads use: for programs that keep it behind a lock, and want
/// others to get at it during a long exchange.
///
/// [`Host::receive`] works on a host from the message's first byte to the answer's last. What is
/// here takes it for some ten microseconds at a time instead, and does all that takes long without
/// it: what the others see meanwhile is a host that learns bit by bit, whole updates and whole
/// batches. The messages are the same.
///
/// ```
/// use std::sync::Mutex;
///
/// use plasmid::{Config, Host, Turns};
///
/// struct Locked<'a>(&'a Mutex<Host>);
///
/// impl Turns for Locked<'_> {
///     fn turn<R>(&mut self, work: impl FnOnce(&mut Host) -> R) -> R {
///         work(&mut self.0.lock().expect("no call panicked"))
///     }
/// }
///
/// # fn main() -> Result<(), plasmid::Error> {
/// let host = Mutex::new(Host::new(b"a", Config::default())?);
/// let mut peer = Host::new(b"b", Config { nonce: 1, ..Config::default() })?;
/// peer.set(b"color", b"red")?;
///
/// let syn_ack = peer.receive(&Locked(&host).initiate(1 << 20)?, 1 << 20)?;
/// Locked(&host).receive(&syn_ack, 1 << 20)?;
/// assert_eq!(host.lock().expect("no call panicked").len(b"b"), 1);
/// # Ok(())
/// # }
/// ```
pub trait Turns {
    /// Do something short with the host, when nobody else is at it.
    fn turn<R>(&mut self, work: impl FnOnce(&mut Host) -> R) -> R;

    /// About as many bytes as one turn works on: more is faster, and the others wait for longer.
    fn at_once(&self) -> usize {
        AT_ONCE
    }

    /// The host has changed its own participant in answer to a message, as when it took a new
    /// generation. If a store keeps it, make that durable now, so that the answer tells of it.
    fn settle(&mut self) {}

    /// As [`Host::initiate`].
    ///
    /// # Errors
    ///
    /// As [`Host::initiate`].
    fn initiate(&mut self, budget: usize) -> Result<Vec<u8>, Error>
    where
        Self: Sized,
    {
        exchange::initiate(&mut InTurns(self), budget, Manner::default())
    }

    /// As [`Host::receive`].
    ///
    /// # Errors
    ///
    /// As [`Host::receive`].
    fn receive(&mut self, message: &[u8], budget: usize) -> Result<Vec<u8>, Error>
    where
        Self: Sized,
    {
        exchange::receive(&mut InTurns(self), message, budget)
    }
}

/// Who has a host for itself has every turn.
impl Turns for Host {
    fn turn<R>(&mut self, work: impl FnOnce(&mut Host) -> R) -> R {
        work(self)
    }

    fn at_once(&self) -> usize {
        usize::MAX
    }
}

/// How the steps of an exchange get at the host: it is theirs alone, or they take turns on it.
pub(crate) trait Access {
    /// Do something short with the host.
    fn turn<R>(&mut self, work: impl FnOnce(&mut Host) -> R) -> R;

    /// Do something short with the host, and then something long with what it holds after that.
    fn aside<P, R>(
        &mut self,
        begin: impl FnOnce(&mut Host) -> P,
        work: impl FnOnce(Aside<'_>, P) -> R,
    ) -> R;

    /// About as many bytes as one turn may work on.
    fn at_once(&self) -> usize;

    /// Have what the host wrote shown, if that can be.
    fn settle(&mut self);
}

/// What long work is done with.
pub(crate) struct Aside<'a> {
    pub(crate) state: &'a View,
    pub(crate) config: &'a Config,
    rng: &'a mut Rng,
}

impl<'a> Aside<'a> {
    pub(crate) fn maker(self, budget: usize, manner: Manner) -> Maker<'a> {
        let Aside { state, config, rng } = self;
        Maker { state, config, rng, budget, manner }
    }
}

impl Host {
    pub(crate) fn beside(&mut self) -> Aside<'_> {
        Aside { state: &self.state, config: &self.config, rng: &mut self.rng }
    }
}

/// Whoever has the host for itself works on what it holds, and copies nothing.
impl Access for Host {
    fn turn<R>(&mut self, work: impl FnOnce(&mut Host) -> R) -> R {
        work(self)
    }

    fn aside<P, R>(
        &mut self,
        begin: impl FnOnce(&mut Host) -> P,
        work: impl FnOnce(Aside<'_>, P) -> R,
    ) -> R {
        let begun = begin(self);
        work(self.beside(), begun)
    }

    fn at_once(&self) -> usize {
        usize::MAX
    }

    /// A host does no I/O: it is told later.
    fn settle(&mut self) {}
}

/// Turns on a host that others use as well.
pub(crate) struct InTurns<'a, T>(pub(crate) &'a mut T);

impl<T: Turns> Access for InTurns<'_, T> {
    fn turn<R>(&mut self, work: impl FnOnce(&mut Host) -> R) -> R {
        self.0.turn(work)
    }

    fn aside<P, R>(
        &mut self,
        begin: impl FnOnce(&mut Host) -> P,
        work: impl FnOnce(Aside<'_>, P) -> R,
    ) -> R {
        let (begun, view, config, mut rng) = self.0.turn(|host| {
            let begun = begin(host);
            (begun, host.view(), Arc::clone(&host.config), host.lend_rng())
        });
        let result = work(Aside { state: &view, config: &config, rng: &mut rng }, begun);
        self.0.turn(|host| host.rng = rng);
        // Gone before the next turn, which then need not copy what it changes.
        drop(view);
        result
    }

    fn at_once(&self) -> usize {
        self.0.at_once()
    }

    fn settle(&mut self) {
        self.0.settle();
    }
}

impl Host {
    /// The source of chance, until it is given back: so that the same things are drawn as if it had
    /// never been away. Who wants one meanwhile has another.
    fn lend_rng(&mut self) -> Rng {
        let other = Rng::with_seed(!self.rng.clone().u64(..));
        core::mem::replace(&mut self.rng, other)
    }
}
