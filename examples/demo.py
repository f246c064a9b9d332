"""Five processes in four languages gossip over TCP, and end with the same state.

Rust, C, C++ and two Python processes publish facts about themselves and this machine five times a
second; one of them also publishes a real file, each line under a key of its own. After some seconds
they stop writing, and this program proves that all five hold the same: by a digest that each
computes in its own language, and by reading everything back from a host that did not publish the
file. Then one leaves, and the others see it go. The exit status is 0 if all that is proven, and 1
if not.
"""

import argparse
import asyncio
import json.decoder
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fleet import PROGRAMS, DemoError, Fleet, Member, fleet
from gossip import digest
from rich.console import Console
from rich.filesize import decimal
from rich.live import Live
from rich.table import Table

import plasmid
from plasmid.aio import pull

PUBLISHER, WITNESS, LEAVER = "c", "python-2", "cpp"

# The limits are generous, for they only bound what goes wrong: a loaded machine may take its time.
START_SECONDS = 30
STOP_SECONDS = 30
AGREE_SECONDS = 30

PLAIN_SECONDS = 2  # from one table to the next, when it is not live

Show = Callable[[list[Member]], None]


def main() -> int:
    """Run the demo, and return its exit status."""
    parser = argparse.ArgumentParser(description="Five processes in four languages gossip.")
    parser.add_argument("--seconds", type=float, default=10, help="how long the processes write")
    parser.add_argument("--plain", action="store_true", help="plain lines, even on a terminal")
    options = parser.parse_args()
    console = Console(highlight=False)
    is_plain = options.plain or not console.is_terminal
    try:
        asyncio.run(demo(options.seconds, console, is_plain))
    except DemoError as failure:
        print(f"demo failed: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


async def demo(seconds: float, console: Console, is_plain: bool) -> None:
    """Start the fleet, watch it write, and prove that it agrees."""
    path = real_file()
    content = path.read_bytes()
    console.print(f"{PUBLISHER} publishes {path}: {len(content)} bytes, a key for each line")
    for attempt in range(3):
        try:
            async with fleet(seconds, {PUBLISHER: path}) as members:
                with display(console, is_plain) as show:
                    await members.until(lambda m: bool(m.status), START_SECONDS, "started", show)
                    await write(members, seconds, show)
                    took = await agree(members, show)
                    await prove(members, content)
                    await leave(members, show)
                await members.stop()
        except DemoError as failure:
            # Another program took a port between the search for it and the start: try others.
            if attempt == 2 or "address already in use" not in str(failure).lower():
                raise
        else:
            report(console, members, took)
            return


async def write(members: Fleet, seconds: float, show: Show) -> None:
    """Wait until all have written for so long, and know each other."""
    await members.until(
        lambda member: not member.status["publishing"], seconds + STOP_SECONDS, "stopped", show
    )
    await members.until(
        lambda member: member.status["participants"] == len(PROGRAMS), AGREE_SECONDS, "met", show
    )


async def agree(members: Fleet, show: Show) -> float:
    """Wait until all digests are the same, and return the seconds that it took."""
    start = time.monotonic()
    while len(digests := await members.digests(show)) > 1:
        if time.monotonic() > start + AGREE_SECONDS:
            raise DemoError(f"after {AGREE_SECONDS} seconds there are {len(digests)} states")
        await asyncio.sleep(0.1)
    return time.monotonic() - start


async def prove(members: Fleet, content: bytes) -> None:
    """Read all state from one process, as a sixth host, and compare it with what it should be."""
    witness = next(member for member in members if member.id == WITNESS)
    reader_host = plasmid.Host("reader")
    try:
        async with asyncio.timeout(AGREE_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", witness.port)
            await pull(reader_host, reader, writer)
            writer.close()
    except (OSError, plasmid.Error) as error:
        raise DemoError(f"{WITNESS} cannot be read: {error!r}") from error
    if digest(reader_host)["digest"] != witness.digest["digest"]:
        raise DemoError(f"what {WITNESS} sends is not what it says it has")
    items = reader_host.items(PUBLISHER)
    if b"".join(value for key, value in items if key.startswith(b"file/")) != content:
        raise DemoError(f"the file read from {WITNESS} is not the one that {PUBLISHER} published")
    for member in members:
        if reader_host.get("pid", member.id) != str(member.process.pid).encode():
            raise DemoError(f"{WITNESS} does not know the pid of {member.id}")
        if reader_host.get("timestamp_ms", member.id) is not None:
            raise DemoError(f"{WITNESS} has a timestamp that {member.id} deleted")


async def leave(members: Fleet, show: Show) -> None:
    """Let one of them leave, and wait until nobody counts it any more."""
    next(member for member in members if member.id == LEAVER).tell("leave")
    await members.until(
        lambda member: member.status["participants"] == len(PROGRAMS) - 1,
        AGREE_SECONDS,
        f"aware that {LEAVER} left",
        show,
    )


def report(console: Console, members: Fleet, took: float) -> None:
    """Say what was proven, and what it cost."""
    console.print()
    for member in members:
        said = member.digest
        console.print(f"{member.id:10}{member.language:8}{said['digest']}  {said['keys']} keys")
    rounds = sum(member.status["rounds"] for member in members)
    received = decimal(sum(member.status["bytes_in"] for member in members))
    sent = decimal(sum(member.status["bytes_out"] for member in members))
    worst = max(member.worst_staleness_ms for member in members)
    console.print(f"\nAll five hold the same state, {took:.1f} s after they stopped writing.")
    console.print(f"{WITNESS} gave back the file that {PUBLISHER} published, byte for byte.")
    console.print(f"The timestamps that all deleted are gone; so is {LEAVER}, which left.")
    console.print(f"{rounds} rounds, {received} in, {sent} out; worst staleness {worst} ms.")


def real_file() -> Path:
    """Find a file of this machine with a few hundred lines; Python's own source is always there."""
    candidates = "/etc/services", "/usr/share/common-licenses/GPL-3", json.decoder.__file__
    for path in map(Path, candidates):
        if path.is_file() and 200 <= path.read_bytes().count(b"\n") <= 2000:
            return path
    raise DemoError("no file to publish: " + ", ".join(candidates))


@contextmanager
def display(console: Console, is_plain: bool) -> Iterator[Show]:
    """Make what shows the members: a live table, or now and then some lines."""
    if is_plain:
        shown_at = time.monotonic()

        def show_lines(members: list[Member]) -> None:
            nonlocal shown_at
            if time.monotonic() - shown_at > PLAIN_SECONDS:
                shown_at = time.monotonic()
                console.print()
                console.print(table(members))

        yield show_lines
    else:
        console.print()
        with Live(console=console, refresh_per_second=5) as live:
            yield lambda members: live.update(table(members))


def table(members: list[Member]) -> Table:
    """Lay out the last that each member said; it fits into 80 columns."""
    shown = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    shown.add_column("host")
    shown.add_column("language")
    for column in ("participants", "keys", "versions", "staleness", "rounds", "in", "out"):
        shown.add_column(column, justify="right")
    for member in members:
        status = member.status
        if not status:
            shown.add_row(member.id, member.language)
            continue
        staleness = f"{status['staleness_ms']} ms" if status["publishing"] else "stopped"
        counts = [str(status[what]) for what in ("participants", "keys", "versions")]
        traffic = [decimal(status[what]) for what in ("bytes_in", "bytes_out")]
        shown.add_row(
            member.id, member.language, *counts, staleness, str(status["rounds"]), *traffic
        )
    return shown


if __name__ == "__main__":
    sys.exit(main())
