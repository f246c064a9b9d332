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
DIGEST, PULL, DELTA = 1, 3, 5


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
        require(version < 1 << 60, "a version is not below 2^60")
        return version

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
        "delta": None,
        "skipped": [],
    }
    last, count = -1, 0
    while reader.rest:
        tag, content = reader.varint(), reader.bytes()
        count += 1
        require(count <= 32, "more than 32 sections")
        require(tag > last, "tags do not ascend")
        last = tag
        if tag == DIGEST:
            message["digest"] = decode_digest(Reader(content))
        elif tag == PULL:
            require(not content, "a pull section has a body")
            message["pull"] = True
        elif tag == DELTA:
            message["delta"] = decode_delta(Reader(content))
        else:
            require(tag % 2 == 0, "an odd tag is unknown")
            message["skipped"].append({"tag": tag, "body": content.hex()})
    has_digest, has_delta = message["digest"] is not None, message["delta"] is not None
    require(
        {
            "Syn": has_digest and not has_delta,
            "SynAck": (has_digest or has_delta) and not message["pull"],
            "Ack": has_delta and not has_digest and not message["pull"],
        }[kind],
        "the sections do not fit the kind",
    )
    return message


def decode_digest(reader):
    scope, span = reader.byte(), None
    require(scope in (0, 1), "there is no such scope")
    first, last = 0, MASK
    if scope:
        first, last = reader.u64(), reader.u64()
        require((last - first) & MASK != MASK, "the whole circle is written as complete")
        span = [hex64(first), hex64(last)]
    lines, previous = [], -1
    while reader.rest:
        short, generation, version = reader.u64(), reader.varint(), reader.version()
        distance = (short - first) & MASK
        require(distance > previous, "the lines do not ascend")
        require(distance <= (last - first) & MASK, "a line is out of the range")
        previous = distance
        lines.append({"short_id": hex64(short), "generation": generation, "max_version": version})
    return {"range": span, "lines": lines}


def decode_delta(reader):
    require(reader.rest, "a delta has no section")
    sections, previous = [], b""
    while reader.rest:
        participant = reader.id()
        require(participant > previous, "the participants do not ascend")
        previous = participant
        generation, after, to = reader.varint(), reader.version(), reader.version()
        require(after < to or after == to == 0, "a section does not advance")
        entries = decode_entries(Reader(reader.bytes()), after, to)
        sections.append(
            {
                "id": participant.hex(),
                "generation": generation,
                "from": after,
                "to": to,
                "entries": entries,
            }
        )
    return sections


def decode_entries(reader, after, to):
    entries = []
    while reader.rest:
        version, kind, body = reader.version(), reader.byte(), Reader(reader.bytes())
        require(after < version <= to, "a version is out of order or out of its section")
        require(kind == 1, "there is no such kind of entry")
        key = body.bytes()
        require(key, "a key is empty")
        after = version
        entries.append({"version": version, "key": key.hex(), "value": body.rest.hex()})
    return entries


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
    # An initiator waits for one SynAck or nothing; a responder for a Syn, and after a SynAck with a
    # digest for an Ack or nothing.
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
