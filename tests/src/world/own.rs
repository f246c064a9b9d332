//! What the hosts of a world do to their own maps, told to the model beside it.

use std::collections::BTreeMap;

use plasmid::{Batch, Config, Error, Host, Status};

use super::{Node, Snapshot, World, exchange};
use crate::dump::Dump;
use crate::model::Act;
use crate::reader::Reader;

impl World {
    pub(super) fn set(&mut self, at: usize, key: u8, size: u16) {
        let (key, value) = self.plan.update(self.written, key, size);
        self.written += 1;
        let ops = [(key.clone(), Some(value.clone()))].into();
        if self.write(at, ops, |host| host.set(&key, &value)).is_some() {
            let limits = self.plan.nodes[at].limits;
            assert!(value.len() as u64 <= limits.value_bytes);
            assert!(key.len() as u64 <= limits.key_bytes);
            assert_eq!(self.nodes[at].host.get(&key), Some(&value[..]));
        }
    }

    pub(super) fn delete(&mut self, at: usize, key: u8) {
        let (key, _) = self.plan.update(0, key, 0);
        self.write(at, [(key.clone(), None)].into(), |host| host.delete(&key));
        let host = &self.nodes[at].host;
        assert!(host.get(&key).is_none() || self.plan.is_tight() || host.conflicts() > 0);
    }

    pub(super) fn batch(&mut self, at: usize, keys: &[(u8, bool)]) {
        let mut batch = Batch::new();
        let mut ops = BTreeMap::new();
        for (key, is_set) in keys {
            let (key, value) = self.plan.update(self.written, *key, 9);
            self.written += 1;
            if *is_set {
                batch.set(&key, &value);
            } else {
                batch.delete(&key);
            }
            ops.insert(key, is_set.then_some(value));
        }
        self.write(at, ops, |host| host.commit(&batch));
    }

    pub(super) fn set_expiring(&mut self, at: usize, key: u8, ttl_ms: u64) {
        let (key, value) = self.plan.update(self.written, key, 9);
        self.written += 1;
        let ops = [(key.clone(), Some(value.clone()))].into();
        let set = self.write(at, ops, |host| host.set_expiring(&key, &value, ttl_ms));
        if let Some(version) = set {
            let node = &mut self.nodes[at];
            node.deadlines.push((node.now_ms.unwrap_or(0) + ttl_ms, version, key));
        }
    }

    /// Write to a host and to the model; the version, if it was written.
    fn write(
        &mut self,
        at: usize,
        mut ops: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
        write: impl FnOnce(&mut Host) -> Result<u64, Error>,
    ) -> Option<u64> {
        let node = &mut self.nodes[at];
        let (id, generation) = (node.host.id().to_vec(), node.host.generation());
        // A key without a value is not deleted.
        ops.retain(|key, value| value.is_some() || self.model.has(&id, generation, key));
        let before = Dump::of(&node.host);
        let done = match write(&mut node.host) {
            Ok(version) if ops.is_empty() => {
                assert_eq!(version, self.model.max_version(&id, generation));
                None
            }
            Ok(version) => {
                node.deadlines.retain(|(_, _, key)| !ops.contains_key(key));
                if version > self.model.max_version(&id, generation) + 1 {
                    // It had no room for it, and made some.
                    assert!(self.plan.nodes[at].auto_compact && self.plan.is_tight());
                    let up_to = node.host.gc_version(&id).expect("a host knows itself");
                    self.model.act(&id, generation, Act::Compact(up_to));
                }
                assert_eq!(version, self.model.act(&id, generation, Act::Change(ops)));
                Some(version)
            }
            Err(error) => {
                assert_eq!(Dump::of(&node.host), before, "{error}");
                match error {
                    Error::Left => assert_ne!(node.host.status(&id), Some(Status::Present)),
                    Error::Conflict => assert!(node.twins > 0, "a conflict with nobody"),
                    _ => assert!(self.plan.is_tight(), "{error}"),
                }
                None
            }
        };
        self.follow_compaction(at);
        self.check(at);
        done
    }

    /// A host may have compacted its map: then the model does so too. Before that it may have
    /// written anew what some batches still said, which changes no value.
    fn follow_compaction(&mut self, at: usize) {
        let host = &self.nodes[at].host;
        let (id, generation) = (host.id(), host.generation());
        let mine = host.max_version(id).expect("a host knows itself");
        let mut told = self.model.max_version(id, generation);
        while told + 1 < mine {
            let again = host.updates(id).filter(|update| update.version == told + 1);
            let ops: BTreeMap<Vec<u8>, Option<Vec<u8>>> =
                again.map(|op| (op.key.to_vec(), op.value.map(<[u8]>::to_vec))).collect();
            let owner = self.model.owner(id, generation).expect("it wrote");
            let says = |(key, value): (&Vec<u8>, &Option<Vec<u8>>)| owner.value(key) == *value;
            assert!(!ops.is_empty() && ops.iter().all(says), "a host writes by itself");
            told = self.model.act(id, generation, Act::Change(ops));
        }
        if told < mine {
            let up_to = host.gc_version(id).expect("a host knows itself");
            assert_eq!(mine, self.model.act(id, generation, Act::Compact(up_to)));
        }
    }

    pub(super) fn tick(&mut self, at: usize, ms: u64) {
        let node = &mut self.nodes[at];
        // Above what generations here stand for, so that none is absurd.
        let started = 1 << 45;
        let now = node.now_ms.unwrap_or(started) + ms;
        if node.now_ms.is_none() {
            // What was set before the first tick counts from then on.
            node.deadlines.iter_mut().for_each(|deadline| deadline.0 += now);
        }
        node.now_ms = Some(now);
        node.host.tick(now);
        let (id, generation) = (node.host.id().to_vec(), node.host.generation());
        node.deadlines.sort();
        while let Some((deadline, _, key)) = node.deadlines.first() {
            // A twin or a limit can be in the way; then it is tried again.
            if *deadline > now || node.host.get(key).is_some() {
                break;
            }
            let (_, _, key) = node.deadlines.remove(0);
            self.model.act(&id, generation, Act::Change([(key, None)].into()));
        }
        let late = node.deadlines.first().is_some_and(|deadline| deadline.0 <= now);
        assert!(!late || self.plan.is_tight() || node.twins > 0, "it should have ended");
        self.follow_compaction(at);
        self.check(at);
    }

    pub(super) fn compact(&mut self, at: usize, up_to: Option<u8>) {
        let node = &mut self.nodes[at];
        let (id, generation) = (node.host.id().to_vec(), node.host.generation());
        let max = self.model.max_version(&id, generation);
        let up_to = up_to.map(|part| max * u64::from(part) / 255);
        let before = node.host.gc_version(&id).expect("a host knows itself");
        match node.host.compact(up_to) {
            Ok(gc_version) => {
                assert!(gc_version >= before);
                assert!(up_to.is_none_or(|up_to| gc_version <= up_to.max(before)));
            }
            Err(error) => self.assert_refused(at, error),
        }
        self.follow_compaction(at);
        self.check(at);
    }

    /// What is refused for a reason.
    fn assert_refused(&self, at: usize, error: Error) {
        let node = &self.nodes[at];
        match error {
            Error::Left => assert_ne!(node.host.status(node.host.id()), Some(Status::Present)),
            Error::Conflict => assert!(node.twins > 0, "a conflict with nobody"),
            _ => assert!(self.plan.is_tight(), "{error}"),
        }
    }

    pub(super) fn leave(&mut self, at: usize) {
        let node = &mut self.nodes[at];
        let (id, generation) = (node.host.id().to_vec(), node.host.generation());
        let has_left = node.host.status(&id) != Some(Status::Present);
        match node.host.leave() {
            Ok(version) if has_left => {
                assert_eq!(version, self.model.max_version(&id, generation));
            }
            Ok(version) => {
                node.deadlines.clear();
                assert_eq!(version, self.model.act(&id, generation, Act::Leave));
            }
            Err(error) => self.assert_refused(at, error),
        }
        self.check(at);
    }

    pub(super) fn evict(&mut self, at: usize, whom: u8) {
        let node = &mut self.nodes[at];
        let (own, generation) = (node.host.id().to_vec(), node.host.generation());
        let ids = node.host.participants(None);
        let id = ids[whom as usize % ids.len()].to_vec();
        let before = node.host.status(&id);
        match node.host.evict(&id) {
            Err(Error::OwnParticipant) => assert_eq!(id, own),
            Err(error) => self.assert_refused(at, error),
            Ok(version) => {
                if before != Some(Status::Evicted) {
                    self.model.act(&own, generation, Act::Evict);
                }
                assert_eq!(version, self.model.max_version(&own, generation));
                assert_eq!(node.host.status(&id), Some(Status::Evicted));
            }
        }
        self.follow_compaction(at);
        self.check(at);
    }

    pub(super) fn renew(&mut self, at: usize) {
        let node = &mut self.nodes[at];
        let before = node.host.generation();
        let after = node.host.renew().expect("there are generations left");
        assert!(after > before && node.host.generation() == after);
        let status = node.host.status(node.host.id());
        assert_eq!(status, Some(Status::Present));
        self.check(at);
    }

    /// A host that raised its generation goes on with all that it did.
    pub(super) fn follow_generation(&mut self, at: usize) {
        let node = &mut self.nodes[at];
        let (before, now) = (node.generation, node.host.generation());
        if before != now {
            assert!(now > before, "a generation fell");
            node.generation = now;
            let id = node.host.id().to_vec();
            let acts = self.model.max_version(&id, before) as usize;
            self.model.inherit(&id, before, now, acts);
        }
    }

    pub(super) fn snapshot(&mut self, at: usize) {
        let node = &mut self.nodes[at];
        let host = &node.host;
        let version = self.model.max_version(host.id(), host.generation());
        node.snapshot = Some(Snapshot {
            bytes: host.snapshot(),
            generation: host.generation(),
            version,
            deadlines: node.deadlines.clone(),
            now_ms: node.now_ms,
        });
    }

    /// The host is gone, and one that was written down before takes its place.
    pub(super) fn restore(&mut self, at: usize) {
        // As a clock does, the program gives it a newer generation than any it had.
        let config = self.config(at, self.nodes[at].generation + 1);
        let node = &mut self.nodes[at];
        let kept = node.snapshot.clone();
        let Some(Snapshot { bytes, generation, version, deadlines, now_ms }) = kept else {
            return;
        };
        let cut = bytes.len() - 1;
        Host::restore(&bytes[..cut], config.clone()).expect_err("a torn snapshot");
        // A host that met nobody since draws what another of the same seed drew.
        let config = Config { seed: config.seed + self.made, ..config };
        let host = Host::restore(&bytes, config).expect("its own snapshot");
        let id = host.id().to_vec();
        assert!(host.generation() > generation && host.generation() > node.generation);
        let restarts = node.restarts + 1;
        let kept = node.snapshot.clone();
        self.model.inherit(&id, generation, host.generation(), version as usize);
        let by_turns = self.by_turns(at);
        self.nodes[at] =
            Node { deadlines, now_ms, snapshot: kept, ..Node::new(host, restarts, by_turns) };
        self.connections.retain(|connection| connection.a != at && connection.b != at);
        self.check(at);
    }

    pub(super) fn restart(&mut self, at: usize) {
        let generation = self.nodes[at].host.generation() + 1;
        let restarts = self.nodes[at].restarts + 1;
        let host = self.make(at, generation);
        self.nodes[at] = Node::new(host, restarts, self.by_turns(at));
        self.connections.retain(|connection| connection.a != at && connection.b != at);
        self.check(at);
    }

    /// The host takes nothing of its twin's into its own map, and says that there is one.
    pub(super) fn meet_twin(&mut self, at: usize, writes: u8) {
        let generation = self.nodes[at].host.generation() + 1000;
        let config = Config { nonce: u64::MAX, generation, ..self.nodes[at].host.config().clone() };
        let node = &mut self.nodes[at];
        let mut twin = Host::new(node.host.id(), config).expect("the id of a host");
        for key in 0..writes {
            // The twin has the same limits, and may be refused.
            let _ = twin.set(&[key], b"of the twin");
        }
        let before = node.host.conflicts();
        node.twins += 1;
        exchange(&mut twin, &mut node.host, 1 << 20);
        assert!(node.host.conflicts() > before, "a twin is not told");
        self.check(at);
        // Mostly the operator ends that.
        if writes != 1 {
            self.renew(at);
        }
    }

    /// The reader of a host reads on, and holds what the host holds.
    pub(super) fn read_all(&mut self, at: usize) {
        let node = &mut self.nodes[at];
        node.reader.catch_up(&mut node.host, 3);
        Reader::default().catch_up(&mut node.host, 100);
    }
}
