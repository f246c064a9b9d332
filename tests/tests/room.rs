//! The room of a message: how digest and delta share it, and that whatever a host accepts can be
//! sent, by everyone.

use plasmid::wire::{MAX_ID_BYTES, Message, cluster_hash};
use plasmid::{Config, Error, Host, Limit, Limits};
use plasmid_tests::craft::{Craft, line, news, set};

const GREATEST_GENERATION: u64 = (1 << 63) - 1;
const GREATEST_VERSION: u64 = (1 << 60) - 1;

/// One that heard of 80 participants, each with one update.
fn hub() -> Host {
    let mut hub = Host::new(b"hub", Config::default()).expect("an id");
    for number in 0..80 {
        let section = news(&[b'p', number], 0, 0, 1, &set(1, b"k", &[number; 10]));
        let message = Craft::new(3, cluster_hash(b"")).section(5, &section).finish();
        hub.receive(&message, 0).expect("a sound message");
    }
    hub
}

#[test]
fn digest_and_delta_get_half_each_under_load() {
    let mut new = Host::new(b"new", Config { nonce: 1, ..Config::default() }).expect("an id");
    let syn = new.initiate(1200).expect("a good budget");
    let answer = hub().receive(&syn, 1200).expect("a sound message");
    let message = Message::decode(&answer).expect("a sound message");
    let lines = message.digest.expect("a digest").lines();
    let digest: usize =
        lines.map(|held| line(held.short, held.generation, held.max_version).len()).sum();
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

/// Whether somebody new gets that update of the owner from a relay that knows others too.
fn arrives(owner: u8, value: &[u8]) -> bool {
    let (mut relay, mut new) = (greatest(b'r'), greatest(b'n'));
    let entry = set(GREATEST_VERSION, b"k", value);
    let section = news(&[owner; MAX_ID_BYTES], GREATEST_GENERATION, 0, GREATEST_VERSION, &entry);
    let others = [b"x", b"y", b"z"].map(|id| news(id, 1, 0, 1, &set(1, b"k", b"")));
    for section in others.iter().chain([&section]) {
        let message = Craft::new(3, cluster_hash(b"")).section(5, section).finish();
        relay.receive(&message, 0).expect("a sound message");
    }
    assert!(relay.max_version(&[owner; MAX_ID_BYTES]).is_some(), "the relay has it");
    for _ in 0..3 {
        let syn = new.initiate(1000).expect("a good budget");
        let syn_ack = relay.receive(&syn, 1000).expect("a sound message");
        new.receive(&syn_ack, 0).expect("a sound message");
    }
    assert!(new.max_version(b"z").is_some(), "others are not held up");
    new.max_version(&[owner; MAX_ID_BYTES]).is_some()
}

#[test]
fn what_set_accepts_can_be_sent_by_everyone_and_not_a_byte_more() {
    let mut owner = greatest(b'o');
    let accepted = (0..1000).rev().find(|len| owner.set(b"k", &vec![7; *len]).is_ok());
    let accepted = accepted.expect("something is accepted");
    let refused = owner.set(b"k", &vec![7; accepted + 1]);
    let limit = Limit::MessageBytes;
    assert_eq!(refused, Err(Error::Limit { limit, value: 1001, max: 1000 }));
    assert!(arrives(b'o', &vec![7; accepted]));
    assert!(!arrives(b'o', &vec![7; accepted + 1]));
}
