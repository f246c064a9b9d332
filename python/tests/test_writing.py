"""The verbs that change a host's own map, its standing and its verdict on others."""

from collections.abc import Callable

import pytest
from common import everything, exchange, state

import plasmid

# A time after that of the generations that hosts draw by the system's clock.
NOW = 1_900_000_000_000


def test_a_deleted_key_is_absent_everywhere_and_stays_in_the_history() -> None:
    a, b = plasmid.Host("a", compaction="manual"), plasmid.Host("b")
    a["k"] = "1"
    exchange(a, b)
    assert b.get("k", "a") == b"1"
    assert a.delete("k") == 2
    assert a.get("k") is None
    assert "k" not in a
    assert (len(a), a.keys(), a.items(), list(a)) == (0, [], [], [])
    exchange(a, b)
    assert b.get("k", "a") is None
    assert b.items("a") == []
    for host in (a, b):
        assert host.history("k", "a") == [(2, None), (1, b"1")]
        assert host.updates("a") == [(1, b"k", b"1"), (2, b"k", None)]
    assert a.set("k", "2") == 3
    exchange(a, b)
    assert b.get("k", "a") == b"2"


def test_deleting_what_is_not_there_changes_nothing() -> None:
    host = plasmid.Host("a")
    assert host.delete("absent") == 0
    host["k"] = "v"
    assert host.delete("absent") == host.delete("absent") == 1
    assert host.max_version() == 1


def test_del_deletes_and_a_missing_key_is_a_key_error() -> None:
    host = plasmid.Host("a")
    host["k"] = "v"
    del host["k"]
    assert host.max_version() == 2
    with pytest.raises(KeyError) as caught:
        del host["k"]
    assert caught.value.args == ("k",)
    assert host.max_version() == 2


def test_a_key_with_a_time_to_live_is_deleted_by_its_owner() -> None:
    a, b = plasmid.Host("a"), plasmid.Host("b")
    a.tick(NOW)
    assert a.set("k", "v", ttl_ms=1000) == 1
    a.set("stays", "v")
    exchange(a, b)
    a.tick(NOW + 999)
    assert a["k"] == b"v"
    # The others need no clock, and no clock of theirs decides.
    b.tick(NOW * 2)
    assert b.get("k", "a") == b"v"
    a.tick(NOW + 1000)
    assert a.keys() == [b"stays"]
    exchange(a, b)
    assert b.keys("a") == [b"stays"]
    assert a.max_version() == 3


def test_before_the_first_tick_the_time_to_live_counts_from_that() -> None:
    host = plasmid.Host("a")
    host.set("k", "v", 1000)
    host.tick(NOW)
    assert "k" in host
    host.tick(NOW + 1000)
    assert "k" not in host


@pytest.mark.parametrize("again", ["set", "delete", "batch"])
def test_a_later_change_of_the_key_ends_its_time_to_live(again: str) -> None:
    host = plasmid.Host("a")
    host.tick(NOW)
    host.set("k", "v", 1000)
    if again == "batch":
        with host.batch() as batch:
            batch.set("k", "w")
    elif again == "delete":
        host.delete("k")
        host.set("k", "w")
    else:
        host.set("k", "w")
    version = host.max_version()
    host.tick(NOW * 2)
    assert (host["k"], host.max_version()) == (b"w", version)


def test_time_never_goes_back() -> None:
    host = plasmid.Host("a")
    host.tick(NOW)
    host.set("k", "v", 1000)
    # The clock is set back, and goes on from there.
    host.tick(5_000)
    assert "k" in host
    host.tick(5_999)
    assert "k" in host
    host.tick(6_000)
    assert "k" not in host


def test_compaction_drops_what_is_superseded_here_and_at_others() -> None:
    a, b = plasmid.Host("a", compaction="manual"), plasmid.Host("b")
    for value in range(3):
        a["k"] = value
    a["deleted"] = "v"
    del a["deleted"]
    exchange(a, b)
    assert a.gc_version() == b.gc_version("a") == 0
    assert a.compact(2) == 2
    assert a.history("k") == [(3, b"2")]
    # That was version 6, and this is 7.
    assert a.compact() == 6
    assert a.compact(2) == a.compact(0) == a.gc_version() == a.gc_version(None) == 6
    exchange(a, b)
    assert b.gc_version("a") == 6
    # There is nothing to drop.
    assert (a.compact(), a.max_version()) == (6, 7)
    assert state(b) == state(a) == {b"a": [(3, b"k", b"2")]}
    assert a.gc_version("nobody") is None
    with pytest.raises(plasmid.LimitError, match="version is 100, the limit is") as caught:
        a.compact(100)
    assert (caught.value.limit, caught.value.value) == ("version", 100)


def test_compaction_does_not_tear_batches() -> None:
    def partly_deleted() -> plasmid.Host:
        host = plasmid.Host("a", compaction="manual")
        host["k"] = "old"
        with host.batch() as batch:
            batch.set("k", "v")
            batch.set("l", "v")
        del host["k"]
        return host

    # The batch is kept because of "l", and so is what deleted "k" after it.
    host = partly_deleted()
    assert host.compact(3) == host.gc_version() == 2
    assert host.history("k") == [(3, None), (2, b"v")]
    assert host.compact(3) == 2
    # Without a bound "l" is set anew, so that nothing keeps the batch.
    host = partly_deleted()
    assert host.compact() >= 3
    assert host.history("k") == []
    assert host.updates() == [(4, b"l", b"v")]
    assert host.keys() == [b"l"]
    other = plasmid.Host("b")
    exchange(host, other)
    assert other.updates("a") == host.updates()
    version = host.max_version()
    assert (host.compact(), host.max_version()) == (host.gc_version(), version)


def test_compaction_is_automatic_unless_it_is_manual() -> None:
    def kept(host: plasmid.Host) -> int:
        for value in range(5000):
            host["k"] = value
        assert host["k"] == b"4999"
        return len(host.updates())

    assert kept(plasmid.Host("a")) < 2500
    assert kept(plasmid.Host("a", compaction="auto")) < 2500
    assert kept(plasmid.Host("a", compaction="manual")) == 5000


def test_old_deletions_are_compacted_by_the_clock() -> None:
    host = plasmid.Host("a", tombstone_age_ms=1000)
    host["large"] = "x" * 1000
    host["k"] = "v"
    host.tick(NOW)
    del host["k"]
    host.tick(NOW + 999)
    assert host.history("k")
    host.tick(NOW + 2000)
    assert host.history("k") == []
    assert host.gc_version() >= 3


def test_a_batch_is_one_change() -> None:
    a, b = plasmid.Host("a", compaction="manual"), plasmid.Host("b")
    a["old"] = "v"
    with a.batch() as batch:
        assert repr(batch) == "plasmid.Batch(keys=0, version=None)"
        batch.set("l", 1)
        batch.set("k", 2)
        batch.delete("old")
        batch.set("l", 3)
        assert len(batch) == 3
        assert a.max_version() == 1
    assert batch.version == a.max_version() == 2
    assert a.items() == [(b"k", b"2"), (b"l", b"3")]
    exchange(a, b)
    assert a.updates() == b.updates("a")
    assert a.updates()[1:] == [(2, b"k", b"2"), (2, b"l", b"3"), (2, b"old", None)]
    assert repr(batch) == "plasmid.Batch(keys=3, version=2)"


def test_a_batch_of_nothing_changes_nothing() -> None:
    host = plasmid.Host("a")
    host["k"] = "v"
    with host.batch() as empty:
        pass
    with host.batch() as absent:
        absent.delete("absent")
    assert empty.version == absent.version == host.max_version() == 1


def test_nothing_of_a_batch_is_written_if_its_block_fails() -> None:
    host = plasmid.Host("a", value_bytes=4)
    host["k"] = "v"
    before = everything(host)
    with pytest.raises(ZeroDivisionError), host.batch() as failed:
        failed.set("k", "w")
        _ = 1 / 0
    with pytest.raises(plasmid.LimitError) as caught, host.batch() as refused:
        refused.set("k", "w")
        refused.set("l", "12345")
    assert caught.value.limit == "value_bytes"
    assert everything(host) == before
    for batch in (failed, refused):
        with pytest.raises(RuntimeError, match="this batch is not written"):
            _ = batch.version
    # And it is not written later either.
    assert failed.__exit__(None, None, None) is None  # type: ignore[func-returns-value]
    assert everything(host) == before


def test_a_batch_is_used_within_its_block() -> None:
    host = plasmid.Host("a")
    batch = host.batch()
    sentence = "a batch is used within its with block"
    with pytest.raises(RuntimeError, match=sentence):
        batch.set("k", "v")
    with pytest.raises(RuntimeError, match="this batch is not written"):
        _ = batch.version
    with batch:
        batch.set("k", "v")
        with pytest.raises(RuntimeError, match="entered already"):
            batch.__enter__()
    writes: list[Callable[[], object]] = [lambda: batch.set("l", "v"), lambda: batch.delete("k")]
    for write in writes:
        with pytest.raises(RuntimeError, match=sentence):
            write()
    with pytest.raises(RuntimeError, match="entered already"), batch:
        pass
    assert host.items() == [(b"k", b"v")]
    assert batch.version == host.max_version() == 1


def test_batches_of_one_host_may_be_open_at_once() -> None:
    host = plasmid.Host("a")
    with host.batch() as outer, host.batch() as inner:
        outer.set("k", "outer")
        inner.set("k", "inner")
        host["k"] = "direct"
    assert (inner.version, outer.version) == (2, 3)
    assert host.history("k") == [(3, b"outer"), (2, b"inner"), (1, b"direct")]


def test_who_leaves_writes_nothing_until_it_is_renewed() -> None:
    a, b = plasmid.Host("a", generation=1), plasmid.Host("b")
    a["k"] = b["k"] = "v"
    exchange(a, b)
    version = a.leave()
    assert version > 1
    assert a.leave() == version
    assert (a.status("a"), a.items(), len(a)) == ("left", [], 0)
    writes: list[Callable[[], object]] = [
        lambda: a.set("k", "w"),
        lambda: a.set("k", "w", 1),
        lambda: a.delete("k"),
        a.compact,
        lambda: a.evict("b"),
    ]
    for write in writes:
        with pytest.raises(plasmid.LeftError):
            write()
    with pytest.raises(plasmid.LeftError), a.batch() as batch:
        batch.set("k", "w")
    assert a.max_version() == version
    exchange(a, b)
    assert b.status("a") == "left"
    assert b.participants() == [b"b"]
    assert b.participants("left") == [b"a"]
    assert b.items("a") == []
    assert a.renew() == a.generation > 1
    assert a.set("k", "back") == version + 1
    exchange(a, b)
    assert (b.status("a"), b.get("k", "a")) == ("present", b"back")


def test_who_is_evicted_and_lives_comes_back() -> None:
    a, b, c = (plasmid.Host(name, generation=1) for name in "abc")
    for host in (a, b, c):
        host["k"] = "v"
    exchange(a, b)
    exchange(b, c)
    exchange(b, c)
    version = b.evict("a")
    assert version == b.max_version() == 2
    assert b.evict("a") == 2
    assert b.status("a") == "evicted"
    assert b.get("k", "a") is None
    exchange(b, c)
    assert c.participants("evicted") == [b"a"]
    assert c.participants() == [b"b", b"c"]
    exchange(a, c)
    exchange(a, c)
    assert a.generation > 1
    assert a.items() == [(b"k", b"v")]
    assert (c.status("a"), c.get("k", "a")) == ("present", b"v")
    assert c.generation_of("a") == a.generation == a.generation_of("a")
    assert c.generation_of("nobody") is None


def test_who_left_and_is_evicted_stays_gone() -> None:
    a, b = plasmid.Host("a", generation=1), plasmid.Host("b")
    a["k"] = b["k"] = "v"
    exchange(a, b)
    a.leave()
    exchange(a, b)
    b.evict("a")
    exchange(a, b)
    exchange(a, b)
    assert a.status("a") == b.status("a") == "evicted"
    assert a.participants("evicted") == [b"a"]
    with pytest.raises(plasmid.LeftError):
        a["k"] = "w"
    assert a.renew() > 1
    a["k"] = "back"
    exchange(a, b)
    exchange(a, b)
    assert a.status("a") == b.status("a") == "present"
    assert b.get("k", "a") == b"back"


def test_evicting_has_its_mistakes() -> None:
    host = plasmid.Host("a")
    with pytest.raises(plasmid.UnknownParticipantError) as unknown:
        host.evict("nobody")
    assert isinstance(unknown.value, KeyError)
    with pytest.raises(plasmid.OwnParticipantError) as own:
        host.evict("a")
    assert isinstance(own.value, ValueError)
    for caught in (unknown, own):
        assert "participant" in str(caught.value)
    assert host.max_version() == 0


def test_a_live_twin_is_refused_until_it_is_renewed() -> None:
    twins = [plasmid.Host("a", generation=1) for _ in range(2)]
    reader = plasmid.Host("r")
    told = 0
    cursors = [twin.changes()[1] for twin in twins]
    for _ in range(8):
        for number, twin in enumerate(twins):
            try:
                for _ in range(1 + number):
                    twin["k"] = "v"
            except plasmid.ConflictError:
                told += 1
            exchange(twin, reader)
            exchange(reader, twin)
    assert told > 0
    refused = [number for number, twin in enumerate(twins) if is_refused(twin)]
    assert refused
    for number in refused:
        twin = twins[number]
        assert twin.changes(cursors[number])[0][0].kind == "conflict"
        before = twin.generation
        assert twin.renew() > before
        assert twin.set("k", "mine") == twin.max_version()


def is_refused(host: plasmid.Host) -> bool:
    try:
        host["k"] = "v"
    except plasmid.ConflictError as error:
        assert str(error) == "another process lives under this participant's id"
        return True
    return False


def test_absurd_generations_are_refused_once_there_is_a_clock() -> None:
    def meet(host: plasmid.Host) -> str | None:
        absurd = plasmid.Host("b", generation=2**63 - 1)
        absurd["k"] = "v"
        exchange(host, absurd)
        return host.status("b")

    assert meet(plasmid.Host("a")) == "present"
    wary, trusting = plasmid.Host("a"), plasmid.Host("a", generation_ahead_ms=0)
    for host in (wary, trusting):
        host.tick(1_700_000_000_000)
    assert meet(wary) is None
    assert meet(trusting) == "present"
