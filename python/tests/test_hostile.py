"""Bytes that no honest peer sends: an error and an unchanged host, or no harm."""

import pytest
from common import everything, exchange, mended, state
from hypothesis import given, settings
from hypothesis import strategies as st

import plasmid

FUZZ = settings(max_examples=1000, deadline=None, derandomize=True, database=None)


def fleet() -> plasmid.Host:
    """A host that holds something of others, the same at every call."""
    host = plasmid.Host("a", seed=1, nonce=1, generation=1)
    for name in ("b", "c"):
        other = plasmid.Host(name, seed=2, nonce=2, generation=1)
        for key in range(4):
            other[key] = f"{name} {key}"
        exchange(host, other)
    host["k"] = "v"
    return host


def messages() -> list[bytes]:
    """One valid message of each kind for the host of `fleet`, from a peer with news of others."""
    peer = plasmid.Host("p", seed=3, nonce=3, generation=1)
    exchange(peer, fleet())
    peer["news"] = "of p"
    other = plasmid.Host("c", seed=2, nonce=9, generation=2)
    other["news"] = "of c"
    exchange(peer, other)
    syn = peer.initiate()
    syn_ack = peer.receive(fleet().initiate())
    ack = peer.receive(fleet().receive(syn))
    return [syn, syn_ack, ack]


MESSAGES = messages()


def survives(host: plasmid.Host, message: bytes) -> None:
    """Own state is never touched; whatever is refused changes nothing at all."""
    own, before = host.updates(), everything(host)
    try:
        host.receive(message)
    except plasmid.Error as error:
        assert isinstance(error, plasmid.DecodeError | plasmid.ForeignError | plasmid.LimitError)
        assert everything(host) == before
    assert host.updates() == own


def refuse(host: plasmid.Host, message: bytes | bytearray) -> None:
    with pytest.raises(plasmid.DecodeError):
        host.receive(message)


@FUZZ
@given(st.binary(max_size=300))
def test_random_bytes(data: bytes) -> None:
    host = fleet()
    survives(host, data)
    survives(host, mended(b"\x01" + data))


@FUZZ
@given(
    st.sampled_from(MESSAGES),
    st.lists(st.tuples(st.integers(0, 2**16), st.integers(1, 255)), min_size=1, max_size=4),
    st.booleans(),
)
def test_mutated_messages(message: bytes, flips: list[tuple[int, int]], mend: bool) -> None:
    changed = bytearray(message)
    for at, mask in flips:
        changed[at % len(changed)] ^= mask
    survives(fleet(), mended(bytes(changed)) if mend else bytes(changed))


def test_every_truncation_is_refused() -> None:
    for message in MESSAGES:
        host = fleet()
        before = everything(host)
        # Nothing at all is not a message cut short, but what a host with nothing to say gave.
        for length in range(1, len(message)):
            refuse(host, message[:length])
            # With a checksum of its own, one that ends where a section ends is a message.
            survives(fleet(), mended(message[: length + 3]))
        assert everything(host) == before
        host.receive(message)


def test_every_flipped_bit_is_refused() -> None:
    for message in MESSAGES:
        host = fleet()
        before = everything(host)
        for bit in range(len(message) * 8):
            changed = bytearray(message)
            changed[bit // 8] ^= 1 << bit % 8
            refuse(host, changed)
        assert everything(host) == before


@FUZZ
@given(st.sampled_from([0, 1]), st.binary(max_size=300), st.integers(1, 7))
def test_random_bytes_on_streams(which: int, data: bytes, piece: int) -> None:
    host = fleet()
    end = host.create_stream(end=False) if which else host.exchange(end=False)
    own = host.updates()
    end.transmit()
    try:
        for at in range(0, len(data), piece):
            end.receive(data[at : at + piece])
    except plasmid.DecodeError:
        assert end.transmit() == b""
    except plasmid.LimitError as error:
        assert error.limit == "message_bytes"
    assert host.updates() == own
    # The host serves others as before.
    reader = plasmid.Host("r")
    exchange(reader, host)
    assert state(reader) == state(host)
