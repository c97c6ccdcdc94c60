"""Peak memory of writing and summarising many instances, each size in a process of its own.

``python -m benchmarks.bench_memory [--instances 1000 10000 ...]``: small networks of five
features, 20 seeds, attributed by ``input_x_gradient`` into a store and summarised from there.
What is measured is the most that one process ever held (its peak resident set).
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIZES = (1_000, 10_000, 100_000, 1_000_000)
N_SEEDS, N_FEATURES = 20, 5


def measure_one(n_instances: int) -> dict[str, float]:
    """Write and summarise `n_instances` in this process and return seconds and MiB."""
    import numpy as np
    import torch

    import xaigeo as xg

    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_instances, N_FEATURES))
    models = []
    for seed in range(N_SEEDS):
        torch.manual_seed(seed)
        layers = torch.nn.Linear(N_FEATURES, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1)
        models.append(torch.nn.Sequential(*layers))
    ensemble = xg.SeedEnsemble.wrap(models, schema=X[:500], task="regression")
    with tempfile.TemporaryDirectory() as folder:
        started, before = time.perf_counter(), _peak()
        found = xg.explain(
            ensemble,
            X,
            "input_x_gradient",
            background=X[:500],
            random_state=0,
            store=Path(folder) / "store",
        )
        written, peak = time.perf_counter(), _peak()
        table = xg.agreement.summary(found)
        on_disk = sum(p.stat().st_size for p in Path(folder).rglob("*") if p.is_file())
    assert np.isfinite(table["value"]).all()
    return {
        "instances": n_instances,
        "loaded_mib": before,
        "written_mib": peak,
        "summarised_mib": _peak(),
        "store_mib": on_disk / 2**20,
        "writing_seconds": written - started,
        "summary_seconds": time.perf_counter() - written,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, nargs="*", default=SIZES)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure_one(arguments.one)))
        return
    print(f"{N_SEEDS} seeds, {N_FEATURES} features, one output; peak memory in MiB")
    print("| instances | before | written | summarised | store on disk | writing | summary |")
    print("|---|---|---|---|---|---|---|")
    for n_instances in arguments.instances:
        command = [sys.executable, "-m", "benchmarks.bench_memory", "--one", str(n_instances)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        row = json.loads(done.stdout.splitlines()[-1])
        print(
            f"| {n_instances:,} | {row['loaded_mib']:.0f} | {row['written_mib']:.0f} "
            f"| {row['summarised_mib']:.0f} | {row['store_mib']:.0f} "
            f"| {row['writing_seconds']:.0f} s | {row['summary_seconds']:.0f} s |",
            flush=True,
        )


def _peak() -> float:
    # Linux tells it in KiB, macOS in bytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    main()
