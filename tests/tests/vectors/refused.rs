//! Messages that break one rule each. `rule` is what this library answers; another implementation
//! may word it, or find it, differently, but must refuse the message.

use plasmid::wire::{self, Message};
use plasmid::{Config, Error, Host};
use plasmid_tests::craft::{
    Craft, digest, digest_of_range, entry, line, news, prefixed, set, varint,
};
use serde_json::{Value, json};

use super::json::hex;
use super::{refused_parts, refused_sums};

pub(crate) const SYN: u8 = 1;
pub(crate) const SYN_ACK: u8 = 2;
pub(crate) const ACK: u8 = 3;
pub(crate) const DIGEST: u64 = 1;
pub(crate) const PULL: u64 = 3;
pub(crate) const DELTA: u64 = 5;

pub(crate) struct List(Vec<Value>);

impl List {
    pub(crate) fn add(&mut self, name: &str, meaning: &str, bytes: &[u8]) {
        let (error, rule) = match Message::decode(bytes) {
            Err(Error::Malformed(rule)) => ("malformed", Some(rule)),
            Ok(_) => ("foreign", None),
            Err(other) => panic!("{name}: {other}"),
        };
        self.0.push(json!({
            "name": name, "meaning": meaning, "hex": hex(bytes), "error": error, "rule": rule,
        }));
    }

    /// A Syn with that body in its digest section.
    fn digest(&mut self, name: &str, meaning: &str, body: &[u8]) {
        self.add(name, meaning, &craft(SYN).section(DIGEST, body).finish());
    }

    /// An Ack with that body in its delta section.
    pub(crate) fn delta(&mut self, name: &str, meaning: &str, body: &[u8]) {
        self.add(name, meaning, &craft(ACK).section(DELTA, body).finish());
    }

    /// An Ack with those entries of p, from 0 to 9.
    pub(crate) fn entries(&mut self, name: &str, meaning: &str, entries: &[u8]) {
        self.delta(name, meaning, &news(b"p", 1, 0, 9, entries));
    }
}

pub(crate) fn craft(kind: u8) -> Craft {
    Craft::new(kind, wire::cluster_hash(b""))
}

fn sound_syn() -> Vec<u8> {
    craft(SYN).section(DIGEST, &digest(&[(112, 1, 5)])).finish()
}

pub(crate) fn sound_delta() -> Vec<u8> {
    news(b"p", 1, 0, 1, &set(1, b"k", b"v"))
}

pub(crate) fn vectors() -> Vec<Value> {
    let mut list = List(Vec::new());
    frame(&mut list);
    header(&mut list);
    sections(&mut list);
    shapes(&mut list);
    digests(&mut list);
    deltas(&mut list);
    entries(&mut list);
    refused_parts::add_all(&mut list);
    refused_sums::add_all(&mut list);
    list.0
}

fn frame(list: &mut List) {
    list.add("one_byte", "Only a wire version.", &[1]);
    list.add("too_short_for_a_checksum", "Three bytes.", &[1, 1, 0]);
    list.add("only_a_checksum", "Four bytes cannot be both version and checksum.", &[1, 0, 0, 0]);
    let mut syn = sound_syn();
    syn[0] = 2;
    plasmid_tests::checksum::mend(&mut syn);
    list.add("wire_version_2", "Another grammar, which this one is not.", &syn);
    let mut syn = sound_syn();
    syn[30] ^= 1;
    list.add("flipped_bit", "A single bit, and the checksum tells.", &syn);
    let mut syn = sound_syn();
    *syn.last_mut().expect("a byte") ^= 0x80;
    list.add("flipped_bit_in_the_checksum", "The checksum itself is damaged.", &syn);
    let mut syn = sound_syn();
    let last = syn.len() - 4;
    syn[last..].reverse();
    list.add("checksum_backwards", "The checksum is least significant byte first.", &syn);
    let syn = sound_syn();
    list.add("cut_by_one", "The last byte is missing.", &syn[..syn.len() - 1]);
    list.add("one_byte_more", "A byte after the checksum.", &[&syn[..], &[0]].concat());
    let foreign = Craft::new(SYN, wire::cluster_hash(b"elsewhere")).section(DIGEST, &[0]).finish();
    list.add("foreign", "A sound message of the cluster elsewhere.", &foreign);
    let mut other = Host::new(b"a", Config { cluster: b"blue".to_vec(), ..Config::default() })
        .expect("a good id");
    let foreign = other.initiate(512).expect("a good budget");
    list.add("foreign_by_a_host", "A sound message of a host of the cluster blue.", &foreign);
}

fn header(list: &mut List) {
    list.add("kind_0", "There is no kind 0.", &craft(0).section(DIGEST, &[0]).finish());
    list.add("kind_4", "There is no kind 4.", &craft(4).section(DIGEST, &[0]).finish());
    let cluster = wire::cluster_hash(b"").to_be_bytes();
    let head = || Craft::raw(&[1, SYN]).then(&cluster);
    let rest = |craft: Craft| craft.then(&[0; 8]).section(DIGEST, &[0]).finish();
    list.add("ends_in_the_cluster", "It ends early.", &Craft::raw(&[1, SYN, 0]).finish());
    list.add("id_empty", "An id has at least one byte.", &rest(head().then(&[0, 1])));
    let long = [&prefixed(&[b'x'; 129])[..], &[1]].concat();
    list.add("id_of_129_bytes", "An id has at most 128 bytes.", &rest(head().then(&long)));
    list.add("id_beyond_the_end", "The length of the id is a lie.", &head().then(&[9, 1]).finish());
    let meaning = "A number has its shortest form: 1 is 01, not 8100.";
    list.add("generation_not_shortest", meaning, &rest(head().then(b"\x01x\x81\x00")));
    let nine = [&b"\x01x"[..], &[0xff; 9]].concat();
    list.add("generation_of_2_to_the_63", "Nine bytes that go on.", &rest(head().then(&nine)));
    let seven = head().then(b"\x01x\x01").then(&[0; 7]);
    list.add("nonce_cut", "Seven of eight bytes.", &seven.finish());
}

fn sections(list: &mut List) {
    let digest = || craft(SYN).section(DIGEST, &[0]);
    list.add("sections_not_ascending", "6 before 2.", &{
        digest().section(6, b"").section(2, b"").finish()
    });
    list.add("section_twice", "Tag 1 twice.", &digest().section(DIGEST, &[0]).finish());
    for tag in [7, 9, 13, 15, 21, 301] {
        let name = format!("unknown_odd_tag_{tag}");
        let meaning = "An odd tag is critical, and this one is unknown.";
        list.add(&name, meaning, &digest().section(tag, b"").finish());
    }
    list.add("section_beyond_the_end", "The length of a section is a lie.", &{
        digest().then(&[2, 5, 0]).finish()
    });
    let meaning = "The length of a section is near 2^63.";
    let huge = varint((1 << 63) - 1);
    list.add("section_of_2_to_the_63", meaning, &digest().then(&[2]).then(&huge).finish());
    list.add("trailing_byte", "After the sections: a tag without a length.", &{
        digest().then(&[2]).finish()
    });
    list.add("tag_not_shortest", "Tag 1 as 8100.", &{
        craft(SYN).then(&[0x81, 0]).then(&prefixed(&[0])).finish()
    });
    let many = (10..=41).fold(digest(), |craft, half| craft.section(half * 2, b""));
    list.add("thirty_three_sections", "At most 32.", &many.finish());
    let pull = digest().section(PULL, &[0]);
    list.add("pull_not_empty", "A pull section has no body.", &pull.finish());
}

fn shapes(list: &mut List) {
    let delta = sound_delta();
    let mut shape = |name: &str, meaning: &str, kind: u8, tags: &[u64]| {
        let message = tags.iter().fold(craft(kind), |craft, tag| match *tag {
            DIGEST => craft.section(DIGEST, &[0]),
            DELTA => craft.section(DELTA, &delta),
            tag => craft.section(tag, b""),
        });
        list.add(name, meaning, &message.finish());
    };
    shape("syn_with_delta", "A Syn has no delta.", SYN, &[DIGEST, DELTA]);
    shape("syn_ack_of_nothing", "A SynAck has something to say.", SYN_ACK, &[]);
    shape("syn_ack_with_pull", "Only a Syn pulls.", SYN_ACK, &[DIGEST, PULL]);
    shape("ack_of_nothing", "An Ack has a delta or a want.", ACK, &[]);
    shape("ack_of_a_skipped_section", "An Ack has a delta or a want.", ACK, &[2]);
    shape("ack_with_digest", "An Ack has no digest.", ACK, &[DIGEST, DELTA]);
    shape("ack_with_pull", "Only a Syn pulls.", ACK, &[PULL, DELTA]);
}

fn digests(list: &mut List) {
    let complete = |lines: &[Vec<u8>]| [&[0][..], &lines.concat()].concat();
    let range = |first: u64, last: u64, lines: &[Vec<u8>]| {
        [digest_of_range(first, last, &[]), lines.concat()].concat()
    };
    list.digest("digest_without_scope", "The body is empty.", b"");
    list.digest("digest_of_scope_2", "There is no scope 2.", &[2]);
    list.digest("digest_range_cut", "Fifteen of sixteen bytes.", &range(16, 47, &[])[..16]);
    let whole = digest_of_range(0, u64::MAX, &[(112, 1, 1)]);
    list.digest("digest_range_of_everything", "That is written as scope 0.", &whole);
    let whole = digest_of_range(80, 79, &[(112, 1, 1)]);
    list.digest("digest_range_around_everything", "first..=last is the whole circle.", &whole);
    let lines = [line(7, 1, 1), line(0, 0, 2)];
    list.digest("digest_names_one_twice", "A gap of 0 after a line.", &complete(&lines));
    let meaning = "A gap of 0 after a first gap of 0.";
    let lines = [line(0, 1, 1), line(0, 0, 2)];
    list.digest("digest_names_the_first_twice", meaning, &complete(&lines));
    let meaning = "Five steps after 80 is 160, in 80..=159.";
    list.digest("digest_line_above_range", meaning, &range(80, 159, &[line(5, 1, 1)]));
    let around = range(u64::MAX - 15, 159, &[line(4, 1, 1), line(7, 1, 1)]);
    let meaning = "The range goes around the end of the circle, and the second line beyond it.";
    list.digest("digest_line_above_range_around_the_end", meaning, &around);
    let meaning = "2^60 steps are the whole circle.";
    list.digest("digest_gap_of_2_to_the_60", meaning, &complete(&[line(1 << 60, 1, 1)]));
    let meaning = "Gaps that are too much together, whatever 64 bits make of them.";
    let most = (1 << 63) - 1;
    let lines = [line(1, 1, 1), line(most, 1, 1), line(most, 1, 1), line(2, 1, 1)];
    list.digest("digest_gaps_of_2_to_the_64", meaning, &complete(&lines));
    let cut = complete(&[line(7, 1, 1)]);
    list.digest("digest_line_cut", "A line without a version.", &cut[..cut.len() - 1]);
    let version = complete(&[line(7, 1, (1 << 60) + 1)]);
    let meaning = "Nothing is above 2^60, which is that of the evicted.";
    list.digest("digest_version_above_2_to_the_60", meaning, &version);
    let form = [0, 7, 1, 0x80, 0];
    list.digest("digest_version_not_shortest", "Version 0 as 8000.", &form);
    list.digest("digest_gap_not_shortest", "Gap 7 as 8700.", &[0, 0x87, 0, 1, 1]);
    list.digest("digest_generation_not_shortest", "Generation 1 as 8100.", &[0, 7, 0x81, 0, 1]);
}

fn deltas(list: &mut List) {
    let one = set(1, b"k", b"v");
    list.delta("delta_of_nobody", "A delta has at least one section.", b"");
    let two = [news(b"q", 1, 0, 1, &one), news(b"p", 1, 0, 1, &one)].concat();
    list.delta("delta_not_sorted", "q before p.", &two);
    let two = [news(b"p", 1, 0, 1, &one), news(b"p", 1, 1, 2, &set(2, b"k", b"w"))].concat();
    list.delta("delta_names_one_twice", "p twice.", &two);
    list.delta("delta_of_empty_id", "An id has at least one byte.", &news(b"", 1, 0, 1, &one));
    list.delta("delta_of_long_id", "At most 128.", &news(&[b'p'; 129], 1, 0, 1, &one));
    list.delta("delta_backwards", "from 3 to 2.", &news(b"p", 1, 3, 2, b""));
    list.delta("delta_of_nothing", "from 3 to 3.", &news(b"p", 1, 3, 3, b""));
    let meaning = "from 0 to 0 is the news of a generation, and has no entries.";
    list.delta("delta_from_0_to_0_with_entries", meaning, &news(b"p", 1, 0, 0, &one));
    let version = news(b"p", 1, 1 << 60, 1 << 60, b"");
    list.delta("delta_from_of_2_to_the_60", "A version is below 2^60.", &version);
    let version = news(b"p", 1, 0, (1 << 60) + 1, b"");
    list.delta("delta_to_above_2_to_the_60", "Nothing is above 2^60.", &version);
    let cut = sound_delta();
    list.delta("delta_cut", "The last byte is missing.", &cut[..cut.len() - 1]);
    let more = [sound_delta(), vec![0]].concat();
    list.delta("delta_trailing_byte", "After the last section.", &more);
}

fn entries(list: &mut List) {
    list.entries("entry_of_version_0", "Versions start at 1.", &set(0, b"k", b"v"));
    for kind in [0, 7, 0x81] {
        let name = format!("entry_of_kind_{kind}");
        let meaning = "The kinds are 1 to 6, in one byte.";
        list.entries(&name, meaning, &entry(1, kind, &prefixed(b"k")));
    }
    list.entries("entry_without_key", "A key is not empty.", &set(1, b"", b"v"));
    list.entries("entry_with_empty_body", "A key has a length.", &entry(1, 1, b""));
    let meaning = "The key is longer than the body.";
    list.entries("entry_key_beyond_its_body", meaning, &entry(1, 1, b"\x05abc"));
    let two = [set(2, b"k", b"v"), set(1, b"l", b"v")].concat();
    list.entries("entries_not_ascending", "2 before 1.", &two);
    let two = [set(1, b"k", b"v"), set(1, b"l", b"v")].concat();
    list.entries("entries_of_one_version", "1 twice.", &two);
    let meaning = "Version 10 in a section to 9.";
    list.entries("entry_above_to", meaning, &set(10, b"k", b"v"));
    let below = news(b"p", 1, 3, 9, &set(3, b"k", b"v"));
    list.delta("entry_at_from", "The section starts after from.", &below);
    let cut = set(1, b"k", b"value");
    list.entries("entry_cut", "The last byte is missing.", &cut[..cut.len() - 1]);
    let more = [set(1, b"k", b"v"), vec![2]].concat();
    list.entries("entries_trailing_byte", "A version without an entry.", &more);
    let form = [&[0x81, 0, 1][..], &prefixed(&prefixed(b"k"))].concat();
    list.entries("entry_version_not_shortest", "Version 1 as 8100.", &form);
}
