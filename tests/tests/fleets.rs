//! Fleets in simulation, small enough for seconds: how fast an update spreads, what that costs, and
//! how stale copies are under load. The benchmark (W5) has larger ones.

use plasmid::Digests;
use plasmid_tests::fleet::hosts::Hosts;
use plasmid_tests::fleet::model::{Model, Says};
use plasmid_tests::fleet::plain::one_update;
use plasmid_tests::fleet::{Fleet, Load, Said, Spread, load, spread};

/// Within so many percent.
#[track_caller]
fn assert_near(what: &str, value: f64, reference: f64, percent: f64) {
    let off = (value / reference - 1.0).abs() * 100.0;
    assert!(off <= percent, "{what}: {value} is {off:.2} % off {reference}");
}

/// The means of a few seeds.
fn spreads<F: Fleet>(fleet: impl Fn() -> F, seeds: u64) -> Spread {
    let mut sum = Spread::default();
    for seed in 0..seeds {
        let one = spread(&mut fleet(), seed);
        sum.last += one.last / seeds as f64;
        sum.mean += one.mean / seeds as f64;
        sum.all += one.all / seeds as f64;
        sum.said.add(one.said);
    }
    sum
}

/// Push-pull at fixed random phases, as others have simulated it 2,000 times.
#[test]
fn one_update_without_a_protocol_spreads_as_others_have_simulated_it() {
    for (count, last, mean) in [(128, 4.59, 2.81), (1_024, 6.27, 4.09), (4_096, 7.29, 4.89)] {
        let rounds = one_update(count, 2_000);
        assert_near("rounds until the last has it", rounds.last, last, 1.0);
        assert_near("rounds until one has it", rounds.mean, mean, 1.0);
    }
}

#[test]
fn an_update_spreads_as_fast_as_any_can() {
    let hosts = spreads(|| Hosts::new(128, Digests::Smallest), 6);
    let best = one_update(128, 2_000);
    assert_near("rounds until the last of 128 has it", hosts.last, best.last, 2.0);
    assert_near("rounds until one of 128 has it", hosts.mean, best.mean, 2.0);
    let model = spreads(|| Model::new(2_000, Says::Smallest), 1);
    let best = one_update(2_000, 500);
    assert_near("rounds until the last of 2,000 has it", model.last, best.last, 5.0);
    assert_near("rounds until one of 2,000 has it", model.mean, best.mean, 2.0);
}

#[test]
fn the_model_is_true_to_hosts() {
    let near = |what: &str, hosts: Said, model: Said| {
        assert_eq!(hosts.exchanges, model.exchanges, "{what}");
        assert_near(what, model.bytes as f64, hosts.bytes as f64, 1.0);
        assert_near(what, model.delta as f64, hosts.delta as f64, 0.1);
    };
    let hosts = spreads(|| Hosts::new(128, Digests::Smallest), 6);
    let model = spreads(|| Model::new(128, Says::Smallest), 6);
    near("spreading", hosts.said, model.said);
    assert_near("rounds", model.last, hosts.last, 0.1);

    let hosts = loaded(Hosts::level(300, Digests::Smallest));
    let model = loaded(Model::level(300, Says::Smallest));
    near("under load", hosts.said, model.said);
    assert_near("staleness", model.stale, hosts.stale, 0.5);
}

/// Ten updates in each round, in the whole fleet.
fn loaded(mut fleet: impl Fleet) -> Load {
    load(&mut fleet, 1, 10, (20, 30))
}

/// The most bytes of an exchange under load beside its deltas, however many hosts there are.
const MOST: f64 = 900.0;

/// The same in the model. Of more hosts fewer rounds tell as much.
#[track_caller]
fn assert_costs(count: usize, rounds: (usize, usize)) {
    let [sketches, exact] = [Says::Smallest, Says::Exact]
        .map(|says| load(&mut Model::level(count, says), 1, 10, rounds));
    assert_near("staleness", sketches.stale, exact.stale, 2.0);
    let bytes = sketches.said.reconciliation();
    assert!(bytes <= MOST, "{count} hosts: {bytes} bytes");
}

#[test]
fn hosts_are_level_when_the_simulation_says_so() {
    let mut hosts = Hosts::new(40, Digests::Smallest);
    spread(&mut hosts, 1);
    assert!(hosts.is_level());
}

#[test]
fn under_load_sketches_make_copies_no_older_than_exact_digests_do() {
    let hosts = loaded(Hosts::level(300, Digests::Smallest));
    let exact = loaded(Hosts::level(300, Digests::Plain));
    assert_near("staleness of 300", hosts.stale, exact.stale, 2.0);
    // So exact digests of larger fleets need no hosts.
    let model = loaded(Model::level(300, Says::Exact));
    assert_near("staleness of 300 in the model", model.stale, exact.stale, 0.001);
    assert!(hosts.said.reconciliation() <= MOST, "{} bytes", hosts.said.reconciliation());
}

#[test]
fn what_differs_costs_the_same_in_larger_fleets() {
    assert_costs(2_000, (20, 30));
    assert_costs(10_000, (10, 3));
}
