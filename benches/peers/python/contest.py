"""What the contestants in Python share: what they are fed, their clock, and how they are asked."""

import base64
import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator

Figures = dict[str, float]

SETS = 100_000
OVERWRITTEN_KEYS = 10_000


def participant_id(number: int) -> str:
    return f"member-{number:09}"


def key(number: int) -> str:
    return f"key-{number:012}"


def values(participant: int) -> Iterator[str]:
    """64 characters each, of which 48 bytes are chance; always the same ones."""
    rng = random.Random(participant)
    while True:
        yield base64.b64encode(rng.randbytes(48)).decode()


def sets() -> list[tuple[str, str]]:
    """What W1 sets: the same keys again and again."""
    keys, chance = [key(number) for number in range(OVERWRITTEN_KEYS)], values(0)
    return [(keys[at % OVERWRITTEN_KEYS], next(chance)) for at in range(SETS)]


def clocked(work: Callable[[], object]) -> float:
    """How many nanoseconds that took."""
    start = time.perf_counter_ns()
    work()
    return time.perf_counter_ns() - start


def median(figures: list[float]) -> float:
    return statistics.median(figures)


def serve(measures: dict[str, Callable[..., Figures]]) -> None:
    """Answer each line, like `w1 on`, with a line of figures in JSON, until the input ends."""
    for line in sys.stdin:
        name, *words = line.split()
        print(json.dumps(measures[name](*words)), flush=True)
