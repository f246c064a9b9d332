//! The room of a message: how digest and delta share it, and that whatever a host accepts can be
//! sent, by everyone.

use plasmid::wire::{MAX_ID_BYTES, Message, cluster_hash};
use plasmid::{Config, Digests, Error, Host, Limit, Limits, MIN_BUDGET};
use plasmid_tests::craft::{self, Craft, news, set};

const GREATEST_GENERATION: u64 = (1 << 63) - 1;

fn in_lines(nonce: u64) -> Config {
    Config { nonce, digests: Digests::Plain, ..Config::default() }
}

/// One that heard of 80 participants, each with one update.
fn hub() -> Host {
    let mut hub = Host::new(b"hub", in_lines(0)).expect("an id");
    for number in 0..80 {
        let section = news(&[b'p', number], 0, 0, 1, &set(1, b"k", &[number; 10]));
        let message = Craft::new(3, cluster_hash(b"")).section(5, &section).finish();
        hub.receive(&message, 0).expect("a sound message");
    }
    hub
}

#[test]
fn digest_and_delta_get_half_each_under_load() {
    let mut new = Host::new(b"new", in_lines(1)).expect("an id");
    let syn = new.initiate(1200).expect("a good budget");
    let answer = hub().receive(&syn, 1200).expect("a sound message");
    let message = Message::decode(&answer).expect("a sound message");
    let digest = message.digest.expect("a digest");
    let (first, last) = digest.range().expect("not all of it fits");
    let lines = digest.lines().map(|held| (held.short, held.generation, held.max_version));
    let digest = craft::digest_of_range(first, last, &lines.collect::<Vec<_>>()).len();
    let sections = message.delta.expect("a delta").participants();
    let delta: usize = sections
        .map(|section| {
            let bytes =
                section.entries.map(|entry| entry.bytes.to_vec()).collect::<Vec<_>>().concat();
            news(section.id, section.generation, section.from, section.to, &bytes).len()
        })
        .sum();
    assert!(digest + delta > 1100, "{digest} and {delta}: both want more than there is");
    assert!(digest.abs_diff(delta) < 60, "{digest} and {delta}");
}

/// The longest ids, the greatest generations and a small message: the worst for everything else.
fn greatest(id: u8) -> Host {
    let limits = Limits { message_bytes: 1000, ..Limits::default() };
    let config =
        Config { nonce: id.into(), generation: GREATEST_GENERATION, limits, ..Config::default() };
    Host::new(&[id; MAX_ID_BYTES], config).expect("an id")
}

fn exchange(a: &mut Host, b: &mut Host, budget: usize) {
    let mut message = a.initiate(budget).expect("a good budget");
    for turn in 0..4 {
        let to = if turn % 2 == 0 { &mut *b } else { &mut *a };
        message = to.receive(&message, budget).expect("a sound message");
    }
    assert!(message.is_empty(), "an exchange has four messages at most");
}

#[test]
fn what_set_accepts_can_be_sent_by_everyone_and_not_a_byte_more() {
    let mut owner = greatest(b'o');
    let mut hosts: Vec<Host> = b"rxyz".iter().map(|id| greatest(*id)).collect();
    for host in &mut hosts {
        host.set(b"k", &[1; 100]).expect("a small value");
    }
    let accepted = (0..1000).rev().find(|len| owner.set(b"k", &vec![7; *len]).is_ok());
    let accepted = accepted.expect("something is accepted");
    let refused = owner.set(b"k", &vec![7; accepted + 1]);
    let limit = Limit::MessageBytes;
    assert_eq!(refused, Err(Error::Limit { limit, value: 1001, max: 1000 }));

    // The least budget, with digest lines, ids and versions that leave a piece the least room.
    let mut new = greatest(b'n');
    let (relay, others) = hosts.split_first_mut().expect("four hosts");
    for _ in 0..30 {
        others.iter_mut().for_each(|other| exchange(other, relay, MIN_BUDGET));
        exchange(relay, &mut owner, MIN_BUDGET);
        exchange(&mut new, relay, MIN_BUDGET);
    }
    let value = vec![7; accepted];
    assert_eq!(new.get_from(&[b'o'; MAX_ID_BYTES], b"k"), Some(&value[..]));
    assert!(b"xyz".iter().all(|id| new.get_from(&[*id; MAX_ID_BYTES], b"k").is_some()));
}
