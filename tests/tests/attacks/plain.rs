//! Peers that take lines only, or say so: they are answered in lines, and nobody has others say
//! many by saying few.

use plasmid::wire::Message;
use plasmid::{Config, Digests, Host};
use plasmid_tests::craft::digest;

use crate::pair::{from, host, ids, meet, short, sketch_in, teach};

const BUDGET: usize = 65_507;

/// Bytes of lines that a host says now and then.
const LINES_ROOM: usize = 2048;

#[test]
fn who_says_few_lines_is_not_told_many() {
    let mut victim = host(b"a", 1);
    teach(&mut victim, ids(20_000), 1);
    let all = ids(20_000);
    for count in [0, 1, 100, 1_000] {
        let mut lines: Vec<_> = all[..count].iter().map(|id| (short(id), 1, 1)).collect();
        lines.sort_unstable();
        for kind in [1, 2] {
            let said = from(b"x", kind).section(1, &digest(&lines)).finish();
            victim.receive(&said, 0).expect("a sound message");
            let syn = victim.initiate(1 << 20).expect("a good budget");
            println!("{} bytes, then {}", said.len(), syn.len());
            assert!(Message::decode(&syn).expect("an honest message").digest.is_some());
            assert!(syn.len() <= LINES_ROOM.max(2 * said.len()) + 100, "{} bytes", syn.len());
            let next = victim.initiate(1 << 20).expect("a good budget");
            assert!(sketch_in(&next).is_some(), "once");
        }
    }
}

/// A host that takes lines only and calls nobody: what it writes is known to who calls it twice, or
/// three times where lines are due; and soon to who calls it while it knows hardly anybody.
#[test]
fn who_takes_lines_only_is_asked_in_lines_that_tell_all() {
    let config = Config { digests: Digests::Plain, nonce: 7, seed: 7, ..Config::default() };
    let (mut a, mut b) = (host(b"a", 1), Host::new(b"b", config).expect("a good id"));
    teach(&mut a, ids(3_000), 1);
    let mut calls_until_told = |number: u8| {
        b.set(b"k", &[number]).expect("a small value");
        let is_told = |a: &Host| a.get_from(b"b", b"k") == Some([number].as_slice());
        let calls = (1..=100).find(|_| {
            meet(&mut a, &mut b, BUDGET);
            is_told(&a)
        });
        calls.expect("it is told")
    };
    let first = calls_until_told(0);
    let later: Vec<usize> = (1..20).map(&mut calls_until_told).collect();
    println!("after {first} calls, and then {later:?}");
    assert!(first <= 10, "{first} calls");
    assert!(later.iter().all(|calls| *calls <= 3), "{later:?}");
}
