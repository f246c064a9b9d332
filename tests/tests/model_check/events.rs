//! What can happen, how often, and what can happen now.

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
    /// Whether digests can be late too; otherwise only the answers.
    pub(crate) late_digests: bool,
    /// Whether a letter can arrive at a host that it is not for.
    pub(crate) astray: bool,
    /// Whether there are wide messages besides the narrow ones.
    pub(crate) wide: bool,
    /// How often each thing may happen.
    pub(crate) counts: Counts,
    /// What has happened before, in these steps.
    pub(crate) prelude: &'static [Action],
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
    /// `.0` answers the digest of `.1`, which gets it at once; `.2`: narrow.
    Exchange(u8, u8, bool),
    /// The same, but the answer is under way.
    Send(u8, u8, bool),
    /// The next entry of the map of host 1 from `.0` to `.1`.
    Tell(u8, u8),
    /// The same, under way.
    SendTell(u8, u8),
    /// A host sends its digest.
    Ask(u8),
    /// `.1` answers the digest `.0` that is under way, which arrives at once; `.2`: narrow.
    Answer(u8, u8, bool),
    /// The same, but the answer is under way instead of the digest.
    AnswerLate(u8, u8, bool),
    /// The letter `.0` arrives at `.1`; it stays under way, for it may arrive again.
    Deliver(u8, u8),
    /// A letter is lost.
    Lose(u8),
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
        let widths: &[bool] = if config.wide { &[true, false] } else { &[true] };
        let first = usize::from(!self.alive) as u8;
        let hosts = config.hosts as u8;
        for to in first..hosts {
            if free && config.late_digests && to > 0 {
                into.push(Action::Ask(to));
            }
            for from in (first..hosts).filter(|from| *from != to) {
                for narrow in widths {
                    into.push(Action::Exchange(from, to, *narrow));
                    if free {
                        into.push(Action::Send(from, to, *narrow));
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
                Letter::Digest(of, _) => {
                    for from in (first..hosts).filter(|from| from != of) {
                        for narrow in widths {
                            into.push(Action::Answer(at, from, *narrow));
                            into.push(Action::AnswerLate(at, from, *narrow));
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
