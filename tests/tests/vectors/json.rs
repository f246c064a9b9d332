//! Decoded messages as JSON: bytes and hashes in hex, numbers as numbers.

use plasmid::wire::{Message, ParticipantDelta};
use serde_json::{Value, json};

/// Bytes in hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A short id, a cluster or a nonce: sixteen digits.
pub(crate) fn u64_hex(value: u64) -> String {
    format!("{value:016x}")
}

/// Every field of a message.
pub(crate) fn message(message: &Message<'_>) -> Value {
    let sender = &message.sender;
    let digest = message.digest.map(|digest| {
        let lines = digest.lines().map(|line| {
            json!({
                "short_id": u64_hex(line.short),
                "generation": line.generation,
                "max_version": line.max_version,
            })
        });
        let range = digest.range().map(|(first, last)| [u64_hex(first), u64_hex(last)]);
        json!({ "range": range, "lines": lines.collect::<Vec<_>>() })
    });
    let delta = message.delta.map(|delta| delta.participants().map(section).collect::<Vec<_>>());
    let skipped = message.skipped.iter();
    let skipped = skipped.map(|(tag, body)| json!({ "tag": tag, "body": hex(body) }));
    json!({
        "kind": format!("{:?}", message.kind),
        "cluster": u64_hex(message.cluster),
        "sender": {
            "id": hex(sender.id),
            "generation": sender.generation,
            "nonce": u64_hex(sender.nonce),
        },
        "digest": digest,
        "pull": message.pull,
        "delta": delta,
        "skipped": skipped.collect::<Vec<_>>(),
    })
}

fn section(section: ParticipantDelta<'_>) -> Value {
    let entries = section.entries.map(|entry| {
        json!({ "version": entry.version, "key": hex(entry.key), "value": hex(entry.value) })
    });
    json!({
        "id": hex(section.id),
        "generation": section.generation,
        "from": section.from,
        "to": section.to,
        "entries": entries.collect::<Vec<_>>(),
    })
}
