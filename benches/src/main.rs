//! First figures: what each step of the protocol costs, as a multiple of copying the same bytes.
//!
//! 16-byte keys and 64-byte values throughout. Ratios hold from machine to machine; the times
//! beside them are this machine's, in this run.

use std::hint::black_box;
use std::time::{Duration, Instant};

use comfy_table::{CellAlignment, Table};
use plasmid::{Config, Error, Host, LocalState};

mod measure;

use measure::{Measured, beside_memcpy};

/// Larger than every message made here.
const BUDGET: usize = 16 << 20;
const KEY: usize = 16;
const VALUE: usize = 64;
/// Bytes of one set: what a copy of the same payload moves.
const PAYLOAD: usize = KEY + VALUE;

fn main() -> Result<(), Error> {
    let mut table = Table::new();
    table.set_header(["workload", "bytes", "ours", "memcpy", "ours : memcpy"]);
    for column in 1..5 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut row = |workload: &str, bytes: usize, measured: Measured| {
        table.add_row([
            workload.to_owned(),
            bytes.to_string(),
            time(measured.ours_ns),
            time(measured.memcpy_ns),
            format!("{:.1}", measured.ratio),
        ]);
    };

    row("set, 10,000 keys, history", PAYLOAD, set(true)?);
    row("set, 10,000 keys, no history", PAYLOAD, set(false)?);
    row("get, 10,000 keys", PAYLOAD, get()?);
    let delta = delta_of(10_000)?;
    row("encode a delta of 10,000 updates", delta.len(), encode(&delta)?);
    row("decode and apply that delta", delta.len(), decode_and_apply(&delta)?);
    let (bytes, measured) = exchange(0)?;
    row("exchange, 100 participants, nothing new", bytes, measured);
    let (bytes, measured) = exchange(10)?;
    row("exchange, 100 participants, 10 changed", bytes, measured);
    let (bytes, measured) = cold_sync()?;
    row("cold sync, 1,000 participants x 100 keys", bytes, measured);

    println!("{table}");
    println!("16-byte keys, 64-byte values; medians of 9 runs, ratios taken run by run.");
    println!("An exchange and a cold sync count the bytes of all their messages.");
    Ok(())
}

fn time(ns: f64) -> String {
    match ns {
        ns if ns < 1e3 => format!("{ns:.1} ns"),
        ns if ns < 1e6 => format!("{:.1} us", ns / 1e3),
        ns => format!("{:.1} ms", ns / 1e6),
    }
}

fn host(id: &str, nonce: u64, history: bool) -> Result<Host, Error> {
    let state = LocalState { history };
    Host::new(id.as_bytes(), Config { nonce, seed: nonce, state, ..Config::default() })
}

fn key(number: usize) -> [u8; KEY] {
    let mut key = [b'k'; KEY];
    key[..8].copy_from_slice(&(number as u64).to_be_bytes());
    key
}

/// Time one operation for each of `count` inputs.
fn each(count: usize, mut operation: impl FnMut(usize) -> Result<(), Error>) -> Duration {
    let start = Instant::now();
    for at in 0..count {
        operation(at).expect("the benchmark stays within the limits");
    }
    start.elapsed()
}

fn set(history: bool) -> Result<Measured, Error> {
    const SETS: usize = 100_000;
    let value = [7; VALUE];
    Ok(beside_memcpy(SETS, PAYLOAD, || {
        let mut a = host("a", 1, history).expect("the options are valid");
        // A stride that visits every key in no order a cache could guess.
        each(SETS, |at| a.set(&key(at * 7919 % 10_000), &value).map(drop))
    }))
}

fn get() -> Result<Measured, Error> {
    const GETS: usize = 100_000;
    let a = filled(10_000)?;
    Ok(beside_memcpy(GETS, PAYLOAD, || {
        each(GETS, |at| {
            black_box(a.get(black_box(&key(at * 7919 % 10_000))));
            Ok(())
        })
    }))
}

fn filled(keys: usize) -> Result<Host, Error> {
    let mut a = host("a", 1, true)?;
    for number in 0..keys {
        a.set(&key(number), &[7; VALUE])?;
    }
    Ok(a)
}

/// The SynAck that tells a newcomer everything about one participant with so many keys.
fn delta_of(keys: usize) -> Result<Vec<u8>, Error> {
    filled(keys)?.receive(&host("b", 2, true)?.initiate(BUDGET)?, BUDGET)
}

fn encode(delta: &[u8]) -> Result<Measured, Error> {
    let mut a = filled(10_000)?;
    let syn = host("b", 2, true)?.initiate(BUDGET)?;
    Ok(beside_memcpy(20, delta.len(), || {
        each(20, |_| {
            black_box(a.receive(&syn, BUDGET)?);
            Ok(())
        })
    }))
}

fn decode_and_apply(delta: &[u8]) -> Result<Measured, Error> {
    Ok(beside_memcpy(20, delta.len(), || {
        let mut newcomers: Vec<Host> =
            (0..20).map(|n| host("c", 3 + n, true).expect("the options are valid")).collect();
        each(20, |at| newcomers[at].receive(delta, 0).map(drop))
    }))
}

/// Push-pull between two hosts; returns the bytes of all messages.
fn push_pull(a: &mut Host, b: &mut Host) -> Result<usize, Error> {
    let syn = a.initiate(BUDGET)?;
    let syn_ack = b.receive(&syn, BUDGET)?;
    if syn_ack.is_empty() {
        return Ok(syn.len());
    }
    let ack = a.receive(&syn_ack, BUDGET)?;
    if !ack.is_empty() {
        b.receive(&ack, BUDGET)?;
    }
    Ok(syn.len() + syn_ack.len() + ack.len())
}

/// A host that knows `participants` with `keys` keys each, and those participants.
fn fleet(participants: usize, keys: usize) -> Result<(Host, Vec<Host>), Error> {
    let mut hub = host("hub", 1, true)?;
    let mut owners = Vec::new();
    for number in 0..participants {
        let mut owner = host(&format!("participant-{number:04}"), number as u64 + 10, true)?;
        for number in 0..keys {
            owner.set(&key(number), &[7; VALUE])?;
        }
        let syn = hub.initiate(BUDGET)?;
        hub.receive(&owner.receive(&syn, BUDGET)?, 0)?;
        owners.push(owner);
    }
    Ok((hub, owners))
}

/// One exchange between two hosts that know 100 participants, of which `changed` changed one key.
fn exchange(changed: usize) -> Result<(usize, Measured), Error> {
    const EXCHANGES: usize = 50;
    let (mut a, mut owners) = fleet(100, 10)?;
    let mut b = host("b", 2, true)?;
    push_pull(&mut b, &mut a)?;
    let mut once = || -> Result<(usize, Duration), Error> {
        for owner in &mut owners[..changed] {
            owner.set(&key(0), &[9; VALUE])?;
            let syn = a.initiate(BUDGET)?;
            a.receive(&owner.receive(&syn, BUDGET)?, 0)?;
        }
        let start = Instant::now();
        let bytes = push_pull(&mut b, &mut a)?;
        Ok((bytes, start.elapsed()))
    };
    let (bytes, _) = once()?;
    let measured = beside_memcpy(EXCHANGES, bytes, || {
        (0..EXCHANGES).map(|_| once().expect("the benchmark stays within the limits").1).sum()
    });
    Ok((bytes, measured))
}

/// A newcomer learns everything in one exchange.
fn cold_sync() -> Result<(usize, Measured), Error> {
    let (mut hub, _) = fleet(1_000, 100)?;
    let bytes = push_pull(&mut host("new", 2, true)?, &mut hub)?;
    let measured = beside_memcpy(1, bytes, || {
        let mut newcomer = host("new", 2, true).expect("the options are valid");
        each(1, |_| push_pull(&mut newcomer, &mut hub).map(drop))
    });
    Ok((bytes, measured))
}
