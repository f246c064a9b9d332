//! Our side beside stores: the durable state, and a bare file, which grows with every entry.
//! Whoever makes a file longer in advance syncs as often and is faster.

use std::error::Error;

use plasmid::Host;
use plasmid_shared::SharedHost;
use serde_json::{Value, json};

use super::hosts::config;
use crate::clock::clocked;
use crate::input::{VALUE, Values, id, key};
use crate::stores::{Outcome, emptied, folder, measure};

mod durable;
mod file;

use durable::Durable;
use file::BareFile;

const SETS: usize = 100_000;
const KEYS: usize = 10_000;

pub(crate) fn stores(words: &[&str]) -> Result<Value, Box<dyn Error>> {
    match *words {
        ["plasmid", ref words @ ..] => measure::<Durable>(words),
        ["file", ref words @ ..] => measure::<BareFile>(words),
        ["sets", kept] => Ok(sets(kept).map_err(|error| -> Box<dyn Error> { error })?),
        _ => Err(format!("no store is called so: {words:?}").into()),
    }
}

/// W1 again, by a lock: of a host in memory, or of one that a file keeps, `relaxed`.
fn sets(kept: &str) -> Outcome<Value> {
    let host = if kept == "relaxed" {
        let (host, state) = durable::open(&emptied(folder::<Durable>("sets")?)?, true)?;
        SharedHost::durable(host, state)
    } else {
        SharedHost::new(Host::new(&id(0), config(0, false))?)
    };
    let (keys, mut values) = ((0..KEYS).map(key).collect::<Vec<_>>(), Values::of(0));
    let values: Vec<_> = (0..SETS).map(|_| values.next(VALUE)).collect();
    let mut sets = keys.iter().cycle().zip(&values);
    let set = |(key, value): (&Vec<u8>, &Vec<u8>)| host.change(|host| host.set(key, value).is_ok());
    let (done, ns) = clocked(|| sets.all(|one| set(one) == Ok(true)));
    assert!(done);
    host.close().map_err(|error| format!("{error:?}"))?;
    Ok(json!({ "ns": ns / SETS as f64 }))
}
