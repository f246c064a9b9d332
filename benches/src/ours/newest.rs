//! W8: one participant has 100,000 keys, and the ten that it set last are missing elsewhere.

use plasmid::Error;
use serde_json::{Value, json};

use super::hosts::{BUDGET, host, participant};
use crate::clock::{clocked, median};
use crate::exchange::exchange;
use crate::input::{VALUE, Values, key};

const KEYS: usize = 100_000;
const NEWEST: usize = 10;
const TIMES: usize = 101;

pub(crate) fn ten() -> Result<Value, Error> {
    let mut source = participant(0, KEYS, VALUE)?;
    let mut values = Values::of(1);
    let mut reader = host(1)?;
    exchange(&mut reader, &mut source, BUDGET)?;
    let (mut times, mut deltas) = (Vec::new(), Vec::new());
    for time in 0..TIMES {
        for number in 0..NEWEST {
            source.set(&key((time * NEWEST + number) * 89 % KEYS), &values.next(VALUE))?;
        }
        let syn = reader.initiate(BUDGET)?;
        let (delta, ns) = clocked(|| source.receive(&syn, BUDGET));
        delta?;
        deltas.push(ns);
        let (done, ns) = clocked(|| exchange(&mut reader, &mut source, BUDGET));
        done?;
        assert_eq!(reader.max_version(source.id()), source.max_version(source.id()));
        times.push(ns);
    }
    Ok(json!({ "ns": median(times), "delta": median(deltas) }))
}
