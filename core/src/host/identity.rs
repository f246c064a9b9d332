//! One id, one process: what a host does when it hears of itself what it did not say.
//!
//! News about oneself is never applied. If it says more than this process ever issued, somebody
//! else writes, or wrote, under this id: the host raises its generation once, which settles it if
//! that was the past. If a generation above its own appears again, a twin is alive; two that went
//! on raising would flood the fleet, so it stops, and writes nothing until [`Host::renew`].

use alloc::vec::Vec;

use crate::config::{Config, within};
use crate::error::{Error, Limit};
use crate::host::Host;
use crate::state::change::OwnChange;
use crate::state::journal::Standing;
use crate::state::participant::Status;
use crate::state::view::View;
use crate::wire::bounds::{EVICTED, MAX_GENERATION};
use crate::wire::message::{Message, Sender};
use crate::wire::short::short_id;

/// What is known of others under the own id.
#[derive(Debug, Default)]
pub(crate) struct Identity {
    /// Messages that were evidence of a twin.
    pub(crate) conflicts: u64,
    /// The greatest generation in which somebody wrote under the own id.
    seen: u64,
    /// The generation was raised once.
    raised: bool,
    /// A twin is certain, or the store failed: nothing may be written.
    pub(crate) is_fenced: bool,
    /// Where the own map was when this process took it up, if a store kept it: in which generation,
    /// and at which version.
    pub(crate) taken_up: Option<(u64, u64)>,
    /// No message that left here told of an own update above that version.
    pub(crate) told: u64,
    /// Nonces of the processes that had this host before, in this generation, the last ones last.
    pub(crate) earlier: Vec<u64>,
}

/// What a message says of the receiver's own participant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    /// The greatest (generation, version) it tells of.
    reached: (u64, u64),
    /// It was sent under the own id.
    is_sender: bool,
    /// By this very process, or one that had this host before and laid it down.
    is_nonce: bool,
}

impl Claim {
    /// By its sender, its delta, and the lines of its digest.
    pub(crate) fn of(message: &Message<'_>, is_nonce: bool, state: &View, config: &Config) -> Self {
        let own = state.own();
        let Message { sender, delta, .. } = message;
        let section = delta.and_then(|delta| delta.of(&own.id));
        let told = section.map(|section| section.reaches());
        let is_sender = *own.id == *sender.id;
        let sent = is_sender.then_some((sender.generation, 0));
        let lines = message.digest.iter().flat_map(|digest| digest.lines());
        let lines = lines.filter(|line| line.short == state.own_short());
        let lines = lines.map(|line| (line.generation, line.max_version));
        let none = Claim { reached: (0, 0), is_sender, is_nonce };
        let all = lines.chain(told).chain(sent);
        all.fold(none, |claim, reached| claim.and(Some(reached), state, config))
    }

    /// The same, and what was read off a sketch.
    pub(crate) fn and(self, reached: Option<(u64, u64)>, state: &View, config: &Config) -> Self {
        let reached = reached.filter(|reached| !state.is_absurd(reached.0, config));
        Claim { reached: self.reached.max(reached.unwrap_or_default()), ..self }
    }

    /// A message of this process that came back, and says nothing that it did not issue.
    pub(crate) fn is_loop(&self, issued: (u64, u64)) -> bool {
        self.is_sender && self.is_nonce && self.reached <= issued
    }
}

impl Host {
    /// Whether the sender's nonce is that of this process, or of one that had this host before.
    pub(crate) fn is_nonce(&self, sender: &Sender<'_>) -> bool {
        sender.nonce == self.config.nonce || self.identity.earlier.contains(&sender.nonce)
    }

    /// React to what a message said of this host itself, and how much its sender holds of it.
    pub(crate) fn defend(&mut self, claim: Claim, holds: Option<(u64, u64)>) {
        let own = self.own();
        let issued = (own.generation, own.max_version);
        let evicted = self.state.own_evicted.take().filter(|generation| *generation >= issued.0);
        let (generation, version) = claim.reached;
        self.identity.seen = self.identity.seen.max(generation).max(evicted.unwrap_or_default());
        // The generation of a sender that is older settles it already: that one will be told.
        let is_twin = claim.is_sender && !claim.is_nonce && generation >= issued.0;
        let is_eviction = version == EVICTED && generation >= issued.0;
        let is_forgotten =
            self.is_forgotten(claim.reached) || holds.is_some_and(|holds| self.is_forgotten(holds));
        let is_ahead = claim.reached > issued || is_forgotten;
        if !is_eviction && (is_twin || is_ahead) {
            self.conflict();
        } else if is_eviction || evicted.is_some() {
            self.outlive_eviction(generation.max(evicted.unwrap_or_default()));
        }
    }

    /// Whether somebody holds of the own map what this process wrote and told nobody. So another
    /// one told it, of which the store knows nothing: an older copy of its file was put in the
    /// place of the one that process wrote.
    fn is_forgotten(&self, holds: (u64, u64)) -> bool {
        self.identity.taken_up.is_some_and(|(generation, version)| {
            holds.0 == generation && holds.1 > version.max(self.identity.told)
        })
    }

    /// Who lives comes back in a new generation. Who left, and was declared gone after that, is
    /// gone.
    fn outlive_eviction(&mut self, generation: u64) {
        if self.own().status == Status::Left {
            self.make(&OwnChange::Standing { generation, status: Status::Evicted, farewell: None });
        }
        self.raise();
    }

    fn conflict(&mut self) {
        self.identity.conflicts += 1;
        let (own, before) = (self.state.own_short(), Standing::of(self.state.own()));
        let changed_at = self.state.own().changed_at;
        let place = self.state.journal.note_conflict(own, changed_at, before);
        if let Some(own) = self.state.get_mut(own) {
            own.changed_at = place;
        }
        if !self.identity.raised {
            self.identity.raised = true;
            self.raise();
        } else {
            self.identity.is_fenced = true;
        }
    }

    /// Go on in a new generation, with all entries and version numbers; one that left says so in
    /// the new one. One that was evicted after it left, or that knows of a twin, stays what it is.
    fn raise(&mut self) {
        if self.identity.is_fenced || self.own().status == Status::Evicted {
            return;
        }
        match self.next_generation() {
            Ok(generation) => self.take_generation(generation, self.own().status),
            // There is none left above what somebody claims: that is no accident.
            Err(_) => self.identity.is_fenced = true,
        }
    }

    /// A generation above all that was ever seen. Twins draw different ones.
    pub(crate) fn next_generation(&mut self) -> Result<u64, Error> {
        let own = self.own();
        let above = own.generation.max(self.identity.seen);
        // Of this process, so that two that were given the same seed differ as well.
        let process = short_id(self.config.nonce, &own.id) as u16;
        let generation = above + 1 + u64::from(self.rng.u16(..) ^ process);
        within(Limit::Generation, generation, 0, MAX_GENERATION)?;
        Ok(generation)
    }

    /// Take a new generation, above all that was ever seen of this participant: entries and version
    /// numbers are kept. It ends what [`Error::Conflict`] and [`Error::Left`] say: call it when the
    /// other process under this id is gone, or to come back after [`leave`](Host::leave), with an
    /// empty map then. Gives the generation.
    ///
    /// # Errors
    ///
    /// [`Error::Limit`] if there is no generation above what was seen, [`Error::Store`] if the
    /// store failed. Nothing changed.
    pub fn renew(&mut self) -> Result<u64, Error> {
        if self.is_over() {
            return Err(Error::Store);
        }
        let generation = self.next_generation()?;
        self.identity.raised = false;
        self.identity.is_fenced = false;
        self.take_generation(generation, Status::Present);
        Ok(generation)
    }

    /// Go on in that generation. Messages of earlier lives are of an older one then, which settles
    /// them.
    pub(crate) fn take_generation(&mut self, generation: u64, status: Status) {
        self.identity.earlier.clear();
        self.identity.taken_up = None;
        self.make(&OwnChange::Standing { generation, status, farewell: None });
    }

    /// How many messages gave evidence that another process writes, or wrote, under this host's id:
    /// they were sent under it by another process of the same generation or a newer one, or told
    /// more than this process ever issued. The own map was not touched.
    ///
    /// For the first of them the host raises its generation, and the others' copies follow. If it
    /// happens again another process lives under this id, and writes answer [`Error::Conflict`].
    pub const fn conflicts(&self) -> u64 {
        self.identity.conflicts
    }
}
