//! W1: setting keys.

use plasmid::{Error, Host};
use serde_json::{Value, json};

use super::hosts::config;
use crate::clock::clocked;
use crate::input::{VALUE, Values, id, key};

const SETS: usize = 100_000;
const KEYS: usize = 10_000;

pub(crate) fn sets(history: bool) -> Result<Value, Error> {
    let mut host = Host::new(&id(0), config(0, history))?;
    let (keys, mut values) = ((0..KEYS).map(key).collect::<Vec<_>>(), Values::of(0));
    let values: Vec<_> = (0..SETS).map(|_| values.next(VALUE)).collect();
    let mut sets = keys.iter().cycle().zip(&values);
    let (done, ns) = clocked(|| sets.try_for_each(|(k, v)| host.set(k, v).map(drop)));
    done?;
    assert_eq!(host.len(host.id()), KEYS);
    Ok(json!({ "ns": ns / SETS as f64 }))
}
