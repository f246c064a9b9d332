//! An update that no sketch shows. Somebody on the way puts the receiver's own sums in the place of
//! the sender's, so that the two seem to be level whatever they have: no collision hides more.
//! Lines show it all the same, within a number of messages that is known.

use plasmid::Host;
use plasmid::wire::Message;

use crate::pair::{id, ids, sketching, teach};

/// A host says what it has in lines so often.
const LINES_EVERY: usize = 67;

/// Bytes of lines that are said then, and what one of them takes here at most.
const LINES_ROOM: usize = 2048;
const LINE: usize = 11;

/// The message of `from`, as it would be if `to` had said what it has in it.
fn hidden(from: &mut Host, to: &mut Host) -> Vec<u8> {
    let said = from.initiate(1 << 20).expect("a good budget");
    let message = Message::decode(&said).expect("an honest message");
    if message.sketch.is_none() {
        return said;
    }
    // Somebody in lines by its turn has no sums to give: another one follows.
    let other = loop {
        let other = to.initiate(1 << 20).expect("a good budget");
        if Message::decode(&other).expect("an honest message").sketch.is_some() {
            break other;
        }
    };
    let sketch = Message::decode(&other).expect("an honest message").sketch;
    Message { sketch, ..message }.encode()
}

/// After how many messages of `a` the other one has an update that only `a` had.
fn messages_until_told(participants: usize, most: usize) -> usize {
    let (mut a, mut b) = (sketching(b"a", 1), sketching(b"b", 2));
    for host in [&mut a, &mut b] {
        teach(host, ids(participants), 1);
    }
    let changed = id(participants / 2);
    teach(&mut a, vec![changed], 2);
    for count in 1..=most {
        let mut message = hidden(&mut a, &mut b);
        let (mut to, mut from) = (&mut b, &mut a);
        while !message.is_empty() {
            message = to.receive(&message, 1 << 20).expect("an honest message");
            (to, from) = (from, to);
        }
        if b.max_version(&changed) == Some(2) {
            return count;
        }
    }
    panic!("it is hidden after {most} messages still");
}

#[test]
fn in_a_small_fleet_nothing_is_hidden_for_longer_than_the_interval_of_lines() {
    for participants in [10, 50, 100] {
        assert!(participants * LINE < LINES_ROOM, "all of them fit");
        let count = messages_until_told(participants, LINES_EVERY);
        println!("{participants} participants: {count} messages");
    }
}

/// Of more than fit, a part each time, from one drawn at random on: after k turns somebody is still
/// left out with a probability of (1 - part)^k.
#[test]
fn in_a_large_fleet_it_takes_as_many_intervals_as_there_are_parts_or_a_few_times_that() {
    for participants in [1_000, 3_000] {
        let parts = participants * LINE / LINES_ROOM + 1;
        // e^-12 that it is more than that.
        let count = messages_until_told(participants, 12 * parts * LINES_EVERY);
        println!("{participants} participants, {parts} parts: {count} messages");
    }
}
