//! Messages that every implementation must read, most of them made by real hosts.

use plasmid::wire::{self, Message};
use plasmid::{Config, Digests, Host, LocalState, Mode};
use plasmid_tests::craft::{Craft, digest, news, set};
use serde_json::{Value, json};

use super::json::{hex, message, others, u64_hex};
use super::{changing, receiver, sums};

pub(crate) const BUDGET: usize = 65_536;

pub(crate) struct List(Vec<Value>);

impl List {
    pub(crate) fn add(&mut self, name: &str, meaning: &str, bytes: &[u8]) {
        self.add_of(name, meaning, "", bytes);
    }

    fn add_of(&mut self, name: &str, meaning: &str, cluster_name: &str, bytes: &[u8]) {
        let decoded = Message::decode(bytes).expect(name);
        let mut host = receiver(cluster_name);
        host.receive(bytes, 4096).expect(name);
        self.0.push(json!({
            "name": name,
            "meaning": meaning,
            "cluster_name": cluster_name,
            "hex": hex(bytes),
            "message": message(&decoded),
            "after": others(&host),
        }));
    }
}

pub(crate) fn config(nonce: u64) -> Config {
    Config { seed: 1, nonce, generation: 1, ..Config::default() }
}

pub(crate) fn host(id: &[u8], config: Config) -> Host {
    Host::new(id, config).expect("a good id")
}

pub(crate) fn set_all(host: &mut Host, updates: &[(&[u8], &[u8])]) {
    for (key, value) in updates {
        host.set(key, value).expect("a small value");
    }
}

/// Let two hosts meet, without anyone looking.
pub(crate) fn meet(a: &mut Host, b: &mut Host) {
    let mut message = a.initiate(BUDGET).expect("a good budget");
    for turn in 0..4 {
        let to = if turn % 2 == 0 { &mut *b } else { &mut *a };
        message = to.receive(&message, BUDGET).expect("a sound message");
    }
    assert!(message.is_empty(), "an exchange has four messages at most");
}

pub(crate) fn vectors() -> Vec<Value> {
    let mut list = List(Vec::new());
    an_exchange(&mut list);
    a_pull(&mut list);
    ranges(&mut list);
    extremes(&mut list);
    generations(&mut list);
    by_hand(&mut list);
    changing::by_hosts(&mut list);
    changing::by_hand(&mut list);
    sums::by_hosts(&mut list);
    sums::by_hand(&mut list);
    list.0
}

fn an_exchange(list: &mut List) {
    let mut a = host(b"a", config(1));
    let mut b = host(b"b", config(2));
    let syn = a.initiate(BUDGET).expect("a good budget");
    list.add("syn_of_a_new_host", "A host lists itself at version 0.", &syn);
    set_all(&mut a, &[(b"color", b"red"), (b"size", b""), (b"color", b"blue")]);
    set_all(&mut b, &[(b"shape", b"round")]);
    let syn = a.initiate(BUDGET).expect("a good budget");
    list.add("syn", "What a has: itself at version 3.", &syn);
    let syn_ack = b.receive(&syn, BUDGET).expect("a sound message");
    let meaning = "The one update of b, which a did not know; and b wants all of a.";
    list.add("syn_ack", meaning, &syn_ack);
    let ack = a.receive(&syn_ack, BUDGET).expect("a sound message");
    list.add("ack", "The three updates of a, history included.", &ack);
    b.receive(&ack, 0).expect("a sound message");
    a.set(b"size", b"large").expect("a small value");
    let syn = b.initiate(BUDGET).expect("a good budget");
    let syn_ack = a.receive(&syn, BUDGET).expect("a sound message");
    list.add("syn_ack_of_one_update", "b is at 3 of a already, so from is 3.", &syn_ack);
    let mut c = host(b"c", config(3));
    let syn = a.initiate(BUDGET).expect("a good budget");
    let syn_ack = c.receive(&syn, BUDGET).expect("a sound message");
    list.add("syn_ack_without_delta", "c knows nobody and wants all of both.", &syn_ack);
    let ack = a.receive(&syn_ack, BUDGET).expect("a sound message");
    list.add("ack_of_two_participants", "a tells of itself and of b.", &ack);
}

fn a_pull(list: &mut List) {
    let mut a = host(b"a", config(1));
    let mut b = host(b"b", config(2));
    set_all(&mut b, &[(b"k", b"v")]);
    let mut stream = a.create_stream(true, Mode::Pull);
    let framed = stream.transmit(&mut a, BUDGET).expect("good limits");
    // One byte of length stands before so short a message.
    let syn = &framed[1..];
    list.add("syn_that_pulls", "The sender wants updates only: tag 3.", syn);
    let syn_ack = b.receive(syn, BUDGET).expect("a sound message");
    list.add("syn_ack_to_a_pull", "A delta, and nothing is wanted; no Ack follows.", &syn_ack);
}

fn ranges(list: &mut List) {
    let in_lines = Config { digests: Digests::Plain, ..config(1) };
    let mut hub = host(b"hub", in_lines);
    for number in 0..80u8 {
        let mut other = host(&[b'p', number], config(2));
        other.set(b"k", &[number]).expect("a small value");
        meet(&mut hub, &mut other);
    }
    let meaning = "81 participants do not fit into 512 bytes: complete for first..=last only.";
    let is_wrapped = |bytes: &[u8]| {
        let digest = Message::decode(bytes).expect("a sound message").digest;
        digest.and_then(|digest| digest.range()).is_some_and(|(first, last)| first > last)
    };
    let (mut plain, mut wrapped) = (None, None);
    while plain.is_none() || wrapped.is_none() {
        let syn = hub.initiate(512).expect("a good budget");
        let slot = if is_wrapped(&syn) { &mut wrapped } else { &mut plain };
        slot.get_or_insert(syn);
    }
    list.add("syn_with_a_range", meaning, &plain.expect("found"));
    let meaning = "The same with a range that goes around the end of the circle.";
    list.add("syn_with_a_range_around_the_end", meaning, &wrapped.expect("found"));
}

fn extremes(list: &mut List) {
    let greatest = Config { generation: (1 << 63) - 1, nonce: u64::MAX, ..config(0) };
    let mut a = host(&[0xff; 128], greatest);
    let syn = a.initiate(BUDGET).expect("a good budget");
    let meaning = "The longest id, the greatest generation and nonce.";
    list.add("longest_header", meaning, &syn);
    let mut b = host(b"b", Config { state: LocalState { history: false }, ..config(2) });
    for _ in 0..130 {
        b.set(b"counter", b"x").expect("a small value");
    }
    set_all(&mut b, &[(&[0; 200], &[1; 300]), (b"empty", b"")]);
    let syn_ack = b.receive(&syn, BUDGET).expect("a sound message");
    let meaning = "Without history versions have gaps, here up to 130; lengths of two bytes.";
    list.add("syn_ack_with_gaps_and_long_lengths", meaning, &syn_ack);
    let elsewhere = |nonce| Config { cluster: b"blue".to_vec(), ..config(nonce) };
    let mut c = host(b"c", elsewhere(3));
    c.set(b"k", b"v").expect("a small value");
    let syn = c.initiate(BUDGET).expect("a good budget");
    let meaning = "Another cluster: another hash, and other short ids.";
    list.add_of("syn_of_cluster_blue", meaning, "blue", &syn);
}

fn generations(list: &mut List) {
    let mut a = host(b"a", config(1));
    let mut b = host(b"b", config(2));
    a.set(b"k", b"old").expect("a small value");
    meet(&mut a, &mut b);
    let mut a = host(b"a", Config { generation: 2, ..config(3) });
    let syn = b.initiate(BUDGET).expect("a good budget");
    let syn_ack = a.receive(&syn, BUDGET).expect("a sound message");
    let meaning = "A new generation without updates: from and to are 0, no entries.";
    list.add("news_of_a_generation", meaning, &syn_ack);
    a.set(b"k", b"new").expect("a small value");
    let syn_ack = a.receive(&syn, BUDGET).expect("a sound message");
    let meaning = "b is at version 1 of generation 1, so generation 2 starts from 0.";
    list.add("a_generation_replaces_another", meaning, &syn_ack);
}

fn by_hand(list: &mut List) {
    let cluster = wire::cluster_hash(b"");
    let unknown = Craft::new(1, cluster).section(1, &digest(&[(144, 1, 5)])).section(2, b"rates");
    let unknown = unknown.section(3, b"").section(300, b"").finish();
    let meaning = "Even tags that are not known yet are skipped: here 2 and 300.";
    list.add("unknown_even_sections", meaning, &unknown);

    let greatest = (1 << 60) - 1;
    let delta = news(b"p", 7, greatest - 1, greatest, &set(greatest, b"k", b"v"));
    let message = Craft::new(3, cluster).section(5, &delta).finish();
    list.add("greatest_version", "A version is below 2^60.", &message);

    let delta = news(b"p", 7, 0, 9, &[set(5, b"k", b"v"), set(8, b"l", b"")].concat());
    let message = Craft::new(3, cluster).section(5, &delta).finish();
    let meaning = "to may lie above the last entry: what was between is superseded.";
    list.add("to_above_the_last_entry", meaning, &message);

    let message = Craft::new(1, cluster).section(1, &[0]).finish();
    list.add("empty_digest", "Complete, and nobody is listed.", &message);

    let sections = (10..=19).map(|half| (half * 2, vec![half as u8; 3]));
    let message = Craft::new(1, cluster).section(1, &[0]);
    let message = sections.fold(message, |message, (tag, body)| message.section(tag, &body));
    let message = (20..=40).fold(message, |message, half| message.section(half * 2, b""));
    list.add("thirty_two_sections", "As many sections as there may be.", &message.finish());
}

/// Short ids and clusters.
pub(crate) fn hashes() -> Vec<Value> {
    let cases: [(&[u8], &[u8]); 6] = [
        (b"", b"a"),
        (b"", b""),
        (b"blue", b"a"),
        (b"blue", b"seven b"),
        (b"", b"eight by"),
        ("größer als acht".as_bytes(), &[0xff; 128]),
    ];
    let hashes = cases.into_iter().map(|(cluster_name, id)| {
        let cluster = wire::cluster_hash(cluster_name);
        json!({
            "cluster_name": hex(cluster_name),
            "cluster": u64_hex(cluster),
            "id": hex(id),
            "short_id": u64_hex(wire::short_id(cluster, id)),
        })
    });
    hashes.collect()
}
