//! Reading, messages, and exchanges between hosts that are level or nearly so.

use std::hint::black_box;
use std::time::{Duration, Instant};

use plasmid::{Error, Host};

use crate::fleet::{self, BUDGET, PAYLOAD, VALUE, filled, host, key, pull, scattered};
use crate::measure::{Measured, beside_memcpy, each};
use crate::report::Costs;

pub(crate) fn report(costs: &mut Costs) -> Result<(), Error> {
    costs.row("get, 10,000 keys", PAYLOAD, get()?);
    let delta = delta_of(10_000)?;
    costs.row("encode a delta of 10,000 updates", delta.len(), encode()?);
    costs.row("decode and apply that delta", delta.len(), decode_and_apply(&delta));
    let (bytes, measured) = exchange(0)?;
    costs.row("exchange, 100 participants, nothing new", bytes, measured);
    let (bytes, measured) = exchange(10)?;
    costs.row("exchange, 100 participants, 10 changed", bytes, measured);
    let (bytes, measured) = cold_sync()?;
    costs.row("cold sync, 1,000 participants x 100 keys", bytes, measured);
    Ok(())
}

fn get() -> Result<Measured, Error> {
    const GETS: usize = 100_000;
    let a = filled(10_000)?;
    Ok(beside_memcpy(GETS, PAYLOAD, || {
        each(GETS, |at| {
            black_box(a.get(black_box(&scattered(at))));
            Ok(())
        })
    }))
}

/// The SynAck that tells a newcomer everything about one participant with so many keys.
fn delta_of(keys: usize) -> Result<Vec<u8>, Error> {
    filled(keys)?.receive(&host("b", 2, true)?.initiate(BUDGET)?, BUDGET)
}

fn encode() -> Result<Measured, Error> {
    let mut a = filled(10_000)?;
    let syn = host("b", 2, true)?.initiate(BUDGET)?;
    let bytes = a.receive(&syn, BUDGET)?.len();
    Ok(beside_memcpy(20, bytes, || {
        each(20, |_| {
            black_box(a.receive(&syn, BUDGET)?);
            Ok(())
        })
    }))
}

fn decode_and_apply(delta: &[u8]) -> Measured {
    beside_memcpy(20, delta.len(), || {
        let mut newcomers: Vec<Host> =
            (0..20).map(|n| host("c", 3 + n, true).expect("the options are valid")).collect();
        each(20, |at| newcomers[at].receive(delta, 0).map(drop))
    })
}

/// One exchange with messages of any size; returns its bytes.
fn push_pull(a: &mut Host, b: &mut Host) -> Result<usize, Error> {
    fleet::push_pull(a, b, BUDGET).map(|(_, bytes)| bytes)
}

/// One exchange between two hosts that know 100 participants, of which `changed` changed one key.
fn exchange(changed: usize) -> Result<(usize, Measured), Error> {
    const EXCHANGES: usize = 50;
    let (mut a, mut owners) = fleet::fleet(100, 10, &[7; VALUE])?;
    let mut b = host("b", 2, true)?;
    push_pull(&mut b, &mut a)?;
    let mut once = || -> Result<(usize, Duration), Error> {
        for owner in &mut owners[..changed] {
            owner.set(&key(0), &[9; VALUE])?;
            pull(&mut a, owner)?;
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
    let (mut hub, _) = fleet::fleet(1_000, 100, &[7; VALUE])?;
    let bytes = push_pull(&mut host("new", 2, true)?, &mut hub)?;
    let measured = beside_memcpy(1, bytes, || {
        let mut newcomer = host("new", 2, true).expect("the options are valid");
        each(1, |_| push_pull(&mut newcomer, &mut hub).map(drop))
    });
    Ok((bytes, measured))
}
