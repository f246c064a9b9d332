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
    """The bytes are not a message of this protocol: the peer's fault, or the transport's."""

    code = 4


class ForeignError(Error):
    """A well-formed message of another cluster: somebody connected the wrong hosts."""

    code = 7


class LimitError(Error, ValueError):
    """Something is outside a limit of this host: an own change, an option, or a peer's message."""

    code = 5

    limit: str
    """The limit's name, such as `"key_bytes"`."""
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
    """A host that was made before a fork is used in the child, and is its parent's to write.

    Make a host with an id of its own here. Of writers that plasmid cannot see, `Host.conflicts`
    counts the evidence.
    """

    code = 8


class InternalError(Error):
    """A defect of plasmid was caught. The object it happened in raises this from then on."""

    code = 9
