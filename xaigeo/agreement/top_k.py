"""Agreement of the k largest attributions: features, ranks, signs.

The four scores of Krishna et al. (2022, arXiv:2202.01602), ranked by absolute value. Ties at
the last place are shared (see `xaigeo.agreement.places`), so that no score depends on the
order of the columns; without ties the scores are the published ones.
"""

from __future__ import annotations

import numpy as np

from xaigeo.agreement.places import by_sign, mean_overlap, membership, overlap, rank_places
from xaigeo.errors import InputError


def feature_agreement(a: np.ndarray, b: np.ndarray, k: int) -> np.ndarray:
    """Share of the top k features that two attributions have in common.

    Parameters
    ----------
    a, b : ndarray, shape (..., n_features)
        Broadcast against each other.
    k : int

    Returns
    -------
    ndarray, shape (...)
        From 0 to 1; k / n_features for unrelated attributions.

    Examples
    --------
    >>> round(float(feature_agreement(np.array([4, 5, 6, 1, 0]), np.array([4, 0, 1, 2, 3]), 3)), 3)
    0.333
    """
    check_k(k, a.shape[-1])
    return overlap(membership(a, k), membership(b, k), 1) / k


def rank_agreement(a: np.ndarray, b: np.ndarray, k: int) -> np.ndarray:
    """Share of the top k ranks that hold the same feature; 1 / n_features by chance.

    Shapes as in `feature_agreement`.
    """
    check_k(k, a.shape[-1])
    return overlap(rank_places(a, k), rank_places(b, k), 2) / k


def sign_agreement(a: np.ndarray, b: np.ndarray, k: int) -> np.ndarray:
    """Share of the top k features in common that also have the same sign.

    A zero has no sign and never agrees. Shapes as in `feature_agreement`.
    """
    check_k(k, a.shape[-1])
    return overlap(by_sign(membership(a, k), a), by_sign(membership(b, k), b), 2) / k


def signed_rank_agreement(a: np.ndarray, b: np.ndarray, k: int) -> np.ndarray:
    """Share of the top k ranks that hold the same feature with the same sign.

    Shapes as in `feature_agreement`.
    """
    check_k(k, a.shape[-1])
    return overlap(_signed_ranks(a, k), _signed_ranks(b, k), 3) / k


def mean_feature_agreement(values: np.ndarray, k: int) -> np.ndarray:
    """Mean `feature_agreement` of all pairs of seeds.

    Parameters
    ----------
    values : ndarray, shape (n_seeds, ..., n_features)
    k : int

    Returns
    -------
    ndarray, shape (...)
    """
    check_k(k, values.shape[-1])
    return mean_overlap(membership(values, k), 1) / k


def mean_rank_agreement(values: np.ndarray, k: int) -> np.ndarray:
    """Mean `rank_agreement` of all pairs of seeds; shapes as in `mean_feature_agreement`."""
    check_k(k, values.shape[-1])
    return mean_overlap(rank_places(values, k), 2) / k


def mean_sign_agreement(values: np.ndarray, k: int) -> np.ndarray:
    """Mean `sign_agreement` of all pairs of seeds; shapes as in `mean_feature_agreement`."""
    check_k(k, values.shape[-1])
    return mean_overlap(by_sign(membership(values, k), values), 2) / k


def mean_signed_rank_agreement(values: np.ndarray, k: int) -> np.ndarray:
    """Mean `signed_rank_agreement` of all pairs; shapes as in `mean_feature_agreement`."""
    check_k(k, values.shape[-1])
    return mean_overlap(_signed_ranks(values, k), 3) / k


def default_k(n_features: int) -> int:
    """Return 3, or all features but one where fewer: the top p of p agree by construction."""
    return min(3, max(1, n_features - 1))


def check_k(k: int, n_features: int) -> None:
    """Raise unless `k` is a whole number from 1 to the number of features."""
    whole = isinstance(k, int | np.integer) and not isinstance(k, bool)
    if not whole or not 1 <= k <= n_features:
        raise InputError(
            expected=f"k to be a whole number from 1 to {n_features}, the number of features",
            arrived=repr(k),
            do=f"Leave k out for the default, {default_k(n_features)}.",
        )


def _signed_ranks(values: np.ndarray, k: int) -> np.ndarray:
    return by_sign(rank_places(values, k), values[..., None])
