//! W7: a delta of 10,000 entries, made and taken in.

use std::hint::black_box;

use plasmid::wire::Message;
use plasmid::{Error, Host};
use serde_json::{Value, json};

use super::hosts::{BUDGET, host, participant};
use crate::clock::{clocked, median};
use crate::input::VALUE;

const ENTRIES: usize = 10_000;
const TIMES: usize = 21;

pub(crate) fn delta(what: &str) -> Result<Value, Error> {
    let mut source = participant(0, ENTRIES, VALUE)?;
    let syn = host(1)?.initiate(BUDGET)?;
    let delta = source.receive(&syn, BUDGET)?;
    let ns = median((0..TIMES).map(|_| match what {
        "encode" => encode(&mut source, &syn),
        "copy" => copy(&delta),
        "decode" => decode(&delta),
        _ => apply(&delta),
    }));
    Ok(json!({ "ns": ns, "bytes": delta.len(), "entries": ENTRIES, "times": TIMES }))
}

fn encode(source: &mut Host, syn: &[u8]) -> f64 {
    let (delta, ns) = clocked(|| source.receive(syn, BUDGET));
    assert!(delta.is_ok_and(|delta| delta.len() > ENTRIES));
    ns
}

/// The yardstick: a copy of the same bytes, to where the last copy went, so that all is in cache.
fn copy(delta: &[u8]) -> f64 {
    let mut target = vec![0; delta.len()];
    let mut once = || clocked(|| black_box(&mut *target).copy_from_slice(black_box(delta))).1;
    once();
    once()
}

fn decode(delta: &[u8]) -> f64 {
    let (message, ns) = clocked(|| Message::decode(black_box(delta)).is_ok());
    assert!(message);
    ns
}

fn apply(delta: &[u8]) -> f64 {
    let mut newcomer = host(1).expect("the options are valid");
    let (done, ns) = clocked(|| newcomer.receive(delta, 0).is_ok());
    assert!(done);
    ns
}
