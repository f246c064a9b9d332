//! W9: two hosts that both write, in exchanges of datagrams of 1,200 bytes. The programs in C and
//! Python do the same.

use plasmid::Error;
use serde_json::{Value, json};

use super::hosts::host;
use crate::clock::clocked;
use crate::exchange::exchange;
use crate::input::{VALUE, Values, key};

const DATAGRAM: usize = 1_200;
const EXCHANGES: usize = 10_000;
/// Keys that each of both sets before an exchange; so many fit into a datagram.
const NEWS: usize = 5;
const KEYS: usize = 100;

pub(crate) fn exchanges() -> Result<Value, Error> {
    let (mut a, mut b) = (host(0)?, host(1)?);
    let value = Values::of(0).next(VALUE);
    let keys: Vec<_> = (0..KEYS).map(key).collect();
    let (done, ns) = clocked(|| {
        (0..EXCHANGES).try_for_each(|at| {
            for number in 0..NEWS {
                let key = &keys[(at * NEWS + number) % KEYS];
                a.set(key, &value)?;
                b.set(key, &value)?;
            }
            exchange(&mut a, &mut b, DATAGRAM).map(drop)
        })
    });
    done?;
    assert_eq!(a.max_version(b.id()), b.max_version(b.id()));
    assert_eq!(b.max_version(a.id()), a.max_version(a.id()));
    Ok(json!({ "ns": ns / EXCHANGES as f64 }))
}
