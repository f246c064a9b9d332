//! A few hosts around one participant, and the network between them: the state of the model and
//! all that can happen in it.

use crate::events::{Action, Counts};
use crate::guards::{Guard, Rules};
use crate::invariants::{self, History, Op, Told};
use crate::rules::{Digest, Message, Outcome, answer, receive};
use crate::slot::{KEYS, Slot};

/// The most hosts of a configuration. Host 0 is the participant itself, W; host 1 is the one that
/// evicts.
pub(crate) const HOSTS: usize = 4;
/// The most letters that are under way.
pub(crate) const LATE: usize = 2;
/// The most generations, 0 for "unknown" included.
pub(crate) const GENERATIONS: usize = 7;
/// The most versions, 0 for "nothing" included.
pub(crate) const VERSIONS: usize = 8;
/// The most evictions.
pub(crate) const EVICTIONS: usize = 2;
/// The generation that W begins with. One below it is left for a clock that was set back.
const FIRST: u8 = 2;

/// Something under way. It can arrive any number of times, in any order, or never.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Letter {
    /// Nothing.
    #[default]
    None,
    /// The digest of a host, for anyone who will answer.
    Digest(u8, Digest),
    /// A delta to a host.
    Delta(u8, Message),
    /// An entry of the map of host 1, to a host: the eviction of that number.
    Eviction(u8, u8),
}

/// Everything there is, with what the invariants must remember.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct State {
    /// What each host keeps of the participant.
    pub(crate) slots: [Slot; HOSTS],
    /// How many entries of the map of host 1 each host has.
    pub(crate) heard: [u8; HOSTS],
    /// These entries: the generations that were evicted.
    pub(crate) evictions: [u8; EVICTIONS],
    /// Whether W lives.
    pub(crate) alive: bool,
    /// What is under way.
    pub(crate) letters: [Letter; LATE],
    /// What may still happen.
    pub(crate) counts: Counts,
    /// What W did, by generation and version.
    pub(crate) history: History,
    /// What the readers at each host were told.
    pub(crate) told: [Told; HOSTS],
}

impl State {
    /// How it begins, before the prelude.
    pub(crate) fn new(counts: Counts) -> State {
        let mut slots = [Slot::default(); HOSTS];
        slots[0] = Slot::new(FIRST);
        State {
            slots,
            heard: [0; HOSTS],
            evictions: [0; EVICTIONS],
            alive: true,
            letters: [Letter::None; LATE],
            counts,
            history: History::new(FIRST),
            told: [[0; KEYS]; HOSTS],
        }
    }

    /// The letter that `action` brings, and to whom, before it arrives.
    pub(crate) fn letter(&self, action: Action, rules: Rules) -> Letter {
        let delta = |from: u8, to: u8, digest: &Digest, narrow| {
            let delta = answer(&self.slots[from as usize], digest, narrow, rules);
            delta.map_or(Letter::None, |delta| Letter::Delta(to, delta))
        };
        match action {
            Action::Exchange(from, to, narrow) | Action::Send(from, to, narrow) => {
                delta(from, to, &Digest::of(&self.slots[to as usize]), narrow)
            }
            Action::Answer(at, from, narrow) | Action::AnswerLate(at, from, narrow) => {
                match &self.letters[at as usize] {
                    Letter::Digest(of, digest) => delta(from, *of, digest, narrow),
                    _ => Letter::None,
                }
            }
            Action::Tell(_, to) | Action::SendTell(_, to) => {
                Letter::Eviction(to, self.heard[to as usize])
            }
            Action::Ask(of) => Letter::Digest(of, Digest::of(&self.slots[of as usize])),
            Action::Deliver(at, to) => match self.letters[at as usize] {
                Letter::Delta(_, delta) => Letter::Delta(to, delta),
                Letter::Eviction(_, number) => Letter::Eviction(to, number),
                other => other,
            },
            _ => Letter::None,
        }
    }

    /// If W answers a digest in `action`, it sees first what that claims of W itself. A copy with
    /// an unfinished check says nothing else.
    pub(crate) fn hear_digest(&mut self, action: Action, rules: Rules) {
        let digest = match action {
            Action::Exchange(0, to, _) | Action::Send(0, to, _) => {
                Digest::of(&self.slots[to as usize])
            }
            Action::Answer(at, 0, _) | Action::AnswerLate(at, 0, _) => {
                match self.letters[at as usize] {
                    Letter::Digest(_, digest) => digest,
                    _ => return,
                }
            }
            _ => return,
        };
        if rules.keep(Guard::DigestsAreHeard) {
            self.hear_of_oneself((digest.generation, digest.evicted, digest.max), rules);
        }
    }

    /// Let `action` happen, and check what must hold of every change.
    pub(crate) fn step(&mut self, action: Action, rules: Rules) -> Result<(), String> {
        self.hear_digest(action, rules);
        match action {
            Action::Exchange(..) | Action::Tell(..) | Action::Answer(..) | Action::Deliver(..) => {
                let letter = self.letter(action, rules);
                self.arrive(&letter, rules).map(|_| ())
            }
            Action::Send(..) | Action::SendTell(..) | Action::Ask(_) => {
                let letter = self.letter(action, rules);
                if !self.letters.contains(&letter) {
                    let free = self.letters.iter().position(|letter| *letter == Letter::None);
                    self.letters[free.expect("room for a letter")] = letter;
                }
                Ok(())
            }
            Action::AnswerLate(at, ..) => {
                let letter = self.letter(action, rules);
                if letter != Letter::None && !self.letters.contains(&letter) {
                    self.letters[at as usize] = letter;
                }
                Ok(())
            }
            Action::Lose(at) => {
                self.letters[at as usize] = Letter::None;
                Ok(())
            }
            Action::Evict => self.evict(),
            Action::Restart => {
                self.counts.restarts -= 1;
                self.restart(self.history.newest() + 1);
                Ok(())
            }
            Action::SetBack => {
                self.counts.setbacks -= 1;
                self.restart(FIRST - 1);
                Ok(())
            }
            Action::Forget(host) => {
                self.counts.forgets -= 1;
                self.slots[host as usize] = Slot::default();
                self.heard[host as usize] = 0;
                self.told[host as usize] = Told::default();
                Ok(())
            }
            Action::Die => {
                self.counts.deaths -= 1;
                self.alive = false;
                Ok(())
            }
            Action::Set(_) | Action::Delete(_) | Action::Compact(_) | Action::Leave => {
                self.own(action);
                Ok(())
            }
        }
    }

    fn own(&mut self, action: Action) {
        let own = &mut self.slots[0];
        let op = match action {
            Action::Set(key) | Action::Delete(key) => {
                let deleted = matches!(action, Action::Delete(_));
                let count = if deleted { &mut self.counts.deletes } else { &mut self.counts.sets };
                *count -= 1;
                own.write(key as usize, deleted);
                if deleted { Op::Delete(key) } else { Op::Set(key) }
            }
            Action::Compact(up_to) => {
                self.counts.compacts -= 1;
                own.compact(up_to);
                Op::Compact(up_to)
            }
            _ => {
                self.counts.leaves -= 1;
                own.leave(own.max + 1);
                Op::Leave
            }
        };
        self.history.record(own.generation, own.max, op);
    }

    fn restart(&mut self, generation: u8) {
        self.alive = true;
        self.slots[0] = Slot::new(generation);
        self.heard[0] = 0;
        self.history.begin(generation);
    }

    /// Host 1 evicts the generation that it knows.
    fn evict(&mut self) -> Result<(), String> {
        let slot = self.slots[1];
        if slot.generation == 0 || slot.evicted || slot.left {
            return Ok(());
        }
        self.counts.evictions -= 1;
        self.evictions[self.heard[1] as usize] = slot.generation;
        self.heard[1] += 1;
        self.replace(1, Slot::evicted(slot.generation))
    }

    /// A letter arrives at its host.
    pub(crate) fn arrive(&mut self, letter: &Letter, rules: Rules) -> Result<Outcome, String> {
        let (to, message) = match letter {
            Letter::None | Letter::Digest(..) => return Ok(Outcome::Taken),
            Letter::Delta(to, message) => (*to as usize, *message),
            Letter::Eviction(to, number) => {
                let to = *to as usize;
                if *number > self.heard[to] {
                    return Ok(Outcome::Gap);
                }
                self.heard[to] = self.heard[to].max(number + 1);
                (to, evicting(self.evictions[*number as usize]))
            }
        };
        if to == 0 && rules.keep(Guard::OwnStateIsRefused) {
            self.hear_of_oneself((message.generation, message.evicted, message.to), rules);
            return Ok(Outcome::Outranked);
        }
        let mut slot = self.slots[to];
        let outcome = receive(&mut slot, &message, rules);
        self.replace(to, slot)?;
        Ok(outcome)
    }

    /// W hears of itself. That is never applied; if it is more than W ever issued, W takes a
    /// higher generation and keeps what it has, which may be no more than that it left.
    fn hear_of_oneself(&mut self, claimed: (u8, bool, u8), rules: Rules) {
        let own = self.slots[0];
        if claimed <= own.order() {
            return;
        }
        let next = claimed.0 + 1;
        let unused = next.max(self.history.newest() + 1);
        let next = if rules.keep(Guard::GenerationsAreNew) { unused } else { next };
        self.history.raise(own.generation, next);
        self.slots[0].generation = next;
    }

    fn replace(&mut self, host: usize, slot: Slot) -> Result<(), String> {
        let before = self.slots[host];
        if before == slot {
            return Ok(());
        }
        self.slots[host] = slot;
        if host == 0 {
            return Err("invariant 7: W's own slot is written by others".to_owned());
        }
        invariants::check(&before, &slot, &self.history, &mut self.told[host])
    }
}

/// A message as the entry of an eviction amounts to.
fn evicting(generation: u8) -> Message {
    let evicted = Slot::evicted(generation);
    let unknown = Digest::of(&Slot::default());
    answer(&evicted, &unknown, true, Rules::ALL).expect("news to one that knows nothing")
}
