"""How long `xaigeo demo` takes after installation, against a budget of three minutes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.harness import Result, table

BUDGET_SECONDS = 180.0
REPEATS = 3


def measure() -> list[Result]:
    seconds = sorted(_demo() for _ in range(REPEATS))
    ratios = [BUDGET_SECONDS / taken for taken in seconds]
    middle = REPEATS // 2
    return [
        Result(
            name="demo",
            work="20 networks, 100 test birds, 5 methods, noise repeats, rerun, audit and report",
            peer="a budget of 180 s",
            ratio=ratios[middle],
            low=min(ratios),
            high=max(ratios),
            goal=1.0,
            seconds=seconds[middle],
            peer_seconds=BUDGET_SECONDS,
        )
    ]


def _demo() -> float:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "xaigeo", "demo", "--quiet", "--output"]
        start = time.perf_counter()
        subprocess.run([*command, str(Path(folder) / "demo")], check=True, capture_output=True)
        return time.perf_counter() - start


if __name__ == "__main__":
    print(table(measure()))
