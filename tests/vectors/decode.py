#!/usr/bin/env python3
"""A decoder of the plasmid wire protocol, version 1, written from core/PROTOCOL.md alone.

It shares nothing with the library and needs nothing but Python: who wants to write another
implementation can start here. Run as a program it checks itself against the golden vectors beside
it, and prints how many there were in messages, refused, hashes and streams.

    python3 decode.py            check all vectors
    python3 decode.py HEX        print one message
"""

import json
import pathlib
import sys

MASK = (1 << 64) - 1
KINDS = {1: "Syn", 2: "SynAck", 3: "Ack"}
DIGEST, PULL, HEARD, DELTA, ACKED, CLEAN, STAGED = 1, 3, 4, 5, 10, 17, 19
EVICTED = 1 << 60


class Malformed(Exception):
    """The bytes break a rule of the grammar."""


def require(condition, rule):
    if not condition:
        raise Malformed(rule)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def siphash24(k0, k1, data):
    def rotate(x, bits):
        return (x << bits | x >> (64 - bits)) & MASK

    v = [
        k0 ^ 0x736F6D6570736575,
        k1 ^ 0x646F72616E646F6D,
        k0 ^ 0x6C7967656E657261,
        k1 ^ 0x7465646279746573,
    ]

    def rounds(count):
        for _ in range(count):
            v[0] = (v[0] + v[1]) & MASK
            v[1] = rotate(v[1], 13) ^ v[0]
            v[0] = rotate(v[0], 32)
            v[2] = (v[2] + v[3]) & MASK
            v[3] = rotate(v[3], 16) ^ v[2]
            v[0] = (v[0] + v[3]) & MASK
            v[3] = rotate(v[3], 21) ^ v[0]
            v[2] = (v[2] + v[1]) & MASK
            v[1] = rotate(v[1], 17) ^ v[2]
            v[2] = rotate(v[2], 32)

    # Words of eight bytes, the last one filled up with the length.
    padded = data + bytes(7 - len(data) % 8) + bytes([len(data) & 0xFF])
    for at in range(0, len(padded), 8):
        word = int.from_bytes(padded[at : at + 8], "little")
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    v[2] ^= 0xFF
    rounds(4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def cluster_hash(name):
    return siphash24(0, 0, name)


def short_id(cluster, participant):
    return siphash24(cluster, 0, participant)


class Reader:
    """Reads from the front; every read is checked against what remains."""

    def __init__(self, data):
        self.rest = data

    def take(self, count):
        require(count <= len(self.rest), "it ends early")
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def byte(self):
        return self.take(1)[0]

    def u64(self):
        return int.from_bytes(self.take(8), "big")

    def varint(self):
        value = 0
        for at in range(9):
            byte = self.byte()
            value |= (byte & 0x7F) << 7 * at
            if byte < 0x80:
                require(byte or not at, "a number is not in its shortest form")
                return value
        raise Malformed("a number is not below 2^63")

    def version(self):
        version = self.varint()
        require(version < EVICTED, "a version is not below 2^60")
        return version

    def reached(self):
        version = self.varint()
        require(version <= EVICTED, "a version is above 2^60")
        return version

    def clean(self):
        g, p, m0 = self.version(), self.version(), self.version()
        require(p <= m0 < g, "a check that never ends")
        return {"g": g, "p": p, "m0": m0}

    def end(self):
        require(not self.rest, "it goes on after its end")

    def bytes(self):
        return self.take(self.varint())

    def id(self):
        participant = self.bytes()
        require(1 <= len(participant) <= 128, "an id is not 1 to 128 bytes long")
        return participant


def hex64(value):
    return f"{value:016x}"


def decode(data):
    """The fields of a message, in the form of messages.json."""
    require(len(data) > 4, "it ends early")
    body, crc = data[:-4], data[-4:]
    require(body[0] == 1, "the wire version is not 1")
    require(crc32c(body) == int.from_bytes(crc, "little"), "the checksum does not match")
    reader = Reader(body[1:])
    kind = KINDS.get(reader.byte())
    require(kind, "there is no such kind")
    cluster = reader.u64()
    sender = {"id": reader.id().hex(), "generation": reader.varint(), "nonce": hex64(reader.u64())}
    message = {
        "kind": kind,
        "cluster": hex64(cluster),
        "sender": sender,
        "digest": None,
        "pull": False,
        "heard": None,
        "delta": None,
        "acked": None,
        "clean": None,
        "staged": None,
        "skipped": [],
    }
    scope = (0, MASK)
    last, count = -1, 0
    while reader.rest:
        tag, content = reader.varint(), reader.bytes()
        count += 1
        require(count <= 32, "more than 32 sections")
        require(tag > last, "tags do not ascend")
        last = tag
        body = Reader(content)
        if tag == DIGEST:
            message["digest"], scope = decode_digest(body)
        elif tag == PULL:
            body.end()
            message["pull"] = True
        elif tag == HEARD:
            message["heard"] = decode_lines(body, (0, MASK), heard)
        elif tag == DELTA:
            message["delta"] = decode_delta(body)
        elif tag == ACKED:
            message["acked"] = {"generation": body.varint(), "version": body.version()}
            body.end()
        elif tag == CLEAN:
            message["clean"] = decode_lines(body, scope, Reader.clean)
        elif tag == STAGED:
            message["staged"] = decode_lines(body, scope, staged)
        else:
            require(tag % 2 == 0, "an odd tag is unknown")
            message["skipped"].append({"tag": tag, "body": content.hex()})
    has_digest, has_delta = message["digest"] is not None, message["delta"] is not None
    beside = message["heard"] or message["acked"]
    require(
        {
            "Syn": has_digest and not has_delta,
            "SynAck": (has_digest or has_delta or beside) and not message["pull"],
            "Ack": has_delta and not has_digest and not message["pull"],
        }[kind],
        "the sections do not fit the kind",
    )
    require(has_digest or not (message["clean"] or message["staged"]), "there is no digest")
    return message


def decode_lines(reader, scope, read):
    """What `read` finds after each short id; these ascend within `scope`, from its first."""
    (first, last), lines, previous = scope, [], -1
    while reader.rest or not lines:
        short = reader.u64()
        distance = (short - first) & MASK
        require(distance > previous, "the lines do not ascend")
        require(distance <= (last - first) & MASK, "a line is out of the range")
        previous = distance
        lines.append({"short_id": hex64(short), **read(reader)})
    return lines


def copy(reader):
    return {"generation": reader.varint(), "max_version": reader.reached()}


def heard(reader):
    generation = int.from_bytes(reader.take(2), "big")
    return {"generation": generation, "age_ms": reader.varint(), "version": reader.version()}


def staged(reader):
    version, offset = reader.version(), reader.varint()
    require(version and offset, "a part of nothing")
    return {"version": version, "offset": offset}


def decode_digest(reader):
    """The digest, and the first and the last short id that it speaks of."""
    kind, scope = reader.byte(), (0, MASK)
    require(kind in (0, 1), "there is no such scope")
    if kind:
        scope = reader.u64(), reader.u64()
        require((scope[1] - scope[0]) & MASK != MASK, "the whole circle is written as complete")
    lines = decode_lines(reader, scope, copy) if reader.rest else []
    span = [hex64(scope[0]), hex64(scope[1])] if kind else None
    return {"range": span, "lines": lines}, scope


def decode_delta(reader):
    sections, previous = [], b""
    while reader.rest or not sections:
        participant = reader.id()
        require(participant > previous, "the participants do not ascend")
        previous = participant
        sections.append({"id": participant.hex(), **decode_section(reader)})
    return sections


def decode_section(reader):
    generation, after, to = reader.varint(), reader.version(), reader.reached()
    parts = reader.byte()
    require(parts < 16, "there is no such part")
    gc_version = reader.version() if parts & 1 else 0
    require(gc_version or not parts & 1, "a gc_version of 0 is written")
    horizon = reader.version() if parts & 2 else to
    require(horizon != to or not parts & 2, "a horizon is written that is as to")
    keep = decode_keep_list(Reader(reader.bytes())) if parts & 4 else None
    entries = decode_entries(Reader(reader.bytes()), after, to)
    piece = decode_piece(reader) if parts & 8 else None
    is_bare = after == 0 and to in (0, EVICTED) and not parts and not entries
    require(is_bare or after < to < EVICTED or (after == to and parts & 12), "it tells nothing")
    require(gc_version <= horizon, "a gc_version is beyond the horizon")
    require(to <= horizon or after == to, "it tells more than its sender has")
    require(not keep or keep["g"] <= gc_version, "a keep list of what was not compacted")
    require(not piece or to < piece["version"] <= horizon, "the piece is not of what is next")
    if entries and entries[-1]["kind"] == "Leave":
        require(not parts and entries[-1]["version"] == to, "something is kept of who left")
    return {
        "generation": generation,
        "from": after,
        "to": to,
        "gc_version": gc_version,
        "horizon": horizon,
        "keep": keep,
        "entries": entries,
        "piece": piece,
    }


def decode_keep_list(reader):
    keep = {**reader.clean(), "end": reader.version(), "versions": []}
    require(keep["p"] <= keep["end"] <= keep["m0"], "a keep list ends where it may not")
    version = keep["p"]
    while reader.rest:
        gap = reader.version()
        version += gap
        require(gap and version <= keep["end"], "a keep list does not ascend to its end")
        keep["versions"].append(version)
    return keep


def decode_piece(reader):
    version, total, offset = reader.version(), reader.varint(), reader.varint()
    data = reader.bytes()
    require(data and offset + len(data) <= total, "a piece is empty, or beyond its entry")
    return {"version": version, "total": total, "offset": offset, "bytes": data.hex()}


def decode_entries(reader, after, to):
    entries, kinds = [], []
    while reader.rest:
        version, kind, body = reader.version(), reader.byte(), Reader(reader.bytes())
        require(after < version <= to, "a version is out of order or out of its section")
        require("Leave" not in kinds, "an entry after its owner left")
        after = version
        name, fields = decode_entry(kind, version, body)
        body.end()
        require(name != "Compact" or name not in kinds, "two compactions")
        kinds.append(name)
        entries.append({"version": version, "kind": name, **fields})
    return entries


def decode_entry(kind, version, body):
    if kind == 1:
        return "Set", {"key": key(body.bytes()), "value": body.take(len(body.rest)).hex()}
    if kind == 2:
        return "Delete", {"key": key(body.take(len(body.rest)))}
    if kind == 3:
        return "Batch", {"ops": decode_batch(body)}
    if kind == 4:
        up_to = body.version()
        require(1 <= up_to < version, "a compaction reaches nowhere, or beyond itself")
        return "Compact", {"up_to": up_to}
    if kind == 5:
        return "Leave", {}
    require(kind == 6, "there is no such kind of entry")
    return "Evict", {"id": body.id().hex(), "generation": body.varint()}


def decode_batch(body):
    ops = []
    while body.rest:
        kind, name = body.byte(), key(body.bytes())
        require(kind in (1, 2), "there is no such kind of op")
        require(not ops or ops[-1]["key"] < name, "the keys do not ascend")
        ops.append({"key": name, "value": body.bytes().hex() if kind == 1 else None})
    require(len(ops) >= 2, "a batch of fewer than two")
    return ops


def key(data):
    require(data, "a key is empty")
    return data.hex()


def frames(data):
    """The frames of a byte stream; empty ones stand for nothing to say."""
    reader, found = Reader(data), []
    while reader.rest:
        found.append(reader.bytes())
    return found


def is_refused(data, cluster=cluster_hash(b"")):
    try:
        return decode(data)["cluster"] != hex64(cluster)
    except Malformed:
        return True


def is_out_of_turn(vector):
    """Whether the frames are no messages of this cluster, or not those that the end waits for."""
    try:
        found = frames(bytes.fromhex(vector["hex"]))
    except Malformed:
        return True
    if any(frame and is_refused(frame) for frame in found):
        return True
    kinds = [frame and decode(frame)["kind"] for frame in found]
    # An initiator waits for one SynAck or nothing; a responder for a Syn, and after its answer, but
    # to a pull, for an Ack or nothing.
    if vector["to"] == "initiator":
        return len(kinds) > 1 or kinds[0] not in (b"", "SynAck")
    pulls = found[0] and decode(found[0])["pull"]
    return kinds[0] != "Syn" or (kinds[1:2] != [] and (pulls or kinds[1] not in (b"", "Ack")))


def check():
    folder = pathlib.Path(__file__).parent
    load = {
        name: json.loads((folder / f"{name}.json").read_text("utf-8"))
        for name in ("messages", "refused", "hashes", "streams")
    }
    for vector in load["messages"]:
        message = decode(bytes.fromhex(vector["hex"]))
        assert message == vector["message"], vector["name"]
        assert message["cluster"] == hex64(cluster_hash(vector["cluster_name"].encode()))
    for vector in load["refused"]:
        assert is_refused(bytes.fromhex(vector["hex"])), vector["name"]
    for vector in load["hashes"]:
        cluster = cluster_hash(bytes.fromhex(vector["cluster_name"]))
        assert vector["cluster"] == hex64(cluster), vector
        assert vector["short_id"] == hex64(short_id(cluster, bytes.fromhex(vector["id"]))), vector
    for vector in load["streams"]:
        if "error" in vector:
            assert is_out_of_turn(vector), vector["name"]
            continue
        for turn in vector["turns"]:
            for frame in frames(bytes.fromhex(turn["hex"])):
                expected = ("Syn", "Ack") if turn["from"] == "initiator" else ("SynAck",)
                assert not frame or decode(frame)["kind"] in expected, vector["name"]
    print(json.dumps([len(vectors) for vectors in load.values()]))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(decode(bytes.fromhex(sys.argv[1])), indent=2))
    else:
        check()
