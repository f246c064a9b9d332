//! Messages that break a rule of sketches, of wants, or of what a host says that it can do.

use plasmid::wire::Cell;
use plasmid_tests::craft::{Craft, cell, clean_line, digest, sketch, staged_line, varint, want};

use super::refused::{ACK, DELTA, DIGEST, List, PULL, SYN, SYN_ACK, craft, sound_delta};

const CAPABILITIES: u64 = 8;
const WANT: u64 = 11;
const SKETCH: u64 = 12;
const CLEAN: u64 = 17;
const STAGED: u64 = 19;

pub(crate) fn add_all(list: &mut List) {
    shapes(list);
    nothing_to_add_to(list);
    sketches(list);
    wants(list);
    capabilities(list);
}

/// A message with those sections, each of them sound.
fn with(kind: u8, tags: &[u64]) -> Craft {
    tags.iter().fold(craft(kind), |craft, tag| match *tag {
        DIGEST => craft.section(DIGEST, &digest(&[])),
        PULL => craft.section(PULL, b""),
        DELTA => craft.section(DELTA, &sound_delta()),
        CAPABILITIES => craft.section(CAPABILITIES, &[1]),
        WANT => craft.section(WANT, &want(1, &[(80, 9)])),
        SKETCH => craft.section(SKETCH, &sketch(0, &[Cell::default()])),
        tag => craft.section(tag, b""),
    })
}

fn shapes(list: &mut List) {
    let mut shape = |name: &str, meaning: &str, kind: u8, tags: &[u64]| {
        list.add(name, meaning, &with(kind, tags).finish());
    };
    let one = "What the sender has is said in one way.";
    shape("syn_with_digest_and_sketch", one, SYN, &[DIGEST, SKETCH]);
    shape("syn_with_want", "A Syn wants nothing in particular.", SYN, &[WANT]);
    shape("syn_with_sketch_and_delta", "A Syn has no delta.", SYN, &[DELTA, SKETCH]);
    let meaning = "At most one of the three.";
    shape("syn_ack_with_digest_and_sketch", meaning, SYN_ACK, &[DIGEST, SKETCH]);
    shape("syn_ack_with_digest_and_want", meaning, SYN_ACK, &[DIGEST, WANT]);
    shape("syn_ack_with_want_and_sketch", meaning, SYN_ACK, &[WANT, SKETCH]);
    shape("syn_ack_of_a_skipped_section", "What is skipped says nothing.", SYN_ACK, &[2]);
    shape("syn_ack_with_want_and_pull", "Only a Syn pulls.", SYN_ACK, &[PULL, WANT]);
    let meaning = "An Ack says nothing of what its sender has.";
    shape("ack_with_sketch", meaning, ACK, &[DELTA, SKETCH]);
    shape("ack_with_want_and_digest", meaning, ACK, &[DIGEST, WANT]);
    shape("ack_with_want_and_sketch", meaning, ACK, &[WANT, SKETCH]);
    shape("ack_with_want_and_pull", "Only a Syn pulls.", ACK, &[PULL, WANT]);
    let meaning = "An Ack has a delta or a want.";
    shape("ack_of_capabilities", meaning, ACK, &[CAPABILITIES]);
}

fn nothing_to_add_to(list: &mut List) {
    let meaning = "It adds to what is said or wanted of copies.";
    for (name, tag, line) in
        [("clean", CLEAN, clean_line(80, 30, 1, 20)), ("staged", STAGED, staged_line(80, 10, 300))]
    {
        let mut alone = |of: &str, kind: u8, tags: &[u64]| {
            let message = with(kind, tags).section(tag, &line);
            list.add(&format!("{name}_{of}"), meaning, &message.finish());
        };
        alone("in_a_syn_of_nothing", SYN, &[]);
        alone("beside_a_pull", SYN, &[PULL]);
        alone("beside_capabilities", SYN_ACK, &[CAPABILITIES]);
        let lines = [&line[..], &line].concat();
        let twice = with(SYN, &[SKETCH]).section(tag, &lines).finish();
        list.add(&format!("{name}_twice_beside_a_sketch"), "80 twice.", &twice);
    }
}

fn sketches(list: &mut List) {
    let mut body = |name: &str, meaning: &str, body: &[u8]| {
        list.add(name, meaning, &craft(SYN).section(SKETCH, body).finish());
    };
    let empty = |count: usize| sketch(7, &vec![Cell::default(); count]);
    body("sketch_of_nothing", "The body is empty.", b"");
    body("sketch_without_epoch", "Cells alone: the first byte is the epoch.", &empty(4)[1..]);
    body("sketch_epoch_not_shortest", "7 as 8700.", &[&[0x87, 0][..], &empty(1)[1..]].concat());
    for count in [0, 2, 3, 5, 20, 28] {
        let name = format!("sketch_of_{count}_cells");
        body(&name, "One cell, or four rows of a length on the ladder.", &empty(count));
    }
    body("sketch_cut", "The last byte is missing.", &empty(4)[..80]);
    body("sketch_trailing_byte", "After the last cell.", &[&empty(4)[..], &[0]].concat());
    let cell_of = |places, checks| [varint(7), cell(&Cell { sum: 1, places, checks })].concat();
    let meaning = "A sum of places is below 2^61 - 1.";
    body("sketch_places_not_reduced", meaning, &cell_of((1 << 61) - 1, 0));
    body("sketch_places_of_2_to_the_64", meaning, &cell_of(u64::MAX, 0));
    let meaning = "A sum of checks is below 2^32 - 5.";
    body("sketch_checks_not_reduced", meaning, &cell_of(0, u32::MAX - 4));
}

fn wants(list: &mut List) {
    let mut body = |name: &str, meaning: &str, body: &[u8]| {
        list.add(name, meaning, &craft(ACK).section(WANT, body).finish());
    };
    let raw = |lines: &[(u64, u64)]| {
        let lines = lines.iter().flat_map(|(gap, from)| [varint(*gap), varint(*from)].concat());
        [1].into_iter().chain(lines).collect::<Vec<u8>>()
    };
    body("want_of_nothing", "The body is empty.", b"");
    body("want_names_one_twice", "A gap of 0 after a line.", &raw(&[(3, 1), (0, 2)]));
    body(
        "want_names_the_first_twice",
        "A gap of 0 after a first gap of 0.",
        &raw(&[(0, 1), (0, 2)]),
    );
    body("want_beyond_the_end", "There are 2^60 short ids.", &raw(&[(1 << 60, 1)]));
    let last = (1 << 60) - 1;
    body("want_beyond_the_end_together", "The same in two steps.", &raw(&[(last, 1), (1, 1)]));
    let most = (1 << 63) - 1;
    let meaning = "Gaps that are too much together, whatever 64 bits make of them.";
    let lines = raw(&[(1, 1), (most, 1), (most, 1), (2, 1)]);
    body("want_gaps_of_2_to_the_64", meaning, &lines);
    body("want_line_cut", "A line without a version.", &raw(&[(3, 1)])[..2]);
    body("want_from_2_to_the_60", "A version is below 2^60.", &raw(&[(3, 1 << 60)]));
    body("want_gap_not_shortest", "3 as 8300.", &[1, 0x83, 0, 1]);
    body("want_differ_not_shortest", "1 as 8100.", &[0x81, 0]);
}

fn capabilities(list: &mut List) {
    let mut body = |name: &str, meaning: &str, body: &[u8]| {
        let message = with(SYN, &[DIGEST]).section(CAPABILITIES, body);
        list.add(name, meaning, &message.finish());
    };
    body("capabilities_of_nothing", "One number.", b"");
    body("capabilities_trailing_byte", "One number.", &[1, 0]);
    body("capabilities_not_shortest", "1 as 8100.", &[0x81, 0]);
    body("capabilities_of_2_to_the_63", "A number is below 2^63.", &[0xff; 9]);
}
