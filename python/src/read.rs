//! The verbs that read: what a host holds, of whom, how old it is, and what changed. All of them
//! work in a forked child too.

use plasmid::{Filter, View};
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyList};

use crate::argument::{Bytes, Unsigned, Word};
use crate::change::Change;
use crate::config;
use crate::error::Fault;
use crate::host::Host;

/// Key and value.
type Item = (Vec<u8>, Vec<u8>);
/// Version, and value unless the key was deleted.
type Kept = (u64, Option<Vec<u8>>);
/// Version, key, and value unless the key was deleted.
type Update = (u64, Vec<u8>, Option<Vec<u8>>);

#[pymethods]
impl Host {
    /// The newest value of a key of `participant` (of this host's own, if it is None); None if
    /// there is none.
    #[pyo3(signature = (key, participant=None))]
    fn get(
        &self,
        py: Python<'_>,
        key: Word,
        participant: Option<Word>,
    ) -> Result<Option<Vec<u8>>, Fault> {
        self.host.read(py, |host| {
            let value = match &participant {
                Some(participant) => host.get_from(participant, &key),
                None => host.get(&key),
            };
            Ok(value.map(<[u8]>::to_vec))
        })
    }

    /// Every value kept of a key of `participant` (of this host's own, if it is None) with its
    /// version, newest first; the value of a deletion is None. Of others this is best effort: a
    /// host on the way that keeps no history passes on the newest value only.
    #[pyo3(signature = (key, participant=None))]
    fn history(
        &self,
        py: Python<'_>,
        key: Word,
        participant: Option<Word>,
    ) -> Result<Vec<Kept>, Fault> {
        self.host.view(py, |view| {
            let kept = view.history(whose(view, &participant), &key);
            let value = |update: &plasmid::Update<'_>| update.value.map(<[u8]>::to_vec);
            Ok(kept.iter().map(|update| (update.version, value(update))).collect())
        })
    }

    /// The ids of the participants known here, sorted; this host's own is one of them. `status` is
    /// `"present"`, `"left"`, `"evicted"`, or None for all. One that never set a key is known to
    /// nobody else: set one to be seen.
    #[pyo3(signature = (status=Some("present")), text_signature = "($self, status='present')")]
    fn participants(&self, py: Python<'_>, status: Option<&str>) -> PyResult<Vec<Vec<u8>>> {
        let status = config::status(status)?;
        let ids =
            |view: &View| Ok(view.participants(status).into_iter().map(<[u8]>::to_vec).collect());
        Ok(self.host.view(py, ids)?)
    }

    /// Whether a participant is `"present"`, has `"left"` or was `"evicted"`; None if it is unknown
    /// here.
    fn status(&self, py: Python<'_>, participant: Word) -> Result<Option<&'static str>, Fault> {
        self.host.read(py, |host| Ok(host.status(&participant).map(plasmid::Status::name)))
    }

    /// The keys of `participant` (of this host's own, if it is None), sorted.
    #[pyo3(signature = (participant=None))]
    fn keys(&self, py: Python<'_>, participant: Option<Word>) -> Result<Vec<Vec<u8>>, Fault> {
        self.host.view(py, |view| {
            let newest = view.entries(whose(view, &participant));
            Ok(newest.iter().map(|update| update.key.to_vec()).collect())
        })
    }

    /// The keys of `participant` (of this host's own, if it is None) with their newest values,
    /// sorted by key.
    #[pyo3(signature = (participant=None))]
    fn items(&self, py: Python<'_>, participant: Option<Word>) -> Result<Vec<Item>, Fault> {
        self.host.view(py, |view| {
            let newest = view.entries(whose(view, &participant));
            let item =
                |update: &plasmid::Update<'_>| Some((update.key.to_vec(), update.value?.to_vec()));
            Ok(newest.iter().filter_map(item).collect())
        })
    }

    /// Every update kept of `participant` (of this host's own, if it is None) as (version, key,
    /// value), in the order of versions; the value of a deletion is None. The updates of a batch
    /// have one version, and follow in the order of their keys.
    #[pyo3(signature = (participant=None))]
    fn updates(&self, py: Python<'_>, participant: Option<Word>) -> Result<Vec<Update>, Fault> {
        self.host.view(py, |view| {
            let kept = view.updates(whose(view, &participant)).map(|update| {
                (update.version, update.key.to_vec(), update.value.map(<[u8]>::to_vec))
            });
            Ok(kept.collect())
        })
    }

    /// The version that the copy of `participant` (of this host's own, if it is None) has reached;
    /// 0 for an unknown one.
    #[pyo3(signature = (participant=None))]
    fn max_version(&self, py: Python<'_>, participant: Option<Word>) -> Result<u64, Fault> {
        self.host.read(py, |host| Ok(host.max_version(owner(host, &participant)).unwrap_or(0)))
    }

    /// The version up to which the copy of `participant` (this host's own map, if it is None) is
    /// compacted: what was deleted or superseded up to it is dropped. 0 if nothing is; None for an
    /// unknown one.
    #[pyo3(signature = (participant=None))]
    fn gc_version(&self, py: Python<'_>, participant: Option<Word>) -> Result<Option<u64>, Fault> {
        self.host.read(py, |host| Ok(host.gc_version(owner(host, &participant))))
    }

    /// The generation of the copy of `participant`; None for an unknown one.
    fn generation_of(&self, py: Python<'_>, participant: Word) -> Result<Option<u64>, Fault> {
        self.host.read(py, |host| Ok(host.generation_of(&participant)))
    }

    /// How many milliseconds ago `participant` is known to have lived, by this host's clock and
    /// what others say; 0 for this host's own. None if it is unknown or gone, if there is no
    /// evidence, and before the first `tick`.
    fn last_heard(&self, py: Python<'_>, participant: Word) -> Result<Option<u64>, Fault> {
        self.host.read(py, |host| Ok(host.last_heard(&participant)))
    }

    /// How many milliseconds ago the copy of `participant` is known to have held all that it had
    /// written until then: what is read of it is at most that old. 0 for this host's own; None as
    /// for `last_heard`.
    fn staleness(&self, py: Python<'_>, participant: Word) -> Result<Option<u64>, Fault> {
        self.host.read(py, |host| Ok(host.staleness(&participant)))
    }

    /// The version of this host's own map that the copy at `peer` has reached, as `peer` itself
    /// said last: it does so in exchanges with this host, whoever of the two begins them. 0 if it
    /// said that it has nothing; None if it has not said anything since this host took its
    /// generation.
    fn acked_version(&self, py: Python<'_>, peer: Word) -> Result<Option<u64>, Fault> {
        self.host.read(py, |host| Ok(host.acked_version(&peer)))
    }

    /// What changed since `cursor`, and the cursor for the next call: a list of at most `limit`
    /// changes (more only where a batch would be torn), the newest value of each key. An empty list
    /// says that there is nothing more now.
    ///
    /// Without a cursor it begins with everything held: for each participant a `"join"` (`"leave"`,
    /// `"evict"` if it is gone), and then its keys. Where a cursor is too old to tell what changed,
    /// the participant's keys are told anew after a `"replace"`. What changes while pages are read
    /// may be told twice, nothing is left out, and nothing is remembered of readers: there may be
    /// any number of them, and any of them may stop and come back with its cursor.
    ///
    /// `prefix` leaves out keys that do not begin with it (and nothing that happens to
    /// participants), `participant` everybody else.
    ///
    /// Raises `CursorError` if `cursor` is none of this host's: only the host that gave a cursor
    /// goes on from it, and neither a process that was started anew nor what `restore` made is that
    /// host. It is raised also if so much happened since that nobody can tell any more who is gone.
    /// Forget all that was told then, and begin anew without a cursor.
    #[pyo3(signature = (cursor=None, limit=Unsigned(1024), prefix=None, participant=None))]
    #[pyo3(text_signature = "($self, cursor=None, limit=1024, prefix=None, participant=None)")]
    fn changes(
        &self,
        py: Python<'_>,
        cursor: Option<Bytes>,
        limit: Unsigned,
        prefix: Option<Word>,
        participant: Option<Word>,
    ) -> Result<(Vec<Change>, Vec<u8>), Fault> {
        self.host.read_alone(py, |host| {
            let filter = Filter {
                prefix: prefix.as_deref().unwrap_or_default(),
                participant: participant.as_deref(),
            };
            let mut again: Option<Vec<u8>> = None;
            loop {
                let cursor = again.as_deref().or(cursor.as_deref());
                let page = host.changes(cursor, limit.size(), filter)?;
                // A page of which the filter left nothing can be the last of what there was when
                // its pass began, and not of what there is now.
                if !page.list.is_empty() || !page.more {
                    return Ok((page.list.iter().map(Change::from).collect(), page.cursor));
                }
                again = Some(page.cursor);
            }
        })
    }

    fn __getitem__(&self, py: Python<'_>, key: Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
        let value = self.get(py, key.extract()?, None)?;
        value.ok_or_else(|| PyKeyError::new_err(key.unbind()))
    }

    fn __contains__(&self, py: Python<'_>, key: Word) -> Result<bool, Fault> {
        self.host.read(py, |host| Ok(host.get(&key).is_some()))
    }

    fn __len__(&self, py: Python<'_>) -> Result<usize, Fault> {
        self.host.read(py, |host| Ok(host.len(host.id())))
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        PyList::new(py, self.keys(py, None)?)?.try_iter()
    }
}

/// Whose map is meant.
fn owner<'a>(host: &'a plasmid::Host, participant: &'a Option<Word>) -> &'a [u8] {
    participant.as_deref().unwrap_or_else(|| host.id())
}

/// The same at one moment.
fn whose<'a>(view: &'a View, participant: &'a Option<Word>) -> &'a [u8] {
    participant.as_deref().unwrap_or_else(|| view.id())
}
