"""Gossip over TCP, or TLS: every round is a connection of its own."""

import asyncio
import random
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Literal

from plasmid import Host

from ._arguments import Address, above_zero
from ._connection import pull, serve
from ._rounds import Clock, Rounds, system_clock_ms


class Gossip(Rounds):
    """Gossip over TCP with random peers, and answer those who call, until the block is left.

        async with Gossip(host, bind=("0.0.0.0", 7946), peers=[("10.0.0.2", 7946)]):
            ...

    Leaving the block closes every connection; the host keeps what it has learnt. To others it is
    silent then. One that is not to come back says so before, and sees that somebody heard it:

        host.leave()
        await gossip.wait_seen(peers=1, timeout=5)

    Arguments:

    - `bind`: where to listen; port 0 takes a free one (see `address`). None does not listen.
    - `peers`: addresses to gossip with; change the list `gossip.peers` whenever you like.
    - `interval`: mean seconds between two rounds; each pause is 0.5 to 1.5 times that.
    - `mode`: "push-pull" (both sides of a round learn), or "pull" (the caller learns).
    - `timeout`: seconds that a round may take, connecting included, here and on the answering side.
      It must suffice for the largest catching-up: raise it for much state over a slow line.
    - `connections`: how many callers are served at once; more are turned away, and come again.
    - `server_ssl`, `client_ssl`: contexts for TLS on connections taken and made; `server_hostname`
      is the name that peers' certificates are checked for, by default the host of their address.
    - `clock`: gives milliseconds since 1970, which the host is told (`Host.tick`) when the block is
      entered, with every round, and every second if rounds are rarer; the system's by default. None
      tells it nothing.
    - `rng`: what peers and pauses are drawn from; give a seeded `random.Random` to repeat a run.

    `address` is where this host can be reached; `rounds`, `failures`, `last_error`, `bytes_in` and
    `bytes_out` say what happened so far.

    Raises `TypeError` or `ValueError` for arguments that make no sense, and what listening raises
    (`OSError`) when the block is entered. No peer and no network makes it raise anything later: a
    round that fails is counted, and the next one is tried.
    """

    def __init__(
        self,
        host: Host,
        *,
        bind: Address | None = ("127.0.0.1", 0),
        peers: Iterable[Address] = (),
        interval: float = 0.2,
        mode: Literal["pull", "push-pull"] = "push-pull",
        timeout: float = 10.0,
        connections: int = 64,
        server_ssl: ssl.SSLContext | None = None,
        client_ssl: ssl.SSLContext | None = None,
        server_hostname: str | None = None,
        clock: Clock | None = system_clock_ms,
        rng: random.Random | None = None,
    ) -> None:
        super().__init__(host, bind=bind, peers=peers, interval=interval, clock=clock, rng=rng)
        # A mode that is none is refused here, by the core, and not in every round.
        host.create_stream(mode=mode)
        above_zero("timeout", timeout)
        above_zero("connections", connections)
        self._mode = mode
        self._timeout = timeout
        self._connections = connections
        self._callers: set[asyncio.Task[None]] = set()
        self._server_ssl = server_ssl
        self._client_ssl = client_ssl
        self._server_hostname = server_hostname
        self._server: asyncio.Server | None = None

    async def _start(self) -> Address | None:
        if self._bind is None:
            return None
        self._server = await asyncio.start_server(
            self._accept,
            *self._bind,
            ssl=self._server_ssl,
            ssl_handshake_timeout=self._timeout if self._server_ssl else None,
        )
        name, port, *_ = self._server.sockets[0].getsockname()
        return name, port

    async def _round(self, peer: Address) -> None:
        name, port = peer
        async with asyncio.timeout(self._timeout):
            reader, writer = await asyncio.open_connection(
                name,
                port,
                ssl=self._client_ssl,
                server_hostname=self._server_hostname if self._client_ssl else None,
            )
            async with _closed_after(writer):
                await pull(self.host, reader, writer, mode=self._mode, traffic=self)
                self.rounds += 1

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._open:
            writer.transport.abort()
            return
        if len(self._callers) >= self._connections:
            writer.transport.abort()
            self._failed(ConnectionAbortedError("more callers than connections"))
            return
        task = self._spawn(self._attempt(lambda: self._serve(reader, writer)))
        self._callers.add(task)
        task.add_done_callback(self._callers.discard)
        # A task that is cancelled before its first step closes nothing itself.
        task.add_done_callback(lambda _: writer.transport.abort())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with _closed_after(writer):
            await serve(self.host, reader, writer, round_timeout=self._timeout, traffic=self)

    async def _stop(self) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        # A server that is closed between taking a connection and greeting it forgets to close that
        # one (python/cpython#109564). So it stops taking any, greets those, and is closed then.
        for listener in server.sockets:
            with suppress(NotImplementedError):
                asyncio.get_running_loop().remove_reader(listener)
        try:
            for _ in range(3):
                await asyncio.sleep(0)
        finally:
            server.close()


@asynccontextmanager
async def _closed_after(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    """Close the connection in peace if all went well, and at once if not."""
    try:
        yield
        writer.close()
        # The exchange is over: how the peer closes its side is of no interest.
        with suppress(OSError):
            await writer.wait_closed()
    finally:
        writer.transport.abort()
