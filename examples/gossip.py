"""One process of a fleet, which publishes facts about itself and its machine.

It gossips with random peers over TCP, and prints what it knows. gossip.rs, gossip.c and gossip.cpp
are the same program.

A line `digest` on stdin asks for a digest of all state held; `leave` lets the process say that
it is gone for good; `stop`, or the end of stdin, ends it.
"""

import argparse
import asyncio
import json
import os
import resource
import sys
import time
from pathlib import Path

import plasmid
from plasmid.aio import Gossip

INTERVAL = 0.2  # seconds


async def main() -> None:
    """Publish and gossip until told to stop."""
    parser = argparse.ArgumentParser(description="one process of a fleet")
    parser.add_argument("--id", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--peers", default="", help="ports, such as 7001,7002")
    parser.add_argument("--seconds", type=float, default=10, help="how long to publish")
    parser.add_argument("--file", type=Path, help="a text file to publish, line by line")
    options = parser.parse_args()

    # Without history: facts are overwritten for ever, and only the newest ones matter.
    host = plasmid.Host(options.id, state=plasmid.LocalState(history=False))
    if options.file:
        for number, line in enumerate(options.file.read_bytes().splitlines(keepends=True)):
            host.set(f"file/{number:05}", line)

    bind = ("127.0.0.1", options.port)
    peers = [("127.0.0.1", int(port)) for port in options.peers.split(",") if port]
    lines = await stdin()
    async with (
        Gossip(host, bind=bind, peers=peers, interval=INTERVAL, timeout=1) as gossip,
        asyncio.TaskGroup() as tasks,
    ):
        running = tasks.create_task(run(gossip, options.seconds))
        async for line in lines:
            if line == b"digest\n":
                say({"id": options.id, **digest(host)})
            if line == b"leave\n":
                # Gossip goes on, so that the others learn of it.
                host.leave()
            if line == b"stop\n":
                break
        running.cancel()


async def run(gossip: Gossip, seconds: float) -> None:
    """Publish for so many seconds; `gossip` goes on by itself, and tells the host the time."""
    end = time.monotonic() + seconds
    host, publishing = gossip.host, True
    while True:
        for _ in range(2):
            # One that has left writes nothing more.
            publishing = publishing and host.status(host.id) == "present"
            if publishing:
                publish(host)
                publishing = time.monotonic() < end
                if not publishing:
                    # What is not measured any more is not to look fresh.
                    del host["timestamp_ms"]
            await asyncio.sleep(INTERVAL)
        say(status(gossip) | {"publishing": publishing})


def publish(host: plasmid.Host) -> None:
    """Set what the operating system says about this process and this machine."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    resident_pages = Path("/proc/self/statm").read_text().split()[1]
    host["pid"] = os.getpid()
    host["resident_bytes"] = int(resident_pages) * resource.getpagesize()
    host["cpu_ms"] = int((usage.ru_utime + usage.ru_stime) * 1000)
    host["load"] = f"{os.getloadavg()[0]:.2f}"
    host["uptime_s"] = Path("/proc/uptime").read_text().split()[0]
    host["timestamp_ms"] = now_ms()


def status(gossip: Gossip) -> dict[str, object]:
    """Tell what is known here, and what it has cost."""
    host = gossip.host
    participants = host.participants()
    # None: that copy was not whole yet.
    stale = [host.staleness(participant) or 0 for participant in participants]
    return {
        "id": host.id.decode(),
        "participants": len(participants),
        "keys": sum(len(host.keys(participant)) for participant in participants),
        "versions": sum(host.max_version(participant) for participant in participants),
        "staleness_ms": max(stale, default=0),
        "rounds": gossip.rounds,
        "bytes_in": gossip.bytes_in,
        "bytes_out": gossip.bytes_out,
    }


def digest(host: plasmid.Host) -> dict[str, object]:
    """Digest everybody's newest values by FNV-1a, so that no language needs a library for it.

    It guards against nothing, and plasmid does not use it.
    """
    value, keys = 0xCBF29CE484222325, 0
    for participant in host.participants():
        for item in host.items(participant):
            for part in (participant, *item):
                # Each part is preceded by its length, or "ab" + "c" would look like "a" + "bc".
                for byte in len(part).to_bytes(8, "little") + part:
                    value = (value ^ byte) * 0x100000001B3 % 2**64
            keys += 1
    return {"digest": f"{value:016x}", "keys": keys}


async def stdin() -> asyncio.StreamReader:
    """Make stdin something that can be waited for beside all else."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


def say(line: dict[str, object]) -> None:
    """Print a line of JSON at once."""
    print(json.dumps(line), flush=True)


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


if __name__ == "__main__":
    asyncio.run(main())
