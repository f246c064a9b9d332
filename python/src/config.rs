//! The options of a host: from keyword arguments, with the system's clock and entropy as defaults.

use std::time::{SystemTime, UNIX_EPOCH};

use plasmid::{Config, Digests, Mode, Ordering, Status};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::PyDict;

use crate::argument::{Unsigned, Word};
use crate::state::State;

/// The core's configuration from the keyword arguments of `call`, and where the state is kept. What
/// is not named is as the core has it; seed, nonce and generation are drawn then.
pub(crate) fn config(call: &str, options: Option<&Bound<'_, PyDict>>) -> PyResult<(Config, State)> {
    let mut config = Config::default();
    let mut state = State::default();
    let (mut seed, mut nonce, mut generation) = (None, None, None);
    for (name, value) in options.into_iter().flatten() {
        let name: String = name.extract()?;
        let note = |error: PyErr| noted(value.py(), error, format!("while processing '{name}'"));
        let text = || value.extract::<PyBackedStr>().map_err(note);
        let number = || value.extract::<Option<Unsigned>>().map_err(note);
        match name.as_str() {
            "ordering" => config.ordering = ordering(&text()?)?,
            "digests" => config.digests = digests(&text()?)?,
            "compress" => config.compress = value.extract::<bool>().map_err(note)?,
            "compaction" => config.auto_compact = compaction(&text()?)?,
            "state" => {
                state = value.extract::<Option<State>>().map_err(note)?.unwrap_or_default();
            }
            "seed" => seed = number()?,
            "nonce" => nonce = number()?,
            "generation" => generation = number()?,
            "cluster" => {
                let cluster = value.extract::<Option<Word>>().map_err(note)?;
                config.cluster = cluster.map_or_else(Vec::new, |cluster| cluster.to_vec());
            }
            other => {
                let Some(option) = numeric(&mut config, other) else {
                    let text = format!("{call}() got an unexpected keyword argument '{name}'");
                    return Err(PyTypeError::new_err(text));
                };
                *option = value.extract::<Unsigned>().map_err(note)?.0;
            }
        }
    }
    config.state = state.local();
    config.seed = or_random(seed)?;
    config.nonce = or_random(nonce)?;
    config.generation = or_above_every_earlier(generation)?;
    Ok((config, state))
}

/// The option of that name whose default is a number of the core's.
fn numeric<'a>(config: &'a mut Config, name: &str) -> Option<&'a mut u64> {
    let limits = &mut config.limits;
    Some(match name {
        "tombstone_age_ms" => &mut config.tombstone_age_ms,
        "evict_after_ms" => &mut config.evict_after_ms,
        "generation_ahead_ms" => &mut config.generation_ahead_ms,
        "key_bytes" => &mut limits.key_bytes,
        "value_bytes" => &mut limits.value_bytes,
        "message_bytes" => &mut limits.message_bytes,
        "participants" => &mut limits.participants,
        "keys_per_participant" => &mut limits.keys_per_participant,
        "participant_bytes" => &mut limits.participant_bytes,
        "state_bytes" => &mut limits.state_bytes,
        "departed" => &mut limits.departed,
        "fragment_bytes" => &mut limits.fragment_bytes,
        "remembered_deletes" => &mut limits.remembered_deletes,
        "change_records" => &mut limits.change_records,
        _ => return None,
    })
}

fn ordering(name: &str) -> PyResult<Ordering> {
    match name {
        "depth" => Ok(Ordering::Depth),
        "breadth" => Ok(Ordering::Breadth),
        _ => Err(unknown("ordering", "'depth' or 'breadth'", name)),
    }
}

fn digests(name: &str) -> PyResult<Digests> {
    match name {
        "smallest" => Ok(Digests::Smallest),
        "plain" => Ok(Digests::Plain),
        "sketch" => Ok(Digests::Sketch),
        _ => Err(unknown("digests", "'smallest', 'plain' or 'sketch'", name)),
    }
}

/// Whether the host compacts by itself.
fn compaction(name: &str) -> PyResult<bool> {
    match name {
        "auto" => Ok(true),
        "manual" => Ok(false),
        _ => Err(unknown("compaction", "'auto' or 'manual'", name)),
    }
}

pub(crate) fn mode(name: &str) -> PyResult<Mode> {
    match name {
        "pull" => Ok(Mode::Pull),
        "push-pull" => Ok(Mode::PushPull),
        _ => Err(unknown("mode", "'pull' or 'push-pull'", name)),
    }
}

/// Which participants are meant; those of every status, if it is `None`.
pub(crate) fn status(name: Option<&str>) -> PyResult<Option<Status>> {
    let Some(name) = name else { return Ok(None) };
    let all = [Status::Present, Status::Left, Status::Evicted];
    let found = all.into_iter().find(|status| status.name() == name);
    let expected = "'present', 'left', 'evicted' or None";
    found.map(Some).ok_or_else(|| unknown("status", expected, name))
}

fn unknown(option: &str, expected: &str, name: &str) -> PyErr {
    PyValueError::new_err(format!("{option} is {expected}, not '{name}'"))
}

/// The error with a note, as PyO3 gives one of their argument to those that the signature names.
pub(crate) fn noted(py: Python<'_>, error: PyErr, note: String) -> PyErr {
    error.value(py).call_method1("add_note", (note,)).err().unwrap_or(error)
}

/// The number given, or a random one.
fn or_random(number: Option<Unsigned>) -> PyResult<u64> {
    match number {
        Some(number) => Ok(number.0),
        None => Ok(getrandom::u64().map_err(std::io::Error::from)?),
    }
}

/// The generation given, or one above every earlier one: milliseconds since 1970 × 2¹⁶, and 16
/// random bits, so that two starts in one millisecond differ.
fn or_above_every_earlier(generation: Option<Unsigned>) -> PyResult<u64> {
    if let Some(generation) = generation {
        return Ok(generation.0);
    }
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let millis = u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX);
    // 47 bits of milliseconds last until the year 6429.
    Ok((millis << 16 | or_random(None)? & 0xffff) & (u64::MAX >> 1))
}
