//! W5: whole fleets in simulation, of real hosts, or of a model of them that the tests hold to what
//! real ones do.

use plasmid::{Config, Digests, Error, Host, Mode};
use plasmid_tests::fleet::hosts::{self, Hosts};
use plasmid_tests::fleet::model::{Model, Says};
use plasmid_tests::fleet::{Brought, Fleet, Said, load, spread};
use serde_json::{Value, json};

use super::hosts::config;
use crate::exchange::over_a_stream;
use crate::input::{Values, id, key};

/// Updates in each round of the whole fleet.
const UPDATES: usize = 10;
/// Rounds that are not counted, and those that are.
const ROUNDS: (usize, usize) = (20, 40);
const SEED: u64 = 1;

/// Every host writes one key, and nobody knows anybody.
pub(crate) fn spreading(kind: &str, count: usize) -> Result<Value, Error> {
    Ok(match kind {
        "model" => spreading_in(Model::new(count, Says::Smallest)),
        "compressed" => spreading_in(Compressed::new(count)?),
        _ => spreading_in(Hosts::new(count, Digests::Smallest)),
    })
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

/// Hosts that compress, and have what nodes of chitchat have: ids, keys and values that are no more
/// alike, and one generation.
struct Compressed(Vec<Host>);

impl Compressed {
    fn new(count: usize) -> Result<Self, Error> {
        let host = |number| {
            let config = Config { generation: 1, compress: true, ..config(number, false) };
            Host::new(&id(number), config)
        };
        (0..count).map(host).collect::<Result<_, _>>().map(Compressed)
    }
}

impl Fleet for Compressed {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn write(&mut self, who: usize) {
        let value = Values::of(who).next(hosts::VALUE);
        self.0[who].set(&key(who), &value).expect("a small value");
    }

    fn meet(&mut self, caller: usize, called: usize, brought: &mut Vec<Brought>) -> Said {
        let count = self.count();
        let [a, b] = self.0.get_disjoint_mut([caller, called]).expect("two hosts");
        let known = |a: &Host, b: &Host| {
            let knows = |host: &Host, who| host.max_version(&id(who)).is_some();
            (0..count).map(|who| [knows(a, who), knows(b, who)]).collect::<Vec<_>>()
        };
        let before = known(a, b);
        let bytes = over_a_stream(a, b, Mode::PushPull).expect("honest messages");
        // One of both knew it, so no more than one learns it.
        let after = known(a, b);
        let news = (0..count).filter(|who| before[*who] != after[*who]);
        brought.extend(news.map(|whose| Brought { whose, versions: 1 }));
        Said { exchanges: 1, bytes: bytes as u64, ..Said::default() }
    }
}
