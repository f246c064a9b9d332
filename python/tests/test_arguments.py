"""What is accepted where bytes or numbers are meant, and what is refused with a sentence."""

import array
import enum
from collections.abc import Callable
from typing import Any

import pytest
from common import exchange

import plasmid


class Shape(enum.IntEnum):
    ROUND = 7


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (b"k", b"k"),
        (bytearray(b"k"), b"k"),
        (memoryview(b"k"), b"k"),
        (memoryview(b"k.e.y.")[::2], b"key"),
        (array.array("B", b"key"), b"key"),
        ("k", b"k"),
        ("schlüssel", "schlüssel".encode()),
        ("a\0b", b"a\0b"),
        (0, b"0"),
        (-42, b"-42"),
        (2**80, b"1208925819614629174706176"),
        (Shape.ROUND, b"7"),
    ],
)
def test_ids_keys_and_values_are_words(given: Any, meant: bytes) -> None:
    assert plasmid.Host(given, cluster=None).id == meant
    host = plasmid.Host("a", cluster=given)
    host[given] = given
    assert host.items() == [(meant, meant)]
    assert host.get(given, "a") == host[given] == meant
    assert given in host
    assert host.history(given) == [(1, meant)]
    assert [change.key for change in host.changes(prefix=given)[0]] == [None, meant]
    plasmid.Host("b", cluster=meant).receive(host.initiate())
    del host[given]
    with host.batch() as batch:
        batch.set(given, given)
    assert host.delete(given) == 4
    other = plasmid.Host(given, cluster=given)
    other["k"] = "v"
    exchange(host, other)
    assert host.status(given) == "present"
    assert host.acked_version(given) is None
    exchange(other, host)
    assert host.acked_version(given) == 4
    assert host.last_heard(given) is host.staleness(given) is None
    assert host.evict(given) == 5
    change = plasmid.Change("set", given, given, given, 1, 1)
    assert (change.participant, change.key, change.value) == (meant, meant, meant)


def test_a_value_may_be_empty_and_a_key_may_not() -> None:
    host = plasmid.Host("a")
    host["k"] = b""
    assert host["k"] == b""
    with pytest.raises(plasmid.LimitError, match="key_bytes is 0, the least is 1"):
        host[""] = "v"
    with pytest.raises(plasmid.LimitError, match="id_bytes"):
        plasmid.Host("")


def test_what_was_passed_may_change_afterwards() -> None:
    host = plasmid.Host("a")
    value = bytearray(b"before")
    host["k"] = value
    value[:] = b"after!"
    assert host["k"] == b"before"
    message = bytearray(host.initiate())
    plasmid.Host("b").receive(memoryview(message))


@pytest.mark.parametrize("wrong", [None, True, 1.5, ["k"], object(), array.array("I", [1])])
def test_other_types_are_refused(wrong: Any) -> None:
    host = plasmid.Host("a")
    calls: list[Callable[[], object]] = [
        lambda: plasmid.Host(wrong),
        lambda: host.set(wrong, "v"),
        lambda: host.set("k", wrong),
        lambda: host.get(wrong),
        lambda: host[wrong],
        lambda: wrong in host,
        lambda: host.delete(wrong),
        lambda: host.__delitem__(wrong),
        lambda: batch.set(wrong, "v"),
        lambda: batch.set("k", wrong),
        lambda: batch.delete(wrong),
        lambda: host.evict(wrong),
        lambda: host.status(wrong),
        lambda: host.generation_of(wrong),
        lambda: host.last_heard(wrong),
        lambda: host.staleness(wrong),
        lambda: host.acked_version(wrong),
        lambda: plasmid.Host.restore(wrong),
        lambda: plasmid.Change("join", wrong, None, None, 1, 1),
        lambda: host.receive(wrong),
        lambda: host.exchange().receive(wrong),
        lambda: host.create_stream().receive(wrong),
    ]
    with host.batch() as batch:
        for call in calls:
            with pytest.raises(TypeError, match=f"expected .*, not {type(wrong).__name__}"):
                call()
    assert host.max_version() == 0


@pytest.mark.parametrize("text", ["k", 1])
def test_messages_cursors_and_snapshots_are_bytes_and_nothing_else(text: Any) -> None:
    host = plasmid.Host("a")
    for call in (host.receive, host.changes, plasmid.Host.restore):
        with pytest.raises(TypeError, match="expected bytes, bytearray or memoryview"):
            call(text)


def test_a_lone_surrogate_has_no_utf_8() -> None:
    with pytest.raises(UnicodeEncodeError):
        plasmid.Host("a").set("\ud800", "v")


@pytest.mark.parametrize("option", ["seed", "nonce", "generation", "value_bytes"])
def test_numbers_are_ints_of_64_bits(option: str) -> None:
    make: Any = plasmid.Host
    for wrong in (True, 1.0, "1"):
        with pytest.raises(TypeError, match="expected int, not"):
            make("a", **{option: wrong})
    for wrong in (-1, 2**64):
        with pytest.raises(ValueError, match=r"expected an int from 0 to 2\*\*64 - 1"):
            make("a", **{option: wrong})
    make("a", **{option: 1})


NUMBERS: list[tuple[str, Callable[[Any], object]]] = [
    ("ttl_ms", lambda number: plasmid.Host("a").set("k", "v", number)),
    ("now_ms", lambda number: plasmid.Host("a").tick(number)),
    ("up_to", lambda number: plasmid.Host("a").compact(number)),
    ("limit", lambda number: plasmid.Host("a").changes(limit=number)),
    ("version", lambda number: plasmid.Change("join", "a", None, None, number, 1)),
    ("generation", lambda number: plasmid.Change("join", "a", None, None, 1, number)),
]


@pytest.mark.parametrize(("name", "call"), NUMBERS)
def test_times_and_counts_are_ints_of_64_bits(name: str, call: Callable[[Any], object]) -> None:
    for wrong in (True, 1.0, "1"):
        with pytest.raises(TypeError, match="expected int, not") as mistyped:
            call(wrong)
        assert mistyped.value.__notes__ == [f"while processing '{name}'"]
    for wrong in (-1, 2**64):
        with pytest.raises(ValueError, match=r"expected an int from 0 to 2\*\*64 - 1"):
            call(wrong)
    call(0)
    if name != "up_to":
        call(2**64 - 1)


MAKE: Any = plasmid.Host
HOST: Any = plasmid.Host("a")


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("id", lambda: MAKE(None)),
        ("seed", lambda: MAKE("a", seed=-1)),
        ("value_bytes", lambda: MAKE("a", value_bytes=2**64)),
        ("state_bytes", lambda: MAKE("a", state_bytes="1")),
        ("ordering", lambda: MAKE("a", ordering=1)),
        ("digests", lambda: MAKE("a", digests=0)),
        ("state", lambda: MAKE("a", state=True)),
        ("compaction", lambda: MAKE("a", compaction=None)),
        ("cluster", lambda: MAKE("a", cluster=1.5)),
        ("tombstone_age_ms", lambda: MAKE("a", tombstone_age_ms=None)),
        ("departed", lambda: MAKE.restore(HOST.snapshot(), departed=-1)),
        ("data", lambda: MAKE.restore(None)),
        ("status", lambda: HOST.participants(1)),
        ("prefix", lambda: HOST.changes(prefix=1.5)),
        ("participant", lambda: HOST.changes(participant=[])),
        ("cursor", lambda: HOST.changes("text")),
        ("participant", lambda: HOST.evict(None)),
        ("value", lambda: HOST.set("k", None)),
        ("budget", lambda: HOST.initiate(-1)),
        ("data", lambda: HOST.receive("text")),
        ("end", lambda: HOST.exchange("pull")),
        ("mode", lambda: HOST.create_stream(mode=1)),
        ("max", lambda: HOST.exchange().transmit("1")),
    ],
)
def test_the_argument_at_fault_is_named(name: str, call: Callable[[], object]) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    assert caught.value.__notes__ == [f"while processing '{name}'"]


def test_unknown_options_are_refused() -> None:
    make: Any = plasmid.Host
    with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
        make("a", colour="red")
    with pytest.raises(ValueError, match="ordering is 'depth' or 'breadth', not 'width'"):
        make("a", ordering="width")
    with pytest.raises(ValueError, match="digests is 'smallest', 'plain' or 'sketch', not 'all'"):
        make("a", digests="all")
    with pytest.raises(ValueError, match="compaction is 'auto' or 'manual', not 'never'"):
        make("a", compaction="never")
    with pytest.raises(TypeError):
        make("a", state=True)
    with pytest.raises(TypeError):
        make("a", "breadth")
    with pytest.raises(TypeError):
        make()
    stream: Any = plasmid.Host("a").create_stream
    with pytest.raises(ValueError, match="mode is 'pull' or 'push-pull', not 'push'"):
        stream(mode="push")


def test_ends_of_streams_and_batches_are_made_by_hosts_only() -> None:
    for end in (plasmid.Stream, plasmid.Exchange, plasmid.Batch):
        make: Any = end
        with pytest.raises(TypeError):
            make()


@pytest.mark.parametrize(
    ("limit", "least", "greatest"),
    [
        ("key_bytes", 1, 65535),
        ("value_bytes", 0, 256 << 20),
        ("message_bytes", 512, 256 << 20),
        ("participants", 1, 2**32 - 1),
        ("participant_bytes", 1, 1 << 30),
        ("generation", 0, 2**63 - 1),
        ("departed", 0, 2**32 - 1),
        ("remembered_deletes", 0, 2**32 - 1),
        ("change_records", 0, 2**32 - 1),
    ],
)
def test_options_have_ranges(limit: str, least: int, greatest: int) -> None:
    make: Any = plasmid.Host
    make("a", **{limit: least})
    make("a", **{limit: greatest})
    for value in {max(least, 1) - 1, greatest + 1} - {least}:
        with pytest.raises(plasmid.LimitError) as caught:
            make("a", **{limit: value})
        assert caught.value.limit == limit
        assert caught.value.value == value
        assert caught.value.max == (least if value < least else greatest)
