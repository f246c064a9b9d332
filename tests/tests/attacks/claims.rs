//! Peers that claim something of the receiver itself: a sketch can do no more than lines.

use plasmid::Host;
use plasmid::wire::Cell;
use plasmid_tests::craft::{digest, sketch};
use plasmid_tests::sums::Salt;

use crate::pair::{cluster, from, host, short};

/// A host that wrote three times.
fn victim() -> Host {
    let mut victim = host(b"me", 1);
    for number in 0..3u8 {
        victim.set(&[number], b"v").expect("a small value");
    }
    victim
}

/// A sketch that says so of the victim, and nothing of anybody else.
fn cells(generation: u64, version: u64) -> Vec<Cell> {
    Salt::new(cluster(), 0).cells(32, &[(short(b"me"), generation, version)])
}

fn hear(victim: &mut Host, tag: u64, body: &[u8]) {
    let message = from(b"x", 1).section(tag, body).finish();
    victim.receive(&message, 4096).expect("a sound message");
}

#[test]
fn a_sketch_claims_no_more_than_a_line() {
    let last = (1 << 63) - 1;
    for (generation, version) in
        [(1, 4), (1, 1 << 59), (1, 1 << 60), (2, 1), (1 << 40, 7), (last, 1), (0, 9), (1, 3)]
    {
        let (mut by_sketch, mut by_line) = (victim(), victim());
        hear(&mut by_sketch, 12, &sketch(0, &cells(generation, version)));
        hear(&mut by_line, 1, &digest(&[(short(b"me"), generation, version)]));
        let after = |host: &Host| (host.conflicts(), host.generation_of(b"me").map(|own| own > 1));
        assert_eq!(after(&by_sketch), after(&by_line), "{generation} {version}");
        assert_eq!(by_sketch.max_version(b"me"), by_line.max_version(b"me"));
        // With a clock, a generation that far ahead is absurd in both.
        if generation == last {
            let mut with_clock = victim();
            with_clock.tick(1_000_000);
            hear(&mut with_clock, 12, &sketch(0, &cells(generation, version)));
            assert_eq!(after(&with_clock), after(&victim()));
        }
    }
}

#[test]
fn a_sketch_that_was_read_in_part_claims_nothing() {
    let mut victim = victim();
    let mut cells = cells(9, 9);
    cells[31].sum ^= 1 << 40;
    cells[30].sum ^= 1 << 41;
    hear(&mut victim, 12, &sketch(0, &cells));
    assert_eq!((victim.conflicts(), victim.generation_of(b"me")), (0, Some(1)));
}
