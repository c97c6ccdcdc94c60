"""Intervals by resampling instances."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def resampling_weights(n: int, n_bootstrap: int, rng: np.random.Generator) -> np.ndarray:
    """Return how often each of n instances is drawn, shape (n_bootstrap, n)."""
    return rng.multinomial(n, np.full(n, 1.0 / n), size=n_bootstrap).astype(np.float64)


def percentile_interval(
    n: int,
    statistic: Callable[[np.ndarray], np.ndarray],
    *,
    n_bootstrap: int,
    rng: np.random.Generator,
    level: float = 0.95,
) -> tuple[float, float]:
    """Return the percentile bootstrap interval of a statistic of n instances.

    Parameters
    ----------
    n : int
        Number of instances.
    statistic : callable
        Takes weights, shape (n_bootstrap, n), and returns one value a draw. Draws on which
        it is undefined are left out.

    Returns
    -------
    low, high : float
        NaN for fewer than two instances, from which no spread can be told.
    """
    if n < 2 or n_bootstrap < 1:
        return float("nan"), float("nan")
    values = statistic(resampling_weights(n, n_bootstrap, rng))
    values = values[np.isfinite(values)]
    if not len(values):
        return float("nan"), float("nan")
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def mean_interval(
    values: np.ndarray, *, n_bootstrap: int, rng: np.random.Generator, level: float = 0.95
) -> tuple[float, float]:
    """Return the bootstrap interval of a mean; undefined (NaN) values are left out."""
    defined = values[np.isfinite(values)]
    return percentile_interval(
        len(defined),
        lambda weights: weights @ defined / len(defined),
        n_bootstrap=n_bootstrap,
        rng=rng,
        level=level,
    )
