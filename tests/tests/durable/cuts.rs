//! Very many lives, none of which may lose anything.

use plasmid_tests::disk::SimDisk;

use crate::world::{Tally, World, number};

/// Run lives until the power was cut so often.
fn run(cuts: u64, is_relaxed: bool) -> Tally {
    let first = number("SEED", 1);
    let (mut all, mut seed) = (Tally::default(), first);
    while all.cuts < cuts {
        let mut world = World::new(seed, is_relaxed, |disk: SimDisk| Box::new(disk));
        if let Err(wrong) = world.run(60) {
            panic!("seed {seed}, relaxed {is_relaxed}: {wrong}");
        }
        let Tally { cuts, acknowledged, failures, rotten, rollbacks, ends } = world.tally;
        all.cuts += cuts;
        all.acknowledged += acknowledged;
        all.failures += failures;
        all.rotten += rotten;
        all.rollbacks += rollbacks;
        all.ends += ends;
        seed += 1;
    }
    println!("{} lives, relaxed {is_relaxed}: {all:?}", seed - first);
    all
}

#[test]
fn nothing_acknowledged_is_lost() {
    let cuts = number("CUTS", 10_000);
    let tally = run(cuts, false);
    assert!(tally.acknowledged > cuts && tally.failures > cuts / 20);
    assert!(tally.rotten > cuts / 100 && tally.rollbacks > cuts / 100 && tally.ends > cuts / 50);
}

/// A relaxed host loses what was not durable, and never goes on as if it had not.
#[test]
fn nothing_lost_comes_back_under_the_same_name() {
    let cuts = number("CUTS", 10_000) / 4;
    assert!(run(cuts, true).acknowledged > cuts);
}
