"""The package as it is shipped: versions, documentation, types, and the examples that it shows."""

import asyncio
import inspect
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest
from common import ROOT

import plasmid
import plasmid.aio

README = (ROOT / "python" / "README.md").read_text()


def python(*arguments: str) -> str:
    run = subprocess.run(
        [sys.executable, "-W", "error", *arguments], capture_output=True, text=True, check=True
    )
    return run.stdout


def test_one_version_for_all() -> None:
    workspace = tomllib.loads((ROOT / "Cargo.toml").read_text())
    assert plasmid.__version__ == workspace["workspace"]["package"]["version"]


def test_the_shortest_example_runs() -> None:
    lines = python(str(ROOT / "examples" / "two_hosts.py")).splitlines()
    assert lines == ["a knows that b's shape is round", "b knows that a's color is red"]


def test_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    examples = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(examples) == 6
    for example in examples:
        names: dict[str, object] = {}
        # No peer is there to see anything.
        example = example.replace("wait_seen(peers=1,", "wait_seen(peers=0,")
        exec(compile(example, "README.md", "exec"), names)
        main = names.get("main")
        if callable(main):
            asyncio.run(main())


def test_the_python_of_the_front_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "README.md").read_text()
    two_hosts, stream, gossip, mind, durable = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(two_hosts + stream, "README.md", "exec"), names)
    exchange = names["exchange"]
    assert isinstance(exchange, plasmid.Exchange)
    assert exchange.finished
    exec(compile(mind, "README.md", "exec"), names)
    kinds = {change.kind for change in names["changes"]}  # type: ignore[attr-defined]
    assert kinds == {"join", "set"}
    exec(compile(durable, "README.md", "exec"), names)
    assert plasmid.Host("a", state=plasmid.DurableState("a.state"))["shards"] == b"1,2,3"
    # A free port of this machine instead of the one that the page names.
    lines = gossip.replace("0.0.0.0", "127.0.0.1").replace("7946)", "0)").splitlines()
    body = "".join(f"    {line}\n" for line in lines)
    main: dict[str, Callable[[], Coroutine[None, None, None]]] = {}
    code = f"import plasmid\nasync def main():\n{body}    assert host['load'] == b'17'\n"
    exec(compile(code, "README.md", "exec"), main)
    asyncio.run(main["main"]())


def test_the_first_docstring_runs() -> None:
    assert plasmid.__doc__ is not None
    example = inspect.cleandoc(plasmid.__doc__.split("\n\n", 2)[2])
    assert "assert" in example
    exec(compile(example, "plasmid", "exec"), {})


def test_asyncio_is_loaded_only_when_it_is_used() -> None:
    code = "import sys, plasmid; print('asyncio' in sys.modules); print(plasmid.aio.Gossip)"
    assert python("-c", code) == "False\n<class 'plasmid.aio._gossip.Gossip'>\n"


def test_completion_shows_what_is_public() -> None:
    assert python("-c", "import plasmid; print(*dir(plasmid))").split() == sorted(plasmid.__all__)


def test_what_is_not_there_is_said_so() -> None:
    with pytest.raises(AttributeError, match="module 'plasmid' has no attribute 'absent'"):
        _ = plasmid.absent


@pytest.mark.parametrize("module", [plasmid, plasmid.aio])
def test_everything_public_is_documented(module: object) -> None:
    names: list[str] = module.__all__  # type: ignore[attr-defined]
    for name in names:
        if name.startswith("__"):
            continue
        thing = getattr(module, name)
        assert thing.__doc__, name
        if inspect.isclass(thing):
            for member, value in vars(thing).items():
                if not member.startswith("_") and (
                    callable(value) or inspect.isdatadescriptor(value)
                ):
                    assert inspect.getdoc(value), f"{name}.{member}"


def test_signatures_are_shown() -> None:
    assert str(inspect.signature(plasmid.Host.get)) == "(self, /, key, participant=None)"
    assert "ordering='depth'" in str(inspect.signature(plasmid.Host))


def test_pins_agree() -> None:
    project = tomllib.loads((ROOT / "python" / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    pinned = {pin for pin in extras["dev"] + extras["test"] if not pin.startswith("plasmid")}
    lines = (ROOT / "python" / "requirements-dev.txt").read_text().splitlines()
    # The repository's own programs may want more than the package does.
    assert pinned <= set(lines)
