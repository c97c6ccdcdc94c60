"""Intervals by resampling instances."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

Statistic = Callable[[np.ndarray], np.ndarray]

# Bytes of the weights that are held at a time.
WEIGHT_BYTES = 64 * 2**20


def resampling_weights(n: int, n_bootstrap: int, rng: np.random.Generator) -> np.ndarray:
    """Return how often each of n instances is drawn, shape (n_bootstrap, n)."""
    return rng.multinomial(n, np.full(n, 1.0 / n), size=n_bootstrap).astype(np.float64)


def percentile_interval(
    n: int,
    statistic: Statistic,
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
        Takes weights, shape (n_draws, n), and returns one value a draw. It is given some of
        the draws at a time. Draws on which it is undefined are left out.

    Returns
    -------
    low, high : float
        NaN for fewer than two instances, from which no spread can be told.
    """
    return percentile_intervals(n, [statistic], n_bootstrap=n_bootstrap, rng=rng, level=level)[0]


def percentile_intervals(
    n: int,
    statistics: Sequence[Statistic],
    *,
    n_bootstrap: int,
    rng: np.random.Generator,
    level: float = 0.95,
) -> list[tuple[float, float]]:
    """Return the intervals of several statistics of the same n instances, on the same draws."""
    if n < 2 or n_bootstrap < 1:
        return [(float("nan"), float("nan"))] * len(statistics)
    drawn: list[list[np.ndarray]] = [[] for _ in statistics]
    for weights in _weights_in_turn(n, n_bootstrap, rng):
        for values, statistic in zip(drawn, statistics, strict=True):
            values.append(statistic(weights))
    return [_interval(np.concatenate(values), level) for values in drawn]


def mean_interval(
    values: np.ndarray, *, n_bootstrap: int, rng: np.random.Generator, level: float = 0.95
) -> tuple[float, float]:
    """Return the bootstrap interval of a mean; undefined (NaN) values are left out."""
    defined = values[np.isfinite(values)]
    return percentile_interval(
        len(defined), mean_of(defined), n_bootstrap=n_bootstrap, rng=rng, level=level
    )


def mean_of(values: np.ndarray) -> Statistic:
    """Return the mean of values as a statistic of weights."""
    return lambda weights: weights @ values / len(values)


def _weights_in_turn(n: int, n_bootstrap: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    # Draws follow each other in the stream, so cutting them changes nothing.
    step = max(1, WEIGHT_BYTES // (8 * n))
    for start in range(0, n_bootstrap, step):
        yield resampling_weights(n, min(step, n_bootstrap - start), rng)


def _interval(values: np.ndarray, level: float) -> tuple[float, float]:
    values = values[np.isfinite(values)]
    if not len(values):
        return float("nan"), float("nan")
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
