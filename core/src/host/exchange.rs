//! The steps of an exchange: saying what is here, and taking in a message and answering it. Why
//! they may be apart, with others at the host in between, is said in [`turns`](crate::host::turns).

use alloc::vec::Vec;

use crate::apply;
use crate::apply::parts::Parts;
use crate::config::{Digests, within};
use crate::error::{Error, Limit};
use crate::host::Host;
use crate::host::identity::Claim;
use crate::host::turns::Access;
use crate::reply::Reply;
use crate::reply::account::{Account, Reading, Said};
use crate::reply::difference::is_outdated;
use crate::reply::says::{Manner, Says};
use crate::sketch::live::Sketches;
use crate::wire::bounds::{MAX_VERSION, MIN_BUDGET};
use crate::wire::lines::HeardLine;
use crate::wire::message::{Kind, Message, capability};
use crate::wire::short::{ShortId, short_id};

/// What looking at a participant, or at a line of a message, takes, in bytes that take as long.
const LINE_COST: usize = 32;

/// A Syn.
pub(crate) fn initiate<A: Access>(
    access: &mut A,
    budget: usize,
    manner: Manner,
) -> Result<Vec<u8>, Error> {
    let most = access.at_once();
    let at_once = access.turn(|host| host.is_short(0, 0, most).then(|| syn(host, budget, manner)));
    at_once.unwrap_or_else(|| syn(access, budget, manner))
}

fn syn<A: Access>(access: &mut A, budget: usize, manner: Manner) -> Result<Vec<u8>, Error> {
    access.aside(
        |host| {
            let budget = host.usable(budget)?;
            Ok((host.says(manner), budget))
        },
        |aside, begun| {
            let (says, budget) = begun?;
            Ok(aside.maker(budget, manner).syn(says))
        },
    )
}

/// Take in a message, and make the answer.
pub(crate) fn receive<A: Access>(
    access: &mut A,
    message: &[u8],
    budget: usize,
) -> Result<Vec<u8>, Error> {
    check_budget(budget)?;
    if message.is_empty() {
        // What a host with nothing to say gave: passing it on is no mistake.
        return Ok(Vec::new());
    }
    let decoded = decode(access, message)?;
    Ok(answer(access, &decoded, message.len(), budget, Manner::default()).bytes)
}

/// Decode a message of the host's cluster.
pub(crate) fn decode<'m, A: Access>(
    access: &mut A,
    message: &'m [u8],
) -> Result<Message<'m>, Error> {
    let (cluster, most) =
        access.turn(|host| (host.state.cluster, host.config.limits.message_bytes));
    within(Limit::MessageBytes, message.len() as u64, 0, most)?;
    let message = Message::decode(message)?;
    if message.cluster != cluster {
        return Err(Error::Foreign);
    }
    Ok(message)
}

/// Apply a decoded message, which had `len` bytes, and make the answer; `budget` is 0, or at least
/// 512.
pub(crate) fn answer<A: Access>(
    access: &mut A,
    message: &Message<'_>,
    len: usize,
    budget: usize,
    manner: Manner,
) -> Reply {
    let most = access.at_once();
    let step = access.turn(|host| {
        if !host.is_short(len, budget, most) {
            return Step::Long;
        }
        match take_in(host, message) {
            Some(taken) if taken.waits => Step::Settle(taken),
            Some(taken) => Step::Done(say(host, message, &taken, budget, manner)),
            None => Step::Done(Reply::default()),
        }
    });
    let taken = match step {
        Step::Done(reply) => return reply,
        Step::Settle(taken) => Some(taken),
        Step::Long => take_in(access, message),
    };
    let Some(taken) = taken else {
        return Reply::default();
    };
    if taken.waits {
        access.settle();
    }
    say(access, message, &taken, budget, manner)
}

/// How far a message was worked on in the first turn.
enum Step {
    /// It takes too long for one.
    Long,
    /// The host has changed its own participant, which is to be durable before it is shown.
    Settle(Taken),
    Done(Reply),
}

/// A message that was taken in.
struct Taken {
    account: Account,
    /// The host has changed its own participant, and nobody sees that yet.
    waits: bool,
}

/// `None`: my own message came back.
fn take_in<A: Access>(access: &mut A, message: &Message<'_>) -> Option<Taken> {
    let most = access.at_once();
    let claim = access.aside(
        |host| host.is_nonce(&message.sender),
        |aside, is_nonce| {
            let claim = Claim::of(message, is_nonce, aside.state, aside.config);
            (!claim.is_loop(aside.state.own().reached())).then_some(claim)
        },
    );
    // Otherwise there is a loop in the network.
    let claim = claim?;
    if let Some(delta) = &message.delta {
        let mut parts = Parts::of(delta);
        while access.turn(|host| host.apply(&mut parts, most)) {}
    }
    let peer = short_id(message.cluster, message.sender.id);
    let account = access.aside(
        |host| host.level_with(message),
        |aside, ()| Account::of(aside.state, message, peer),
    );
    if access.turn(|host| host.listen(message, account.said, peer)) {
        let mut heard = message.heard.iter().copied().flatten();
        while access.turn(|host| host.hear(&mut heard, most)) {}
    }
    let told = message.delta.map_or(0, |delta| delta.count());
    let waits = access.turn(|host| {
        let written = host.written();
        let claim = claim.and(account.said.own, &host.state, &host.config);
        // Only who wants something of this host itself means it: a letter may have gone astray.
        let holds = message.acked.filter(|acked| acked.version == account.wanted);
        host.defend(claim, holds.map(|acked| (acked.generation, acked.version)));
        host.expect(message, &account, told);
        host.written() > written
    });
    Some(Taken { account, waits })
}

/// The answer to what was taken in.
fn say<A: Access>(
    access: &mut A,
    message: &Message<'_>,
    taken: &Taken,
    budget: usize,
    manner: Manner,
) -> Reply {
    let account = &taken.account;
    let peer = short_id(message.cluster, message.sender.id);
    let made = access.aside(
        |host| host.usable(budget),
        |aside, begun| {
            let is_answered = message.is_answered() || is_outdated(aside.state, message);
            let budget = begun.ok().filter(|_| is_answered)?;
            let version = aside.state.own().max_version;
            let mut maker = aside.maker(budget, manner);
            let reply = match message.kind {
                Kind::Syn => maker.syn_ack(message, account, peer),
                Kind::SynAck | Kind::Ack => maker.ack(message, account, peer),
            };
            Some((reply, budget, version))
        },
    );
    let Some((mut reply, budget, version)) = made else {
        return Reply::default();
    };
    access.turn(|host| {
        host.room_needed = reply.room_needed;
        if reply.has_delta {
            host.identity.told = host.identity.told.max(version);
        }
        if reply.bytes.is_empty() && message.kind == Kind::Syn {
            reply.bytes = host.tell_level(account.said, peer, budget);
        }
    });
    reply
}

fn check_budget(budget: usize) -> Result<(), Error> {
    if (1..MIN_BUDGET).contains(&budget) {
        return Err(Error::BudgetTooSmall { needed: MIN_BUDGET });
    }
    Ok(())
}

/// The short steps.
impl Host {
    /// Whether taking in a message of `len` bytes and answering it takes no longer than a turn may.
    fn is_short(&self, len: usize, budget: usize, most: usize) -> bool {
        let held = self.state.others_len + self.state.own().log.len();
        let looked_at = self.state.count().saturating_mul(LINE_COST);
        len.saturating_add(budget.min(held)).saturating_add(looked_at) <= most
    }

    /// What a Syn says of what is here.
    fn says(&mut self, manner: Manner) -> Says<'static> {
        let says = match self.estimate.begin() {
            _ if manner.in_lines => Says::Digest,
            Some(room) if self.config.digests != Digests::Plain => Says::Lines(room),
            _ => Says::all(&self.state, &self.config, self.estimate.cells(), 1),
        };
        if matches!(says, Says::Sketch(_)) {
            self.state.level_sketches();
        }
        says
    }

    /// Apply some more parts of a delta; `false` if there are no more.
    fn apply(&mut self, parts: &mut Parts<'_>, most: usize) -> bool {
        apply::apply(&mut self.state, &self.config, parts, most, &mut self.skipped)
    }

    /// Bring the sums level, if the message has some to be compared.
    fn level_with(&mut self, message: &Message<'_>) {
        if let Some(sketch) = message.sketch.filter(|_| self.config.digests != Digests::Plain) {
            self.state.turn_sketches(|sketches, count| sketches.follow(sketch.epoch, count));
        }
    }

    /// Learn from an exchange how large the next sketch should be; its message told of so many
    /// participants.
    fn expect(&mut self, message: &Message<'_>, account: &Account, told: usize) {
        if let Some(digest) = message.digest.filter(|_| !message.can(capability::SKETCH)) {
            self.estimate.meet_plain(digest.len());
        }
        let left = match account.reading {
            // The other one has read what this one said, and tells or asks for all that it found.
            Reading::Nothing if message.kind == Kind::SynAck && !message.is_refusal() => {
                return self.estimate.found(account.differ.max(told));
            }
            Reading::Nothing | Reading::Range => return,
            Reading::Part { left } => left,
            Reading::Whole => 0,
        };
        self.estimate.found(account.differ + left);
        // Lines tell nothing of what falls together in sums.
        if let Some(sketch) = message.sketch
            && self.estimate.is_stuck(sketch.size(), account.differ, left)
        {
            self.state.turn_sketches(Sketches::rotate);
        }
    }

    /// With nothing else to say to somebody who calls: that all of its map is here, and that this
    /// host lives, so that it can know both even if nobody ever calls it.
    fn tell_level(&mut self, said: Said, peer: ShortId, budget: usize) -> Vec<u8> {
        let holds = self.state.at(peer).map(|held| held.reached());
        let level = said.peer.filter(|reached| reached.1 <= MAX_VERSION && holds == Some(*reached));
        if self.acked.tell(peer, level.unwrap_or_default(), self.state.now_ms) {
            return self.beside().maker(budget, Manner::default()).level(peer);
        }
        Vec::new()
    }

    /// Take in what a message says of who has what of the own map, and that its sender lives. Tells
    /// whether it counts what else it says of who lives.
    fn listen(&mut self, message: &Message<'_>, said: Said, peer: ShortId) -> bool {
        let Message { sender, acked, .. } = message;
        let own = self.state.own();
        if *sender.id == *own.id || self.state.is_absurd(sender.generation, &self.config) {
            return false;
        }
        let issued = (own.generation, own.max_version);
        let acked = acked.map(|acked| (acked.generation, acked.version));
        let holds = said.own.max(acked).filter(|holds| *holds <= issued);
        let max = self.config.limits.participants;
        self.acked.hear(peer, (sender.generation, sender.nonce), holds, max);
        if self.state.now_ms.is_none() {
            return false;
        }
        if self.state.at(peer).is_some_and(|held| held.generation == sender.generation) {
            let (generation, version) = said.peer.unwrap_or_default();
            let is_sound = generation == sender.generation && version <= MAX_VERSION;
            let version = Some(version).filter(|_| is_sound && said.peer.is_some());
            self.state.hear(peer, sender.generation as u16, 0, version);
        }
        message.heard.is_some()
    }

    /// Take in some more of what a message says of who lives; `false` if there is no more.
    fn hear(&mut self, heard: &mut impl Iterator<Item = HeardLine>, most: usize) -> bool {
        for _ in 0..=most / LINE_COST {
            let Some(line) = heard.next() else {
                return false;
            };
            self.state.hear(line.short, line.generation, line.age_ms, Some(line.version));
        }
        true
    }

    /// The budget, or the greatest message where that is less.
    fn usable(&self, budget: usize) -> Result<usize, Error> {
        if budget < MIN_BUDGET {
            return Err(Error::BudgetTooSmall { needed: MIN_BUDGET });
        }
        let most = usize::try_from(self.config.limits.message_bytes).unwrap_or(usize::MAX);
        Ok(budget.min(most))
    }
}
