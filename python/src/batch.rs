//! Several changes as one, for the length of a `with` block.

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::argument::Word;
use crate::error::Fault;
use crate::shared::{Hosted, Shared};

/// Several sets and deletes that become one change of a host's own map, made by `Host.batch`.
///
/// It collects within its one `with` block, and is written when that ends. Of several changes of
/// one key the last one counts. Any thread may use it; calls take turns.
#[pyclass(frozen, module = "plasmid")]
pub(crate) struct Batch {
    host: Hosted,
    block: Shared<Block>,
}

#[derive(Default)]
struct Block {
    phase: Phase,
    changes: plasmid::Batch,
    version: Option<u64>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Before,
    Within,
    After,
}

impl Batch {
    pub(crate) fn new(host: Hosted) -> Self {
        Batch { host, block: Shared::new(Block::default()) }
    }

    /// Do something within the block only.
    fn within(&self, py: Python<'_>, work: impl FnOnce(&mut Block) + Send) -> PyResult<()> {
        let within = self.block.brief(py, |block| {
            let within = block.phase == Phase::Within;
            if within {
                work(block);
            }
            Ok(within)
        })?;
        let sentence = "a batch is used within its with block, where it is written at the end";
        if within { Ok(()) } else { Err(PyRuntimeError::new_err(sentence)) }
    }
}

#[pymethods]
impl Batch {
    /// Set an own key when the block ends.
    ///
    /// Raises `RuntimeError` outside of the block. Whether a limit is crossed shows at its end.
    fn set(&self, py: Python<'_>, key: Word, value: Word) -> PyResult<()> {
        self.within(py, |block| {
            block.changes.set(&key, &value);
        })
    }

    /// Delete an own key when the block ends, if there is such a key then.
    ///
    /// Raises `RuntimeError` outside of the block.
    fn delete(&self, py: Python<'_>, key: Word) -> PyResult<()> {
        self.within(py, |block| {
            block.changes.delete(&key);
        })
    }

    /// The version of the one change that this became; `max_version()` of then, if there was
    /// nothing to change.
    ///
    /// Raises `RuntimeError` until the block has ended, and for ever if nothing was written then.
    #[getter]
    fn version(&self, py: Python<'_>) -> PyResult<u64> {
        let version = self.block.brief(py, |block| Ok(block.version))?;
        version.ok_or_else(|| PyRuntimeError::new_err("this batch is not written"))
    }

    /// How many keys it changes.
    fn __len__(&self, py: Python<'_>) -> Result<usize, Fault> {
        self.block.brief(py, |block| Ok(block.changes.len()))
    }

    fn __enter__(slf: Bound<'_, Self>) -> PyResult<Bound<'_, Self>> {
        let entered = slf.get().block.brief(slf.py(), |block| {
            let before = block.phase == Phase::Before;
            block.phase = if before { Phase::Within } else { block.phase };
            Ok(before)
        })?;
        let sentence = "this batch's block was entered already: make another batch";
        if entered { Ok(slf) } else { Err(PyRuntimeError::new_err(sentence)) }
    }

    /// Write all that was collected, unless the block ends by an exception.
    ///
    /// Raises `LimitError`, `LeftError`, `ConflictError`, `ClosedError` and `StoreError` as
    /// `Host.set` does. Nothing was written then.
    #[pyo3(signature = (kind, _error, _traceback, /))]
    fn __exit__(
        &self,
        py: Python<'_>,
        kind: &Bound<'_, PyAny>,
        _error: &Bound<'_, PyAny>,
        _traceback: &Bound<'_, PyAny>,
    ) -> Result<(), Fault> {
        let keep = kind.is_none();
        let host = self.host.here();
        self.block.long(py, |block| {
            if block.phase != Phase::Within {
                return Ok(());
            }
            block.phase = Phase::After;
            if keep {
                let commit = |host: &mut plasmid::Host| Ok(host.commit(&block.changes)?);
                block.version = Some(host?.detached(commit)?);
            }
            Ok(())
        })
    }

    fn __repr__(&self, py: Python<'_>) -> Result<String, Fault> {
        let (keys, version) =
            self.block.brief(py, |block| Ok((block.changes.len(), block.version)))?;
        let version = version.map_or_else(|| "None".into(), |version| version.to_string());
        Ok(format!("plasmid.Batch(keys={keys}, version={version})"))
    }
}
