"""Does α̂ go with churn and calibration? 45 reference seeds, 45 others, and worse models.

Run ``python scripts/alpha_hat_study.py [--to docs]``; it writes ``alpha_hat.md`` and
``alpha_hat.png``. Data are scikit-learn's digits and the penguins of the package; nothing is
fetched.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from alpha_hat_panel import Panel, claim_rows, correlation_rows, findings, in_short, spread_rows
from sklearn.datasets import load_digits
from torch import nn

import xaigeo as xg
from xaigeo.agreement.model_difference import ModelDifference, model_difference
from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.viz.difference_scatter import (
    difference_scatter,
    difference_scatter_finding,
    difference_scatter_tables,
)
from xaigeo.viz.text_fit import titled

ROOT = Path(__file__).parent.parent
N_REFERENCE, N_OTHERS, N_WORSE = 45, 45, 8
N_TRAIN, EPOCHS, N_BOOTSTRAP = 300, 60, 200
FEWER_EPOCHS, FLIPPED = (3, 6, 12), (0.1, 0.2, 0.3)


@dataclass(frozen=True)
class Problem:
    """Rows split once; every model is trained on the same ones and tested on all others."""

    name: str
    X: pd.DataFrame
    y: pd.Series
    n_train: int = N_TRAIN

    @property
    def order(self) -> np.ndarray:
        """Rows in a fixed random order: the first are for training."""
        return np.random.default_rng(0).permutation(len(self.X))

    def trained(self, seeds: range, *, epochs: int = EPOCHS, flipped: float = 0.0) -> Evaluation:
        """Return the evaluation of models that differ in their seeds alone."""
        train, test = np.split(self.order, [self.n_train])
        y = self.y.iloc[train].copy()
        if flipped:
            wrong = np.random.default_rng(1).permutation(len(y))[: round(flipped * len(y))]
            other = dict(zip(sorted(set(y)), sorted(set(y))[::-1], strict=True))
            y.iloc[wrong] = y.iloc[wrong].map(other)
        ensemble = xg.SeedEnsemble.train(
            network, self.X.iloc[train], y, seeds=seeds, epochs=epochs, validation_share=0.0
        )
        return ensemble.evaluate(self.X.iloc[test], self.y.iloc[test])


def network(n_inputs: int, n_outputs: int) -> nn.Module:
    """Return the one network of the study: a hidden layer of 16."""
    return nn.Sequential(nn.Linear(n_inputs, 16), nn.ReLU(), nn.Linear(16, n_outputs))


def problems() -> list[Problem]:
    """Return the questions about digits; columns that are constant are left out."""
    X, digit = load_digits(return_X_y=True, as_frame=True)
    order = np.random.default_rng(0).permutation(len(X))
    X = X.loc[:, np.ptp(X.iloc[order[:N_TRAIN]], axis=0) > 0]
    return [
        Problem("even against odd", X, digit.map(lambda d: "odd" if d % 2 else "even")),
        Problem("0 to 4 against 5 to 9", X, digit.map(lambda d: "low" if d < 5 else "high")),
        Problem("all ten", X, digit.map(str)),
    ]


def joined(parts: list[Evaluation]) -> Evaluation:
    """Return evaluations on the same rows as one, seeds numbered from 0."""
    prediction = np.concatenate([part.prediction for part in parts])
    return replace(parts[0], seeds=np.arange(len(prediction)), prediction=prediction)


def panels(problem: Problem) -> list[Panel]:
    """Return the panel in which only the seed differs, that of worse models, and both as one."""
    alike = problem.trained(range(N_REFERENCE + N_OTHERS))
    reference = _part(alike, slice(N_REFERENCE))
    worse, groups, first = [], [], N_REFERENCE + N_OTHERS
    settings = [{"epochs": epochs} for epochs in FEWER_EPOCHS]
    settings += [{"flipped": share} for share in FLIPPED]
    for own in settings:
        worse.append(problem.trained(range(first, first + N_WORSE), **own))
        first += N_WORSE
        told = f"{own['epochs']} epochs" if "epochs" in own else f"{own['flipped']:.0%} flipped"
        groups += [told] * N_WORSE
    seeds = ["other seeds"] * N_OTHERS
    kinds = [
        (f"{N_OTHERS} other seeds", [alike], seeds),
        (f"{len(groups)} models made worse", [reference, *worse], groups),
        (f"all {N_OTHERS + len(groups)}", [alike, *worse], seeds + groups),
    ]
    return [
        Panel(
            problem.name,
            kind,
            model_difference(joined(parts), reference=range(N_REFERENCE), n_bootstrap=N_BOOTSTRAP),
            own,
        )
        for kind, parts, own in kinds
    ]


def _part(evaluation: Evaluation, seeds: slice) -> Evaluation:
    return replace(
        evaluation, seeds=evaluation.seeds[seeds], prediction=evaluation.prediction[seeds]
    )


def ten_by_truth() -> ModelDifference:
    """Return how the seeds of the ten digits differ by the log-odds of the true class."""
    return model_difference(
        problems()[-1].trained(range(N_REFERENCE + N_OTHERS)),
        reference=range(N_REFERENCE),
        score="true_class",
        n_bootstrap=N_BOOTSTRAP,
    )


def penguins_warning() -> str:
    """Return what α̂ says of few rows."""
    data = xg.datasets.penguins()
    problem = Problem("penguins", data.X, data.y, n_train=100)
    difference = model_difference(problem.trained(range(20)))
    table = difference.table
    return (
        f"Of 20 networks for the penguins, tested on {difference.n_rows} rows, α̂ is 0 for "
        f"{(difference.sizes == 0).sum()}, with plain distances up to "
        f"{table['distance'].max():.2f} and accuracies from {table['accuracy'].min():.3f} "
        f"to {table['accuracy'].max():.3f}. "
        f"δ is {difference.delta:.3f} there (three classes share ε). "
        f"{difference.visible} Do not read it as proof that the models are alike."
    )


def picture(found: list[Panel], path: Path) -> None:
    """Save the scatter plots of all candidates of one problem and of the seeds of another."""
    width, charts = 300, []
    for panel in (found[2], found[-3]):
        told = difference_scatter_finding(difference_scatter_tables(panel.difference))
        chart = difference_scatter(panel.difference, width=width)
        charts.append(chart.properties(title=titled(panel.title, [f"{told}."], width + 50)))
    (charts[0] | charts[1]).save(str(path), scale_factor=1.0)


DOCUMENT = """# Does α̂ go with churn and calibration?

Written by `python scripts/alpha_hat_study.py`; every number below is from that command.

α̂ (`xaigeo.agreement.model_difference`) is the least share of a model's scores on a test set that
must be left out before a Kolmogorov-Smirnov test takes the rest for those of a pool of reference
models (Banerjee et al. 2024, [arXiv:2406.08307](https://arxiv.org/abs/2406.08307)). A talk on it
reports, for 90 fine-tuned image models tested on 8,000 rows, that a large α̂ implies that another
measure is large as well, and that models with a small one are generally low on all. Here the same
is asked of {n_networks} small networks on scikit-learn's 1,797 digits.

**Main study: only the seed differs.** One hidden layer of 16, {epochs} epochs, {n_train} training
rows, {n_test} test rows. Seeds 0 to 44 are the reference, seeds 45 to 89 the candidates; scores
are log-odds. **Second panel: models made worse on purpose**, {n_worse} each with {fewer} epochs,
or with {flipped} of the training labels flipped, against the same reference; it is no study of
seeds. The two binary problems, all sizes and the two claims were fixed before the first run; the
ten digits and the panels of all candidates together were added after it, because α̂ was 0 for
nearly all seeds of the binary problems, and because models made worse are to be told from seeds,
not from each other.

On {n_test} rows δ = {delta:.3f} for two classes and {delta_ten:.3f} for ten, which share ε and of
which the one that differs most is reported: a difference that touches a smaller share of the rows
cannot show, and α̂ is then 0.

## In short

{in_short}

## What came out

{findings}

## The models

{spread}

## Spearman's ρ over the candidates, with 95 % bootstrap interval

{correlations}

Draws in which all candidates are equal in one of the two count as ρ = 0.

## The two claims

High: in the top fifth of the candidates; low: up to their median. Candidates with α̂ = 0 are in
the order of d₀. p: the chance of as many or more if α̂ had nothing to do with it
(hypergeometric). {n_tests} tests are made; of as many in which there is nothing to find about
{by_chance:.1f} would give p < 0.05.

{claims}

## Few rows

{penguins}

![Trimmed share (α̂), churn and calibration error of candidates](alpha_hat.png)
"""


def main(folder: Path) -> None:
    """Run the study and write the page and its picture."""
    start = time.perf_counter()
    found = [panel for problem in problems() for panel in panels(problem)]
    folder.mkdir(parents=True, exist_ok=True)
    picture(found, folder / "alpha_hat.png")
    text = DOCUMENT.format(
        epochs=EPOCHS,
        n_train=N_TRAIN,
        n_test=f"{found[0].difference.n_rows:,}",
        n_worse=N_WORSE,
        n_networks=len(found) // 3 * (N_REFERENCE + N_OTHERS),
        fewer=", ".join(map(str, FEWER_EPOCHS)),
        flipped=", ".join(f"{share:.0%}" for share in FLIPPED),
        delta=found[0].difference.delta,
        delta_ten=found[-1].difference.delta,
        n_tests=2 * len(found),
        by_chance=0.05 * 2 * len(found),
        in_short=in_short(found, ten_by_truth()),
        findings=findings(found),
        spread=spread_rows(found),
        correlations=correlation_rows(found),
        claims=claim_rows(found),
        penguins=penguins_warning(),
    )
    (folder / "alpha_hat.md").write_text(text, encoding="utf-8")
    print(f"{folder / 'alpha_hat.md'} after {time.perf_counter() - start:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--to", type=Path, default=ROOT / "docs")
    main(parser.parse_args().to)
