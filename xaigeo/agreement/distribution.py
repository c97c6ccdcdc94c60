"""Attributions or attention read as a distribution over features.

After Jain and Madhyastha (2019): the Jaccard distance of the top features and the relative
entropy of normalised weights.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import rel_entr
from scipy.stats import hypergeom

from xaigeo.agreement.blocks import by_blocks
from xaigeo.agreement.places import Spans, membership, rank_span, shared_members


def n_top(share: float, n_features: int) -> int:
    """Return ⌈share · n_features⌉, at least 1."""
    # Rounding first keeps 0.07 * 100 = 7.000000000000001 from becoming 8.
    return max(1, math.ceil(round(share * n_features, 9)))


def jaccard_distance(a: np.ndarray, b: np.ndarray, share: float = 0.2) -> np.ndarray:
    """One minus intersection over union of two top sets of ⌈share · n_features⌉ features.

    Parameters
    ----------
    a, b : ndarray, shape (..., n_features)
    share : float

    Returns
    -------
    ndarray, shape (...)
        0 for the same set, 1 for disjoint sets.
    """
    n = n_top(share, a.shape[-1])
    return _jaccard(membership(a, n), membership(b, n))


def relative_entropy(
    a: np.ndarray, b: np.ndarray, *, symmetric: bool = False, smoothing: float = 1e-6
) -> np.ndarray:
    """Relative entropy H = Σ p log(p / q) of normalised absolute attributions, in nats.

    Parameters
    ----------
    a, b : ndarray, shape (..., n_features)
    symmetric : bool
        Average both directions.
    smoothing : float
        Added to every share before normalising again, so that zeros stay finite.

    Returns
    -------
    ndarray, shape (...)
        0 for equal shares, no upper end.

    Examples
    --------
    >>> round(float(relative_entropy(np.array([0.5, 0.5]), np.array([0.9, 0.1]))), 4)
    0.5108
    """
    p, q = shares(a, smoothing), shares(b, smoothing)
    forward = rel_entr(p, q).sum(axis=-1)
    return np.asarray((forward + rel_entr(q, p).sum(axis=-1)) / 2 if symmetric else forward)


def shares(values: np.ndarray, smoothing: float = 1e-6) -> np.ndarray:
    """Return absolute values as smoothed shares that sum to 1; even shares when all are zero."""
    size = np.abs(values)
    total = size.sum(axis=-1, keepdims=True)
    even = 1.0 / size.shape[-1]
    share = np.where(total > 0, size / np.where(total > 0, total, 1.0), even) + smoothing
    return np.asarray(share / share.sum(axis=-1, keepdims=True))


def mean_jaccard_distance(
    values: np.ndarray, share: float = 0.2, spans: Spans | None = None
) -> np.ndarray:
    """Mean `jaccard_distance` of all pairs of seeds.

    Parameters
    ----------
    values : ndarray, shape (n_seeds, ..., n_features)
    share : float
    spans : pair of ndarray, optional
        Those of `xaigeo.agreement.places.rank_span`, where they are known already.

    Returns
    -------
    ndarray, shape (...)
    """
    n_seeds = len(values)
    first, last = rank_span(values) if spans is None else spans

    def mean(values: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
        # A seed's distance from itself is 0.
        every = jaccard_distance_matrix(values, share, (first, last))
        return np.asarray(every.sum(axis=(1, 2)) / (n_seeds * (n_seeds - 1)))

    copies = 6.0 + 3.0 * n_seeds / values.shape[-1]
    return by_blocks(mean, values, first, last, copies=copies)


def jaccard_distance_matrix(
    values: np.ndarray, share: float = 0.2, spans: Spans | None = None
) -> np.ndarray:
    """`jaccard_distance` of every two seeds at every instance.

    Parameters
    ----------
    values : ndarray, shape (n_seeds, n_instances, n_features)
    share : float
    spans : pair of ndarray, optional
        Those of `xaigeo.agreement.places.rank_span`, where they are known already.

    Returns
    -------
    ndarray, shape (n_instances, n_seeds, n_seeds)
    """
    n = n_top(share, values.shape[-1])
    shared = shared_members(values, n, spans or rank_span(values), signed=False)
    # Two sets of size n make a union of 2n less what they share.
    return np.maximum(1.0 - shared / (2.0 * n - shared), 0.0)


def random_jaccard_distance(n_features: int, share: float = 0.2) -> float:
    """Return the mean `jaccard_distance` of two random sets of ⌈share · n_features⌉ features.

    The number they share is hypergeometric; of features without ties, the null value.

    Examples
    --------
    >>> round(random_jaccard_distance(10, share=0.2), 4)
    0.8593
    """
    n = n_top(share, n_features)
    shared = np.arange(n + 1)
    chance = hypergeom.pmf(shared, n_features, n, n)
    return float(chance @ (1.0 - shared / (2 * n - shared)))


def relative_entropy_matrix(
    values: np.ndarray, *, symmetric: bool = False, smoothing: float = 1e-6
) -> np.ndarray:
    """`relative_entropy` of every two seeds, row p and column q; shapes as above."""
    p = np.ascontiguousarray(np.moveaxis(shares(values, smoothing), 1, 0))
    logs = np.log(p)
    own = (p * logs).sum(axis=-1)
    # Rounding may leave a tiny negative number where two seeds are equal.
    forward = np.maximum(own[:, :, None] - p @ logs.swapaxes(-1, -2), 0.0)
    itself = np.arange(p.shape[1])
    forward[:, itself, itself] = 0.0
    return np.asarray((forward + forward.swapaxes(-1, -2)) / 2 if symmetric else forward)


def mean_relative_entropy(values: np.ndarray, smoothing: float = 1e-6) -> np.ndarray:
    """Mean `relative_entropy` of all ordered pairs of seeds; shapes as above.

    Σ_{a≠b} Σ p_a log(p_a / p_b) = K Σ_a p_a log p_a − (Σ_a p_a)(Σ_b log p_b), feature by feature.
    """
    n_seeds = len(values)
    p = shares(values, smoothing)
    logs = np.log(p)
    total = n_seeds * (p * logs).sum(axis=0) - p.sum(axis=0) * logs.sum(axis=0)
    # Rounding may leave a tiny negative number where all seeds are equal.
    return np.asarray(np.maximum(total.sum(axis=-1) / (n_seeds * (n_seeds - 1)), 0.0))


def _jaccard(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.asarray(1.0 - np.minimum(a, b).sum(axis=-1) / np.maximum(a, b).sum(axis=-1))
