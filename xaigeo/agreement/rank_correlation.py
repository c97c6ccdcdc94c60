"""Whether two attributions order all features alike.

Both scores rank by absolute value and treat ties by their definition: average ranks, and a
tie that agrees only with a tie.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from xaigeo.agreement.pairs import mean_defined, over_pairs


def spearman(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Spearman's rank correlation of absolute attributions, average ranks for ties.

    Parameters
    ----------
    a, b : ndarray, shape (..., n_features)

    Returns
    -------
    ndarray, shape (...)
        From -1 to 1, 0 for unrelated attributions; NaN where one of them is all ties.
    """
    return _cosine(_standard_ranks(a), _standard_ranks(b))


def pairwise_rank_agreement(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Share of pairs of features that two attributions put in the same order.

    Parameters
    ----------
    a, b : ndarray, shape (..., n_features)

    Returns
    -------
    ndarray, shape (...)
        From 0 to 1, 0.5 by chance without ties; NaN for a single feature.
    """
    same = _orders(a) == _orders(b)
    return mean_defined(np.where(same, 1.0, 0.0), axis=-1)


def mean_spearman(values: np.ndarray) -> np.ndarray:
    """Mean `spearman` of all pairs of seeds, where defined.

    Parameters
    ----------
    values : ndarray, shape (n_seeds, ..., n_features)

    Returns
    -------
    ndarray, shape (...)
    """
    return mean_defined(over_pairs(_standard_ranks(values), _cosine))


def mean_pairwise_rank_agreement(values: np.ndarray) -> np.ndarray:
    """Mean `pairwise_rank_agreement` of all pairs of seeds; shapes as in `mean_spearman`."""
    n_seeds = len(values)
    orders = _orders(values)
    # Of n seeds with one order, n(n − 1)/2 pairs agree: counting replaces the pairs.
    counts = np.stack([(orders == order).sum(axis=0) for order in (-1, 0, 1)])
    same = (counts * (counts - 1)).sum(axis=0) / (n_seeds * (n_seeds - 1))
    return mean_defined(same, axis=-1)


def _standard_ranks(values: np.ndarray) -> np.ndarray:
    """Return centred ranks of unit length, shape (..., n_features); NaN when all tie."""
    ranks = rankdata(np.abs(values), axis=-1)
    centred = ranks - ranks.mean(axis=-1, keepdims=True)
    length = np.linalg.norm(centred, axis=-1, keepdims=True)
    return np.where(length > 0, centred / np.where(length > 0, length, 1.0), np.nan)


def _cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.asarray((a * b).sum(axis=-1))


def _orders(values: np.ndarray) -> np.ndarray:
    """Return -1, 0 or 1 for every pair of features, shape (..., n_feature_pairs)."""
    first, second = np.triu_indices(values.shape[-1], 1)
    size = np.abs(values)
    return np.asarray(np.sign(size[..., first] - size[..., second]), dtype=np.int8)
