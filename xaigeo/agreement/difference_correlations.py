"""Whether α̂ goes with the other measures of a model's difference, over the seeds."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from xaigeo.agreement.model_difference import ModelDifference
from xaigeo.errors import InputError
from xaigeo.options import check_count, check_option

OrderedBy = Literal["alpha_hat", "alpha_mean", "distance"]
MEASURES = {
    "classification": ("churn_ensemble", "ece", "accuracy", "log_loss"),
    "regression": ("r2", "rmse"),
}
# Of fewer models every order is likely by chance, and none says anything.
LEAST_MODELS = 5


class RankCorrelation(NamedTuple):
    """Spearman's ρ with its 95 % bootstrap interval; NaN where it is not defined."""

    rho: float
    low: float
    high: float


def difference_correlations(
    difference: ModelDifference,
    *,
    by: OrderedBy = "alpha_hat",
    n_bootstrap: int = 2000,
    random_state: int = 0,
) -> pd.DataFrame:
    """Return how the models' order by α̂ goes with their order by other measures.

    Parameters
    ----------
    difference : ModelDifference
    by : {"alpha_hat", "alpha_mean", "distance"}
        α̂ (1 where no α accepts), its bootstrap mean, which has fewer ties at 0, or the plain
        distance d_0.
    n_bootstrap : int
        Draws of models behind the intervals; 0 for none (NaN).
    random_state : int

    Returns
    -------
    DataFrame
        One row a measure (churn against the majority, calibration error, accuracy and log loss; of
        a regression R² and RMSE): `measure`, `rho`, `low`, `high` (95 % percentile bootstrap over
        models), `n_models`. NaN for fewer than five models, and where all are equal in one of the
        two.

    Raises
    ------
    InputError
        For anything but a model difference, or an order that is not offered.
    """
    if not isinstance(difference, ModelDifference):
        raise InputError(
            expected="the difference of models",
            arrived=type(difference).__name__,
            do="Pass the answer of xaigeo.agreement.model_difference(evaluation).",
        )
    check_option("by", by, OrderedBy)
    check_count("n_bootstrap", n_bootstrap, at_least=0)
    check_count("random_state", random_state, at_least=0)
    table = difference.table
    order = difference.sizes if by == "alpha_hat" else table[by].to_numpy()
    rows = []
    for measure in MEASURES[difference.task]:
        rng = np.random.default_rng(random_state)
        found = rank_correlation(order, table[measure].to_numpy(), n_bootstrap, rng)
        rows.append({"measure": measure} | found._asdict() | {"n_models": len(table)})
    return pd.DataFrame(rows)


def rank_correlation(
    a: np.ndarray, b: np.ndarray, n_bootstrap: int, rng: np.random.Generator
) -> RankCorrelation:
    """Return Spearman's ρ of two columns, average ranks for ties, with interval.

    Parameters
    ----------
    a, b : ndarray, shape (n,)
    n_bootstrap : int
        Draws of pairs; without any there is no interval (NaN). In a draw in which a column is
        constant nothing goes with anything: it counts as ρ = 0, so that a single model that stands
        out does not make an interval without 0.
    """
    undefined = float("nan")
    if len(a) < LEAST_MODELS or np.ptp(a) == 0 or np.ptp(b) == 0:
        return RankCorrelation(undefined, undefined, undefined)
    rho = float(_spearman(a[None], b[None])[0])
    if not n_bootstrap:
        return RankCorrelation(rho, undefined, undefined)
    drawn = rng.integers(0, len(a), (n_bootstrap, len(a)))
    draws = np.nan_to_num(_spearman(a[drawn], b[drawn]))
    low, high = np.quantile(draws, [0.025, 0.975])
    return RankCorrelation(rho, float(low), float(high))


def _spearman(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return ρ of each row of two arrays, shape (n_draws, n); NaN where one is constant."""
    ranks = [rankdata(one, axis=1) for one in (a, b)]
    x, y = (one - one.mean(axis=1, keepdims=True) for one in ranks)
    size = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    return np.where(size > 0, (x * y).sum(axis=1) / np.where(size > 0, size, 1.0), np.nan)
