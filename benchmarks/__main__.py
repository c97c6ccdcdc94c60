"""Run every benchmark: ``python -m benchmarks [--json FILE] [NAME ...]``."""

from __future__ import annotations

import argparse
import json
import os
import platform
from importlib import import_module
from pathlib import Path

from benchmarks.harness import Result, table

MODULES = (
    "bench_training",
    "bench_texts",
    "bench_averaging",
    "bench_shap",
    "bench_lime",
    "bench_gradients",
    "bench_anchors",
    "bench_counterfactuals",
    "bench_agreement",
    "bench_report",
    "bench_demo",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=MODULES, help=f"of {', '.join(MODULES)}")
    parser.add_argument("--json", type=Path, default=Path("out/bench.json"))
    arguments = parser.parse_args()
    results: list[Result] = []
    for name in arguments.names:
        results += import_module(f"benchmarks.{name}").measure()
        print(table(results), end="\n\n", flush=True)
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    machine = {"cores": os.cpu_count(), "python": platform.python_version()}
    answer = {"machine": machine, "results": [result.to_dict() for result in results]}
    arguments.json.write_text(json.dumps(answer, indent=2) + "\n")
    print(f"Wrote {arguments.json}")


if __name__ == "__main__":
    main()
