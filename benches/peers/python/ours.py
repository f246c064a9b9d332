"""plasmid through its Python package: W1, W2, and exchanges of datagrams."""

import contest

import plasmid

# Larger than every message.
BUDGET = 64 << 20


def host(number: int, history: bool = True) -> plasmid.Host:
    return plasmid.Host(
        contest.participant_id(number),
        state=plasmid.LocalState(history=history),
        message_bytes=BUDGET,
        generation=0,
        seed=number + 1,
        nonce=number + 1,
    )


def exchange(a: plasmid.Host, b: plasmid.Host, budget: int) -> int:
    """Each answer goes to the other, until one has nothing to say; the bytes of all."""
    size, message = 0, a.initiate(budget)
    while message:
        size += len(message)
        message = b.receive(message, budget)
        a, b = b, a
    return size


def w1(history: str) -> contest.Figures:
    one, sets = host(0, history == "on"), contest.sets()

    def run() -> None:
        for key, value in sets:
            one.set(key, value)

    ns = contest.clocked(run)
    assert len(one) == contest.OVERWRITTEN_KEYS
    return {"ns": ns / contest.SETS}


def w2(_: str) -> contest.Figures:
    participants, keys = 1_000, 100
    holder, newcomer = host(participants), host(participants + 1)
    # The digest of somebody who knows nobody: the answer to it is all that a host has.
    syn = host(999_999_998).initiate(BUDGET)
    for number in range(participants):
        owner = host(number)
        for at, value in zip(range(keys), contest.values(number), strict=False):
            owner.set(contest.key(number * keys + at), value)
        holder.receive(owner.receive(syn, BUDGET), 0)
    size = 0

    def run() -> None:
        nonlocal size
        size = exchange(newcomer, holder, BUDGET)

    ns = contest.clocked(run)
    assert sum(len(newcomer.keys(one)) for one in newcomer.participants()) == participants * keys
    return {"ns": ns / (participants * keys), "bytes": size / (participants * keys)}


def w9() -> contest.Figures:
    exchanges, news = 10_000, 5
    a, b = host(0), host(1)
    keys = [contest.key(number) for number in range(100)]
    value = next(contest.values(0))

    def run() -> None:
        for at in range(exchanges):
            for number in range(news):
                key = keys[(at * news + number) % len(keys)]
                a.set(key, value)
                b.set(key, value)
            exchange(a, b, 1_200)

    ns = contest.clocked(run)
    assert a.max_version() == b.max_version(a.id)
    return {"ns": ns / exchanges}


contest.serve({"w1": w1, "w2": w2, "w9": w9})
