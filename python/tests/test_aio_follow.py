"""What the drivers add to rounds: following changes, waiting to be seen, and the time."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from common import FAST, exchange, until

import plasmid
from plasmid.aio import Changes, DatagramGossip, Gossip

Driver = type[Gossip] | type[DatagramGossip]

DRIVERS = pytest.mark.parametrize("driver", [Gossip, DatagramGossip])
PATIENCE = 60.0  # seconds; a guard against hanging, not a measurement
NOW = 1_700_000_000_000


@asynccontextmanager
async def fleet(
    driver: Driver, names: Iterable[str], **options: Any
) -> AsyncIterator[list[Gossip | DatagramGossip]]:
    """Drivers that all gossip with each other, each of a host with one key."""
    async with AsyncExitStack() as stack:
        gossips: list[Gossip | DatagramGossip] = []
        for name in names:
            host = plasmid.Host(name)
            host["name"] = name
            gossip = driver(host, interval=FAST, **options)
            gossips.append(await stack.enter_async_context(gossip))
        for gossip in gossips:
            gossip.peers = [one.address for one in gossips if one.address]
        yield gossips


async def after(changes: Changes, kind: str, key: str | None = None) -> plasmid.Change:
    """Read up to a change of a kind."""
    meant = None if key is None else key.encode()
    async with asyncio.timeout(PATIENCE):
        async for change in changes:
            if change.kind == kind and meant in (None, change.key):
                return change
    raise AssertionError("there is no such change")


@DRIVERS
async def test_a_reader_is_told_what_gossip_brings(driver: Driver) -> None:
    async with fleet(driver, "ab") as (a, b):
        changes = b.changes(participant="a")
        assert (await after(changes, "join")).participant == b"a"
        assert (await after(changes, "set", "name")).value == b"a"
        version = a.host.set("k", "1")
        change = await after(changes, "set", "k")
        assert (change.value, change.version, change.participant) == (b"1", version, b"a")
        a.host.delete("k")
        assert (await after(changes, "delete")).key == b"k"
        with a.host.batch() as batch:
            batch.set("k", "2")
            batch.set("l", "3")
        assert [(await anext(changes)).version for _ in range(2)] == [batch.version] * 2
        a.host.leave()
        assert (await after(changes, "leave")).participant == b"a"
        a.host.renew()
        a.host["k"] = "back"
        assert (await after(changes, "set", "k")).value == b"back"


async def test_a_reader_is_told_what_its_own_process_writes() -> None:
    host = plasmid.Host("a")
    async with Gossip(host, interval=FAST) as gossip:
        changes = gossip.changes(prefix="load.")
        host["load.cpu"] = 1
        assert (await after(changes, "set", "load.cpu")).value == b"1"
        host["name"] = "a"
        host["load.cpu"] = 2
        change = await asyncio.wait_for(anext(changes), PATIENCE)
        assert (change.key, change.value) == (b"load.cpu", b"2")


async def test_news_wake_a_reader_before_the_interval_is_over() -> None:
    a, b = plasmid.Host("a"), plasmid.Host("b")
    a["k"] = "v"
    async with Gossip(b, interval=100_000) as patient:
        assert patient.address is not None
        changes = patient.changes()
        async with Gossip(a, bind=None, peers=[patient.address], interval=FAST):
            assert (await after(changes, "set", "k")).participant == b"a"
            a["k"] = "w"
            assert (await after(changes, "set", "k")).value == b"w"


async def test_following_ends_with_the_block() -> None:
    host = plasmid.Host("a")
    host["k"] = "v"
    told: list[plasmid.Change] = []
    started = asyncio.Event()

    async def read(changes: Changes) -> None:
        async for change in changes:
            told.append(change)
            started.set()

    async with Gossip(host, interval=100_000) as gossip:
        readers = [asyncio.create_task(read(gossip.changes())) for _ in range(2)]
        await started.wait()
        host["last"] = "v"
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*readers)
    # What was there when the block was left is told to the end.
    assert [change.key for change in told].count(b"last") == 2
    assert len(asyncio.all_tasks()) == 1


async def test_outside_of_the_block_there_is_nothing_to_follow() -> None:
    gossip = Gossip(plasmid.Host("a"))
    for _ in range(2):
        with pytest.raises(RuntimeError, match="this block is not entered"):
            gossip.changes()
        with pytest.raises(RuntimeError, match="this block is not entered"):
            await gossip.wait_seen(peers=0)
        async with gossip:
            pass


async def test_a_reader_goes_on_from_its_cursor() -> None:
    host = plasmid.Host("a")
    keys = [f"{number:04}".encode() for number in range(500)]
    for key in keys:
        host[key] = "v"
    seen: list[bytes | None] = []
    cursor: bytes | None = None
    async with Gossip(host, interval=FAST) as gossip:
        stops = iter([1, 100, 64, 65, 170, 1])
        while len(set(seen)) < len(keys):
            changes = gossip.changes(cursor, prefix="0")
            assert changes.cursor == cursor
            stop = next(stops, 300)
            async for change in changes:
                if change.kind == "set":
                    seen.append(change.key)
                stop -= 1
                if stop == 0 or len(set(seen)) == len(keys):
                    break
            cursor = changes.cursor
    # Nothing is left out, and only little is told again.
    assert list(dict.fromkeys(seen)) == keys
    assert len(seen) < 2 * len(keys)


async def test_the_cursor_is_that_of_what_the_reader_has_dealt_with() -> None:
    host = plasmid.Host("a")
    host["k"] = "v"
    async with Gossip(host, interval=FAST) as gossip:
        changes = gossip.changes()
        await after(changes, "set", "k")
        assert changes.cursor is None
        host["l"] = "v"
        await after(changes, "set", "l")
        assert changes.cursor is not None
        told = [change.key for change in host.changes(changes.cursor)[0]]
        assert told == [b"l"]


async def test_a_slow_reader_is_told_the_newest_value() -> None:
    host = plasmid.Host("a")
    host["k"] = "first"
    async with Gossip(host, interval=FAST) as gossip:
        changes = gossip.changes()
        await after(changes, "set", "k")
        for value in range(1000):
            host["k"] = value
        assert (await after(changes, "set", "k")).value == b"999"
        host["l"] = "v"
        assert (await anext(changes)).key == b"l"


async def test_many_changes_keep_nobody_waiting() -> None:
    host = plasmid.Host("a")
    for key in range(2000):
        host[key] = "v"
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with Gossip(host, interval=FAST) as gossip:
        task = asyncio.create_task(others())
        await asyncio.sleep(0)
        before = turns
        await after(gossip.changes(), "set", "1999")
        task.cancel()
    assert turns - before >= 10


async def test_two_tasks_may_share_a_reader() -> None:
    host = plasmid.Host("a")
    told: list[bytes | None] = []

    async def read(changes: Changes) -> None:
        async for change in changes:
            told.append(change.key)
            await asyncio.sleep(0)

    async with Gossip(host, interval=FAST) as gossip:
        changes = gossip.changes()
        readers = [asyncio.create_task(read(changes)) for _ in range(3)]
        for key in range(300):
            host[key] = "v"
            if key % 50 == 0:
                await asyncio.sleep(FAST)
        await until(lambda: len(set(told)) == 301)
    await asyncio.gather(*readers)
    assert sorted(filter(None, told)) == sorted(b"%d" % key for key in range(300))


async def test_what_changes_cannot_follow_is_raised_to_the_reader() -> None:
    before = plasmid.Host("a")
    before["k"] = "v"
    stale = before.changes()[1]
    host = plasmid.Host.restore(before.snapshot())
    async with Gossip(host, interval=FAST) as gossip:
        for wrong in (b"no cursor", stale):
            following = gossip.changes(wrong)
            # And again, if nothing is done about it.
            for _ in range(2):
                with pytest.raises(plasmid.CursorError):
                    await anext(following)
            assert following.cursor == wrong
        assert (await after(gossip.changes(), "set", "k")).value == b"v"
        with pytest.raises(TypeError):
            await anext(gossip.changes(prefix=1.5))  # type: ignore[arg-type]


async def test_a_reader_that_was_too_slow_begins_anew() -> None:
    host = plasmid.Host("a", departed=1, change_records=3)

    def meet(number: int) -> bytes:
        other = plasmid.Host(f"other {number}", generation=number + 1)
        other["k"] = "v"
        exchange(host, other)
        return other.id

    present: set[bytes] = set()
    restarts = 0

    async def read(gossip: Gossip) -> None:
        nonlocal restarts
        cursor = None
        while True:
            following = gossip.changes(cursor)
            try:
                async for change in following:
                    if change.kind == "join":
                        present.add(change.participant)
                    elif change.kind == "evict":
                        present.discard(change.participant)
                return
            except plasmid.CursorError:
                restarts += 1
                present.clear()
                cursor = None

    meet(0)
    async with Gossip(host, interval=FAST) as gossip:
        reader = asyncio.create_task(read(gossip))
        await until(lambda: b"other 0" in present)
        for number in range(10):
            host.evict(meet(number))
        last = meet(10)
        await until(lambda: present == {host.id, last})
    await reader
    assert restarts == 1


@DRIVERS
async def test_waiting_until_everyone_has_it(driver: Driver) -> None:
    async with fleet(driver, "abc") as (a, b, c):
        await until(lambda: len(a.host.participants()) == 3)
        version = a.host.set("k", "v")
        await a.wait_seen(timeout=PATIENCE)
        assert b.host.get("k", "a") == c.host.get("k", "a") == b"v"
        assert a.host.acked_version("b") == a.host.acked_version("c") == version
        # What was seen before is seen.
        await a.wait_seen(1, timeout=0)
        await a.wait_seen(version, ["b", b"c", bytearray(b"a")], timeout=0)
        await a.wait_seen(version, 2, timeout=0)
        await a.wait_seen(version, iter(["b"]), timeout=None)


@DRIVERS
async def test_a_peer_that_only_answers_is_waited_for_too(driver: Driver) -> None:
    a, silent = plasmid.Host("a"), plasmid.Host("silent")
    silent["k"] = "v"
    async with driver(silent, interval=100_000) as answering:
        assert answering.address is not None
        async with driver(a, peers=[answering.address], interval=FAST) as calling:
            for value in range(3):
                a["k"] = value
                await calling.wait_seen(peers=["silent"], timeout=PATIENCE)
                assert silent.get("k", "a") == b"%d" % value
                # And what it wrote itself is told by the one that calls.
                silent["k"] = value
                await answering.wait_seen(peers=["a"], timeout=PATIENCE)
                assert a.get("k", "silent") == b"%d" % value
            a.leave()
            await calling.wait_seen(peers=1, timeout=PATIENCE)
            assert silent.status("a") == "left"
        assert answering.rounds == 0


@DRIVERS
async def test_a_peer_that_wrote_nothing_is_waited_for_by_its_name(driver: Driver) -> None:
    a, reader = plasmid.Host("a"), plasmid.Host("reader")
    async with driver(reader, interval=100_000) as answering:
        assert answering.address is not None
        async with driver(a, peers=[answering.address], interval=FAST) as calling:
            a["k"] = "v"
            await calling.wait_seen(peers=["reader"], timeout=PATIENCE)
            assert reader.get("k", "a") == b"v"
            assert a.participants() == [b"a"]
            with pytest.raises(TimeoutError, match="1 of 1 peers are not known"):
                await calling.wait_seen(peers=1, timeout=FAST)


async def test_who_only_pulls_is_not_heard_by_those_it_calls() -> None:
    a, b = plasmid.Host("a"), plasmid.Host("b")
    a["k"] = b["k"] = "v"
    async with Gossip(b, interval=100_000) as answering:
        assert answering.address is not None
        peers = [answering.address]
        async with Gossip(a, bind=None, peers=peers, interval=FAST, mode="pull") as calling:
            await until(lambda: "b" in [name.decode() for name in a.participants()])
            with pytest.raises(TimeoutError):
                await calling.wait_seen(peers=["b"], timeout=10 * FAST)
            # That it has what it pulled is known there.
            await answering.wait_seen(peers=["a"], timeout=PATIENCE)
            assert a.get("k", "b") == b"v"


async def test_a_peer_that_nobody_meets_is_waited_for_in_vain() -> None:
    a, b = plasmid.Host("a"), plasmid.Host("b")
    a["k"] = b["k"] = "v"
    a.receive(b.receive(a.initiate()))
    async with Gossip(a, interval=FAST) as gossip:
        text = "b'b' is not known to have version 1"
        with pytest.raises(TimeoutError, match=text):
            await gossip.wait_seen(timeout=FAST)
        with pytest.raises(TimeoutError, match="b'b' and 1 more are not known to have version 1"):
            await gossip.wait_seen(peers=["nobody", "b"], timeout=0)
        with pytest.raises(TimeoutError, match="2 of 2 peers are not known to have version 7"):
            await gossip.wait_seen(7, peers=2, timeout=FAST)
        await gossip.wait_seen(peers=0, timeout=0)
        # One that is gone is no longer waited for, unless it was named.
        waiting = asyncio.create_task(gossip.wait_seen(timeout=PATIENCE))
        await asyncio.sleep(0)
        a.evict("b")
        await waiting
        with pytest.raises(TimeoutError):
            await gossip.wait_seen(peers=["b"], timeout=FAST)


async def test_waiting_alone_is_over_at_once() -> None:
    host = plasmid.Host("a")
    host["k"] = "v"
    async with Gossip(host) as gossip:
        await gossip.wait_seen(timeout=0)
        await gossip.wait_seen(peers=["a"], timeout=0)


async def test_waiting_ends_with_the_block() -> None:
    host = plasmid.Host("a")
    async with Gossip(host, interval=100_000) as gossip:
        waiting = asyncio.create_task(gossip.wait_seen(peers=1))
        await asyncio.sleep(0)
    with pytest.raises(RuntimeError, match="the block was left"):
        await asyncio.wait_for(waiting, PATIENCE)


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("peers", "b", TypeError),
        ("peers", b"b", TypeError),
        ("peers", True, TypeError),
        ("peers", -1, ValueError),
        ("version", -1, ValueError),
        ("version", "1", ValueError),
        ("version", True, ValueError),
    ],
)
async def test_a_slip_is_told_at_once(name: str, value: Any, error: type[Exception]) -> None:
    async with Gossip(plasmid.Host("a")) as gossip:
        with pytest.raises(error, match=f"{name} is "):
            await gossip.wait_seen(**{name: value}, timeout=0)


async def test_peers_are_a_list_of_ids() -> None:
    wrong: list[Any] = [1.5, [1.5], [None], [["b"]]]
    async with Gossip(plasmid.Host("a")) as gossip:
        for peers in wrong:
            with pytest.raises(TypeError):
                await gossip.wait_seen(peers=peers, timeout=0)


@DRIVERS
async def test_the_drivers_tell_the_time(driver: Driver) -> None:
    async with fleet(driver, "ab") as (a, b):
        a.host.set("k", "v", ttl_ms=50)
        changes = b.changes(participant="a")
        await after(changes, "set", "k")
        await after(changes, "delete", "k")
        assert "k" not in a.host
        await until(lambda: a.host.last_heard("b") is not None)


@DRIVERS
async def test_the_time_may_be_somebody_elses(driver: Driver) -> None:
    now = NOW
    host = plasmid.Host("a")
    async with driver(host, interval=FAST, clock=lambda: now) as gossip:
        host.set("k", "v", ttl_ms=1000)
        changes = gossip.changes()
        await after(changes, "set", "k")
        now = NOW + 100_000
        await after(changes, "delete", "k")
    silent = plasmid.Host("b")
    async with driver(silent, interval=FAST, clock=None):
        silent.set("k", "v", ttl_ms=0)
        for _ in range(5):
            await asyncio.sleep(FAST)
    assert "k" in silent


@DRIVERS
async def test_the_time_is_told_also_between_rare_rounds(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plasmid.aio._rounds._TICK_SECONDS", FAST)
    now = NOW
    host = plasmid.Host("a")
    async with driver(host, interval=100_000, clock=lambda: now):
        await asyncio.sleep(0)
        host.set("k", "v", ttl_ms=1000)
        now += 1000
        await until(lambda: "k" not in host)


@DRIVERS
async def test_a_clock_that_is_none_is_told(driver: Driver) -> None:
    wrong: Any = 7
    with pytest.raises(TypeError, match="clock is 7"):
        driver(plasmid.Host("a"), clock=wrong)
    told: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    wrong = lambda: 1.5  # noqa: E731
    with pytest.raises(TypeError):
        async with driver(plasmid.Host("a"), interval=FAST, clock=wrong):
            await until(lambda: bool(told))


@DRIVERS
async def test_leaving_gracefully(driver: Driver) -> None:
    async with fleet(driver, "abc") as (a, b, c):
        await until(lambda: all(len(one.host.participants()) == 3 for one in (a, b, c)))
        a.host.leave()
        await a.wait_seen(peers=1, timeout=PATIENCE)
        await a.__aexit__(None, None, None)
        await until(lambda: all(one.host.status("a") == "left" for one in (b, c)))
        assert b.host.participants() == c.host.participants() == [b"b", b"c"]
