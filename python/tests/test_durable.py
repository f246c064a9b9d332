"""A host in a file: what is there again, what is refused, and how it ends."""

import copy
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from common import exchange, open_files, state, together

import plasmid
from plasmid import DurableState, Host, LocalState

NOW = 1_700_000_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.state"


def test_a_durable_state_is_a_value(path: Path) -> None:
    durable = DurableState(path, relaxed=True)
    assert durable == DurableState(str(path), True, True)
    assert hash(durable) == hash(DurableState(str(path), relaxed=True))
    for other in (
        DurableState(path),
        DurableState(path, False, True),
        DurableState(path.parent, relaxed=True),
        LocalState(),
    ):
        assert durable != other
    assert (durable.path, durable.history, durable.relaxed) == (str(path), True, True)
    assert repr(durable) == f"plasmid.DurableState({str(path)!r}, history=True, relaxed=True)"
    assert eval(repr(durable)) == durable
    assert pickle.loads(pickle.dumps(durable)) == copy.copy(durable) == durable
    # Names that are not text are names of files too.
    strange = os.fsdecode(b"\xff'")
    assert DurableState(strange).path == strange
    assert eval(repr(DurableState(strange))) == DurableState(strange)
    with pytest.raises(AttributeError):
        durable.path = "b"  # type: ignore[misc]
    # Nothing was opened.
    assert not any(path.parent.iterdir())


@pytest.mark.parametrize("wrong", [None, b"a.state", 7, ""])
def test_a_path_is_one(wrong: Any) -> None:
    with pytest.raises(ValueError if wrong == "" else TypeError) as caught:
        DurableState(wrong)
    assert caught.value.__notes__ == ["while processing 'path'"]


def test_a_host_tells_what_it_was_made_with(path: Path) -> None:
    assert Host("a").state == LocalState()
    assert Host("a", state=LocalState(history=False)).state == LocalState(history=False)
    with Host("a", state=DurableState(path)) as host:
        assert host.state == DurableState(path)
    restored = Host.restore(host.snapshot(), state=LocalState(history=False))
    assert restored.state == LocalState(history=False)


@pytest.mark.parametrize("relaxed", [False, True])
def test_a_host_goes_on_where_it_was(path: Path, relaxed: bool) -> None:
    durable = DurableState(path, relaxed=relaxed)
    # One of a time that has come by this host's clock.
    peer = Host("peer", generation=1)
    peer["p"] = "v"
    with Host("a", state=durable) as host:
        host.tick(NOW)
        host["color"] = "red"
        host["color"] = "blue"
        host.set("lease", "mine", ttl_ms=1000)
        del host["color"]
        with host.batch() as batch:
            batch.set("x", 1)
            batch.set("y", 2)
        exchange(host, peer)
        generation, held = host.generation, state(host)
    with Host("a", state=durable) as host:
        assert host.generation == generation
        assert state(host) == held
        assert host.get("p", "peer") == b"v"
        exchange(host, peer)
        host.tick(NOW + 999)
        assert "lease" in host
        host.tick(NOW + 1000)
        assert "lease" not in host
        assert host.set("color", "green") == 7
        exchange(host, peer)
        assert peer.get("color", "a") == b"green"
        assert (host.conflicts, peer.conflicts, peer.generation_of("a")) == (0, 0, generation)


def test_a_host_that_nobody_has_any_more_is_laid_down(path: Path) -> None:
    durable = DurableState(path, relaxed=True)
    host = Host("a", state=durable)
    host["k"] = "v"
    generation = host.generation
    stream = host.create_stream()
    del host
    with pytest.raises(plasmid.InUseError):
        Host("a", state=durable)  # the stream has it still
    del stream
    host = Host("a", state=durable)
    assert (host["k"], host.generation) == (b"v", generation)


def test_history_and_relaxation_may_differ_from_time_to_time(path: Path) -> None:
    with Host("a", state=DurableState(path)) as host:
        host["k"] = "v"
        host["k"] = "w"
    with Host("a", state=DurableState(path, history=False, relaxed=True)) as host:
        assert host.history("k") == [(2, b"w")]
        host["k"] = "x"
    with Host("a", state=DurableState(path)) as host:
        assert host.history("k")[0] == (3, b"x")


def test_a_snapshot_in_a_file_becomes_a_state(path: Path) -> None:
    before = Host("a")
    before["k"] = "v"
    path.write_bytes(before.snapshot())
    with Host("a", state=DurableState(path)) as host:
        assert host["k"] == b"v"
        assert host.generation > before.generation
        host["k"] = "w"
    with Host("a", state=DurableState(path)) as host:
        assert host["k"] == b"w"


def test_a_restored_host_has_no_file(path: Path) -> None:
    restore: Any = Host.restore
    with pytest.raises(TypeError, match="a restored host is in memory") as caught:
        restore(Host("a").snapshot(), state=DurableState(path))
    assert caught.value.__notes__ == ["while processing 'state'"]
    assert not any(path.parent.iterdir())


def made(path: Path) -> bytes:
    """The bytes of a file with some changes in it, each of them durable by itself."""
    with Host("a", state=DurableState(path)) as host:
        for count in range(5):
            host[f"key {count}"] = f"value {count}"
    return path.read_bytes()


def flipped(data: bytes) -> bytes:
    at = data.index(b"value 1")
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


MISTAKES: list[tuple[Callable[[bytes], bytes], type[plasmid.Error], str]] = [
    (lambda _: b"GET / HTTP/1.1\r\n\r\n" * 9, plasmid.DamagedError, "not a state of plasmid"),
    (lambda _: b"", plasmid.DamagedError, "the file is damaged at byte 0"),
    (flipped, plasmid.DamagedError, "the file is damaged at byte"),
    (
        lambda data: data[:16] + (9).to_bytes(4, "little") + data[20:],
        plasmid.DamagedError,
        "of a newer version of plasmid, its format is 9",
    ),
    (lambda _: Host("a").snapshot()[:-1], plasmid.DamagedError, "malformed"),
    (lambda _: Host("b").snapshot(), plasmid.ForeignError, "of another participant or cluster"),
]


@pytest.mark.parametrize(("change", "error", "text"), MISTAKES)
def test_a_file_that_is_none_of_it_is_left_as_it_is(
    path: Path, change: Callable[[bytes], bytes], error: type[plasmid.Error], text: str
) -> None:
    sound = made(path)
    wrong = change(sound)
    path.write_bytes(wrong)
    for _ in range(2):
        with pytest.raises(error, match=text) as caught:
            Host("a", state=DurableState(path))
        assert type(caught.value) is error
        assert caught.value.__notes__ == [f"while opening '{path}'"]
    assert path.read_bytes() == wrong
    # A copy from before can take its place.
    path.write_bytes(sound)
    with Host("a", state=DurableState(path)) as host:
        assert host["key 1"] == b"value 1"


def test_a_state_belongs_to_one_participant(path: Path) -> None:
    made(path)
    for id, cluster in [("b", ""), ("a", "green")]:
        with pytest.raises(plasmid.ForeignError, match="of another participant or cluster"):
            Host(id, state=DurableState(path), cluster=cluster)
    with pytest.raises(plasmid.LimitError, match="id_bytes"):
        Host("", state=DurableState(path))
    # Its own can have it all the same.
    assert len(Host("a", state=DurableState(path))) == 5


def test_a_state_is_one_host_alone(path: Path) -> None:
    with Host("a", state=DurableState(path)) as host:
        for _ in range(2):
            with pytest.raises(plasmid.InUseError, match="another process or host has this state"):
                Host("a", state=DurableState(path, relaxed=True))
        with pytest.raises(plasmid.InUseError):
            Host("b", state=DurableState(path))
        host["k"] = "v"
    with Host("a", state=DurableState(path)) as host:
        assert host["k"] == b"v"


def test_what_the_system_refuses_is_an_os_error(path: Path) -> None:
    file = path.parent / "file"
    file.touch()
    places = {
        path.parent / "missing" / "a.state": "No such file or directory",
        file / "a.state": "Not a directory",
        path.parent: "Is a directory",
        Path("nul\0byte"): "unexpected NUL byte",
    }
    for place, text in places.items():
        with pytest.raises(OSError, match=text) as caught:
            Host("a", state=DurableState(place))
        assert type(caught.value) is plasmid.StoreError
        assert caught.value.__notes__ == [f"while opening '{place}'"]


CLOSED: dict[str, Callable[[Host], object]] = {
    "set": lambda host: host.set("k", "w"),
    "set_expiring": lambda host: host.set("k", "w", ttl_ms=1),
    "setitem": lambda host: host.__setitem__("k", "w"),
    "delete": lambda host: host.delete("k"),
    "delitem": lambda host: host.__delitem__("absent"),
    "batch": lambda host: host.batch().__enter__().__exit__(None, None, None),
    "tick": lambda host: host.tick(NOW),
    "compact": lambda host: host.compact(),
    "leave": lambda host: host.leave(),
    "renew": lambda host: host.renew(),
    "evict": lambda host: host.evict("peer"),
    "initiate": lambda host: host.initiate(),
    "receive": lambda host: host.receive(Host("b").initiate()),
    "transmit": lambda host: host.create_stream().transmit(),
    "exchange": lambda host: host.exchange().receive(b""),
}


@pytest.mark.parametrize("verb", CLOSED)
@pytest.mark.parametrize("kept", ["in memory", "in a file", "relaxed"])
def test_a_closed_host_is_read_and_nothing_else(path: Path, kept: str, verb: str) -> None:
    durable = DurableState(path, relaxed=kept == "relaxed")
    peer = Host("peer")
    peer["p"] = "v"
    with Host("a", state=LocalState() if kept == "in memory" else durable) as host:
        host["k"] = "v"
        exchange(host, peer)
        cursor = host.changes()[1]
    with pytest.raises(plasmid.ClosedError, match="the host is closed"):
        CLOSED[verb](host)
    assert host["k"] == b"v"
    assert state(host) == {b"a": [(1, b"k", b"v")], b"peer": [(1, b"p", b"v")]}
    assert host.changes(cursor)[0] == []
    assert len(host.changes()[0]) == 4
    assert Host.restore(host.snapshot()).get("p", "peer") == b"v"
    host.close()
    if kept != "in memory":
        with Host("a", state=durable) as host:
            assert state(host) == {b"a": [(1, b"k", b"v")], b"peer": [(1, b"p", b"v")]}


def test_a_block_closes_its_host_however_it_ends(path: Path) -> None:
    host = Host("a", state=DurableState(path))
    with pytest.raises(KeyError), host as same:
        assert same is host
        host["k"] = "v"
        raise KeyError
    with pytest.raises(plasmid.ClosedError):
        host["k"] = "w"
    # What was under way when it was closed is not written later.
    host = Host("a", state=DurableState(path))
    with pytest.raises(plasmid.ClosedError), host.batch() as batch:
        batch.set("k", "w")
        host.close()
    assert Host("a", state=DurableState(path))["k"] == b"v"


def test_many_threads_write_at_once(path: Path) -> None:
    threads, rounds = 16, 20
    with Host("a", state=DurableState(path)) as host:

        def write(number: int) -> None:
            for count in range(rounds):
                version = host.set(f"{number}", count)
                assert host[f"{number}"] == b"%d" % count
                assert host.max_version() >= version
                with host.batch() as batch:
                    batch.set(f"{number} a", count)
                    batch.set(f"{number} b", count)
                assert batch.version > version

        together(*(lambda number=number: write(number) for number in range(threads)))
        held = host.updates()
    assert [version for version, *_ in held] == sorted(version for version, *_ in held)
    with Host("a", state=DurableState(path)) as host:
        assert host.updates() == held
        assert len(host) == 3 * threads
        assert set(dict(host).values()) == {b"%d" % (rounds - 1)}


@pytest.mark.parametrize("relaxed", [False, True])
def test_what_was_set_before_it_was_closed_is_there(path: Path, relaxed: bool) -> None:
    # All are at it when it is closed, so that some find it taken and some closed.
    for _ in range(50):
        host = Host("a", state=DurableState(path, relaxed=relaxed))
        done: dict[int, int] = {}

        def write(number: int, host: Host = host, done: dict[int, int] = done) -> None:
            for count in range(1000):
                try:
                    host.set(number, count)
                except plasmid.ClosedError:
                    return
                done[number] = count

        together(host.close, *(lambda number=number: write(number) for number in range(8)))
        with Host("a", state=DurableState(path)) as host:
            assert {number: int(host[number]) for number in done} == done


def test_nothing_of_a_host_is_left_open(path: Path) -> None:
    before = open_files()
    for count in range(20):
        host = Host("a", state=DurableState(path))
        assert len(open_files()) == len(before) + 2
        host["k"] = count
        if count % 2:
            host.close()
            assert open_files() == before
        del host
        assert open_files() == before
        with pytest.raises(plasmid.ForeignError):
            Host("b", state=DurableState(path))
        assert open_files() == before


def test_a_state_stays_where_it_was_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    monkeypatch.chdir(here)
    with Host("a", state=DurableState("a.state")) as host:
        monkeypatch.chdir(there)
        # So much that the file is written anew.
        for count in range(50):
            host["k"] = bytes(2000) + b"%d" % count
    assert not any(there.iterdir())
    assert Host("a", state=DurableState(here / "a.state"))["k"][2000:] == b"49"
