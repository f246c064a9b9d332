//! Messages that break a rule of what came with deletion, compaction and catching up: entries that
//! are no `Set`, the parts of a section, and the sections beside the digest.

use plasmid_tests::craft::{
    Section, batch, clean_line, compact, digest, digest_of_range, entry, evict, heard_line,
    keep_list, leave, news, prefixed, set, staged_line, varint,
};

use super::refused::{ACK, DELTA, DIGEST, List, SYN, craft, sound_delta};

const HEARD: u64 = 4;
const ACKED: u64 = 10;
const CLEAN: u64 = 17;
const STAGED: u64 = 19;

const EVICTED: u64 = 1 << 60;

pub(crate) fn add_all(list: &mut List) {
    one_entry(list);
    several_entries(list);
    slots(list);
    parts(list);
    keep_lists(list);
    pieces(list);
    beside_the_digest(list);
    beside_the_state(list);
}

fn one_entry(list: &mut List) {
    list.entries("delete_without_key", "A key is not empty.", &entry(1, 2, b""));
    let (a, b) = ((&b"a"[..], Some(&b"1"[..])), (&b"b"[..], None));
    list.entries("batch_of_nothing", "At least two ops.", &entry(1, 3, b""));
    list.entries("batch_of_one", "That is a Set.", &batch(1, &[a]));
    list.entries("batch_not_sorted", "b before a.", &batch(1, &[b, a]));
    list.entries("batch_of_one_key_twice", "a twice.", &batch(1, &[a, a]));
    list.entries("batch_with_an_empty_key", "A key is not empty.", &batch(1, &[(b"", None), a]));
    let ops = [&[1][..], &prefixed(b"a"), &prefixed(b""), &[3], &prefixed(b"b")].concat();
    list.entries("batch_of_kind_3", "An op is 1 or 2.", &entry(1, 3, &ops));
    let cut = entry(1, 3, &[&ops[..5], &[1], &prefixed(b"b")].concat());
    list.entries("batch_without_a_value", "An op that sets has a value.", &cut);
    let long = entry(1, 3, &[&ops[..4], &[2, 9], b"b"].concat());
    list.entries("batch_key_beyond_its_body", "The length of a key is a lie.", &long);
    list.entries("compact_to_0", "That drops nothing.", &compact(2, 0));
    list.entries("compact_to_itself", "At most to the version before.", &compact(2, 2));
    list.entries("compact_to_2_to_the_60", "A version is below 2^60.", &compact(2, EVICTED));
    list.entries("compact_without_version", "The body is empty.", &entry(2, 4, b""));
    list.entries("compact_trailing_byte", "After the version.", &entry(2, 4, &[1, 0]));
    list.entries("leave_with_a_body", "Leave has none.", &entry(9, 5, &[0]));
    list.entries("evict_of_empty_id", "An id has at least one byte.", &evict(1, b"", 1));
    list.entries("evict_of_long_id", "At most 128.", &evict(1, &[b'p'; 129], 1));
    list.entries("evict_without_generation", "It ends early.", &entry(1, 6, &prefixed(b"p")));
    let more = entry(1, 6, &[&prefixed(b"p")[..], &[1, 0]].concat());
    list.entries("evict_trailing_byte", "After the generation.", &more);
}

fn several_entries(list: &mut List) {
    let two = [compact(2, 1), compact(4, 3)].concat();
    list.entries("two_compactions", "The newer takes the place of the older.", &two);
    let below = leave(3);
    list.entries("leave_below_to", "To 9, and nothing after 3.", &below);
    let after = [leave(3), set(9, b"k", b"v")].concat();
    list.entries("entry_after_leave", "Nothing comes after it.", &after);
    list.entries("leave_twice", "Nothing comes after it.", &[leave(3), leave(9)].concat());
}

fn slots(list: &mut List) {
    let meaning = "An evicted participant has no updates, no parts, and starts from 0.";
    let mut slot = |name: &str, section: Section| list.delta(name, meaning, &section.finish());
    let evicted = || Section::new(b"p", 1, 0, EVICTED);
    slot("evicted_from_3", Section::new(b"p", 1, 3, EVICTED));
    slot("evicted_with_entries", evicted().entries(&set(1, b"k", b"v")));
    slot("evicted_with_gc_version", evicted().gc_version(1));
    slot("evicted_with_a_horizon", evicted().horizon(1));
    slot("evicted_with_a_keep_list", evicted().keep(&keep_list((9, 0, 5), 5, &[])));
    slot("evicted_with_a_piece", evicted().piece(1, 9, 0, b"x"));
    let meaning = "Of who left nothing else is kept.";
    let mut left = |name: &str, section: Section| {
        list.delta(name, meaning, &section.entries(&leave(9)).finish());
    };
    let gone = || Section::new(b"p", 1, 0, 9);
    left("left_with_gc_version", gone().gc_version(1));
    left("left_with_a_horizon", gone().horizon(10));
    left("left_with_a_keep_list", gone().keep(&keep_list((9, 0, 5), 5, &[])));
    left("left_with_a_piece", gone().horizon(10).piece(10, 9, 0, b"x"));
}

fn parts(list: &mut List) {
    let mut part = |name: &str, meaning: &str, section: Section| {
        list.delta(name, meaning, &section.finish());
    };
    let nine = || Section::new(b"p", 1, 3, 9);
    let nothing = || Section::new(b"p", 1, 9, 9);
    part("unknown_part", "There are four: 1, 2, 4, 8.", nine().option(16, b""));
    part("no_parts", "The section ends where the parts should be.", {
        nine().option(1 | 2 | 4 | 8, b"")
    });
    part("gc_version_of_0", "That is not written.", nine().gc_version(0));
    part("gc_version_above_the_horizon", "At most that.", nine().gc_version(10));
    part("horizon_as_to", "That is not written.", nine().horizon(9));
    part("horizon_below_to", "The sender has what it sends.", nine().horizon(8));
    let meaning = "A version is below 2^60.";
    part("horizon_of_2_to_the_60", meaning, nine().horizon(EVICTED));
    part("parts_that_tell_nothing", "From 9 to 9.", nothing().gc_version(1).horizon(12));
    let meaning = "The news of a generation without updates has no parts.";
    part("bare_news_with_parts", meaning, Section::new(b"p", 1, 0, 0).horizon(1));
}

fn keep_lists(list: &mut List) {
    let mut keep = |name: &str, meaning: &str, keep: &[u8]| {
        let section = Section::new(b"p", 1, 9, 9).gc_version(8).horizon(12);
        list.delta(name, meaning, &section.keep(keep).finish());
    };
    let sound = keep_list((8, 2, 7), 6, &[1, 3]);
    keep("keep_list_of_nothing", "The body is empty.", b"");
    keep("keep_list_cut", "Without an end.", &sound[..3]);
    keep("keep_list_checked_beyond_m0", "p is at most m0.", &keep_list((8, 6, 5), 5, &[]));
    keep("keep_list_of_all_that_is_kept", "m0 is below g.", &keep_list((8, 2, 8), 6, &[]));
    keep("keep_list_ends_before_it_begins", "end is at least p.", &keep_list((8, 2, 7), 1, &[]));
    keep("keep_list_ends_beyond_m0", "end is at most m0.", &keep_list((8, 2, 5), 6, &[]));
    keep("keep_list_with_a_gap_of_0", "A gap is at least 1.", &keep_list((8, 2, 7), 6, &[1, 0]));
    keep("keep_list_beyond_its_end", "7 in (2, 6].", &keep_list((8, 2, 7), 6, &[1, 4]));
    let huge = keep_list((8, 2, 7), 6, &[1, (1 << 60) - 1, (1 << 60) - 1]);
    keep("keep_list_with_a_huge_gap", "Far beyond its end.", &huge);
    let form = [&sound[..], &[0x81, 0]].concat();
    keep("keep_list_gap_not_shortest", "1 as 8100.", &form);
    let meaning = "g is at most the gc_version of the sender.";
    keep("keep_list_of_what_was_not_compacted", meaning, &keep_list((9, 2, 7), 6, &[]));
}

fn pieces(list: &mut List) {
    let mut piece =
        |name: &str, meaning: &str, version: u64, total: u64, offset: u64, of: &[u8]| {
            let section = Section::new(b"p", 1, 3, 3).horizon(9).piece(version, total, offset, of);
            list.delta(name, meaning, &section.finish());
        };
    let end = "It ends within its entry.";
    piece("piece_of_nothing", "At least one byte.", 4, 9, 0, b"");
    piece("piece_beyond_its_entry", end, 4, 9, 7, b"xyz");
    piece("piece_at_the_end_of_everything", end, 4, (1 << 63) - 1, (1 << 63) - 1, b"xyz");
    piece("piece_of_an_empty_entry", end, 4, 0, 0, b"x");
    piece("piece_of_what_is_there", "Its entry comes after to.", 3, 9, 0, b"xyz");
    piece("piece_above_the_sender", "Its entry is the sender's.", 10, 9, 0, b"xyz");
    let version = "A version is below 2^60.";
    piece("piece_of_2_to_the_60", version, EVICTED, 9, 0, b"xyz");
    let long = Section::new(b"p", 1, 3, 3).horizon(9).piece(4, 9, 0, b"xyz").finish();
    list.delta("piece_cut", "The last byte is missing.", &long[..long.len() - 1]);
}

fn beside_the_digest(list: &mut List) {
    let both = [(80, 1, 9), (112, 1, 9)];
    let complete = || craft(SYN).section(DIGEST, &digest(&both));
    let range = || craft(SYN).section(DIGEST, &digest_of_range(80, 159, &both));
    let clean = |short| clean_line(short, 30, 1, 20);
    let staged = |short| staged_line(short, 10, 300);
    for (name, tag, of) in
        [("clean", CLEAN, &clean as &dyn Fn(u64) -> Vec<u8>), ("staged", STAGED, &staged)]
    {
        let mut lines = |what: &str, meaning: &str, is_range: bool, lines: &[u8]| {
            let message = if is_range { range() } else { complete() };
            list.add(&format!("{name}_{what}"), meaning, &message.section(tag, lines).finish());
        };
        lines("of_nobody", "At least one line.", false, b"");
        lines("not_sorted", "112 before 80.", false, &[of(112), of(80)].concat());
        lines("names_one_twice", "80 twice.", false, &[of(80), of(80)].concat());
        lines("line_below_range", "64 in 80..=159.", true, &of(64));
        lines("line_above_range", "160 in 80..=159.", true, &of(160));
        let cut = of(80);
        lines("line_cut", "The last byte is missing.", false, &cut[..cut.len() - 1]);
        let alone = craft(ACK).section(DELTA, &sound_delta()).section(tag, &of(80));
        let name = format!("{name}_alone");
        list.add(&name, "It adds to what is said or wanted of copies.", &alone.finish());
    }
    let mut line = |name: &str, meaning: &str, tag: u64, line: &[u8]| {
        list.add(name, meaning, &complete().section(tag, line).finish());
    };
    line("clean_checked_beyond_m0", "p is at most m0.", CLEAN, &clean_line(80, 30, 21, 20));
    line("clean_of_all_that_is_kept", "m0 is below g.", CLEAN, &clean_line(80, 30, 1, 30));
    line("clean_of_nothing", "m0 is below g.", CLEAN, &clean_line(80, 0, 0, 0));
    line("staged_of_version_0", "Versions start at 1.", STAGED, &staged_line(80, 0, 300));
    line("staged_of_no_bytes", "At least one byte is held.", STAGED, &staged_line(80, 10, 0));
    let version = staged_line(80, EVICTED, 300);
    line("staged_of_2_to_the_60", "A version is below 2^60.", STAGED, &version);
}

fn beside_the_state(list: &mut List) {
    let mut section = |name: &str, meaning: &str, tag: u64, body: &[u8]| {
        let message = craft(SYN).section(DIGEST, &[0]).section(tag, body);
        list.add(name, meaning, &message.finish());
    };
    let heard = |short| heard_line(short, 1, 1500, 9);
    section("heard_of_nobody", "At least one line.", HEARD, b"");
    section("heard_not_sorted", "112 before 80.", HEARD, &[heard(112), heard(80)].concat());
    section("heard_of_one_twice", "80 twice.", HEARD, &[heard(80), heard(80)].concat());
    section("heard_cut", "Without a version.", HEARD, &heard(80)[..12]);
    let version = heard_line(80, 1, 1500, EVICTED);
    section("heard_of_2_to_the_60", "A version is below 2^60.", HEARD, &version);
    section("acked_of_nothing", "A generation and a version.", ACKED, b"");
    section("acked_without_version", "A generation and a version.", ACKED, &[1]);
    section("acked_trailing_byte", "After the version.", ACKED, &[1, 2, 3]);
    let version = [varint(1), varint(EVICTED)].concat();
    section("acked_of_2_to_the_60", "A version is below 2^60.", ACKED, &version);
}

/// A section of a delta with all that it may have, to which the rules above are exceptions.
#[test]
fn what_the_refused_sections_are_made_of_is_sound() {
    let keep = keep_list((8, 2, 7), 6, &[1, 3]);
    let section = Section::new(b"p", 1, 9, 9).gc_version(8).horizon(12).keep(&keep);
    let left = news(b"q", 1, 0, 9, &leave(9));
    let delta = [section.finish(), left].concat();
    let message = craft(ACK).section(DELTA, &delta).finish();
    assert!(plasmid::wire::Message::decode(&message).is_ok());
}
