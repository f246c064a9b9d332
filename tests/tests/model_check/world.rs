//! A few hosts around one participant, and the network between them: the state of the model and
//! all that can happen in it.

use crate::events::{Action, Counts, Way};
use crate::guards::{Guard, Rules};
use crate::invariants::{self, History, Op, Told};
use crate::rules::{Message, Outcome, Width, answer, receive};
use crate::says::{How, Reading, Said, Theirs, claimed, read, want};
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
    /// What a host says, for anyone who will answer.
    Said(u8, Said),
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
        match action {
            Action::Exchange(from, to, way, width) | Action::Send(from, to, way, width) => {
                match self.say(from, to, way, rules) {
                    Letter::Said(_, said) => {
                        let reading = if way.wants { Reading::Plain } else { way.reading };
                        self.tell(from, to, &said, reading, width, rules)
                    }
                    other => other,
                }
            }
            Action::Answer(at, from, reading, width)
            | Action::AnswerLate(at, from, reading, width) => match &self.letters[at as usize] {
                Letter::Said(of, said) => self.tell(from, *of, said, reading, width, rules),
                _ => Letter::None,
            },
            Action::Tell(_, to) | Action::SendTell(_, to) => {
                Letter::Eviction(to, self.heard[to as usize])
            }
            Action::Ask(of, how) => Letter::Said(of, self.said(of, how, rules)),
            Action::AskFor(host, of, reading) => {
                self.say(of, host, Way { reading, wants: true }, rules)
            }
            Action::Want(at, host, reading) => match &self.letters[at as usize] {
                Letter::Said(_, said) => self.want(host, said, reading, rules),
                _ => Letter::None,
            },
            Action::Deliver(at, to) => match self.letters[at as usize] {
                Letter::Delta(_, delta) => Letter::Delta(to, delta),
                Letter::Eviction(_, number) => Letter::Eviction(to, number),
                other => other,
            },
            _ => Letter::None,
        }
    }

    /// What `host` says of its copy.
    pub(crate) fn said(&self, host: u8, how: How, rules: Rules) -> Said {
        Said::of(host, &self.slots[host as usize], how, rules)
    }

    /// What `to` says to `from`, for that to come to know what it has.
    fn say(&self, from: u8, to: u8, way: Way, rules: Rules) -> Letter {
        let how = way.reading.how();
        if way.wants {
            return self.want(to, &self.said(from, how, rules), way.reading, rules);
        }
        Letter::Said(to, self.said(to, how, rules))
    }

    /// What `host` wants when it reads `said`.
    pub(crate) fn want(&self, host: u8, said: &Said, reading: Reading, rules: Rules) -> Letter {
        let slot = &self.slots[host as usize];
        let theirs = read(slot, said, reading, rules);
        let wanted = theirs.and_then(|theirs| want(host, slot, &theirs, rules));
        wanted.map_or(Letter::None, |wanted| Letter::Said(host, wanted))
    }

    /// What `from` tells `to` when it reads what that `said`.
    pub(crate) fn tell(
        &self,
        from: u8,
        to: u8,
        said: &Said,
        reading: Reading,
        width: Width,
        rules: Rules,
    ) -> Letter {
        let slot = &self.slots[from as usize];
        let theirs = read(slot, said, reading, rules);
        let delta = theirs.and_then(|theirs| answer(slot, &theirs, width, rules));
        delta.map_or(Letter::None, |delta| Letter::Delta(to, delta))
    }

    /// If W reads in `action` what another says, it sees first what that claims of W itself. A
    /// copy with an unfinished check says nothing else.
    pub(crate) fn hear_saying(&mut self, action: Action, rules: Rules) -> Result<(), String> {
        let (said, reading) = match action {
            Action::Exchange(from, to, way, _) | Action::Send(from, to, way, _) => {
                let (reader, other) = if way.wants { (to, from) } else { (from, to) };
                if reader != 0 {
                    return Ok(());
                }
                (self.said(other, way.reading.how(), rules), way.reading)
            }
            Action::AskFor(0, of, reading) => (self.said(of, reading.how(), rules), reading),
            Action::Answer(at, 0, reading, _)
            | Action::AnswerLate(at, 0, reading, _)
            | Action::Want(at, 0, reading) => match self.letters[at as usize] {
                Letter::Said(_, said) => (said, reading),
                _ => return Ok(()),
            },
            _ => return Ok(()),
        };
        self.hear_of_oneself_in(&said, reading, rules)
    }

    /// W reads what another says.
    pub(crate) fn hear_of_oneself_in(
        &mut self,
        said: &Said,
        reading: Reading,
        rules: Rules,
    ) -> Result<(), String> {
        match read(&self.slots[0], said, reading, rules) {
            Some(theirs) if rules.keep(Guard::SayingsAreHeard) => {
                self.hear_of_oneself(claimed(said, &theirs, reading, rules), rules)
            }
            _ => Ok(()),
        }
    }

    /// Let `action` happen, and check what must hold of every change.
    pub(crate) fn step(&mut self, action: Action, rules: Rules) -> Result<(), String> {
        self.hear_saying(action, rules)?;
        match action {
            Action::Exchange(..) | Action::Tell(..) | Action::Answer(..) | Action::Deliver(..) => {
                let letter = self.letter(action, rules);
                self.arrive(&letter, rules).map(|_| ())
            }
            Action::Send(..) | Action::SendTell(..) | Action::Ask(..) | Action::AskFor(..) => {
                let letter = self.letter(action, rules);
                if !self.letters.contains(&letter) {
                    let free = self.letters.iter().position(|letter| *letter == Letter::None);
                    self.letters[free.expect("room for a letter")] = letter;
                }
                Ok(())
            }
            Action::AnswerLate(at, ..) | Action::Want(at, ..) => {
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
            Action::GiveUp(host) => {
                self.slots[host as usize].staged = 0;
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
            Letter::None | Letter::Said(..) => return Ok(Outcome::Taken),
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
            self.hear_of_oneself(message.reaches(rules), rules)?;
            return Ok(Outcome::Outranked);
        }
        let mut slot = self.slots[to];
        let outcome = receive(&mut slot, &message, rules);
        self.replace(to, slot)?;
        Ok(outcome)
    }

    /// W hears of itself. That is never applied; if it is more than W ever issued, W takes a
    /// higher generation and keeps what it has, which may be no more than that it left.
    fn hear_of_oneself(&mut self, claimed: (u8, u8), rules: Rules) -> Result<(), String> {
        let own = self.slots[0];
        if claimed <= own.reached() {
            return Ok(());
        }
        if !self.history.has_reached(claimed) {
            let (generation, version) = claimed;
            return Err(format!(
                "invariant 9: W is told of generation {generation} max {version}, which never was"
            ));
        }
        let next = claimed.0 + 1;
        let unused = next.max(self.history.newest() + 1);
        let next = if rules.keep(Guard::GenerationsAreNew) { unused } else { next };
        self.history.raise(own.generation, next);
        self.slots[0].generation = next;
        Ok(())
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
    let told = answer(&evicted, &Theirs::UNKNOWN, Width::Narrow, Rules::ALL);
    told.expect("news to one that knows nothing")
}
