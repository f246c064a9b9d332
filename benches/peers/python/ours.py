"""plasmid through its Python package: W1, W2, datagrams, and calls beside exchanges."""

import contextlib
import threading
import time

import contest

import plasmid

# Larger than every message.
BUDGET = 64 << 20


def host(number: int, history: bool = True) -> plasmid.Host:
    at = number + 1
    return plasmid.Host(
        contest.participant_id(number),
        state=plasmid.LocalState(history=history),
        message_bytes=BUDGET,
        # As the other languages draw it: milliseconds since 1970, and 16 bits.
        generation=((1_750_000_000_000 + 977 * at) << 16) + at % 65_536,
        seed=at,
        nonce=at,
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


def learned(participants: int, keys: int) -> plasmid.Host:
    """A host that knows so many others."""
    holder = host(participants)
    # The digest of somebody who knows nobody: the answer to it is all that a host has.
    syn = host(999_999_998).initiate(BUDGET)
    for number in range(participants):
        owner = host(number)
        for at, value in zip(range(keys), contest.values(number), strict=False):
            owner.set(contest.key(number * keys + at), value)
        holder.receive(owner.receive(syn, BUDGET), 0)
    return holder


def w2(_: str) -> contest.Figures:
    participants, keys = 1_000, 100
    holder, newcomer = learned(participants, keys), host(participants + 1)
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


def w10(what: str, threads: str, beside: str) -> contest.Figures:
    """Calls of `get` or `set` by so many threads while these hosts, or others, learn all."""
    syncs, own, alone = 12, 1_000, 0.4
    holder = learned(1_000, 100)
    keys = [contest.key(number) for number in range(own)]

    def newcomers() -> list[plasmid.Host]:
        hosts = [host(1_001 + number) for number in range(syncs)]
        for one in hosts:
            for key, value in zip(keys, contest.values(0), strict=False):
                one.set(key, value)
        return hosts

    called = newcomers()
    synced = newcomers() if beside == "elsewhere" else called
    current, is_over = called[0], False
    lock = threading.Lock() if beside == "locked" else contextlib.nullcontext()
    all_latencies: list[list[int]] = []

    def call() -> None:
        latencies: list[int] = []
        all_latencies.append(latencies)
        clock, at = time.perf_counter_ns, 0
        while not is_over:
            key, at = keys[at % own], at + 1
            begun = clock()
            with lock:
                if what == "set":
                    current.set(key, "x" * 64)
                else:
                    current.get(key)
            latencies.append(clock() - begun)
            if what != "flood":
                time.sleep(0.00005)

    callers = [threading.Thread(target=call) for _ in range(int(threads))]
    for caller in callers:
        caller.start()
    begun = time.perf_counter_ns()
    if beside == "alone":
        time.sleep(alone)
    else:
        for one, newcomer in zip(called, synced, strict=True):
            current = one
            message = newcomer.initiate(16 << 20)
            message = holder.receive(message, 16 << 20)
            with lock:
                message = newcomer.receive(message, 16 << 20)
            holder.receive(message, 16 << 20)
    elapsed = time.perf_counter_ns() - begun
    is_over = True
    for caller in callers:
        caller.join()
    latencies = sorted(latency for one in all_latencies for latency in one)
    return {
        "p50": latencies[len(latencies) // 2],
        "p99": latencies[len(latencies) * 99 // 100],
        "max": latencies[-1],
        "each": elapsed / len(latencies),
        "sync": elapsed / syncs,
    }


contest.serve({"w1": w1, "w2": w2, "w9": w9, "w10": w10})
