//! Wants of whatever: a host answers each with one message within its budget, and a want asks for
//! no more than the digest of somebody who knows nobody.

use plasmid::Host;
use plasmid_tests::craft::{Craft, news};
use plasmid_tests::craft::{digest, set, want};

use crate::pair::{cluster, from, host, id, short};

const PARTICIPANTS: usize = 1_000;
const BUDGET: usize = 65_507;

/// A host that knows so many participants of 64 bytes each.
fn victim() -> Host {
    let mut victim = host(b"me", 1);
    victim.set(b"k", b"v").expect("a small value");
    let value = [b'v'; 64];
    let told = (0..PARTICIPANTS).map(|number| news(&id(number), 1, 0, 1, &set(1, b"k", &value)));
    let message = Craft::new(3, cluster()).section(5, &told.collect::<Vec<_>>().concat());
    victim.receive(&message.finish(), 0).expect("a sound message");
    victim
}

/// The short ids of all of them, and of the victim.
fn everybody() -> Vec<u64> {
    let mut shorts: Vec<_> = (0..PARTICIPANTS).map(|number| short(&id(number))).collect();
    shorts.push(short(b"me"));
    shorts.sort_unstable();
    shorts
}

fn wants(lines: &[(u64, u64)]) -> Vec<u8> {
    from(b"x", 3).section(11, &want(lines.len() as u64, lines)).finish()
}

#[test]
fn a_want_of_everything_gets_less_for_its_bytes_than_an_empty_digest() {
    let all: Vec<_> = everybody().into_iter().map(|short| (short, 0)).collect();
    let (want, empty) = (wants(&all), from(b"x", 1).section(1, &digest(&[])).finish());
    let mut victim = victim();
    for budget in [1_200, BUDGET, 1 << 24] {
        let by = |victim: &mut Host, asked: &[u8]| {
            let answer = victim.receive(asked, budget).expect("a sound message");
            assert!(answer.len() <= budget);
            answer.len() as f64 / asked.len() as f64
        };
        let one = wants(&[(short(&id(0)), 0)]);
        let factors = [by(&mut victim, &want), by(&mut victim, &one), by(&mut victim, &empty)];
        println!("budget {budget}: bytes out per byte in: all, one, empty digest: {factors:?}");
        assert!(factors[0] < factors[2] && factors[1] < factors[2]);
    }
}

#[test]
fn a_flood_of_wants_changes_nothing() {
    let mut victim = victim();
    let everybody = everybody();
    let mut rng = fastrand::Rng::with_seed(1);
    let edges = [0, 1, 2, 7, (1 << 60) - 1];
    for _ in 0..300 {
        let mut shorts: Vec<u64> = (0..rng.usize(..50))
            .map(|_| {
                let known = everybody[rng.usize(..everybody.len())];
                [known, short(b"me"), rng.u64(..) & !15][rng.usize(..3)]
            })
            .collect();
        shorts.sort_unstable();
        shorts.dedup();
        let lines: Vec<_> =
            shorts.into_iter().map(|short| (short, edges[rng.usize(..edges.len())])).collect();
        let answer = victim.receive(&wants(&lines), BUDGET).expect("a sound message");
        assert!(answer.len() <= BUDGET);
    }
    assert_eq!((victim.conflicts(), victim.generation_of(b"me")), (0, Some(1)));
    assert_eq!(victim.participants(None).len(), PARTICIPANTS + 1);
}

#[test]
fn who_wants_more_than_there_is_gets_nothing() {
    let mut victim = victim();
    for from in [1, 2, (1 << 60) - 1] {
        let all: Vec<_> = everybody().into_iter().map(|short| (short, from)).collect();
        assert_eq!(victim.receive(&wants(&all), BUDGET), Ok(Vec::new()));
    }
}
