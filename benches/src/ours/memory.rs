//! W6: what an entry takes in memory, by what the process has resident.

use plasmid::{Error, Host};
use serde_json::{Value, json};

use super::hosts::{config, host, teach};
use crate::input::{Values, id, key};
use crate::resident::resident;

/// Copies of so many participants.
pub(crate) fn held(participants: usize, keys: usize, value: usize) -> Result<Value, Error> {
    let before = resident("VmRSS");
    let mut hub = host(participants)?;
    teach(core::slice::from_mut(&mut hub), participants, keys, value)?;
    let taken = resident("VmRSS") - before;
    assert_eq!(hub.participants(None).len(), participants + 1);
    Ok(json!({ "bytes": taken / (participants * keys) as f64 }))
}

/// The most that one map took while all its keys were set again and again, for each key.
pub(crate) fn overwritten(history: bool) -> Result<Value, Error> {
    const KEYS: usize = 100_000;
    const ROUNDS: usize = 20;
    let before = resident("VmRSS");
    let mut host = Host::new(&id(0), config(0, history))?;
    let mut values = Values::of(0);
    for round in 0..ROUNDS {
        for number in 0..KEYS {
            // Not in the same order each time.
            host.set(&key((number * (2 * round + 1)) % KEYS), &values.next(16))?;
        }
    }
    let taken = resident("VmHWM") - before;
    Ok(json!({ "bytes": taken / KEYS as f64 }))
}
