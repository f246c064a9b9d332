"""Failures: what is raised, what it carries, and that nothing changed."""

import pickle
import re

import pytest
from common import ROOT, everything, exchange

import plasmid

# The names of the C library's statuses, by exception.
STATUSES: dict[type[plasmid.Error], str] = {
    plasmid.BudgetError: "BUFFER_TOO_SHORT",
    plasmid.DecodeError: "MALFORMED",
    plasmid.LimitError: "LIMIT",
    plasmid.BusyError: "BUSY",
    plasmid.ForeignError: "FOREIGN",
    plasmid.ConflictError: "CONFLICT",
    plasmid.LeftError: "LEFT",
    plasmid.CursorError: "CURSOR",
    plasmid.UnknownParticipantError: "NOT_FOUND",
    plasmid.OwnParticipantError: "INVALID_ARGUMENT",
    plasmid.StoreError: "STORE",
    plasmid.InUseError: "IN_USE",
    plasmid.DamagedError: "MALFORMED",
    plasmid.ClosedError: "CLOSED",
    plasmid.InternalError: "INTERNAL",
}


def test_codes_are_those_of_the_c_header() -> None:
    header = (ROOT / "include" / "plasmid.h").read_text()
    numbers = dict(re.findall(r"#define PLASMID_(\w+) (\d+)", header))
    assert {kind: str(kind.code) for kind in STATUSES} == {
        kind: numbers[name] for kind, name in STATUSES.items()
    }
    direct = plasmid.Error.__subclasses__()
    assert set(STATUSES) == {*direct, *(kind for one in direct for kind in one.__subclasses__())}


def test_the_callers_mistakes_are_value_errors_too() -> None:
    for kind in (
        plasmid.BudgetError,
        plasmid.CursorError,
        plasmid.DamagedError,
        plasmid.DecodeError,
        plasmid.LimitError,
        plasmid.OwnParticipantError,
    ):
        assert issubclass(kind, ValueError)
    assert issubclass(plasmid.UnknownParticipantError, KeyError)


def test_what_a_disk_does_is_an_os_error_too() -> None:
    assert issubclass(plasmid.StoreError, OSError)
    assert issubclass(plasmid.InUseError, plasmid.StoreError)
    assert issubclass(plasmid.DamagedError, plasmid.StoreError)
    # No number of the system is claimed.
    assert plasmid.StoreError("text").errno is None
    # A host that was closed is the caller's doing.
    assert not issubclass(plasmid.ClosedError, OSError)


def test_over_a_limit() -> None:
    host = plasmid.Host("a", key_bytes=3, value_bytes=4)
    host["k"] = "v"
    before = everything(host)
    with pytest.raises(plasmid.LimitError, match="value_bytes is 5, the limit is 4") as caught:
        host["k"] = "12345"
    assert (caught.value.limit, caught.value.value, caught.value.max) == ("value_bytes", 5, 4)
    with pytest.raises(plasmid.LimitError, match="key_bytes is 4, the limit is 3"):
        host.set("four", "v")
    assert everything(host) == before
    assert host.set("k", "1234") == 2


def test_what_could_never_be_sent_is_refused() -> None:
    host = plasmid.Host("a", message_bytes=600)
    with pytest.raises(plasmid.LimitError) as caught:
        host["k"] = bytes(600)
    assert caught.value.limit == "message_bytes"
    assert host.max_version() == 0


def test_a_message_over_the_limit() -> None:
    small, large = plasmid.Host("a", message_bytes=512), plasmid.Host("b")
    large["k"] = bytes(600)
    before = everything(small)
    with pytest.raises(plasmid.LimitError) as caught:
        small.receive(large.receive(small.initiate()))
    assert caught.value.limit == "message_bytes"
    assert everything(small) == before


@pytest.mark.parametrize("budget", [1, 511])
def test_a_budget_too_small(budget: int) -> None:
    a, b = plasmid.Host("a"), plasmid.Host("b")
    b["k"] = "v"
    answer = b.receive(a.initiate())
    before = everything(a)
    with pytest.raises(plasmid.BudgetError, match="the least is 512 bytes") as caught:
        a.receive(answer, budget)
    assert caught.value.needed == 512
    with pytest.raises(plasmid.BudgetError):
        a.initiate(budget)
    assert everything(a) == before


def test_another_cluster() -> None:
    a, b = plasmid.Host("a", cluster="red"), plasmid.Host("b", cluster="green")
    a["k"] = "v"
    before = everything(b)
    with pytest.raises(plasmid.ForeignError):
        b.receive(a.initiate())
    assert everything(b) == before


def test_garbage() -> None:
    host = plasmid.Host("a")
    for garbage in (b"\0", b"GET / HTTP/1.1\r\n\r\n", bytes(600)):
        with pytest.raises(plasmid.DecodeError, match="malformed message"):
            host.receive(garbage)


def test_errors_are_pickled() -> None:
    for error in (
        plasmid.DecodeError("text"),
        plasmid.LimitError("text", "key_bytes", 2, 1),
        plasmid.BudgetError("text", 512),
        plasmid.UnknownParticipantError("text"),
        plasmid.StoreError("text"),
        plasmid.DamagedError("text"),
    ):
        twin = pickle.loads(pickle.dumps(error))
        assert type(twin) is type(error)
        assert str(twin) == "text"
        assert twin.__dict__ == error.__dict__


def test_a_panic_is_an_internal_error_and_poisons_the_host(
    capfd: pytest.CaptureFixture[str],
) -> None:
    host, other = plasmid.Host("a"), plasmid.Host("b")
    stream = host.create_stream()
    panic = getattr(host, "_panic", None)
    if panic is None:
        pytest.skip("built without debug assertions")
    with pytest.raises(plasmid.InternalError):
        panic()
    assert "asked for by a test" in capfd.readouterr().err
    for call in (
        host.initiate,
        host.keys,
        host.changes,
        host.snapshot,
        stream.transmit,
        lambda: host.tick(1),
        lambda: host.set("k", "v"),
    ):
        with pytest.raises(plasmid.InternalError, match="cannot be used any more"):
            call()
    # Others are not touched.
    exchange(other, plasmid.Host("c"))
