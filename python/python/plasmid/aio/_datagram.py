"""Gossip over UDP: every message is a datagram, which may get lost."""

import asyncio
import random
import socket
from collections.abc import Iterable
from typing import Any

from plasmid import Host

from ._arguments import Address, above_zero
from ._rounds import Clock, Rounds, system_clock_ms

# The greatest payload of a UDP datagram over IPv4.
_MAX_MTU = 65507


class DatagramGossip(Rounds):
    """Gossip over UDP with random peers, and answer those who call, until the block is left.

        async with DatagramGossip(host, bind=("0.0.0.0", 7946), peers=[("10.0.0.2", 7946)]):
            ...

    No message is larger than `mtu`: what does not fit goes in later rounds, and an update that is
    itself larger in pieces, one each round. For many of those `Gossip` is quicker.

    Whoever can send a datagram gets an answer of at most `mtu` bytes, to whatever source address it
    claims: this is for networks whose senders are known.

    Arguments:

    - `bind`: where to listen; port 0 takes a free one (see `address`).
    - `peers`, `interval`: see `Gossip`.
    - `mtu`: bytes of the greatest datagram, 512 to 65,507; 1,200 passes nearly everywhere unsplit.
    - `clock`: see `Gossip`.
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
        bind: Address = ("127.0.0.1", 0),
        peers: Iterable[Address] = (),
        interval: float = 0.2,
        mtu: int = 1200,
        clock: Clock | None = system_clock_ms,
        rng: random.Random | None = None,
    ) -> None:
        super().__init__(host, bind=bind, peers=peers, interval=interval, clock=clock, rng=rng)
        above_zero("mtu", mtu)
        if mtu > _MAX_MTU:
            raise ValueError(f"mtu is {mtu}, a datagram holds at most {_MAX_MTU} bytes")
        # An mtu that is too small is refused here, by the core, and not in every round.
        host.initiate(mtu)
        self._mtu = mtu
        self._transport: asyncio.DatagramTransport | None = None
        self._closed: asyncio.Future[None] | None = None
        self._full = False

    async def _start(self) -> Address:
        loop = asyncio.get_running_loop()
        self._closed = closed = loop.create_future()
        self._full = False
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: _Messages(self, closed), local_addr=self._bind
        )
        name, port, *_ = self._transport.get_extra_info("sockname")
        return name, port

    async def _round(self, peer: Address) -> None:
        if self._transport is None:
            return
        name, port = peer
        loop = asyncio.get_running_loop()
        family = self._transport.get_extra_info("socket").family
        found = await loop.getaddrinfo(name, port, family=family, type=socket.SOCK_DGRAM)
        self._send(self.host.initiate(self._mtu), found[0][4])
        self.rounds += 1

    def _answer(self, message: bytes, address: Any) -> None:
        self.bytes_in += len(message)
        try:
            answer = self.host.receive(message, self._mtu)
        except Exception as error:
            self._failed(error)
        else:
            self._brought()
            if answer:
                self._send(answer, address)

    def _send(self, message: bytes, address: Any) -> None:
        # Nothing queues up behind a network that takes no more: a message is soon out of date.
        if self._transport is not None and not self._full:
            self._transport.sendto(message, address)
            self.bytes_out += len(message)

    async def _stop(self) -> None:
        if self._transport is not None and self._closed is not None:
            self._transport.close()
            await self._closed
            self._transport = None


class _Messages(asyncio.DatagramProtocol):
    """The socket's side of asyncio: every datagram is a message."""

    def __init__(self, gossip: DatagramGossip, closed: asyncio.Future[None]) -> None:
        self._gossip = gossip
        self._closed = closed

    def datagram_received(self, data: bytes, address: Any) -> None:
        self._gossip._answer(data, address)

    def error_received(self, error: Exception) -> None:
        self._gossip._failed(error)

    def pause_writing(self) -> None:
        self._gossip._full = True

    def resume_writing(self) -> None:
        self._gossip._full = False

    def connection_lost(self, error: Exception | None) -> None:
        self._closed.set_result(None)
