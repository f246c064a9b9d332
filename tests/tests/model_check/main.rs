//! A model check of the rules: how copies follow their owner past compactions, restarts, leaving
//! and eviction, in every order of events that a bad network allows. It is about the rules, not
//! about the code: nothing of the library runs here.
//!
//! `without.rs` shows that each guard in the rules is needed, `schedules.rs` that the bugs of
//! others do not happen here. `DEEP=1` explores more, for minutes.

mod check;
mod events;
mod fingerprint;
mod guards;
mod invariants;
mod rules;
mod schedules;
mod settle;
mod slot;
mod transcript;
mod without;
mod world;

use std::env;
use std::time::Instant;

use events::{Config, Counts};
use guards::Rules;

/// The fewest states that all configurations must have together.
const FEWEST_STATES: usize = 5_000_000;

/// An owner and two copies of it; single entries and single versions of a keep list.
const SMALL: Config = Config {
    name: "",
    hosts: 3,
    late: 1,
    late_digests: false,
    astray: false,
    wide: false,
    counts: Counts::NONE,
    prelude: &[],
};

const CONFIGS: [Config; 9] = [
    Config {
        name: "catching up, digests late and answers astray",
        late_digests: true,
        astray: true,
        counts: Counts { sets: 3, deletes: 1, compacts: 1, ..Counts::NONE },
        ..SMALL
    },
    Config {
        name: "catching up, two letters late",
        late: 2,
        late_digests: true,
        counts: Counts { sets: 2, deletes: 1, compacts: 1, ..Counts::NONE },
        ..SMALL
    },
    Config {
        name: "catching up with two compactions",
        wide: true,
        counts: Counts { sets: 2, deletes: 1, compacts: 2, ..Counts::NONE },
        ..SMALL
    },
    Config {
        name: "catching up with two compactions, nothing late",
        late: 0,
        wide: true,
        counts: Counts { sets: 3, deletes: 1, compacts: 2, ..Counts::NONE },
        ..SMALL
    },
    Config {
        name: "three copies",
        hosts: 4,
        counts: Counts { sets: 2, deletes: 1, compacts: 1, ..Counts::NONE },
        ..SMALL
    },
    Config {
        name: "a restart without state",
        astray: true,
        counts: Counts {
            sets: 2,
            deletes: 1,
            compacts: 1,
            restarts: 1,
            forgets: 1,
            ..Counts::NONE
        },
        ..SMALL
    },
    Config {
        name: "restarts, one by a clock that was set back",
        counts: Counts {
            sets: 2,
            compacts: 1,
            restarts: 1,
            setbacks: 1,
            forgets: 1,
            ..Counts::NONE
        },
        ..SMALL
    },
    Config {
        name: "leaving and evicting",
        astray: true,
        counts: Counts {
            sets: 1,
            restarts: 1,
            leaves: 1,
            deaths: 1,
            evictions: 2,
            forgets: 1,
            ..Counts::NONE
        },
        ..SMALL
    },
    Config {
        name: "evicting while catching up",
        counts: Counts { sets: 2, deletes: 1, compacts: 1, evictions: 1, ..Counts::NONE },
        ..SMALL
    },
];

/// What takes minutes.
const DEEP: [Config; 9] = [
    Config {
        name: "digests late and answers astray, narrow and wide",
        late_digests: true,
        astray: true,
        wide: true,
        counts: Counts { sets: 3, deletes: 1, compacts: 1, ..Counts::NONE },
        ..SMALL
    },
    Config {
        name: "two compactions and two deletes, nothing late",
        late: 0,
        wide: true,
        counts: Counts { sets: 3, deletes: 2, compacts: 2, ..Counts::NONE },
        ..SMALL
    },
    Config {
        name: "generations, letters astray",
        astray: true,
        counts: Counts {
            sets: 2,
            deletes: 1,
            compacts: 1,
            restarts: 1,
            setbacks: 1,
            forgets: 1,
            ..Counts::NONE
        },
        ..SMALL
    },
    Config {
        name: "everything that takes a participant away",
        astray: true,
        counts: Counts {
            sets: 1,
            restarts: 1,
            setbacks: 1,
            leaves: 1,
            deaths: 1,
            evictions: 2,
            forgets: 1,
            ..Counts::NONE
        },
        ..SMALL
    },
    Config {
        name: "two compactions and three sets",
        counts: Counts { sets: 3, deletes: 1, compacts: 2, ..Counts::NONE },
        ..SMALL
    },
    Config {
        name: "two compactions, two letters late",
        late: 2,
        counts: Counts { sets: 2, deletes: 1, compacts: 2, ..Counts::NONE },
        ..SMALL
    },
    Config {
        name: "evicting and leaving while catching up",
        counts: Counts {
            sets: 2,
            deletes: 1,
            compacts: 1,
            evictions: 1,
            leaves: 1,
            ..Counts::NONE
        },
        ..SMALL
    },
    Config {
        name: "dying while catching up",
        counts: Counts {
            sets: 2,
            deletes: 1,
            compacts: 1,
            deaths: 1,
            evictions: 1,
            ..Counts::NONE
        },
        ..SMALL
    },
    Config {
        name: "evicted by one of three",
        hosts: 4,
        counts: Counts { sets: 1, restarts: 1, leaves: 1, deaths: 1, evictions: 1, ..Counts::NONE },
        ..SMALL
    },
];

/// Every state that can be reached is visited, every change checked, and from every state the hosts
/// become equal when the faults stop: by meeting in two opposite orders. As slots only ever grow,
/// no order of meetings can go on for ever, so none leads elsewhere.
#[test]
fn the_rules_hold_in_every_state() {
    let mut states = 0;
    let deep = if env::var_os("DEEP").is_some() { &DEEP[..] } else { &[] };
    for config in CONFIGS.iter().chain(deep) {
        let begun = Instant::now();
        let found = check::explore(config, Rules::ALL);
        if let Some(broken) = found.broken {
            let way = transcript::of_broken(config, Rules::ALL, &broken);
            panic!("{}: the rules are wrong\n{way}", config.name);
        }
        println!(
            "{}: {} states, {} changes, {} steps; settled from {}, {} exchanges; {:.1} s",
            config.name,
            found.states,
            found.changes,
            found.depth,
            found.settled,
            found.exchanges,
            begun.elapsed().as_secs_f64()
        );
        states += found.states;
    }
    println!("{states} states in all");
    assert!(states >= FEWEST_STATES, "only {states} states");
}
