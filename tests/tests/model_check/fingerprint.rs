//! States as numbers: equal states have equal fingerprints, and different ones practically never
//! (5 million of them clash with a probability of one in a million).

use crate::events::{Config, Counts};
use crate::rules::{Half, KeepList, Message};
use crate::says::{How, Said};
use crate::slot::{Clean, Log, Slot};
use crate::world::{Letter, State};

/// Small numbers in one large number.
struct Bits(u64);

impl Bits {
    fn add(self, width: u32, value: impl Into<u64>) -> Bits {
        let value = value.into();
        debug_assert!(value < 1 << width, "{value} in {width} bits");
        Bits(self.0 << width | value)
    }

    fn log(self, log: &Log) -> Bits {
        let bits = log
            .keys
            .iter()
            .fold(self, |bits, entry| bits.add(3, entry.version).add(1, entry.deleted));
        bits.add(3, log.compact.version).add(3, log.compact.up_to)
    }

    fn clean(self, clean: Option<Clean>) -> Bits {
        let Clean { up_to, checked, held } = clean.unwrap_or_default();
        self.add(1, clean.is_some()).add(3, up_to).add(3, checked).add(3, held)
    }
}

fn slot(slot: &Slot) -> Bits {
    Bits(0)
        .add(3, slot.generation)
        .add(1, slot.evicted)
        .add(1, slot.left)
        .add(3, slot.max)
        .add(3, slot.gc)
        .log(&slot.log)
        .add(2, slot.suspects)
        .clean(slot.clean)
        .add(3, slot.horizon)
        .add(3, slot.staged)
}

fn message(message: &Message) -> u64 {
    let KeepList { clean, to, versions } = message.list.unwrap_or_default();
    let half = message.half.map_or(0u8, |half| if half == Half::First { 1 } else { 2 });
    let bits = Bits(0)
        .add(2, half)
        .add(3, message.generation)
        .add(1, message.evicted)
        .add(1, message.left)
        .add(3, message.from)
        .add(3, message.to)
        .add(3, message.gc)
        .add(3, message.horizon)
        .log(&message.page)
        .clean(message.list.map(|_| clean))
        .add(3, to)
        .add(8, versions);
    bits.0
}

fn said(said: &Said) -> u64 {
    let how: u8 = match said.how {
        How::Lines => 0,
        How::Sums => 1,
        How::Want => 2,
    };
    let bits = Bits(0).add(2, how).add(3, said.reached.0).add(4, said.reached.1);
    bits.clean(said.clean).add(3, said.staged).add(3, said.own).0
}

fn counts(counts: &Counts) -> u64 {
    let Counts { sets, deletes, compacts, restarts, setbacks, leaves, deaths, evictions, forgets } =
        *counts;
    let all = [sets, deletes, compacts, restarts, setbacks, leaves, deaths, evictions, forgets];
    all.iter().fold(Bits(0), |bits, count| bits.add(4, *count)).0
}

#[inline]
fn mix(hash: u64, word: u64) -> u64 {
    let mut mixed = (hash.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ mixed >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
    mixed ^ mixed >> 29
}

/// The fingerprint of the whole state. Hosts that play the same part are interchangeable, so states
/// that differ only in their names are one.
pub(crate) fn of_state(state: &State, config: &Config) -> u64 {
    let mut hash = mix(copies(state, config, true), counts(&state.counts));
    for word in state.history.words() {
        hash = mix(hash, word);
    }
    hash
}

/// The fingerprint of what decides how the hosts settle.
pub(crate) fn of_copies(state: &State, config: &Config) -> u64 {
    copies(state, config, false)
}

fn copies(state: &State, config: &Config, whole: bool) -> u64 {
    let mut sum = 0u64;
    for host in 0..config.hosts {
        // W, the host that evicts and those that take lines only are not like the others.
        let part: u8 = match host {
            0 => 0,
            _ if config.is_plain(host as u8) => 3,
            1 if config.counts.evictions > 0 => 1,
            _ => 2,
        };
        let mut bits = slot(&state.slots[host]).add(2, state.heard[host]).add(2, part);
        if whole {
            bits = state.told[host].iter().fold(bits, |bits, told| bits.add(3, *told));
        }
        let letters = if whole { letters_of(state, host) } else { 0 };
        sum = sum.wrapping_add(mix(mix(1, bits.0), letters));
    }
    let evictions = state.evictions.iter().fold(Bits(0), |bits, it| bits.add(4, *it));
    mix(sum, evictions.add(1, state.alive).0)
}

/// What is under way for `host`, whatever its order.
fn letters_of(state: &State, host: usize) -> u64 {
    let mut sum = 0u64;
    for letter in &state.letters {
        let (to, kind, word) = match letter {
            Letter::None => continue,
            Letter::Said(of, it) => (*of, 1, said(it)),
            Letter::Delta(to, it) => (*to, 2, message(it)),
            Letter::Eviction(to, number) => (*to, 3, u64::from(*number)),
        };
        if to as usize == host {
            sum = sum.wrapping_add(mix(mix(kind, word), 1));
        }
    }
    sum
}

/// A set of fingerprints: open addressing, eight bytes each.
pub(crate) struct Set {
    table: Vec<u64>,
    len: usize,
}

impl Set {
    /// An empty set.
    pub(crate) fn new() -> Set {
        Set { table: vec![0; 1 << 16], len: 0 }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Add `fingerprint`; whether it is new.
    pub(crate) fn insert(&mut self, fingerprint: u64) -> bool {
        if self.len * 2 >= self.table.len() {
            let larger = vec![0; self.table.len() * 2];
            let old = std::mem::replace(&mut self.table, larger);
            for fingerprint in old.into_iter().filter(|it| *it != 0) {
                let at = self.place(fingerprint);
                self.table[at] = fingerprint;
            }
        }
        // 0 stands for an empty place.
        let fingerprint = fingerprint.max(1);
        let at = self.place(fingerprint);
        let is_new = self.table[at] == 0;
        self.table[at] = fingerprint;
        self.len += usize::from(is_new);
        is_new
    }

    fn place(&self, fingerprint: u64) -> usize {
        let mask = self.table.len() - 1;
        let mut at = fingerprint as usize & mask;
        while self.table[at] != 0 && self.table[at] != fingerprint {
            at = (at + 1) & mask;
        }
        at
    }
}
