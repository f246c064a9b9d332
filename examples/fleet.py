"""The processes of the demo: start, listen to, stop. What they prove is in demo.py."""

import asyncio
import json
import random
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
BUILT = HERE.parent / "target" / "examples"
PYTHON = [sys.executable, HERE / "gossip.py"]
PROGRAMS: dict[str, tuple[str, list[Any]]] = {
    "rust": ("Rust", [BUILT / "gossip_rs"]),
    "c": ("C", [BUILT / "gossip_c"]),
    "cpp": ("C++", [BUILT / "gossip_cpp"]),
    "python-1": ("Python", PYTHON),
    "python-2": ("Python", PYTHON),
}
DIGEST_SECONDS = 30
EXIT_SECONDS = 30


class DemoError(Exception):
    """The demo did not show what it should; the text says what was seen instead."""


@dataclass
class Member:
    """One process, and the last that it said."""

    id: str
    language: str
    port: int
    process: asyncio.subprocess.Process
    all_write_until: float
    """Time before which nobody stopped writing: staleness means nothing after that."""
    listening: asyncio.Task[None] = field(init=False)
    status: dict[str, Any] = field(default_factory=dict)
    digest: dict[str, Any] = field(default_factory=dict)
    worst_staleness_ms: int = 0

    def __post_init__(self) -> None:
        self.listening = asyncio.create_task(self._listen())

    def tell(self, line: str) -> None:
        """Write a line to the process."""
        if self.process.stdin:
            self.process.stdin.write(f"{line}\n".encode())

    async def end(self) -> str:
        """Wait for the end of the process, and tell of it."""
        complaints = await self.process.stderr.read() if self.process.stderr else b""
        status = await self.process.wait()
        return f"{self.id} ended with status {status}: {complaints.decode(errors='replace')}"

    async def _listen(self) -> None:
        while self.process.stdout and (line := await self.process.stdout.readline()):
            said = json.loads(line)
            if "digest" in said:
                self.digest = said
            else:
                self.status = said
                if time.monotonic() < self.all_write_until:
                    self.worst_staleness_ms = max(self.worst_staleness_ms, said["staleness_ms"])


class Fleet(list[Member]):
    """All processes."""

    async def until(
        self,
        reached: Callable[[Member], bool],
        seconds: float,
        aim: str,
        show: Callable[[list[Member]], None],
    ) -> None:
        """Wait until every member has `reached` the aim, and show them meanwhile.

        Fails after so many seconds, and at once if a process ends.
        """
        deadline = time.monotonic() + seconds
        while not all(map(reached, self)):
            for member in self:
                if member.listening.done():
                    member.listening.result()
                    raise DemoError(await member.end())
            if time.monotonic() > deadline:
                late = ", ".join(member.id for member in self if not reached(member))
                raise DemoError(f"{late} not {aim} after {seconds:.0f} seconds")
            show(self)
            await asyncio.sleep(0.1)
        show(self)

    async def digests(self, show: Callable[[list[Member]], None]) -> set[str]:
        """Ask every member for a digest of its state."""
        for member in self:
            member.digest = {}
            member.tell("digest")
        await self.until(lambda member: bool(member.digest), DIGEST_SECONDS, "digested", show)
        return {member.digest["digest"] for member in self}

    async def stop(self) -> None:
        """Tell every process to stop, and see that it ends well."""
        for member in self:
            member.tell("stop")
        for member in self:
            try:
                async with asyncio.timeout(EXIT_SECONDS):
                    end = await member.end()
            except TimeoutError:
                raise DemoError(f"{member.id} does not stop") from None
            if member.process.returncode != 0:
                raise DemoError(end)


@asynccontextmanager
async def fleet(seconds: float, files: dict[str, Path]) -> AsyncIterator[Fleet]:
    """Start the processes, and leave none behind. They end by themselves if this one is killed."""
    ports = dict(zip(PROGRAMS, free_ports(len(PROGRAMS)), strict=True))
    all_write_until = time.monotonic() + seconds
    members = Fleet()
    try:
        for name, (language, command) in PROGRAMS.items():
            peers = ",".join(str(port) for other, port in ports.items() if other != name)
            arguments = ["--id", name, "--port", str(ports[name]), "--peers", peers]
            arguments += ["--seconds", str(seconds)]
            if name in files:
                arguments += ["--file", str(files[name])]
            try:
                process = await asyncio.create_subprocess_exec(
                    *command,
                    *arguments,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.PIPE,
                    # Ctrl-C at the terminal is for the demo, which then ends them.
                    start_new_session=True,
                )
            except FileNotFoundError:
                raise DemoError(f"{command[0]} is not there: `make examples` builds it") from None
            members.append(Member(name, language, ports[name], process, all_write_until))
        yield members
    finally:
        for member in members:
            if member.process.stdin:
                member.process.stdin.close()
            with suppress(ProcessLookupError):
                member.process.kill()
        for member in members:
            await member.process.wait()
            await asyncio.wait([member.listening], timeout=2)


def free_ports(count: int) -> list[int]:
    """Find ports that nobody uses, below those that Linux gives to outgoing connections.

    So none of them is taken by a connection before the process that is to listen there has started.
    """
    free: list[int] = []
    for port in random.sample(range(10_000, 32_768), 1000):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            free.append(port)
        if len(free) == count:
            return free
    raise DemoError("no free ports")
