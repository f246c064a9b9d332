//! Bytes from a hostile peer, through the C functions and through the core: more than a million
//! messages, random ones, damaged ones, and ones that keep every rule and tell anything at all;
//! half of the damaged ones with a right checksum, so that they reach the decoder. And bytes from a
//! broken store: snapshots and cursors.
//!
//! An input that is refused changes nothing; none touches the host's own map; what one call
//! allocates is bounded by its input; and when all handles are freed nothing is left.

mod files;
mod follow;
mod grammar;
mod handle;
mod hostile;
mod memory;
mod mutate;
mod seeds;
mod state;

use std::collections::BTreeMap;

use fastrand::Rng;
use handle::CHost;
use plasmid::wire::Message;
use plasmid_ffi::{
    PLASMID_FOREIGN, PLASMID_LIMIT, PLASMID_MALFORMED, PLASMID_OK, PLASMID_ORDERING_BREADTH,
    PLASMID_ORDERING_DEPTH,
};
use plasmid_tests::checksum;

#[global_allocator]
static MEMORY: memory::Counted = memory::Counted;

const INPUTS: u64 = 1_200_000;
/// A host is replaced after so many inputs, or when it holds so many updates.
const LIFETIME: u64 = 1_000;
const MOST_UPDATES: usize = 90;

const OWN: &[u8] = b"target";

/// A host that has met everything.
fn target(rng: &mut Rng) -> CHost {
    let ordering = if rng.bool() { PLASMID_ORDERING_DEPTH } else { PLASMID_ORDERING_BREADTH };
    let host = CHost::new(OWN, ordering, rng.u32(..2), rng.u32(..3));
    for number in 0..4u8 {
        host.set(&[b'k', number % 3], &[number; 20]);
    }
    host.delete(&[b'k', 0]);
    if rng.bool() {
        host.tick(1_000_000);
    }
    for message in seeds::messages() {
        assert_eq!(host.receive(&message, &mut []), (PLASMID_OK, 0));
    }
    host
}

/// Messages of a few exchanges between the target and two others, and of one in which the digests
/// do not fit; those that made the target what it is; and the golden vectors.
fn corpus() -> Vec<Vec<u8>> {
    let mut rng = Rng::with_seed(1);
    let hosts = [target(&mut rng), CHost::new(b"p", 0, 1, 2), CHost::new(b"q", 1, 0, 0)];
    let mut messages = seeds::messages();
    for round in 0..3u8 {
        hosts[1].set(b"color", &[round; 9]);
        hosts[2].set(&[round], &[round; 90]);
        for (a, b) in [(0, 1), (1, 2), (2, 0), (1, 0)] {
            let mut message = hosts[a].initiate();
            for to in [b, a, b, a] {
                messages.push(message.clone());
                let mut out = [0; 4096];
                let (status, len) = hosts[to].receive(&message, &mut out);
                assert_eq!(status, PLASMID_OK);
                message = out[..len].to_vec();
            }
        }
        hosts[1].delete(b"color");
        hosts[1].compact();
    }
    for number in 0..50u8 {
        let other = CHost::new(&[b'x', number], 0, 1, 0);
        other.set(b"k", b"v");
        let mut out = [0; 4096];
        let (status, len) = other.receive(&hosts[1].initiate(), &mut out);
        assert_eq!(status, PLASMID_OK);
        hosts[1].receive(&out[..len], &mut []);
    }
    let mut out = [0; 512];
    let (_, len) = hosts[1].receive(&hosts[0].initiate(), &mut out);
    messages.push(out[..len].to_vec());
    messages.retain(|message| !message.is_empty());
    messages.extend(seeds::golden());
    messages
}

/// A message that keeps the rules, or one that breaks some.
fn input(rng: &mut Rng, corpus: &[Vec<u8>], number: u64) -> Vec<u8> {
    if number % 4 == 3 {
        return grammar::message(rng);
    }
    let mut bytes = mutate::input(rng, corpus);
    if number.is_multiple_of(2) {
        checksum::mend(&mut bytes);
    }
    bytes
}

fn fuzz(seed: u64, inputs: u64) -> BTreeMap<&'static str, u64> {
    let mut rng = Rng::with_seed(seed);
    let corpus = corpus();
    let mut host = target(&mut rng);
    let mut before = host.dump(OWN);
    let mut counts = BTreeMap::from([("read", 0), ("refused", 0), ("answered", 0)]);
    let mut count = |name| *counts.entry(name).or_insert(0) += 1;
    for number in 0..inputs {
        if number % LIFETIME == LIFETIME - 1 || before.2 > MOST_UPDATES {
            host = target(&mut rng);
            before = host.dump(OWN);
        }
        let bytes = input(&mut rng, &corpus, number);
        let what = || format!("seed {seed}, input {number}: {bytes:02x?}");

        let room = if rng.bool() { 4096 } else { 512 };
        let mut out = [0; 4096];
        let ((status, len), peak) = memory::measure(|| host.receive(&bytes, &mut out[..room]));
        // What a host has in sums, under two epochs, takes 72 KiB each.
        assert!(peak <= 16 * bytes.len() + (160 << 10), "{peak} bytes at once: {}", what());

        let after = host.dump(OWN);
        assert_eq!(after.0, before.0, "the own map changed: {}", what());
        match status {
            PLASMID_OK => {
                count("read");
                assert!(len <= room, "{}", what());
                if len > 0 {
                    count("answered");
                    assert!(Message::decode(&out[..len]).is_ok(), "{}", what());
                }
            }
            PLASMID_MALFORMED | PLASMID_FOREIGN | PLASMID_LIMIT => {
                count("refused");
                assert_eq!(after, before, "an error changed the host: {}", what());
            }
            other => panic!("status {other}: {}", what()),
        }
        if let Ok(message) = Message::decode(&bytes) {
            assert_eq!(message.encode(), bytes, "{}", what());
        }
        before = after;
        if number % 16 == 0 {
            over_a_stream(&mut rng, &host, &bytes);
            before = host.dump(OWN);
            assert_eq!(after.0, before.0, "the own map changed: {}", what());
        }
    }
    counts
}

/// The same bytes as a frame, and once more as they are, in pieces.
fn over_a_stream(rng: &mut Rng, host: &CHost, bytes: &[u8]) {
    let exchange = host.exchange();
    let framed = [plasmid_tests::craft::prefixed(bytes), bytes.to_vec()].concat();
    let mut rest = &framed[..];
    let mut failed = PLASMID_OK;
    while !rest.is_empty() {
        let (piece, more) = rest.split_at(1 + rng.usize(..rest.len()));
        rest = more;
        let status = exchange.receive(piece);
        assert!(failed == PLASMID_OK || status == failed, "an error of a stream is final");
        failed = status;
        let mut out = [0; 100];
        let (status, len) = exchange.transmit(&mut out);
        assert_eq!(status, PLASMID_OK);
        assert!(failed == PLASMID_OK || len == 0, "a stream that failed says nothing more");
    }
}

#[test]
fn hostile_bytes_do_no_harm() {
    // What a first run leaves behind for good, such as tables made once, is no leak.
    fuzz(0, 2_000);
    let live = memory::live();
    let counts = fuzz(1, INPUTS);
    assert!(counts["read"] > INPUTS / 4, "too little reaches the host: {counts:?}");
    assert!(counts["refused"] > INPUTS / 4, "too little is refused: {counts:?}");
    drop(counts);
    assert_eq!(memory::live(), live, "bytes that were never freed");
}
