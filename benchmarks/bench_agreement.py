"""Agreement of every two seeds: against plain loops, and against published formulas.

``python -m benchmarks.bench_agreement`` times the scores of Krishna et al. (2022) for all pairs of
100 seeds on 1,000 instances with 30 features. ``python -m benchmarks.bench_agreement --grow`` shows
how time and memory of `pairwise_scores` and `summary` grow with instances, each size in a process
of its own and read from disk.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import combinations, islice
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from threadpoolctl import threadpool_limits

import xaigeo as xg
from benchmarks import published_formulas as published
from benchmarks.harness import Result, paired, seconds, table
from xaigeo.agreement.pairwise import pairwise_scores
from xaigeo.explanations import Attributions
from xaigeo.schema import FeatureSchema

N_SEEDS, N_INSTANCES, N_FEATURES, K = 100, 1_000, 30, 3
# How many pairs of seeds, and instances, the loops do; their time is scaled up to the whole work.
N_PAIRS, N_LOOPED = 5, 20
TOLERANCE = 1e-12
MOST_SECONDS = 10.0
GROWN = (10_000, 100_000, 1_000_000)

Row = list[float]


def attributions(values: np.ndarray) -> Attributions:
    """Return attributions (n_seeds, n_instances, n_features) as of a regression."""
    n_seeds, n_instances, n_features = values.shape
    background = np.zeros((2, n_features))
    background[1] = 1.0
    schema = FeatureSchema.from_data(
        pd.DataFrame(background, columns=[f"x{j}" for j in range(n_features)])
    )
    arrays = {
        "attribution": (("seed", "instance", "feature", "output"), values[..., None]),
        "input": (("instance", "feature"), np.zeros((n_instances, n_features))),
        "prediction": (("seed", "instance", "output"), np.zeros((n_seeds, n_instances, 1))),
        "background": (("background_row", "feature"), background),
        "background_prediction": (
            ("seed", "background_row", "output"),
            np.arange(2.0 * n_seeds).reshape(n_seeds, 2, 1),
        ),
    }
    coordinates = {
        "seed": np.arange(n_seeds),
        "instance": np.arange(n_instances),
        "feature": schema.names,
        "output": ["y"],
    }
    return Attributions(
        data=xr.Dataset(arrays, coords=coordinates),
        schema=schema,
        method="random",
        provenance={
            "parameters": {"scale": "value"},
            "additive": False,
            "ensemble": {"task": "regression", "seeds": list(range(n_seeds)), "classes": ["y"]},
        },
    )


def loop(a: Row, b: Row, k: int) -> list[float]:
    """Return the six scores of two attributions by their definitions, which know no ties here."""
    top_a = sorted(range(len(a)), key=lambda j: -abs(a[j]))
    top_b = sorted(range(len(b)), key=lambda j: -abs(b[j]))
    common = set(top_a[:k]) & set(top_b[:k])
    ranked = [i for i, j in zip(top_a[:k], top_b[:k], strict=True) if i == j]
    place_a = {j: place for place, j in enumerate(top_a)}
    place_b = {j: place for place, j in enumerate(top_b)}
    m = len(a)
    gaps = sum((place_a[j] - place_b[j]) ** 2 for j in range(m))
    pairs = list(combinations(range(m), 2))
    alike = sum((place_a[i] < place_a[j]) == (place_b[i] < place_b[j]) for i, j in pairs)
    return [
        len(common) / k,
        len(ranked) / k,
        sum(a[j] * b[j] > 0 for j in common) / k,
        sum(a[j] * b[j] > 0 for j in ranked) / k,
        1.0 - 6.0 * gaps / (m * (m * m - 1)),
        alike / len(pairs),
    ]


SCORES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "feature_agreement": lambda a, b: published.feature_agreement(a, b, K),
    "rank_agreement": lambda a, b: published.rank_agreement(a, b, K),
    "sign_agreement": lambda a, b: published.sign_agreement(a, b, K),
    "signed_rank_agreement": lambda a, b: published.signed_rank_agreement(a, b, K),
    "spearman": published.rank_correlation,
    "pairwise_rank_agreement": published.pairwise_rank_agreement,
}


def looped(values: np.ndarray, n_instances: int) -> np.ndarray:
    """Return the loop's means over some instances, shape (N_PAIRS, n_scores)."""
    lists = values[:, :n_instances].tolist()
    return np.array(
        [
            np.mean([loop(*rows, K) for rows in zip(lists[a], lists[b], strict=True)], axis=0)
            for a, b in some_pairs(len(values))
        ]
    )


def by_formulas(values: np.ndarray) -> np.ndarray:
    """Return the published formulas' means over all instances, shape (N_PAIRS, n_scores)."""
    return np.array(
        [
            [score(values[a], values[b]).mean() for score in SCORES.values()]
            for a, b in some_pairs(len(values))
        ]
    )


def some_pairs(n_seeds: int) -> Iterator[tuple[int, int]]:
    """Yield the first pairs of seeds."""
    return islice(combinations(range(n_seeds), 2), N_PAIRS)


def measure() -> list[Result]:
    values = np.random.default_rng(0).normal(size=(N_SEEDS, N_INSTANCES, N_FEATURES))
    explanation, few = attributions(values), attributions(values[:, :N_LOOPED])
    names = list(SCORES)
    n_pairs = N_SEEDS * (N_SEEDS - 1) // 2
    work = f"{len(names)} scores of {n_pairs} pairs, {N_INSTANCES} instances, {N_FEATURES} features"
    with threadpool_limits(1):
        check_equal(pairwise_scores(few, names, k=K).values, looped(values, N_LOOPED), "the loop")
        check_equal(pairwise_scores(explanation, names, k=K).values, by_formulas(values), "OpenXAI")
        every = seconds(
            lambda: (pairwise_scores(explanation, k=K), xg.agreement.summary(explanation))
        )
        naive = paired(
            lambda: pairwise_scores(explanation, names, k=K),
            lambda: looped(values, N_LOOPED),
            name="agreement of every two seeds",
            work=f"{work}, equal to {TOLERANCE:g}",
            peer_name=f"loop in Python over pairs and instances (of {N_PAIRS} pairs and "
            f"{N_LOOPED} instances; its time is scaled up)",
            share=N_PAIRS * N_LOOPED / (n_pairs * N_INSTANCES),
            note=f"all nine scores of two seeds and the whole summary {every:.1f} s "
            f"(limit {MOST_SECONDS:g} s)",
            as_good=every < MOST_SECONDS,
            warm_up=False,
        )
        formulas = paired(
            lambda: pairwise_scores(explanation, names, k=K),
            lambda: by_formulas(values),
            name="agreement of every two seeds",
            work=f"{work}, equal to {TOLERANCE:g}",
            peer_name=f"OpenXAI's formulas on all instances at once, looped (over {N_PAIRS} pairs; "
            "its time is scaled up)",
            share=N_PAIRS / n_pairs,
            warm_up=False,
        )
    return [naive, formulas]


def check_equal(matrices: np.ndarray, theirs: np.ndarray, what: str) -> None:
    """Raise where the numbers differ: a time would then mean nothing."""
    a, b = np.array(list(some_pairs(matrices.shape[-1]))).T
    gap = float(np.abs(matrices[:, a, b].T - theirs).max())
    if not gap <= TOLERANCE:
        raise RuntimeError(f"pairwise_scores and {what} differ by {gap:.2g}")


def grow_one(n_instances: int) -> dict[str, float]:
    """Score 20 seeds on `n_instances` read from disk; seconds, and MiB above the start."""
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kept"
        command = [sys.executable, "-m", "benchmarks.bench_agreement", "--write", str(n_instances)]
        subprocess.run([*command, str(path)], check=True)
        found = xg.load(path, lazy=True)
        pairwise_scores(attributions(rng.normal(size=(20, 10, 5))))
        before = _peak()
        pairs = seconds(lambda: pairwise_scores(found))
        between = _peak()
        started = time.perf_counter()
        xg.agreement.summary(found, n_bootstrap=100)
        return {
            "pairs_seconds": pairs,
            "pairs_mib": between - before,
            "summary_seconds": time.perf_counter() - started,
            "summary_mib": _peak() - before,
        }


def grow() -> None:
    print("20 seeds, 5 features: seconds, and peak memory above the start in MiB\n")
    print("| instances | pairwise_scores (all nine) | memory | summary (100 draws) | memory |")
    print("|---|---|---|---|---|")
    for n in GROWN:
        command = [sys.executable, "-m", "benchmarks.bench_agreement", "--one", str(n)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        row = json.loads(done.stdout.splitlines()[-1])
        print(
            f"| {n:,} | {row['pairs_seconds']:.1f} s | {row['pairs_mib']:.0f} "
            f"| {row['summary_seconds']:.1f} s | {row['summary_mib']:.0f} |",
            flush=True,
        )


def _peak() -> float:
    # Linux tells it in KiB, macOS in bytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grow", action="store_true", help="growth with instances")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--write", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.write:
        values = np.random.default_rng(0).normal(size=(20, int(arguments.write[0]), 5))
        attributions(values).save(arguments.write[1])
    elif arguments.one:
        with threadpool_limits(1):
            print(json.dumps(grow_one(arguments.one)))
    elif arguments.grow:
        grow()
    else:
        print(table(measure()))


if __name__ == "__main__":
    main()
