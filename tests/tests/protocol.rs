//! The whole protocol against the naive model: random hosts, writes, budgets, loss, repetition,
//! reordering, misdelivery, damage, restarts and streams. The invariants are checked after every
//! step (see `model.rs` and `world.rs`); when the faults stop, everyone converges and falls silent.

use std::cell::RefCell;
use std::env;
use std::io::Write as _;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use plasmid::{Digests, Limits, Ordering};
use plasmid_tests::plan::{Damage, Finale, NodePlan, Plan, Pull, Step};
use plasmid_tests::world::World;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// How many random runs each of the two tests makes by default; `make test` makes many more.
const RUNS: u32 = 2_000;

fn ordering() -> impl Strategy<Value = Ordering> {
    prop_oneof![Just(Ordering::Depth), Just(Ordering::Breadth)]
}

fn pull() -> impl Strategy<Value = Pull> {
    prop_oneof![Just(Pull::Pull), Just(Pull::PushPull)]
}

/// Mostly everyone keeps history, or nobody does, or each as it likes.
fn node() -> impl Strategy<Value = NodePlan> {
    let id_len = prop_oneof![4 => 1..=3usize, 1 => Just(128usize)];
    let generation = prop_oneof![3 => Just(0u64), 2 => Just(1u64), 1 => Just(1 << 60)];
    let digests = prop_oneof![Just(Digests::Smallest), Just(Digests::Sketch), Just(Digests::Plain)];
    (id_len, ordering(), digests, any::<bool>(), generation).prop_map(
        |(id_len, ordering, digests, history, generation)| NodePlan {
            id_len,
            ordering,
            digests,
            history,
            generation,
            outsider: false,
            auto_compact: false,
            limits: Limits::default(),
        },
    )
}

fn plan() -> impl Strategy<Value = Plan> {
    let finale = prop_oneof![
        3 => Just(Finale::Roomy),
        2 => Just(Finale::Narrow),
        2 => Just(Finale::Asking),
        1 => (pull(), any::<u8>()).prop_map(|(pull, chunk)| Finale::Streams(pull, chunk)),
    ];
    let ghosts = prop_oneof![15 => 0..3u8, 1 => 45..70u8];
    let history = prop_oneof![Just(Some(true)), Just(Some(false)), Just(None)];
    let nodes = proptest::collection::vec(node(), 2..=6);
    (nodes, ghosts, any::<u64>(), finale, history, 0..12u8).prop_map(
        |(mut nodes, ghosts, seed, finale, history, outsider)| {
            for node in &mut nodes {
                node.history = history.unwrap_or(node.history);
                node.auto_compact = seed % 3 == 0;
            }
            if outsider == 0 && nodes.len() > 2 {
                nodes[1].outsider = true;
            }
            Plan { nodes, ghosts, seed: seed >> 1, finale }
        },
    )
}

/// The same with limits that are easily reached, each host having its own.
fn tight_plan() -> impl Strategy<Value = Plan> {
    let limits = (
        prop_oneof![Just(1u64), Just(2), Just(1024)],
        prop_oneof![Just(0u64), Just(10), Just(400), Just(1 << 20)],
        prop_oneof![Just(512u64), Just(900), Just(4096), Just(16 << 20)],
        prop_oneof![Just(1u64), Just(2), Just(3), Just(65_536)],
        prop_oneof![Just(1u64), Just(2), Just(131_072)],
        prop_oneof![Just(1u64), Just(40), Just(500), Just(1 << 20)],
        prop_oneof![Just(0u64), Just(300), Just(1000), Just(1 << 20)],
    );
    let limits = limits.prop_map(|(key, value, message, participants, keys, one, all)| Limits {
        key_bytes: key,
        value_bytes: value,
        message_bytes: message,
        participants,
        keys_per_participant: keys,
        participant_bytes: one,
        state_bytes: all,
        ..Limits::default()
    });
    let limits = proptest::collection::vec(proptest::option::of(limits), 6);
    (plan(), limits).prop_map(|(mut plan, limits)| {
        plan.ghosts = 0;
        for (node, limits) in plan.nodes.iter_mut().zip(limits) {
            node.limits = limits.unwrap_or_default();
        }
        plan
    })
}

fn budget() -> impl Strategy<Value = usize> {
    prop_oneof![
        1 => Just(0usize),
        1 => 1..512usize,
        4 => Just(512usize),
        3 => 513..700usize,
        2 => 700..3000usize,
        3 => Just(1usize << 20),
    ]
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        any::<u8>().prop_map(Damage::Flip),
        any::<u8>().prop_map(Damage::Cut),
        (any::<u8>(), any::<u8>()).prop_map(|(at, byte)| Damage::Insert(at, byte)),
        any::<u8>().prop_map(Damage::Remove),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let size = prop_oneof![3 => 0..12u16, 2 => 12..150u16, 1 => 150..600u16, 1 => 600..3000u16];
    let two = || (any::<u8>(), any::<u8>());
    prop_oneof![
        10 => (any::<u8>(), 0..6u8, size)
            .prop_map(|(host, key, size)| Step::Set { host, key, size }),
        1 => (any::<u8>(), 0..20u8, 1..40u8)
            .prop_map(|(host, key, count)| Step::SetMany { host, key, count }),
        3 => (any::<u8>(), 0..6u8).prop_map(|(host, key)| Step::Delete { host, key }),
        2 => (any::<u8>(), proptest::collection::vec((0..6u8, any::<bool>()), 0..5))
            .prop_map(|(host, keys)| Step::Batch { host, keys }),
        1 => (any::<u8>(), 0..6u8, 0..3000u16)
            .prop_map(|(host, key, ttl_ms)| Step::SetExpiring { host, key, ttl_ms }),
        1 => (any::<u8>(), 0..3000u16).prop_map(|(host, ms)| Step::Tick { host, ms }),
        3 => (any::<u8>(), proptest::option::of(any::<u8>()))
            .prop_map(|(host, up_to)| Step::Compact { host, up_to }),
        1 => any::<u8>().prop_map(|host| Step::Snapshot { host }),
        1 => any::<u8>().prop_map(|host| Step::Restore { host }),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(host, limit)| Step::Follow { host, limit }),
        1 => prop_oneof![
            2 => any::<u8>().prop_map(|host| Step::Leave { host }),
            2 => any::<u8>().prop_map(|host| Step::Renew { host }),
            3 => two().prop_map(|(host, whom)| Step::Evict { host, whom }),
        ],
        4 => (two(), budget())
            .prop_map(|((from, to), budget)| Step::Initiate { from, to, budget }),
        10 => (any::<u8>(), budget()).prop_map(|(letter, budget)| Step::Deliver { letter, budget }),
        2 => any::<u8>().prop_map(|letter| Step::Repeat { letter }),
        1 => any::<u8>().prop_map(|letter| Step::Lose { letter }),
        1 => two().prop_map(|(letter, to)| Step::Misdeliver { letter, to }),
        1 => (any::<u8>(), damage()).prop_map(|(letter, damage)| Step::Spoil { letter, damage }),
        1 => any::<u8>().prop_map(|host| Step::Restart { host }),
        1 => (any::<u8>(), 0..4u8).prop_map(|(host, writes)| Step::Twin { host, writes }),
        5 => (two(), budget())
            .prop_map(|((from, to), budget)| Step::Exchange { from, to, budget }),
        1 => (two(), pull(), any::<bool>())
            .prop_map(|((from, to), mode, end)| Step::Connect { from, to, mode, end }),
        1 => any::<u8>().prop_map(|connection| Step::Gossip { connection }),
        4 => (any::<u8>(), 1..400u16, proptest::option::weighted(0.05, any::<u8>()))
            .prop_map(|(connection, bytes, flip)| Step::Move { connection, bytes, flip }),
    ]
}

/// The same runs each time, so that a gate does not open and close by chance. To look further:
/// `PROPTEST_CASES=1000000 PROPTEST_RNG_SEED=2 cargo test -p plasmid-tests --test protocol`.
fn config() -> ProptestConfig {
    let mut config = ProptestConfig::default();
    if env::var_os("PROPTEST_CASES").is_none() {
        config.cases = RUNS;
    }
    if env::var_os("PROPTEST_RNG_SEED").is_none() {
        config.rng_seed = RngSeed::Fixed(1);
    }
    // Not by `eprintln!`, which the test runner keeps to itself.
    let (cases, seed) = (config.cases, config.rng_seed);
    let _ = writeln!(std::io::stderr(), "protocol: {cases} schedules, seed {seed:?}");
    // Nothing is written to disk: the smallest run that fails is printed whole.
    config.failure_persistence = None;
    config
}

/// Run `body`, and make a broken assertion the failure of the test case. Proptest runs a failing
/// case hundreds of times to shrink it; only the end of that is worth printing.
fn quietly(body: impl FnOnce()) -> Result<(), TestCaseError> {
    thread_local!(static BROKEN: RefCell<Option<String>> = const { RefCell::new(None) });
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let default = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let is_verdict = info.to_string().contains("minimal failing input");
            if is_verdict {
                return default(info);
            }
            BROKEN.set(Some(info.to_string()));
        }));
    });
    panic::catch_unwind(AssertUnwindSafe(body))
        .map_err(|_| TestCaseError::fail(BROKEN.take().unwrap_or_default()))
}

/// Run the steps, and then again with failing calls in between: what the hosts say stays the same.
fn run(plan: &Plan, steps: &[Step]) -> World {
    let mut world = World::new(plan, false);
    for step in steps {
        world.step(step);
    }
    if plan.seed.is_multiple_of(4) {
        let mut again = World::new(plan, true);
        for step in steps {
            again.step(step);
        }
        assert_eq!(world.trace(), again.trace(), "same seed and inputs, other bytes");
    }
    world
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn copies_stay_true_to_their_owners_and_converge(
        plan in plan(),
        steps in proptest::collection::vec(step(), 0..70),
    ) {
        quietly(|| run(&plan, &steps).converge())?;
    }

    #[test]
    fn limits_make_no_gaps_and_break_nothing(
        plan in tight_plan(),
        steps in proptest::collection::vec(step(), 0..70),
    ) {
        quietly(|| drop(run(&plan, &steps)))?;
    }
}
