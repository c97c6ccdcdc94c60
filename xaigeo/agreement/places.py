"""Which places of a ranking each feature holds, when attributions may tie."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata


def rank_span(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and last rank that each feature may hold, ranked by size.

    Rank 1 is the largest absolute value; tied features share a span of ranks.

    Parameters
    ----------
    values : ndarray, shape (..., n_features)

    Returns
    -------
    first, last : ndarray of int, shape (..., n_features)
    """
    size = -np.abs(values)
    first = rankdata(size, method="min", axis=-1).astype(np.int64)
    last = rankdata(size, method="max", axis=-1).astype(np.int64)
    return first, last


def membership(values: np.ndarray, k: int) -> np.ndarray:
    """Return how far each feature belongs to the `k` largest, shape (..., n_features).

    1 inside, 0 outside; features that tie for the last places share them evenly, so the
    memberships always sum to `k` and the order of the columns does not matter.

    Examples
    --------
    >>> membership(np.array([3.0, -1.0, 1.0, 0.5]), k=2).tolist()
    [1.0, 0.5, 0.5, 0.0]
    """
    first, last = rank_span(values)
    return np.asarray(np.clip((k - first + 1) / (last - first + 1), 0.0, 1.0))


def rank_places(values: np.ndarray, k: int) -> np.ndarray:
    """Return how far each feature holds each of the ranks 1..k, shape (..., n_features, k)."""
    first, last = (span[..., None] for span in rank_span(values))
    rank = np.arange(1, k + 1)
    return np.where((first <= rank) & (rank <= last), 1.0 / (last - first + 1), 0.0)


def by_sign(places: np.ndarray, signs: np.ndarray) -> np.ndarray:
    """Split places by sign along a new last axis; a zero has no sign and holds none."""
    return places[..., None] * np.stack([signs > 0, signs < 0], axis=-1)


def overlap(a: np.ndarray, b: np.ndarray, n_axes: int) -> np.ndarray:
    """Return the common part of two sets of places, summed over the last `n_axes` axes."""
    return np.asarray(np.minimum(a, b).sum(axis=tuple(range(-n_axes, 0))))


def mean_overlap(places: np.ndarray, n_axes: int) -> np.ndarray:
    """Return the mean of `overlap` over all pairs of seeds (axis 0).

    Of sorted values x₁ ≤ ... ≤ x_K, x_i is the smaller one in K − i pairs, so one sort along
    the seeds gives the sum over all pairs.
    """
    n_seeds = len(places)
    weight = np.arange(n_seeds - 1, -1, -1) / (n_seeds * (n_seeds - 1) / 2)
    total = np.tensordot(weight, np.sort(places, axis=0), axes=(0, 0))
    return np.asarray(total.sum(axis=tuple(range(-n_axes, 0))))
