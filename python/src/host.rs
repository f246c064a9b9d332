//! The host: the core's verbs, and what makes it feel like a mapping to a Python programmer.

use plasmid::Config;
use pyo3::exceptions::{PyKeyError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyIterator, PyList};

use crate::argument::{Bytes, Unsigned, Word};
use crate::config::{self, LocalState};
use crate::error::Fault;
use crate::shared::Shared;
use crate::stream::{Exchange, Stream};

/// Key and value.
type Item = (Vec<u8>, Vec<u8>);
/// Version, key and value.
type Update = (u64, Vec<u8>, Vec<u8>);

/// One participant's view of everybody's state.
///
/// It owns one map, which only it writes (`set`, or `host[key] = value`), and keeps a copy of the
/// map of every participant it heard of (`get(key, participant)`). Ids, keys and values are bytes;
/// `str` (as UTF-8) and `int` (as decimal text) are accepted too.
///
/// Two hosts meet in an exchange of at most three messages, carried by you:
///
///     syn = a.initiate()
///     syn_ack = b.receive(syn)
///     ack = a.receive(syn_ack)
///     b.receive(ack)
///
/// Any thread may use a host at any time; calls take turns. After any exception the host is what it
/// was before the call.
///
/// A host belongs to the process that made it. In a forked child it can be read; `set` and whatever
/// takes part in an exchange raise `ConflictError` there. The child makes a host with an id of its
/// own instead.
///
/// An update larger than the budget of an exchange holds back the later updates of the same
/// participant until a budget has room for it (see `room_needed`); those of others go on.
///
/// Arguments:
///
/// - `id`: this participant's id, 1 to 128 bytes, unique within the cluster.
/// - `ordering`: which updates go first when not all fit: `"depth"` (the participants with the most
///   pending updates) or `"breadth"` (the oldest pending update of every participant).
/// - `state`: `LocalState(history=False)` keeps and sends only the newest value of each key.
/// - `seed`: of all randomness in the host; drawn from the system by default.
/// - `nonce`: tells this process from every other that uses this id; drawn from the system by
///   default.
/// - `generation`: below 2**63, grows each time this participant starts without its earlier state;
///   by default milliseconds since 1970 × 2**16 and 16 random bits.
/// - `cluster`: its name, empty by default. Messages of another cluster are refused.
/// - limits: `key_bytes` (1,024), `value_bytes` (1 MiB), `message_bytes` (16 MiB), `participants`
///   (65,536), `keys_per_participant` (131,072), `participant_bytes` (256 MiB), `state_bytes`
///   (1 GiB).
///
/// Raises `LimitError` if the id, the generation or a limit is out of its range, `OSError` if the
/// system has no entropy.
#[pyclass(frozen, module = "plasmid")]
pub(crate) struct Host {
    host: Shared<plasmid::Host>,
    /// The greatest message, and so the budget of those who name none.
    message_bytes: usize,
}

#[pymethods]
impl Host {
    #[new]
    #[pyo3(signature = (
        id, *, ordering="depth", state=None, seed=None, nonce=None, generation=None, cluster=None,
        **limits
    ))]
    // The default that a reader of help() understands; None means the same.
    #[pyo3(text_signature = "(id, *, ordering='depth', state=None, seed=None, nonce=None, \
                             generation=None, cluster='', **limits)")]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments are how Python has options")]
    fn new(
        id: Word,
        ordering: &str,
        state: Option<&Bound<'_, LocalState>>,
        seed: Option<Unsigned>,
        nonce: Option<Unsigned>,
        generation: Option<Unsigned>,
        cluster: Option<Word>,
        limits: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let config = Config {
            ordering: config::ordering(ordering)?,
            state: state.map_or_else(Default::default, |state| state.get().into()),
            seed: config::or_random(seed)?,
            nonce: config::or_random(nonce)?,
            generation: config::generation(generation)?,
            cluster: cluster.map_or_else(Vec::new, |cluster| cluster.to_vec()),
            limits: config::limits(limits)?,
        };
        let message_bytes = Unsigned(config.limits.message_bytes).size();
        let host = plasmid::Host::new(&id, config).map_err(Fault::from)?;
        Ok(Host { host: Shared::new(host), message_bytes })
    }

    /// The id of this host's own participant.
    #[getter]
    fn id(&self, py: Python<'_>) -> Result<Vec<u8>, Fault> {
        self.host.brief(py, |host| Ok(host.id().to_vec()))
    }

    /// The generation of this host's own participant.
    #[getter]
    fn generation(&self, py: Python<'_>) -> Result<u64, Fault> {
        self.host.brief(py, |host| Ok(host.generation()))
    }

    /// Set an own key, and return the version of this change: one more than that of the change
    /// before, from 1. Setting the value that the key has already is a change too.
    ///
    /// Raises `LimitError` if a limit would be crossed; no version was used.
    fn set(&self, py: Python<'_>, key: Word, value: Word) -> Result<u64, Fault> {
        self.host.here()?.brief(py, |host| Ok(host.set(&key, &value)?))
    }

    /// The newest value of a key of `participant` (of this host's own, if it is None); None if
    /// there is none.
    #[pyo3(signature = (key, participant=None))]
    fn get(
        &self,
        py: Python<'_>,
        key: Word,
        participant: Option<Word>,
    ) -> Result<Option<Vec<u8>>, Fault> {
        self.host.brief(py, |host| {
            let value = match &participant {
                Some(participant) => host.get_from(participant, &key),
                None => host.get(&key),
            };
            Ok(value.map(<[u8]>::to_vec))
        })
    }

    /// Every value kept of a key of `participant` (of this host's own, if it is None) with its
    /// version, newest first. Of others this is best effort: a host on the way that keeps no
    /// history passes on the newest value only.
    #[pyo3(signature = (key, participant=None))]
    fn history(
        &self,
        py: Python<'_>,
        key: Word,
        participant: Option<Word>,
    ) -> Result<Vec<(u64, Vec<u8>)>, Fault> {
        self.host.long(py, |host| {
            let kept = host.history(owner(host, &participant), &key);
            Ok(kept.iter().map(|update| (update.version, update.value.to_vec())).collect())
        })
    }

    /// The ids of all participants known here, sorted; this host's own is one of them. One that
    /// never set a key is known to nobody else: set one to be seen.
    fn participants(&self, py: Python<'_>) -> Result<Vec<Vec<u8>>, Fault> {
        self.host.long(py, |host| Ok(host.participants().into_iter().map(<[u8]>::to_vec).collect()))
    }

    /// The keys of `participant` (of this host's own, if it is None), sorted.
    #[pyo3(signature = (participant=None))]
    fn keys(&self, py: Python<'_>, participant: Option<Word>) -> Result<Vec<Vec<u8>>, Fault> {
        self.host.long(py, |host| {
            let newest = host.entries(owner(host, &participant));
            Ok(newest.iter().map(|update| update.key.to_vec()).collect())
        })
    }

    /// The keys of `participant` (of this host's own, if it is None) with their newest values,
    /// sorted by key.
    #[pyo3(signature = (participant=None))]
    fn items(&self, py: Python<'_>, participant: Option<Word>) -> Result<Vec<Item>, Fault> {
        self.host.long(py, |host| {
            let newest = host.entries(owner(host, &participant));
            Ok(newest.iter().map(|update| (update.key.to_vec(), update.value.to_vec())).collect())
        })
    }

    /// Every update kept of `participant` (of this host's own, if it is None) as (version, key,
    /// value), in the order of versions.
    #[pyo3(signature = (participant=None))]
    fn updates(&self, py: Python<'_>, participant: Option<Word>) -> Result<Vec<Update>, Fault> {
        self.host.long(py, |host| {
            let kept = host.updates(owner(host, &participant));
            let kept =
                kept.map(|update| (update.version, update.key.to_vec(), update.value.to_vec()));
            Ok(kept.collect())
        })
    }

    /// The version that the copy of `participant` (of this host's own, if it is None) has reached;
    /// 0 for an unknown one.
    #[pyo3(signature = (participant=None))]
    fn max_version(&self, py: Python<'_>, participant: Option<Word>) -> Result<u64, Fault> {
        self.host.brief(py, |host| Ok(host.max_version(owner(host, &participant)).unwrap_or(0)))
    }

    /// Begin an exchange: a message of at most `budget` bytes (the message limit, if it is None)
    /// that says what this host has. Nothing is remembered of it; it may get lost.
    ///
    /// Raises `BudgetError` below 512.
    #[pyo3(signature = (budget=None))]
    fn initiate(&self, py: Python<'_>, budget: Option<Unsigned>) -> Result<Vec<u8>, Fault> {
        let budget = self.budget(budget);
        self.host.here()?.long(py, |host| Ok(host.initiate(budget)?))
    }

    /// Take in a message, and return the answer to send back: at most `budget` bytes (the message
    /// limit, if it is None), `b""` if there is nothing to say. A budget of 0 means: apply, and say
    /// nothing. Empty `data` is what a host with nothing to say gave, and is answered with nothing.
    ///
    /// Late, repeated and reordered messages are harmless. What others say about this host's own
    /// participant is never applied.
    ///
    /// Raises `DecodeError` if `data` is not a message, `ForeignError` if it belongs to another
    /// cluster, `LimitError` if it is larger than the message limit, `BudgetError` for a budget of
    /// 1 to 511. Nothing of the message was applied then.
    #[pyo3(signature = (data, budget=None))]
    fn receive(
        &self,
        py: Python<'_>,
        data: Bytes,
        budget: Option<Unsigned>,
    ) -> Result<Vec<u8>, Fault> {
        let budget = self.budget(budget);
        self.host.here()?.long(py, |host| Ok(host.receive(&data, budget)?))
    }

    /// The budget in bytes that an exchange would need for the largest update that the last answer
    /// had to leave out because it can never go with the budget given; 0 if none waits.
    #[getter]
    fn room_needed(&self, py: Python<'_>) -> Result<usize, Fault> {
        self.host.brief(py, |host| Ok(host.room_needed()))
    }

    /// How many messages gave evidence that somebody else writes under this host's id.
    #[getter]
    fn conflicts(&self, py: Python<'_>) -> Result<u64, Fault> {
        self.host.brief(py, |host| Ok(host.conflicts()))
    }

    /// How many times the updates of one participant in a message were news and could not, or not
    /// wholly, be applied: earlier ones are missing here, or a limit of this host is reached. They
    /// are asked for again in later exchanges.
    #[getter]
    fn skipped(&self, py: Python<'_>) -> Result<u64, Fault> {
        self.host.brief(py, |host| Ok(host.skipped()))
    }

    /// The initiator's end of a byte stream. With `end` it does one round and is finished; without,
    /// each `gossip()` starts one. `mode` is `"pull"` (the initiator learns) or `"push-pull"` (both
    /// learn). One stream serves one connection.
    #[pyo3(signature = (end=true, mode="pull"))]
    fn create_stream(&self, py: Python<'_>, end: bool, mode: &str) -> PyResult<Stream> {
        let mode = config::mode(mode)?;
        let stream = self.host.here()?.brief(py, |host| Ok(host.create_stream(end, mode)))?;
        Ok(Stream { host: self.host.clone(), stream: Shared::new(stream) })
    }

    /// The responder's end of a byte stream. With `end` it answers one round and is finished;
    /// without, it answers until the connection ends.
    #[pyo3(signature = (end=true))]
    fn exchange(&self, py: Python<'_>, end: bool) -> Result<Exchange, Fault> {
        let exchange = self.host.here()?.brief(py, |host| Ok(host.exchange(end)))?;
        Ok(Exchange { host: self.host.clone(), exchange: Shared::new(exchange) })
    }

    fn __getitem__(&self, py: Python<'_>, key: Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
        let value = self.get(py, key.extract()?, None)?;
        value.ok_or_else(|| PyKeyError::new_err(key.unbind()))
    }

    fn __setitem__(&self, py: Python<'_>, key: Word, value: Word) -> Result<(), Fault> {
        self.set(py, key, value).map(drop)
    }

    fn __contains__(&self, py: Python<'_>, key: Word) -> Result<bool, Fault> {
        self.host.brief(py, |host| Ok(host.get(&key).is_some()))
    }

    fn __len__(&self, py: Python<'_>) -> Result<usize, Fault> {
        self.host.brief(py, |host| Ok(host.len(host.id())))
    }

    /// A host is true even while its own map is empty: `if host:` asks whether there is one.
    #[expect(clippy::unused_self, reason = "a method by Python's rules")]
    fn __bool__(&self) -> bool {
        true
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        PyList::new(py, self.keys(py, None)?)?.try_iter()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let (id, version, participants) = self.host.brief(py, |host| {
            let version = host.max_version(host.id()).unwrap_or(0);
            Ok((host.id().to_vec(), version, host.participants().len()))
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
        self.host.long(py, |_| panic!("asked for by a test"))
    }
}

impl Host {
    fn budget(&self, budget: Option<Unsigned>) -> usize {
        budget.map_or(self.message_bytes, |budget| budget.size())
    }
}

/// Whose map is meant.
fn owner<'a>(host: &'a plasmid::Host, participant: &'a Option<Word>) -> &'a [u8] {
    participant.as_deref().unwrap_or_else(|| host.id())
}
