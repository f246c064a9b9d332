//! What once did harm, or cost far more than it weighed: one test for each.

use std::time::{Duration, Instant};

use plasmid::wire::{self, Message};
use plasmid::{
    Batch, ChangeKind, Config, Error, Filter, Host, Limits, LocalState, Ordering, Status,
};
use plasmid_tests::checksum;
use plasmid_tests::craft::{
    Craft, Section, batch, clean_line, compact, digest, entry, heard_line, keep_list, leave, news,
    prefixed, set, varint,
};

use crate::memory;

const CLUSTER: &[u8] = b"";

fn config() -> Config {
    Config { seed: 1, nonce: 9, generation: 1, ..Config::default() }
}

fn host(id: &[u8], config: Config) -> Host {
    Host::new(id, config).expect("a good id")
}

/// An Ack of x with those sections.
fn ack(sections: &[(u64, &[u8])]) -> Vec<u8> {
    let message = Craft::new(3, wire::cluster_hash(CLUSTER));
    sections.iter().fold(message, |message, (tag, body)| message.section(*tag, body)).finish()
}

fn delta(sections: &[u8]) -> Vec<u8> {
    ack(&[(5, sections)])
}

fn short(id: &[u8]) -> u64 {
    wire::short_id(wire::cluster_hash(CLUSTER), id)
}

/// One whole exchange, begun by `a`.
fn meet(a: &mut Host, b: &mut Host, budget: usize) -> Result<(), Error> {
    let mut message = a.initiate(budget)?;
    for turn in 0..4 {
        let to = if turn % 2 == 0 { &mut *b } else { &mut *a };
        message = to.receive(&message, budget)?;
    }
    assert!(message.is_empty(), "an exchange has four messages at most");
    Ok(())
}

/// The cost is counted in microseconds here; what it once was are minutes.
fn is_quick(what: &str, call: impl FnOnce()) {
    let begun = Instant::now();
    call();
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(3), "{what} took {took:?}");
}

#[test]
fn pieces_of_other_updates_are_counted_for_ever() {
    let mut host = host(b"me", config());
    let piece = |version, offset| {
        let section = Section::new(b"p", 1, 0, 0).horizon(version);
        delta(&section.piece(version, 10, offset, b"ab").finish())
    };
    host.receive(&piece(3, 0), 0).expect("a sound message");
    for _ in 0..300 {
        host.receive(&piece(5, 4), 0).expect("a sound message");
    }
}

#[test]
fn batches_cost_what_they_weigh() {
    const KEYS: u32 = 40_000;
    let ops = (0..KEYS).flat_map(|key| [&[2][..], &prefixed(&key.to_be_bytes())].concat());
    let ops: Vec<u8> = ops.collect();
    let both = [entry(1, 3, &ops), entry(2, 3, &ops), compact(3, 2)].concat();
    let message = delta(&news(b"p", 1, 0, 3, &both));
    let mut host = host(b"me", config());
    is_quick("taking in a batch over another", || {
        host.receive(&message, 0).expect("a sound message");
    });
    assert_eq!((host.max_version(b"p"), host.skipped()), (Some(3), 0));

    let mut batch = Batch::new();
    for key in 0..KEYS {
        batch.set(&key.to_be_bytes(), b"v");
    }
    is_quick("committing a batch twice, and reading it", || {
        host.commit(&batch).expect("it fits");
        host.commit(&batch).expect("it fits");
        (0..KEYS).for_each(|key| assert!(host.get(&key.to_be_bytes()).is_some()));
        let changes = host.changes(None, usize::MAX, Filter::default()).expect("no cursor");
        assert!(changes.list.len() > KEYS as usize);
    });
}

#[test]
fn many_batches_of_one_key_are_compacted_quickly() {
    let mut host = host(b"me", Config { auto_compact: false, ..config() });
    for number in 0..20_000u32 {
        let mut batch = Batch::new();
        batch.set(b"beat", &number.to_be_bytes()).set(&(number % 64).to_be_bytes(), b"v");
        host.commit(&batch).expect("it fits");
    }
    is_quick("a compaction", || {
        host.compact(None).expect("there is something to drop");
    });
    assert_eq!(host.len(b"me"), 65);
}

#[test]
fn remembered_deletes_are_within_the_limit_of_all_state() {
    let limits = Limits { state_bytes: 100_000, ..Limits::default() };
    let mut host = host(b"me", Config { limits, ..config() });
    for number in 0..20u8 {
        let ops = (0..100u8).flat_map(|key| [&[2][..], &prefixed(&[key; 1000])].concat());
        let entries = [entry(1, 3, &ops.collect::<Vec<u8>>()), compact(2, 1)].concat();
        host.receive(&delta(&news(&[number], 1, 0, 2, &entries)), 0).expect("a sound message");
    }
    assert!(host.skipped() > 10, "two megabytes of keys are within 100,000 bytes");
}

#[test]
fn who_says_it_was_evicted_spoils_no_message() {
    let mut host = host(b"me", config());
    host.tick(1_000_000);
    let news = delta(&news(b"x", 1, 0, 1, &set(1, b"k", b"v")));
    host.receive(&news, 0).expect("a sound message");
    let lines = digest(&[(short(b"x"), 1, 1 << 60)]);
    let syn = Craft::new(1, wire::cluster_hash(CLUSTER)).section(1, &lines).finish();
    host.receive(&syn, 0).expect("a sound message");
    let syn = host.initiate(4096).expect("a good budget");
    assert_eq!(Message::decode(&syn).map(drop), Ok(()));
}

#[test]
fn time_that_jumps_spoils_no_message() {
    let (mut a, mut b) = (host(b"a", config()), host(b"b", Config { nonce: 3, ..config() }));
    b.set(b"k", b"v").expect("a small value");
    a.tick(0);
    assert_eq!(meet(&mut a, &mut b, 4096), Ok(()));
    assert_eq!(meet(&mut b, &mut a, 4096), Ok(()));
    a.tick(u64::MAX);
    assert_eq!(meet(&mut a, &mut b, 4096), Ok(()));
}

/// Of who left there is nothing to check, and who was checking must hear of it.
#[test]
fn one_that_leaves_while_it_is_caught_up_with_has_left() {
    let state = LocalState { history: false };
    let mut a = host(b"a", Config { nonce: 2, auto_compact: false, state, ..config() });
    let mut b = host(b"b", config());
    for number in 0..140u8 {
        a.set(&[number], b"").expect("a small value");
        for _ in 0..130 {
            a.set(b"counter", b"").expect("a small value");
        }
    }
    assert_eq!(meet(&mut a, &mut b, 1 << 16), Ok(()));
    a.delete(&[139]).expect("it is there");
    a.compact(None).expect("there is something to drop");
    assert_eq!(meet(&mut b, &mut a, 512), Ok(()));
    let syn = b.initiate(512).expect("a good budget");
    assert!(Message::decode(&syn).expect("a sound message").clean.is_some(), "b checks");
    a.leave().expect("it is there");
    assert_eq!(meet(&mut b, &mut a, 1 << 16), Ok(()));
    assert_eq!(b.status(b"a"), Some(Status::Left));
}

#[test]
fn a_late_message_takes_back_nothing_that_was_acked() {
    let (mut a, mut b) = (host(b"a", config()), host(b"b", Config { nonce: 3, ..config() }));
    a.set(b"k", b"v").expect("a small value");
    assert_eq!(meet(&mut a, &mut b, 4096), Ok(()));
    let late = b.initiate(4096).expect("a good budget");
    a.renew().expect("there are generations left");
    assert_eq!(meet(&mut a, &mut b, 4096), Ok(()));
    assert_eq!(meet(&mut b, &mut a, 4096), Ok(()));
    assert_eq!(a.acked_version(b"b"), Some(1));
    a.receive(&late, 0).expect("a sound message");
    assert_eq!(a.acked_version(b"b"), Some(1));
}

/// Invented senders must not take the place of those that are there for good.
#[test]
fn who_invents_senders_hides_no_acknowledgement() {
    let limits = Limits { participants: 4, ..Limits::default() };
    let mut host = host(b"me", Config { limits, ..config() });
    host.set(b"k", b"v").expect("a small value");
    let from = |sender: &[u8]| {
        let message = Craft::raw(&[1, 3]).then(&wire::cluster_hash(CLUSTER).to_be_bytes());
        let message = message.then(&prefixed(sender)).then(&[1]).then(&[0; 8]);
        let delta = news(sender, 1, 0, 1, &set(1, b"k", b"v"));
        message.section(5, &delta).section(10, &[1, 1]).finish()
    };
    for number in 0..100u8 {
        host.receive(&from(&[number]), 0).expect("a sound message");
    }
    host.receive(&from(b"honest"), 0).expect("a sound message");
    assert_eq!(host.acked_version(b"honest"), Some(1));
}

#[test]
fn nobody_lives_on_after_it_left() {
    let mut host = host(b"me", config());
    host.tick(1_000_000);
    let gone = news(b"p", 1, 0, 1, &leave(1));
    host.receive(&delta(&gone), 0).expect("a sound message");
    let heard = heard_line(short(b"p"), 1, 5, 1);
    host.receive(&ack(&[(4, &heard), (5, &gone)]), 0).expect("a sound message");
    assert_eq!((host.status(b"p"), host.last_heard(b"p")), (Some(Status::Left), None));
}

/// One copy in a snapshot.
fn copy(id: &[u8], max_version: u64, suspects: &[u64], entries: &[u8]) -> Vec<u8> {
    let versions = [varint(max_version), vec![0], varint(max_version)].concat();
    let count = varint(suspects.len() as u64);
    let suspects = suspects.iter().flat_map(|version| varint(*version)).collect();
    [prefixed(id), vec![1, 0], versions, vec![0], count, suspects, prefixed(entries)].concat()
}

fn snapshot(clock: [u8; 2], copies: &[Vec<u8>], expiry: &[u8]) -> Vec<u8> {
    let head = [&b"plasmid\x01"[..], &wire::cluster_hash(CLUSTER).to_be_bytes(), &clock].concat();
    let mut bytes = [head, vec![copies.len() as u8], copies.concat(), expiry.to_vec()].concat();
    bytes.extend([0; 4]);
    checksum::mend(&mut bytes);
    bytes
}

#[test]
fn a_snapshot_made_by_hand_is_one() {
    let own = copy(b"me", 1, &[], &set(1, b"k", b"v"));
    let other = copy(b"p", 1, &[1], &set(1, b"k", b"v"));
    let bytes = snapshot([1, 1], &[own, other], &[1, 1, 5]);
    let restored = Host::restore(&bytes, config()).expect("a snapshot");
    assert_eq!((restored.get(b"k"), restored.len(b"p")), (Some(&b"v"[..]), 1));
}

#[test]
fn a_snapshot_with_a_suspect_of_version_0_is_refused() {
    let copies = [copy(b"me", 0, &[], b""), copy(b"p", 1, &[0], &set(1, b"k", b"v"))];
    assert!(Host::restore(&snapshot([0, 0], &copies, &[0]), config()).is_err());
}

#[test]
fn a_snapshot_in_which_a_key_ends_twice_is_refused() {
    let own = copy(b"me", 1, &[], &set(1, b"k", b"v"));
    let bytes = snapshot([1, 1], &[own], &[2, 1, 5, 1, 6]);
    assert!(Host::restore(&bytes, config()).is_err());
}

#[test]
fn one_that_is_evicted_and_forgotten_at_once_is_told_to_readers() {
    let limits = Limits { departed: 0, ..Limits::default() };
    let mut host = host(b"me", Config { limits, ..config() });
    host.receive(&delta(&news(b"p", 1, 0, 1, &set(1, b"k", b"v"))), 0).expect("a sound message");
    let cursor = host.changes(None, 100, Filter::default()).expect("no cursor").cursor;
    host.evict(b"p").expect("it is known");
    let changes = host.changes(Some(&cursor), 100, Filter::default()).expect("its cursor");
    assert!(changes.list.iter().any(|change| change.kind == ChangeKind::Evict));
}

#[test]
fn there_is_more_while_there_is_more() {
    let mut host = host(b"me", config());
    for key in 0..4u8 {
        host.set(&[key], b"v").expect("a small value");
    }
    let page = host.changes(None, 2, Filter::default()).expect("no cursor");
    let (mut cursor, mut more) = (page.cursor, page.more);
    host.receive(&delta(&news(b"p", 1, 0, 1, &set(1, b"k", b"v"))), 0).expect("a sound message");
    while more {
        let page = host.changes(Some(&cursor), 2, Filter::default()).expect("its cursor");
        (cursor, more) = (page.cursor, page.more);
    }
    let rest = host.changes(Some(&cursor), 2, Filter::default()).expect("its cursor");
    assert!(rest.list.is_empty(), "{} changes that nobody spoke of", rest.list.len());
}

/// What is kept of a large batch may not be many times the message.
#[test]
fn large_batches_take_a_few_times_their_size() {
    const KEYS: u32 = 200_000;
    let ops = (0..KEYS).flat_map(|key| [&[2][..], &prefixed(&key.to_be_bytes()[1..])].concat());
    let entries = entry(1, 3, &ops.collect::<Vec<u8>>());
    for number in 0..3 {
        // In a small log, and in one that has an index.
        let sets = (0..20 * number).flat_map(|at| set(at + 2, &[at as u8], b"v"));
        let entries: Vec<u8> = entries.iter().copied().chain(sets).collect();
        let message = delta(&news(b"p", 1, 0, 100, &entries));
        let mut host = host(b"me", config());
        let (_, peak) = memory::measure(|| host.receive(&message, 0).map(drop));
        assert_eq!(host.skipped(), 0);
        assert!(peak <= 16 * message.len(), "{peak} bytes for {}", message.len());
    }
}

/// An update that no message may be as large as is refused, and takes no room from others.
#[test]
fn pieces_of_what_is_too_large_cost_nobody_a_part() {
    let mut host = host(b"me", config());
    let piece = |id: &[u8], from, total| {
        let section = Section::new(id, 1, from, from).horizon(from + 1);
        delta(&section.piece(from + 1, total, 0, b"ab").finish())
    };
    host.receive(&piece(b"p", 0, 10), 0).expect("a sound message");
    host.receive(&delta(&news(b"q", 1, 0, 1, &set(1, b"k", b"v"))), 0).expect("a sound message");
    for _ in 0..100 {
        host.receive(&piece(b"q", 1, 1 << 40), 0).expect("a sound message");
    }
    assert_eq!(host.skipped(), 100);
    let syn = host.initiate(4096).expect("a good budget");
    let staged = Message::decode(&syn).expect("a sound message").staged;
    assert_eq!(staged.map(Iterator::count), Some(1), "the part of p is held");
}

/// A tombstone can go with the batch that it is in, which the owner no longer has.
#[test]
fn a_deletion_is_told_after_its_tombstone_went() {
    let mut host = host(b"me", config());
    let set = |version, key| set(version, key, b"v");
    let both = [set(1, b"k"), set(2, b"l")].concat();
    host.receive(&delta(&news(b"p", 1, 0, 2, &both)), 0).expect("a sound message");
    let cursor = host.changes(None, 100, Filter::default()).expect("no cursor").cursor;
    let one_goes = batch(3, &[(b"k", None), (b"l", Some(b"w"))]);
    host.receive(&delta(&news(b"p", 1, 2, 3, &one_goes)), 0).expect("a sound message");
    // Then the other was deleted too, which only the keep list tells.
    let section = Section::new(b"p", 1, 3, 6).gc_version(5).keep(&keep_list((5, 0, 3), 3, &[]));
    let section = section.entries(&[set(5, b"m"), compact(6, 5)].concat());
    host.receive(&delta(&section.finish()), 0).expect("a sound message");
    assert_eq!(host.updates(b"p").count(), 1, "the batch went");
    let changes = host.changes(Some(&cursor), 100, Filter::default()).expect("its cursor");
    let told: Vec<_> = changes.list.iter().map(|change| (change.kind, change.key)).collect();
    let (k, l, m) = (&b"k"[..], &b"l"[..], &b"m"[..]);
    let expected = [(ChangeKind::Delete, k), (ChangeKind::Delete, l), (ChangeKind::Set, m)];
    assert_eq!(told, expected);
}

/// What a keep list is about goes only when all has arrived that came after it; until then a batch
/// that is to go must not show again what was deleted of it.
#[test]
fn a_key_deleted_of_a_batch_stays_deleted_while_its_copy_is_caught_up_with() {
    let state = LocalState { history: false };
    let mut a = host(b"a", Config { nonce: 2, auto_compact: false, state, ..config() });
    let mut b = host(b"b", config());
    let mut both = Batch::new();
    both.set(b"gone", b"1").set(b"here", b"1");
    a.commit(&both).expect("it fits");
    a.delete(b"gone").expect("it is there");
    assert_eq!(meet(&mut b, &mut a, 1 << 16), Ok(()));
    assert_eq!((b.get_from(b"a", b"gone"), b.max_version(b"a")), (None, Some(2)));
    a.compact(None).expect("there is something to drop");
    a.set(b"large", &[1; 250]).expect("a small value");
    a.set(b"here", &[2; 250]).expect("a small value");
    for budget in [512, 512, 1 << 16] {
        assert_eq!(meet(&mut b, &mut a, budget), Ok(()));
        assert_eq!(b.get_from(b"a", b"gone"), None, "at {:?}", b.max_version(b"a"));
    }
    assert_eq!(b.get_from(b"a", b"here"), Some(&[2; 250][..]));
}

/// An owner that keeps no history knows less of the past than a copy of it.
#[test]
fn a_key_deleted_of_a_batch_stays_deleted_after_a_compaction() {
    let state = LocalState { history: false };
    let mut a = host(b"a", Config { nonce: 2, auto_compact: false, state, ..config() });
    let mut b = host(b"b", config());
    let mut both = Batch::new();
    both.set(b"gone", b"1").set(b"here", b"1");
    a.commit(&both).expect("it fits");
    a.delete(b"gone").expect("it is there");
    assert_eq!(meet(&mut b, &mut a, 1 << 16), Ok(()));
    a.set(b"here", b"2").expect("a small value");
    assert_eq!(a.compact(Some(2)), Ok(2));
    a.set(b"here", b"3").expect("a small value");
    assert_eq!(meet(&mut b, &mut a, 1 << 16), Ok(()));
    assert_eq!(b.get_from(b"a", b"here"), Some(&b"3"[..]));
    assert_eq!(b.get_from(b"a", b"gone"), None);
}

/// To somebody who checks a copy that is level, a keep list is all there is to say; where it finds
/// no room nothing is.
#[test]
fn a_keep_list_without_room_spoils_no_message() {
    for ordering in [Ordering::Breadth, Ordering::Depth] {
        let mut host = host(b"me", Config { ordering, ..config() });
        let entries = [compact(6, 5), set(9, b"k", b"v")].concat();
        let keep = keep_list((5, 0, 0), 0, &[]);
        let compacted = Section::new(b"t", 1, 0, 9).gc_version(5).keep(&keep).entries(&entries);
        host.receive(&delta(&compacted.finish()), 0).expect("a sound message");
        for number in 0..60u8 {
            let value = vec![number; usize::from(number)];
            let news = news(&[number], 1, 0, 1, &set(1, b"k", &value));
            host.receive(&delta(&news), 0).expect("a sound message");
        }
        let lines = digest(&[(short(b"t"), 1, 9)]);
        let syn = Craft::new(1, wire::cluster_hash(CLUSTER)).section(1, &lines);
        let syn = syn.section(17, &clean_line(short(b"t"), 5, 1, 4)).finish();
        for _ in 0..300 {
            let answer = host.receive(&syn, 512).expect("a sound message");
            assert_eq!(Message::decode(&answer).map(drop), Ok(()), "{ordering:?}");
        }
    }
}
