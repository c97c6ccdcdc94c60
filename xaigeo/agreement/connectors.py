"""Whether the seeds' counterfactuals end near each other and change the same features."""

from __future__ import annotations

from functools import partial

import numpy as np

from xaigeo.agreement.concordance import cosine, resultant_length
from xaigeo.agreement.pairs import mean_defined, over_pairs, pair_places


def displacement(
    start: np.ndarray,
    end: np.ndarray,
    *,
    scale: np.ndarray,
    n_categories: np.ndarray,
) -> np.ndarray:
    """Return δ = x′ − x in comparable units.

    Parameters
    ----------
    start, end : ndarray, shape (..., n_features)
        Encoded rows that broadcast.
    scale : ndarray, shape (n_features,)
        Median absolute deviation of each numeric feature.
    n_categories : ndarray of int, shape (n_features,)
        0 for numeric features.

    Returns
    -------
    ndarray, shape (..., n_coordinates)
        A numeric feature in units of `scale`; a categorical one as the difference of its
        one-hot codes over √2, so that a changed category has length 1 and two different
        new categories do not count as one direction.
    """
    start, end = np.broadcast_arrays(start, end)
    parts: list[np.ndarray] = []
    for j, n in enumerate(n_categories):
        if n == 0:
            parts.append(((end[..., j] - start[..., j]) / scale[j])[..., None])
        else:
            codes = np.arange(n)
            old, new = start[..., j, None] == codes, end[..., j, None] == codes
            parts.append((new.astype(float) - old) / np.sqrt(2.0))
    return np.concatenate(parts, axis=-1)


def scaled_distance(
    a: np.ndarray, b: np.ndarray, *, scale: np.ndarray, n_categories: np.ndarray
) -> np.ndarray:
    """L1 distance of encoded rows, shape (...): numeric features in MADs, a category 0 or 1.

    Arguments as in `displacement` (Wachter, Mittelstadt and Russell 2018, arXiv:1711.00399).
    """
    numeric = n_categories == 0
    far = np.abs(a - b) / np.where(numeric, scale, 1.0)
    return np.asarray(np.where(numeric, far, a != b).sum(axis=-1))


def mean_distance(
    points: np.ndarray, usable: np.ndarray, *, scale: np.ndarray, n_categories: np.ndarray
) -> np.ndarray:
    """Mean `scaled_distance` between the end points of two seeds (dispersion).

    Parameters
    ----------
    points : ndarray, shape (n_seeds, n_instances, n_features)
    usable : ndarray of bool, shape (n_pairs, n_instances)
        Pairs that are comparable, see `comparable_pairs`.

    Returns
    -------
    ndarray, shape (n_instances,)
        0 when all end points coincide; NaN where no pair is comparable.
    """
    far = over_pairs(points, partial(scaled_distance, scale=scale, n_categories=n_categories))
    return mean_defined(np.where(usable, far, np.nan))


def mean_direction_cosine(deltas: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Mean cosine of two seeds' displacements, the unbiased form of R(δ), over usable pairs.

    Parameters
    ----------
    deltas : ndarray, shape (n_seeds, n_instances, n_coordinates)
    usable : ndarray of bool, shape (n_pairs, n_instances)
    """
    return mean_defined(np.where(usable, over_pairs(deltas, cosine), np.nan))


def direction_length(deltas: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Length of the mean direction of the displacements, R(δ) = ‖mean δ/‖δ‖‖.

    Parameters
    ----------
    deltas : ndarray, shape (n_seeds, n_instances, n_coordinates)
    usable : ndarray of bool, shape (n_seeds, n_instances)
        Seeds that count: those that found a counterfactual, and want the same answer.

    Returns
    -------
    ndarray, shape (n_instances,)
        1 when all seeds ask for changes in one direction; NaN where fewer than two count. It
        does not reach 0 for few seeds: `mean_direction_cosine` is the form without that bias.
    """
    return resultant_length(np.where(usable[..., None], deltas, 0.0))


def shared_changes(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Features changed by both over features changed by either, shape (...).

    Parameters
    ----------
    a, b : ndarray of bool, shape (..., n_features)
    """
    either = (a | b).sum(axis=-1)
    return np.where(either > 0, (a & b).sum(axis=-1) / np.maximum(either, 1), np.nan)


def mean_shared_changes(changed: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Mean `shared_changes` over usable pairs of seeds, shape (n_instances,)."""
    return mean_defined(np.where(usable, over_pairs(changed, shared_changes), np.nan))


def comparable_pairs(valid: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return which pairs of seeds found a counterfactual and wanted the same class.

    Parameters
    ----------
    valid : ndarray of bool, shape (n_seeds, n_instances)
    target : ndarray of int, shape (n_seeds, n_instances)

    Returns
    -------
    ndarray of bool, shape (n_pairs, n_instances)
    """
    first, second = pair_places(len(valid))
    return np.asarray(valid[first] & valid[second] & (target[first] == target[second]))
