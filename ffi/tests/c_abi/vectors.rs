//! The golden vectors, read, written and refused through the C ABI as everywhere: this writes them
//! line by line for tests/c/vectors.c, which says what a line means.

use std::fs;
use std::process::Command;

use plasmid::{Config, Host};
use serde_json::Value;

use crate::toolchain::{Language, Linking, build, prefix, repository, run, run_checked, scratch};

/// How many bytes a stream is fed and asked for at once.
const STEPS: [usize; 3] = [1, 3, 4096];

fn vectors(file: &str) -> Vec<Value> {
    let path = repository().join("tests/vectors").join(file);
    let vectors: Vec<Value> =
        serde_json::from_str(&fs::read_to_string(path).expect(file)).expect("a list");
    assert!(!vectors.is_empty(), "{file} is empty");
    vectors
}

fn text<'a>(vector: &'a Value, field: &str) -> &'a str {
    vector[field].as_str().unwrap_or_else(|| panic!("{field} is missing: {vector}"))
}

/// Bytes as a word, also when there are none.
fn word<'a>(vector: &'a Value, field: &str) -> &'a str {
    Some(text(vector, field)).filter(|hex| !hex.is_empty()).unwrap_or("-")
}

/// The status for a vector's error.
fn status(vector: &Value) -> String {
    format!("PLASMID_{}", text(vector, "error").to_uppercase())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(digits: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hex");
    (0..digits.len()).step_by(2).map(byte).collect()
}

/// What a reader is after a message if all it knew was its own k. Through the core, which
/// tests/tests/vectors holds to what the vector says: here C is held to the core.
fn dump_after(cluster: &str, message: &str) -> String {
    let config =
        Config { cluster: cluster.into(), seed: 1, generation: 1, nonce: 77, ..Config::default() };
    let mut reader = Host::new(b"reader", config).expect("a host");
    reader.set(b"k", b"v").expect("set");
    reader.receive(&unhex(message), 4096).expect("a sound message");
    let mut dump = format!("{}/{}/{}", reader.skipped(), reader.conflicts(), reader.room_needed());
    for id in reader.participants(None) {
        dump += &format!(";{}@{}", hex(id), reader.max_version(id).expect("it is known"));
        for update in reader.updates(id) {
            dump += &format!(",{}:{}", update.version, hex(update.key));
            dump += &update.value.map(|value| format!("={}", hex(value))).unwrap_or_default();
        }
    }
    dump
}

fn messages() -> Vec<String> {
    let line = |vector: &Value| {
        let name = text(vector, "cluster_name");
        let (cluster, message) = (hex(name.as_bytes()), text(vector, "hex"));
        let cluster = if cluster.is_empty() { "-" } else { &cluster };
        let dump = dump_after(name, message);
        format!("sound {} {cluster} {message} {dump}", text(vector, "name"))
    };
    vectors("messages.json").iter().map(line).collect()
}

/// The exchange from which four of the messages are.
fn exchange() -> String {
    let vectors = vectors("messages.json");
    let hex = |name: &str| {
        let vector = vectors.iter().find(|vector| vector["name"] == name);
        text(vector.expect(name), "hex").to_string()
    };
    let said = ["syn_of_a_new_host", "syn", "syn_ack", "ack"].map(hex);
    format!("exchange hosts_make_these {}", said.join(" "))
}

fn refused() -> Vec<String> {
    let line = |vector: &Value| {
        format!("refused {} {} {}", text(vector, "name"), status(vector), text(vector, "hex"))
    };
    vectors("refused.json").iter().map(line).collect()
}

fn hashes() -> Vec<String> {
    let line = |vector: &Value| {
        let words = ["cluster_name", "id", "cluster", "short_id"].map(|field| word(vector, field));
        format!("hash of_{} {}", words[1], words.join(" "))
    };
    vectors("hashes.json").iter().map(line).collect()
}

fn streams(step: usize) -> Vec<String> {
    let line = |vector: &Value| {
        let name = text(vector, "name");
        let Some(turns) = vector["turns"].as_array() else {
            let (to, status, hex) = (text(vector, "to"), status(vector), text(vector, "hex"));
            return format!("out_of_turn {name} {step} {to} {status} {hex}");
        };
        let turns =
            turns.iter().map(|turn| format!("{} {}", text(turn, "from"), text(turn, "hex")));
        let turns = turns.collect::<Vec<_>>().join(" ");
        let [mode, a, b] = ["mode", "initiator", "responder"].map(|field| text(vector, field));
        format!("stream {name} {step} {mode} {a} {b} {turns}")
    };
    vectors("streams.json").iter().map(line).collect()
}

#[test]
fn every_vector_holds_through_c() {
    let mut lines = messages();
    lines.push(exchange());
    lines.extend(refused());
    lines.extend(hashes());
    lines.extend(STEPS.into_iter().flat_map(streams));
    let path = scratch("vectors").join("vectors.txt");
    fs::write(&path, lines.join("\n") + "\n").expect("write the vectors");

    let program = build("tests/c/vectors.c", Language::C("c99"), Linking::Shared, prefix());
    let path = path.to_string_lossy();
    let printed = run(Command::new(&program).arg(&*path)).stdout;
    let printed = String::from_utf8(printed).expect("names are text");
    let names = lines.iter().map(|line| line.split(' ').nth(1).expect("a name"));
    assert!(printed.lines().eq(names), "not all vectors were checked:\n{printed}");
    run_checked(&program, &[&path]);
}
