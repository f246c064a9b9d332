"""pycrdt, a CRDT: all keys of all participants in one map, messages of both sides as bytes."""

import random

import contest
from pycrdt import Doc, Map

ROOT = "root"
WARM_UP = 5
MEASURED = 101


def document() -> Doc:
    doc = Doc()
    doc[ROOT] = Map()
    return doc


def participant(number: int, keys: int) -> Doc:
    """Somebody who set so many keys, in one transaction."""
    doc = Doc()
    doc[ROOT] = root = Map()
    with doc.transaction():
        for at, value in zip(range(keys), contest.values(number), strict=False):
            root[contest.key(number * keys + at)] = value
    return doc


def exchange(a: Doc, b: Doc) -> int:
    """Both learn from each other; the bytes of what is said."""
    asked = a.get_state()
    answered, asked_back = b.get_update(asked), b.get_state()
    a.apply_update(answered)
    told = a.get_update(asked_back)
    b.apply_update(told)
    return sum(map(len, (asked, answered, asked_back, told)))


def clocked_exchange(a: Doc, b: Doc) -> tuple[float, int]:
    size = 0

    def run() -> None:
        nonlocal size
        size = exchange(a, b)

    return contest.clocked(run), size


def w1(_: str) -> contest.Figures:
    """All in one transaction, which is the faster way by far."""
    doc, sets = document(), contest.sets()
    root = doc[ROOT]

    def run() -> None:
        with doc.transaction():
            for key, value in sets:
                root[key] = value

    return {"ns": contest.clocked(run) / contest.SETS}


def w2(_: str) -> contest.Figures:
    participants, keys = 1_000, 100
    holder, newcomer = document(), document()
    for number in range(participants):
        holder.apply_update(participant(number, keys).get_update())
    ns, size = clocked_exchange(newcomer, holder)
    assert len(newcomer[ROOT]) == participants * keys
    return {"ns": ns / (participants * keys), "bytes": size / (participants * keys)}


def w3(participants: str) -> contest.Figures:
    return w4(participants, "0")


def w4(participants: str, changed: str) -> contest.Figures:
    """Exchanges before each of which so many changed a key; each hears of every second change."""
    owners = [participant(number, 10) for number in range(int(participants))]
    a, b = document(), document()
    for owner in owners:
        update = owner.get_update()
        a.apply_update(update)
        b.apply_update(update)
    rng, chance = random.Random(1), contest.values(len(owners))
    times, sizes = [], []
    for number in range(WARM_UP + MEASURED):
        for at, who in enumerate(rng.sample(range(len(owners)), int(changed))):
            owner = owners[who]
            state = owner.get_state()
            owner[ROOT][contest.key(who * 10)] = next(chance)
            (a, b)[at % 2].apply_update(owner.get_update(state))
        ns, size = clocked_exchange(a, b)
        if number >= WARM_UP:
            times.append(ns)
            sizes.append(size)
    assert a[ROOT].to_py() == b[ROOT].to_py()
    return {"ns": contest.median(times), "bytes": contest.median(sizes)}


contest.serve({"w1": w1, "w2": w2, "w3": w3, "w4": w4})
