//! Forks. A child inherits every host of its parent, id and nonce and all; were both to write, not
//! even a conflict would be noticed. So a host belongs to the process that made it.

use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::prelude::*;
use pyo3::types::IntoPyDict;

use crate::error::Fault;

/// How many forks led from the process that loaded this module to the one that runs.
static FORKS: AtomicU64 = AtomicU64::new(0);

/// The process that made something.
#[derive(Clone, Copy)]
pub(crate) struct Maker(u64);

impl Maker {
    pub(crate) fn this_process() -> Self {
        Maker(FORKS.load(Ordering::Relaxed))
    }

    /// [`Fault::Inherited`] in every process but that one.
    pub(crate) fn only(self) -> Result<(), Fault> {
        if self.0 == FORKS.load(Ordering::Relaxed) { Ok(()) } else { Err(Fault::Inherited) }
    }
}

/// Have Python tell of every fork.
pub(crate) fn watch(py: Python<'_>) -> PyResult<()> {
    // Where there is no fork, there is nothing to register with either.
    let Some(register) = py.import("os")?.getattr_opt("register_at_fork")? else { return Ok(()) };
    let hooks = [("after_in_child", pyo3::wrap_pyfunction!(forked, py)?)].into_py_dict(py)?;
    register.call((), Some(&hooks)).map(drop)
}

#[pyfunction]
fn forked() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}
