//! Sound messages of hosts that say what they have in sums, and what they want because of it.

use plasmid::wire::{self, Cell, Message};
use plasmid::{Config, Digests, Exchange, Host, Mode};
use plasmid_tests::craft::{
    Craft, clean_line, digest, news, set, sketch, staged_line, varint, want,
};

use super::sound::{BUDGET, List, config, host, meet, set_all};

/// A host that says what it has in sums wherever it can.
pub(crate) fn in_sums(nonce: u64) -> Config {
    Config { digests: Digests::Sketch, ..config(nonce) }
}

fn initiate(host: &mut Host) -> Vec<u8> {
    host.initiate(BUDGET).expect("a good budget")
}

fn receive(host: &mut Host, message: &[u8]) -> Vec<u8> {
    host.receive(message, BUDGET).expect("a sound message")
}

pub(crate) fn by_hosts(list: &mut List) {
    two_round_trips_at_most(list);
    too_small(list);
    an_exchange_of_kinds(list);
    lines_only(list);
    unfinished(list);
}

fn two_round_trips_at_most(list: &mut List) {
    let (mut a, mut b) = (host(b"a", in_sums(1)), host(b"b", in_sums(2)));
    list.add("syn_of_an_empty_sketch", "Who wrote nothing is in no sum.", &initiate(&mut a));
    set_all(&mut a, &[(b"color", b"red"), (b"color", b"blue")]);
    set_all(&mut b, &[(b"shape", b"round")]);
    let syn = initiate(&mut a);
    let meaning = "What a has in 192 cells, as many as a host takes that has found nothing yet.";
    list.add("syn_of_a_sketch", meaning, &syn);
    let syn_ack = receive(&mut b, &syn);
    let meaning = "The update of b; and it wants all of a. They differ in four numbers.";
    list.add("syn_ack_that_wants", meaning, &syn_ack);
    list.add("ack_of_what_is_wanted", "The two updates of a.", &receive(&mut a, &syn_ack));
    meet(&mut a, &mut b);
    for _ in 0..40 {
        meet(&mut b, &mut a);
    }
    list.add("syn_of_one_sum", "When little happens one cell tells it.", &initiate(&mut b));
    set_all(&mut a, &[(b"size", b"9")]);
    let syn_ack = receive(&mut a, &initiate(&mut b));
    list.add("syn_ack_to_one_sum", "b lacks one update, and the one cell names it.", &syn_ack);
    a.evict(b"b").expect("it is known");
    let syn = initiate(&mut a);
    let meaning = "One that was evicted counts with its generation and 2^60.";
    list.add("syn_of_a_sketch_with_an_eviction", meaning, &syn);
}

fn too_small(list: &mut List) {
    let (mut a, mut b) = (host(b"a", in_sums(1)), host(b"b", in_sums(2)));
    meet(&mut a, &mut b);
    for number in 0..8u8 {
        let mut other = host(&[b'p', number], config(3));
        set_all(&mut other, &[(b"k", &[number])]);
        meet(if number % 2 == 0 { &mut a } else { &mut b }, &mut other);
    }
    for _ in 0..40 {
        initiate(&mut a);
    }
    let syn = initiate(&mut a);
    let meaning = "One cell, in which more fell together than it can tell.";
    list.add("syn_of_a_sketch_that_is_too_small", meaning, &syn);
    let syn_ack = receive(&mut b, &syn);
    let meaning = "So b says what it has, in more cells.";
    list.add("syn_ack_of_a_sketch", meaning, &syn_ack);
    let ack = receive(&mut a, &syn_ack);
    let has_want = Message::decode(&ack).expect("a sound message").want.is_some();
    assert!(has_want, "it suffices now");
    let meaning = "What b lacks, and what a wants: an Ack that is answered.";
    list.add("ack_that_wants", meaning, &ack);
    list.add("ack_to_an_ack", "What a wanted.", &receive(&mut b, &ack));
}

fn an_exchange_of_kinds(list: &mut List) {
    let (mut a, mut b) = (host(b"a", config(1)), host(b"b", in_sums(2)));
    set_all(&mut b, &[(b"k", b"v")]);
    meet(&mut b, &mut a);
    set_all(&mut a, &[(b"k", b"v")]);
    set_all(&mut b, &[(b"k", b"w")]);
    let syn = initiate(&mut a);
    let meaning = "Lines, and that the sender takes sketches too.";
    list.add("syn_of_lines_and_capabilities", meaning, &syn);
    let meaning = "Nothing is said of what a knows already: only what b wants.";
    list.add("syn_ack_that_wants_of_lines", meaning, &receive(&mut b, &syn));
}

fn lines_only(list: &mut List) {
    let in_lines = |nonce| Config { digests: Digests::Plain, ..config(nonce) };
    let (mut a, mut b) = (host(b"a", in_lines(1)), host(b"b", in_lines(2)));
    set_all(&mut a, &[(b"k", b"v")]);
    let syn = initiate(&mut a);
    list.add("syn_of_lines_only", "What a has, and that is all that a can do.", &syn);
    let meaning = "So b says what it has, in lines, and a has to see what of it b wants.";
    list.add("syn_ack_of_lines_only", meaning, &receive(&mut b, &syn));
    let mut c = host(b"c", config(3));
    let syn_ack = receive(&mut c, &syn);
    let meaning = "Nor does c, which could, say it in another way to who takes lines only.";
    list.add("syn_ack_of_lines_to_lines_only", meaning, &syn_ack);

    let (mut a, mut b) = (host(b"a", in_sums(1)), host(b"b", in_lines(2)));
    set_all(&mut a, &[(b"k", b"v")]);
    let syn = initiate(&mut a);
    let meaning = "b takes no sketches: it answers with what it has, in lines.";
    list.add("syn_ack_to_a_sketch_not_understood", meaning, &receive(&mut b, &syn));
    let mut exchange: Exchange = b.exchange(true);
    let mut stream = a.create_stream(true, Mode::PushPull);
    let framed = stream.transmit(&mut a, BUDGET).expect("good limits");
    exchange.receive(&mut b, &framed).expect("in turn");
    let framed = exchange.transmit(BUDGET);
    let meaning = "The same over a stream: a should say it again in lines.";
    list.add("syn_ack_of_capabilities_alone", meaning, &framed[1..]);
}

fn unfinished(list: &mut List) {
    let owner = Config { digests: Digests::Sketch, auto_compact: false, ..config(1) };
    let (mut a, mut b) = (host(b"a", owner), host(b"b", in_sums(2)));
    set_all(&mut a, &[(b"k", b"v"), (b"gone", b"v")]);
    meet(&mut b, &mut a);
    a.delete(b"gone").expect("it is there");
    a.compact(None).expect("there is something to drop");
    set_all(&mut a, &[(b"large", &[7; 600]), (b"larger", &[8; 600])]);
    let syn = loop {
        let syn = initiate(&mut b);
        if Message::decode(&syn).expect("a sound message").staged.is_some() {
            break syn;
        }
        let answer = a.receive(&syn, 512).expect("a sound message");
        b.receive(&answer, 0).expect("a sound message");
    };
    let meaning = "A sum of all, and beside it that b holds a part of the next update of a.";
    list.add("syn_of_a_sketch_and_a_part", meaning, &syn);
    let meaning = "Of a b wants more, and it says there what it holds a part of.";
    list.add("syn_ack_that_wants_the_rest", meaning, &receive(&mut b, &initiate(&mut a)));
}

pub(crate) fn by_hand(list: &mut List) {
    let cluster = wire::cluster_hash(b"");
    let craft = |kind| Craft::new(kind, cluster);
    let (greatest, last) = ((1u64 << 60) - 1, u64::MAX - 15);

    let most = Cell { sum: u64::MAX, places: (1 << 61) - 2, checks: u32::MAX - 5 };
    let cells = [most, Cell::default(), Cell { sum: 1, ..most }, Cell { checks: 0, ..most }];
    let message = craft(1).section(12, &sketch((1 << 63) - 1, &cells)).finish();
    let meaning = "Sums that are as large as they may be, under the greatest epoch there is.";
    list.add("greatest_sums", meaning, &message);

    let twelve: Vec<Cell> = (0..12u64).map(|at| Cell { sum: at, ..Cell::default() }).collect();
    let message = craft(2).section(12, &sketch(0, &twelve)).finish();
    list.add("twelve_cells", "Four rows of three: no power of two.", &message);

    let message = craft(3).section(11, &want(0, &[])).finish();
    list.add("want_of_nobody", "Not even that is refused.", &message);
    let lines = want((1 << 63) - 1, &[(0, 0), (16, greatest), (last, 1)]);
    let delta = news(b"p", 1, 0, 1, &set(1, b"k", b"v"));
    let checks = [clean_line(16, 30, 1, 5), clean_line(last, 10, 9, 9)].concat();
    let message =
        craft(2).section(5, &delta).section(8, &varint((1 << 63) - 1)).section(11, &lines);
    let message = message.section(17, &checks).section(19, &staged_line(32, 6, 1)).finish();
    let meaning = "The least and the greatest of a want, every capability, and what is unfinished.";
    list.add("every_want", meaning, &message);

    list.add("syn_of_nothing", "Its sender does not say what it has.", &craft(1).finish());
    let message = craft(1).section(3, b"").section(12, &sketch(3, &cells[1..2])).finish();
    list.add("sketch_that_pulls", "An empty sketch of another epoch.", &message);
    let message = craft(2).section(8, &[0]).finish();
    list.add("no_capabilities", "Its sender can do the least.", &message);
    let message = craft(1).section(1, &digest(&[(144, 1, 5)])).section(8, &[2]).finish();
    list.add("unknown_capability", "A bit that says nothing to this version.", &message);
    let message = craft(2).section(8, &[1]).section(14, b"new").section(17, &checks).finish();
    let meaning = "What is skipped may be what it adds to.";
    list.add("clean_beside_a_skipped_section", meaning, &message);
}
