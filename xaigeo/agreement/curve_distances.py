"""Kolmogorov-Smirnov distances between the scores of every two models."""

from __future__ import annotations

import numpy as np


def curve_distances(scores: np.ndarray) -> np.ndarray:
    """Return the distance of every two distribution functions, shape (n_models, n_models).

    Parameters
    ----------
    scores : ndarray, shape (n_models, n_rows)

    Returns
    -------
    ndarray, shape (n_models, n_models)
        sup|F_a − F_b|, from 0 to 1; symmetric, 0 on the diagonal.
    """
    rising = np.sort(scores, axis=1)
    n_rows = scores.shape[1]
    found = np.zeros((len(scores), len(scores)))
    # The largest difference lies at a jump: above it at a point of one, below at one of the other.
    for one, points in enumerate(rising):
        own = np.searchsorted(points, points, "right")
        above = [own - np.searchsorted(other, points, "right") for other in rising]
        found[one] = np.max(above, axis=1) / n_rows
    return np.asarray(np.maximum(np.maximum(found, found.T), 0.0))
