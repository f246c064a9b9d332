//! Peers that send what is no sketch, or claim that much differs: what it costs is bounded.

use plasmid::Host;
use plasmid::wire::{Cell, Message};
use plasmid_tests::craft::{sketch, want};
use plasmid_tests::sums::Salt;

use crate::pair::{cluster, from, host, ids, meet, short, sketch_in, sketching, teach};

const BUDGET: usize = 65_507;
const SIZES: [usize; 8] = [1, 4, 8, 32, 96, 384, 1536, 3072];

/// How many cells its sketch has, and the epoch.
fn next(host: &mut Host) -> (usize, u64) {
    let syns = [0; 2].map(|_| host.initiate(BUDGET).expect("a good budget"));
    let sketch = syns.iter().find_map(|syn| sketch_in(syn));
    let (epoch, size) = sketch.expect("it says it in sketches");
    (size, epoch)
}

fn any_cell(rng: &mut fastrand::Rng) -> Cell {
    let small = rng.u64(..4).wrapping_sub(1);
    let sum = if rng.bool() { small } else { rng.u64(..) };
    Cell { sum, places: rng.u64(..(1 << 61) - 1), checks: rng.u32(..u32::MAX - 4) }
}

#[test]
fn what_is_no_sketch_raises_the_next_one_to_twice_at_most() {
    let mut rng = fastrand::Rng::with_seed(1);
    let mut victim = sketching(b"a", 1);
    teach(&mut victim, ids(2_000), 1);
    let (mut before, mut most) = (next(&mut victim).0, 0);
    for _ in 0..600 {
        let size = SIZES[rng.usize(..SIZES.len())];
        let cells: Vec<Cell> = (0..size).map(|_| any_cell(&mut rng)).collect();
        let kind = rng.u8(1..3);
        let message = from(b"x", kind).section(12, &sketch(0, &cells)).finish();
        let answer = victim.receive(&message, BUDGET).expect("a sound message");
        assert!(answer.is_empty() || Message::decode(&answer).is_ok());
        let (now, _) = next(&mut victim);
        // The next size on the ladder is at most half as much again above what is asked for.
        assert!(now <= 3 * before.max(32), "{before} cells, then {now}");
        (before, most) = (now, most.max(now));
    }
    println!("at most {most} cells");
    assert_eq!(victim.participants(None).len(), 2_001, "nobody was made known");
}

#[test]
fn claims_that_much_differs_are_forgotten() {
    let (mut a, mut b) = (sketching(b"a", 1), sketching(b"b", 2));
    for host in [&mut a, &mut b] {
        teach(host, ids(2_000), 1);
    }
    let claim = from(b"x", 2).section(11, &want((1 << 63) - 1, &[])).finish();
    for _ in 0..200 {
        a.receive(&claim, 0).expect("a sound message");
    }
    assert_eq!(next(&mut a).0, 3072, "the largest there is");
    let exchanges = (0..).find(|_| {
        let said = meet(&mut a, &mut b, BUDGET);
        sketch_in(&said[0]).is_some_and(|(_, size)| size <= 8)
    });
    println!("small again after {exchanges:?} exchanges");
    assert!(exchanges.expect("it ends") <= 64);
}

/// A sketch as it should be, but for one cell that no number fits: eight of those have a host think
/// that something falls together. It places anew, and no more often than it may.
#[test]
fn sketches_that_leave_a_rest_make_no_storm_of_epochs() {
    for participants in [300, 2_000, 20_000] {
        let mut victim = sketching(b"a", 1);
        teach(&mut victim, ids(participants), 1);
        let first = next(&mut victim).1;
        let mut last = first;
        for _ in 0..400 {
            let syn = victim.initiate(BUDGET).expect("a good budget");
            let message = Message::decode(&syn).expect("an honest message");
            let Some(said) = message.sketch else { continue };
            let mut cells: Vec<Cell> = said.cells().collect();
            cells.resize(cells.len().max(32), Cell::default());
            let is_same = cells.len() == said.size();
            if is_same {
                cells[0].sum = cells[0].sum.wrapping_add(1);
            }
            let message = from(b"x", 1).section(12, &sketch(said.epoch, &cells)).finish();
            victim.receive(&message, 0).expect("a sound message");
            last = said.epoch;
        }
        let changes = (last - first) as usize;
        println!("{participants} participants: {changes} epochs in 400 messages");
        assert!(changes <= (400 / 64).min(400 * 64 / participants) + 1, "{changes} changes");
    }
}

/// However many fall together, and be it that they fill the largest sketch.
#[test]
fn sketches_that_leave_a_rest_again_and_again_are_placed_anew_whatever_is_left() {
    const SIZE: usize = 3072;
    for filled in [1, 16, 100, 341, 400, 600, 700, 768] {
        let mut victim = sketching(b"a", 1);
        teach(&mut victim, ids(300), 1);
        let salt = Salt::new(cluster(), 0);
        let level: Vec<_> = ids(300).iter().map(|id| (short(id), 1, 1)).collect();
        let mut cells = salt.cells(SIZE, &level);
        for row in cells.chunks_exact_mut(SIZE / 4) {
            row[..filled].iter_mut().for_each(|cell| cell.sum = cell.sum.wrapping_add(1));
        }
        let rest = from(b"x", 1).section(12, &sketch(0, &cells)).finish();
        let told = (1..=100).find(|_| {
            victim.receive(&rest, 0).expect("a sound message");
            next(&mut victim).1 == 1
        });
        println!("{filled} cells in each row: after {told:?} messages");
        assert_eq!(told, Some(8), "{filled} cells in each row");
    }
}

/// What is said of the copies here gets its share of the message that answers the last of those,
/// too, however much there is to tell.
#[test]
fn who_places_anew_says_what_is_here_all_the_same() {
    const SIZE: usize = 96;
    let mut victim = sketching(b"a", 1);
    teach(&mut victim, ids(300), 1);
    for number in 0..=u8::MAX {
        victim.set(&[number], b"v").expect("a small value");
    }
    let level: Vec<_> = ids(300).iter().map(|id| (short(id), 1, 1)).collect();
    let mut cells = Salt::new(cluster(), 0).cells(SIZE, &level);
    for row in cells.chunks_exact_mut(SIZE / 4) {
        row[0].sum = row[0].sum.wrapping_add(1);
    }
    let rest = from(b"x", 1).section(12, &sketch(0, &cells)).finish();
    let told = (1..=20).find(|_| {
        let answer = victim.receive(&rest, 512).expect("a sound message");
        let answer = Message::decode(&answer).expect("an honest message");
        let lines = answer.digest.expect("no sketch fits").lines().count();
        assert!(lines > 0 && answer.delta.is_some(), "{lines} lines");
        next(&mut victim).1 == 1
    });
    assert!(told.is_some(), "it places anew");
}

/// No attack, but what a partition leaves: more than the largest sketch shows.
#[test]
fn more_differences_than_a_sketch_shows_are_told_in_lines() {
    let (mut a, mut b) = (host(b"a", 1), host(b"b", 2));
    for host in [&mut a, &mut b] {
        teach(host, ids(20_000), 1);
    }
    for _ in 0..10 {
        meet(&mut a, &mut b, BUDGET);
    }
    teach(&mut b, ids(5_000), 2);
    let exchanges = (0..80).find(|_| {
        meet(&mut a, &mut b, BUDGET);
        ids(5_000).iter().all(|id| a.max_version(id) == Some(2))
    });
    println!("level after {exchanges:?} exchanges");
    assert!(exchanges.is_some_and(|exchanges| exchanges <= 40));
}

/// A host to which somebody claimed again and again that the two differ in as much as can be.
fn misled(participants: usize) -> Host {
    let mut host = host(b"a", 1);
    teach(&mut host, ids(participants), 1);
    let claim = from(b"x", 2).section(11, &want((1 << 63) - 1, &[])).finish();
    for _ in 0..200 {
        host.receive(&claim, 0).expect("a sound message");
    }
    host
}

#[test]
fn a_sketch_that_was_not_read_is_answered_with_one_of_four_times_the_cells() {
    let mut rng = fastrand::Rng::with_seed(2);
    for (size, again) in [(1, 32), (4, 32), (8, 32), (32, 128), (96, 384), (384, 1536)] {
        // Whatever it expects itself.
        for mut host in [misled(20_000), host(b"b", 2)] {
            teach(&mut host, ids(20_000), 1);
            let cells: Vec<Cell> = (0..size).map(|_| any_cell(&mut rng)).collect();
            let message = from(b"x", 1).section(12, &sketch(0, &cells)).finish();
            let answer = host.receive(&message, BUDGET).expect("a sound message");
            assert_eq!(sketch_in(&answer), Some((0, again)), "{size} cells");
        }
    }
}

#[test]
fn a_full_sketch_is_answered_in_lines_if_they_take_up_to_four_times_as_much() {
    let mut rng = fastrand::Rng::with_seed(3);
    // Of 300 lines are 3 KB, of 20,000 they are 160 KB.
    let cases = [(300, 16, false), (300, 32, true), (20_000, 384, false), (20_000, 768, true)];
    for (participants, size, in_lines) in cases {
        let mut host = host(b"b", 2);
        teach(&mut host, ids(participants), 1);
        let cells: Vec<Cell> = (0..size).map(|_| any_cell(&mut rng)).collect();
        let message = from(b"x", 1).section(12, &sketch(0, &cells)).finish();
        let answer = host.receive(&message, BUDGET).expect("a sound message");
        assert_eq!(sketch_in(&answer).is_none(), in_lines, "{participants}, {size} cells");
    }
}

/// Lines of all would be 160 KB here, and 8 MB of a million: that answers a sketch that was not
/// read, but nobody says it because of what a peer claims.
#[test]
fn claims_make_no_host_say_more_than_the_largest_sketch() {
    let mut host = misled(20_000);
    for _ in 0..200 {
        let syn = host.initiate(1 << 20).expect("a good budget");
        assert!(syn.len() < 20 * 3072 + 200, "{} bytes", syn.len());
    }
}
