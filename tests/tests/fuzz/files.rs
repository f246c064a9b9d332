//! Bytes from a store: snapshots and cursors that were damaged, and still have a right checksum.

use fastrand::Rng;
use plasmid::wire::Message;
use plasmid::{Config, Error, Filter, Host};
use plasmid_tests::checksum;
use plasmid_tests::dump::Dump;

use crate::{OWN, grammar, memory, mutate, seeds, state};

const SNAPSHOTS: u64 = 100_000;
const CURSORS: u64 = 100_000;

/// A host after some messages, so that there is something in its snapshot.
fn used(rng: &mut Rng) -> Host {
    let mut host = state::target(rng);
    if rng.bool() {
        host.tick(1_000_000);
    }
    host.set_expiring(b"x", b"1", 500).expect("a small value");
    for message in seeds::messages() {
        let _ = host.receive(&message, 0);
    }
    for _ in 0..rng.usize(..6) {
        let _ = host.receive(&grammar::message(rng), 0);
    }
    host
}

fn config(host: &Host) -> Config {
    Config { nonce: 2, ..host.config().clone() }
}

/// Use a host in every way: nothing in it may be more than it can bear.
fn exercise(rng: &mut Rng, host: &mut Host) {
    for now in [1, 1_000_600, 1_200_000] {
        host.tick(now);
        for _ in 0..3 {
            let answer = host.receive(&grammar::message(rng), 512).unwrap_or_default();
            assert!(answer.is_empty() || Message::decode(&answer).is_ok());
        }
        let _ = host.set(b"new", b"value");
        let _ = host.compact(None);
        let syn = host.initiate(512).expect("a good budget");
        assert!(Message::decode(&syn).is_ok(), "a host speaks by the rules");
        host.changes(None, 5, Filter::default()).expect("no cursor");
        for id in host.participants(None) {
            assert!(host.entries(id).len() == host.len(id));
        }
    }
    host.snapshot();
}

#[test]
fn what_a_snapshot_holds_is_held_again() {
    let mut rng = Rng::with_seed(1);
    for _ in 0..300 {
        let host = used(&mut rng);
        let restored = Host::restore(&host.snapshot(), config(&host)).expect("a snapshot");
        let (mut was, mut is) = (Dump::of(&host), Dump::of(&restored));
        assert!(is.generation > was.generation, "the same id, and not the same process");
        // What is counted begins anew, as does what came in part.
        (was.counts, was.generation) = (is.counts, is.generation);
        for dump in [&mut was, &mut is] {
            dump.copies.remove(OWN);
            dump.copies.retain(|_, copy| copy.max_version > 0 || copy.status != Some(PRESENT));
        }
        assert_eq!(is, was);
        assert_eq!(restored.entries(OWN), host.entries(OWN));
    }
}

const PRESENT: plasmid::Status = plasmid::Status::Present;

#[test]
fn a_damaged_snapshot_is_refused_or_harmless() {
    let mut rng = Rng::with_seed(2);
    let mut read = 0;
    let mut corpus = Vec::new();
    for number in 0..SNAPSHOTS {
        if number % 500 == 0 {
            corpus = (0..8).map(|_| used(&mut rng).snapshot()).collect();
        }
        let mut bytes = mutate::input(&mut rng, &corpus);
        checksum::mend(&mut bytes);
        let config = config(&state::target(&mut rng));
        let (restored, peak) = memory::measure(|| Host::restore(&bytes, config));
        assert!(peak <= 16 * bytes.len() + (64 << 10), "{peak} bytes at once: {bytes:02x?}");
        match restored {
            Ok(mut host) => {
                read += 1;
                exercise(&mut rng, &mut host);
            }
            Err(Error::Malformed(_) | Error::Foreign | Error::Limit { .. }) => {}
            Err(other) => panic!("{other}: {bytes:02x?}"),
        }
    }
    assert!(read > SNAPSHOTS / 20, "only {read} were no worse than a snapshot");
}

#[test]
fn a_damaged_cursor_is_refused_or_harmless() {
    let mut rng = Rng::with_seed(3);
    let mut read = 0;
    let mut host = used(&mut rng);
    let mut corpus: Vec<Vec<u8>> = Vec::new();
    for number in 0..CURSORS {
        if number % 200 == 0 {
            host = used(&mut rng);
            corpus.clear();
        }
        let limit = rng.usize(1..10);
        let last = corpus.last().filter(|_| rng.bool()).cloned();
        let page = host.changes(last.as_deref(), limit, Filter::default());
        corpus.push(page.expect("an undamaged cursor").cursor);
        let _ = host.receive(&grammar::message(&mut rng), 0);
        let mut bytes = mutate::input(&mut rng, &corpus);
        checksum::mend(&mut bytes);
        let before = Dump::of(&host);
        match host.changes(Some(&bytes), limit, Filter::default()) {
            Ok(changes) => {
                read += 1;
                let again = changes.cursor;
                host.changes(Some(&again), limit, Filter::default()).expect("a cursor of its own");
            }
            Err(Error::Cursor) => {}
            Err(other) => panic!("{other}: {bytes:02x?}"),
        }
        assert_eq!(Dump::of(&host), before, "reading changes nothing");
    }
    assert!(read > CURSORS / 25, "only {read} were no worse than a cursor");
}
