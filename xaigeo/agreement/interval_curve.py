"""The interval of a score over the choice of seeds, and the number at which it is narrow."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import chi2
from scipy.stats import t as t_distribution

from xaigeo.agreement.score import Score
from xaigeo.agreement.seed_variance import SeedVariance
from xaigeo.agreement.subset_moments import FEWEST, SubsetMoments, half_of


def interval_curve(
    score: Score,
    n: np.ndarray,
    n_trained: int,
    level: float,
    value: float,
    moments: SubsetMoments,
) -> pd.DataFrame:
    """Return one score with its interval over the choice of seeds, a row a number of seeds.

    Parameters
    ----------
    score : Score
    n : ndarray of int, shape (n_rows,)
        Numbers of seeds, 2 or more.
    n_trained : int
    level : float
    value : float
        What all trained seeds score.
    moments : SubsetMoments

    Returns
    -------
    DataFrame
        As `SeedsNeeded.curve`. Of too few seeds only `value` at `n_trained` is known; of seeds
        that do not differ at all, all values and no interval.
    """
    se = np.sqrt(SeedVariance.fitted(n_trained, moments.variances).at(n))
    # That no trained seed differs does not show that none would.
    se = np.full(len(n), np.nan) if moments.alike else se
    half = t_distribution.ppf((1 + level) / 2, n - 1) * se
    expected = np.clip(_expected(n, n_trained, value, moments.means), score.low, score.high)
    return pd.DataFrame(
        {
            "score": score.name,
            "label": score.label,
            "n_seeds": n,
            "value": expected,
            "seed_se": se,
            "seed_half_width": half,
            "low": np.maximum(expected - half, score.low),
            "high": np.minimum(expected + half, score.high),
            "trained": n <= n_trained,
        }
    )


def least_seeds(
    curve: pd.DataFrame, n_trained: int, width: float, level: float, *, alike: bool = False
) -> dict[str, object]:
    """Return the least number of seeds whose interval is narrow enough.

    Parameters
    ----------
    curve : DataFrame
        From `interval_curve`.
    n_trained : int
    width : float
        From end to end of the interval.
    level : float
        Of the interval in which that number lies.
    alike : bool
        Whether no two subsets of the seeds score differently.

    Returns
    -------
    dict
        `n_seeds`, `n_seeds_low`, `n_seeds_high` and `status`, as in `SeedsNeeded.scores`.
    """
    full = 2 * curve["seed_half_width"].to_numpy()
    n = curve["n_seeds"].to_numpy()
    at_trained = curve.loc[curve["n_seeds"] == n_trained, "value"]
    if not np.isfinite(full).any():
        status = "no spread" if alike else "cannot tell"
        status = status if at_trained.notna().any() else "undefined"
        unknown = dict.fromkeys(("n_seeds", "n_seeds_low", "n_seeds_high"), float("nan"))
        return {**unknown, "status": status}
    # The true standard error lies between these multiples of the estimated one.
    df = n_trained - 1
    least, most = np.sqrt(df / chi2.ppf([(1 + level) / 2, (1 - level) / 2], df))
    needed = _first(n, full <= width)
    status = "not reached"
    if np.isfinite(needed):
        status = "trained" if needed <= n_trained else "extrapolated"
    return {
        "n_seeds": needed,
        "n_seeds_low": _first(n, least * full <= width),
        "n_seeds_high": _first(n, most * full <= width),
        "status": status,
    }


def _expected(n: np.ndarray, n_trained: int, value: float, means: dict[int, float]) -> np.ndarray:
    """Return what n seeds are expected to score: straight lines in 1/n between what is known."""
    if not means:
        return np.where(n == n_trained, value, np.nan)
    known = {size: mean for size, mean in means.items() if np.isfinite(mean)} | {n_trained: value}
    sizes = np.array(sorted(known, reverse=True), dtype=float)
    scored = np.array([known[int(size)] for size in sizes])
    within = np.interp(1 / n, 1 / sizes, scored)
    half = half_of(n_trained)
    slope = (known.get(half, value) - value) / (1 / half - 1 / n_trained)
    return np.where(n > n_trained, value + slope * (1 / n - 1 / n_trained), within)


def _first(n: np.ndarray, enough: np.ndarray) -> float:
    enough = enough & (n >= FEWEST)
    return float(n[enough.argmax()]) if enough.any() else float("nan")
