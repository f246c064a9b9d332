//! Where the fuzz begins: a host that has met everything there is, and messages of all sorts.

use plasmid::wire;
use plasmid_tests::craft::{Craft, Section, batch, compact, entry, keep_list, leave, news, set};
use serde_json::Value;

/// The generation of everybody.
pub(crate) const GENERATION: u64 = 5;

const EVICTED: u64 = 1 << 60;

/// Messages after which a host holds: of p a batch and a tombstone; that q left and r was evicted;
/// a copy of s that is being checked; one of t with suspects; and a part of the first update of u.
pub(crate) fn messages() -> Vec<Vec<u8>> {
    let set = |version: u64| set(version, &[b'a' + version as u8 % 5], &[version as u8; 9]);
    let sets = |versions: std::ops::RangeInclusive<u64>| versions.flat_map(set).collect::<Vec<_>>();
    let section = |id: &[u8], from, to| Section::new(id, GENERATION, from, to);

    let both = batch(2, &[(b"d", Some(b"1")), (b"e", Some(b"2"))]);
    let p = [set(1), both, entry(3, 2, b"b")].concat();
    let first = [
        news(b"p", GENERATION, 0, 3, &p),
        news(b"q", GENERATION, 0, 2, &[set(1), leave(2)].concat()),
        news(b"r", GENERATION, 0, EVICTED, b""),
        news(b"s", GENERATION, 0, 6, &sets(1..=6)),
        news(b"t", GENERATION, 0, 4, &sets(1..=4)),
        section(b"u", 0, 0).horizon(1).piece(1, set(1).len() as u64, 0, &set(1)[..5]).finish(),
    ];
    let checks = section(b"s", 6, 7).gc_version(8).horizon(9);
    let checks = checks.keep(&keep_list((8, 0, 6), 3, &[1])).entries(&set(7));
    let compacted = [set(5), compact(6, 5)].concat();
    let suspects = section(b"t", 4, 6).gc_version(5).horizon(9);
    let suspects = suspects.keep(&keep_list((5, 0, 4), 4, &[3, 1])).entries(&compacted);
    let then = [checks.finish(), suspects.finish()];
    let message = |sections: &[Vec<u8>]| {
        Craft::new(3, wire::cluster_hash(b"")).section(5, &sections.concat()).finish()
    };
    vec![message(&first), message(&then)]
}

/// Where those copies are, and the host's own.
pub(crate) fn copies() -> Vec<(u64, u64, u64)> {
    let all: [(&[u8], u64); 6] =
        [(super::OWN, 4), (b"p", 3), (b"q", 2), (b"r", EVICTED), (b"s", 7), (b"t", 6)];
    let short = |id| wire::short_id(wire::cluster_hash(b""), id);
    all.map(|(id, version)| (short(id), GENERATION, version)).to_vec()
}

/// Every sound message of the golden vectors, and some that are refused.
pub(crate) fn golden() -> Vec<Vec<u8>> {
    let read = |text: &str| serde_json::from_str::<Vec<Value>>(text).expect("the vectors");
    let sound = read(include_str!("../../vectors/messages.json"));
    let refused = read(include_str!("../../vectors/refused.json"));
    let hex = |vector: &Value| {
        plasmid_tests::words::hex(vector["hex"].as_str().expect("hex")).expect("hex")
    };
    sound.iter().chain(refused.iter().step_by(3)).map(hex).collect()
}

#[test]
fn the_seeds_bring_a_host_where_they_say() {
    use plasmid::{Config, Host, Status};

    let config = Config { generation: GENERATION, nonce: 1, ..Config::default() };
    let mut host = Host::new(super::OWN, config).expect("a good id");
    for message in messages() {
        host.receive(&message, 0).expect("a sound message");
    }
    assert_eq!(host.skipped(), 0);
    let status = |id: &[u8]| host.status(id).expect("it is known");
    assert_eq!([b"q", b"r"].map(|id| status(id)), [Status::Left, Status::Evicted]);
    assert_eq!((host.len(b"p"), host.updates(b"p").count()), (2, 4));
    // What is suspect is there until the horizon.
    assert_eq!((host.gc_version(b"t"), host.updates(b"t").count()), (Some(5), 5));
    let syn = host.initiate(1 << 14).expect("a good budget");
    let message = wire::Message::decode(&syn).expect("a sound message");
    let short = |id| wire::short_id(wire::cluster_hash(b""), id);
    let checked = message.clean.expect("a copy is checked").map(|line| (line.short, line.clean.p));
    assert!(checked.eq([(short(b"s"), 3)]));
    let staged = message.staged.expect("a part is held").map(|line| (line.short, line.offset));
    assert!(staged.eq([(short(b"u"), 5)]));
}
