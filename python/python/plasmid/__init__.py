"""Anti-entropy gossip: every host of a fleet holds the same small, fast-changing state.

A `Host` owns one participant's map and keeps a copy of everyone else's. It opens no socket, reads
no clock and starts no thread: you carry its messages, or `plasmid.aio` does over asyncio.

    import plasmid

    a = plasmid.Host("a")
    b = plasmid.Host("b")
    a["color"] = "red"

    b.receive(a.receive(b.receive(a.initiate())))
    assert b.get("color", "a") == b"red"
"""

from typing import TYPE_CHECKING, Any

from ._native import (
    Batch,
    Change,
    DurableState,
    Exchange,
    Host,
    LocalState,
    Stream,
    __version__,
)
from .errors import (
    BudgetError,
    BusyError,
    ClosedError,
    ConflictError,
    CursorError,
    DamagedError,
    DecodeError,
    Error,
    ForeignError,
    InternalError,
    InUseError,
    LeftError,
    LimitError,
    OwnParticipantError,
    StoreError,
    UnknownParticipantError,
)

if TYPE_CHECKING:
    from . import aio

__all__ = [
    "Batch",
    "BudgetError",
    "BusyError",
    "Change",
    "ClosedError",
    "ConflictError",
    "CursorError",
    "DamagedError",
    "DecodeError",
    "DurableState",
    "Error",
    "Exchange",
    "ForeignError",
    "Host",
    "InUseError",
    "InternalError",
    "LeftError",
    "LimitError",
    "LocalState",
    "OwnParticipantError",
    "StoreError",
    "Stream",
    "UnknownParticipantError",
    "__version__",
    "aio",
]


def __dir__() -> list[str]:
    # For help, and for completion at a prompt: what is public, also before it is loaded.
    return __all__


def __getattr__(name: str) -> Any:
    # asyncio takes longer to import than all the rest, and many a program never needs it.
    if name == "aio":
        import importlib

        return importlib.import_module(".aio", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
