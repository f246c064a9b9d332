"""What is accepted where bytes or numbers are meant, and what is refused with a sentence."""

import array
import enum
from collections.abc import Callable
from typing import Any

import pytest

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
    plasmid.Host("b", cluster=meant).receive(host.initiate())


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
        lambda: host.receive(wrong),
        lambda: host.exchange().receive(wrong),
        lambda: host.create_stream().receive(wrong),
    ]
    for call in calls:
        with pytest.raises(TypeError, match=f"expected .*, not {type(wrong).__name__}"):
            call()
    assert host.max_version() == 0


@pytest.mark.parametrize("text", ["k", 1])
def test_messages_are_bytes_and_nothing_else(text: Any) -> None:
    with pytest.raises(TypeError, match="expected bytes, bytearray or memoryview"):
        plasmid.Host("a").receive(text)


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
        ("state", lambda: MAKE("a", state=True)),
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
    with pytest.raises(TypeError):
        make("a", state=True)
    with pytest.raises(TypeError):
        make("a", "breadth")
    with pytest.raises(TypeError):
        make()
    stream: Any = plasmid.Host("a").create_stream
    with pytest.raises(ValueError, match="mode is 'pull' or 'push-pull', not 'push'"):
        stream(mode="push")


def test_ends_of_streams_are_made_by_hosts_only() -> None:
    for end in (plasmid.Stream, plasmid.Exchange):
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
