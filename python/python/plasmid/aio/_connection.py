"""One exchange over one connection: bytes from a reader to the core, and from the core to a writer.

Opening and closing connections is somebody else's business.
"""

import asyncio
from typing import Literal

from plasmid import Exchange, Host, Stream

# What is read, and what is written between two looks at the peer's pace.
_PIECE_BYTES = 65536


class Traffic:
    """What went over connections, also over those that failed half-way."""

    bytes_in: int
    """Bytes received."""
    bytes_out: int
    """Bytes sent."""

    def __init__(self) -> None:
        self.bytes_in = 0
        self.bytes_out = 0

    def _brought(self) -> None:
        """Bytes were taken in, and the host may know more now."""


async def pull(
    host: Host,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    *,
    mode: Literal["pull", "push-pull"] = "pull",
    traffic: Traffic | None = None,
) -> None:
    """Do one exchange as its initiator: learn what the peer has, and with "push-pull" tell it too.

    The connection is left open; it may carry further exchanges one after the other, and nothing
    else. What moves is added to `traffic`. Set a limit of time with `asyncio.timeout`.

    Raises `ConnectionError` if the peer closes before the end, `plasmid.Error` if it breaks the
    rules, and what the reader and writer raise. Then, and when cancelled, the connection is of no
    more use, and the host keeps what whole messages brought.
    """
    traffic = traffic or Traffic()
    stream = host.create_stream(mode=mode)
    await _send(stream, writer, traffic)
    while not stream.finished:
        if not await _take_in(stream, reader, traffic):
            raise ConnectionError(
                "the peer closed the connection before the exchange was over"
                " (it may have refused us)"
            )
        await _send(stream, writer, traffic)


async def serve(
    host: Host,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    *,
    round_timeout: float | None = None,
    traffic: Traffic | None = None,
) -> None:
    """Answer exchanges as their responder until the peer closes the connection.

    `round_timeout` is how many seconds each round may take, waiting for it included; None waits for
    ever. What moves is added to `traffic`.

    Raises `TimeoutError`, `plasmid.Error` if the peer breaks the rules, and what the reader and
    writer raise. Then, and when cancelled, the connection is of no more use, and the host keeps
    what whole messages brought.
    """
    traffic = traffic or Traffic()
    exchange = host.exchange(end=False)
    while True:
        rounds = exchange.rounds
        async with asyncio.timeout(round_timeout):
            while exchange.rounds == rounds:
                if not await _take_in(exchange, reader, traffic):
                    return
                await _send(exchange, writer, traffic)


async def _take_in(end: Stream | Exchange, reader: asyncio.StreamReader, traffic: Traffic) -> bool:
    """Wait for bytes and take them in; False at the end of the connection."""
    data = await reader.read(_PIECE_BYTES)
    traffic.bytes_in += len(data)
    end.receive(data)
    traffic._brought()
    return bool(data)


async def _send(end: Stream | Exchange, writer: asyncio.StreamWriter, traffic: Traffic) -> None:
    """Write all there is to say, at the pace at which the peer reads."""
    while data := end.transmit(_PIECE_BYTES):
        writer.write(data)
        traffic.bytes_out += len(data)
        await writer.drain()
