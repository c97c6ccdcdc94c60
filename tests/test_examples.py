"""Every example runs as a user would run it, in an empty folder, and writes what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example(path, tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", str(path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | {"OMP_NUM_THREADS": "2"},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    promised = re.findall(r"[\w-]+\.(?:html|json)", done.stdout.splitlines()[-1])
    assert promised
    for name in promised:
        assert (tmp_path / name).stat().st_size > 500


def test_there_are_examples():
    assert len(EXAMPLES) >= 3
