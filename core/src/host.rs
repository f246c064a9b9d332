//! The object a program holds: one participant's view of all, and the two verbs of the protocol.

pub(crate) mod acked;
pub(crate) mod batch;
pub(crate) mod changes;
pub(crate) mod checkpoint;
pub(crate) mod clock;
pub(crate) mod cursor;
pub(crate) mod durable;
pub(crate) mod estimate;
pub(crate) mod exchange;
pub(crate) mod identity;
mod own;
mod read;
mod record;
pub(crate) mod recovery;
mod snapshot;
pub(crate) mod turns;

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use fastrand::Rng;

use crate::config::{Config, within};
use crate::error::{Error, Limit};
use crate::host::acked::AckedVersions;
use crate::host::clock::Clock;
use crate::host::durable::Durable;
use crate::host::estimate::Estimate;
use crate::host::identity::Identity;
use crate::reply::says::Manner;
use crate::state::State;
use crate::state::participant::Participant;
use crate::wire::bounds::MAX_ID_BYTES;

/// One participant's view of everybody's state.
///
/// It owns one map, which only it writes, and keeps a copy of the map of every other participant it
/// heard of. All methods return at once; none does I/O, waits, or reads a clock.
pub struct Host {
    pub(crate) config: Arc<Config>,
    pub(crate) state: State,
    pub(crate) rng: Rng,
    pub(crate) identity: Identity,
    pub(crate) clock: Clock,
    pub(crate) acked: AckedVersions,
    estimate: Estimate,
    /// Which life of the host this is, for cursors.
    pub(crate) life: u64,
    room_needed: usize,
    skipped: u64,
    /// Where an own entry is encoded before it is kept.
    pub(crate) scratch: Vec<u8>,
    /// What waits to be kept, if a store keeps this host.
    pub(crate) durable: Option<Box<Durable>>,
}

impl Host {
    /// Make a host for the participant `id` (1 to 128 bytes, unique within the cluster).
    ///
    /// # Errors
    ///
    /// [`Error::Limit`] if `id` or something in `config` is out of its range.
    pub fn new(id: &[u8], config: Config) -> Result<Host, Error> {
        within(Limit::IdBytes, id.len() as u64, 1, MAX_ID_BYTES as u64)?;
        config.validate()?;
        let own = Participant::new(id, config.generation);
        let mut rng = Rng::with_seed(config.seed);
        let state = State::new(own, &config, rng.u64(..));
        let life = Host::life_of(config.nonce, config.generation);
        let estimate = Estimate::new(state.own_short());
        Ok(Host {
            life,
            config: Arc::new(config),
            state,
            rng,
            identity: Identity::default(),
            clock: Clock::default(),
            acked: AckedVersions::default(),
            estimate,
            room_needed: 0,
            skipped: 0,
            scratch: Vec::new(),
            durable: None,
        })
    }

    /// What the host was made with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Begin an exchange: a message of at most `budget` bytes that says what this host has. Nothing
    /// is remembered of it; it may get lost.
    ///
    /// # Errors
    ///
    /// [`Error::BudgetTooSmall`] below 512 bytes.
    pub fn initiate(&mut self, budget: usize) -> Result<Vec<u8>, Error> {
        exchange::initiate(self, budget, Manner::default())
    }

    /// Take in a message, and return the answer to send back: at most `budget` bytes, empty if
    /// there is nothing to say. A `budget` of 0 means: apply, and say nothing.
    ///
    /// Late, repeated and reordered messages are harmless; an empty one says nothing. What others
    /// say about this host's own participant is never applied.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`], [`Error::Foreign`], [`Error::Limit`] if the message is larger than
    /// `message_bytes`, and [`Error::BudgetTooSmall`] for 1 to 511 bytes. Nothing was applied.
    pub fn receive(&mut self, message: &[u8], budget: usize) -> Result<Vec<u8>, Error> {
        exchange::receive(self, message, budget)
    }

    /// The budget in bytes that the last answer made here would have needed for the largest update
    /// that can never go whole with the budget it was given; 0 if none waits. Such an update goes
    /// in pieces, over several exchanges, and later ones of its participant wait for it; others do
    /// not.
    pub const fn room_needed(&self) -> usize {
        self.room_needed
    }

    /// How many times the updates of one participant in a message were news and could not, or not
    /// wholly, be applied: earlier ones are missing here, or a limit of this host is reached. They
    /// are asked for again in later exchanges.
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }
}

impl fmt::Debug for Host {
    /// Who this is and how far; not the state, which can be large.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own = self.state.own();
        f.debug_struct("Host")
            .field("id", &own.id.escape_ascii())
            .field("generation", &own.generation)
            .field("max_version", &own.max_version)
            .field("participants", &self.state.count())
            .finish_non_exhaustive()
    }
}
