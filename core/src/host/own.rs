//! Writing the own map: every change is one entry under the next version.

use alloc::vec::Vec;
use core::mem;

use crate::config::within;
use crate::error::{Error, Limit};
use crate::host::Host;
use crate::host::batch::Batch;
use crate::host::durable::Durable;
use crate::log::subject::Subject;
use crate::state::change::OwnChange;
use crate::state::participant::Status;
use crate::wire::bounds::{MAX_GENERATION, MAX_VERSION};
use crate::wire::entry::{self, Entry, Op};

/// More than an entry takes that says what was compacted, bytes.
const COMPACTION_LEN: u64 = 32;

impl Host {
    /// Set an own key, and return the version of this change: one more than that of the change
    /// before, from 1. Setting the value that the key has already is a change too.
    ///
    /// ```
    /// # fn main() -> Result<(), plasmid::Error> {
    /// let mut host = plasmid::Host::new(b"a", plasmid::Config::default())?;
    /// assert_eq!(host.set(b"color", b"red")?, 1);
    /// assert_eq!(host.set(b"color", b"blue")?, 2);
    /// assert_eq!(host.get(b"color"), Some(&b"blue"[..]));
    /// assert_eq!(host.history(b"a", b"color").len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Limit`] names the limit that this change would cross. That includes
    /// `message_bytes`, up to which hosts put the pieces of an update together.
    /// [`Error::Conflict`] if another process lives under this id,
    /// [`Error::Left`] after [`leave`](Host::leave). Nothing changed, and no version was used.
    pub fn set(&mut self, key: &[u8], value: &[u8]) -> Result<u64, Error> {
        self.write(&[Op { key, value: Some(value) }])
    }

    /// Set an own key that is deleted by itself: at the first [`tick`](Host::tick) at or after
    /// `ttl_ms` milliseconds from now. Only this host needs a clock for it. A later change of the
    /// key cancels that. Before the first tick, time begins with it; also before the first of a
    /// host that was restored, or taken up again.
    ///
    /// ```
    /// # fn main() -> Result<(), plasmid::Error> {
    /// let mut host = plasmid::Host::new(b"a", plasmid::Config::default())?;
    /// host.tick(1_000);
    /// host.set_expiring(b"lease", b"mine", 500)?;
    /// host.tick(1_499);
    /// assert_eq!(host.get(b"lease"), Some(&b"mine"[..]));
    /// host.tick(1_500);
    /// assert_eq!(host.get(b"lease"), None);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`set`](Host::set).
    pub fn set_expiring(&mut self, key: &[u8], value: &[u8], ttl_ms: u64) -> Result<u64, Error> {
        let now = self.state.now_ms.unwrap_or(0);
        let version = self.write(&[Op { key, value: Some(value) }])?;
        self.make(&OwnChange::Deadline { version, deadline: now.saturating_add(ttl_ms) });
        Ok(version)
    }

    /// Delete an own key, and return the version of this change. If the key has no value nothing
    /// changes, and the version is that of the last change.
    ///
    /// ```
    /// # fn main() -> Result<(), plasmid::Error> {
    /// let mut host = plasmid::Host::new(b"a", plasmid::Config::default())?;
    /// host.set(b"color", b"red")?;
    /// assert_eq!(host.delete(b"color")?, 2);
    /// assert_eq!(host.get(b"color"), None);
    /// assert_eq!(host.history(b"a", b"color").len(), 2);
    /// assert_eq!(host.delete(b"color")?, 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`set`](Host::set).
    pub fn delete(&mut self, key: &[u8]) -> Result<u64, Error> {
        self.write(&[Op { key, value: None }])
    }

    /// Make all changes of a batch at once, under one version, which is returned. If it changes
    /// nothing the version is that of the last change.
    ///
    /// # Errors
    ///
    /// As [`set`](Host::set), for the batch as a whole. Nothing changed.
    pub fn commit(&mut self, batch: &Batch) -> Result<u64, Error> {
        self.write(&batch.ops().collect::<Vec<_>>())
    }

    /// Drop superseded values and tombstones up to the version `up_to`, here and, by an entry that
    /// says so, everywhere; gives the gc_version afterwards. `None` is all there are.
    ///
    /// A batch is kept whole while one of its values is the newest of its key, and holds the
    /// tombstones of its other keys: `up_to` stops before the first of these, and the gc_version is
    /// lower then. With `None` what such a batch still says is written anew first.
    ///
    /// A host that has not reached that version yet is told with its next updates what it may keep;
    /// it is cheaper to wait until everybody has ([`acked_version`](Host::acked_version)), which
    /// [`Config::auto_compact`](crate::Config::auto_compact) does within bounds.
    ///
    /// # Errors
    ///
    /// [`Error::Limit`] if there is no such version yet; [`Error::Conflict`] and [`Error::Left`] as
    /// [`set`](Host::set). Nothing changed.
    pub fn compact(&mut self, up_to: Option<u64>) -> Result<u64, Error> {
        self.writable()?;
        within(Limit::Version, up_to.unwrap_or(0), 0, self.own().max_version)?;
        if up_to.is_none() && self.own().log.dead() > 0 {
            self.untangle(self.own().max_version);
        }
        let own = self.own();
        let gc_version = own.gc_version;
        let (up_to, _) = own.log.sound(up_to.unwrap_or(own.max_version), &self.state.hasher);
        // With nothing to drop an entry that says so would be waste.
        if up_to <= gc_version || !own.log.has_droppable(up_to, &self.state.hasher) {
            return Ok(gc_version);
        }
        self.append_control(|out, version| entry::put_compact(out, version, up_to))?;
        Ok(up_to)
    }

    /// Leave: the own map becomes empty, everybody learns that this participant left, and writes
    /// are refused until [`renew`](Host::renew). Gives the version of that change. Go on gossiping
    /// until somebody knows.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] if another process lives under this id, [`Error::Limit`] if versions are
    /// used up. Nothing changed.
    pub fn leave(&mut self) -> Result<u64, Error> {
        if self.own().status != Status::Present {
            return Ok(self.own().max_version);
        }
        self.writable()?;
        let version = self.next_version()?;
        let (own, short) = (self.own(), self.state.own_short());
        let generation = self.state.remembered(own.generation, short, &self.config);
        within(Limit::Generation, generation, 0, MAX_GENERATION)?;
        let mut farewell = Vec::new();
        entry::put_leave(&mut farewell, version);
        let farewell = Some(Entry::written(version, &[], &farewell));
        self.make(&OwnChange::Standing { generation, status: Status::Left, farewell });
        Ok(version)
    }

    /// Declare another participant gone, in the generation that is known here: its map is dropped
    /// everywhere, and what is late of that generation is refused. Gives the version of that change
    /// of the own map, or of the last one if it is evicted already. One that lives comes back by
    /// itself, in a new generation.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownParticipant`], [`Error::OwnParticipant`]; [`Error::Conflict`],
    /// [`Error::Left`] and [`Error::Limit`] as [`set`](Host::set). Nothing changed.
    pub fn evict(&mut self, participant: &[u8]) -> Result<u64, Error> {
        if *participant == *self.id() {
            return Err(Error::OwnParticipant);
        }
        let held = self.state.copy(participant).ok_or(Error::UnknownParticipant)?;
        let (generation, status) = (held.generation, held.status);
        let short = self.state.short(participant);
        self.writable()?;
        if status == Status::Evicted {
            return Ok(self.own().max_version);
        }
        // In a generation of its own if those that are remembered are all of newer ones.
        let generation = self.state.remembered(generation, short, &self.config);
        within(Limit::Generation, generation, 0, MAX_GENERATION)?;
        let put = |out: &mut Vec<u8>, version| {
            entry::put_evict(out, version, participant, generation);
        };
        self.append_control(put)
    }

    /// Write anew what batches still say that are in the way of a compaction up to there.
    pub(crate) fn untangle(&mut self, up_to: u64) {
        let own = self.own();
        let (_, tangled) = own.log.sound(up_to, &self.state.hasher);
        for batch in tangled {
            let mut scratch = mem::take(&mut self.scratch);
            let own = self.own();
            let held = own.log.after(batch - 1).next().filter(|held| held.version == batch);
            let is_live = |op: &Op<'_>| {
                let key = Subject::Key(op.key);
                op.value.is_some() && own.log.is_newest(key, batch, &self.state.hasher)
            };
            let ops: Vec<Op<'_>> =
                held.iter().flat_map(|held| held.ops()).filter(is_live).collect();
            let Ok(version) = self.next_version() else {
                return;
            };
            scratch.clear();
            entry::put_ops(&mut scratch, version, &ops);
            let is_empty = ops.is_empty();
            self.scratch = scratch;
            // What a limit forbids stays as it is, and the compaction stops before it.
            if is_empty || self.append(version, &[]).is_err() {
                return;
            }
        }
    }

    /// Whether the own map may be written.
    fn writable(&self) -> Result<(), Error> {
        if self.identity.is_fenced || self.own().status != Status::Present {
            return Err(self.why_not());
        }
        Ok(())
    }

    #[cold]
    fn why_not(&self) -> Error {
        if self.is_over() {
            Error::Store
        } else if self.identity.is_fenced {
            Error::Conflict
        } else {
            Error::Left
        }
    }

    fn next_version(&self) -> Result<u64, Error> {
        let version = self.own().max_version + 1;
        within(Limit::Version, version, 1, MAX_VERSION)?;
        Ok(version)
    }

    /// One change of keys, which are in ascending order.
    fn write(&mut self, ops: &[Op<'_>]) -> Result<u64, Error> {
        self.writable()?;
        let (own, limits) = (self.own(), &self.config.limits);
        // Looked at before anything is copied, however large it is.
        for op in ops {
            limits.admit(*op)?;
        }
        let has_value = |key: &[u8]| {
            own.log.get(key, &self.state.hasher).is_some_and(|held| held.value.is_some())
        };
        // A key without a value is not deleted: its tombstone would say nothing.
        let says_nothing = |op: &Op<'_>| op.value.is_none() && !has_value(op.key);
        if ops.iter().any(says_nothing) {
            let rest: Vec<Op<'_>> = ops.iter().filter(|op| !says_nothing(op)).copied().collect();
            return self.write_all(&rest);
        }
        self.write_all(ops)
    }

    fn write_all(&mut self, ops: &[Op<'_>]) -> Result<u64, Error> {
        if ops.is_empty() {
            return Ok(self.own().max_version);
        }
        let version = self.next_version()?;
        let len = entry::ops_len(version, ops) as u64;
        within(Limit::MessageBytes, len, 0, self.config.limits.message_bytes)?;
        self.scratch.clear();
        entry::put_ops(&mut self.scratch, version, ops);
        let version = match self.append(version, ops) {
            Ok(()) => version,
            Err(Error::Limit { limit: Limit::ParticipantBytes, .. }) if self.makes_room(len) => {
                let version = self.next_version()?;
                self.scratch.clear();
                entry::put_ops(&mut self.scratch, version, ops);
                self.append(version, ops)?;
                version
            }
            Err(error) => return Err(error),
        };
        self.compact_if_worth();
        Ok(version)
    }

    /// Before a write of `len` bytes is refused, drop what can be dropped, if that is enough.
    fn makes_room(&mut self, len: u64) -> bool {
        let log = &self.own().log;
        let live = (log.len() - log.dead()) as u64;
        let most = self.config.limits.participant_bytes;
        let is_enough = live + len + COMPACTION_LEN <= most && !log.has_batches();
        is_enough && self.config.auto_compact && self.compact(None).is_ok()
    }

    /// One change that is not of keys, under the next version.
    fn append_control(&mut self, put: impl FnOnce(&mut Vec<u8>, u64)) -> Result<u64, Error> {
        let version = self.next_version()?;
        self.scratch.clear();
        put(&mut self.scratch, version);
        self.append(version, &[])?;
        Ok(version)
    }

    /// Make the change of the entry in `scratch`, which has that version and changes those keys.
    fn append(&mut self, version: u64, ops: &[Op<'_>]) -> Result<(), Error> {
        let Host { state, config, scratch, durable, .. } = self;
        let entry = Entry::written(version, ops, scratch);
        Durable::own(durable, state).has_room(&entry, config, &state.hasher, u64::MAX)?;
        match durable {
            None => state.append(&entry, config),
            Some(durable) => durable.make(state, config, &OwnChange::Entry(entry)),
        }
        Ok(())
    }
}
