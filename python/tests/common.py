"""What several tests use: where the repository is, exchanges, threads, all that a host holds."""

import asyncio
import os
import threading
from collections.abc import Callable
from pathlib import Path

import plasmid

ROOT = Path(__file__).parents[2]

# Seconds between two rounds where a test waits for several.
FAST = 0.005

State = dict[bytes, list[tuple[int, bytes, bytes | None]]]


def exchange(a: plasmid.Host, b: plasmid.Host, budget: int | None = None) -> None:
    """One whole exchange, begun by `a`."""
    message = a.initiate(budget)
    for host in (b, a, b, a):
        message = host.receive(message, budget)
    assert message == b""


def pump(stream: plasmid.Stream, answerer: plasmid.Exchange, piece: int | None = None) -> None:
    """Move bytes between the two ends until neither has anything to say."""
    while True:
        there = stream.transmit(piece)
        answerer.receive(there)
        back = answerer.transmit(piece)
        stream.receive(back)
        if not there and not back:
            return


def state(host: plasmid.Host) -> State:
    """Every update of every participant that a host holds; those who wrote nothing are left out."""
    held = {participant: host.updates(participant) for participant in host.participants()}
    return {participant: updates for participant, updates in held.items() if updates}


def everything(host: plasmid.Host) -> tuple[State, list[bytes], int, int, int]:
    """All that can be seen of a host."""
    return state(host), host.participants(), host.conflicts, host.skipped, host.room_needed


def open_files() -> list[str]:
    """What the files of this process are, as far as it can be told."""
    folder = Path("/proc/self/fd")
    return sorted(os.readlink(file) for file in folder.iterdir() if file.exists())


def together(*works: Callable[[], None]) -> None:
    """Run all at once, and raise what any of them raised."""
    errors: list[BaseException] = []
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[], None]) -> None:
        barrier.wait()
        try:
            work()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition; never for a time."""
    while not condition():
        await asyncio.sleep(0.002)


def crc32c(data: bytes) -> int:
    """The CRC-32C of `data`, bit by bit: slow, and short enough to be believed."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def mended(message: bytes) -> bytes:
    """The message with a checksum that fits, so that a broken one gets past the first gate."""
    body = message[:-4]
    return body + crc32c(body).to_bytes(4, "little")
