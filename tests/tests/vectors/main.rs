//! Golden bytes: what every implementation of the wire format must read, write and refuse alike.
//! `UPDATE=1` writes `vectors/*.json` anew from real hosts and hand-made messages; the difference
//! is reviewed like any other change, for it is a change of the wire.

mod changing;
mod json;
mod refused;
mod refused_parts;
mod refused_sums;
mod sketches;
mod sound;
mod streams;
mod sums;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use plasmid::wire::{self, Message};
use plasmid::{Config, Error, Host, Status};
use plasmid_tests::dump::Dump;
use serde_json::{Value, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

/// The vectors in that file; written first if asked to.
fn golden(file: &str, made: impl FnOnce() -> Vec<Value>) -> Vec<Value> {
    let path = folder().join(file);
    let text = serde_json::to_string_pretty(&made()).expect("plain values") + "\n";
    if env::var_os("UPDATE").is_some() {
        fs::write(&path, &text).expect("a writable file");
    }
    let kept = fs::read_to_string(&path).expect("the vectors");
    assert!(kept == text, "{file} is not what the library makes now; UPDATE=1 and review");
    serde_json::from_str(&kept).expect("the vectors are JSON")
}

fn text<'a>(vector: &'a Value, field: &str) -> &'a str {
    vector[field].as_str().unwrap_or_else(|| panic!("{field} is missing: {vector}"))
}

fn bytes(vector: &Value, field: &str) -> Vec<u8> {
    plasmid_tests::words::hex(text(vector, field)).expect("hex")
}

/// A host with something of its own and something of others.
fn receiver(cluster: &str) -> Host {
    let config = Config { cluster: cluster.into(), nonce: 77, ..Config::default() };
    let mut host = Host::new(b"receiver", config).expect("a good id");
    host.set(b"k", b"v").expect("a small value");
    host
}

fn error_name(error: Error) -> &'static str {
    match error {
        Error::Malformed(_) => "malformed",
        Error::Foreign => "foreign",
        _ => "other",
    }
}

#[test]
fn sound_messages_read_and_write_back_the_same() {
    for vector in golden("messages.json", sound::vectors) {
        let bytes = bytes(&vector, "hex");
        let message = Message::decode(&bytes).expect("a sound message");
        assert_eq!(json::message(&message), vector["message"], "{}", text(&vector, "name"));
        assert_eq!(message.encode(), bytes, "{}", text(&vector, "name"));
        let mut host = receiver(text(&vector, "cluster_name"));
        host.receive(&bytes, 4096).expect("a sound message");
        assert_eq!(host.get(b"k"), Some(&b"v"[..]), "the own map is the owner's");
        assert_eq!(json::others(&host), vector["after"], "{}", text(&vector, "name"));
        // Who knows nobody takes what starts at the beginning, and is then where the section says.
        let sections = message.delta.iter().flat_map(|delta| delta.participants());
        for section in sections.filter(|section| section.from == 0 && section.to > 0) {
            let is_evicted = section.to == 1 << 60;
            let reached = if is_evicted { 0 } else { section.to };
            assert!(host.max_version(section.id) >= Some(reached));
            assert_eq!(host.status(section.id) == Some(Status::Evicted), is_evicted);
        }
    }
}

#[test]
fn what_breaks_a_rule_is_refused_whole() {
    for vector in golden("refused.json", refused::vectors) {
        let bytes = bytes(&vector, "hex");
        let mut host = receiver("");
        let before = Dump::of(&host);
        for budget in [0, 4096] {
            let error = host.receive(&bytes, budget).expect_err(text(&vector, "name"));
            assert_eq!(error_name(error), text(&vector, "error"), "{}", text(&vector, "name"));
            assert_eq!(Dump::of(&host), before, "{}", text(&vector, "name"));
        }
    }
}

#[test]
fn every_rule_of_the_decoder_has_a_vector() {
    let vectors = refused::vectors();
    let has = |rule: &str| vectors.iter().any(|vector| vector["rule"] == rule);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src/wire");
    let mut rules = 0;
    for source in sources(&folder) {
        let named =
            source.split("Malformed(").skip(1).filter(|after| after.trim_start().starts_with('"'));
        // `require(what must hold, "the rule")?`
        let required = source.split("require(").skip(1).filter(|after| !after.starts_with("holds"));
        for after in named.chain(required) {
            let rule = after.split('"').nth(1).expect("a rule in quotes");
            assert!(has(rule), "no vector in refused.json breaks the rule: {rule}");
            rules += 1;
        }
    }
    assert!(rules >= 40, "only {rules} rules were found in the sources");
}

/// The text of every file in a folder.
fn sources(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the sources of the wire format");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .flat_map(|path| match path.is_dir() {
            true => sources(&path),
            false => vec![fs::read_to_string(path).expect("text")],
        })
        .collect()
}

#[test]
fn hashes_are_the_same_everywhere() {
    for vector in golden("hashes.json", sound::hashes) {
        let cluster = wire::cluster_hash(&bytes(&vector, "cluster_name"));
        assert_eq!(json::u64_hex(cluster), text(&vector, "cluster"));
        let short = wire::short_id(cluster, &bytes(&vector, "id"));
        assert_eq!(json::u64_hex(short), text(&vector, "short_id"));
    }
}

#[test]
fn hosts_say_what_they_have_in_the_same_sums() {
    for vector in golden("sketches.json", sketches::vectors) {
        sketches::check(&vector);
    }
}

#[test]
fn hosts_read_the_same_off_two_sketches() {
    for vector in golden("differences.json", sketches::differences) {
        sketches::check_difference(&vector);
    }
}

#[test]
fn streams_frame_and_answer_the_same() {
    for vector in golden("streams.json", streams::vectors) {
        if vector["error"].is_null() {
            streams::check_sound(&vector);
        } else {
            streams::check_refused(&vector);
        }
    }
}

#[test]
fn an_independent_decoder_agrees() {
    let output = Command::new("python3").arg(folder().join("decode.py")).output();
    let output = output.expect("python3 is needed for this test");
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{complained}");
    let expected = json!([
        sound::vectors().len(),
        refused::vectors().len(),
        sound::hashes().len(),
        streams::vectors().len(),
        sketches::vectors().len(),
        sketches::differences().len()
    ]);
    let counts = said.lines().last().unwrap_or_default();
    assert_eq!(serde_json::from_str::<Value>(counts).ok(), Some(expected), "{said}");
}
