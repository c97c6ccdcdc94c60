"""Measure how often like seeds are named as outliers, odd ones found, and intervals right.

Run ``python scripts/alpha_hat_checks.py [--to docs]``; it writes ``alpha_hat_checks.md``. Networks
and data are those of ``alpha_hat_study.py``; nothing is fetched.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from alpha_hat_study import EPOCHS, ROOT, Evaluation, joined, problems, replace

from xaigeo.agreement.corrected_interval import corrected_interval
from xaigeo.agreement.difference_columns import as_size
from xaigeo.agreement.model_difference import model_difference
from xaigeo.agreement.pooled_alpha import pooled_alpha, resampled_alpha
from xaigeo.agreement.trimming import acceptance_distance

N_ALIKE, N_ODD = 90, 12
N_BOOTSTRAP = 50
# Sizes of ensembles, and how many are drawn of each, by the number of classes.
SIZES = {2: ((5, 100), (10, 60), (20, 40)), 10: ((5, 40), (10, 20))}
ODD = {"12 epochs": {"epochs": 12}, "30 epochs": {"epochs": 30}, "10% flipped": {"flipped": 0.1}}
# Rows, share of rows that the candidate scores otherwise, and by how much.
COVERAGE = ((400, 0.3, 3.0), (400, 0.15, 8.0), (1000, 0.15, 3.0), (1000, 0.3, 3.0))
N_SAMPLES = 200


def chosen(evaluation: Evaluation, places: np.ndarray) -> Evaluation:
    """Return some of the seeds, numbered from 0."""
    return replace(
        evaluation, seeds=np.arange(len(places)), prediction=evaluation.prediction[places]
    )


def alarm_rows() -> list[str]:
    """Return how often sets of like seeds hold a named one, and how often the odd one is named."""
    rng, lines = np.random.default_rng(0), []
    for problem in problems():
        alike = problem.trained(range(N_ALIKE))
        odd = {
            name: problem.trained(range(N_ALIKE, N_ALIKE + N_ODD), **own)
            for name, own in ODD.items()
        }
        for n_seeds, n_sets in SIZES[len(alike.classes)]:
            false, found = 0, dict.fromkeys(ODD, 0)
            for _ in range(n_sets):
                places = rng.choice(N_ALIKE, n_seeds, replace=False)
                given = chosen(alike, places)
                named = model_difference(given, n_bootstrap=N_BOOTSTRAP).outliers
                false += bool(named)
                for name, others in odd.items():
                    last = chosen(others, rng.choice(N_ODD, 1))
                    mixed = joined([chosen(alike, places[1:]), last])
                    named = model_difference(mixed, n_bootstrap=N_BOOTSTRAP).outliers
                    found[name] += n_seeds - 1 in named
            cells = " | ".join(f"{found[name] / n_sets:.0%}" for name in ODD)
            lines.append(
                f"| digits, {problem.name} | {n_seeds} | {n_sets} | {false / n_sets:.1%} "
                f"| {cells} |"
            )
    return lines


def scores(n_rows: int, share: float, shift: float, rng: np.random.Generator) -> np.ndarray:
    """Return scores of eight models of one kind and a ninth that is shifted on some rows."""
    drawn = rng.normal(0, 2, n_rows) + 0.4 * rng.normal(size=(9, n_rows))
    drawn[8] += np.where(rng.random(n_rows) < share, shift, 0.0)
    return drawn


def coverage_rows() -> list[str]:
    """Return how often intervals hold the α̂ of a very large test set."""
    lines = []
    for n_rows, share, shift in COVERAGE:
        rng, delta = np.random.default_rng(1), acceptance_distance(n_rows)
        large = scores(400_000, share, shift, rng)
        outside = np.array([False])
        truth = float(pooled_alpha(large[8:], large[:8], outside, delta).alpha[0, 0])
        held, plain, found = 0, 0, []
        for sample in range(N_SAMPLES):
            own = scores(n_rows, share, shift, rng)
            value = as_size(pooled_alpha(own[8:], own[:8], outside, delta).alpha[0])
            draws = resampled_alpha(
                own[8:], own[:8], outside, delta,
                n_bootstrap=200, rng=np.random.default_rng(sample),
            )  # fmt: skip
            sizes = as_size(draws.alpha)
            low, high = corrected_interval(value, sizes)
            held += low[0] <= truth <= high[0]
            ends = np.quantile(sizes, [0.025, 0.975])
            plain += ends[0] <= truth <= ends[1]
            found.append(value[0])
        lines.append(
            f"| {n_rows} | {share:.0%} by {shift:g} | {truth:.3f} | {np.mean(found):.3f} "
            f"| {held / N_SAMPLES:.0%} | {plain / N_SAMPLES:.0%} |"
        )
    return lines


DOCUMENT = """# How far outliers and intervals of α̂ can be trusted

Written by `python scripts/alpha_hat_checks.py`; every number below is from that command.

## Outliers

Sets of K networks that differ in their seed alone ({epochs} epochs), drawn from {n_alike}, and
the same sets with one network exchanged for an odd one: trained for 12 or 30 epochs, or with 10 %
of the training labels flipped. An alarm is false where any seed of a set of one kind is named.

| data | K | sets | false alarms | odd one found: {odd} |
|---|---|---|---|{lines_odd}
{alarms}

Seeds of one kind are no sample of a normal distribution: some of them do differ from the rest.
With five seeds, one of which may be named, an odd one must be far off to be told from chance.

## Intervals

Eight models of one kind and a ninth that scores a share of the rows otherwise (normal scores),
{n_samples} test sets each. Truth: α̂ on 400,000 rows with the δ of the small set.

| rows | scored otherwise | truth | mean α̂ | 95 % interval holds the truth | plain percentiles |
|---|---|---|---|---|---|
{coverage}

α̂ is made of a maximum over rows, so that few rows make it too large and intervals too narrow;
the bias-corrected ones are nearer to what they promise than plain percentiles.
"""


def main(folder: Path) -> None:
    """Run both checks and write the page."""
    start = time.perf_counter()
    text = DOCUMENT.format(
        epochs=EPOCHS,
        n_alike=N_ALIKE,
        odd=" | ".join(ODD),
        lines_odd="---|" * len(ODD),
        alarms="\n".join(alarm_rows()),
        n_samples=N_SAMPLES,
        coverage="\n".join(coverage_rows()),
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "alpha_hat_checks.md").write_text(text, encoding="utf-8")
    took = time.perf_counter() - start
    print(f"{folder / 'alpha_hat_checks.md'} after {took:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--to", type=Path, default=ROOT / "docs")
    main(parser.parse_args().to)
