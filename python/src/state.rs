//! How a host keeps updates: in memory, or in a file.

use std::ffi::OsString;
use std::path::Path;

use pyo3::prelude::*;

use crate::argument::{FilePath, unexpected};
use crate::error::Fault;

/// How a host keeps updates, its own and those of others: in memory.
///
/// With history (the default) superseded values are kept and sent too; without, only the newest
/// value of each key, and whole batches that have one.
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

    fn __repr__(&self) -> String {
        format!("plasmid.LocalState(history={})", shown(self.history))
    }

    fn __reduce__(slf: Bound<'_, Self>) -> (Bound<'_, PyAny>, (bool,)) {
        let history = slf.get().history;
        (slf.get_type().into_any(), (history,))
    }
}

/// How a host keeps updates: in memory, and in a file that outlives the process.
///
///     with plasmid.Host("a", state=plasmid.DurableState("a.state")) as host:
///         host["color"] = "red"  # on the disk when this line is done
///
/// A host that is made with it is the one that the last process left in that file: the same
/// versions in the same generation, the same deadlines of keys, and copies of others as they were
/// some seconds before the end. If there is no such file, a new host begins with one. A file that
/// holds what `Host.snapshot` gave is taken up as by `Host.restore`, and becomes one of this kind.
///
/// What changes this host's own participant returns when that is on the disk, and nobody sees it
/// before, neither readers here nor peers. So nothing that was seen is ever lost, whether the
/// process is killed or the power fails. It takes as long as the disk does, often less than a
/// millisecond; the changes of many threads share that time, and reading never waits for it. In
/// asyncio, write with `await asyncio.to_thread(host.set, key, value)`.
///
/// With `relaxed` a change is shown at once, without waiting for the disk, and is there at the next
/// `tick`, which is to come every second or so. What was seen may be lost then, so that a host
/// that was not closed starts a new generation.
///
/// The file is the host's alone, from when it is made until `Host.close`, the end of a `with`
/// block, or the end of the process (and of the children that it forked) in whatever way. Beside
/// `path` there are `path.plasmid-lock`, which says so, and at times `path.plasmid-new`, which
/// takes its place, also when it is opened: there has to be room for both, and a path that ends
/// like one of these raises `StoreError`. A path that is not absolute begins at the folder that the
/// process is in when the host is made.
///
/// Arguments:
///
/// - `path`: the file, `str` or `os.PathLike`. Its folder has to be there.
/// - `history`: as of `LocalState`.
/// - `relaxed`: whether changes are shown before they are on the disk. That may differ from one
///   time to the next, and so may `history`.
///
/// Raises `TypeError` if `path` is none, and `ValueError` if it is empty. Nothing is opened before
/// a host is made with it.
#[pyclass(frozen, eq, hash, module = "plasmid")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct DurableState {
    path: OsString,
    history: bool,
    relaxed: bool,
}

#[pymethods]
impl DurableState {
    #[new]
    #[pyo3(signature = (path, history=true, relaxed=false))]
    fn new(path: FilePath, history: bool, relaxed: bool) -> Self {
        DurableState { path: path.0, history, relaxed }
    }

    /// The file's path, as a `str`.
    #[getter]
    fn path(&self) -> OsString {
        self.path.clone()
    }

    /// Whether superseded values are kept and sent.
    #[getter]
    fn history(&self) -> bool {
        self.history
    }

    /// Whether changes are shown before they are on the disk.
    #[getter]
    fn relaxed(&self) -> bool {
        self.relaxed
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let path = self.path.as_os_str().into_pyobject(py)?.repr()?.to_string();
        let (history, relaxed) = (shown(self.history), shown(self.relaxed));
        Ok(format!("plasmid.DurableState({path}, history={history}, relaxed={relaxed})"))
    }

    fn __reduce__(slf: Bound<'_, Self>) -> (Bound<'_, PyAny>, (OsString, bool, bool)) {
        let DurableState { path, history, relaxed } = slf.get().clone();
        (slf.get_type().into_any(), (path, history, relaxed))
    }
}

impl DurableState {
    /// Where it is, for a note.
    pub(crate) fn place(&self) -> String {
        format!("while opening '{}'", self.path.display())
    }

    /// Open the file for the host of that id.
    pub(crate) fn open(
        &self,
        id: &[u8],
        config: plasmid::Config,
    ) -> Result<(plasmid::Host, plasmid_store::DurableState), Fault> {
        let path = Path::new(&self.path);
        Ok(plasmid_store::DurableState::open(path, id, config, self.relaxed)?)
    }
}

/// What a host is made with.
#[derive(Clone, IntoPyObject)]
pub(crate) enum State {
    Local(LocalState),
    Durable(DurableState),
}

impl State {
    /// What of it is the core's business.
    pub(crate) fn local(&self) -> plasmid::LocalState {
        let history = match self {
            State::Local(state) => state.history,
            State::Durable(state) => state.history,
        };
        plasmid::LocalState { history }
    }
}

impl Default for State {
    fn default() -> Self {
        State::Local(LocalState { history: plasmid::LocalState::default().history })
    }
}

impl FromPyObject<'_, '_> for State {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if let Ok(state) = object.cast::<LocalState>() {
            return Ok(State::Local(*state.get()));
        }
        match object.cast::<DurableState>() {
            Ok(state) => Ok(State::Durable(state.get().clone())),
            Err(_) => Err(unexpected(&object, "LocalState or DurableState")),
        }
    }
}

/// A truth as Python writes it.
fn shown(truth: bool) -> &'static str {
    if truth { "True" } else { "False" }
}
