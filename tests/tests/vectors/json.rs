//! Decoded messages as JSON: bytes and hashes in hex, numbers as numbers, `null` for what is not
//! there.

use plasmid::Host;
use plasmid::wire::{Body, Cell, Clean, Entry, Message, ParticipantDelta, WantLine};
use plasmid_tests::craft;
use plasmid_tests::dump::{Copy, Dump};
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
    let Message { sender, digest, delta, .. } = message;
    let digest = digest.map(|digest| {
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
    let heard = message.heard.map(|lines| {
        let line = lines.map(|line| {
            json!({
                "short_id": u64_hex(line.short),
                "generation": line.generation,
                "age_ms": line.age_ms,
                "version": line.version,
            })
        });
        line.collect::<Vec<_>>()
    });
    let acked = message
        .acked
        .map(|acked| json!({ "generation": acked.generation, "version": acked.version }));
    let want = message.want.map(|want| {
        let line = |line: WantLine| json!({ "short_id": u64_hex(line.short), "from": line.from });
        json!({ "differ": want.differ, "lines": want.lines().map(line).collect::<Vec<_>>() })
    });
    let sketch = message.sketch.map(|sketch| {
        let cells = sketch.cells().collect::<Vec<_>>();
        json!({ "epoch": sketch.epoch, "size": sketch.size(), "cells": filled(&cells) })
    });
    let cleans = message.clean.map(|lines| {
        let line = lines.map(|line| {
            let Clean { g, p, m0 } = line.clean;
            json!({ "short_id": u64_hex(line.short), "g": g, "p": p, "m0": m0 })
        });
        line.collect::<Vec<_>>()
    });
    let staged = message.staged.map(|lines| {
        let line = lines.map(|line| {
            let short = u64_hex(line.short);
            json!({ "short_id": short, "version": line.version, "offset": line.offset })
        });
        line.collect::<Vec<_>>()
    });
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
        "heard": heard,
        "delta": delta.map(|delta| delta.participants().map(section).collect::<Vec<_>>()),
        "capabilities": message.capabilities,
        "acked": acked,
        "want": want,
        "sketch": sketch,
        "clean": cleans,
        "staged": staged,
        "skipped": skipped.collect::<Vec<_>>(),
    })
}

/// The cells that are not empty, by where they are.
pub(crate) fn filled(cells: &[Cell]) -> Value {
    let filled = cells.iter().enumerate().filter(|(_, cell)| **cell != Cell::default());
    let filled = filled.map(|(at, cell)| (at.to_string(), Value::from(hex(&craft::cell(cell)))));
    Value::Object(filled.collect())
}

fn section(section: ParticipantDelta<'_>) -> Value {
    let keep = section.keep.map(|keep| {
        let Clean { g, p, m0 } = keep.clean;
        let versions = keep.versions().collect::<Vec<_>>();
        json!({ "g": g, "p": p, "m0": m0, "end": keep.to, "versions": versions })
    });
    let piece = section.piece.map(|piece| {
        json!({
            "version": piece.version,
            "total": piece.total,
            "offset": piece.offset,
            "bytes": hex(piece.bytes),
        })
    });
    json!({
        "id": hex(section.id),
        "generation": section.generation,
        "from": section.from,
        "to": section.to,
        "gc_version": section.gc_version,
        "horizon": section.horizon,
        "keep": keep,
        "entries": section.entries.map(entry).collect::<Vec<_>>(),
        "piece": piece,
    })
}

fn entry(entry: Entry<'_>) -> Value {
    let version = entry.version;
    let ops = entry.ops().map(|op| json!({ "key": hex(op.key), "value": op.value.map(hex) }));
    match entry.body {
        Body::One(op) => match op.value {
            Some(value) => {
                let (key, value) = (hex(op.key), hex(value));
                json!({ "version": version, "kind": "Set", "key": key, "value": value })
            }
            None => json!({ "version": version, "kind": "Delete", "key": hex(op.key) }),
        },
        Body::Batch(_) => {
            json!({ "version": version, "kind": "Batch", "ops": ops.collect::<Vec<_>>() })
        }
        Body::Compact { up_to } => {
            json!({ "version": version, "kind": "Compact", "up_to": up_to })
        }
        Body::Leave => json!({ "version": version, "kind": "Leave" }),
        Body::Evict { participant, generation } => {
            let id = hex(participant);
            json!({ "version": version, "kind": "Evict", "id": id, "generation": generation })
        }
    }
}

/// What a host holds of others, and how many times it could not take something in.
pub(crate) fn others(host: &Host) -> Value {
    let copy = |(id, copy): (&Vec<u8>, &Copy)| {
        let updates = copy.updates.iter().map(|(version, key, value)| {
            let value = value.as_ref().map(|value| hex(value));
            json!({ "version": version, "key": hex(key), "value": value })
        });
        json!({
            "id": hex(id),
            "status": copy.status.map(plasmid::Status::name),
            "generation": copy.generation,
            "max_version": copy.max_version,
            "gc_version": copy.gc_version,
            "updates": updates.collect::<Vec<_>>(),
        })
    };
    let copies = Dump::of(host).copies;
    let others = copies.iter().filter(|(id, _)| **id != host.id()).map(copy);
    json!({ "skipped": host.skipped(), "participants": others.collect::<Vec<_>>() })
}
