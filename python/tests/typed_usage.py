"""How the types are meant to be used. It is never run: mypy reads it, strictly, with the tests."""

import asyncio
import ssl
from pathlib import Path
from typing import Literal, assert_never, assert_type

import plasmid
import plasmid.aio
from plasmid.aio import DatagramGossip, Gossip, Traffic, pull, serve


def a_host() -> None:
    state = plasmid.LocalState(history=False)
    host = plasmid.Host(
        "id",
        ordering="breadth",
        digests="plain",
        state=state,
        seed=1,
        nonce=2,
        generation=3,
        cluster=b"c",
    )
    plasmid.Host(7, key_bytes=1, value_bytes=2, message_bytes=512, participants=4)
    plasmid.Host(bytearray(b"b"), keys_per_participant=5, participant_bytes=6, state_bytes=7)
    plasmid.Host("id", ordering="width")  # type: ignore[arg-type]
    plasmid.Host("id", colour="red")  # type: ignore[call-arg]
    plasmid.Host(None)  # type: ignore[arg-type]
    plasmid.Host("id", state=True)  # type: ignore[arg-type]

    assert_type(host.set("key", 1), int)
    assert_type(host.get(memoryview(b"key")), bytes | None)
    assert_type(host.get("key", "participant"), bytes | None)
    assert_type(host["key"], bytes)
    assert_type("key" in host, bool)
    assert_type(len(host), int)
    assert_type(list(host), list[bytes])
    assert_type(dict(host), dict[bytes, bytes])
    assert_type(host.id, bytes)
    assert_type(host.generation, int)
    assert_type(host.history("key"), list[tuple[int, bytes | None]])
    assert_type(host.participants(), list[bytes])
    assert_type(host.participants(None) + host.participants(status="left"), list[bytes])
    host.participants("gone")  # type: ignore[arg-type]
    assert_type(host.status("participant"), Literal["present", "left", "evicted"] | None)
    assert_type(host.keys(), list[bytes])
    assert_type(host.items("participant"), list[tuple[bytes, bytes]])
    assert_type(host.updates(), list[tuple[int, bytes, bytes | None]])
    assert_type(host.max_version("participant"), int)
    assert_type(host.gc_version() + host.gc_version(None), int)
    assert_type(host.gc_version("participant"), int | None)
    assert_type(host.generation_of("participant"), int | None)
    assert_type(host.last_heard("participant"), int | None)
    assert_type(host.staleness("participant"), int | None)
    assert_type(host.acked_version("peer"), int | None)
    assert_type(host.initiate(1200), bytes)
    assert_type(host.receive(b"", budget=0), bytes)
    assert_type(host.room_needed + host.conflicts + host.skipped + host.forgotten, int)
    host["key"] = "value"
    host["key"] = 1.5  # type: ignore[assignment]
    host.receive("text")  # type: ignore[arg-type]
    del host["key"]
    host.generation = 1  # type: ignore[misc]


def writing(host: plasmid.Host) -> None:
    assert_type(host.set("key", "value", ttl_ms=1000), int)
    assert_type(host.delete("key") + host.compact() + host.compact(7), int)
    assert_type(host.leave() + host.renew() + host.evict("participant"), int)
    host.tick(1)
    host.tick(0.5)  # type: ignore[arg-type]
    with host.batch() as batch:
        assert_type(batch, plasmid.Batch)
        batch.set("key", 1)
        batch.delete(b"key")
    assert_type(batch.version + len(batch), int)
    data = host.snapshot()
    assert_type(data, bytes)
    assert_type(plasmid.Host.restore(data, compaction="manual", departed=1), plasmid.Host)
    plasmid.Host.restore(data, id="other")  # type: ignore[call-arg]
    plasmid.Host("id", compaction="auto", tombstone_age_ms=1, evict_after_ms=2)
    plasmid.Host("id", generation_ahead_ms=1, fragment_bytes=2, remembered_deletes=3)
    plasmid.Host("id", change_records=1, compaction="never")  # type: ignore[arg-type]


def keeping(host: plasmid.Host, path: Path) -> None:
    state = plasmid.DurableState(path, history=False, relaxed=True)
    assert_type(state.path, str)
    assert_type(state.history or state.relaxed, bool)
    plasmid.DurableState(b"path")  # type: ignore[arg-type]
    plasmid.DurableState()  # type: ignore[call-arg]
    state.path = "other"  # type: ignore[misc]
    with plasmid.Host("id", state=state) as durable:
        assert_type(durable, plasmid.Host)
        assert_type(durable.state, plasmid.LocalState | plasmid.DurableState)
    durable.close()
    plasmid.Host.restore(host.snapshot(), state=state)  # type: ignore[arg-type]
    try:
        host.set("key", "value")
    except plasmid.InUseError as error:
        assert_type(error.errno, int | None)
    except (plasmid.DamagedError, plasmid.StoreError, plasmid.ClosedError) as error:
        assert_type(error.code, int)


def following(host: plasmid.Host) -> None:
    changes, cursor = host.changes()
    changes, cursor = host.changes(cursor, limit=1, prefix="load", participant=7)
    assert_type(cursor, bytes)
    for change in changes:
        assert_type(change, plasmid.Change)
        assert_type(change.participant, bytes)
        assert_type(change.key, bytes | None)
        assert_type(change.value, bytes | None)
        assert_type(change.version + change.generation, int)
        match change.kind:
            case "set" | "delete" | "join" | "leave" | "evict" | "replace" | "conflict":
                pass
            case never:
                assert_never(never)
        change.kind = "set"  # type: ignore[misc]
    assert_type(plasmid.Change("set", "a", "k", "v", 1, 1) == changes[0], bool)


def streams(host: plasmid.Host) -> None:
    stream = host.create_stream(end=False, mode="push-pull")
    answerer = host.exchange(end=True)
    assert_type(stream, plasmid.Stream)
    assert_type(answerer, plasmid.Exchange)
    for end in (stream, answerer):
        end.gossip()
        end.receive(bytearray())
        assert_type(end.transmit(100), bytes)
        assert_type(end.finished, bool)
        assert_type(end.rounds, int)


def errors() -> None:
    try:
        plasmid.Host("")
    except plasmid.LimitError as error:
        assert_type(error.limit, str)
        assert_type(error.value + error.max + error.code, int)
    except plasmid.BudgetError as error:
        assert_type(error.needed, int)
    except plasmid.Error as error:
        assert_type(error.code, int)


async def drivers(host: plasmid.Host, context: ssl.SSLContext) -> None:
    async with Gossip(host, peers=[("name", 1)], client_ssl=context, mode="pull") as gossip:
        assert_type(gossip, Gossip)
        assert_type(gossip.address, tuple[str, int] | None)
        assert_type(gossip.rounds + gossip.bytes_in + gossip.bytes_out + gossip.failures, int)
        assert_type(gossip.last_error, Exception | None)
        gossip.peers.append(("name", 2))
        gossip.peers.append("name:2")  # type: ignore[arg-type]
        following = gossip.changes(b"cursor", prefix="load", participant="a")
        assert_type(following, plasmid.aio.Changes)
        async for change in following:
            assert_type(change, plasmid.Change)
        assert_type(following.cursor, bytes | None)
        await gossip.wait_seen()
        await gossip.wait_seen(7, peers=["a", b"b", 3], timeout=1.5)
        await gossip.wait_seen(peers=2)
        await gossip.wait_seen(peers=1.5)  # type: ignore[arg-type]
    async with plasmid.aio.DatagramGossip(host, mtu=1400, clock=lambda: 1) as datagrams:
        assert_type(datagrams, DatagramGossip)
    Gossip(host, clock=None)
    Gossip(host, clock=lambda: 0.5)  # type: ignore[arg-type, return-value]
    reader, writer = await asyncio.open_connection("name", 1)
    await pull(host, reader, writer, mode="push-pull", traffic=Traffic())
    await serve(host, reader, writer, round_timeout=1.5)
