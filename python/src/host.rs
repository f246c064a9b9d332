//! The host as a Python class: how it is made and laid down, and who it is. Its verbs are in
//! [`write`](crate::write), [`read`](crate::read) and [`talk`](crate::talk).

use plasmid::Status;
use plasmid_store::DurableState;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::argument::{Bytes, Unsigned, Word};
use crate::config::{self, noted};
use crate::error::Fault;
use crate::shared::{Hosted, walled};
use crate::state::State;

/// One participant's view of everybody's state.
///
/// It owns one map, which only it writes (`set`, or `host[key] = value`), and keeps a copy of the
/// map of every participant it heard of (`get(key, participant)`). Ids, keys and values are bytes;
/// `str` (as UTF-8) and `int` (as decimal text) are accepted too.
///
/// Two hosts meet in an exchange of at most four messages, carried by you until one is empty:
///
///     syn = a.initiate()
///     syn_ack = b.receive(syn)
///     ack = a.receive(syn_ack)
///     a.receive(b.receive(ack))
///
/// Any thread may use a host at any time, and calls that read go on side by side. An exchange never
/// has the host for long: others read and write meanwhile, and see it learn bit by bit, whole
/// updates and whole batches. After any exception the host is what it was before the call.
///
/// A host has no clock: `tick` tells it the time, and only then do keys expire, ages are known and
/// the silent are evicted. Without, everything else works.
///
/// An update that is larger than the budget of an exchange goes in pieces, over several exchanges;
/// later updates of the same participant wait for it, those of others go on. Only one that is
/// larger than `message_bytes` is refused, when it is written: give all hosts of a cluster the
/// same.
///
/// Where the host is made with `state=DurableState(path)`, what changes it returns when that is on
/// the disk (`DurableState` says more), and raises `StoreError` if it will never be, from then on
/// for good. Reading and exchanges go on. `close` lays it down, and so does the end of a `with`
/// block.
///
/// A host belongs to the process that made it. In a forked child it can be read; whatever writes or
/// takes part in an exchange raises `ConflictError` there. The child makes a host with an id of its
/// own instead.
///
/// Arguments:
///
/// - `id`: this participant's id, 1 to 128 bytes, unique within the cluster.
/// - `ordering`: which updates go first when not all fit: `"depth"` (the participants with the most
///   pending updates) or `"breadth"` (the oldest pending update of every participant).
/// - `digests`: how the host says what it has: in lines or in sums, whichever takes less
///   (`"smallest"`), in lines only (`"plain"`), or for tests in sums wherever they fit
///   (`"sketch"`). Hosts that differ in this understand each other.
/// - `compress`: whether streams are compressed, if the other end does so too. It pays where bytes
///   are dear.
/// - `state`: `LocalState(history=False)` keeps and sends only the newest value of each key;
///   `DurableState(path)` keeps the host in a file, and takes up what is there.
/// - `seed`: of all randomness in the host; drawn from the system by default.
/// - `nonce`: tells this process from every other that uses this id; drawn from the system by
///   default.
/// - `generation`: below 2**63, grows each time this participant starts without its earlier state,
///   or with one that is relaxed; by default milliseconds since 1970 × 2**16 and 16 random bits.
///   One that goes on from its file keeps the generation that it had.
/// - `cluster`: its name, empty by default. Messages of another cluster are refused.
/// - `compaction`: `"auto"` drops own deletions and superseded values when they are more than half
///   of all and the peers have them, or four times the rest, or old; `"manual"` leaves that to
///   `compact`.
/// - `tombstone_age_ms`: age at which `"auto"` drops own deletions (3,600,000, which is an hour); 0
///   is never.
/// - `evict_after_ms`: silence after which a participant is evicted at a `tick`; 0, the default, is
///   never. It supposes at least four ticks in that time, and counts only time in which this host
///   was ticked. Hosts take it in turns, so that it may take twice as long, and four times if many
///   are silent at once. Allow for many times the rounds that news take, which are about a quarter
///   of the number of hosts.
/// - `generation_ahead_ms`: how far beyond this host's clock a generation of others may be, in
///   milliseconds (31,536,000,000, which is a year); 0 is any, and so is a host that is not ticked.
/// - limits: `key_bytes` (1,024), `value_bytes` (1 MiB), `message_bytes` (16 MiB), `participants`
///   (65,536), `keys_per_participant` (131,072), `participant_bytes` (256 MiB), `state_bytes`
///   (1 GiB), `fragment_bytes` (64 MiB of updates received in part); `departed` (16,384 left and
///   evicted participants remembered: the same at all hosts of a cluster), `remembered_deletes`
///   (1,024 of each participant) and `change_records` (65,536), by which readers of `changes` may
///   be late.
///
/// Raises `LimitError` if the id, the generation or a limit is out of its range, `OSError` if the
/// system has no entropy. Of a file it raises `InUseError` if another host has it, `ForeignError`
/// if it is the state of another id or cluster, `DamagedError` if it is none or cannot be trusted,
/// and `StoreError` if the system does not give it; it is left as it is.
#[pyclass(frozen, module = "plasmid")]
pub(crate) struct Host {
    pub(crate) host: Hosted,
    state: State,
    /// The greatest message, and so the budget of those who name none.
    message_bytes: usize,
}

#[pymethods]
impl Host {
    #[new]
    #[pyo3(signature = (id, **options))]
    // The defaults that a reader of help() understands.
    #[pyo3(text_signature = "(id, *, ordering='depth', state=None, seed=None, nonce=None, \
                             generation=None, cluster='', compaction='auto', digests='smallest', \
                             compress=False, **options)")]
    fn new(py: Python<'_>, id: Word, options: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let (config, state) = config::config("Host", options)?;
        let message_bytes = config.limits.message_bytes;
        match &state {
            State::Local(_) => {
                let host = walled(|| Ok(plasmid::Host::new(&id, config)?))?;
                Ok(Self::made(host, None, state, message_bytes))
            }
            State::Durable(file) => {
                let opened = py.detach(|| walled(|| file.open(&id, config)));
                let note = |fault: Fault| noted(py, fault.into(), file.place());
                let (host, store) = opened.map_err(note)?;
                Ok(Self::made(host, Some(store), state, message_bytes))
            }
        }
    }

    /// A host from what `snapshot` gave, with the options of `Host(...)`: the same id, entries,
    /// versions and copies of others, in a new generation. What was written after the snapshot is
    /// lost, also where others hold it: their copies are replaced by this one's.
    ///
    /// One that had left is present again, with an empty map. With
    /// `state=LocalState(history=False)` superseded values are left out. Limits are for what comes
    /// after. Cursors of `changes` that the earlier host gave are none of this one's.
    ///
    /// Raises `DecodeError` if `data` is not a whole snapshot, or contradicts itself,
    /// `ForeignError` if it is one of another cluster, `LimitError` as `Host(...)` does, and
    /// `TypeError` for an `id`, which is the snapshot's.
    #[staticmethod]
    #[pyo3(signature = (data, **options))]
    fn restore(py: Python<'_>, data: Bytes, options: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let (config, state) = config::config("Host.restore", options)?;
        if matches!(state, State::Durable(_)) {
            let sentence = "a restored host is in memory: to have a file, write the snapshot to it \
                            and open that with Host(id, state=DurableState(path))";
            let error = PyTypeError::new_err(sentence);
            return Err(noted(py, error, "while processing 'state'".to_owned()));
        }
        let message_bytes = config.limits.message_bytes;
        let host = py.detach(|| walled(|| Ok(plasmid::Host::restore(&data, config)?)))?;
        Ok(Self::made(host, None, state, message_bytes))
    }

    /// Lay this host down: its file holds all of it then, copies of others too, and is free for
    /// the next one. From here on whatever changes the host or takes part in an exchange raises
    /// `ClosedError`; reading goes on. To close it again does nothing. A host in memory is closed
    /// likewise.
    ///
    /// It happens at the end of a `with plasmid.Host(...) as host:` block, and when nobody has the
    /// host any more, but then nobody is told what goes wrong. A host that was not closed has lost
    /// nothing that `set` or another verb returned of; it is only late with copies of others, and
    /// if it is relaxed it goes on in a new generation.
    ///
    /// Raises `StoreError` if the file cannot be written; the host is closed all the same. Raises
    /// `ConflictError` in a forked child, whose host it is not.
    fn close(&self, py: Python<'_>) -> Result<(), Fault> {
        self.host.here()?.close(py)
    }

    fn __enter__(slf: Bound<'_, Self>) -> Result<Bound<'_, Self>, Fault> {
        slf.get().host.here()?;
        Ok(slf)
    }

    /// Close the host, as `close` does. In a child that was forked within the block it does
    /// nothing: the host is not the child's.
    #[pyo3(signature = (_kind, _error, _traceback, /))]
    fn __exit__(
        &self,
        py: Python<'_>,
        _kind: &Bound<'_, PyAny>,
        _error: &Bound<'_, PyAny>,
        _traceback: &Bound<'_, PyAny>,
    ) -> Result<(), Fault> {
        match self.host.here() {
            Ok(host) => host.close(py),
            Err(_) => Ok(()),
        }
    }

    /// The id of this host's own participant.
    #[getter]
    fn id(&self, py: Python<'_>) -> Result<Vec<u8>, Fault> {
        self.host.read(py, |host| Ok(host.id().to_vec()))
    }

    /// The generation of this host's own participant. It grows with `renew`, when this host comes
    /// back after somebody evicted it, and once by itself if others know more of this participant
    /// than this host does.
    #[getter]
    fn generation(&self, py: Python<'_>) -> Result<u64, Fault> {
        self.host.read(py, |host| Ok(host.generation()))
    }

    /// What it keeps its state in, as it was made with.
    #[getter]
    fn state(&self) -> State {
        self.state.clone()
    }

    /// The whole host as bytes, for those with a store of their own; `Host.restore` takes them
    /// back. What happens to this host afterwards is not in them, nor is what is learnt anew soon:
    /// who was heard when, how far peers are, and updates that arrived in part.
    fn snapshot(&self, py: Python<'_>) -> Result<Vec<u8>, Fault> {
        self.host.view(py, |view| Ok(view.snapshot()))
    }

    /// A host is true even while its own map is empty: `if host:` asks whether there is one.
    #[expect(clippy::unused_self, reason = "a method by Python's rules")]
    fn __bool__(&self) -> bool {
        true
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let (id, version, participants) = self.host.read(py, |host| {
            let version = host.max_version(host.id()).unwrap_or(0);
            let participants = host.participants(Some(Status::Present)).len();
            Ok((host.id().to_vec(), version, participants))
        })?;
        let id = PyBytes::new(py, &id).repr()?.to_string();
        Ok(format!("plasmid.Host({id}, max_version={version}, participants={participants})"))
    }

    #[expect(clippy::unused_self, reason = "a method by Python's rules")]
    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err(
            "a Host cannot be pickled or copied: only one may write under its id",
        ))
    }

    /// Panic as a defect of the core would, so that tests can see what a caller would see.
    #[cfg(debug_assertions)]
    fn _panic(&self, py: Python<'_>) -> Result<(), Fault> {
        self.host.change_long(py, |_| panic!("asked for by a test"))
    }
}

impl Host {
    fn made(
        host: plasmid::Host,
        store: Option<DurableState>,
        state: State,
        message_bytes: u64,
    ) -> Self {
        let message_bytes = Unsigned(message_bytes).size();
        Host { host: Hosted::new(host, store), state, message_bytes }
    }

    pub(crate) fn budget(&self, budget: Option<Unsigned>) -> usize {
        budget.map_or(self.message_bytes, |budget| budget.size())
    }
}
