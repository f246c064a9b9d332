"""A whole host as bytes, and a host from them again."""

from typing import Any

import pytest
from common import everything, exchange, mended, state
from hypothesis import given, settings
from hypothesis import strategies as st

import plasmid


def full() -> plasmid.Host:
    """A host that has something of everything that a snapshot holds."""
    host = plasmid.Host("a", generation=5, seed=1, nonce=1, compaction="manual")
    others = [plasmid.Host(name, generation=1, seed=2, nonce=2) for name in "bcd"]
    for one in (host, *others):
        for value in range(3):
            one["k"] = value
        exchange(host, one)
    host.delete("k")
    others[1].leave()
    exchange(host, others[1])
    host.evict("d")
    with host.batch() as batch:
        batch.set("l", "v")
        batch.set("m", "v")
    host.compact(2)
    host.set("short", "v", ttl_ms=5)
    return host


SNAPSHOT = full().snapshot()


def test_a_snapshot_holds_everything() -> None:
    host = full()
    twin = plasmid.Host.restore(host.snapshot())
    assert state(twin) == state(host)
    assert twin.id == b"a"
    assert twin.participants(None) == host.participants(None)
    assert [twin.status(name) for name in "abcd"] == ["present", "present", "left", "evicted"]
    assert twin.gc_version() == host.gc_version() == 2
    assert twin.max_version() == host.max_version()
    assert host.set("more", "v") == twin.set("more", "v")
    for one in (host, twin):
        one.tick(1_900_000_000_000)
        assert "short" in one
        one.tick(1_900_000_000_005)
        assert "short" not in one


def test_a_restored_host_has_a_greater_generation() -> None:
    assert plasmid.Host.restore(SNAPSHOT).generation >> 16 > 1_577_836_800_000
    assert plasmid.Host.restore(SNAPSHOT, generation=1).generation > 5
    assert plasmid.Host.restore(SNAPSHOT, generation=70).generation >= 70
    host = full()
    reader = plasmid.Host("r")
    exchange(host, reader)
    host["lost"] = "v"
    exchange(host, reader)
    twin = plasmid.Host.restore(SNAPSHOT, generation=1)
    twin["found"] = "v"
    exchange(twin, reader)
    exchange(twin, reader)
    assert reader.items("a") == twin.items()
    assert ("found" in twin, "lost" in twin) == (True, False)


def test_the_options_are_those_of_a_host() -> None:
    options: dict[str, Any] = {"ordering": "breadth", "cluster": "", "value_bytes": 4, "seed": 1}
    host = plasmid.Host.restore(
        bytearray(SNAPSHOT), state=plasmid.LocalState(history=False), **options
    )
    with pytest.raises(plasmid.LimitError):
        host["k"] = "12345"
    host["n"], host["n"] = "1", "2"
    assert [value for _, value in host.history("n")] == [b"2"]
    restore: Any = plasmid.Host.restore
    for wrong in ({"id": "b"}, {"colour": "red"}):
        text = rf"Host.restore\(\) got an unexpected keyword argument '{next(iter(wrong))}'"
        with pytest.raises(TypeError, match=text):
            restore(SNAPSHOT, **wrong)
    with pytest.raises(TypeError):
        restore(SNAPSHOT, "b")
    with pytest.raises(TypeError):
        restore()


def test_the_new_host_has_a_history_and_limits_of_its_own() -> None:
    host = full()
    host["k"], host["k"], host["l"] = "1", "2", "12345"
    data = host.snapshot()
    assert len(plasmid.Host.restore(data).history("k")) > 1
    twin = plasmid.Host.restore(data, state=plasmid.LocalState(history=False))
    assert [value for _, value in twin.history("k")] == [b"2"]
    assert twin.history("k", "b") == [(3, b"2")]
    assert twin.items() == host.items()
    # What was within the limits then stays.
    limits = {"value_bytes": 4, "keys_per_participant": 1, "state_bytes": 1, "participants": 1}
    small = plasmid.Host.restore(data, **limits)  # type: ignore[arg-type]
    assert state(small) == state(host)
    with pytest.raises(plasmid.LimitError) as caught:
        small["m"] = "v"
    assert caught.value.limit == "keys_per_participant"


def test_who_left_is_back_when_it_is_restored() -> None:
    host = full()
    host.leave()
    twin = plasmid.Host.restore(host.snapshot())
    assert (host.status("a"), twin.status("a"), twin.items()) == ("left", "present", [])
    twin["k"] = "v"
    exchange(twin, host)
    assert twin.items("b") == host.items("b") != []


def test_what_was_never_written_is_restored_too() -> None:
    host = plasmid.Host.restore(plasmid.Host("a", cluster="red").snapshot(), cluster="red")
    assert (host.id, host.max_version(), host.participants()) == (b"a", 0, [b"a"])
    host["k"] = "v"


def test_a_snapshot_of_another_cluster_is_refused() -> None:
    with pytest.raises(plasmid.ForeignError):
        plasmid.Host.restore(SNAPSHOT, cluster="other")


def test_torn_snapshots_are_refused() -> None:
    for length in range(len(SNAPSHOT)):
        with pytest.raises(plasmid.DecodeError):
            plasmid.Host.restore(SNAPSHOT[:length])
    for bit in range(len(SNAPSHOT) * 8):
        changed = bytearray(SNAPSHOT)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(plasmid.Error) as caught:
            plasmid.Host.restore(changed)
        assert isinstance(caught.value, plasmid.DecodeError | plasmid.ForeignError)
    for other in (b"", b"x", full().initiate(), SNAPSHOT + b"\0", SNAPSHOT * 2):
        with pytest.raises(plasmid.DecodeError):
            plasmid.Host.restore(other)


def works(host: plasmid.Host) -> None:
    """A host does all that hosts do: read, snapshot, meet, catch up, write, age and leave."""
    for participant in host.participants(None):
        versions = [version for version, _, _ in host.updates(participant)]
        assert versions == sorted(versions)
        assert max(versions, default=0) <= host.max_version(participant) < 2**60
        assert (host.gc_version(participant) or 0) <= host.max_version(participant)
        assert dict(host.items(participant)).keys() == set(host.keys(participant))
        if host.status(participant) != "present":
            assert host.updates(participant) == []
    again = plasmid.Host.restore(host.snapshot())
    assert everything(again) == everything(host)
    changes, cursor = host.changes()
    assert [c.participant for c in changes if c.key is None] == [
        *dict.fromkeys(change.participant for change in changes)
    ]
    if host.status(host.id) != "present":
        host.renew()
    host["own"] = "v"
    peer = plasmid.Host("of nobody else")
    peer["own"] = "v"
    # It could have been told another time before, for which generations are absurd.
    now = 1_900_000_000_000
    host.tick(now)
    for _ in range(3):
        exchange(peer, host, 600)
        exchange(host, peer)
    assert peer.participants(None) == host.participants(None)
    # Of what is superseded it may keep more than it says that it keeps.
    for participant in host.participants():
        assert peer.items(participant) == host.items(participant)
    host.set("short", "v", ttl_ms=5)
    host.tick(now + 10_000_000_000)
    host.compact()
    assert "short" not in host
    exchange(peer, host)
    host.leave()
    exchange(peer, host)
    assert peer.status(host.id) == "left"
    assert host.changes(cursor)[0]


@settings(max_examples=1000, deadline=None, derandomize=True, database=None)
@given(
    st.lists(st.tuples(st.integers(0, 2**16), st.integers(1, 255)), min_size=1, max_size=4),
    st.binary(max_size=40),
)
def test_hostile_snapshots_do_no_harm(flips: list[tuple[int, int]], junk: bytes) -> None:
    changed = bytearray(SNAPSHOT)
    for at, mask in flips:
        changed[at % len(changed)] ^= mask
    for data in (
        bytes(changed),
        mended(bytes(changed)),
        junk,
        mended(SNAPSHOT[:8] + junk + bytes(4)),
        mended(SNAPSHOT[: len(junk) - 44] + junk),
    ):
        try:
            host = plasmid.Host.restore(data)
        except (plasmid.DecodeError, plasmid.ForeignError, plasmid.LimitError):
            continue
        # A checksum of its own makes it somebody's snapshot, and then everything works.
        works(host)
