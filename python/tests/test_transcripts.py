"""Every transcript prints through Python what it prints everywhere, wherever hosts are kept."""

from pathlib import Path

import pytest
import transcript
from common import ROOT

SCRIPTS = sorted((ROOT / "tests" / "transcripts").glob("*.txt"))


@pytest.mark.parametrize("durable", [False, True], ids=["in memory", "in files"])
@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_transcript(path: Path, durable: bool, tmp_path: Path) -> None:
    script = path.read_text()
    assert transcript.run(script, tmp_path, durable=durable) == script
    assert any(tmp_path.iterdir()) == (durable or " path=" in script)


def test_there_are_transcripts() -> None:
    assert SCRIPTS


def test_a_wrong_expectation_is_noticed(tmp_path: Path) -> None:
    def run(script: str) -> str:
        return transcript.run(script, tmp_path, durable=False)

    assert run("host a\na set k v\n> 2\n") == "host a\na set k v\n> 1\n"
    with pytest.raises(ValueError, match="not understood") as caught:
        run("host a\na frobnicate\n")
    assert caught.value.__notes__ == ["line 2: a frobnicate"]
