//! The object a program holds: one participant's view of all, and the two verbs of the protocol.

pub(crate) mod acked;
pub(crate) mod batch;
pub(crate) mod changes;
pub(crate) mod clock;
pub(crate) mod cursor;
pub(crate) mod estimate;
pub(crate) mod identity;
mod own;
mod read;
mod snapshot;

use alloc::vec::Vec;
use core::fmt;

use fastrand::Rng;

use crate::apply;
use crate::config::{Config, Digests, within};
use crate::error::{Error, Limit};
use crate::host::acked::AckedVersions;
use crate::host::clock::Clock;
use crate::host::estimate::Estimate;
use crate::host::identity::{Claim, Identity};
use crate::reply::account::{Account, Reading, Said};
use crate::reply::difference::is_outdated;
use crate::reply::{Maker, Manner, Reply, Says};
use crate::state::State;
use crate::state::participant::Participant;
use crate::wire::bounds::{MAX_ID_BYTES, MAX_VERSION, MIN_BUDGET};
use crate::wire::message::{Kind, Message, capability};
use crate::wire::short::ShortId;

/// One participant's view of everybody's state.
///
/// It owns one map, which only it writes, and keeps a copy of the map of every other participant it
/// heard of. All methods return at once; none does I/O, waits, or reads a clock.
pub struct Host {
    pub(crate) config: Config,
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
            config,
            state,
            rng,
            identity: Identity::default(),
            clock: Clock::default(),
            acked: AckedVersions::default(),
            estimate,
            room_needed: 0,
            skipped: 0,
            scratch: Vec::new(),
        })
    }

    /// What the host was made with.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Begin an exchange: a message of at most `budget` bytes that says what this host has. Nothing
    /// is remembered of it; it may get lost.
    ///
    /// # Errors
    ///
    /// [`Error::BudgetTooSmall`] below 512 bytes.
    pub fn initiate(&mut self, budget: usize) -> Result<Vec<u8>, Error> {
        self.syn(budget, Manner::default())
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
        Ok(self.answer(&message, budget, Manner::default()).bytes)
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

    /// A Syn.
    pub(crate) fn syn(&mut self, budget: usize, manner: Manner) -> Result<Vec<u8>, Error> {
        let budget = self.usable(budget)?;
        let in_lines = self.estimate.is_among_plain() || manner.in_lines;
        let says = match self.estimate.begin() {
            _ if in_lines => Says::Digest,
            true if self.config.digests != Digests::Plain => Says::Lines,
            _ => Says::all(&self.state, &self.config, self.estimate.cells()),
        };
        if matches!(says, Says::Sketch(_)) {
            self.state.level_sketches();
        }
        Ok(self.maker(budget, manner).syn(says))
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
    pub(crate) fn answer(&mut self, message: &Message<'_>, budget: usize, manner: Manner) -> Reply {
        let peer = self.state.short(message.sender.id);
        let claim = Claim::of(message, &self.state, &self.config);
        if claim.is_loop(self.state.own().reached()) {
            // My own message came back: a loop in the network.
            return Reply::default();
        }
        if let Some(delta) = &message.delta {
            self.skipped += apply::apply(&mut self.state, &self.config, delta);
        }
        if let Some(sketch) = message.sketch.filter(|_| self.config.digests != Digests::Plain) {
            let participants = self.state.count();
            self.state.level_sketches().follow(sketch.epoch, participants);
            self.state.level_sketches();
        }
        let account = Account::of(&self.state, message, peer);
        self.listen(message, account.said, peer);
        self.defend(claim.and(account.said.own, &self.state, &self.config));
        self.expect(message, &account);
        let is_answered = message.is_answered() || is_outdated(&self.state, message);
        let (true, Ok(budget)) = (is_answered, self.usable(budget)) else {
            return Reply::default();
        };
        let mut maker = self.maker(budget, manner);
        let mut reply = match message.kind {
            Kind::Syn => maker.syn_ack(message, &account, peer),
            Kind::SynAck | Kind::Ack => maker.ack(message, &account, peer),
        };
        self.room_needed = reply.room_needed;
        if reply.bytes.is_empty() && message.kind == Kind::Syn {
            reply.bytes = self.tell_level(account.said, peer, budget);
        }
        reply
    }

    /// Learn from an exchange how large the next sketch should be.
    fn expect(&mut self, message: &Message<'_>, account: &Account) {
        if message.digest.is_some() && !message.can(capability::SKETCH) {
            self.estimate.meet_plain();
        }
        let delta = message.delta.iter().flat_map(|delta| delta.participants()).count();
        match account.reading {
            // The other one has read what this one said, and tells or asks for all that it found.
            Reading::Nothing if message.kind == Kind::SynAck && !message.is_refusal() => {
                self.estimate.found(account.differ.max(delta));
            }
            Reading::Nothing => {}
            Reading::Part { left } => {
                let size = message.sketch.map_or(0, |sketch| sketch.size());
                self.estimate.found(account.differ + left);
                let had_room = 2 * account.differ + 8 <= size && left * 8 <= size;
                // One that had no room tells nothing, neither way.
                if had_room && self.estimate.is_stuck(true) {
                    let participants = self.state.count();
                    self.state.level_sketches().rotate(participants);
                }
            }
            Reading::Range => {}
            Reading::Whole => {
                self.estimate.found(account.differ);
                self.estimate.is_stuck(false);
            }
        }
    }

    /// With nothing else to say to somebody who calls: that all of its map is here, and that this
    /// host lives, so that it can know both even if nobody ever calls it.
    fn tell_level(&mut self, said: Said, peer: ShortId, budget: usize) -> Vec<u8> {
        let holds = self.state.at(peer).map(|held| held.reached());
        let level = said.peer.filter(|reached| reached.1 <= MAX_VERSION && holds == Some(*reached));
        if self.acked.tell(peer, level.unwrap_or_default(), self.state.now_ms) {
            return self.maker(budget, Manner::default()).level(peer);
        }
        Vec::new()
    }

    /// Take in what a message says beside the state: who lives, and who has what of the own map.
    fn listen(&mut self, message: &Message<'_>, said: Said, peer: ShortId) {
        let Message { sender, heard, acked, .. } = message;
        let own = self.state.own();
        if *sender.id == *own.id || self.state.is_absurd(sender.generation, &self.config) {
            return;
        }
        let issued = (own.generation, own.max_version);
        let acked = acked.map(|acked| (acked.generation, acked.version));
        let holds = said.own.max(acked).filter(|holds| *holds <= issued);
        let max = self.config.limits.participants;
        self.acked.hear(peer, sender.generation, holds, max);
        if self.state.now_ms.is_none() {
            return;
        }
        if self.state.at(peer).is_some_and(|held| held.generation == sender.generation) {
            let (generation, version) = said.peer.unwrap_or_default();
            let is_sound = generation == sender.generation && version <= MAX_VERSION;
            let version = Some(version).filter(|_| is_sound && said.peer.is_some());
            self.state.hear(peer, sender.generation as u16, 0, version);
        }
        for line in heard.iter().copied().flatten() {
            self.state.hear(line.short, line.generation, line.age_ms, Some(line.version));
        }
    }

    /// The budget, or the greatest message where that is less.
    fn usable(&self, budget: usize) -> Result<usize, Error> {
        if budget < MIN_BUDGET {
            return Err(Error::BudgetTooSmall { needed: MIN_BUDGET });
        }
        let most = usize::try_from(self.config.limits.message_bytes).unwrap_or(usize::MAX);
        Ok(budget.min(most))
    }

    fn maker(&mut self, budget: usize, manner: Manner) -> Maker<'_> {
        let cells = self.estimate.cells();
        Maker {
            state: &self.state,
            config: &self.config,
            rng: &mut self.rng,
            budget,
            manner,
            cells,
        }
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
