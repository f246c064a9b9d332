"""plasmid.aio over real sockets on the loopback. Tests wait for conditions, never for a time."""

import asyncio
import random
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

import pytest
import trustme
from common import FAST, state, until

import plasmid
from plasmid.aio import DatagramGossip, Gossip, Traffic, pull, serve

Address = tuple[str, int]
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def reached(gossip: Gossip, counter: str) -> bool:
    return bool(getattr(gossip, counter) >= 2)


def same(hosts: list[plasmid.Host]) -> bool:
    return all(state(host) == state(hosts[0]) for host in hosts)


@asynccontextmanager
async def listening(handler: Handler) -> AsyncIterator[Address]:
    """A peer that does with its callers whatever the handler does."""
    calls: set[asyncio.Task[None] | None] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.add(asyncio.current_task())
        try:
            await handler(reader, writer)
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[:2]
        # Callers have left by now, so every call comes to its end.
        await asyncio.gather(*filter(None, calls))


async def leave(writer: asyncio.StreamWriter) -> None:
    writer.close()
    await writer.wait_closed()


async def test_five_gossips_converge() -> None:
    hosts = [plasmid.Host(number) for number in range(5)]
    async with AsyncExitStack() as stack:
        gossips = [
            await stack.enter_async_context(Gossip(host, interval=FAST, rng=random.Random(number)))
            for number, host in enumerate(hosts)
        ]
        # A ring, and one who knows nobody and is found all the same.
        for number, gossip in enumerate(gossips[:-1]):
            address = gossips[number + 1].address
            assert address is not None
            gossip.peers.append(address)
        for count in range(20):
            for host in hosts:
                host[count % 7] = count
            await asyncio.sleep(FAST)
        await until(lambda: len(state(hosts[0])) == 5 and same(hosts))
        assert all(gossip.rounds > 0 for gossip in gossips[:-1])
        assert all(gossip.bytes_in > 0 and gossip.bytes_out > 0 for gossip in gossips)
        assert [(gossip.failures, gossip.last_error) for gossip in gossips] == [(0, None)] * 5


async def test_pulling_gossip_teaches_the_caller_only() -> None:
    a, b = plasmid.Host("a"), plasmid.Host("b")
    a["k"], b["k"] = "1", "2"
    async with Gossip(b, interval=FAST) as listener:
        assert listener.address is not None
        async with Gossip(
            a, bind=None, peers=[listener.address], interval=FAST, mode="pull"
        ) as caller:
            assert caller.address is None
            await until(lambda: caller.rounds >= 3)
    assert a.get("k", "b") == b"2"
    assert b.participants() == [b"b"]


async def test_an_own_address_among_the_peers_is_passed_over() -> None:
    a, b = plasmid.Host("a"), plasmid.Host("b")
    async with Gossip(a, interval=FAST) as one, Gossip(b, interval=FAST) as other:
        assert one.address is not None
        assert other.address is not None
        one.peers = other.peers = [one.address, other.address]
        await until(lambda: one.rounds >= 5 and other.rounds >= 5)
    assert a.conflicts == b.conflicts == 0


async def test_a_block_can_be_entered_again_and_not_twice_at_once() -> None:
    gossip = Gossip(plasmid.Host("a"))
    for _ in range(2):
        async with gossip:
            with pytest.raises(RuntimeError):
                await gossip.__aenter__()
    with pytest.raises(ValueError, match="interval"):
        Gossip(plasmid.Host("a"), interval=0)


async def test_an_address_in_use_is_told_at_once() -> None:
    async with Gossip(plasmid.Host("a")) as gossip:
        assert gossip.address is not None
        with pytest.raises(OSError, match="address already in use"):
            async with Gossip(plasmid.Host("b"), bind=gossip.address):
                pass


async def test_no_peer_ends_gossip() -> None:
    async def garbage(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await leave(writer)

    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"\x7f\x01")
        await leave(writer)

    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.transport.abort()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Until the caller's patience ends.
        await reader.read()
        await leave(writer)

    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        a, b = plasmid.Host("a"), plasmid.Host("b")
        a["k"], b["k"] = "1", "2"
        async with (
            listening(garbage) as one,
            listening(cut) as two,
            listening(reset) as three,
            listening(hang) as four,
            Gossip(b) as good,
        ):
            misspelt: list[Any] = ["127.0.0.1:1", ("127.0.0.1",), 1, ("127.0.0.1", 70_000)]
            names = [("name.invalid", 1), ("x" * 64 + ".invalid", 1), ("", 0), ("a\0b", 1)]
            peers = [one, two, three, four, nobody.getsockname(), *names, *misspelt]
            for peer in peers:
                gossip = Gossip(a, bind=None, interval=FAST, timeout=0.05)
                async with gossip:
                    gossip.peers.append(peer)
                    await until(partial(reached, gossip, "failures"))
                    assert gossip.last_error is not None
                    assert gossip.rounds == 0
                    assert good.address is not None
                    gossip.peers.append(good.address)
                    await until(partial(reached, gossip, "rounds"))
    assert same([a, b])


async def test_a_peer_that_hangs_keeps_nobody_waiting() -> None:
    callers = 0

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal callers
        callers += 1
        await reader.read()
        await leave(writer)

    async with listening(hang) as address, Gossip(plasmid.Host("b")) as good:
        assert good.address is not None
        host = plasmid.Host("a")
        async with Gossip(host, peers=[address], interval=FAST, timeout=1000) as gossip:
            await until(lambda: callers == 1)
            gossip.peers.append(good.address)
            await until(lambda: gossip.rounds >= 10)
    # It was called once, and left alone while that call lasted; leaving the block ended it.
    assert callers == 1
    assert gossip.failures == 0


async def test_no_caller_ends_gossip() -> None:
    async def call(address: Address, data: bytes, *, abort: bool = False) -> None:
        _, writer = await asyncio.open_connection(*address)
        writer.write(data)
        await writer.drain()
        if abort:
            writer.transport.abort()
        else:
            await leave(writer)

    a, b = plasmid.Host("a"), plasmid.Host("b")
    a["k"], b["k"] = "1", "2"
    async with Gossip(a, interval=FAST) as gossip:
        assert gossip.address is not None
        whole = b.create_stream().transmit()
        await call(gossip.address, b"GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: " + b"x" * 100)
        await until(lambda: isinstance(gossip.last_error, plasmid.DecodeError))
        await call(gossip.address, b"\xff" * 9)
        await until(lambda: gossip.failures == 2)
        for length in range(len(whole)):
            await call(gossip.address, whole[:length], abort=length % 2 == 1)
        reader, writer = await asyncio.open_connection(*gossip.address)
        await pull(b, reader, writer, mode="push-pull")
        await leave(writer)
        await until(lambda: same([a, b]))
    assert a.participants() == [b"a", b"b"]


async def test_callers_beyond_the_limit_are_turned_away() -> None:
    host = plasmid.Host("a")
    async with Gossip(host, connections=2) as gossip:
        assert gossip.address is not None
        open_connections = [await asyncio.open_connection(*gossip.address) for _ in range(2)]
        for reader, writer in open_connections:
            await pull(plasmid.Host("b"), reader, writer)
        reader, writer = await asyncio.open_connection(*gossip.address)
        with pytest.raises(ConnectionError):
            await pull(plasmid.Host("c"), reader, writer)
        await until(lambda: isinstance(gossip.last_error, ConnectionAbortedError))
        writer.transport.abort()
        # When one leaves there is room again.
        await leave(open_connections.pop()[1])
        served = False
        while not served:
            reader, writer = await asyncio.open_connection(*gossip.address)
            try:
                await pull(plasmid.Host("c"), reader, writer)
                served = True
            except ConnectionError:
                await asyncio.sleep(FAST)
            writer.transport.abort()
        await leave(open_connections.pop()[1])


async def test_a_caller_that_says_nothing_is_let_go() -> None:
    async with Gossip(plasmid.Host("a"), timeout=0.02) as gossip:
        assert gossip.address is not None
        reader, writer = await asyncio.open_connection(*gossip.address)
        # Each round has its own time: one that was answered does not count against the next.
        await pull(plasmid.Host("b"), reader, writer)
        assert await reader.read() == b""
        writer.transport.abort()
        await until(lambda: isinstance(gossip.last_error, TimeoutError))


async def test_cancelling_leaves_the_host_whole() -> None:
    a, b = plasmid.Host("a"), plasmid.Host("b")
    a["k"] = "1"
    b["large"] = bytes(500_000)

    async def dribble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer as `b`, all but the last byte."""
        answerer = b.exchange()
        while not (answer := answerer.transmit()):
            answerer.receive(await reader.read(65536))
        writer.write(answer[:-1])
        await reader.read()
        await leave(writer)

    async with listening(dribble) as address:
        reader, writer = await asyncio.open_connection(*address)
        traffic = Traffic()
        task = asyncio.create_task(pull(a, reader, writer, traffic=traffic))
        await until(lambda: traffic.bytes_in > 500_000)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        writer.transport.abort()
    assert state(a) == {b"a": [(1, b"k", b"1")]}
    # And it goes on with the next one.
    a.receive(b.receive(a.initiate()))
    assert a.get("large", "b") == bytes(500_000)


async def test_leaving_in_the_middle_of_everything() -> None:
    # The test run turns a warning of a pending task or an open socket into an error.
    hosts = [plasmid.Host(number) for number in range(3)]
    for host in hosts:
        host["large"] = bytes(200_000)
    for pause in range(20):
        async with AsyncExitStack() as stack:
            gossips = [
                await stack.enter_async_context(Gossip(host, interval=0.0001)) for host in hosts
            ]
            for gossip in gossips:
                gossip.peers = [one.address for one in gossips if one.address]
            for _ in range(pause):
                await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == 1


async def test_cancelling_the_block_ends_it() -> None:
    entered = asyncio.Event()

    async def block() -> None:
        async with Gossip(plasmid.Host("a"), peers=[("127.0.0.1", 1)], interval=FAST):
            entered.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(block())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(asyncio.all_tasks()) == 1


async def test_pull_and_serve_on_ones_own_connection() -> None:
    a, b = plasmid.Host("a"), plasmid.Host("b")
    served = Traffic()
    done = asyncio.Event()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await serve(b, reader, writer, traffic=served)
        await leave(writer)
        done.set()

    async with listening(handler) as address:
        reader, writer = await asyncio.open_connection(*address)
        traffic = Traffic()
        for count in range(5):
            a["k"], b["k"] = count, -count
            await pull(a, reader, writer, mode="push-pull", traffic=traffic)
            assert a.get("k", "b") == str(-count).encode()
        await leave(writer)
        await done.wait()
    assert same([a, b])
    assert (served.bytes_in, served.bytes_out) == (traffic.bytes_out, traffic.bytes_in)
    assert traffic.bytes_in > 0


async def test_pull_tells_what_went_wrong() -> None:
    async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        await leave(writer)

    async def foreign(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stranger = plasmid.Host("b", cluster="other")
        writer.write(stranger.create_stream().transmit())
        await leave(writer)

    for handler, error, text in (
        (close, ConnectionError, r"before the exchange was over \(it may have refused us\)"),
        (foreign, plasmid.ForeignError, "another cluster"),
    ):
        async with listening(handler) as address:
            reader, writer = await asyncio.open_connection(*address)
            with pytest.raises(error, match=text):
                await pull(plasmid.Host("a"), reader, writer)
            writer.transport.abort()


async def test_tls() -> None:
    authority = trustme.CA()
    server, client = (
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER),
        ssl.create_default_context(),
    )
    authority.issue_cert("plasmid.test").configure_cert(server)
    authority.configure_trust(client)
    hosts = [plasmid.Host(number) for number in range(3)]
    for host in hosts:
        host["k"] = "v" * 100_000
    async with AsyncExitStack() as stack:
        gossips = [
            await stack.enter_async_context(
                Gossip(
                    host,
                    interval=FAST,
                    server_ssl=server,
                    client_ssl=client,
                    server_hostname="plasmid.test",
                )
            )
            for host in hosts
        ]
        for gossip in gossips:
            gossip.peers = [one.address for one in gossips if one.address]
        await until(lambda: same(hosts) and len(state(hosts[0])) == 3)

        # Who does not speak TLS, or does not trust the certificate, learns nothing.
        address = gossips[0].address
        assert address is not None
        stranger = plasmid.Host("stranger")
        plain = Gossip(stranger, bind=None, peers=[address], interval=FAST)
        distrusting = Gossip(
            stranger,
            bind=None,
            peers=[address],
            interval=FAST,
            client_ssl=ssl.create_default_context(),
            server_hostname="plasmid.test",
        )
        async with plain, distrusting:
            await until(lambda: plain.failures >= 2 and distrusting.failures >= 2)
        assert isinstance(distrusting.last_error, ssl.SSLCertVerificationError)
        assert stranger.participants() == [b"stranger"]
        rounds = gossips[1].rounds
        await until(lambda: gossips[1].rounds > rounds + 2)


async def test_datagrams_converge_within_the_mtu() -> None:
    hosts = [plasmid.Host(number) for number in range(5)]
    for host in hosts:
        for key in range(50):
            host[key] = "x" * 100
    async with AsyncExitStack() as stack:
        gossips = [
            await stack.enter_async_context(DatagramGossip(host, interval=FAST, mtu=600))
            for host in hosts
        ]
        for gossip in gossips:
            gossip.peers = [one.address for one in gossips if one.address]
        await until(lambda: same(hosts) and len(state(hosts[0])) == 5)
        assert all(gossip.bytes_in > 0 and gossip.rounds > 0 for gossip in gossips)


async def test_datagrams_carry_what_is_larger_than_they_are() -> None:
    a, b = plasmid.Host("a"), plasmid.Host("b")
    a["large"] = bytes(20_000)
    b["k"] = "v"
    async with (
        DatagramGossip(a, interval=FAST) as one,
        DatagramGossip(b, interval=FAST) as other,
    ):
        assert other.address is not None
        one.peers.append(other.address)
        await until(lambda: same([a, b]))
    assert b.get("large", "a") == bytes(20_000)


async def test_no_datagram_ends_gossip() -> None:
    a, b = plasmid.Host("a"), plasmid.Host("b")
    a["k"], b["k"] = "1", "2"
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        deaf = nobody.getsockname()
    async with DatagramGossip(a, interval=FAST) as gossip:
        assert gossip.address is not None
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            for data in (b"garbage", b"", b"\x01" * 60_000, a.initiate()):
                await loop.sock_sendto(sender, data, gossip.address)
        await until(lambda: gossip.failures >= 2)
        assert isinstance(gossip.last_error, plasmid.DecodeError)
        # A port where nobody listens, one that nothing can be sent to, and a name that is none.
        gossip.peers = [deaf]
        rounds = gossip.rounds
        await until(lambda: gossip.rounds > rounds + 2)
        gossip.peers = [("127.0.0.1", 0)]
        await until(lambda: isinstance(gossip.last_error, OSError))
        gossip.peers = [("name.invalid", 1)]
        await until(lambda: isinstance(gossip.last_error, socket.gaierror))
        async with DatagramGossip(b, interval=FAST) as good:
            assert good.address is not None
            gossip.peers = [good.address]
            await until(lambda: same([a, b]))


@pytest.mark.parametrize(("mtu", "error"), [(511, plasmid.BudgetError), (65_508, ValueError)])
def test_a_mtu_has_a_range(mtu: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        DatagramGossip(plasmid.Host("a"), mtu=mtu)
