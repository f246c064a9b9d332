"""Who is there, how long ago it was heard, and who has what this host wrote."""

import pytest
from common import exchange

import plasmid

# A time after that of the generations that hosts draw by the system's clock.
NOW = 1_900_000_000_000


def pair() -> tuple[plasmid.Host, plasmid.Host]:
    a, b = plasmid.Host("a"), plasmid.Host("b")
    for host in (a, b):
        host["k"] = "v"
    return a, b


def test_participants_are_told_apart() -> None:
    hosts = [plasmid.Host(name) for name in "abcd"]
    for host in hosts:
        host["k"] = "v"
    for host in hosts[1:]:
        exchange(hosts[0], host)
    a, b, *_ = hosts
    b.leave()
    exchange(a, b)
    a.evict("c")
    assert a.participants() == a.participants("present") == [b"a", b"d"]
    assert a.participants(status="left") == [b"b"]
    assert a.participants("evicted") == [b"c"]
    assert a.participants(None) == [b"a", b"b", b"c", b"d"]
    assert [a.status(name) for name in "abcde"] == ["present", "left", "evicted", "present", None]
    assert repr(a).endswith("participants=2)")


def test_the_departed_are_remembered_up_to_a_limit() -> None:
    host = plasmid.Host("a", departed=2)
    for number in range(5):
        other = plasmid.Host(number, generation=number + 1)
        other["k"] = "v"
        exchange(host, other)
        host.evict(number)
    assert host.participants("evicted") == [b"3", b"4"]
    assert host.forgotten == 3


def test_silence_evicts_if_that_is_asked_for() -> None:
    strict, patient = plasmid.Host("a", evict_after_ms=1000), plasmid.Host("c")
    other = plasmid.Host("b")
    other["k"] = "v"
    for host in (strict, patient):
        host.tick(NOW)
        exchange(host, other)
        # A process that slept heard nobody, and condemns nobody for that.
        host.tick(NOW + 60_000)
        assert host.status("b") == "present"
        for passed in range(0, 2000, 200):
            host.tick(NOW + 60_000 + passed)
    assert strict.status("b") == "evicted"
    assert patient.status("b") == "present"


def test_without_a_clock_nobody_is_old() -> None:
    a, b = pair()
    exchange(a, b)
    assert a.last_heard("b") is None
    assert a.staleness("b") is None


def test_ages_are_durations() -> None:
    a, b = pair()
    a.tick(NOW)
    exchange(a, b)
    exchange(b, a)
    assert a.last_heard("b") == a.staleness("b") == 0
    a.tick(NOW + 70)
    assert a.last_heard("b") == a.staleness("b") == 70
    assert a.last_heard("a") == a.staleness("a") == 0
    assert a.last_heard("nobody") is None
    assert a.staleness("nobody") is None


def test_acknowledgements_are_the_peers_own() -> None:
    a, b = pair()
    assert a.acked_version("b") is None
    exchange(a, b)
    exchange(b, a)
    assert a.acked_version("b") == b.acked_version("a") == 1
    a["k"] = "w"
    assert a.acked_version("b") == 1
    exchange(b, a)
    exchange(b, a)
    assert a.acked_version("b") == 2
    assert a.acked_version("nobody") is None


def test_a_peer_that_only_answers_acknowledges_too_and_falls_silent() -> None:
    a, b = pair()
    silent = plasmid.Host("silent")
    for host in (b, silent):
        for version in range(1, 4):
            exchange(a, host)
            exchange(a, host)
            assert a.acked_version(host.id) == version == a.max_version()
            a["k"] = version
        exchange(a, host)
        # It says so a few times, because messages get lost.
        answers = [host.receive(a.initiate()) for _ in range(6)]
        assert len(answers[0]) < 100
        assert answers[0]
        assert answers[4:] == [b"", b""]
        a, b = plasmid.Host("a"), plasmid.Host("b")
        a["k"] = "v"


def test_a_peer_without_anything_has_version_0() -> None:
    a, b = pair()
    a.receive(b.initiate())
    assert a.acked_version("b") == 0
    # With a new generation of either the acknowledgements begin anew.
    exchange(a, b)
    exchange(a, b)
    assert a.acked_version("b") == 1
    a.renew()
    assert a.acked_version("b") is None
    exchange(a, b)
    exchange(a, b)
    assert a.acked_version("b") == 1
    again = plasmid.Host("b", generation=b.generation + 1)
    a.receive(again.initiate())
    assert a.acked_version("b") == 0


@pytest.mark.parametrize("status", ["", "gone", "Present"])
def test_a_status_is_one_of_three(status: str) -> None:
    host = plasmid.Host("a")
    text = f"status is 'present', 'left', 'evicted' or None, not '{status}'"
    with pytest.raises(ValueError, match=text):
        host.participants(status)  # type: ignore[arg-type]
