//! Everything that a host shows of its state, as one comparable value.

use std::collections::BTreeMap;
use std::hash::{Hash as _, Hasher as _};

use plasmid::{Host, Status};
use siphasher::sip::SipHasher;

/// One participant as a host holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// Whether it is present, left or evicted.
    pub status: Option<Status>,
    /// The generation held.
    pub generation: Option<u64>,
    /// The greatest version held.
    pub max_version: u64,
    /// How far it is compacted.
    pub gc_version: Option<u64>,
    /// All kept updates as (version, key, value), in version order; a deletion has no value.
    pub updates: Vec<(u64, Vec<u8>, Option<Vec<u8>>)>,
}

impl Copy {
    /// What `host` holds of a participant.
    pub fn of(host: &Host, id: &[u8]) -> Copy {
        let value = |value: Option<&[u8]>| value.map(<[u8]>::to_vec);
        let updates = host.updates(id).map(|u| (u.version, u.key.to_vec(), value(u.value)));
        Copy {
            status: host.status(id),
            generation: host.generation_of(id),
            max_version: host.max_version(id).unwrap_or(0),
            gc_version: host.gc_version(id),
            updates: updates.collect(),
        }
    }

    /// A number that is another one for anything else. What a compaction may drop is no part of it:
    /// who hears of that later may drop more.
    pub fn fingerprint(&self) -> u64 {
        let Copy { status, generation, max_version, gc_version, updates } = self;
        let newest: BTreeMap<_, _> =
            updates.iter().map(|(version, key, _)| (key, version)).collect();
        let is_kept = |(version, key, value): &&(u64, Vec<u8>, Option<Vec<u8>>)| {
            let is_newest = newest.get(key) == Some(&version);
            Some(*version) > *gc_version || (value.is_some() && is_newest)
        };
        let mut hasher = SipHasher::new();
        let head = (status.map(Status::name), generation, max_version, gc_version);
        head.hash(&mut hasher);
        updates.iter().filter(is_kept).for_each(|update| update.hash(&mut hasher));
        hasher.finish()
    }
}

/// All that a host holds: participant id → copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dump {
    /// The generation of the host itself.
    pub generation: u64,
    /// The participants it knows.
    pub copies: BTreeMap<Vec<u8>, Copy>,
    /// What it counted: conflicts, skipped sections, forgotten participants.
    pub counts: [u64; 3],
}

impl Dump {
    /// Look at every participant and every update of `host`.
    pub fn of(host: &Host) -> Dump {
        let copy = |id: &&[u8]| (id.to_vec(), Copy::of(host, id));
        Dump {
            generation: host.generation(),
            copies: host.participants(None).iter().map(copy).collect(),
            counts: [host.conflicts(), host.skipped(), host.forgotten()],
        }
    }
}
