"""After a fork, parent and child go on; each has a host of its own."""

import multiprocessing
from multiprocessing.connection import Connection

from common import state

import plasmid


def child(inherited: plasmid.Host, pipe: "Connection[bytes, bytes]") -> None:
    own = plasmid.Host("child")
    own["from"] = "child"
    # What was inherited can be read, and taken over by way of an exchange.
    own.receive(inherited.receive(own.initiate()))
    assert own.get("from", "parent") == b"parent"
    pipe.send_bytes(own.receive(pipe.recv_bytes()))


def test_hosts_survive_a_fork() -> None:
    host = plasmid.Host("parent")
    host["from"] = "parent"
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=child, args=(host, theirs))
    process.start()
    ours.send_bytes(host.initiate())
    host.receive(ours.recv_bytes())
    process.join()
    assert process.exitcode == 0
    assert host.get("from", "child") == b"child"
    assert host.conflicts == 0
    assert set(state(host)) == {b"child", b"parent"}
