"""The transcripts' language, spoken through Python. `tests/transcripts/README.md` describes it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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


def run(script: str) -> str:
    """Run a script, and give it back with the real output under each command."""
    stage = Stage()
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
        case plasmid.DecodeError():
            return "error malformed"
        case plasmid.ForeignError():
            return "error foreign"
        case plasmid.LimitError():
            return f"error limit {error.limit}"
        case plasmid.BudgetError():
            return f"error budget {error.needed}"
    raise error


def updates(found: list[tuple[int, bytes, bytes]]) -> Lines:
    return [f"{version} {show(key)} {show(value)}" for version, key, value in found] or ["none"]


def yes(answer: bool) -> Lines:
    return ["yes" if answer else "no"]


def bound(words: Sequence[str]) -> int:
    return int(words[0]) if words else _DEFAULT_BYTES


@dataclass
class Stage:
    """Everything that a script has named so far."""

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
        if isinstance(outcome, list):
            return outcome
        if not isinstance(outcome, bytes):
            self.ends[name] = outcome
            return []
        self.buffers[name] = outcome
        if words[0] in ("cut", "flip", "mend"):
            return []
        return [f"{len(outcome)} bytes" if outcome else "nothing"]

    def command(self, words: list[str]) -> Lines | bytes | End:
        match words:
            case ["host", name, *rest]:
                return self.host(name, rest)
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
                return self.buffers[name][: int(length)]
            case ["flip", name, offset, mask]:
                changed = bytearray(self.buffers[name])
                changed[int(offset)] ^= int(mask, 16)
                return bytes(changed)
            case ["mend", name]:
                return mended(self.buffers[name])
            case [name, *verb] if name in self.hosts:
                return self.host_verb(self.hosts[name], verb)
            case [name, *verb] if name in self.ends:
                return self.end_verb(self.ends[name], verb)
        raise ValueError("not understood")

    def host(self, name: str, rest: list[str]) -> Lines:
        self.nonce += 1
        limits = "key_bytes value_bytes message_bytes participants keys_per_participant"
        limits += " participant_bytes state_bytes"
        given: dict[str, Any] = {
            "id": name.encode(),
            "generation": 1,
            "seed": 1,
            "nonce": self.nonce,
        }
        given |= options(
            rest,
            id=parse,
            ordering=str,
            history=lambda word: {"true": True, "false": False}[word],
            generation=int,
            seed=int,
            cluster=parse,
            **dict.fromkeys(limits.split(), int),
        )
        if "history" in given:
            given["state"] = plasmid.LocalState(given.pop("history"))
        self.hosts[name] = plasmid.Host(**given)
        return []

    def host_verb(self, host: plasmid.Host, words: list[str]) -> Lines | bytes | End:
        match words:
            case ["set", key, value]:
                return [str(host.set(parse(key), parse(value)))]
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
            case ["participants"]:
                return [f"{show(id)} {host.max_version(id)}" for id in host.participants()]
            case ["max_version", participant]:
                return [str(host.max_version(parse(participant)))]
            case ["conflicts" | "skipped" | "room_needed" as counter]:
                return [str(getattr(host, counter))]
            case ["initiate", *budget]:
                return host.initiate(bound(budget))
            case ["receive", message, *budget]:
                return host.receive(self.buffers[message], bound(budget))
            case ["create_stream", *rest]:
                return host.create_stream(**options(rest, end=lambda w: w == "true", mode=str))
            case ["exchange", *rest]:
                return host.exchange(**options(rest, end=lambda w: w == "true"))
        raise ValueError("not understood")

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
        for host in (b, a, b):
            message = message and host.receive(message, budget)
            sizes.append(len(message))
        if message:
            raise ValueError("a fourth message in an exchange")
        return [" ".join(map(str, sizes[:3]))]

    def whole(self, host: plasmid.Host) -> dict[bytes, object]:
        """All that a host holds of those who wrote."""
        wrote = [id for id in host.participants() if host.max_version(id)]
        return {id: (host.max_version(id), entries(host, id)) for id in wrote}


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
