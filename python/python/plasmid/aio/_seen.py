"""Who knows what a host wrote, and who does not yet."""

from collections.abc import Callable, Iterable

from plasmid import Change, Host

from ._arguments import Id, not_negative


def audience(
    host: Host, version: int | None, peers: Iterable[Id] | int | None
) -> Callable[[], str]:
    """Give a function that says who is not known to have a host's own map up to `version` yet.

    It says nothing (`""`) once all are. `peers` is how many must have it, or who; None is everyone
    who is present now, and stays. The host itself has it.
    """
    if isinstance(peers, str | bytes | bytearray | memoryview | bool):
        raise TypeError(f"peers is {peers!r}, not a list of ids, nor how many, nor None")
    if version is None:
        version = host.max_version()
    not_negative("version", version)
    text = f"not known to have version {version}"

    def has(peer: bytes) -> bool:
        acked = host.acked_version(peer)
        return acked is not None and acked >= version and peer != host.id

    if isinstance(peers, int):
        count = peers
        not_negative("peers", count)

        def few() -> str:
            have = sum(map(has, host.participants()))
            return f"{count - have} of {count} peers are {text}" if have < count else ""

        return few

    awaited = set(map(_bytes, host.participants() if peers is None else peers))
    awaited.discard(host.id)

    def some() -> str:
        for peer in list(awaited):
            if has(peer) or (peers is None and host.status(peer) != "present"):
                awaited.remove(peer)
        if not awaited:
            return ""
        others = f" and {len(awaited) - 1} more are" if len(awaited) > 1 else " is"
        return f"{min(awaited)!r}{others} {text}"

    return some


def _bytes(peer: Id) -> bytes:
    """Give the id as the host gives it."""
    # A change takes ids as a host does, and refuses what is none.
    return Change("join", peer, None, None, 0, 0).participant
