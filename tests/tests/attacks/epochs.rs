//! Peers that claim epochs: where everything is placed follows whoever is furthest, so how often
//! that costs anything, and what becomes of hosts that cannot follow each other.

use plasmid::Host;

use crate::pair::{bytes, claim, host, id, ids, lead, meet, sketch_in, sketching, teach};

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
fn hosts_led_into_different_epochs_go_on_in_lines_until_one_may_follow() {
    let (mut a, mut b) = (sketching(b"a", 1), sketching(b"b", 2));
    teach(&mut a, ids(MANY), 1);
    teach(&mut b, ids(MANY), 1);
    // Both are due: they have met often.
    for _ in 0..320 {
        meet(&mut a, &mut b, BUDGET);
        meet(&mut b, &mut a, BUDGET);
    }
    lead(&mut a, 1000);
    lead(&mut b, 2000);
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
    for _ in 0..320 {
        meet(&mut a, &mut b, BUDGET);
        meet(&mut b, &mut a, BUDGET);
    }
    assert_eq!((epoch(&mut a), epoch(&mut b)), (2000, 2000));
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
        let claimed = if number < 10 { last - 1 } else { last + number % 2 };
        a.receive(&claim(claimed), BUDGET).expect("a sound message");
    }
    assert_eq!(epoch(&mut a), last);
    for number in 0..40u8 {
        a.set(&[number], b"v").expect("a small value");
        meet(&mut b, &mut a, BUDGET);
    }
    assert_eq!(b.max_version(b"a"), Some(40));
    assert_eq!(epoch(&mut a), epoch(&mut b), "they came together");
}

/// Whoever claims one epoch after the other has a host place 64 participants anew for each message,
/// and not more often than every 64th time.
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
        let most = (400 / 64).min(400 * 64 / participants) + 1;
        assert!(changes <= most, "{participants}: {changes} changes");
    }
}

/// Somebody leads one host away from the others, or just ahead of them for as long as it follows.
/// That host pays, in lines, and the others hardly.
#[test]
fn who_leads_one_host_from_epoch_to_epoch_does_not_lead_the_others() {
    let (_, calm) = cost(0, 0);
    for (step, claims) in [(1, 4), (1, 200), (1_000, 200)] {
        let (led, others) = cost(step, claims);
        println!("{calm} bytes; with {claims} claims {step} ahead {led}, others {others}");
        // A line takes 11 bytes at most.
        assert!(led <= calm + 11 * 1_000, "{led} bytes");
        assert!(others * 4 <= calm * 5, "{others} bytes, without an attack {calm}");
    }
}

/// Bytes of an exchange of the first of ten hosts, and of one of others with each other, while in
/// each round so many messages reach the first that claim epochs so far ahead of its own.
fn cost(step: u64, claims: usize) -> (usize, usize) {
    let mut hosts: Vec<_> =
        (0..10).map(|number| host(&[b'a' + number as u8], number as u64)).collect();
    for host in &mut hosts {
        teach(host, ids(1_000), 1);
    }
    let mut rng = fastrand::Rng::with_seed(3);
    let (mut led, mut others) = ((0, 0), (0, 0));
    for round in 0..120 {
        let mut ahead = epoch(&mut hosts[0]);
        for number in 0..claims {
            if number % 10 == 0 {
                ahead = epoch(&mut hosts[0]);
            }
            hosts[0].receive(&claim(ahead + step), 0).expect("a sound message");
        }
        for caller in 0..hosts.len() {
            let called = (caller + rng.usize(1..hosts.len())) % hosts.len();
            let [a, b] = hosts.get_disjoint_mut([caller, called]).expect("two hosts");
            let said = bytes(&meet(a, b, BUDGET));
            let kind = if caller.min(called) == 0 { &mut led } else { &mut others };
            *kind = (kind.0 + said, kind.1 + 1);
            let version = 2 + round * 10 + caller as u64;
            teach(&mut hosts[caller], vec![id(rng.usize(..1_000))], version);
        }
    }
    (led.0 / led.1, others.0 / others.1)
}
