"""The columns of a table of model differences: α̂ with interval, churn, calibration, outliers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xaigeo.agreement.calibration import calibration_error
from xaigeo.agreement.corrected_interval import corrected_interval
from xaigeo.agreement.curve_distances import curve_distances
from xaigeo.agreement.difference_scores import DifferenceScores
from xaigeo.agreement.outlying import beyond, outlying
from xaigeo.agreement.pooled_alpha import PooledAlpha, pooled_alpha, resampled_alpha
from xaigeo.agreement.predictions import churn_matrix
from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.explanations.majority import majority

LEVEL = 0.95
OUTLIER_LEVEL = 0.05


def alphas(
    scores: DifferenceScores,
    candidates: np.ndarray,
    pool: np.ndarray,
    against: str,
    delta: float,
    *,
    n_bootstrap: int = 0,
    seed: int = 0,
) -> PooledAlpha:
    """Return α̂ and distance, shape (n_draws, n_candidates, n_compared); one draw: all rows."""

    def measured(own: np.ndarray, others: np.ndarray, members: np.ndarray) -> PooledAlpha:
        if not n_bootstrap:
            return pooled_alpha(own, others, members, delta)
        # Each call sees the same draws of rows.
        rng = np.random.default_rng(seed)
        return resampled_alpha(own, others, members, delta, n_bootstrap=n_bootstrap, rng=rng)

    if against == "pooled":
        members = np.isin(candidates, pool)
        parts = [measured(values[candidates], values[pool], members) for values in scores.values]
    else:
        parts = []
        means = [scores.of_mean(pool[pool != candidate]) for candidate in candidates]
        for place, values in enumerate(scores.values):
            each = [
                measured(values[[candidate]], mean[[place]], np.array([False]))
                for candidate, mean in zip(candidates, means, strict=True)
            ]
            parts.append(PooledAlpha(*(np.hstack(one) for one in zip(*each, strict=True))))
    return PooledAlpha(*(np.stack(one, axis=-1) for one in zip(*parts, strict=True)))


def typical_distance(scores: DifferenceScores, own: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the median distance of some models to others, of the outputs the largest."""
    values = np.stack([curve_distances(one) for one in scores.values])
    apart = values.max(axis=0)[np.ix_(own, others)]
    apart[own[:, None] == others] = np.nan
    return np.asarray(np.nanmedian(apart, axis=1))


def odd_ones(
    scores: DifferenceScores, candidates: np.ndarray, pool: np.ndarray, typical: pd.Series
) -> np.ndarray:
    """Return which candidates lie further off than their like, shape (n_candidates,) of bool."""
    # One row is the least that a distance can be told from none.
    least = 1 / scores.raw.shape[1]
    sizes = np.log(np.maximum(typical.to_numpy(), least))
    if np.isin(candidates, pool).any():
        return outlying(sizes, level=OUTLIER_LEVEL)
    of_reference = np.log(np.maximum(typical_distance(scores, pool, pool), least))
    return beyond(sizes, of_reference, level=OUTLIER_LEVEL)


def alpha_columns(
    found: PooledAlpha, drawn: PooledAlpha, compared: tuple[str, ...]
) -> pd.DataFrame:
    """Return the largest α̂ over outputs with its interval, and which output it is of."""
    alpha, distance = found.alpha[0], found.distance[0]
    worst = np.array(
        [np.lexsort((-d, -as_size(a)))[0] for a, d in zip(alpha, distance, strict=True)]
    )
    places = np.arange(len(worst))
    sizes = as_size(drawn.alpha).max(axis=-1)
    low, high = corrected_interval(as_size(alpha).max(axis=-1), sizes)
    return pd.DataFrame(
        {
            "alpha_hat": alpha[places, worst],
            "accepts": np.isfinite(alpha[places, worst]),
            "alpha_mean": sizes.mean(axis=0),
            "alpha_low": low,
            "alpha_high": high,
            "distance": distance[places, worst],
            "output": [compared[place] for place in worst],
        }
    )


def as_size(alpha: np.ndarray) -> np.ndarray:
    """Return α̂ as numbers that can be ordered: 1 where no α accepts."""
    return np.asarray(np.where(np.isnan(alpha), 1.0, alpha))


def performance(evaluation: Evaluation, candidates: np.ndarray, pool: np.ndarray) -> pd.DataFrame:
    """Return churn, calibration and scores of the candidates."""
    scores = evaluation.scores.iloc[candidates].reset_index(drop=True)
    if evaluation.task == "regression":
        return scores[["r2", "rmse"]]
    labels = evaluation.predicted
    pairs = churn_matrix(labels)[np.ix_(candidates, pool)]
    # A seed that stands in the pool does not differ from itself.
    n_others = len(pool) - np.isin(candidates, pool)
    most = majority(evaluation.prediction[pool])
    return pd.DataFrame(
        {
            "churn_pairs": pairs.sum(axis=1) / n_others,
            "churn_ensemble": (labels[candidates] != most).mean(axis=1),
            "accuracy": scores["accuracy"],
            "ece": calibration_error(evaluation.prediction[candidates], evaluation.labels),
            "log_loss": scores["log_loss"],
        }
    )
