"""How time and peak memory of each method grow with seeds, instances, features and background.

``python -m benchmarks.bench_growth [METHOD ...]``: every size is measured in a process of its own,
on one thread, with networks of one hidden layer of 32 and random weights. One size at a time is
multiplied by four; growth in proportion is 4x.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from typing import Any

BASE = {"seeds": 20, "instances": 20, "features": 10, "background": 100}
FACTOR = 4
METHODS: dict[str, dict[str, Any]] = {
    "kernel_shap": {"n_samples": 500, "n_background": None},
    "permutation_shap": {"n_background": None},
    "lime": {},
    "integrated_gradients": {},
    "occlusion": {},
    "anchors": {},
    "counterfactuals": {},
}


def measure_one(method: str, size: dict[str, int]) -> dict[str, float]:
    """Explain once in this process and return processor seconds and MiB above the start."""
    import numpy as np
    import torch
    from threadpoolctl import threadpool_limits
    from torch import nn

    import xaigeo as xg

    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(size["instances"], size["features"]))
    background = rng.normal(size=(size["background"], size["features"]))
    models = []
    for seed in range(size["seeds"]):
        torch.manual_seed(seed)
        layers = nn.Linear(size["features"], 32), nn.ReLU(), nn.Linear(32, 1)
        models.append(nn.Sequential(*layers))
    ensemble = xg.SeedEnsemble.wrap(models, schema=background, classes=["no", "yes"])

    def explain(rows: np.ndarray) -> None:
        xg.explain(ensemble, rows, method, background=background, random_state=0, **METHODS[method])

    with threadpool_limits(1):
        explain(X[:1])  # loads and compiles what is loaded and compiled once
        before, started = _peak(), time.process_time()
        explain(X)
        seconds = time.process_time() - started
    return {"seconds": seconds, "mib": _peak() - before}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("methods", nargs="*", default=list(METHODS))
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure_one(arguments.methods[0], json.loads(arguments.one))))
        return
    sizes = ", ".join(f"{n} {what}" for what, n in BASE.items())
    print(f"Base: {sizes}. Time and memory above the start at the base, then with {FACTOR} times")
    print("as many of one thing: how many times the time, and memory above the start.\n")
    print("| method | base | " + " | ".join(f"{FACTOR}x {what}" for what in BASE) + " |")
    print("|---" * (2 + len(BASE)) + "|")
    for method in arguments.methods:
        base = _in_own_process(method, BASE)
        cells = [f"{base['seconds']:.2f} s, {base['mib']:.0f} MiB"]
        for what in BASE:
            grown = _in_own_process(method, BASE | {what: FACTOR * BASE[what]})
            cells.append(f"{grown['seconds'] / base['seconds']:.1f}x, {grown['mib']:.0f} MiB")
        print(f"| {method} | " + " | ".join(cells) + " |", flush=True)


def _in_own_process(method: str, size: dict[str, int]) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.bench_growth", method, "--one", json.dumps(size)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _peak() -> float:
    # Linux tells it in KiB, macOS in bytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    main()
