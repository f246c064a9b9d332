"""What every driver does: meet a random peer now and then, whatever the transport.

Which peers, when, what is counted, and how it all ends. How bytes move is the transport's business.
"""

import asyncio
import random
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from types import TracebackType
from typing import Any, Self

from plasmid import (
    ClosedError,
    ConflictError,
    Error,
    Host,
    InternalError,
    LocalState,
    StoreError,
)

from ._arguments import Address, Id, above_zero, address
from ._connection import Traffic
from ._follow import Changes
from ._seen import audience

Clock = Callable[[], int]

# The longest that a host is not told the time, however rare its rounds are.
_TICK_SECONDS = 1.0

# What networks and peers do to a round. Names that no resolver or certificate check understands
# come as ValueError.
_FAILURES = (OSError, ValueError, Error)
# Those that no peer can cause: this host was inherited by a fork, is closed or broken, or the file
# that keeps it is.
_DEFECTS = (ClosedError, ConflictError, InternalError, StoreError)


def system_clock_ms() -> int:
    """Tell the milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class Rounds(Traffic, ABC):
    """Rounds with random peers, from the entry of the `async with` block to its end."""

    host: Host
    """The host that is driven."""
    peers: list[Address]
    """Addresses to gossip with; change the list whenever you like. The own one is passed over."""
    interval: float
    """Mean seconds between two rounds. Each pause is 0.5 to 1.5 times that, so that hosts started
    together do not stay in step."""
    address: Address | None
    """Where this host can be reached, known once the block is entered; None if it only calls."""
    rounds: int
    """Rounds begun here and done (over UDP: begun)."""
    failures: int
    """Rounds and connections that failed, begun here or by a peer. None of them ends gossip.

    An error that no peer or network can cause is given to the event loop's exception handler too
    (which logs it), and the first of them is raised when the block is left."""
    last_error: Exception | None
    """Why the latest of them failed."""

    def __init__(
        self,
        host: Host,
        *,
        bind: Address | None,
        peers: Iterable[Address],
        interval: float,
        clock: Clock | None,
        rng: random.Random | None,
    ) -> None:
        super().__init__()
        if not isinstance(host, Host):
            raise TypeError(f"host is {host!r}, not a plasmid.Host")
        above_zero("interval", interval)
        if clock is not None and not callable(clock):
            raise TypeError(f"clock is {clock!r}, not a function that gives milliseconds")
        self.host = host
        self.peers = [address("a peer", peer) for peer in peers]
        self.interval = interval
        self.address = None
        self.rounds = 0
        self.failures = 0
        self.last_error = None
        self._bind = None if bind is None else address("bind", bind)
        self._clock = clock
        # Whether a disk has to do with what the host is told.
        self._has_file = not isinstance(host.state, LocalState)
        self._rng = rng or random.Random()
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = False
        self._defect: Exception | None = None
        # A list, because a peer that somebody wrote as a list is not hashable.
        self._met: list[Address] = []
        self._waiting: set[asyncio.Future[None]] = set()

    def changes(
        self,
        cursor: bytes | None = None,
        prefix: Id | None = None,
        participant: Id | None = None,
    ) -> Changes:
        """Follow what changes at the host, from `cursor` on, with `async for`.

        Without a cursor it begins with everything that is held. `prefix` and `participant` leave
        out changes, as in `Host.changes`. What gossip brings is told at once, what this process
        writes itself within `interval`. It ends when the block is left.

        Raises `RuntimeError` outside of the block; the `async for`, what `Host.changes` raises. A
        `CursorError` is the reader's to deal with, because only it can forget what it was told:

            while True:
                try:
                    async for change in gossip.changes(cursor):
                        ...
                    break  # the block was left
                except plasmid.CursorError:
                    cursor = None  # and forget all that was told
        """
        self._entered()
        return Changes(self.host, self._news, cursor, prefix, participant)

    async def wait_seen(
        self,
        version: int | None = None,
        peers: Iterable[Id] | int | None = None,
        timeout: float | None = None,  # noqa: ASYNC109, as in every language of plasmid
    ) -> None:
        """Wait until others are known to have what this host wrote, up to `version`.

        `version` None is all that it wrote until now. `peers` is who: a list of ids, or how many,
        whoever they are and as long as they are present; None is everyone who is present now and
        stays. One that wrote nothing itself is present to nobody: it counts only if it is named.

        A peer says itself how far it is (`Host.acked_version`), in rounds with this host, whoever
        of the two begins them. Those whom this host never meets stay unknown, and so do those
        to whom nothing goes from here: who is only called in the mode "pull" learns nothing.

        Raises `TimeoutError` after so many seconds (never, if `timeout` is None); it names one who
        is not known to have it, and may have it all the same. Raises `RuntimeError` outside of the
        block, and when it is left meanwhile.
        """
        self._entered()
        wanting = audience(self.host, version, peers)
        try:
            async with asyncio.timeout(timeout):
                while wanting():
                    if not await self._news():
                        raise RuntimeError("the block was left, and nobody is heard any more")
        except TimeoutError:
            if who := wanting():
                raise TimeoutError(who) from None

    @abstractmethod
    async def _start(self) -> Address | None:
        """Begin to listen, and tell where."""

    @abstractmethod
    async def _round(self, peer: Address) -> None:
        """Begin an exchange with a peer, and see it through."""

    @abstractmethod
    async def _stop(self) -> None:
        """Listen no more."""

    def _entered(self) -> None:
        if not self._open:
            raise RuntimeError("this block is not entered")

    def _brought(self) -> None:
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)

    async def _news(self) -> bool:
        """Wait until there may be something new at the host; False if the block was left before."""
        if not self._open:
            return False
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(waiter)
        try:
            # Of what this process writes itself there is no word.
            await asyncio.wait([waiter], timeout=self.interval)
        finally:
            self._waiting.discard(waiter)
        return True

    async def __aenter__(self) -> Self:
        if self._open:
            raise RuntimeError("this block is entered already")
        # Before it listens: the first caller may be there at once.
        self._open = True
        self._defect = None
        try:
            self.address = await self._start()
        except BaseException:
            self._open = False
            raise
        self._spawn(self._attempt(self._go_on))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open = False
        self._brought()
        for task in self._tasks:
            task.cancel()
        try:
            if self._tasks:
                await asyncio.wait(self._tasks)
        finally:
            await self._stop()
        if self._defect and kind is None:
            raise self._defect

    async def _go_on(self) -> None:
        while True:
            await self._pause(self.interval * self._rng.uniform(0.5, 1.5))
            # A peer that hangs is not called again while it does, and keeps nobody else waiting.
            peers = [p for p in self.peers if p != self.address and p not in self._met]
            if peers:
                self._spawn(self._meet(self._rng.choice(peers)))

    async def _pause(self, seconds: float) -> None:
        """Let that time pass, and tell the host."""
        end = asyncio.get_running_loop().time() + seconds
        while True:
            await self._tick()
            left = end - asyncio.get_running_loop().time()
            await asyncio.sleep(min(left, _TICK_SECONDS))
            if left <= _TICK_SECONDS:
                return

    async def _tick(self) -> None:
        if self._clock is None:
            return
        now = self._clock()
        if not self._has_file:
            self.host.tick(now)
            return
        try:
            await asyncio.to_thread(self.host.tick, now)
        except StoreError as error:
            # It is for good, and said once. What others write is learnt and told all the same.
            self._clock = None
            self._failed(error)

    async def _meet(self, peer: Address) -> None:
        self._met.append(peer)
        try:
            await self._attempt(lambda: self._round(address("a peer", peer)))
        finally:
            self._met.remove(peer)

    async def _attempt(self, work: Callable[[], Awaitable[None]]) -> None:
        """Let no error end more than this attempt."""
        try:
            await work()
        except Exception as error:
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        self.failures += 1
        self.last_error = error
        if isinstance(error, _DEFECTS) or not isinstance(error, _FAILURES):
            self._defect = self._defect or error
            asyncio.get_running_loop().call_exception_handler(
                {"message": "plasmid.aio: an error that no peer can cause", "exception": error}
            )

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        # The loop itself keeps only weak references to tasks.
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
