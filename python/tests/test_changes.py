"""Following what changes: pages, cursors, filters, and the changes themselves."""

import copy
import pickle

import pytest
from common import exchange
from hypothesis import given, settings
from hypothesis import strategies as st

import plasmid

Mirror = dict[bytes, dict[bytes, bytes]]


def follow(host: plasmid.Host, mirror: Mirror, cursor: bytes | None, limit: int = 1024) -> bytes:
    """Keep a mirror of all that is present at a host, as a reader would."""
    while True:
        changes, cursor = host.changes(cursor, limit)
        if not changes:
            return cursor
        for change in changes:
            match change:
                case plasmid.Change(kind="set", key=bytes(key), value=bytes(value)):
                    mirror[change.participant][key] = value
                case plasmid.Change(kind="delete", key=bytes(key)):
                    mirror[change.participant].pop(key, None)
                case plasmid.Change(kind="join"):
                    mirror.setdefault(change.participant, {})
                case plasmid.Change(kind="replace"):
                    mirror[change.participant] = {}
                case plasmid.Change(kind="leave" | "evict"):
                    mirror.pop(change.participant, None)
                case _:
                    assert change.kind == "conflict"


def whole(host: plasmid.Host) -> Mirror:
    return {id: dict(host.items(id)) for id in host.participants()}


def fleet() -> list[plasmid.Host]:
    hosts = [plasmid.Host(name) for name in "abc"]
    for host in hosts:
        for key in range(5):
            host[key] = "v"
        exchange(hosts[0], host)
    return hosts


def test_without_a_cursor_everything_is_told() -> None:
    a, b = plasmid.Host("a", generation=1), plasmid.Host("b", generation=2)
    b["l"] = "1"
    b["k"] = "2"
    b["l"] = "3"
    exchange(a, b)
    a["own"] = "v"
    changes, cursor = a.changes()
    assert isinstance(cursor, bytes)
    assert [change for change in changes if change.participant == b"b"] == [
        plasmid.Change("join", "b", None, None, 3, 2),
        plasmid.Change("set", "b", "k", "2", 2, 2),
        plasmid.Change("set", "b", "l", "3", 3, 2),
    ]
    assert [change.kind for change in changes if change.participant == b"a"] == ["join", "set"]
    assert a.changes(cursor)[0] == []


def test_later_only_the_newest_value_of_what_changed() -> None:
    host = plasmid.Host("a", generation=1)
    host["k"] = "0"
    host["gone"] = "v"
    _, cursor = host.changes()
    for value in range(1, 4):
        host["k"] = value
    del host["gone"]
    changes, later = host.changes(cursor)
    assert changes == [
        plasmid.Change("set", "a", "k", "3", 5, 1),
        plasmid.Change("delete", "a", "gone", None, 6, 1),
    ]
    # A cursor is a value: it can be used again, and copied from anything that holds bytes.
    assert host.changes(bytearray(cursor))[0] == changes
    assert host.changes(memoryview(later))[0] == []


def test_what_happens_to_participants_is_told() -> None:
    a, b, c = fleet()
    mirror: Mirror = {}
    cursor = follow(a, mirror, None)
    assert mirror == whole(a)
    b.leave()
    exchange(a, b)
    a.evict("c")
    kinds = {change.participant: change.kind for change in a.changes(cursor)[0]}
    assert kinds[b"b"] == "leave"
    assert kinds[b"c"] == "evict"
    cursor = follow(a, mirror, cursor)
    assert set(mirror) == {b"a"}
    exchange(a, c)
    exchange(a, c)
    follow(a, mirror, cursor)
    assert mirror == whole(a)
    assert set(mirror) == {b"a", b"c"}


def test_a_newer_generation_replaces() -> None:
    reader = plasmid.Host("r")
    old, new = plasmid.Host("a", generation=1), plasmid.Host("a", generation=2)
    old["k"], new["l"] = "old", "new"
    exchange(reader, old)
    mirror: Mirror = {}
    cursor = follow(reader, mirror, None)
    exchange(reader, new)
    kinds = [change.kind for change in reader.changes(cursor)[0]]
    assert kinds == ["replace", "set"]
    follow(reader, mirror, cursor)
    assert mirror[b"a"] == {b"l": b"new"}


@pytest.mark.parametrize("limit", [1, 2, 7, 2**64 - 1])
def test_pages_add_up(limit: int) -> None:
    a, *_ = fleet()
    mirror: Mirror = {}
    cursor = follow(a, mirror, None, limit)
    assert mirror == whole(a)
    for key in range(3):
        a[key] = "w"
    a.delete(4)
    follow(a, mirror, cursor, limit)
    assert mirror == whole(a)


def test_a_page_is_no_longer_than_its_limit() -> None:
    host = plasmid.Host("a")
    for key in range(2000):
        host[key] = "v"
    assert len(host.changes()[0]) == 1024
    assert len(host.changes(limit=10)[0]) == 10


def test_a_batch_is_not_torn() -> None:
    host = plasmid.Host("a")
    host["k"] = "v"
    _, cursor = host.changes()
    with host.batch() as batch:
        for key in range(10):
            batch.set(key, "v")
    changes, _ = host.changes(cursor, limit=1)
    assert {change.version for change in changes} == {batch.version}
    assert len(changes) == 10


def test_filters_leave_out() -> None:
    a, *_ = fleet()
    a["load.cpu"], a["load.io"], a["name"] = "1", "2", "a"
    changes, cursor = a.changes(prefix="load.", participant="a")
    assert [change.key for change in changes if change.key] == [b"load.cpu", b"load.io"]
    assert {change.participant for change in changes} == {b"a"}
    a["name"] = "b"
    assert a.changes(cursor, prefix="load.", participant="a")[0] == []
    a["load.io"] = "3"
    changes, _ = a.changes(cursor, prefix=b"load.", participant=b"a")
    assert [(change.key, change.value) for change in changes] == [(b"load.io", b"3")]
    assert a.changes(participant="nobody")[0] == []


def test_a_cursor_is_good_for_the_host_that_gave_it_and_no_other() -> None:
    host, other = plasmid.Host("a"), plasmid.Host("b")
    host["k"] = other["k"] = "v"
    cursor = host.changes()[1]
    for stranger in (other, plasmid.Host("a"), plasmid.Host.restore(host.snapshot())):
        stranger["k"] = "w"
        before = stranger.changes()
        with pytest.raises(plasmid.CursorError, match="not a cursor of this host's changes"):
            stranger.changes(cursor)
        assert stranger.changes() == before
    # Whatever happens to the host itself, it goes on from its own.
    host.leave()
    host.renew()
    host["l"] = "v"
    mirror: Mirror = {b"a": {b"k": b"v"}}
    follow(host, mirror, cursor)
    assert mirror == whole(host) == {b"a": {b"l": b"v"}}


def test_a_reader_that_cannot_know_who_is_gone_begins_anew() -> None:
    host = plasmid.Host("a", departed=1, change_records=3)

    def meet_and_evict(number: int) -> None:
        other = plasmid.Host(f"gone {number}", generation=number + 1)
        other["k"] = "v"
        exchange(host, other)
        host.evict(other.id)

    first = host.changes()[1]
    meet_and_evict(0)
    mirror: Mirror = {}
    cursor = follow(host, mirror, None)
    for number in range(1, 4):
        meet_and_evict(number)
    # Those that are forgotten are told as gone, as long as it is known who they are.
    kinds = {change.participant: change.kind for change in host.changes(cursor)[0]}
    assert kinds[b"gone 0"] == kinds[b"gone 1"] == kinds[b"gone 3"] == "evict"
    for number in range(4, 8):
        meet_and_evict(number)
    for late in (first, cursor):
        with pytest.raises(plasmid.CursorError):
            host.changes(late)
    mirror.clear()
    follow(host, mirror, None)
    assert mirror == whole(host)


def test_an_empty_page_is_the_end_of_what_there_is_now() -> None:
    # Also where the filter leaves nothing of the end of a pass, and somebody of whom that pass told
    # already has changed since. The order of participants is nobody's choice, so try some.
    told = []
    for number in range(20):
        host, other = plasmid.Host(number), plasmid.Host("other")
        for one in (host, other):
            one["x"], one["y"] = "1", "2"
        exchange(host, other)
        cursor = None
        for _ in range(2):
            changes, cursor = host.changes(cursor, limit=1, prefix="k")
            assert [change.kind for change in changes] == ["join"]
        host["k"] = "v"
        changes, cursor = host.changes(cursor, limit=1, prefix="k")
        told.append([change.key for change in changes])
    assert told == [[b"k"]] * 20


def test_a_reader_that_is_too_late_is_told_to_start_anew() -> None:
    host = plasmid.Host("a", remembered_deletes=2)
    for key in range(20):
        host[key] = "v"
    mirror: Mirror = {}
    cursor = follow(host, mirror, None)
    for key in range(19):
        host.delete(key)
    assert {change.kind for change in host.changes(cursor)[0]} == {"delete"}
    host.compact()
    assert [change.kind for change in host.changes(cursor)[0]] == ["replace", "set"]
    follow(host, mirror, cursor)
    assert mirror == {b"a": {b"19": b"v"}}


@pytest.mark.parametrize("cursor", [b"", b"x", bytes(40), b"\xff" * 100])
def test_other_bytes_are_no_cursor(cursor: bytes) -> None:
    host = plasmid.Host("a")
    host["k"] = "v"
    with pytest.raises(plasmid.CursorError) as caught:
        host.changes(cursor)
    assert isinstance(caught.value, ValueError)


@settings(max_examples=1000, deadline=None, derandomize=True, database=None)
@given(
    st.binary(max_size=60),
    st.lists(st.tuples(st.integers(0, 2**16), st.integers(1, 255)), max_size=3),
)
def test_hostile_cursors_do_no_harm(junk: bytes, flips: list[tuple[int, int]]) -> None:
    a, *_ = fleet()
    before = whole(a)
    changed = bytearray(a.changes()[1])
    for at, mask in flips:
        changed[at % len(changed)] ^= mask
    for cursor in (junk, bytes(changed), bytes(changed) + junk):
        try:
            changes, later = a.changes(cursor)
        except plasmid.CursorError:
            continue
        while changes:
            changes, later = a.changes(later)
    assert whole(a) == before


def test_a_change_is_a_value() -> None:
    change = plasmid.Change("set", "a", b"k", 7, 3, 2)
    assert (change.kind, change.participant, change.key) == ("set", b"a", b"k")
    assert (change.value, change.version, change.generation) == (b"7", 3, 2)
    same = plasmid.Change("set", b"a", "k", "7", version=3, generation=2)
    assert change == same
    assert hash(change) == hash(same)
    assert change != plasmid.Change("delete", "a", "k", None, 3, 2)
    assert pickle.loads(pickle.dumps(change)) == copy.deepcopy(change) == change
    assert repr(change) == (
        "plasmid.Change(kind='set', participant=b'a', key=b'k', value=b'7', version=3,"
        " generation=2)"
    )
    assert repr(plasmid.Change("join", "it's", None, None, 0, 1)) == (
        """plasmid.Change(kind='join', participant=b"it's", key=None, value=None, version=0,"""
        " generation=1)"
    )
    with pytest.raises(AttributeError):
        change.kind = "delete"  # type: ignore[misc]
    with pytest.raises(ValueError, match="'gone' is no kind of change"):
        plasmid.Change("gone", "a", None, None, 1, 1)  # type: ignore[arg-type]
