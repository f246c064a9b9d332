"""Following what changes at a host, for as long as it gossips."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Self

from plasmid import Change, Host

from ._arguments import Id

# Changes that are held for a reader at once: few, because each may have a value of a megabyte.
_PAGE = 64


class Changes:
    """What changes at a host, one `plasmid.Change` after the other, made by a driver's `changes`.

        following = gossip.changes(cursor)
        async for change in following:
            ...
        cursor = following.cursor  # to go on from there

    It ends when the driver's block is left and there is no more to tell. However slow the reader
    is, no more than a page of changes is held for it: of a key that changes meanwhile it is told
    the newest value.

    With `cursor` a reader can stop and go on later, at any time in the life of the host. It covers
    only what the reader has dealt with, which are the changes before the last one that it was
    given. Some of them may be told again, and nothing is left out.

    Raises what `Host.changes` raises. After a `CursorError` (the cursor that it began with is none
    of this host's, or the reader was so slow that nobody can tell any more who is gone) the reader
    forgets all that it was told, and follows anew without a cursor.
    """

    cursor: bytes | None
    """Where to go on: `gossip.changes(cursor)`."""

    def __init__(
        self,
        host: Host,
        news: Callable[[], Awaitable[bool]],
        cursor: bytes | None,
        prefix: Id | None,
        participant: Id | None,
    ) -> None:
        self.cursor = cursor
        self._host = host
        self._news = news
        self._prefix = prefix
        self._participant = participant
        self._page: deque[Change] = deque()
        # The cursor for when the reader is through with the page.
        self._after = cursor

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Change:
        if not self._page:
            # Between two pages it is the turn of others, however much there is to read.
            await asyncio.sleep(0)
        while not self._page:
            self.cursor = self._after
            page, self._after = self._host.changes(
                self.cursor, _PAGE, self._prefix, self._participant
            )
            self._page.extend(page)
            if not page:
                self.cursor = self._after
                if not await self._news():
                    raise StopAsyncIteration
        return self._page.popleft()
