//! The naive model: everything that every owner ever did, and what Scuttlebutt lets a copy hold of
//! it. Paper, C(p, q): relative to the *owner* p, a copy at q misses nothing at or below its own
//! greatest version. Between two copies nothing of the kind holds (paper, Fig. 1).

use std::collections::{BTreeMap, BTreeSet};

use plasmid::wire::Message;
use plasmid::{Host, Status};

/// In place of a version, in an evicted slot.
pub const EVICTED: u64 = 1 << 60;

/// One change of an owner; its version is its position, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Keys were set, or deleted where there is no value; more than one at once is a batch.
    Change(BTreeMap<Vec<u8>, Option<Vec<u8>>>),
    /// What is superseded up to there was dropped.
    Compact(u64),
    /// Somebody was declared gone.
    Evict,
    /// The owner left.
    Leave,
}

/// What one owner did in one generation, and in those before that it took over.
#[derive(Clone, Debug, Default)]
pub struct Owner {
    /// Everything, in order.
    pub acts: Vec<Act>,
}

impl Owner {
    /// The newest change of each key up to some version: its version, and whether it has a value.
    fn newest(&self) -> BTreeMap<&[u8], (u64, bool)> {
        let mut newest = BTreeMap::new();
        for (act, version) in self.acts.iter().zip(1..) {
            match act {
                Act::Change(ops) => {
                    let ops = ops.iter().map(|(key, value)| (&key[..], (version, value.is_some())));
                    newest.extend(ops);
                }
                Act::Leave => newest.clear(),
                Act::Compact(_) | Act::Evict => {}
            }
        }
        newest
    }

    /// The value of a key.
    pub fn value(&self, key: &[u8]) -> Option<Vec<u8>> {
        let op = |act: &Act| match act {
            Act::Change(ops) => ops.get(key).cloned(),
            Act::Leave => Some(None),
            Act::Compact(_) | Act::Evict => None,
        };
        self.acts.iter().rev().find_map(op)?
    }

    /// Up to where it dropped what was superseded.
    pub fn gc_version(&self) -> u64 {
        let up_to = |act: &Act| if let Act::Compact(up_to) = act { *up_to } else { 0 };
        self.acts.iter().map(up_to).max().unwrap_or(0)
    }

    /// Whether it deleted that key after that version.
    fn deleted(&self, key: &[u8], after: u64) -> bool {
        let later = self.acts.iter().skip(after as usize);
        later.into_iter().any(|act| matches!(act, Act::Change(ops) if ops.get(key) == Some(&None)))
    }
}

/// Every write there was, by (participant, generation).
pub struct Model {
    owners: BTreeMap<(Vec<u8>, u64), Owner>,
    history_everywhere: bool,
}

/// One participant as a host was last seen to hold it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// (generation, max_version), as the host's own digest says; 2⁶⁰ for one that was evicted.
    pub reached: (u64, u64),
    /// Key → the version a reader gets.
    newest: BTreeMap<Vec<u8>, u64>,
}

/// All participants as a host was last seen to hold them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// By id.
    pub held: BTreeMap<Vec<u8>, Seen>,
    /// (id, generation, key) → the version that a reader saw last before the key was gone.
    gone: BTreeMap<(Vec<u8>, u64, Vec<u8>), u64>,
}

impl Model {
    /// Nothing is written yet. `history_everywhere`: no host ever drops a superseded value that its
    /// owner keeps, so copies are exact, not only complete.
    pub fn new(history_everywhere: bool) -> Model {
        Model { owners: BTreeMap::new(), history_everywhere }
    }

    /// A participant begins a generation, with nothing.
    pub fn start(&mut self, id: &[u8], generation: u64) {
        self.owners.entry((id.to_vec(), generation)).or_default();
    }

    /// A participant goes on in a newer generation with the first `acts` things it did in an older.
    pub fn inherit(&mut self, id: &[u8], from: u64, to: u64, acts: usize) {
        let mut owner = self.owner(id, from).cloned().expect("it did something");
        owner.acts.truncate(acts);
        // What left and came back begins with nothing, but for its version numbers.
        self.owners.insert((id.to_vec(), to), owner);
    }

    /// What an owner did.
    pub fn owner(&self, id: &[u8], generation: u64) -> Option<&Owner> {
        self.owners.get(&(id.to_vec(), generation))
    }

    /// The owner does something; the version it must get.
    pub fn act(&mut self, id: &[u8], generation: u64, act: Act) -> u64 {
        let owner = self.owners.entry((id.to_vec(), generation)).or_default();
        owner.acts.push(act);
        owner.acts.len() as u64
    }

    /// Whether a key of that owner has a value.
    pub fn has(&self, id: &[u8], generation: u64, key: &[u8]) -> bool {
        let owner = self.owner(id, generation);
        owner.is_some_and(|owner| owner.newest().get(key).is_some_and(|newest| newest.1))
    }

    /// How many things were done.
    pub fn writes(&self) -> usize {
        self.owners.values().map(|owner| owner.acts.len()).sum()
    }

    /// Where that owner is.
    pub fn max_version(&self, id: &[u8], generation: u64) -> u64 {
        self.owner(id, generation).map_or(0, |owner| owner.acts.len() as u64)
    }

    /// Check everything that `host` holds against what was written and against what it held
    /// `before`; give what it holds now. Panics with the invariant that is broken.
    pub fn check(&self, host: &mut Host, before: &View) -> View {
        let mut view = View { held: BTreeMap::new(), gone: before.gone.clone() };
        let ids: Vec<Vec<u8>> = host.participants(None).into_iter().map(<[u8]>::to_vec).collect();
        for id in ids {
            let reached = reached_of(host, &id);
            let newest = self.check_copy(host, &id, reached);
            view.held.insert(id, Seen { reached, newest });
        }
        for (id, before) in &before.held {
            let now = view.held.get(id).unwrap_or_else(|| panic!("{id:?} is no longer known"));
            assert!(now.reached >= before.reached, "(generation, max_version) of {id:?} fell");
            if now.reached.0 == before.reached.0 {
                self.check_reader(id, before, now, &mut view.gone, host.status(id));
            }
        }
        view
    }

    /// No reader goes back in time, and nothing vanishes that its owner did not delete.
    fn check_reader(
        &self,
        id: &[u8],
        before: &Seen,
        now: &Seen,
        gone: &mut BTreeMap<(Vec<u8>, u64, Vec<u8>), u64>,
        status: Option<Status>,
    ) {
        let generation = now.reached.0;
        let place = |key: &[u8]| (id.to_vec(), generation, key.to_vec());
        let owner = self.owner(id, generation).expect("checked already");
        for (key, version) in &before.newest {
            match now.newest.get(key) {
                Some(now) => assert!(now >= version, "a reader of {id:?} {key:?} goes back"),
                None => {
                    let is_gone = status != Some(Status::Present);
                    let deleted = is_gone || owner.deleted(key, *version);
                    assert!(deleted, "{id:?} {key:?}@{version} was never deleted and is gone");
                    gone.insert(place(key), *version);
                }
            }
        }
        for (key, version) in now.newest.iter().filter(|(key, _)| !before.newest.contains_key(*key))
        {
            let last = gone.get(&place(key)).copied().unwrap_or(0);
            assert!(*version > last, "a deleted {id:?} {key:?}@{version} is there again");
        }
    }

    fn check_copy(&self, host: &Host, id: &[u8], reached: (u64, u64)) -> BTreeMap<Vec<u8>, u64> {
        let (generation, version) = reached;
        assert_eq!(host.generation_of(id), Some(generation));
        let owner = self.owner(id, generation);
        let owner = owner.unwrap_or_else(|| panic!("nobody wrote as {id:?} in {generation}"));
        let max_version = if version == EVICTED { 0 } else { version };
        assert_eq!(host.max_version(id), Some(max_version), "digest and max_version differ");
        assert!(max_version <= owner.acts.len() as u64, "a version nobody issued: {id:?}");
        let is_own = id == host.id();
        let gc_version = host.gc_version(id).expect("it is known");
        assert!(gc_version <= owner.gc_version(), "{id:?} was never compacted to {gc_version}");
        if is_own {
            assert_eq!(generation, host.generation());
            let is_all = version == EVICTED || version == owner.acts.len() as u64;
            assert!(is_all, "own writes are all there");
            assert!(gc_version == 0 || gc_version == owner.gc_version());
        }
        let status = host.status(id).expect("it is known");
        assert_eq!(status == Status::Evicted, version == EVICTED);
        if status == Status::Left {
            assert_eq!(owner.acts.get(max_version as usize - 1), Some(&Act::Leave));
        }

        let (newest, count) = check_updates(host, id, owner, max_version);
        if status != Status::Present {
            assert_eq!(count, 0, "{id:?} is gone and has updates");
        }
        for (key, (version, has_value)) in owner.newest() {
            if version > max_version || status != Status::Present {
                continue;
            }
            let held = newest.get(key).copied();
            // What missed a compaction may show a deleted key until it has caught up.
            let is_late = !is_own && version <= owner.gc_version();
            let complete = match has_value {
                true => held == Some(version),
                false => held.is_none() || (is_late && held < Some(version)),
            };
            assert!(complete, "C(p, q): {id:?} {key:?}@{version} is {held:?} at {max_version}");
        }
        if self.history_everywhere && owner.gc_version() == 0 && status == Status::Present {
            let upto = &owner.acts[..max_version as usize];
            let began = upto.iter().rposition(|act| *act == Act::Leave);
            let changes = upto
                .iter()
                .skip(began.map_or(0, |at| at + 1))
                .map(|act| if let Act::Change(ops) = act { ops.len() } else { 0 });
            assert_eq!(count, changes.sum::<usize>(), "an update of {id:?} is missing");
        }
        check_readers(host, id, &newest);
        newest
    }
}

/// Every update is one that the owner made, in order; gives the newest value of each key, and how
/// many updates there are.
fn check_updates(
    host: &Host,
    id: &[u8],
    owner: &Owner,
    max_version: u64,
) -> (BTreeMap<Vec<u8>, u64>, usize) {
    let mut last = (0, Vec::new());
    let mut count = 0;
    let mut newest = BTreeMap::new();
    for update in host.updates(id) {
        let place = (update.version, update.key.to_vec());
        assert!(last < place && update.version <= max_version, "order of {id:?}");
        last = place;
        count += 1;
        let act = &owner.acts[update.version as usize - 1];
        let Act::Change(ops) = act else {
            panic!("{id:?}@{} changed no key", update.version);
        };
        assert_eq!(ops.get(update.key).map(Option::as_deref), Some(update.value), "invented");
        newest.insert(update.key.to_vec(), (update.version, update.value.is_some()));
    }
    if !host.config().state.history {
        let versions: BTreeSet<u64> = newest.values().map(|(version, _)| *version).collect();
        let kept = host.updates(id).all(|update| versions.contains(&update.version));
        assert!(kept, "a superseded value of {id:?} is kept");
    }
    newest.retain(|_, (_, has_value)| *has_value);
    (newest.into_iter().map(|(key, (version, _))| (key, version)).collect(), count)
}

/// What the other ways to read say, given what `updates` said.
fn check_readers(host: &Host, id: &[u8], newest: &BTreeMap<Vec<u8>, u64>) {
    let entries = host.entries(id);
    assert!(
        entries.iter().map(|e| (e.key, e.version)).eq(newest.iter().map(|(k, v)| (&k[..], *v)))
    );
    assert_eq!(host.len(id), entries.len());
    for entry in &entries {
        assert_eq!(host.get_from(id, entry.key), entry.value);
    }
    // One key's history is enough for each look: the others get their turn as versions move on.
    if let Some(entry) =
        entries.get(host.max_version(id).unwrap_or(0) as usize % entries.len().max(1))
    {
        let mut history = host.history(id, entry.key);
        history.reverse();
        assert!(host.updates(id).filter(|update| update.key == entry.key).eq(history));
    }
}

/// Where a host's copy of somebody is: (generation, max_version), 2⁶⁰ for one that was evicted.
fn reached_of(host: &Host, id: &[u8]) -> (u64, u64) {
    let generation = host.generation_of(id).expect("it is known");
    let is_evicted = host.status(id) == Some(Status::Evicted);
    (generation, if is_evicted { EVICTED } else { host.max_version(id).expect("it is known") })
}

/// Check a message against the host that just made it: it decodes, encodes to the same bytes, and
/// each section holds all that the host keeps within the versions it names (the prefix rule).
pub fn check_message(host: &Host, bytes: &[u8]) {
    let message = Message::decode(bytes).expect("an own message");
    assert_eq!(message.encode(), bytes, "decoding and encoding changes a message");
    assert_eq!(message.sender.id, host.id());
    assert_eq!(message.sender.generation, host.generation());
    for section in message.delta.iter().flat_map(|delta| delta.participants()) {
        if section.to == EVICTED {
            assert_eq!(host.status(section.id), Some(Status::Evicted));
            continue;
        }
        let max_version = host.max_version(section.id).unwrap_or(0);
        assert!(section.to <= section.from.max(max_version));
        assert!(section.to == 0 || section.horizon >= max_version);
        let kept = host.updates(section.id).map(|u| (u.version, u.key, u.value));
        let within = kept.filter(|(version, ..)| (section.from + 1..=section.to).contains(version));
        let sent = section
            .entries
            .flat_map(|entry| entry.ops().map(move |op| (entry.version, op.key, op.value)));
        // What may have been deleted is kept and not sent, after a compaction was missed.
        if host.gc_version(section.id) == Some(0) {
            assert!(sent.eq(within), "a gap in what is sent of {:?}", section.id);
        } else {
            let within: Vec<_> = within.collect();
            assert!(sent.into_iter().all(|update| within.contains(&update)));
        }
    }
}
