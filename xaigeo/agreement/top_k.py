"""Agreement of the k largest attributions: features, ranks, signs.

The four scores of Krishna et al. (2022, arXiv:2202.01602), ranked by absolute value. Ties at
the last place are shared (see `xaigeo.agreement.places`), so that no score depends on the
order of the columns; without ties the scores are the published ones.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from xaigeo.agreement.blocks import by_blocks
from xaigeo.agreement.places import (
    Spans,
    by_sign,
    mean_shared_members,
    mean_shared_ranks,
    membership,
    overlap,
    rank_places,
    rank_span,
    shared_members,
    shared_ranks,
)
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


def mean_feature_agreement(values: np.ndarray, k: int, spans: Spans | None = None) -> np.ndarray:
    """Mean `feature_agreement` of all pairs of seeds.

    Parameters
    ----------
    values : ndarray, shape (n_seeds, ..., n_features)
    k : int
    spans : pair of ndarray, optional
        Those of `xaigeo.agreement.places.rank_span`, where they are known already.

    Returns
    -------
    ndarray, shape (...)
    """
    return _mean(mean_shared_members, values, k, spans, signed=False)


def mean_rank_agreement(values: np.ndarray, k: int, spans: Spans | None = None) -> np.ndarray:
    """Mean `rank_agreement` of all pairs of seeds; shapes as in `mean_feature_agreement`."""
    return _mean(mean_shared_ranks, values, k, spans, signed=False)


def mean_sign_agreement(values: np.ndarray, k: int, spans: Spans | None = None) -> np.ndarray:
    """Mean `sign_agreement` of all pairs of seeds; shapes as in `mean_feature_agreement`."""
    return _mean(mean_shared_members, values, k, spans, signed=True)


def mean_signed_rank_agreement(
    values: np.ndarray, k: int, spans: Spans | None = None
) -> np.ndarray:
    """Mean `signed_rank_agreement` of all pairs; shapes as in `mean_feature_agreement`."""
    return _mean(mean_shared_ranks, values, k, spans, signed=True)


def feature_agreement_matrix(values: np.ndarray, k: int, spans: Spans | None = None) -> np.ndarray:
    """`feature_agreement` of every two seeds at every instance.

    Parameters
    ----------
    values : ndarray, shape (n_seeds, n_instances, n_features)
    k : int
    spans : pair of ndarray, optional
        Those of `xaigeo.agreement.places.rank_span`, where they are known already.

    Returns
    -------
    ndarray, shape (n_instances, n_seeds, n_seeds)
    """
    check_k(k, values.shape[-1])
    return shared_members(values, k, spans or rank_span(values), signed=False) / k


def rank_agreement_matrix(values: np.ndarray, k: int, spans: Spans | None = None) -> np.ndarray:
    """`rank_agreement` of every two seeds; shapes as in `feature_agreement_matrix`."""
    check_k(k, values.shape[-1])
    return shared_ranks(values, k, spans or rank_span(values), signed=False) / k


def sign_agreement_matrix(values: np.ndarray, k: int, spans: Spans | None = None) -> np.ndarray:
    """`sign_agreement` of every two seeds; shapes as in `feature_agreement_matrix`."""
    check_k(k, values.shape[-1])
    return shared_members(values, k, spans or rank_span(values), signed=True) / k


def signed_rank_agreement_matrix(
    values: np.ndarray, k: int, spans: Spans | None = None
) -> np.ndarray:
    """`signed_rank_agreement` of every two seeds; shapes as in `feature_agreement_matrix`."""
    check_k(k, values.shape[-1])
    return shared_ranks(values, k, spans or rank_span(values), signed=True) / k


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


def _mean(
    shared: Callable[..., np.ndarray],
    values: np.ndarray,
    k: int,
    spans: Spans | None,
    *,
    signed: bool,
) -> np.ndarray:
    check_k(k, values.shape[-1])
    first, last = rank_span(values) if spans is None else spans
    # Where features tie, every rank up to k has a copy of each feature.
    copies = 8.0 if shared is mean_shared_members else 6.0 * k
    return (
        by_blocks(
            lambda v, f, s: shared(v, k, (f, s), signed=signed), values, first, last, copies=copies
        )
        / k
    )


def _signed_ranks(values: np.ndarray, k: int) -> np.ndarray:
    return by_sign(rank_places(values, k), values[..., None])
