//! Peers that claim epochs: where everything is placed follows whoever is furthest, so how often
//! that costs anything, and what becomes of hosts that cannot follow each other.

use plasmid::Host;

use crate::pair::{bytes, claim, id, ids, meet, sketch_in, sketching, teach};

const BUDGET: usize = 65_507;
/// So many that a host may place them anew only once in 313 messages.
const MANY: usize = 20_000;

/// By which epoch it places.
fn epoch(host: &mut Host) -> u64 {
    // One of two Syns at least is a sketch.
    let syns = [0; 2].map(|_| host.initiate(BUDGET).expect("a good budget"));
    syns.iter().find_map(|syn| sketch_in(syn)).expect("it says it in sketches").0
}

#[test]
fn hosts_led_into_different_epochs_go_on_in_lines() {
    let (mut a, mut b) = (sketching(b"a", 1), sketching(b"b", 2));
    teach(&mut a, ids(MANY), 1);
    teach(&mut b, ids(MANY), 1);
    // Both are due: they have met often.
    for _ in 0..320 {
        meet(&mut a, &mut b, BUDGET);
        meet(&mut b, &mut a, BUDGET);
    }
    a.receive(&claim(1000), 0).expect("a sound message");
    b.receive(&claim(2000), 0).expect("a sound message");
    assert_eq!((epoch(&mut a), epoch(&mut b)), (1000, 2000));
    teach(&mut b, (0..5).map(id).collect(), 2);
    let is_level = |a: &Host| (0..5).all(|number| a.max_version(&id(number)) == Some(2));
    let mut most = 0;
    let exchanges = (0..).find(|_| {
        most = most.max(bytes(&meet(&mut a, &mut b, BUDGET)));
        is_level(&a)
    });
    let exchanges = exchanges.expect("it ends");
    println!("level after {exchanges} exchanges, of {most} bytes at most");
    // Lines of a third of all fit into a message, from one drawn at random on.
    assert!(exchanges <= 30, "{exchanges} exchanges");
    assert!(most <= 2 * BUDGET);
}

#[test]
fn the_last_epoch_is_the_last() {
    let (mut a, mut b) = (sketching(b"a", 1), sketching(b"b", 2));
    for host in [&mut a, &mut b] {
        teach(host, ids(300), 1);
    }
    let last = u64::from(u32::MAX);
    for beyond in [last + 1, 1 << 40, (1 << 63) - 1] {
        a.receive(&claim(beyond), BUDGET).expect("a sound message");
        assert_eq!(epoch(&mut a), 0);
    }
    // Two steps, so that it keeps nothing of the epoch that the other is in.
    for number in 0..300 {
        let claimed = if number < 10 { last - 1 } else { last + number - 10 };
        a.receive(&claim(claimed), BUDGET).expect("a sound message");
    }
    assert_eq!(epoch(&mut a), last);
    for number in 0..40u8 {
        a.set(&[number], b"v").expect("a small value");
        meet(&mut b, &mut a, BUDGET);
    }
    assert_eq!(b.max_version(b"a"), Some(40));
    assert_eq!(epoch(&mut b), last, "it followed");
}

/// Whoever claims one epoch after the other has a host place 64 participants anew for each message.
#[test]
fn nobody_keeps_a_host_busy_with_epochs() {
    for participants in [300, 2_000] {
        let mut host = sketching(b"a", 1);
        teach(&mut host, ids(participants), 1);
        let (mut before, mut changes) = (epoch(&mut host), 0);
        for number in 1..=400 {
            host.receive(&claim(number), 0).expect("a sound message");
            let now = epoch(&mut host);
            changes += usize::from(now != before);
            before = now;
        }
        println!("{participants} participants: {changes} changes in 400 messages");
        assert!(changes <= 400 * 64 / participants + 1, "{participants}: {changes} changes");
    }
}
