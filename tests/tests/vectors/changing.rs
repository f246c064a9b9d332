//! Sound messages of state that changes its mind: deletions, compactions, what a host tells to one
//! that missed them, those that left or were evicted, and what comes in pieces.

use plasmid::wire::{self, Message};
use plasmid::{Batch, Config, Host, LocalState};
use plasmid_tests::craft::{
    Craft, Section, batch, clean_line, compact, digest_of_range, evict, heard_line, keep_list,
    leave, news, set, staged_line,
};

use super::sound::{BUDGET, List, config, host, meet, set_all};

/// The least budget, so that little fits.
const SMALL: usize = 512;

pub(crate) fn by_hosts(list: &mut List) {
    entries(list);
    slots(list);
    catching_up(list);
    pieces(list);
    life(list);
}

/// What `from` tells to `to`, who asked.
fn told(from: &mut Host, to: &mut Host, budget: usize) -> Vec<u8> {
    let syn = to.initiate(budget).expect("a good budget");
    from.receive(&syn, budget).expect("a sound message")
}

/// What the one tells to the other is taken in, and returned.
fn tell(from: &mut Host, to: &mut Host, budget: usize) -> Vec<u8> {
    let message = told(from, to, budget);
    to.receive(&message, 0).expect("a sound message");
    message
}

fn manual(nonce: u64) -> Config {
    Config { auto_compact: false, ..config(nonce) }
}

fn entries(list: &mut List) {
    let (mut a, mut b) = (host(b"a", manual(1)), host(b"b", config(2)));
    set_all(&mut a, &[(b"color", b"red"), (b"size", b"9")]);
    a.delete(b"color").expect("it is there");
    list.add("delete", "a deleted its color: a tombstone.", &tell(&mut a, &mut b, BUDGET));
    let mut both = Batch::new();
    both.set(b"shape", b"round").set(b"weight", b"").delete(b"size");
    a.commit(&both).expect("a small batch");
    let meaning = "Two keys set and one deleted under one version.";
    list.add("batch", meaning, &tell(&mut a, &mut b, BUDGET));
    a.compact(None).expect("there is something to drop");
    let meaning = "Only the entry that says it: b knows what goes.";
    list.add("compact", meaning, &tell(&mut a, &mut b, BUDGET));
    let meaning = "To a host that knows nobody: from 0, with a keep list, for so it has to be.";
    let mut c = host(b"c", config(3));
    list.add("compacted_from_the_start", meaning, &tell(&mut a, &mut c, BUDGET));
    let old = a.initiate(BUDGET).expect("a good budget");
    a.leave().expect("it is there");
    list.add("leave", "Nothing is left of a but that it left.", &tell(&mut a, &mut b, BUDGET));
    let meaning = "b lists a at the version at which it left.";
    let syn = b.initiate(BUDGET).expect("a good budget");
    list.add("syn_of_one_that_left", meaning, &syn);
    let meaning = "An older digest of a itself is answered like any other.";
    let late = b.receive(&old, BUDGET).expect("a sound message");
    list.add("leave_to_the_owner", meaning, &late);
}

fn slots(list: &mut List) {
    let (mut a, mut b) = (host(b"a", config(1)), host(b"b", config(2)));
    let mut c = host(b"c", config(3));
    set_all(&mut b, &[(b"k", b"v")]);
    tell(&mut b, &mut a, BUDGET);
    tell(&mut b, &mut c, BUDGET);
    a.evict(b"b").expect("it is known");
    let meaning = "The entry in the map of a, and the slot of b, which a relays.";
    list.add("evict", meaning, &told(&mut a, &mut c, BUDGET));
    let meaning = "The slot of b is at 2^60.";
    list.add("syn_of_an_eviction", meaning, &a.initiate(BUDGET).expect("a good budget"));
    let meaning = "b hears that it is gone, and will go on in a newer generation.";
    list.add("evict_to_the_evicted", meaning, &tell(&mut a, &mut b, BUDGET));
    let meaning = "From 0 in a generation above the one that was evicted.";
    list.add("the_evicted_comes_back", meaning, &tell(&mut b, &mut a, BUDGET));

    let mut older = host(b"b", Config { nonce: 9, ..config(2) });
    set_all(&mut older, &[(b"k", b"old")]);
    let meaning = "b as it was before: it is told only that there is a newer generation of it.";
    list.add("a_newer_generation_to_its_owner", meaning, &told(&mut a, &mut older, BUDGET));
}

fn catching_up(list: &mut List) {
    let (mut a, mut b) = (host(b"a", manual(1)), host(b"b", config(2)));
    let key = |number: u8| [b'k', number];
    for number in 0..20 {
        a.set(&key(number), b"v").expect("a small value");
    }
    meet(&mut a, &mut b);
    for number in 0..15 {
        a.delete(&key(number)).expect("it is there");
    }
    a.compact(None).expect("there is something to drop");
    a.set(&key(17), b"late").expect("a small value");
    let meaning = "b missed deletions and a compaction: the keep list names what a still has.";
    list.add("keep_list", meaning, &told(&mut a, &mut b, BUDGET));
    checks(list);
}

/// Little fits, neither of the keep list, whose gaps take two bytes each, nor of the updates.
fn checks(list: &mut List) {
    let newest = Config { state: LocalState { history: false }, ..manual(1) };
    let (mut a, mut b) = (host(b"a", newest), host(b"b", config(2)));
    for number in 0..140u8 {
        a.set(&[number], b"").expect("a small value");
        (0..130).try_for_each(|_| a.set(b"counter", b"").map(drop)).expect("a small value");
    }
    meet(&mut a, &mut b);
    a.delete(&[139]).expect("it is there");
    a.compact(None).expect("there is something to drop");
    for number in 0..12u8 {
        a.set(&[b'n', number], &[number; 60]).expect("a small value");
    }
    let begun = tell(&mut a, &mut b, SMALL);
    let meaning = "What is left out lowers to, and then the horizon is told.";
    list.add("keep_list_and_a_part", meaning, &begun);
    let syn = b.initiate(SMALL).expect("a good budget");
    assert!(has_clean(&syn));
    list.add("syn_that_checks", "b has checked a part of its copy of a, and says how far.", &syn);
    list.add("keep_list_goes_on", "From where b is.", &tell(&mut a, &mut b, SMALL));
    assert!(!has_clean(&b.initiate(SMALL).expect("a good budget")));
    assert!(b.get_from(b"a", &[139]).is_some(), "nothing goes before the horizon");
    let mut c = host(b"c", config(3));
    let meaning = "b is clean, and behind its horizon: it relays what it has, and the horizon.";
    list.add("horizon_above_max_version", meaning, &told(&mut b, &mut c, SMALL));
}

fn has_clean(message: &[u8]) -> bool {
    Message::decode(message).expect("a sound message").clean.is_some()
}

fn pieces(list: &mut List) {
    let (mut a, mut b) = (host(b"a", config(1)), host(b"b", config(2)));
    set_all(&mut a, &[(b"small", b"1"), (b"large", &[7; 1000])]);
    tell(&mut a, &mut b, SMALL);
    let meaning = "The second update fits into no message of 512 bytes: its first part.";
    list.add("first_piece", meaning, &tell(&mut a, &mut b, SMALL));
    let meaning = "b says how much of the update it holds.";
    list.add("syn_of_a_part", meaning, &b.initiate(SMALL).expect("a good budget"));
    list.add("next_piece", "It goes on where b is.", &tell(&mut a, &mut b, SMALL));
    list.add("last_piece", "b has the update now.", &tell(&mut a, &mut b, SMALL));
    assert_eq!(b.get_from(b"a", b"large"), Some(&[7; 1000][..]));
}

fn life(list: &mut List) {
    let (mut a, mut b) = (host(b"a", config(1)), host(b"b", config(2)));
    set_all(&mut a, &[(b"k", b"v")]);
    set_all(&mut b, &[(b"k", b"v")]);
    a.tick(1_700_000_000_000);
    meet(&mut a, &mut b);
    meet(&mut b, &mut a);
    a.tick(1_700_000_001_500);
    let meaning = "b lived 1.5 s ago, at version 1.";
    list.add("heard", meaning, &a.initiate(BUDGET).expect("a good budget"));
    set_all(&mut b, &[(b"k", b"w")]);
    let syn_ack = told(&mut a, &mut b, BUDGET);
    let ack = b.receive(&syn_ack, BUDGET).expect("a sound message");
    list.add("acked", "b tells its update, and that it holds version 1 of a.", &ack);
    a.receive(&ack, 0).expect("a sound message");
    let meaning = "Nothing is new, but b can learn that a has all of its map.";
    list.add("acked_alone", meaning, &told(&mut a, &mut b, BUDGET));
    let mut c = host(b"c", config(3));
    meet(&mut c, &mut a);
    let meaning = "c, which wrote nothing, can learn no more than that a lives.";
    list.add("heard_alone", meaning, &told(&mut a, &mut c, BUDGET));
}

pub(crate) fn by_hand(list: &mut List) {
    let cluster = wire::cluster_hash(b"");
    let (greatest, evicted) = ((1u64 << 60) - 1, 1u64 << 60);
    let ack = |sections: &[Vec<u8>]| Craft::new(3, cluster).section(5, &sections.concat()).finish();

    let below = greatest - 1;
    let meaning = "Numbers that are as large as they may be, in a sender at its greatest version.";
    let every = Section::new(b"p", 7, below - 1, below)
        .gc_version(greatest)
        .horizon(greatest)
        .keep(&keep_list((greatest, 1, below), below, &[1, below - 2]))
        .entries(&batch(below, &[(b"a", Some(b"")), (b"b", None)]))
        .piece(greatest, (1 << 63) - 1, (1 << 63) - 2, b"x");
    list.add("every_part", meaning, &ack(&[every.finish()]));

    let sections = [
        news(b"p", (1 << 63) - 1, 0, evicted, b""),
        news(b"q", 0, 0, 0, b""),
        news(b"r", 7, 3, greatest, &leave(greatest)),
    ];
    let meaning = "Evicted, in the greatest generation; the news of generation 0; and who left.";
    list.add("slots", meaning, &ack(&sections));

    let entries = [
        compact(2, 1),
        evict(3, &[0xff; 128], (1 << 63) - 1),
        evict(4, b"x", 0),
        batch(5, &[(b"k", None), (b"l", None)]),
    ];
    let meaning = "The longest and the shortest of what is evicted; a batch that only deletes.";
    list.add("control_entries", meaning, &ack(&[news(b"p", 7, 0, 9, &entries.concat())]));

    let checks = Section::new(b"p", 7, 50, 50).gc_version(30).horizon(40).keep(&keep_list(
        (30, 4, 20),
        9,
        &[],
    ));
    let meaning = "A sender that has less than the receiver tells it only what to keep: nothing.";
    list.add("keep_list_alone", meaning, &ack(&[checks.finish()]));

    let alone = Section::new(b"p", 7, 0, 0).horizon(3).piece(3, 9, 0, &set(3, b"k", b"v")[..4]);
    let meaning = "A part of the first update that there is.";
    list.add("piece_alone", meaning, &ack(&[alone.finish()]));

    let (first, other) = (u64::MAX - 15, 64);
    let of = [(first, 7, 5), (48, (1 << 63) - 1, evicted), (other, (1 << 63) - 1, 9)];
    let digest = digest_of_range(first, 159, &of);
    let lines = [clean_line(first, 30, 1, 5), clean_line(other, 10, 9, 9)].concat();
    let staged = [staged_line(first, 6, 1), staged_line(other, greatest, (1 << 63) - 1)].concat();
    let heard = [heard_line(other, 0xffff, 0, 0), heard_line(first, 0, (1 << 63) - 1, greatest)];
    let syn = Craft::new(1, cluster).section(1, &digest).section(4, &heard.concat());
    let syn = syn.section(10, &[0, 0]).section(17, &lines).section(19, &staged).finish();
    let meaning = "Lines of a range that goes around the end are in its order; heard is not.";
    list.add("every_line", meaning, &syn);
}
