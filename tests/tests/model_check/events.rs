//! What can happen, how often, and what can happen now.

use crate::rules::Width;
use crate::says::{How, Reading};
use crate::slot::KEYS;
use crate::world::{Letter, State};

/// How often each thing may still happen; what the network does is not counted.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Values set by the owner.
    pub(crate) sets: u8,
    /// Deletes by the owner.
    pub(crate) deletes: u8,
    /// Compactions by the owner.
    pub(crate) compacts: u8,
    /// Restarts without state, in a new generation.
    pub(crate) restarts: u8,
    /// Restarts without state, by a clock that was set back: in a lower generation.
    pub(crate) setbacks: u8,
    /// Whether the owner may leave.
    pub(crate) leaves: u8,
    /// Whether the owner may die. A restart brings it back.
    pub(crate) deaths: u8,
    /// Evictions by host 1.
    pub(crate) evictions: u8,
    /// Restarts of other hosts, that forget all they kept.
    pub(crate) forgets: u8,
}

impl Counts {
    /// Nothing may happen.
    pub(crate) const NONE: Counts = Counts {
        sets: 0,
        deletes: 0,
        compacts: 0,
        restarts: 0,
        setbacks: 0,
        leaves: 0,
        deaths: 0,
        evictions: 0,
        forgets: 0,
    };
}

/// What is explored: who takes part and what may happen, from which start.
#[derive(Clone, Copy)]
pub(crate) struct Config {
    /// Its name in what is printed.
    pub(crate) name: &'static str,
    /// How many hosts there are, the participant included.
    pub(crate) hosts: usize,
    /// How many letters may be under way at once.
    pub(crate) late: usize,
    /// Bit h: host h takes lines only, and speaks and is told in lines.
    pub(crate) plain: u8,
    /// How the others read what is said to them.
    pub(crate) readings: &'static [Reading],
    /// Whether they want what they lack, besides saying what they have.
    pub(crate) wants: bool,
    /// Whether what is said can be late too; otherwise only what is told.
    pub(crate) late_sayings: bool,
    /// Whether a letter can arrive at a host that it is not for.
    pub(crate) astray: bool,
    /// How much messages carry.
    pub(crate) widths: &'static [Width],
    /// How often each thing may happen.
    pub(crate) counts: Counts,
    /// What has happened before, in these steps.
    pub(crate) prelude: &'static [Action],
}

impl Config {
    /// Whether that host takes lines only.
    pub(crate) fn is_plain(&self, host: u8) -> bool {
        self.plain & (1 << host) != 0
    }

    /// Whether those two tell each other what they want.
    pub(crate) fn take_wants(&self, a: u8, b: u8) -> bool {
        self.wants && !self.is_plain(a) && !self.is_plain(b)
    }

    /// How those two read each other's sayings.
    fn between(&self, a: u8, b: u8) -> &'static [Reading] {
        if self.is_plain(a) || self.is_plain(b) { &[Reading::Plain] } else { self.readings }
    }

    /// Every way by which `a` comes to know what `b` has.
    fn ways(&self, a: u8, b: u8) -> impl Iterator<Item = Way> + use<> {
        let wants: &[bool] = if self.take_wants(a, b) { &[false, true] } else { &[false] };
        let each = |reading: &'static Reading| {
            wants.iter().map(|wants| Way { reading: *reading, wants: *wants })
        };
        self.between(a, b).iter().flat_map(each)
    }

    /// In which ways a host says what it has.
    fn hows(&self, host: u8) -> impl Iterator<Item = How> {
        let others = move || (0..self.hosts as u8).filter(move |other| *other != host);
        let is_read = move |how| others().any(|it| self.readings_of(it, host, how).count() > 0);
        [How::Lines, How::Sums].into_iter().filter(move |how| is_read(*how))
    }

    /// How `a` reads what `b` said in that way.
    fn readings_of(&self, a: u8, b: u8, how: How) -> impl Iterator<Item = Reading> + use<> {
        let is_want = how == How::Want;
        let readings = if is_want { &[] } else { self.between(a, b) };
        let want = (is_want && self.take_wants(a, b)).then_some(Reading::Plain);
        readings.iter().copied().filter(move |reading| reading.how() == how).chain(want)
    }
}

/// How a host comes to know what another has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Way {
    /// How what was said is read.
    pub(crate) reading: Reading,
    /// It is read by the one that lacks something, which says what it wants then.
    pub(crate) wants: bool,
}

impl Way {
    /// The other says it in lines.
    pub(crate) const LINES: Way = Way { reading: Reading::Plain, wants: false };
}

/// One thing that can happen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Action {
    /// The owner sets a key.
    Set(u8),
    /// The owner deletes a key.
    Delete(u8),
    /// The owner compacts up to a version.
    Compact(u8),
    /// The owner leaves.
    Leave,
    /// The owner starts anew without its state.
    Restart,
    /// The same, by a clock that was set back.
    SetBack,
    /// The owner dies.
    Die,
    /// Host 1 evicts the participant.
    Evict,
    /// A host starts anew without what it kept.
    Forget(u8),
    /// `.0` comes to know in that way what `.1` has, and tells it what it lacks.
    Exchange(u8, u8, Way, Width),
    /// The same, but what it tells is under way.
    Send(u8, u8, Way, Width),
    /// The next entry of the map of host 1 from `.0` to `.1`.
    Tell(u8, u8),
    /// The same, under way.
    SendTell(u8, u8),
    /// A host says what it has.
    Ask(u8, How),
    /// `.0` reads what `.1` says at once, and says what it wants.
    AskFor(u8, u8, Reading),
    /// `.1` reads the saying `.0` that is under way, and tells at once what the other lacks.
    Answer(u8, u8, Reading, Width),
    /// The same, but what it tells is under way instead of the saying.
    AnswerLate(u8, u8, Reading, Width),
    /// `.1` reads the saying `.0` that is under way, instead of which is what it wants then.
    Want(u8, u8, Reading),
    /// The letter `.0` arrives at `.1`; it stays under way, for it may arrive again.
    Deliver(u8, u8),
    /// A letter is lost.
    Lose(u8),
    /// A host gives up the part of an update that it holds.
    GiveUp(u8),
}

impl State {
    /// Everything that can happen now. What cannot change anything may be among it.
    pub(crate) fn actions(&self, config: &Config, into: &mut Vec<Action>) {
        into.clear();
        self.actions_of_the_owner(into);
        if self.counts.evictions > 0 {
            into.push(Action::Evict);
        }
        let free = self.letters[..config.late].contains(&Letter::None);
        let evictions = self.heard[1] > 0;
        let first = usize::from(!self.alive) as u8;
        let hosts = config.hosts as u8;
        for to in first..hosts {
            if self.slots[to as usize].staged > 0 {
                into.push(Action::GiveUp(to));
            }
            if free && config.late_sayings && (to > 0 || config.wants) {
                into.extend(config.hows(to).map(|how| Action::Ask(to, how)));
            }
            for from in (first..hosts).filter(|from| *from != to) {
                for way in config.ways(from, to) {
                    let (reader, of) = if way.wants { (to, from) } else { (from, to) };
                    let theirs = self.slots[of as usize].counted();
                    if !self.is_distinct(way.reading, reader, theirs) {
                        continue;
                    }
                    for width in config.widths {
                        into.push(Action::Exchange(from, to, way, *width));
                        if free {
                            into.push(Action::Send(from, to, way, *width));
                        }
                    }
                    if free && config.late_sayings && way.wants {
                        into.push(Action::AskFor(to, from, way.reading));
                    }
                }
                if evictions && self.heard[from as usize] > self.heard[to as usize] {
                    into.push(Action::Tell(from, to));
                    if free {
                        into.push(Action::SendTell(from, to));
                    }
                }
            }
        }
        if self.counts.forgets > 0 {
            let first = if config.counts.evictions > 0 { 2 } else { 1 };
            into.extend((first..hosts).map(Action::Forget));
        }
        for (at, letter) in self.letters[..config.late].iter().enumerate() {
            let at = at as u8;
            match letter {
                Letter::None => continue,
                Letter::Said(of, said) => {
                    for from in (first..hosts).filter(|from| from != of) {
                        for reading in config.readings_of(from, *of, said.how) {
                            if !self.is_distinct(reading, from, said.reached) {
                                continue;
                            }
                            for width in config.widths {
                                into.push(Action::Answer(at, from, reading, *width));
                                into.push(Action::AnswerLate(at, from, reading, *width));
                            }
                            if config.take_wants(from, *of) && said.how != How::Want {
                                into.push(Action::Want(at, from, reading));
                            }
                        }
                    }
                }
                Letter::Delta(to, _) | Letter::Eviction(to, _) => {
                    let anyone = first..hosts;
                    let hosts = anyone.filter(|host| host == to || config.astray);
                    into.extend(hosts.map(|host| Action::Deliver(at, host)));
                }
            }
            into.push(Action::Lose(at));
        }
    }

    fn is_distinct(&self, reading: Reading, reader: u8, theirs: (u8, u8)) -> bool {
        reading.is_distinct(reader, self.slots[reader as usize].counted(), theirs)
    }

    fn actions_of_the_owner(&self, into: &mut Vec<Action>) {
        let own = &self.slots[0];
        if self.counts.restarts > 0 {
            into.push(Action::Restart);
        }
        if self.counts.setbacks > 0 {
            into.push(Action::SetBack);
        }
        if self.alive && self.counts.deaths > 0 {
            into.push(Action::Die);
        }
        if !self.alive || own.left {
            return;
        }
        if self.counts.leaves > 0 {
            into.push(Action::Leave);
        }
        for key in 0..KEYS {
            // The keys are alike, so the first that is ever set may be called a.
            let is_first = key == 0 || self.history.has_set_first(own.generation);
            if self.counts.sets > 0 && is_first {
                into.push(Action::Set(key as u8));
            }
            if self.counts.deletes > 0 && own.shown(key) > 0 {
                into.push(Action::Delete(key as u8));
            }
        }
        if self.counts.compacts > 0 {
            into.extend((own.gc + 1..=own.max).map(Action::Compact));
        }
    }
}
