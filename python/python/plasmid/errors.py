"""What can go wrong. After each of these the host is what it was before the call.

Arguments of a wrong type raise `TypeError`, and options that have no meaning `ValueError`, as
everywhere in Python. Where the text does not name the argument, a note does (`__notes__`, which
tracebacks show).
"""

from typing import ClassVar


class Error(Exception):
    """The base of every exception of this package. Catch this one to catch them all."""

    code: ClassVar[int]
    """The number by which the C library (`plasmid.h`) tells the same failure."""


class DecodeError(Error, ValueError):
    """The bytes are not a message of this protocol, or not a snapshot, or not the whole of one.

    The peer's fault, or the transport's, or the store's.
    """

    code = 4


class ForeignError(Error):
    """A well-formed message of another cluster: somebody connected the wrong hosts.

    Or a snapshot of another cluster, or the file of another participant.
    """

    code = 7


class LimitError(Error, ValueError):
    """Something is outside a limit of this host: an own change, an option, or a peer's message.

    `limit` is its name, such as `"key_bytes"`, `value` what was asked for, `max` the bound.
    """

    code = 5

    limit: str
    """The limit's name."""
    value: int
    """What was asked for, in the limit's unit."""
    max: int
    """The bound that was crossed: the greatest value, or the least where `value` is below it."""

    def __init__(self, message: str, limit: str, value: int, max: int) -> None:
        # All of them are handed on, because exceptions are pickled by what they were made with.
        super().__init__(message, limit, value, max)
        self.limit = limit
        self.value = value
        self.max = max

    def __str__(self) -> str:
        return str(self.args[0])


class BudgetError(Error, ValueError):
    """A budget too small for any exchange to make progress."""

    code = 2

    needed: int
    """The least budget, in bytes."""

    def __init__(self, message: str, needed: int) -> None:
        super().__init__(message, needed)
        self.needed = needed

    def __str__(self) -> str:
        return str(self.args[0])


class BusyError(Error):
    """Another thread is in a call on the same stream or exchange. Nothing happened; call again."""

    code = 6


class ConflictError(Error):
    """Somebody else writes under this host's id, so this host does not. Nothing changed.

    Either another process lives under the id: `Host.renew` takes it back, once that one is stopped.
    Or the host was made before a fork and is used in the child, which makes a host with an id of
    its own instead. `Host.conflicts` counts the evidence of other processes.
    """

    code = 8


class LeftError(Error):
    """A host that has left (`Host.leave`) writes nothing until `Host.renew`. Nothing changed."""

    code = 11


class CursorError(Error, ValueError):
    """The bytes are not a cursor from which this host's `Host.changes` can go on. Nothing was read.

    Another host gave them, or one of the same id before it was started anew or restored; or so much
    happened since that nobody can tell any more who is gone. Whoever reads forgets all that it was
    told, and begins anew without a cursor.
    """

    code = 12


class UnknownParticipantError(Error, KeyError):
    """A participant that this host never heard of, or has forgotten. Nothing changed."""

    code = 1

    def __str__(self) -> str:
        # A KeyError shows what it was made with as a key.
        return str(self.args[0])


class OwnParticipantError(Error, ValueError):
    """Something that a host does to others only, and not to itself. Nothing changed."""

    code = 3


class StoreError(Error, OSError):
    """The file that keeps a host (`DurableState`) cannot be opened, read or written.

    Of a host that was made, nothing is kept any more, for good: nobody knows what of the last
    changes reached the disk, and every later change raises this again. What it showed stays, and
    reading and gossip go on. Made again from its file, it tells what is kept.
    """

    code = 10


class InUseError(StoreError):
    """Another host has this file, in this process or in another one. Nothing changed.

    A child that was forked from the process of that host has it as well, until it ends, if the host
    was not closed.
    """

    code = 15


class DamagedError(StoreError, ValueError):
    """The file is not one of a host's state, or of a newer version of plasmid, or damaged.

    It is left as it is; a copy of it from before can take its place.
    """

    code = 4


class ClosedError(Error):
    """The host was closed (`Host.close`): it changes and meets nobody any more. Nothing changed."""

    code = 14


class InternalError(Error):
    """A defect of plasmid was caught. The object it happened in raises this from then on."""

    code = 9
