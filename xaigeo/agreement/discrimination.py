"""How well each seed's probabilities tell a class from the rest, at every threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from xaigeo.agreement.seed_predictions import check_evaluation, output_place
from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.errors import InputError
from xaigeo.options import check_option

Curve = Literal["roc", "precision_recall"]
GRID = np.linspace(0.0, 1.0, 101)
INTERVAL = (0.1, 0.9)
# A seed's curve with more corners than this is drawn on the grid.
CORNERS = 200


@dataclass(frozen=True, eq=False)
class ThresholdCurves:
    """One class against the rest, a curve a seed.

    Attributes
    ----------
    curve : {"roc", "precision_recall"}
    output : str
    seeds : DataFrame
        `seed`, `order`, `x`, `y`: false positive rate and true positive rate, or recall and
        precision.
    mean : DataFrame
        `x` (a grid of 0 to 1), `y` (mean over seeds), `low`, `high` (10 % and 90 % of seeds).
    areas : DataFrame
        `seed`, `area`: area under the ROC curve, or average precision.
    prevalence : float
        Share of rows of the class: the precision of guessing.
    """

    curve: Curve
    output: str
    seeds: pd.DataFrame
    mean: pd.DataFrame
    areas: pd.DataFrame
    prevalence: float


def threshold_curves(
    evaluation: Evaluation, output: str | None = None, *, curve: Curve = "roc"
) -> list[ThresholdCurves]:
    """Return the curves of one class, or of every class that has rows.

    Parameters
    ----------
    evaluation : Evaluation
        Of a classification.
    output : str, optional
        Unless named: of two classes the second, of more each in turn against the rest.
    curve : {"roc", "precision_recall"}

    Raises
    ------
    InputError
        For a regression, a class that does not exist, or one that has no rows or all of them.

    Notes
    -----
    The numbers of each seed are scikit-learn's. Curves are averaged at equal false positive
    rate (Fawcett 2006, doi:10.1016/j.patrec.2005.10.010) and at equal recall; precision between
    two thresholds is that of the one that reaches the recall, since it may not be interpolated
    (Davis and Goadrich 2006, doi:10.1145/1143844.1143874).
    """
    check_option("curve", curve, Curve)
    check_evaluation(evaluation, "curves over thresholds", "classification")
    names = tuple(str(name) for name in evaluation.classes)
    counts = np.bincount(evaluation.labels.astype(int), minlength=len(names))
    if output is None:
        places = [1] if len(names) == 2 else list(range(len(names)))
        places = [place for place in places if 0 < counts[place] < counts.sum()]
    else:
        places = [output_place(names, output)]
    for place in places or [0]:
        if not 0 < counts[place] < counts.sum():
            raise InputError(
                expected="rows inside and outside of the class",
                arrived=f"{counts[place]} of {counts.sum()} rows of {names[place]!r}",
                do="Evaluate on rows of several classes, or name another class.",
            )
    return [_curves(evaluation, place, names[place], curve) for place in places]


def _curves(evaluation: Evaluation, place: int, name: str, curve: Curve) -> ThresholdCurves:
    truth = (evaluation.labels == place).astype(int)
    drawn, on_grid, areas = [], [], []
    for seed, outputs in zip(evaluation.seeds, evaluation.prediction, strict=True):
        x, y, area = _one(truth, outputs[:, place], curve)
        grid = roc_at(x, y, GRID) if curve == "roc" else precision_at(x, y, GRID)
        if len(x) > CORNERS:
            x, y = np.append(x[0], GRID), np.append(y[0], grid)
        drawn.append(pd.DataFrame({"seed": int(seed), "order": np.arange(len(x)), "x": x, "y": y}))
        on_grid.append(grid)
        areas.append({"seed": int(seed), "area": area})
    values = np.stack(on_grid)
    low, high = np.quantile(values, INTERVAL, axis=0)
    mean = pd.DataFrame({"x": GRID, "y": values.mean(axis=0), "low": low, "high": high})
    if curve == "roc":  # every curve starts at the origin and may rise straight up from there
        mean = pd.concat([mean.iloc[:1] * 0.0, mean], ignore_index=True)
    seeds = pd.concat(drawn, ignore_index=True)
    return ThresholdCurves(curve, name, seeds, mean, pd.DataFrame(areas), float(truth.mean()))


def _one(
    truth: np.ndarray, probability: np.ndarray, curve: Curve
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the corners of one seed's curve by rising x, and its area."""
    from sklearn import metrics

    if curve == "roc":
        x, y, _ = metrics.roc_curve(truth, probability)
        return x, y, float(metrics.roc_auc_score(truth, probability))
    precision, recall, _ = metrics.precision_recall_curve(
        truth, probability, drop_intermediate=True
    )
    area = float(metrics.average_precision_score(truth, probability))
    return recall[::-1], precision[::-1], area


def roc_at(x: np.ndarray, y: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Return the true positive rate at false positive rates.

    Where the curve rises straight up, the highest point counts.
    """
    # Round-off must not hide a corner that lies at the rate itself.
    left = np.searchsorted(x, grid + 1e-12, side="right") - 1
    right = np.minimum(left + 1, len(x) - 1)
    gap = x[right] - x[left]
    share = np.where(gap > 0, (grid - x[left]) / np.where(gap > 0, gap, 1.0), 0.0)
    return np.asarray(y[left] + share * (y[right] - y[left]))


def precision_at(recall: np.ndarray, precision: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Return the precision of the highest threshold that reaches each recall."""
    # Round-off must not ask for a recall just above the one that is reached.
    places = np.searchsorted(recall, grid - 1e-12, side="left")
    return np.asarray(precision[np.minimum(places, len(recall) - 1)])
