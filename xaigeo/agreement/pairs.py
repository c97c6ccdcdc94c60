"""Every pair of seeds, once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

PairScore = Callable[[np.ndarray, np.ndarray], np.ndarray]


def over_pairs(values: np.ndarray, score: PairScore) -> np.ndarray:
    """Return a pairwise score for every two seeds.

    Parameters
    ----------
    values : ndarray, shape (n_seeds, ...)
    score : callable
        Takes two arrays that broadcast and scores along their last axes.

    Returns
    -------
    ndarray, shape (n_pairs, ...)
        Pairs in the order (0, 1), (0, 2), ..., (1, 2), ...
    """
    # One seed against all later ones: vectorised, with memory linear in the number of seeds.
    return np.concatenate(
        [score(values[s], values[s + 1 :]) for s in range(len(values) - 1)], axis=0
    )


def pair_places(n_seeds: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of the first and second seed of every pair, each shape (n_pairs,)."""
    first, second = np.triu_indices(n_seeds, 1)
    return first, second


def mean_defined(values: np.ndarray, axis: int | tuple[int, ...] = 0) -> np.ndarray:
    """Return the mean of the defined (not NaN) values; NaN where none is defined."""
    defined = ~np.isnan(values)
    count = defined.sum(axis=axis)
    total = np.where(defined, values, 0.0).sum(axis=axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
