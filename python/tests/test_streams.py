"""The two ends of a byte stream."""

import gc

import pytest
from common import everything, pump, state

import plasmid


def pair() -> tuple[plasmid.Host, plasmid.Host]:
    a, b = plasmid.Host("a"), plasmid.Host("b")
    a["k"], b["l"] = "1", "2"
    return a, b


def test_pull_teaches_the_initiator_only() -> None:
    a, b = pair()
    stream, answerer = a.create_stream(), b.exchange()
    assert not stream.finished
    assert not answerer.finished
    pump(stream, answerer)
    assert stream.finished
    assert answerer.finished
    assert stream.rounds == answerer.rounds == 1
    assert a.get("l", "b") == b"2"
    assert b.participants() == [b"b"]
    stream.gossip()
    assert stream.transmit() == b""


@pytest.mark.parametrize("piece", [1, 2, 7, None])
def test_push_pull_teaches_both_however_the_bytes_are_split(piece: int | None) -> None:
    a, b = pair()
    pump(a.create_stream(mode="push-pull"), b.exchange(), piece)
    assert state(a) == state(b) == {b"a": [(1, b"k", b"1")], b"b": [(1, b"l", b"2")]}


def test_many_rounds_on_one_connection() -> None:
    a, b = pair()
    stream, answerer = a.create_stream(end=False, mode="push-pull"), b.exchange(end=False)
    assert stream.transmit() == b""
    for number in range(5):
        a["k"], b["l"] = number, number
        stream.gossip()
        answerer.gossip()
        pump(stream, answerer)
        assert state(a) == state(b)
    assert stream.rounds == answerer.rounds == 5
    assert not stream.finished
    assert not answerer.finished


def test_transmit_gives_all_that_is_ready_at_once() -> None:
    a, b = pair()
    stream, answerer = a.create_stream(end=False, mode="push-pull"), b.exchange(end=False)
    stream.gossip()
    answerer.receive(stream.transmit())
    stream.receive(answerer.transmit())
    stream.gossip()
    # The Ack of the first round, and the Syn of the second.
    both = stream.transmit()
    assert stream.transmit() == b""
    assert answerer.rounds == 0
    answerer.receive(both)
    assert b.get("k", "a") == b"1"
    stream.receive(answerer.transmit())
    assert stream.rounds == 2
    pump(stream, answerer)
    assert stream.rounds == answerer.rounds == 2


def test_ends_show_how_far_they_are() -> None:
    stream, answerer = plasmid.Host("a").create_stream(), plasmid.Host("b").exchange()
    assert repr(stream) == "plasmid.Stream(rounds=0, finished=False)"
    pump(stream, answerer)
    assert repr(stream) == "plasmid.Stream(rounds=1, finished=True)"
    assert repr(answerer) == "plasmid.Exchange(rounds=1, finished=True)"


def test_transmit_gives_at_most_what_is_asked_for() -> None:
    a, _ = pair()
    stream = a.create_stream()
    assert stream.transmit(0) == b""
    whole = [stream.transmit(3)]
    assert len(whole[0]) == 3
    whole.append(stream.transmit(2**64 - 1))
    assert stream.transmit() == b""
    assert len(b"".join(whole)) > 3


def test_an_error_is_final_and_changes_nothing() -> None:
    a, b = pair()
    stream, answerer = a.create_stream(), b.exchange()
    answerer.receive(stream.transmit())
    answer = bytearray(answerer.transmit())
    answer[-1] ^= 1
    before = everything(a)
    for _ in range(2):
        with pytest.raises(plasmid.DecodeError):
            stream.receive(answer)
    assert stream.transmit() == b""
    assert not stream.finished
    assert everything(a) == before


def test_a_frame_over_the_limit_is_refused_before_it_is_there() -> None:
    host = plasmid.Host("a", message_bytes=512)
    with pytest.raises(plasmid.LimitError) as caught:
        host.exchange().receive(b"\x81\x04")
    assert (caught.value.limit, caught.value.value) == ("message_bytes", 513)


def test_an_end_keeps_its_host_alive() -> None:
    ends = plasmid.Host("a").create_stream(), plasmid.Host("b").exchange()
    gc.collect()
    pump(*ends)
    assert ends[0].finished


def test_one_host_serves_many_streams_at_once() -> None:
    a, _ = pair()
    others = [plasmid.Host(number) for number in range(20)]
    for other in others:
        other["k"] = "v"
    ends = [(other.create_stream(mode="push-pull"), a.exchange()) for other in others]
    while not all(stream.finished for stream, _ in ends):
        for stream, answerer in ends:
            answerer.receive(stream.transmit(5))
            stream.receive(answerer.transmit(5))
    assert len(a.participants()) == 21
