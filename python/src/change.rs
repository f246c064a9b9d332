//! What a reader of changes is told, one at a time.

use plasmid::ChangeKind;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::argument::{Unsigned, Word};

/// One thing that changed, as `Host.changes` tells it.
///
/// `kind` says what happened to `participant`:
///
/// - `"set"`: `key` has `value` now; `"delete"`: `key` is gone.
/// - `"join"`: it became known, or is back after it left or was evicted.
/// - `"leave"`, `"evict"`: it is gone, and all its keys with it.
/// - `"replace"`: forget its keys. Every one that it has follows as `"set"`: what does not is gone.
/// - `"conflict"`: another process writes, or wrote, under this host's own id (see `Host.renew`).
#[pyclass(frozen, eq, hash, get_all, module = "plasmid")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Change {
    /// What happened: `"set"`, `"delete"`, `"join"`, `"leave"`, `"evict"`, `"replace"` or
    /// `"conflict"`.
    kind: &'static str,
    /// To whom, or by whom.
    participant: Vec<u8>,
    /// The key that was set or deleted; None for the other kinds.
    key: Option<Vec<u8>>,
    /// The value that was set; None for the other kinds.
    value: Option<Vec<u8>>,
    /// The participant's version of a change of a key; of the other kinds, and of a deletion that
    /// nobody told the version of, that which the copy had reached (0 if nothing is remembered of
    /// one that is gone).
    version: u64,
    /// The participant's generation.
    generation: u64,
}

type Parts = (&'static str, Vec<u8>, Option<Vec<u8>>, Option<Vec<u8>>, u64, u64);

const KINDS: [ChangeKind; 7] = [
    ChangeKind::Set,
    ChangeKind::Delete,
    ChangeKind::Join,
    ChangeKind::Leave,
    ChangeKind::Evict,
    ChangeKind::Replace,
    ChangeKind::Conflict,
];

#[pymethods]
impl Change {
    #[new]
    fn new(
        kind: &str,
        participant: Word,
        key: Option<Word>,
        value: Option<Word>,
        version: Unsigned,
        generation: Unsigned,
    ) -> PyResult<Self> {
        let found = KINDS.into_iter().map(ChangeKind::name).find(|name| *name == kind);
        let kind =
            found.ok_or_else(|| PyValueError::new_err(format!("'{kind}' is no kind of change")))?;
        Ok(Change {
            kind,
            participant: participant.to_vec(),
            key: key.map(|key| key.to_vec()),
            value: value.map(|value| value.to_vec()),
            version: version.0,
            generation: generation.0,
        })
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let shown = |bytes: Option<&[u8]>| match bytes {
            Some(bytes) => Ok(PyBytes::new(py, bytes).repr()?.to_string()),
            None => PyResult::Ok("None".to_owned()),
        };
        Ok(format!(
            "plasmid.Change(kind='{}', participant={}, key={}, value={}, version={}, \
             generation={})",
            self.kind,
            shown(Some(&self.participant))?,
            shown(self.key.as_deref())?,
            shown(self.value.as_deref())?,
            self.version,
            self.generation,
        ))
    }

    fn __reduce__(slf: Bound<'_, Self>) -> (Bound<'_, PyAny>, Parts) {
        let Change { kind, participant, key, value, version, generation } = slf.get().clone();
        let parts = (kind, participant, key, value, version, generation);
        (slf.get_type().into_any(), parts)
    }
}

impl From<&plasmid::Change<'_>> for Change {
    fn from(change: &plasmid::Change<'_>) -> Self {
        let is_set = change.kind == ChangeKind::Set;
        let has_key = is_set || change.kind == ChangeKind::Delete;
        Change {
            kind: change.kind.name(),
            participant: change.participant.to_vec(),
            key: has_key.then(|| change.key.to_vec()),
            value: is_set.then(|| change.value.to_vec()),
            version: change.version,
            generation: change.generation,
        }
    }
}
