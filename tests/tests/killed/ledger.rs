//! What must be there after all that was promised, and what may be: kept over all processes that
//! had one state.

use std::collections::BTreeMap;

use plasmid_tests::dump::Copy;
use plasmid_tests::writer::line::Opened;
use plasmid_tests::writer::writes::Op;

use crate::life::Life;

/// How the generation goes on from one process to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goes {
    /// It is the same.
    On,
    /// It is a new one.
    Anew,
    /// A relaxed process may have taken the state up, or laid it down: nobody knows.
    Either,
}

/// All that is known of a state.
#[derive(Debug)]
pub(crate) struct Ledger {
    has_history: bool,
    generation: Option<u64>,
    goes: Goes,
    /// What is there under each version, as far as that is known: (changes, whether all of them
    /// are). A delete in a batch is none if the key has no value, and nobody knows.
    settled: BTreeMap<u64, (Vec<Op>, bool)>,
    /// What was about to be written by threads that died.
    attempts: Vec<Vec<Op>>,
    /// Up to which version nothing may be lost.
    floor: u64,
    /// Up to which version the map is compacted, at least.
    compacted: u64,
    /// Every entry that anybody was shown: (generation, version) → bytes.
    named: BTreeMap<(u64, u64), u32>,
    /// How often there was a new generation.
    pub(crate) generations: u64,
    /// How many acknowledged changes were lost that a relaxed host may lose.
    pub(crate) lost: u64,
}

impl Ledger {
    pub(crate) fn new(has_history: bool) -> Ledger {
        Ledger {
            has_history,
            generation: None,
            goes: Goes::On,
            settled: BTreeMap::new(),
            attempts: Vec::new(),
            floor: 0,
            compacted: 0,
            named: BTreeMap::new(),
            generations: 0,
            lost: 0,
        }
    }

    /// A process has opened the state.
    pub(crate) fn open(&mut self, opened: Opened) -> Result<(), String> {
        let Opened { generation, max_version, .. } = opened;
        if let Some(before) = self.generation {
            let is_new = generation != before;
            if generation < before || (is_new && self.goes == Goes::On) {
                return Err(format!("generation {generation} after {before}"));
            }
            if !is_new && self.goes == Goes::Anew {
                return Err(format!("again generation {generation}, of which some may be lost"));
            }
            self.generations += u64::from(is_new);
        }
        if max_version < self.floor {
            return Err(format!("lost: version {max_version} after {}", self.floor));
        }
        self.lost += self.settled.split_off(&(max_version + 1)).len() as u64;
        self.generation = Some(generation);
        (self.goes, self.floor) = (Goes::On, max_version);
        Ok(())
    }

    /// This is what it holds.
    pub(crate) fn check(&mut self, copy: &Copy) -> Result<(), String> {
        let mut found: BTreeMap<u64, Vec<Op>> = BTreeMap::new();
        for (version, key, value) in &copy.updates {
            found.entry(*version).or_default().push((key.clone(), value.clone()));
        }
        for (version, ops) in &found {
            self.attribute(*version, ops)?;
        }
        let gc_version = copy.gc_version.unwrap_or(0);
        if gc_version < self.compacted {
            return Err(format!("lost: compacted to {gc_version} after {}", self.compacted));
        }
        if self.has_history {
            self.check_history(&found, gc_version)?;
        }
        let mut newest: BTreeMap<&[u8], (u64, Option<&[u8]>)> = BTreeMap::new();
        for (version, key, value) in &copy.updates {
            newest.insert(key, (*version, value.as_deref()));
        }
        for (key, (version, value)) in newest_of(&self.settled, u64::MAX) {
            let (at, held) = newest.get(key).copied().unwrap_or_default();
            let is_there = held == value && (value.is_none() || at == version);
            // Somebody was about to delete it, and that may have been compacted.
            let is_gone = held.is_none() && version < gc_version && self.attempts_delete(key);
            if at <= version && !is_there && !is_gone {
                let key = String::from_utf8_lossy(key);
                return Err(format!("lost: key {key} of version {version}: there is {at}"));
            }
        }
        // From here on that is what there is, and nothing is under way.
        self.settled = found.into_iter().map(|(version, ops)| (version, (ops, true))).collect();
        self.attempts.clear();
        self.compacted = gc_version;
        Ok(())
    }

    /// Whether a thread was about to delete that key.
    fn attempts_delete(&self, key: &[u8]) -> bool {
        self.attempts.iter().flatten().any(|op| op.0 == key && op.1.is_none())
    }

    /// All that was not compacted is there.
    fn check_history(&self, found: &BTreeMap<u64, Vec<Op>>, from: u64) -> Result<(), String> {
        for (version, (ops, is_all)) in self.settled.range(from + 1..) {
            let held = found.get(version).map_or(&[][..], |ops| ops);
            let is_sure = |op: &&Op| *is_all || op.1.is_some();
            if ops.iter().filter(is_sure).any(|op| !held.contains(op)) {
                return Err(format!("lost: version {version}"));
            }
        }
        Ok(())
    }

    /// A process has ended.
    pub(crate) fn end(&mut self, mut life: Life) -> Result<(), String> {
        let is_relaxed = life.orders.is_relaxed;
        let Some(opened) = life.opened else {
            if is_relaxed && self.goes == Goes::On {
                self.goes = Goes::Either;
            }
            return Ok(());
        };
        for (version, ops) in std::mem::take(&mut life.did) {
            let is_all = ops.len() == 1;
            let is_new = self.settled.insert(version, (ops, is_all)).is_none();
            if !is_new || version <= opened.max_version {
                return Err(format!("version {version} was acknowledged twice"));
            }
        }
        self.attempts.extend(life.attempts());
        life.shown.sort_by_key(|shown| shown.version);
        for shown in &life.shown {
            let name = (shown.generation, shown.version);
            let checksum = crc32c::crc32c(&shown.bytes);
            if *self.named.entry(name).or_insert(checksum) != checksum {
                return Err(format!("two updates have {name:?}"));
            }
            if shown.generation != opened.generation {
                return Err(format!("it shows {name:?} and is {opened:?}"));
            }
            if !shown.is_compaction {
                self.attribute(shown.version, &shown.ops)?;
            }
        }
        let is_over = life.has_ended || !is_relaxed;
        if is_over {
            // Nobody is shown what may be lost, either.
            let shown = life.shown.last().map_or(0, |shown| shown.version);
            let did = self.settled.last_key_value().map_or(0, |(version, _)| *version);
            self.floor = self.floor.max(shown).max(did);
            self.compacted = self.compacted.max(life.compacted);
        }
        self.floor = self.floor.max(life.kept);
        self.goes = match (is_over, life.is_ending) {
            (true, _) => Goes::On,
            (false, true) => Goes::Either,
            (false, false) => Goes::Anew,
        };
        Ok(())
    }

    /// Find out where this change comes from.
    fn attribute(&mut self, version: u64, ops: &[Op]) -> Result<(), String> {
        if let Some((known, _)) = self.settled.get(&version) {
            if ops.iter().all(|op| known.contains(op)) {
                return Ok(());
            }
            return Err(format!("version {version} is another change than was acknowledged"));
        }
        let is_it = |attempt: &Vec<Op>| {
            let is_of_it = ops.iter().all(|op| attempt.contains(op));
            is_of_it && attempt.iter().all(|op| op.1.is_none() || ops.contains(op))
        };
        if let Some(at) = self.attempts.iter().position(is_it) {
            // No two values are the same, so that it is this one. Whose a delete is nobody knows.
            if self.attempts[at].iter().any(|op| op.1.is_some()) {
                self.attempts.swap_remove(at);
            }
        } else {
            // Before a compaction, what a batch still says is written anew.
            let newest = newest_of(&self.settled, version);
            let attempted = |op: &Op| self.attempts.iter().any(|attempt| attempt.contains(op));
            let is_again = |op: &Op| {
                let says = newest.get(&op.0[..]).and_then(|(_, value)| *value);
                says == op.1.as_deref() || attempted(op)
            };
            if !ops.iter().all(|op| op.1.is_some() && is_again(op)) {
                let keys: Vec<_> = ops.iter().map(|op| String::from_utf8_lossy(&op.0)).collect();
                return Err(format!("nobody wrote version {version}, of {keys:?}"));
            }
        }
        self.settled.insert(version, (ops.to_vec(), true));
        Ok(())
    }
}

/// The newest change of each key below a version.
fn newest_of(
    settled: &BTreeMap<u64, (Vec<Op>, bool)>,
    below: u64,
) -> BTreeMap<&[u8], (u64, Option<&[u8]>)> {
    let mut newest = BTreeMap::new();
    for (version, (ops, _)) in settled.range(..below) {
        for (key, value) in ops {
            newest.insert(&key[..], (*version, value.as_deref()));
        }
    }
    newest
}
