"""The scenes in `disk_scenes.py`, played where a test has the disk in its hands."""

import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def test_hosts_on_disks_that_stop_and_fail(tmp_path: Path) -> None:
    disk = tmp_path / "disk.so"
    flags = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    subprocess.run(["cc", *flags, HERE / "disk.c", "-o", disk], check=True)
    # Whoever holds the interpreter while a disk stands still is never done: that is what ends it.
    played = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", HERE / "disk_scenes.py"],
        env=os.environ | {"LD_PRELOAD": str(disk)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert re.search(r"^[1-9]\d* passed in", played.stdout, re.MULTILINE), played.stdout
    assert played.returncode == 0, played.stdout
