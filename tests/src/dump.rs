//! Everything that a host shows of its state, as one comparable value.

use std::collections::BTreeMap;

use plasmid::Host;

/// One participant as a host holds it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Copy {
    /// The greatest version held.
    pub max_version: u64,
    /// All kept updates as (version, key, value), in version order.
    pub updates: Vec<(u64, Vec<u8>, Vec<u8>)>,
}

/// All that a host holds: participant id → copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dump {
    /// The generation of the host itself.
    pub generation: u64,
    /// The participants it knows.
    pub copies: BTreeMap<Vec<u8>, Copy>,
    /// What it counted: conflicts, skipped sections.
    pub counts: [u64; 2],
}

impl Dump {
    /// Look at every participant and every update of `host`.
    pub fn of(host: &Host) -> Dump {
        let copy = |id: &&[u8]| {
            let updates = host.updates(id).map(|u| (u.version, u.key.to_vec(), u.value.to_vec()));
            Copy { max_version: host.max_version(id).unwrap_or(0), updates: updates.collect() }
        };
        Dump {
            generation: host.generation(),
            copies: host.participants().iter().map(|id| (id.to_vec(), copy(id))).collect(),
            counts: [host.conflicts(), host.skipped()],
        }
    }
}
