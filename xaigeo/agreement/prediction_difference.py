"""How far the seeds' predictions differ: one table of scores with intervals over rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaigeo.agreement.bootstrap import WEIGHT_BYTES, resampling_weights
from xaigeo.agreement.calibration import calibration_gaps
from xaigeo.agreement.corrected_interval import corrected_interval
from xaigeo.agreement.difference_columns import alphas, as_size
from xaigeo.agreement.difference_scores import difference_scores
from xaigeo.agreement.model_difference import check_models
from xaigeo.agreement.predictions import churn, flip_rate
from xaigeo.agreement.rashomon_capacity import channel_capacity
from xaigeo.agreement.trimming import acceptance_distance
from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.explanations.majority import majority
from xaigeo.options import check_count

# From weights of rows, shape (n_draws, n_rows), that add up to n_rows, to values (n_draws,).
Weighted = Callable[[np.ndarray], np.ndarray]
EPSILON = 0.01


@dataclass(frozen=True, kw_only=True)
class _Row:
    """One line of the table."""

    name: str
    label: str
    range: str
    reference: str
    meaning: str
    of: Weighted | None


def prediction_difference(
    evaluation: Evaluation, *, n_bootstrap: int = 500, random_state: int = 0
) -> pd.DataFrame:
    """Return how far the predictions of the seeds differ, by every measure, with intervals.

    Parameters
    ----------
    evaluation : Evaluation
        Of two seeds or more.
    n_bootstrap : int
        Draws of rows behind the intervals, at least 2.
    random_state : int

    Returns
    -------
    DataFrame
        One row a measure: `name`, `label`, `value`, `low` and `high` (95 % bias-corrected
        bootstrap interval over rows), `range`, `better` (always "lower"), `reference` (DOI, arXiv
        number or address), `meaning`. Of a classification the spread of accuracy, churn (by
        pairs, against the majority), ambiguity, discrepancy, Rashomon capacity, the mean
        deviation of probabilities, the calibration error (mean, worst seed) and the largest α̂
        (1 where no α accepts some seed). Of a regression the spread of R² and the deviation, both
        of the first target, and α̂ of the target that differs most.

    Raises
    ------
    InputError
        For anything but an evaluation, fewer than two seeds, or predictions that are not finite.

    See Also
    --------
    xaigeo.agreement.model_difference : the same by seed.
    """
    check_models(evaluation)
    check_count("n_bootstrap", n_bootstrap, at_least=2)
    rows = _regression(evaluation) if evaluation.task == "regression" else _classes(evaluation)
    n_rows = len(evaluation.labels)
    once = np.ones((1, n_rows))
    rng = np.random.default_rng(random_state)
    step = max(1, WEIGHT_BYTES // (8 * n_rows))
    sizes = [min(step, n_bootstrap - start) for start in range(0, n_bootstrap, step)]
    parts: list[list[np.ndarray]] = [[] for _ in rows]
    for size in sizes:
        weights = resampling_weights(n_rows, size, rng)
        for part, row in zip(parts, rows, strict=True):
            part.append(row.of(weights) if row.of else np.array([]))
    alpha, alpha_draws = _largest_alpha(evaluation, n_bootstrap, random_state)
    table = []
    for row, part in zip(rows, parts, strict=True):
        value = float(row.of(once)[0]) if row.of else alpha
        draws = np.concatenate(part) if row.of else alpha_draws
        low, high = corrected_interval(np.array([value]), draws[:, None])
        table.append(
            {
                "name": row.name,
                "label": row.label,
                "value": value,
                "low": float(low[0]),
                "high": float(high[0]),
                "range": row.range,
                "better": "lower",
                "reference": row.reference,
                "meaning": row.meaning,
            }
        )
    return pd.DataFrame(table)


def _classes(evaluation: Evaluation) -> list[_Row]:
    """Return the measures of a classification."""
    prediction, labels = evaluation.prediction, evaluation.predicted
    n_rows = labels.shape[1]
    reference = majority(prediction)
    differs = (labels != reference).astype(np.float64)
    right = (labels == evaluation.labels).astype(np.float64)
    capacity = 2.0 ** channel_capacity(np.moveaxis(prediction, 0, 1)).bits
    of_majority = prediction[:, np.arange(n_rows), reference]
    gaps = calibration_gaps(prediction, evaluation.labels)

    def errors(weights: np.ndarray) -> np.ndarray:
        """Return the calibration error of each draw and seed."""
        each = [np.abs(weights @ one).sum(axis=1) for one in gaps]
        return np.asarray(np.stack(each, axis=1) / n_rows)

    most = min(len(evaluation.classes), len(labels))
    return [
        _Row(
            name="accuracy_spread",
            label="Best less worst accuracy",
            range="0 to 1",
            reference="arXiv:1909.06677",
            meaning="How much better the best model is than the worst.",
            of=lambda w: np.ptp(w @ right.T, axis=1) / n_rows,
        ),
        _Row(
            name="churn_pairs",
            label="Churn of pairs",
            range="0 to 1",
            reference="https://papers.nips.cc/paper/6053",
            meaning="Share of rows whose answer changes when one model replaces another, mean over "
            "all pairs.",
            of=_mean(churn(labels)),
        ),
        _Row(
            name="churn_ensemble",
            label="Churn against the majority",
            range="0 to 1",
            reference="https://papers.nips.cc/paper/6053",
            meaning="Share of rows on which a model differs from the majority, mean over models.",
            of=_mean(flip_rate(labels, reference)),
        ),
        _Row(
            name="ambiguity",
            label="Ambiguity",
            range="0 to 1",
            reference="arXiv:1909.06677",
            meaning="Share of rows on which some model differs from the majority.",
            of=_mean(differs.max(axis=0)),
        ),
        _Row(
            name="discrepancy",
            label="Discrepancy",
            range="0 to 1",
            reference="arXiv:1909.06677",
            meaning="Largest share of rows on which one model differs from the majority.",
            of=lambda w: (w @ differs.T).max(axis=1) / n_rows,
        ),
        _Row(
            name="rashomon_capacity",
            label="Rashomon capacity",
            range=f"1 to {most}",
            reference="arXiv:2206.01295",
            meaning="How many different answers the stated probabilities amount to, mean over "
            "rows; 1: all models state the same.",
            of=_mean(capacity),
        ),
        _Row(
            name="prediction_deviation",
            label="Deviation of probabilities",
            range="0 to 0.71",
            reference="arXiv:1909.10447",
            meaning="Standard deviation between models of the majority's probability, mean over "
            "rows.",
            of=_mean(of_majority.std(axis=0, ddof=1)),
        ),
        _Row(
            name="ece_mean",
            label="Calibration error, mean",
            range="0 to 1",
            reference="arXiv:1706.04599",
            meaning="How far stated probabilities lie from observed rates (15 bins), mean over "
            "models; few rows make it larger.",
            of=lambda w: errors(w).mean(axis=1),
        ),
        _Row(
            name="ece_worst",
            label="Calibration error, worst seed",
            range="0 to 1",
            reference="arXiv:1706.04599",
            meaning="The same of the model whose probabilities hold least.",
            of=lambda w: errors(w).max(axis=1),
        ),
        _alpha_row(evaluation),
    ]


def _regression(evaluation: Evaluation) -> list[_Row]:
    """Return the measures of a regression, of its first target."""
    values = evaluation.prediction[..., 0]
    truth = evaluation.labels.reshape(len(evaluation.labels), -1)[:, 0]
    squared = (values - truth) ** 2

    def r2(weights: np.ndarray) -> np.ndarray:
        """Return R² of each draw and seed; undefined where all drawn rows have one value."""
        n = weights.sum(axis=1)
        spread = weights @ truth**2 - (weights @ truth) ** 2 / n
        spread = np.where(spread > 1e-12 * (weights @ truth**2), spread, np.nan)
        return np.asarray(1 - weights @ squared.T / spread[:, None])

    return [
        _Row(
            name="r2_spread",
            label="Best less worst R²",
            range="0 upwards",
            reference="arXiv:1909.06677",
            meaning="How much better the best model is than the worst.",
            of=lambda w: np.ptp(r2(w), axis=1),
        ),
        _Row(
            name="prediction_deviation",
            label="Deviation of predictions",
            range="0 upwards, in units of the target",
            reference="arXiv:1909.10447",
            meaning="Standard deviation of the prediction between models, mean over rows.",
            of=_mean(values.std(axis=0, ddof=1)),
        ),
        _alpha_row(evaluation),
    ]


def _alpha_row(evaluation: Evaluation) -> _Row:
    n_outputs = len(difference_scores(evaluation).compared)
    delta = acceptance_distance(len(evaluation.labels), EPSILON / n_outputs)
    return _Row(
        name="alpha_largest",
        label="Largest α̂",
        range="0 to 1",
        reference="arXiv:2406.08307",
        meaning="Share of a model's scores to leave out before it passes for the others, of the "
        f"model that differs most; a difference on up to {delta:.1%} of the rows does not show.",
        of=None,
    )


def _largest_alpha(
    evaluation: Evaluation, n_bootstrap: int, random_state: int
) -> tuple[float, np.ndarray]:
    """Return the largest α̂ of all seeds, each against the others, and its bootstrap draws."""
    scores = difference_scores(evaluation)
    delta = acceptance_distance(len(evaluation.labels), EPSILON / len(scores.compared))
    every = np.arange(len(evaluation.seeds))
    found = alphas(scores, every, every, "pooled", delta)
    drawn = alphas(
        scores, every, every, "pooled", delta, n_bootstrap=n_bootstrap, seed=random_state
    )
    return float(as_size(found.alpha).max()), as_size(drawn.alpha).max(axis=(1, 2))


def _mean(values: np.ndarray) -> Weighted:
    return lambda weights: weights @ values / len(values)
