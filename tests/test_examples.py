"""Every example runs as a user would run it, in an empty folder, and writes what it says."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.py"))


# In a process of their own, as a user starts them: the README's first, and the one whose worker
# processes import it.
STARTED = ("penguins_in_ten_lines", "on_a_dask_cluster")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example(path, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    said = started(path) if path.stem in STARTED else run_here(path, monkeypatch, capsys)
    promised = re.findall(r"[\w-]+\.(?:html|json)", said.splitlines()[-1])
    assert promised
    for name in promised:
        assert (tmp_path / name).stat().st_size > 500


def started(path):
    """Return what an example prints in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", str(path)],
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | {"OMP_NUM_THREADS": "1"},  # beside other tests
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def run_here(path, monkeypatch, capsys):
    """Return what an example prints in names of its own, where the libraries are loaded already."""
    monkeypatch.setattr(sys, "argv", [str(path)])
    threads = torch.get_num_threads()  # some examples set it
    try:
        runpy.run_path(str(path), run_name="__main__")
    finally:
        torch.set_num_threads(threads)
    return capsys.readouterr().out


def test_sentences_are_compared_in_true_words():
    found = runpy.run_path(str(EXAMPLES[0].parent / "three_sentences.py"))
    shares = {1.0: "All", 0.998: "More than 99%", 0.5: "50%", 0.0: "None"}
    for share, told in shares.items():
        assert found["elsewhere"](share) == f"{told} of their reasons"
    alike = np.array([0.2, 0.5, 0.9, 1.0, 1.0])
    told = [found["compared"](share, alike).split(" other")[0] for share in (0.2, 0.5, 1.0)]
    assert told == [
        ", more than in none of the 4",
        *(f", more than in {n} of the 4" for n in (1, 3)),
    ]
    assert found["compared"](0.9, alike[:3]).startswith(", more than in all 2 other sentences")
    assert found["compared"](0.9, alike[2:3]) == ""


def test_there_are_examples():
    assert len(EXAMPLES) >= 3
