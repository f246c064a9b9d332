//! Reading, and the ways to write the own map beside a plain set, which is in the contest.

use std::hint::black_box;

use plasmid::{Batch, Error, Host};

use super::fleet::{KEY, PAYLOAD, VALUE, filled, host, key, manual, scattered};
use super::measure::{Measured, beside_memcpy, each};
use super::report::Costs;

/// Sets of one run, over 10,000 keys.
const SETS: usize = 100_000;
/// Keys that are deleted, or end by themselves, in one run.
const KEYS: usize = 10_000;
const TTL_MS: u64 = 1_000;

pub(crate) fn report(costs: &mut Costs) -> Result<(), Error> {
    costs.row("get, 10,000 keys", PAYLOAD, get()?);
    costs.row("set, 10,000 keys, history, no compaction", PAYLOAD, set(|| manual("a", 1)));
    costs.row("commit of a batch of 10 sets", 10 * PAYLOAD, commit(10, SETS));
    costs.row("commit of a batch of 1,000 sets", 1_000 * PAYLOAD, commit(1_000, SETS / 5));
    costs.row("get, 10,000 keys in batches of 1,000", PAYLOAD, get_from_batches()?);
    costs.row("delete, 10,000 keys", KEY, delete());
    costs.row("set_expiring, 10,000 keys", PAYLOAD, set_expiring());
    costs.row("tick that ends 10,000 values, each", KEY, expire());
    costs.row("tick with 10,000 values to end later", PAYLOAD, idle_tick()?);
    Ok(())
}

fn get() -> Result<Measured, Error> {
    let a = filled(KEYS)?;
    Ok(beside_memcpy(SETS, PAYLOAD, || {
        each(SETS, |at| {
            black_box(a.get(black_box(&scattered(at))));
            Ok(())
        })
    }))
}

fn set(make: impl Fn() -> Result<Host, Error>) -> Measured {
    beside_memcpy(SETS, PAYLOAD, || {
        let mut a = make().expect("the options are valid");
        each(SETS, |at| a.set(&scattered(at), &[7; VALUE]).map(drop))
    })
}

/// The same sets as in `set`, so many at once.
fn batches(size: usize, sets: usize) -> Vec<Batch> {
    let batch = |first: usize| {
        let mut batch = Batch::new();
        for at in first..first + size {
            batch.set(&scattered(at), &[7; VALUE]);
        }
        batch
    };
    (0..sets).step_by(size).map(batch).collect()
}

fn commit(size: usize, sets: usize) -> Measured {
    let batches = batches(size, sets);
    beside_memcpy(batches.len(), size * PAYLOAD, || {
        let mut a = host("a", 1, true).expect("the options are valid");
        each(batches.len(), |at| a.commit(&batches[at]).map(drop))
    })
}

fn get_from_batches() -> Result<Measured, Error> {
    const GETS: usize = 10_000;
    let mut a = host("a", 1, true)?;
    for batch in batches(1_000, KEYS) {
        a.commit(&batch)?;
    }
    Ok(beside_memcpy(GETS, PAYLOAD, || {
        each(GETS, |at| {
            black_box(a.get(black_box(&scattered(at))));
            Ok(())
        })
    }))
}

fn delete() -> Measured {
    beside_memcpy(KEYS, KEY, || {
        let mut a = filled(KEYS).expect("the options are valid");
        each(KEYS, |at| a.delete(&scattered(at)).map(drop))
    })
}

fn set_expiring() -> Measured {
    beside_memcpy(KEYS, PAYLOAD, || {
        let mut a = host("a", 1, true).expect("the options are valid");
        a.tick(1);
        each(KEYS, |at| a.set_expiring(&scattered(at), &[7; VALUE], TTL_MS).map(drop))
    })
}

/// A host whose values end at `1 + TTL_MS`.
fn expiring() -> Result<Host, Error> {
    let mut a = host("a", 1, true)?;
    a.tick(1);
    for number in 0..KEYS {
        a.set_expiring(&key(number), &[7; VALUE], TTL_MS)?;
    }
    Ok(a)
}

fn expire() -> Measured {
    beside_memcpy(KEYS, KEY, || {
        let mut a = expiring().expect("the options are valid");
        let time = each(1, |_| {
            a.tick(1 + TTL_MS);
            Ok(())
        });
        assert_eq!(a.len(b"a"), 0);
        time
    })
}

fn idle_tick() -> Result<Measured, Error> {
    const TICKS: usize = 100;
    Ok(beside_memcpy(TICKS, PAYLOAD, || {
        let mut a = expiring().expect("the options are valid");
        each(TICKS, |at| {
            a.tick(2 + at as u64);
            Ok(())
        })
    }))
}
