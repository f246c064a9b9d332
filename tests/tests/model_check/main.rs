//! A model check of the rules: how copies follow their owner past compactions, restarts, leaving
//! and eviction, in every order of events that a bad network allows, and in every way in which
//! hosts say what they have. It is about the rules, not about the code: nothing of the library runs
//! here.
//!
//! `without.rs` shows that each guard in the rules is needed, `schedules.rs` that the bugs of
//! others do not happen here. `DEEP=1` explores more, for minutes.

mod check;
mod configs;
mod events;
mod exchange;
mod fingerprint;
mod guards;
mod invariants;
mod rules;
mod says;
mod schedules;
mod settle;
mod slot;
mod transcript;
mod without;
mod world;

use std::env;
use std::time::Instant;

use configs::{CATCHING_UP, DEEP, TALKING};
use guards::Rules;

/// The fewest states that all configurations must have together.
const FEWEST_STATES: usize = 5_000_000;

/// Every state that can be reached is visited, every change checked, and from every state the hosts
/// become equal when the faults stop: by meeting in two opposite orders. As slots only ever grow,
/// no order of meetings can go on for ever, so none leads elsewhere.
#[test]
fn the_rules_hold_in_every_state() {
    let mut states = 0;
    let deep = if env::var_os("DEEP").is_some() { &DEEP[..] } else { &[] };
    for config in CATCHING_UP.iter().chain(&TALKING).chain(deep) {
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
