"""Hosts in files on a disk that stands still or fails. `test_disks.py` plays these.

That a scene ends at all says that nobody held the interpreter, nor the host, while the disk stood
still: it is the scene itself that sets the disk going again.
"""

import asyncio
import os
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from common import FAST, exchange, state, until

import plasmid
from plasmid import DurableState, Host
from plasmid.aio import DatagramGossip, Gossip

NOW = 1_700_000_000_000

Driver = type[Gossip | DatagramGossip]


class Disk:
    """What the library before the system's looks at."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def being(self, how: str) -> Iterator[None]:
        """Stand still ("stopped") or fail ("broken") for as long as the block."""
        (self.folder / how).touch()
        try:
            yield
        finally:
            (self.folder / how).unlink()

    @property
    def is_waited_for(self) -> bool:
        return (self.folder / "waiting").exists()

    def wait(self, working: Future[Any]) -> None:
        """Wait until what is worked at in a thread waits for the disk."""
        while not self.is_waited_for:
            assert not working.done(), f"it does not wait: {working.exception()}"
            time.sleep(0.001)


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    folder = tmp_path / "disk"
    folder.mkdir()
    monkeypatch.setenv("DISK", str(folder))
    return Disk(folder)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.state"


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as threads:
        yield threads


def told(peer: Host, host: Host) -> object:
    """What a peer holds of a host, once they have met."""
    exchange(peer, host)
    exchange(host, peer)
    return peer.updates(host.id)


def test_nobody_sees_what_is_not_on_the_disk(
    disk: Disk, path: Path, threads: ThreadPoolExecutor
) -> None:
    peer = Host("peer")
    host = Host("a", state=DurableState(path))
    host["k"] = "old"
    old = [(1, b"k", b"old")]
    assert told(peer, host) == old
    cursor = host.changes()[1]

    def write() -> int:
        with host.batch() as batch:
            batch.set("k", "newer")
        return batch.version

    with disk.being("stopped"):
        writing = threads.submit(host.set, "k", "new")
        disk.wait(writing)
        other = threads.submit(write)
        for _ in range(20):
            assert host["k"] == b"old"
            assert host.history("k") == [(1, b"old")]
            assert host.items() == [(b"k", b"old")]
            assert host.updates() == old
            assert host.max_version() == 1
            assert host.changes(cursor, participant="a")[0] == []
            assert "max_version=1" in repr(host)
            assert Host.restore(host.snapshot())["k"] == b"old"
            # It meets others, who see as little, and learns what they write.
            assert told(peer, host) == old
            version = peer.set("p", "v")
            told(peer, host)
            assert host.max_version("peer") == version
        assert not writing.done()
        assert not other.done()
    assert {writing.result(), other.result()} == {2, 3}
    assert host.max_version() == 3
    assert len(host.updates()) == 3
    assert told(peer, host) == host.updates()
    assert [change.key for change in host.changes(cursor, participant="a")[0]] == [b"k"]


def leave(host: Host) -> None:
    with host:
        pass


# What waits for the disk, and with which options of `DurableState`.
WAITS: dict[str, tuple[Callable[[Host], object], bool]] = {
    "set": (lambda host: host.set("k", "w"), False),
    "set_expiring": (lambda host: host.set("k", "w", ttl_ms=1), False),
    "setitem": (lambda host: host.__setitem__("k", "w"), False),
    "delete": (lambda host: host.delete("k"), False),
    "delitem": (lambda host: host.__delitem__("k"), False),
    "tick": (lambda host: host.tick(NOW + 1000), False),
    "tick, relaxed": (lambda host: host.tick(NOW + 1000), True),
    "compact": (lambda host: host.compact(), False),
    "leave": (lambda host: host.leave(), False),
    "renew": (lambda host: host.renew(), False),
    "evict": (lambda host: host.evict("peer"), False),
    "close": (lambda host: host.close(), False),
    "close, relaxed": (lambda host: host.close(), True),
    "the end of a block": (leave, False),
}


@pytest.mark.parametrize("verb", WAITS)
def test_who_waits_for_a_disk_holds_nobody_up(
    disk: Disk, path: Path, threads: ThreadPoolExecutor, verb: str
) -> None:
    work, relaxed = WAITS[verb]
    host = Host("a", state=DurableState(path, relaxed=relaxed))
    peer = Host("peer", generation=1)
    peer["p"] = "v"
    host.tick(NOW)
    host["k"] = "u"
    host["k"] = "v"
    host.set("lease", "mine", ttl_ms=1000)
    exchange(host, peer)
    with disk.being("stopped"):
        working = threads.submit(work, host)
        disk.wait(working)
        assert host["k"] == b"v"
        assert not working.done()
    working.result()
    host.close()
    with Host("a", state=DurableState(path)) as again:
        assert state(again) == state(host)
        assert again.generation == host.generation


def test_opening_and_dropping_hold_nobody_up(
    disk: Disk, path: Path, threads: ThreadPoolExecutor
) -> None:
    hosts: list[Host] = []
    for work in (lambda: hosts.append(Host("a", state=DurableState(path))), hosts.clear):
        with disk.being("stopped"):
            working: Future[None] = threads.submit(work)
            disk.wait(working)
            assert not working.done()
        working.result()
        (disk.folder / "waiting").unlink()


def test_a_relaxed_host_does_not_wait(disk: Disk, path: Path, threads: ThreadPoolExecutor) -> None:
    peer = Host("peer")
    host = Host("a", state=DurableState(path, relaxed=True))
    with disk.being("stopped"):
        host["k"] = "v"
        assert told(peer, host) == [(1, b"k", b"v")]
        assert not disk.is_waited_for
        ticking = threads.submit(host.tick, NOW)
        disk.wait(ticking)
        # Nor does it while somebody else does, however much it is.
        for count in range(100):
            host["k"] = bytes(5000) + b"%d" % count
        assert host["k"].endswith(b"\x0099")
        assert not ticking.done()
    ticking.result()


def test_a_child_that_is_forked_while_somebody_waits(
    disk: Disk, path: Path, threads: ThreadPoolExecutor
) -> None:
    host = Host("a", state=DurableState(path))
    host["k"] = "old"
    with disk.being("stopped"):
        writing = threads.submit(host.set, "k", "new")
        disk.wait(writing)
        with warnings.catch_warnings():
            # Later Pythons warn of forks beside threads. That one just sleeps.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            # Nothing that was in other hands is waited for.
            try:
                assert host["k"] == b"old"
                with pytest.raises(plasmid.ConflictError):
                    host["k"] = "mine"
                with pytest.raises(plasmid.ConflictError):
                    host.close()
            except BaseException:
                os._exit(1)
            os._exit(0)
        assert os.waitpid(child, 0) == (child, 0)
        assert not writing.done()
    assert writing.result() == 2
    assert host["k"] == b"new"


def test_a_relaxed_host_that_writes_much_holds_nobody_up(
    disk: Disk, path: Path, threads: ThreadPoolExecutor
) -> None:
    host = Host("a", state=DurableState(path, relaxed=True))

    def write() -> None:
        # So much that the file is written anew meanwhile.
        for count in range(1000):
            host["k"] = bytes(2000) + b"%d" % count

    with disk.being("stopped"):
        writing = threads.submit(write)
        disk.wait(writing)
        assert len(host["k"]) > 2000
        assert not writing.done()
    writing.result()
    host.close()
    with Host("a", state=DurableState(path)) as again:
        assert again["k"].endswith(b"\x00999")


FAILS: dict[str, Callable[[Host], object]] = {
    "set": lambda host: host.set("k", "newest"),
    "setitem": lambda host: host.__setitem__("k", "newest"),
    "delete": lambda host: host.delete("k"),
    "delitem": lambda host: host.__delitem__("k"),
    "tick": lambda host: host.tick(NOW),
    "compact": lambda host: host.compact(),
    "leave": lambda host: host.leave(),
    "renew": lambda host: host.renew(),
    "evict": lambda host: host.evict("peer"),
    "batch": lambda host: host.batch().__enter__().__exit__(None, None, None),
    "close": lambda host: host.close(),
}


def test_a_disk_that_fails_fails_for_good(disk: Disk, path: Path) -> None:
    peer = Host("peer")
    host = Host("a", state=DurableState(path))
    host["k"] = "old"
    old = told(peer, host)
    with disk.being("broken"), pytest.raises(plasmid.StoreError) as first:
        host["k"] = "new"
    assert type(first.value) is plasmid.StoreError
    assert "Input/output error" in str(first.value)
    # Nobody knows what reached the disk, so that a sound one does not mend it.
    for work in FAILS.values():
        # Reading goes on, and so do exchanges.
        assert host["k"] == b"old"
        assert told(peer, host) == old == host.updates()
        version = peer.set("p", "v")
        exchange(peer, host)
        assert host.max_version("peer") == version
        with pytest.raises(plasmid.StoreError) as caught:
            work(host)
        assert str(caught.value) == str(first.value)
    # It is closed all the same.
    host.close()
    with pytest.raises(plasmid.ClosedError):
        host["k"] = "newest"
    with Host("a", state=DurableState(path)) as again:
        assert again["k"] in (b"old", b"new")
        assert again.generation == host.generation
        again["k"] = "newest"
        assert told(peer, again) == again.updates()
        assert (again.conflicts, peer.skipped) == (0, 0)


@pytest.mark.parametrize("relaxed", [False, True])
def test_a_block_tells_that_its_host_is_not_kept(disk: Disk, path: Path, relaxed: bool) -> None:
    with pytest.raises(plasmid.StoreError, match="Input/output error"):  # noqa: SIM117
        with Host("a", state=DurableState(path, relaxed=relaxed)) as host:
            host["k"] = "v"
            (disk.folder / "broken").touch()
    # Nobody is told when nobody has it any more.
    del host
    (disk.folder / "broken").unlink()
    assert Host("a", state=DurableState(path))["k"] == b"v"


def test_a_file_that_cannot_be_written_is_not_opened(disk: Disk, path: Path) -> None:
    with disk.being("broken"), pytest.raises(plasmid.StoreError, match="Input/output error"):
        Host("a", state=DurableState(path))
    Host("a", state=DurableState(path)).close()


@pytest.mark.parametrize("driver", [Gossip, DatagramGossip])
@pytest.mark.parametrize("relaxed", [False, True])
async def test_a_loop_does_not_wait_for_a_disk(
    disk: Disk, path: Path, driver: Driver, relaxed: bool
) -> None:
    peer = Host("peer")
    with Host("a", state=DurableState(path, relaxed=relaxed)) as host:
        async with driver(host, interval=FAST) as a, driver(peer, interval=FAST) as b:
            assert a.address is not None
            b.peers.append(a.address)
            with disk.being("stopped"):
                # What a relaxed host wrote waits for a tick; the other one waits at once, and ticks
                # for that.
                writing = asyncio.create_task(asyncio.to_thread(host.set, "k", "v"))
                await until(lambda: disk.is_waited_for)
                # Both meet, tell and learn.
                peer["p"] = "v"
                await until(lambda: host.get("p", "peer") == b"v")
                assert (peer.get("k", "a") == b"v") <= relaxed
                if relaxed:
                    await until(lambda: peer.get("k", "a") == b"v")
            await writing
            await until(lambda: peer.get("k", "a") == b"v")
            assert (a.failures, b.failures) == (0, 0)
        # Nobody closed it but its own block.
        await asyncio.to_thread(host.set, "k", "w")
    assert Host("a", state=DurableState(path))["k"] == b"w"


@pytest.mark.parametrize("driver", [Gossip, DatagramGossip])
async def test_gossip_outlives_a_file_that_fails(disk: Disk, path: Path, driver: Driver) -> None:
    said: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context))
    host, peer = Host("a", state=DurableState(path, relaxed=True)), Host("peer")
    b = driver(peer, interval=FAST)
    with pytest.raises(plasmid.StoreError, match="Input/output error") as caught:
        async with b, driver(host, interval=FAST) as a:
            assert b.address is not None
            a.peers.append(b.address)
            await until(lambda: a.rounds > 0)
            with disk.being("broken"):
                host["k"] = "v"
                await until(lambda: a.failures > 0)
            # It goes on to call its peers, and to learn.
            rounds = a.rounds
            peer["p"] = "v"
            await until(lambda: a.rounds > rounds + 3 and host.get("p", "peer") == b"v")
            assert a.failures == 1
    assert [context["exception"] for context in said] == [caught.value] == [a.last_error]
    with pytest.raises(plasmid.StoreError):
        host.close()
