"""A host in a file and its processes: killed, forked, and two at once."""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from common import open_files

import plasmid
from plasmid import DurableState, Host

FORK = multiprocessing.get_context("fork")

# Writes until it is killed, and says what was acknowledged.
WRITER = """
import sys
from plasmid import DurableState, Host

host = Host("a", state=DurableState(sys.argv[1], relaxed=sys.argv[2] == "relaxed"))
print(host.generation, flush=True)
count = 0
while True:
    with host.batch() as batch:
        batch.set("a", count)
        batch.set("b", count)
    host.set("last", count)
    print(count, flush=True)
    count += 1
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.state"


def killed_after(lines: int, path: Path, how: str = "strict") -> list[int]:
    """Have another process write until it has said so much, kill it, and give all that it said."""
    command = [sys.executable, "-c", WRITER, str(path), how]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        said = [int(writer.stdout.readline()) for _ in range(lines)]
        with pytest.raises(plasmid.InUseError):
            Host("a", state=DurableState(path))
        writer.kill()
        # The last line may be torn.
        said += [int(line) for line in writer.stdout.read().split("\n")[:-1]]
    assert writer.returncode == -signal.SIGKILL
    return said


def test_what_was_set_survives_a_kill(path: Path) -> None:
    count = 0
    generations = set()
    for lines in (2, 20, 50):
        generation, *said = killed_after(lines, path)
        generations.add(generation)
        with Host("a", state=DurableState(path)) as host:
            generations.add(host.generation)
            # What was not acknowledged may be there too, whole.
            assert int(host["last"]) in (said[-1], said[-1] + 1)
            assert host["a"] == host["b"]
            assert int(host["a"]) - said[-1] in (0, 1, 2)
            assert host.max_version() >= count + 2 * len(said)
            count = host.max_version()
            assert host.conflicts == 0
    assert len(generations) == 1


def test_a_relaxed_host_that_was_killed_is_a_new_one(path: Path) -> None:
    generation, *said = killed_after(20, path, "relaxed")
    with Host("a", state=DurableState(path, relaxed=True)) as host:
        assert host.generation > generation
        # It may have lost what it showed, and never a part of a batch.
        assert int(host.get("last") or b"0") <= said[-1] + 1
        assert host.get("a") == host.get("b")
        host["k"] = "v"
    # Laid down, it goes on.
    with Host("a", state=DurableState(path, relaxed=True)) as again:
        assert again.generation == host.generation
        assert again["k"] == b"v"


def in_child(work: Callable[[], None]) -> int | None:
    """Do something in a forked child, and give how it ended."""
    process = FORK.Process(target=work)
    process.start()
    process.join()
    return process.exitcode


@pytest.mark.parametrize("relaxed", [False, True])
def test_a_child_neither_writes_nor_closes(path: Path, relaxed: bool) -> None:
    host = Host("a", state=DurableState(path, relaxed=relaxed))
    host["k"] = "v"
    host.tick(1)
    before = path.read_bytes()
    batch = host.batch()
    batch.__enter__()
    batch.set("k", "w")
    uses: list[Callable[[], object]] = [
        lambda: host.set("k", "w"),
        lambda: batch.__exit__(None, None, None),
        lambda: host.tick(2),
        host.leave,
        host.close,
        host.__enter__,
        host.initiate,
    ]

    def child() -> None:
        nonlocal host, batch
        assert host["k"] == b"v"
        assert host.state == DurableState(path, relaxed=relaxed)
        for use in uses:
            with pytest.raises(plasmid.ConflictError, match="this host was made before a fork"):
                use()
        # Nor by the end of a block that it was forked in, or when it lets go of the host.
        assert host.__exit__(None, None, None) is None  # type: ignore[func-returns-value]
        with pytest.raises(plasmid.InUseError):
            Host("a", state=DurableState(path))
        uses.clear()
        del host, batch, use
        assert str(path) not in open_files()

    assert in_child(child) == 0
    assert path.read_bytes() == before
    host["k"] = "x"
    generation = host.generation
    host.close()
    with Host("a", state=DurableState(path, relaxed=relaxed)) as host:
        assert (host["k"], host.generation) == (b"x", generation)


def test_a_child_marks_no_file_as_laid_down(path: Path) -> None:
    # The middle one has a child that lets go of the host, and is killed then.
    ours, theirs = FORK.Pipe()

    def middle() -> None:
        host = Host("a", state=DurableState(path, relaxed=True))
        host["k"] = "v"
        host.tick(1)

        def child() -> None:
            nonlocal host
            with pytest.raises(plasmid.ConflictError):
                host.close()
            assert str(path) in open_files()
            del host
            assert str(path) not in open_files()

        theirs.send((host.generation, in_child(child)))
        os.kill(os.getpid(), signal.SIGKILL)

    assert in_child(middle) == -signal.SIGKILL
    generation, exitcode = ours.recv()
    assert exitcode == 0
    with Host("a", state=DurableState(path, relaxed=True)) as host:
        assert host["k"] == b"v"
        assert host.generation > generation


def test_a_child_does_not_keep_the_file_of_a_host_that_was_closed(path: Path) -> None:
    host = Host("a", state=DurableState(path))
    host["k"] = "v"
    ours, theirs = FORK.Pipe()

    def child() -> None:
        theirs.recv()
        assert host["k"] == b"v"

    process = FORK.Process(target=child, daemon=True)
    process.start()
    host.close()
    with Host("a", state=DurableState(path)) as host:
        assert host["k"] == b"v"
        host["k"] = "w"
    ours.send(None)
    process.join()
    assert process.exitcode == 0
    assert Host("a", state=DurableState(path))["k"] == b"w"
