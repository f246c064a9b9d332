//! Being told of forks. A host belongs to the process that made it, one in memory, too.

use plasmid_shared::Process;
use pyo3::prelude::*;
use pyo3::types::IntoPyDict;

use crate::error::Fault;

/// [`Fault::Inherited`] in every process but that one.
pub(crate) fn only(maker: Process) -> Result<(), Fault> {
    if maker == Process::this() { Ok(()) } else { Err(Fault::Inherited) }
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
    Process::was_forked();
}
