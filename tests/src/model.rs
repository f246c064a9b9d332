//! The naive model: every write that every owner ever made, and what Scuttlebutt lets a copy hold
//! of it. Paper, C(p, q): relative to the *owner* p, a copy at q misses nothing at or below its own
//! greatest version. Between two copies nothing of the kind holds (paper, Fig. 1).

use std::collections::BTreeMap;

use plasmid::Host;
use plasmid::wire::{self, Message};

/// What one owner wrote in one generation.
#[derive(Default)]
struct Owner {
    /// (key, value); the version is the position, from 1.
    writes: Vec<(Vec<u8>, Vec<u8>)>,
    /// Key → its newest version.
    newest: BTreeMap<Vec<u8>, u64>,
}

/// Every write there was, by (participant, generation).
pub struct Model {
    owners: BTreeMap<(Vec<u8>, u64), Owner>,
    history_everywhere: bool,
}

/// One participant as a host was last seen to hold it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// (generation, max_version), as the host's own digest says.
    pub reached: (u64, u64),
    /// Key → the version a reader gets.
    newest: BTreeMap<Vec<u8>, u64>,
}

/// All participants as a host was last seen to hold them.
pub type View = BTreeMap<Vec<u8>, Seen>;

impl Model {
    /// Nothing is written yet. `history_everywhere`: no host ever drops a superseded value, so
    /// copies are exact, not only complete.
    pub fn new(history_everywhere: bool) -> Model {
        Model { owners: BTreeMap::new(), history_everywhere }
    }

    /// A participant begins a generation.
    pub fn start(&mut self, id: &[u8], generation: u64) {
        self.owners.entry((id.to_vec(), generation)).or_default();
    }

    /// The owner writes; the version it must get.
    pub fn set(&mut self, id: &[u8], generation: u64, key: &[u8], value: &[u8]) -> u64 {
        let owner = self.owners.entry((id.to_vec(), generation)).or_default();
        owner.writes.push((key.to_vec(), value.to_vec()));
        let version = owner.writes.len() as u64;
        owner.newest.insert(key.to_vec(), version);
        version
    }

    /// How many writes there were.
    pub fn writes(&self) -> usize {
        self.owners.values().map(|owner| owner.writes.len()).sum()
    }

    /// Where that owner is.
    pub fn max_version(&self, id: &[u8], generation: u64) -> u64 {
        let owner = self.owners.get(&(id.to_vec(), generation));
        owner.map_or(0, |owner| owner.writes.len() as u64)
    }

    /// Check everything that `host` holds against what was written and against what it held
    /// `before`; give what it holds now. Panics with the invariant that is broken.
    pub fn check(&self, host: &mut Host, before: &View) -> View {
        let reached = digest_of(host);
        let mut view = View::new();
        let ids: Vec<Vec<u8>> = host.participants().into_iter().map(<[u8]>::to_vec).collect();
        assert_eq!(ids.len(), reached.len(), "the digest lists who is known");
        for id in ids {
            let short = wire::short_id(wire::cluster_hash(&host.config().cluster), &id);
            let reached = reached[&short];
            assert_eq!(Some(reached.1), host.max_version(&id), "digest and max_version differ");
            let newest = self.check_copy(host, &id, reached);
            view.insert(id, Seen { reached, newest });
        }
        for (id, before) in before {
            let now = view.get(id).unwrap_or_else(|| panic!("{id:?} is no longer known"));
            assert!(now.reached >= before.reached, "(generation, max_version) of {id:?} fell");
            if now.reached.0 == before.reached.0 {
                for (key, version) in &before.newest {
                    let now = now.newest.get(key);
                    assert!(now >= Some(version), "a reader of {id:?} {key:?} goes back");
                }
            }
        }
        view
    }

    fn check_copy(&self, host: &Host, id: &[u8], reached: (u64, u64)) -> BTreeMap<Vec<u8>, u64> {
        let (generation, max_version) = reached;
        let owner = self.owners.get(&(id.to_vec(), generation));
        let owner = owner.unwrap_or_else(|| panic!("nobody wrote as {id:?} in {generation}"));
        assert!(max_version <= owner.writes.len() as u64, "a version nobody issued: {id:?}");
        let is_own = id == host.id();
        if is_own {
            assert_eq!(generation, host.generation());
            assert_eq!(max_version, owner.writes.len() as u64, "own writes are all there");
        }

        let mut last = 0;
        let mut count = 0;
        let mut newest = BTreeMap::new();
        for update in host.updates(id) {
            assert!(last < update.version && update.version <= max_version, "order of {id:?}");
            last = update.version;
            count += 1;
            let (key, value) = &owner.writes[update.version as usize - 1];
            assert_eq!((update.key, update.value), (&key[..], &value[..]), "an invented value");
            newest.insert(key.clone(), update.version);
        }
        for (key, version) in &owner.newest {
            let complete = *version > max_version || newest.get(key) == Some(version);
            assert!(complete, "C(p, q): {id:?} {key:?}@{version} is missing at {max_version}");
        }
        if self.history_everywhere {
            assert_eq!(count, max_version, "a superseded value of {id:?} is missing");
        }
        if !host.config().state.history {
            assert_eq!(count, newest.len() as u64, "a superseded value of {id:?} is kept");
        }
        check_readers(host, id, &newest);
        newest
    }
}

/// What the other ways to read say, given what `updates` said.
fn check_readers(host: &Host, id: &[u8], newest: &BTreeMap<Vec<u8>, u64>) {
    let entries = host.entries(id);
    assert!(
        entries.iter().map(|e| (e.key, e.version)).eq(newest.iter().map(|(k, v)| (&k[..], *v)))
    );
    assert_eq!(host.len(id), entries.len());
    for entry in &entries {
        assert_eq!(host.get_from(id, entry.key), Some(entry.value));
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

/// (generation, max_version) by short id, as the host tells a peer.
fn digest_of(host: &mut Host) -> BTreeMap<u64, (u64, u64)> {
    let syn = host.initiate(usize::MAX).expect("a budget without bound");
    let message = Message::decode(&syn).expect("an own message");
    let digest = message.digest.expect("a Syn has a digest");
    assert_eq!(digest.range(), None, "the digest of a small world is complete");
    digest.lines().map(|line| (line.short, (line.generation, line.max_version))).collect()
}

/// Check a message against the host that just made it: it decodes, encodes to the same bytes, and
/// each section holds all that the host keeps within the versions it names (the prefix rule).
pub fn check_message(host: &Host, bytes: &[u8]) {
    let message = Message::decode(bytes).expect("an own message");
    assert_eq!(message.encode(), bytes, "decoding and encoding changes a message");
    assert_eq!(message.sender.id, host.id());
    assert_eq!(message.sender.generation, host.generation());
    for section in message.delta.iter().flat_map(|delta| delta.participants()) {
        let sent = section.entries.map(|entry| (entry.version, entry.key, entry.value));
        let kept = host.updates(section.id).map(|u| (u.version, u.key, u.value));
        let within = kept.filter(|(version, ..)| (section.from + 1..=section.to).contains(version));
        assert!(sent.eq(within), "a gap in what is sent of {:?}", section.id);
        assert!(Some(section.to) <= host.max_version(section.id));
    }
}
