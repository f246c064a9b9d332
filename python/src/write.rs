//! The verbs that write under the host's id: its map, its standing, its verdict on others, and the
//! clock by which it does so unasked. None of them works in a forked child.

use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;

use crate::argument::{Unsigned, Word};
use crate::batch::Batch;
use crate::error::Fault;
use crate::host::Host;

#[pymethods]
impl Host {
    /// Set an own key, and return the version of this change: one more than that of the change
    /// before, from 1. Setting the value that the key has already is a change too.
    ///
    /// With `ttl_ms` this host deletes the key at its first `tick` that many milliseconds from now
    /// or later, unless the key is set or deleted before. Before the first `tick` of this object
    /// there is no now: the time counts from that one. Nobody else deletes it: at others the key of
    /// a host that crashed stays, until that host is evicted.
    ///
    /// A host with a file (`DurableState`) returns when the change is on the disk. Nobody sees it
    /// before, not even another call here, unless the host is relaxed.
    ///
    /// Raises `LimitError` if a limit would be crossed (`message_bytes` bounds the change as a
    /// whole), `LeftError` after `leave`, `ConflictError` while another process is known to live
    /// under this id (see `renew`), `ClosedError` after `close`; no version was used. Raises
    /// `StoreError` if the file fails, and then always: the change is not seen here, and may be
    /// there when the host is made from its file again.
    #[pyo3(signature = (key, value, ttl_ms=None))]
    fn set(
        &self,
        py: Python<'_>,
        key: Word,
        value: Word,
        ttl_ms: Option<Unsigned>,
    ) -> Result<u64, Fault> {
        self.host.here()?.change(py, |host| {
            Ok(match ttl_ms {
                Some(ttl_ms) => host.set_expiring(&key, &value, ttl_ms.0)?,
                None => host.set(&key, &value)?,
            })
        })
    }

    /// Delete an own key, and return the version of this change, or `max_version()` if there is no
    /// such key: nothing changed then. Others see the key as absent once they have the change;
    /// `history` and `updates` show it until it is compacted away.
    ///
    /// Raises what `set` raises.
    fn delete(&self, py: Python<'_>, key: Word) -> Result<u64, Fault> {
        self.host.here()?.change(py, |host| Ok(host.delete(&key)?))
    }

    /// Several sets and deletes as one change, with one version, that nobody ever sees a part of:
    ///
    ///     with host.batch() as b:
    ///         b.set("shard 1", "node a")
    ///         b.delete("shard 2")
    ///     b.version
    ///
    /// They are written when the block ends, or not at all if it ends by an exception.
    fn batch(&self) -> Result<Batch, Fault> {
        Ok(Batch::new(self.host.here()?.clone()))
    }

    /// Tell this host the time: milliseconds since 1970, every second or so. Time never goes back
    /// here: of a clock that is set back, what passes from then on counts.
    ///
    /// Now own keys expire, own deletions that are old are compacted away (with
    /// `compaction="auto"`), and participants that are silent for `evict_after_ms` are evicted. It
    /// never raises for one of these: what cannot be written now is written at a later `tick`.
    ///
    /// Of a host with a file (`DurableState`) it keeps every few seconds what is held of others,
    /// and makes durable what a relaxed one wrote. So it may wait for the disk. Raises `StoreError`
    /// if the file fails, and then always, and `ClosedError` after `close`.
    fn tick(&self, py: Python<'_>, now_ms: Unsigned) -> Result<(), Fault> {
        self.host.here()?.tick(py, now_ms.0)
    }

    /// Drop the own deletions and superseded values up to the version `up_to` (all that there are,
    /// if it is None), here and at everyone who hears of it, and return the version that the map is
    /// compacted up to from now on (`gc_version`). Compacting is itself a change, with a version;
    /// if there is nothing to drop nothing changes.
    ///
    /// A batch is kept whole while one of its values is the newest of its key. If another of its
    /// keys is deleted since, that deletion has to be kept too, so compaction may stop below
    /// `up_to`, before it. Without `up_to` what such batches still set is set anew first, by
    /// changes with versions of their own.
    ///
    /// Raises `LimitError` if `up_to` is above `max_version()`; `LeftError`, `ConflictError`,
    /// `ClosedError` and `StoreError` as `set` does. Nothing changed then.
    #[pyo3(signature = (up_to=None))]
    fn compact(&self, py: Python<'_>, up_to: Option<Unsigned>) -> Result<u64, Fault> {
        let up_to = up_to.map(|up_to| up_to.0);
        self.host.here()?.change_long(py, |host| Ok(host.compact(up_to)?))
    }

    /// Leave the fleet, and return the version of this change: the own map is emptied, here and
    /// at everyone who hears of it, and whatever would write raises `LeftError` until `renew`.
    /// Leaving again changes nothing, and returns the same version.
    ///
    /// Others know it only once they are told: meet some of them before the process ends.
    ///
    /// Raises `LimitError`, `ConflictError`, `ClosedError` and `StoreError` as `set` does.
    fn leave(&self, py: Python<'_>) -> Result<u64, Fault> {
        self.host.here()?.change_long(py, |host| Ok(host.leave()?))
    }

    /// Take a generation above all that were ever seen of this participant, and return it. Entries
    /// and version numbers stay.
    ///
    /// It comes back after `leave` (its map is empty then), and takes the id back from another
    /// process that lives under it (`ConflictError`): call it only if that one was stopped, or the
    /// two go on like this for ever.
    ///
    /// Raises `LimitError` if there is no greater generation; `ClosedError` and `StoreError` as
    /// `set` does.
    fn renew(&self, py: Python<'_>) -> Result<u64, Fault> {
        self.host.here()?.change_long(py, |host| Ok(host.renew()?))
    }

    /// Declare a participant gone, and return the version of this change in the own map, or
    /// `max_version()` if it is evicted already: nothing changed then. Everyone who hears of it
    /// drops that participant's map, whatever becomes of this host. One that lives all the same
    /// comes back by itself, in a new generation; one that had left does not, and is `"evicted"` to
    /// itself too until `renew`.
    ///
    /// Raises `UnknownParticipantError` for one that this host never heard of,
    /// `OwnParticipantError` for itself; `LimitError`, `LeftError`, `ConflictError`, `ClosedError`
    /// and `StoreError` as `set` does. Nothing changed then.
    fn evict(&self, py: Python<'_>, participant: Word) -> Result<u64, Fault> {
        self.host.here()?.change_long(py, |host| Ok(host.evict(&participant)?))
    }

    fn __setitem__(&self, py: Python<'_>, key: Word, value: Word) -> Result<(), Fault> {
        self.set(py, key, value, None).map(drop)
    }

    fn __delitem__(&self, py: Python<'_>, key: Bound<'_, PyAny>) -> PyResult<()> {
        let word: Word = key.extract()?;
        let found = self.host.here()?.change(py, |host| {
            // What another thread is just writing may be deleted before it is shown.
            let written = |host: &plasmid::Host| (host.written(), host.max_version(host.id()));
            let before = written(host);
            host.delete(&word)?;
            Ok(written(host) != before)
        })?;
        if found { Ok(()) } else { Err(PyKeyError::new_err(key.unbind())) }
    }
}
