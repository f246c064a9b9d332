//! W5: whole fleets in simulation, of real hosts, or of a model of them that the tests hold to what
//! real ones do.

use plasmid::Digests;
use plasmid_tests::fleet::hosts::Hosts;
use plasmid_tests::fleet::model::{Model, Says};
use plasmid_tests::fleet::{Fleet, load, spread};
use serde_json::{Value, json};

/// Updates in each round of the whole fleet.
const UPDATES: usize = 10;
/// Rounds that are not counted, and those that are.
const ROUNDS: (usize, usize) = (20, 40);
const SEED: u64 = 1;

/// Every host writes one key, and nobody knows anybody.
pub(crate) fn spreading(kind: &str, count: usize) -> Value {
    match kind {
        "model" => spreading_in(Model::new(count, Says::Smallest)),
        _ => spreading_in(Hosts::new(count, Digests::Smallest)),
    }
}

fn spreading_in(mut fleet: impl Fleet) -> Value {
    let spread = spread(&mut fleet, SEED);
    let bytes = spread.said.bytes as f64 / fleet.count() as f64;
    json!({ "last": spread.last, "mean": spread.mean, "all": spread.all, "bytes": bytes })
}

/// Everybody knows everybody, and a few write.
pub(crate) fn loaded(kind: &str, count: usize) -> Value {
    match kind {
        "model" => loaded_in(Model::level(count, Says::Smallest)),
        "exact" => loaded_in(Model::level(count, Says::Exact)),
        _ => loaded_in(Hosts::level(count, Digests::Smallest)),
    }
}

fn loaded_in(mut fleet: impl Fleet) -> Value {
    let load = load(&mut fleet, SEED, UPDATES, ROUNDS);
    let again = load.said.again as f64 / load.said.exchanges as f64;
    let bytes = load.said.reconciliation();
    json!({ "stale": load.stale, "reconciliation": bytes, "again": again })
}
