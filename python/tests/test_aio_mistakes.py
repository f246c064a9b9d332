"""What plasmid.aio does about mistakes that are no peer's: tell them, and not as a bad network."""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import pytest
from common import FAST, until

import plasmid
from plasmid.aio import DatagramGossip, Gossip


def listen_to_the_loop() -> list[dict[str, Any]]:
    """What the event loop's exception handler is told from now on."""
    told: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    return told


SLIPS = [
    ("host", "a", TypeError),
    ("bind", "127.0.0.1:0", ValueError),
    ("peers", ["127.0.0.1:7946"], ValueError),
    ("peers", ("127.0.0.1", 7946), ValueError),
    ("interval", 0, ValueError),
    ("interval", "1", ValueError),
    ("mode", "push", ValueError),
    ("timeout", 0, ValueError),
    ("timeout", None, ValueError),
    ("connections", 0, ValueError),
    ("mtu", None, ValueError),
]


@pytest.mark.parametrize(
    ("driver", "name", "value", "error"),
    [
        (driver, *slip)
        for driver in (Gossip, DatagramGossip)
        for slip in SLIPS
        if slip[0] in inspect.signature(driver).parameters
    ],
)
def test_a_slip_is_told_at_once(
    driver: Callable[..., object], name: str, value: object, error: type[Exception]
) -> None:
    given = {"host": plasmid.Host("a"), name: value}
    with pytest.raises(error, match=f"{name}? is "):
        driver(**given)


async def test_what_no_peer_can_cause_is_told_and_raised_at_the_end() -> None:
    told = listen_to_the_loop()
    gossip = Gossip(plasmid.Host("a"), interval=FAST)
    with pytest.raises(TypeError):
        async with gossip:
            gossip.interval = "fast"  # type: ignore[assignment]
            await until(lambda: bool(told))
    assert [context["exception"] for context in told] == [gossip.last_error]
    assert gossip.failures == 1
    # What the block itself raises goes first; and what was is forgotten when it is entered again.
    with pytest.raises(KeyError):
        async with gossip:
            await until(lambda: len(told) == 2)
            raise KeyError
    gossip.interval = FAST
    async with gossip:
        pass


@pytest.mark.parametrize("driver", [Gossip, DatagramGossip])
async def test_a_broken_host_is_no_fault_of_the_network(
    driver: type[Gossip | DatagramGossip], capfd: pytest.CaptureFixture[str]
) -> None:
    told = listen_to_the_loop()
    host = plasmid.Host("broken")
    panic = getattr(host, "_panic", None)
    if panic is None:
        pytest.skip("built without debug assertions")
    answering = driver(host)
    async with driver(plasmid.Host("a"), interval=FAST) as calling:
        with pytest.raises(plasmid.InternalError):
            async with answering:
                assert answering.address is not None
                calling.peers.append(answering.address)
                with pytest.raises(plasmid.InternalError):
                    panic()
                await until(lambda: answering.failures >= 2)
        # The caller sees a peer that fails, if it sees anything.
        assert isinstance(calling.last_error, OSError | None)
    assert all(isinstance(context["exception"], plasmid.InternalError) for context in told)
    assert len(told) == answering.failures
    assert "asked for by a test" in capfd.readouterr().err


@pytest.mark.parametrize("driver", [Gossip, DatagramGossip])
async def test_a_host_that_is_closed_too_early_is_told(
    driver: type[Gossip | DatagramGossip],
) -> None:
    told = listen_to_the_loop()
    with pytest.raises(plasmid.ClosedError), plasmid.Host("a") as host:
        async with driver(host, interval=FAST) as gossip:
            await asyncio.sleep(0)
            host.close()
            await until(lambda: gossip.failures > 0)
    assert [type(context["exception"]) for context in told] == [plasmid.ClosedError]
