//! Compaction of a million superseded values, at their owner and at a replica.

use std::time::Duration;

use plasmid::{Error, Host};

use super::fleet::{BUDGET, VALUE, host, kept_len, level, manual, scattered};
use super::measure::{Measured, beside_memcpy, each};
use super::report::Costs;

const KEYS: usize = 10_000;
const SUPERSEDED: usize = 1_000_000;

pub(crate) fn report(costs: &mut Costs) -> Result<(), Error> {
    let bytes = kept_len(&mut overwritten()?)?;
    costs.row("compact 1,000,000 superseded values, owner", bytes, measure(bytes, owner));
    costs.row("apply that compaction, replica", bytes, measure(bytes, replica));
    Ok(())
}

/// A host each of whose keys was overwritten again and again.
fn overwritten() -> Result<Host, Error> {
    let mut a = manual("a", 1)?;
    for at in 0..KEYS + SUPERSEDED {
        a.set(&scattered(at), &[7; VALUE])?;
    }
    Ok(a)
}

fn measure(bytes: usize, compact: fn() -> Result<Duration, Error>) -> Measured {
    beside_memcpy(1, bytes, || compact().expect("it stays within the limits"))
}

fn owner() -> Result<Duration, Error> {
    let mut a = overwritten()?;
    let time = each(1, |_| a.compact(None).map(drop));
    assert_eq!(a.updates(b"a").count(), KEYS);
    Ok(time)
}

/// A replica that has all, and gets the message that says that most of it can go.
fn replica() -> Result<Duration, Error> {
    let mut a = overwritten()?;
    let mut b = host("b", 2, true)?;
    level(&mut b, &mut a)?;
    a.compact(None)?;
    let news = a.receive(&b.initiate(BUDGET)?, BUDGET)?;
    let time = each(1, |_| b.receive(&news, 0).map(drop));
    assert_eq!(b.updates(b"a").count(), KEYS);
    Ok(time)
}
