//! The options of a host: from keyword arguments, with the system's clock and entropy as defaults.

use std::time::{SystemTime, UNIX_EPOCH};

use plasmid::{Limits, Mode, Ordering};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::argument::Unsigned;

/// How a host keeps updates, its own and those of others.
///
/// With history (the default) superseded values are kept and sent too; without, only the newest
/// value of each key.
#[pyclass(frozen, eq, hash, get_all, module = "plasmid")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct LocalState {
    /// Whether superseded values are kept and sent.
    history: bool,
}

#[pymethods]
impl LocalState {
    #[new]
    #[pyo3(signature = (history=true))]
    fn new(history: bool) -> Self {
        LocalState { history }
    }

    fn __repr__(&self) -> &'static str {
        if self.history {
            "plasmid.LocalState(history=True)"
        } else {
            "plasmid.LocalState(history=False)"
        }
    }

    fn __reduce__(slf: Bound<'_, Self>) -> (Bound<'_, PyAny>, (bool,)) {
        let history = slf.get().history;
        (slf.get_type().into_any(), (history,))
    }
}

impl From<&LocalState> for plasmid::LocalState {
    fn from(state: &LocalState) -> Self {
        plasmid::LocalState { history: state.history }
    }
}

pub(crate) fn ordering(name: &str) -> PyResult<Ordering> {
    match name {
        "depth" => Ok(Ordering::Depth),
        "breadth" => Ok(Ordering::Breadth),
        _ => Err(unknown("ordering", "'depth' or 'breadth'", name)),
    }
}

pub(crate) fn mode(name: &str) -> PyResult<Mode> {
    match name {
        "pull" => Ok(Mode::Pull),
        "push-pull" => Ok(Mode::PushPull),
        _ => Err(unknown("mode", "'pull' or 'push-pull'", name)),
    }
}

fn unknown(option: &str, expected: &str, name: &str) -> PyErr {
    PyValueError::new_err(format!("{option} is {expected}, not '{name}'"))
}

/// The core's limits, those changed that are named.
pub(crate) fn limits(named: Option<&Bound<'_, PyDict>>) -> PyResult<Limits> {
    let mut limits = Limits::default();
    for (name, value) in named.into_iter().flatten() {
        let name: String = name.extract()?;
        let limit = match name.as_str() {
            "key_bytes" => &mut limits.key_bytes,
            "value_bytes" => &mut limits.value_bytes,
            "message_bytes" => &mut limits.message_bytes,
            "participants" => &mut limits.participants,
            "keys_per_participant" => &mut limits.keys_per_participant,
            "participant_bytes" => &mut limits.participant_bytes,
            "state_bytes" => &mut limits.state_bytes,
            _ => {
                let text = format!("Host() got an unexpected keyword argument '{name}'");
                return Err(PyTypeError::new_err(text));
            }
        };
        let number = value.extract::<Unsigned>();
        *limit = number.map_err(|error| noted(value.py(), error, &name))?.0;
    }
    Ok(limits)
}

/// The error, with the note of its argument that PyO3 gives to those that the signature names.
fn noted(py: Python<'_>, error: PyErr, name: &str) -> PyErr {
    let note = format!("while processing '{name}'");
    error.value(py).call_method1("add_note", (note,)).err().unwrap_or(error)
}

/// The number given, or a random one.
pub(crate) fn or_random(number: Option<Unsigned>) -> PyResult<u64> {
    match number {
        Some(number) => Ok(number.0),
        None => Ok(getrandom::u64().map_err(std::io::Error::from)?),
    }
}

/// The generation given, or one above every earlier one: milliseconds since 1970 × 2¹⁶, and 16
/// random bits, so that two starts in one millisecond differ.
pub(crate) fn generation(number: Option<Unsigned>) -> PyResult<u64> {
    if let Some(number) = number {
        return Ok(number.0);
    }
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let millis = u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX);
    // 47 bits of milliseconds last until the year 6429.
    Ok((millis << 16 | or_random(None)? & 0xffff) & (u64::MAX >> 1))
}
