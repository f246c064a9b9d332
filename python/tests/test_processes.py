"""After a fork, parent and child go on; each has a host of its own."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection

import pytest
from common import state

import plasmid
from plasmid.aio import DatagramGossip, Gossip

FORK = multiprocessing.get_context("fork")


def child(inherited: plasmid.Host, pipe: "Connection[bytes, bytes]") -> None:
    # What was inherited can be read, and nothing else.
    own = plasmid.Host("child")
    own["from"] = inherited["from"] + b" and child"
    pipe.send_bytes(own.receive(pipe.recv_bytes()))
    own.receive(pipe.recv_bytes())
    assert state(own) == {b"parent": inherited.updates()} | {b"child": own.updates()}


def test_hosts_survive_a_fork() -> None:
    host = plasmid.Host("parent")
    host["from"] = "parent"
    ours, theirs = FORK.Pipe()
    process = FORK.Process(target=child, args=(host, theirs))
    process.start()
    ours.send_bytes(host.initiate())
    ours.send_bytes(host.receive(ours.recv_bytes()))
    process.join()
    assert process.exitcode == 0
    assert host.get("from", "child") == b"parent and child"
    assert host.conflicts == 0
    assert set(state(host)) == {b"child", b"parent"}


HOST = plasmid.Host("parent")
HOST["k"] = "v"
BATCH = HOST.batch()
BATCH.__enter__()
BATCH.set("k", "w")
STREAM, EXCHANGE = HOST.create_stream(), HOST.exchange()
SYN = plasmid.Host("other").initiate()


USES: list[Callable[[], object]] = [
    lambda: HOST.set("k", "w"),
    lambda: HOST.set("k", "w", ttl_ms=1),
    lambda: HOST.__setitem__("k", "w"),
    lambda: HOST.delete("k"),
    lambda: HOST.__delitem__("k"),
    HOST.batch,
    lambda: BATCH.__exit__(None, None, None),
    lambda: HOST.tick(1),
    HOST.compact,
    HOST.leave,
    HOST.renew,
    lambda: HOST.evict("other"),
    HOST.initiate,
    lambda: HOST.receive(SYN),
    lambda: HOST.receive(b""),
    STREAM.transmit,
    lambda: STREAM.receive(b""),
    EXCHANGE.transmit,
    lambda: EXCHANGE.receive(b""),
    HOST.create_stream,
    HOST.exchange,
    lambda: Gossip(HOST),
    lambda: DatagramGossip(HOST),
]


def use(number: int) -> str:
    """In a process of a pool: make a use of an inherited host."""
    assert HOST["k"] == b"v"
    assert HOST.items() == [(b"k", b"v")]
    assert repr(HOST)
    assert HOST.max_version() == STREAM.rounds + 1 == 1
    assert HOST.status("parent") == "present"
    assert [change.kind for change in HOST.changes()[0]] == ["join", "set"]
    assert plasmid.Host.restore(HOST.snapshot())["k"] == b"v"
    with pytest.raises(plasmid.ConflictError) as caught:
        USES[number]()
    assert HOST.updates() == [(1, b"k", b"v")]
    return str(caught.value)


def test_an_inherited_host_does_not_write_under_its_id() -> None:
    with FORK.Pool(2) as pool:
        texts = set(pool.map(use, range(len(USES))))
    sentence = "this host was made before a fork: two processes would write under its id"
    assert texts == {f"{sentence}; make a new one here"}
    # The parent goes on.
    assert HOST.receive(plasmid.Host("other").initiate())


def generations(pipe: "Connection[bytes, bytes]", left: int) -> None:
    """Make a host here, and another one in each further child."""
    host = plasmid.Host(left)
    host["k"] = "v"
    if left:
        process = FORK.Process(target=generations, args=(pipe, left - 1))
        process.start()
        process.join()
        assert process.exitcode == 0
        host["k"] = "w"
    pipe.send_bytes(host["k"])


def test_each_generation_of_processes_has_its_own_hosts() -> None:
    ours, theirs = FORK.Pipe()
    process = FORK.Process(target=generations, args=(theirs, 2))
    process.start()
    assert [ours.recv_bytes() for _ in range(3)] == [b"v", b"w", b"w"]
    process.join()
    assert process.exitcode == 0
