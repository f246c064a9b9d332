#!/usr/bin/env python3
"""A decoder of the plasmid wire protocol, version 1, written from core/PROTOCOL.md alone.

It shares nothing with the library and needs nothing but Python: who wants to write another
implementation can start here. Run as a program it checks itself against the golden vectors beside
it, and prints how many there were in messages, refused, hashes, streams, sketches and differences.

    python3 decode.py            check all vectors
    python3 decode.py HEX        print one message
"""

import json
import pathlib
import sys

MASK = (1 << 64) - 1
KINDS = {1: "Syn", 2: "SynAck", 3: "Ack"}
DIGEST, PULL, HEARD, DELTA, CAPABILITIES, ACKED = 1, 3, 4, 5, 8, 10
WANT, SKETCH, CLEAN, STAGED = 11, 12, 17, 19
EVICTED = 1 << 60
STEP = 16
P, P_CHECK = (1 << 61) - 1, (1 << 32) - 5
LONGEST = 768
LADDER = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, LONGEST]


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
    return siphash24(cluster, 0, participant) // STEP * STEP


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
        "capabilities": None,
        "acked": None,
        "want": None,
        "sketch": None,
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
        elif tag == CAPABILITIES:
            message["capabilities"] = body.varint()
            body.end()
        elif tag == ACKED:
            message["acked"] = {"generation": body.varint(), "version": body.version()}
            body.end()
        elif tag == WANT:
            message["want"] = decode_want(body)
        elif tag == SKETCH:
            message["sketch"] = decode_sketch(body)
        elif tag == CLEAN:
            message["clean"] = decode_lines(body, scope, Reader.clean)
        elif tag == STAGED:
            message["staged"] = decode_lines(body, scope, staged)
        else:
            require(tag % 2 == 0, "an odd tag is unknown")
            message["skipped"].append({"tag": tag, "body": content.hex()})
    check_shape(message)
    return message


def check_shape(message):
    """What each kind must and may carry."""

    def has(*names):
        return [message[name] is not None for name in names]

    said, wants, delta = sum(has("digest", "sketch")), has("want")[0], has("delta")[0]
    beside = any(has("heard", "acked", "capabilities"))
    fits = {
        "Syn": not delta and not wants,
        "SynAck": (said or wants or delta or beside) and not message["pull"],
        "Ack": (delta or wants) and not said and not message["pull"],
    }
    require(fits[message["kind"]], "the sections do not fit the kind")
    require(said + wants <= 1, "it is said in more than one way")
    adds = any(has("clean", "staged"))
    require(said or wants or message["skipped"] or not adds, "there is nothing to add to")


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
    lines, generation = [], 0
    for distance in gaps(reader, (scope[1] - scope[0]) & MASK):
        generation ^= reader.varint()
        short = hex64((scope[0] + distance) & MASK)
        line = {"short_id": short, "generation": generation, "max_version": reader.reached()}
        lines.append(line)
    span = [hex64(scope[0]), hex64(scope[1])] if kind else None
    return {"range": span, "lines": lines}, scope


def gaps(reader, last):
    """Where each line is that begins with how many steps it is after the one before."""
    at, is_first = 0, True
    while reader.rest:
        gap = reader.varint()
        require(gap or is_first, "somebody is named twice")
        at, is_first = at + gap * STEP, False
        require(at <= last, "a line is out of the range")
        yield at


def decode_want(reader):
    differ, lines = reader.varint(), []
    for short in gaps(reader, MASK):
        lines.append({"short_id": hex64(short), "from": reader.version()})
    return {"differ": differ, "lines": lines}


def decode_sketch(reader):
    epoch, cells = reader.varint(), []
    while reader.rest:
        cell = reader.u64(), reader.u64(), int.from_bytes(reader.take(4), "big")
        require(cell[1] < P and cell[2] < P_CHECK, "a sum is not reduced")
        cells.append(cell)
    size = len(cells)
    require(size == 1 or (size % 4 == 0 and size // 4 in LADDER), "no sketch has so many cells")
    return {"epoch": epoch, "size": size, "cells": filled(cells)}


def filled(cells):
    """The cells that are not empty, by where they are, as they are written."""
    return {
        str(at): f"{total:016x}{places:016x}{checks:08x}"
        for at, (total, places, checks) in enumerate(cells)
        if (total, places, checks) != (0, 0, 0)
    }


def unfilled(size, cells):
    """The opposite of that."""
    words = (cells.get(str(at), "0" * 40) for at in range(size))
    return [(int(word[:16], 16), int(word[16:32], 16), int(word[32:], 16)) for word in words]


def mixed(value):
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & MASK
    value = (value ^ value >> 27) * 0x94D049BB133111EB & MASK
    return value ^ value >> 31


def plus(a, b, factor=1):
    """The cell `a`, and `factor` times `b`."""
    moduli = (1 << 64, P, P_CHECK)
    return tuple((x + factor * y) % modulus for x, y, modulus in zip(a, b, moduli, strict=True))


class Salt:
    """Where one cluster places what its hosts have, in one epoch."""

    def __init__(self, cluster, epoch):
        factor, offset, self.mix = (
            siphash24(cluster, epoch + 1, name) for name in (b"factor", b"offset", b"mix")
        )
        self.factor, self.offset = factor % (P - 1) + 1, offset % P

    def place(self, short, is_generation):
        return (self.factor * (short // 8 + is_generation) + self.offset) % P

    def owner(self, place):
        """Whose number is at that place, and whether it is the generation."""
        number = (place - self.offset) * pow(self.factor, -1, P) % P
        return number // 2 * STEP, number % 2 == 1

    def check(self, place):
        return mixed(mixed(place ^ self.mix) ^ self.mix) % (P_CHECK - 1) + 1

    def cells(self, place, size):
        """Where what is at that place is counted."""
        if size == 1:
            return [0]
        row, spread = size // 4, mixed(place ^ self.mix).to_bytes(8, "big")
        words = (int.from_bytes(spread[at : at + 2], "big") for at in range(0, 8, 2))
        return [nth * row + word % row for nth, word in enumerate(words)]

    def add(self, cells, place, value):
        one = (1, place, self.check(place))
        for at in self.cells(place, len(cells)):
            cells[at] = plus(cells[at], one, value)

    def sketch(self, size, copies):
        cells = [(0, 0, 0)] * size
        for copy in copies:
            short = int(copy["short_id"], 16)
            if copy["max_version"]:
                self.add(cells, self.place(short, True), copy["generation"])
                self.add(cells, self.place(short, False), copy["max_version"])
        return cells

    def alone(self, cells, at):
        """The number that is alone in that cell, and its place; `None` if there is none."""
        total, places, checks = cells[at]
        value = total - (total >> 63 << 64)
        if value % P == 0:
            return None
        place = places * pow(value, -1, P) % P
        is_sound = value * self.check(place) % P_CHECK == checks
        return (value, place) if is_sound and at in self.cells(place, len(cells)) else None

    def peel(self, cells):
        """All numbers that come out of a difference, by whose they are, and whether it is all."""
        cells, found = list(cells), {}
        for _ in cells:
            alone = filter(None, (self.alone(cells, at) for at in range(len(cells))))
            value, place = next(alone, (0, 0))
            if not value:
                break
            self.add(cells, place, -value)
            short, is_generation = self.owner(place)
            found.setdefault(short, [0, 0])[not is_generation] += value
        names = ("generation", "version")
        differences = [
            {"short_id": hex64(short), **dict(zip(names, found[short], strict=True))}
            for short in sorted(found)
        ]
        return differences, not any(map(any, cells))


def fold(cells, size):
    """A sketch in fewer cells."""
    folded, long, row = [(0, 0, 0)] * size, len(cells) // 4, size // 4
    for at, cell in enumerate(cells if row else cells[:long]):
        into = at // long * row + at % long % row if row else 0
        folded[into] = plus(folded[into], cell)
    return folded


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
    # An initiator waits for one SynAck or nothing, and where that says what its sender has maybe
    # for an Ack or nothing; a responder for a Syn, and after its answer, but to a pull, for an Ack
    # or nothing.
    if vector["to"] == "initiator":
        says = found[0] and (decode(found[0])["digest"] or decode(found[0])["sketch"])
        last = kinds[1:] in ([], *([["Ack"], [b""]] if says else []))
        return kinds[0] not in (b"", "SynAck") or not last
    pulls = found[0] and decode(found[0])["pull"]
    return kinds[0] != "Syn" or (kinds[1:2] != [] and (pulls or kinds[1] not in (b"", "Ack")))


def salt_of(vector):
    cluster = cluster_hash(vector["cluster_name"].encode())
    assert vector["cluster"] == hex64(cluster), vector["name"]
    return cluster, Salt(cluster, vector["epoch"])


def check_ids(cluster, copies):
    for copy in copies:
        short = short_id(cluster, bytes.fromhex(copy["id"]))
        assert copy["short_id"] == hex64(short), copy


def check_sketches(vector):
    cluster, salt = salt_of(vector)
    check_ids(cluster, vector["copies"])
    greatest = salt.sketch(4 * LONGEST, vector["copies"])
    for sketch in vector["sketches"]:
        cells = salt.sketch(sketch["size"], vector["copies"])
        assert filled(cells) == sketch["cells"], vector["name"]
        assert fold(greatest, sketch["size"]) == cells, vector["name"]


def check_difference(vector):
    cluster, salt = salt_of(vector)
    sides = []
    for side in (vector["mine"], vector["theirs"]):
        check_ids(cluster, side["copies"])
        sides.append(unfilled(vector["size"], side["cells"]))
        assert salt.sketch(vector["size"], side["copies"]) == sides[-1], vector["name"]
    mine, theirs = sides
    found = salt.peel([plus(*both, -1) for both in zip(theirs, mine, strict=True)])
    assert found == (vector["differences"], vector["is_whole"]), vector["name"]


def check():
    folder = pathlib.Path(__file__).parent
    load = {
        name: json.loads((folder / f"{name}.json").read_text("utf-8"))
        for name in ("messages", "refused", "hashes", "streams", "sketches", "differences")
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
                expected = ("Syn" if turn["from"] == "initiator" else "SynAck", "Ack")
                assert not frame or decode(frame)["kind"] in expected, vector["name"]
    for vector in load["sketches"]:
        check_sketches(vector)
    for vector in load["differences"]:
        check_difference(vector)
    print(json.dumps([len(vectors) for vectors in load.values()]))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(decode(bytes.fromhex(sys.argv[1])), indent=2))
    else:
        check()
