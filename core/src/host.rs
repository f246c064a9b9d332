//! The object a program holds: one participant's view of all, and the two verbs of the protocol.

use alloc::vec::Vec;
use core::fmt;

use fastrand::Rng;

use crate::apply;
use crate::config::{Config, within};
use crate::error::{Error, Limit};
use crate::log::Update;
use crate::reply::{self, Maker};
use crate::state::{Participant, State};
use crate::wire::bounds::{MAX_ID_BYTES, MAX_VERSION, MIN_BUDGET};
use crate::wire::entry::{self, Entry};
use crate::wire::message::{Kind, Message};

/// One participant's view of everybody's state.
///
/// It owns one map, which only it writes, and keeps a copy of the map of every other participant it
/// heard of. All methods return at once; none does I/O, waits, or reads a clock.
pub struct Host {
    config: Config,
    state: State,
    rng: Rng,
    /// Bytes that the copies of others cost together.
    others_len: usize,
    room_needed: usize,
    conflicts: u64,
    skipped: u64,
    /// Where an own update is encoded before it is kept.
    scratch: Vec<u8>,
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
        let state = State::new(own, &config.cluster, rng.u64(..));
        Ok(Host {
            config,
            state,
            rng,
            others_len: 0,
            room_needed: 0,
            conflicts: 0,
            skipped: 0,
            scratch: Vec::new(),
        })
    }

    /// The id of the host's own participant.
    pub fn id(&self) -> &[u8] {
        &self.state.own().id
    }

    /// The generation of the host's own participant.
    pub fn generation(&self) -> u64 {
        self.state.own().generation
    }

    /// What the host was made with.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Set an own key, and return the version of this change: one more than that of the change
    /// before, from 1. Setting the value that the key has already is a change too.
    ///
    /// ```
    /// # fn main() -> Result<(), plasmid::Error> {
    /// let mut host = plasmid::Host::new(b"a", plasmid::Config::default())?;
    /// assert_eq!(host.set(b"color", b"red")?, 1);
    /// assert_eq!(host.set(b"color", b"blue")?, 2);
    /// assert_eq!(host.get(b"color"), Some(&b"blue"[..]));
    /// assert_eq!(host.history(b"a", b"color").len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Limit`] names the limit that this change would cross. That includes
    /// `message_bytes`: an update that fits into no message would hold back every later one of this
    /// participant for ever. Nothing changed, and no version was used.
    pub fn set(&mut self, key: &[u8], value: &[u8]) -> Result<u64, Error> {
        let (own, hasher) = self.state.own_mut();
        let version = own.max_version + 1;
        within(Limit::Version, version, 1, MAX_VERSION)?;
        // Looked at before anything is copied, however large it is.
        let limits = &self.config.limits;
        within(Limit::KeyBytes, key.len() as u64, 1, limits.key_bytes)?;
        within(Limit::ValueBytes, value.len() as u64, 0, limits.value_bytes)?;
        let longest = reply::longest_message_len(&own.id, key.len(), value.len());
        within(Limit::MessageBytes, longest as u64, 0, limits.message_bytes)?;

        self.scratch.clear();
        entry::put_set(&mut self.scratch, version, key, value);
        let at = self.scratch.len() - value.len();
        let entry = Entry {
            version,
            key: &self.scratch[at - key.len()..at],
            value: &self.scratch[at..],
            bytes: &self.scratch,
        };
        own.admits(&entry, &self.config, hasher, u64::MAX)?;
        own.log.append(&entry, self.config.state.history, hasher);
        own.max_version = version;
        Ok(version)
    }

    /// The newest value of an own key.
    pub fn get(&self, key: &[u8]) -> Option<&[u8]> {
        Some(self.state.own().log.get(key, &self.state.hasher)?.value)
    }

    /// The newest value known here of somebody's key.
    pub fn get_from(&self, participant: &[u8], key: &[u8]) -> Option<&[u8]> {
        Some(self.state.get(participant)?.log.get(key, &self.state.hasher)?.value)
    }

    /// Every value kept of somebody's key, newest first. Of another participant this is best
    /// effort: a host on the way that keeps no history has passed on the newest value only.
    pub fn history(&self, participant: &[u8], key: &[u8]) -> Vec<Update<'_>> {
        let held = self.state.get(participant);
        held.map_or_else(Vec::new, |held| held.log.history(key, &self.state.hasher))
    }

    /// The ids of all participants known here, sorted; this host's own is one of them. One that
    /// never wrote is known to nobody else.
    pub fn participants(&self) -> Vec<&[u8]> {
        let mut ids: Vec<&[u8]> = self.state.iter().map(|(_, held)| &*held.id).collect();
        ids.sort_unstable();
        ids
    }

    /// The newest update of each of somebody's keys, sorted by key. Empty for an unknown
    /// participant.
    pub fn entries(&self, participant: &[u8]) -> Vec<Update<'_>> {
        self.state.get(participant).map_or_else(Vec::new, |held| held.log.newest())
    }

    /// Every update kept of somebody, in the order of their versions.
    pub fn updates(&self, participant: &[u8]) -> impl Iterator<Item = Update<'_>> {
        let held = self.state.get(participant);
        held.into_iter().flat_map(|held| held.log.after(0)).map(Update::from)
    }

    /// The version that the copy of that participant has reached, 0 if it wrote nothing yet, `None`
    /// if it is unknown here.
    pub fn max_version(&self, participant: &[u8]) -> Option<u64> {
        Some(self.state.get(participant)?.max_version)
    }

    /// How many keys of that participant are held; 0 for an unknown one.
    pub fn len(&self, participant: &[u8]) -> usize {
        self.state.get(participant).map_or(0, |held| held.log.keys())
    }

    /// Begin an exchange: a message of at most `budget` bytes that says what this host has. Nothing
    /// is remembered of it; it may get lost.
    ///
    /// # Errors
    ///
    /// [`Error::BudgetTooSmall`] below 512 bytes.
    pub fn initiate(&mut self, budget: usize) -> Result<Vec<u8>, Error> {
        self.syn(budget, false)
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
        if budget > 0 {
            self.usable(budget)?;
        }
        if message.is_empty() {
            // What a host with nothing to say gave: passing it on is no mistake.
            return Ok(Vec::new());
        }
        let message = self.decode(message)?;
        Ok(self.answer(&message, budget))
    }

    /// The budget in bytes that the last answer made here would have needed for the largest update
    /// that can never go with the budget it was given; 0 if none waits. Such an update, and later
    /// ones of its participant, wait for a larger budget; others do not.
    pub const fn room_needed(&self) -> usize {
        self.room_needed
    }

    /// How many messages gave evidence that another process writes, or wrote, under this host's id:
    /// they were sent under it with another nonce, or told more than this process ever issued. They
    /// were otherwise treated as any other; the own map was not touched.
    pub const fn conflicts(&self) -> u64 {
        self.conflicts
    }

    /// How many times the updates of one participant in a message were news and could not, or not
    /// wholly, be applied: earlier ones are missing here, or a limit of this host is reached. They
    /// are asked for again in later exchanges.
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }

    /// A Syn; with `pull`, one that asks for updates only.
    pub(crate) fn syn(&mut self, budget: usize, pull: bool) -> Result<Vec<u8>, Error> {
        let budget = self.usable(budget)?;
        Ok(self.maker(budget).syn(pull))
    }

    /// Decode a message of this cluster.
    pub(crate) fn decode<'m>(&self, message: &'m [u8]) -> Result<Message<'m>, Error> {
        let len = message.len() as u64;
        within(Limit::MessageBytes, len, 0, self.config.limits.message_bytes)?;
        let message = Message::decode(message)?;
        if message.cluster != self.state.cluster {
            return Err(Error::Foreign);
        }
        Ok(message)
    }

    /// Apply a decoded message and make the answer; `budget` is 0, or at least 512.
    pub(crate) fn answer(&mut self, message: &Message<'_>, budget: usize) -> Vec<u8> {
        let Message { sender, digest, delta, .. } = message;
        let own = self.state.own();
        if (sender.id, sender.nonce) == (&*own.id, self.config.nonce) {
            // My own message came back: a loop in the network.
            return Vec::new();
        }
        if apply::is_conflict(&self.state, &self.config, message) {
            self.conflicts += 1;
        }
        if let Some(delta) = delta {
            self.skipped +=
                apply::apply(&mut self.state, &self.config, &mut self.others_len, delta);
        }
        let (Some(theirs), Ok(budget)) = (digest, self.usable(budget)) else {
            return Vec::new();
        };
        let mut maker = self.maker(budget);
        let reply = match message.kind {
            Kind::Syn => maker.syn_ack(theirs, message.pull),
            Kind::SynAck | Kind::Ack => maker.ack(theirs),
        };
        self.room_needed = reply.room_needed;
        reply.bytes
    }

    /// The budget, or the greatest message where that is less.
    fn usable(&self, budget: usize) -> Result<usize, Error> {
        if budget < MIN_BUDGET {
            return Err(Error::BudgetTooSmall { needed: MIN_BUDGET });
        }
        let most = usize::try_from(self.config.limits.message_bytes).unwrap_or(usize::MAX);
        Ok(budget.min(most))
    }

    fn maker(&mut self, budget: usize) -> Maker<'_> {
        Maker { state: &self.state, config: &self.config, rng: &mut self.rng, budget }
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
            .field("participants", &self.state.len())
            .finish_non_exhaustive()
    }
}
