"""The transcripts' language, spoken through Python. `tests/transcripts/README.md` describes it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from common import mended

import plasmid

# Budget of a message, and greatest piece of a stream, where the script names none.
_DEFAULT_BYTES = 65536
# Strings longer than this that repeat one byte are printed as that byte and a count.
_LONGEST_PLAIN = 32

_ESCAPE = re.compile(rb"\\x([0-9a-f]{2})")
_PLAIN = {*range(0x21, 0x7F)} - {*b'"$\\'}

Lines = list[str]
End = plasmid.Stream | plasmid.Exchange
# What a command prints; bytes whose size is printed; an end; bytes, and what is printed beside.
Outcome = Lines | bytes | End | tuple[bytes, Lines]

_NUMBERS = """
    generation seed tombstone_age_ms evict_after_ms generation_ahead_ms
    key_bytes value_bytes message_bytes participants keys_per_participant participant_bytes
    state_bytes departed fragment_bytes remembered_deletes change_records
"""


def run(script: str, folder: Path, *, durable: bool) -> str:
    """Run a script, and give it back with the real output under each command.

    Files are in the folder, which is empty. Hosts have one where the script says so, or always.
    """
    stage = Stage(folder, durable)
    text: Lines = []
    for number, line in enumerate(script.splitlines(), 1):
        if line.startswith("> "):
            continue
        text.append(line)
        if line and not line.startswith("#"):
            try:
                text += [f"> {output}" for output in stage.line(line)]
            except Exception as error:
                error.add_note(f"line {number}: {line}")
                raise
    return "".join(f"{line}\n" for line in text)


def parse(word: str) -> bytes:
    """The bytes that a word stands for."""
    if word == '""':
        return b""
    plain, _, count = word.partition("\\*")
    unescaped = _ESCAPE.sub(lambda match: bytes.fromhex(match[1].decode()), plain.encode())
    return unescaped * int(count or 1)


def show(data: bytes) -> str:
    """The word that stands for the bytes."""
    if not data:
        return '""'
    if len(data) > _LONGEST_PLAIN and len(set(data)) == 1:
        return f"{show(data[:1])}\\*{len(data)}"
    return "".join(chr(byte) if byte in _PLAIN else f"\\x{byte:02x}" for byte in data)


def options(words: Sequence[str], **kinds: Callable[[str], Any]) -> dict[str, Any]:
    pairs = [word.split("=", 1) for word in words]
    return {name: kinds[name](value) for name, value in pairs}


def refusal(error: plasmid.Error) -> str:
    match error:
        case plasmid.DecodeError() | plasmid.DamagedError():
            return "error malformed"
        case plasmid.InUseError():
            return "error in_use"
        case plasmid.ForeignError():
            return "error foreign"
        case plasmid.LimitError():
            return f"error limit {error.limit}"
        case plasmid.BudgetError():
            return f"error budget {error.needed}"
        case plasmid.ConflictError():
            return "error conflict"
        case plasmid.LeftError():
            return "error left"
        case plasmid.CursorError():
            return "error cursor"
        case plasmid.UnknownParticipantError():
            return "error unknown_participant"
        case plasmid.OwnParticipantError():
            return "error own_participant"
    raise error


def spell(number: int, *data: bytes | None) -> str:
    """A number, and the words behind it that there are."""
    return " ".join([str(number), *(show(part) for part in data if part is not None)])


def updates(found: Sequence[tuple[int, bytes, bytes | None]]) -> Lines:
    return [spell(*update) for update in found] or ["none"]


def change(change: plasmid.Change) -> str:
    words = [change.kind, show(change.participant), str(change.version)]
    return " ".join([*words, spell(change.generation, change.key, change.value)])


def or_none(found: object) -> Lines:
    return ["none" if found is None else str(found)]


def yes(answer: bool) -> Lines:
    return ["yes" if answer else "no"]


def bound(words: Sequence[str]) -> int:
    return int(words[0]) if words else _DEFAULT_BYTES


@dataclass
class Stage:
    """Everything that a script has named so far."""

    folder: Path
    # Whether every host has a file, also where the script names none.
    durable: bool
    hosts: dict[str, plasmid.Host] = field(default_factory=dict)
    ends: dict[str, End] = field(default_factory=dict)
    buffers: dict[str, bytes] = field(default_factory=dict)
    # How many `host` commands there were; the nonce of the last.
    nonce: int = 0

    def line(self, line: str) -> Lines:
        """Run one command line, and give what it prints."""
        words = line.split(" ")
        if words[0] == "for":
            printed: Lines = []
            for number in range(int(words[1]), int(words[2]) + 1):
                printed = self.line(" ".join(words[3:]).replace("$", str(number)))
            return printed
        name, words = (words[0], words[2:]) if words[1:2] == ["="] else ("", words)
        try:
            outcome = self.command(words)
        except plasmid.Error as error:
            return [refusal(error)]
        match outcome:
            case list():
                return outcome
            case bytes():
                self.buffers[name] = outcome
                return [f"{len(outcome)} bytes" if outcome else "nothing"]
            case plasmid.Stream() | plasmid.Exchange():
                self.ends[name] = outcome
                return []
        self.buffers[name], lines = outcome
        return lines

    def command(self, words: list[str]) -> Outcome:
        match words:
            case ["host", name, *rest]:
                self.hosts[name] = self.host(name, rest)
                return []
            case [name, "close"]:
                self.hosts.pop(name).close()
                return []
            case ["same", a, b]:
                return yes(self.whole(self.hosts[a]) == self.whole(self.hosts[b]))
            case ["exchange", a, b, *budget]:
                return self.exchange(self.hosts[a], self.hosts[b], bound(budget))
            case ["pull", a, b]:
                return pump(self.hosts[a].create_stream(), self.hosts[b].exchange())
            case ["pump", stream, answerer, *rest]:
                ends = self.ends[stream], self.ends[answerer]
                return pump(*ends, **options(rest, chunk=int))
            case ["hex", *digits]:
                return bytes.fromhex("".join(digits))
            case ["join", a, b]:
                return self.buffers[a] + self.buffers[b]
            case ["cut", name, length]:
                return self.buffers[name][: int(length)], []
            case ["flip", name, offset, mask]:
                changed = bytearray(self.buffers[name])
                changed[int(offset)] ^= int(mask, 16)
                return bytes(changed), []
            case ["mend", name]:
                return mended(self.buffers[name]), []
            case [name, *verb] if name in self.hosts:
                return self.host_verb(self.hosts[name], verb)
            case [name, *verb] if name in self.ends:
                return self.end_verb(self.ends[name], verb)
        raise ValueError("not understood")

    def host(self, name: str, rest: list[str]) -> plasmid.Host:
        self.nonce += 1
        given: dict[str, Any] = {"id": name.encode(), "generation": 1, "seed": 1}
        given |= options(
            rest,
            id=parse,
            restore=self.buffers.__getitem__,
            path=str,
            relaxed=truth,
            ordering=str,
            digests=str,
            compress=truth,
            history=truth,
            compaction=str,
            cluster=parse,
            **dict.fromkeys(_NUMBERS.split(), int),
        )
        given["nonce"] = self.nonce
        history, relaxed = given.pop("history", True), given.pop("relaxed", False)
        snapshot, file = given.pop("restore", None), given.pop("path", None)
        if file is None and self.durable:
            file = f"of host {self.nonce}"
        restored = None
        if snapshot is not None:
            del given["id"]
            state = plasmid.LocalState(history)
            restored = plasmid.Host.restore(snapshot, state=state, **given)
        if file is None:
            return restored or plasmid.Host(state=plasmid.LocalState(history), **given)
        path = self.folder / file
        if restored and snapshot is not None:
            given["id"] = restored.id
            path.write_bytes(snapshot)
        return plasmid.Host(state=plasmid.DurableState(path, history, relaxed), **given)

    def host_verb(self, host: plasmid.Host, words: list[str]) -> Outcome:
        match words:
            case ["set", key, value, *rest]:
                return [str(host.set(parse(key), parse(value), **options(rest, ttl_ms=int)))]
            case ["delete", key]:
                return [str(host.delete(parse(key)))]
            case ["batch", *writes]:
                return [str(batch(host, writes))]
            case ["tick", now]:
                host.tick(int(now))
                return []
            case ["compact", *up_to]:
                return [str(host.compact(*map(int, up_to)))]
            case ["leave" | "renew" as verb]:
                return [str(getattr(host, verb)())]
            case ["evict", participant]:
                return [str(host.evict(parse(participant)))]
            case ["get", key]:
                value_found = host.get(parse(key))
                return ["none" if value_found is None else show(value_found)]
            case ["get_from", participant, key]:
                value_found = host.get(parse(key), parse(participant))
                return ["none" if value_found is None else show(value_found)]
            case ["history", participant, key]:
                kept = host.history(parse(key), parse(participant))
                return updates([(version, parse(key), value) for version, value in kept])
            case ["entries", participant]:
                return updates(entries(host, parse(participant)))
            case ["updates", participant]:
                return updates(host.updates(parse(participant)))
            case ["participants", *rest]:
                ids = host.participants(**options(rest, status=status))
                return [f"{show(id)} {host.max_version(id)}" for id in ids] or ["none"]
            case ["max_version", participant]:
                return [str(host.max_version(parse(participant)))]
            case ["gc_version", *participant]:
                return or_none(host.gc_version(*map(parse, participant)))
            case ["generation", participant]:
                return or_none(host.generation_of(parse(participant)))
            case ["status" | "last_heard" | "staleness" | "acked_version" as verb, participant]:
                return or_none(getattr(host, verb)(parse(participant)))
            case ["generation" | "conflicts" | "skipped" | "forgotten" | "room_needed" as number]:
                return [str(getattr(host, number))]
            case ["changes", *rest]:
                return self.changes(host, rest)
            case ["snapshot"]:
                return host.snapshot()
            case ["initiate", *budget]:
                return host.initiate(bound(budget))
            case ["receive", message, *budget]:
                return host.receive(self.buffers[message], bound(budget))
            case ["create_stream", *rest]:
                return host.create_stream(**options(rest, end=truth, mode=str))
            case ["exchange", *rest]:
                return host.exchange(**options(rest, end=truth))
        raise ValueError("not understood")

    def changes(self, host: plasmid.Host, words: list[str]) -> tuple[bytes, Lines]:
        cursor = self.buffers[words.pop(0)] if words and "=" not in words[0] else None
        given = options(words, limit=int, prefix=parse, participant=parse)
        found, cursor = host.changes(cursor, **given)
        return cursor, [change(one) for one in found] or ["none"]

    def end_verb(self, end: End, words: list[str]) -> Lines | bytes:
        match words:
            case ["gossip"]:
                end.gossip()
                return []
            case ["receive", message]:
                end.receive(self.buffers[message])
                return []
            case ["transmit", *most]:
                return end.transmit(bound(most))
            case ["finished"]:
                return yes(end.finished)
            case ["rounds"]:
                return [str(end.rounds)]
        raise ValueError("not understood")

    def exchange(self, a: plasmid.Host, b: plasmid.Host, budget: int) -> Lines:
        message = a.initiate(budget)
        sizes = [len(message)]
        for host in (b, a, b, a):
            message = message and host.receive(message, budget)
            sizes.append(len(message))
        if message:
            raise ValueError("a fifth message in an exchange")
        return [" ".join(map(str, sizes[: 4 if sizes[3] else 3]))]

    def whole(self, host: plasmid.Host) -> dict[bytes, object]:
        """All that a host holds of those who wrote."""
        wrote = [id for id in host.participants() if host.max_version(id)]
        return {id: (host.max_version(id), entries(host, id)) for id in wrote}


def truth(word: str) -> bool:
    return {"true": True, "false": False}[word]


def status(word: str) -> str | None:
    return None if word == "all" else word


def batch(host: plasmid.Host, words: list[str]) -> int:
    with host.batch() as block:
        while words:
            match words:
                case ["set", key, value, *words]:
                    block.set(parse(key), parse(value))
                case ["delete", key, *words]:
                    block.delete(parse(key))
                case _:
                    raise ValueError("half a write")
    return block.version


def entries(host: plasmid.Host, participant: bytes) -> list[tuple[int, bytes, bytes]]:
    items = host.items(participant)
    return [(host.history(key, participant)[0][0], key, value) for key, value in items]


def pump(stream: End, answerer: End, chunk: int = _DEFAULT_BYTES) -> Lines:
    out = back = 0
    while True:
        sent = stream.transmit(chunk)
        answerer.receive(sent)
        answer = answerer.transmit(chunk)
        stream.receive(answer)
        if not sent and not answer:
            return [f"{out} {back}"]
        out += len(sent)
        back += len(answer)
