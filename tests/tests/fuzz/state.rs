//! Messages that keep every rule, one after the other into one host: whatever they tell, copies go
//! forward only, an error changes nothing, what the host says is sound, and a reader that follows
//! its changes holds what it holds.

use std::collections::BTreeMap;

use fastrand::Rng;
use plasmid::wire::Message;
use plasmid::{Config, Digests, Host, Limits, LocalState, Ordering, Status};
use plasmid_tests::checksum;
use plasmid_tests::dump::Dump;

use crate::follow::Reader;
use crate::{OWN, grammar, mutate, seeds};

const HOSTS: u64 = 600;
const INPUTS: u64 = 500;

/// Limits that are reached.
const LIMITS: Limits = Limits {
    key_bytes: 20,
    value_bytes: 60,
    message_bytes: 4096,
    participants: 8,
    keys_per_participant: 6,
    participant_bytes: 400,
    state_bytes: 5_000,
    departed: 30,
    fragment_bytes: 300,
    remembered_deletes: 6,
    change_records: 12,
};

pub(crate) fn target(rng: &mut Rng) -> Host {
    let config = Config {
        nonce: 1,
        generation: seeds::GENERATION,
        seed: rng.u64(..),
        state: LocalState { history: rng.bool() },
        digests: [Digests::Smallest, Digests::Plain, Digests::Sketch][rng.usize(..3)],
        ordering: if rng.bool() { Ordering::Depth } else { Ordering::Breadth },
        evict_after_ms: if rng.bool() { 0 } else { 100_000 },
        limits: Limits { departed: if rng.bool() { 2 } else { LIMITS.departed }, ..LIMITS },
        ..Config::default()
    };
    let mut host = Host::new(OWN, config).expect("a good id");
    for number in 0..4u8 {
        host.set(&[b'k', number % 3], &[number; 20]).expect("a small value");
    }
    if rng.bool() {
        seeds::messages().iter().for_each(|message| drop(host.receive(message, 0)));
    }
    host
}

/// Where each copy of others is, as copies are ordered.
type Reached = BTreeMap<Vec<u8>, (Option<u64>, bool, Option<u64>)>;

fn reached(host: &Host) -> Reached {
    let at = |id: &&[u8]| {
        let is_evicted = host.status(id) == Some(Status::Evicted);
        (id.to_vec(), (host.generation_of(id), is_evicted, host.max_version(id)))
    };
    host.participants(None).iter().filter(|id| **id != OWN).map(at).collect()
}

/// What a program does beside.
fn act(rng: &mut Rng, host: &mut Host, now: &mut u64) {
    match rng.u8(..40) {
        0 => {
            *now += rng.u64(..200_000);
            host.tick(*now);
        }
        1 => drop(host.set_expiring(b"x", b"1", 500)),
        2 => drop(host.delete(b"k\0")),
        3 => drop(host.compact(None)),
        4 => {
            let ids = host.participants(None);
            let id = ids[rng.usize(..ids.len())].to_vec();
            let _ = host.evict(&id);
        }
        5 if rng.bool() => drop(host.leave()),
        5 => drop(host.renew()),
        _ => {}
    }
}

fn one_message(rng: &mut Rng, host: &mut Host) {
    let mut bytes = grammar::message(rng);
    if rng.u8(..10) == 0 {
        bytes = mutate::input(rng, &[bytes]);
        checksum::mend(&mut bytes);
    }
    let (before, were, forgotten) = (Dump::of(host), reached(host), host.forgotten());
    let budget = [0, 512, 4096][rng.usize(..3)];
    match host.receive(&bytes, budget) {
        Ok(answer) => {
            assert!(answer.len() <= budget);
            if !answer.is_empty() {
                let message = Message::decode(&answer).expect("a host speaks by the rules");
                assert_eq!(message.encode(), answer);
            }
        }
        Err(_) => assert_eq!(Dump::of(host), before),
    }
    let are = reached(host);
    for (id, was) in were {
        let is_kept = are.get(&id).is_some_and(|is| *is >= was);
        assert!(is_kept || host.forgotten() > forgotten, "{}", id.escape_ascii());
    }
}

#[test]
fn whatever_is_told_copies_go_forward_and_readers_hold_what_the_host_holds() {
    for seed in 0..HOSTS {
        let what = std::panic::catch_unwind(|| {
            let mut rng = Rng::with_seed(seed);
            let mut host = target(&mut rng);
            let mut readers: [Reader; 3] = Default::default();
            let mut now = 1_000_000;
            for _ in 0..INPUTS {
                one_message(&mut rng, &mut host);
                if rng.u8(..4) == 0 {
                    let syn = host.initiate(512).expect("a good budget");
                    assert!(Message::decode(&syn).is_ok(), "a host speaks by the rules");
                }
                if rng.u8(..3) == 0 {
                    // In pages of several sizes, and one that stops halfway.
                    let limit = rng.usize(1..10);
                    let [always, paged, seldom] = &mut readers;
                    match rng.u8(..4) {
                        0 => always.check(&mut host, 1000),
                        1 => paged.check(&mut host, limit),
                        2 => seldom.check(&mut host, limit),
                        _ => drop(seldom.read(&mut host, limit)),
                    }
                }
                act(&mut rng, &mut host, &mut now);
            }
        });
        assert!(what.is_ok(), "seed {seed}");
    }
}
