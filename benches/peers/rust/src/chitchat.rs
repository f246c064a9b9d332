//! chitchat 0.13. Its exchange is private, so two nodes are spawned over its own transport within
//! the process, which turns every message into bytes and parses them again, and counts them.

use std::error::Error;

use chitchat::{DeletionStatus, VersionedValue};
use serde_json::{Value, json};

use crate::clock::{clocked, median};
use crate::input::{VALUE, Values, key};
use crate::resident::resident;

mod fleet;
mod pair;

use pair::{Pair, chitchat_id, text};

const WARM_UP: usize = 5;
const MEASURED: usize = 101;

pub(crate) fn measure(words: &[&str]) -> Result<Value, Box<dyn Error>> {
    match *words {
        ["w1", _] => sets(),
        ["w2", _] => cold_sync(),
        ["w3", participants] => changed(participants.parse()?, 0),
        ["w4", participants, changes] => changed(participants.parse()?, changes.parse()?),
        ["w5", count] => fleet::spreading(count.parse()?),
        ["w6", participants, keys, value] => {
            held(participants.parse()?, keys.parse()?, value.parse()?)
        }
        ["w8"] => newest(),
        _ => Err(format!("nothing is called {words:?}").into()),
    }
}

fn sets() -> Result<Value, Box<dyn Error>> {
    const SETS: usize = 100_000;
    const KEYS: usize = 10_000;
    let pair = Pair::new()?;
    let mut values = Values::of(0);
    let keys: Vec<_> = (0..KEYS).map(|number| text(key(number))).collect();
    let values: Vec<_> = (0..SETS).map(|_| text(values.next(VALUE))).collect();
    let ((), ns) = pair.with_a(|node| {
        let (state, sets) = (node.self_node_state(), keys.iter().cycle().zip(&values));
        clocked(|| sets.for_each(|(key, value)| state.set(key, value)))
    });
    Ok(json!({ "ns": ns / SETS as f64 }))
}

/// The keys of one participant, as `reset_node_state_if_update` takes them.
fn participant(number: usize, keys: usize, value: usize) -> Vec<(String, VersionedValue)> {
    let mut values = Values::of(number);
    let entry =
        |at: usize| (text(key(number * keys + at)), versioned(values.next(value), at as u64 + 1));
    (0..keys).map(entry).collect()
}

fn versioned(value: Vec<u8>, version: u64) -> VersionedValue {
    VersionedValue { value: text(value), version, status: DeletionStatus::Set }
}

fn cold_sync() -> Result<Value, Box<dyn Error>> {
    const PARTICIPANTS: usize = 1_000;
    const KEYS: usize = 100;
    const ENTRIES: usize = PARTICIPANTS * KEYS;
    let pair = Pair::new()?;
    for number in 0..PARTICIPANTS {
        let entries = participant(number, KEYS, VALUE);
        pair.with_b(|node| {
            let entries = entries.clone().into_iter();
            node.reset_node_state_if_update(&chitchat_id(number), entries, KEYS as u64, 0);
        });
    }
    let before = pair.bytes();
    let (mut ns, mut exchanges) = (0.0, 0);
    let held = || {
        pair.with_a(|node| {
            node.node_states().values().map(|state| state.num_key_values()).sum::<usize>()
        })
    };
    while held() < ENTRIES {
        ns += clocked(|| pair.exchange()).1;
        exchanges += 1;
    }
    let bytes = (pair.bytes() - before) as f64 / ENTRIES as f64;
    Ok(json!({ "ns": ns / ENTRIES as f64, "bytes": bytes, "exchanges": exchanges }))
}

/// Exchanges between two that know so many participants with ten keys each, before each of which so
/// many of those changed one; each of the two hears of every second change.
fn changed(participants: usize, changes: usize) -> Result<Value, Box<dyn Error>> {
    const KEYS: usize = 10;
    let pair = Pair::new()?;
    let mut all: Vec<_> =
        (0..participants).map(|number| participant(number, KEYS, VALUE)).collect();
    let mut versions = vec![KEYS as u64; participants];
    for (number, entries) in all.iter().enumerate() {
        pair.teach_a(number, entries, KEYS as u64);
        pair.teach_b(number, entries, KEYS as u64);
    }
    let (mut rng, mut values) = (fastrand::Rng::with_seed(1), Values::of(participants));
    let (mut times, mut bytes) = (Vec::new(), Vec::new());
    for number in 0..WARM_UP + MEASURED {
        for (at, who) in rng.choose_multiple(0..participants, changes).into_iter().enumerate() {
            versions[who] += 1;
            all[who][0].1 = versioned(values.next(VALUE), versions[who]);
            let teach = if at % 2 == 0 { Pair::teach_a } else { Pair::teach_b };
            teach(&pair, who, &all[who], versions[who]);
        }
        let before = pair.bytes();
        let ((), ns) = clocked(|| pair.exchange());
        if number >= WARM_UP {
            times.push(ns);
            bytes.push((pair.bytes() - before) as f64);
        }
        pair.assert_level(participants);
    }
    Ok(json!({ "ns": median(times), "bytes": median(bytes) }))
}

fn held(participants: usize, keys: usize, value: usize) -> Result<Value, Box<dyn Error>> {
    let pair = Pair::new()?;
    let before = resident("VmRSS");
    for number in 0..participants {
        let mut entries = Some(participant(number, keys, value));
        pair.with_a(|node| {
            let entries = entries.take().unwrap_or_default().into_iter();
            node.reset_node_state_if_update(&chitchat_id(number), entries, keys as u64, 0);
        });
    }
    let taken = resident("VmRSS") - before;
    Ok(json!({ "bytes": taken / (participants * keys) as f64 }))
}

fn newest() -> Result<Value, Box<dyn Error>> {
    const KEYS: usize = 100_000;
    const NEWEST: usize = 10;
    let pair = Pair::new()?;
    let mut values = Values::of(0);
    for number in 0..KEYS {
        pair.with_b(|node| {
            node.self_node_state().set(text(key(number)), text(values.next(VALUE)));
        });
    }
    // Each brings what fits into a datagram of 65,507 bytes.
    while !pair.is_b_known() {
        pair.exchange();
    }
    let mut times = Vec::new();
    for time in 0..MEASURED {
        for number in 0..NEWEST {
            let key = text(key((time * NEWEST + number) * 89 % KEYS));
            pair.with_b(|node| node.self_node_state().set(&key, text(values.next(VALUE))));
        }
        times.push(clocked(|| pair.exchange()).1);
        assert!(pair.is_b_known());
    }
    Ok(json!({ "ns": median(times) }))
}
