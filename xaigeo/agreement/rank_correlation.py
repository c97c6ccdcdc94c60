"""Whether two attributions order all features alike.

Both scores rank by absolute value and treat ties by their definition: average ranks, and a
tie that agrees only with a tie.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from xaigeo.agreement.blocks import by_blocks
from xaigeo.agreement.pairs import mean_defined
from xaigeo.agreement.places import WIDTH, Spans, rank_span


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


def mean_spearman(values: np.ndarray, spans: Spans | None = None) -> np.ndarray:
    """Mean `spearman` of all pairs of seeds, where defined.

    Parameters
    ----------
    values : ndarray, shape (n_seeds, ..., n_features)
    spans : pair of ndarray, optional
        Those of `xaigeo.agreement.places.rank_span`, where they are known already.

    Returns
    -------
    ndarray, shape (...)

    Notes
    -----
    Of n unit vectors z the mean product of two is (‖Σ z‖² − n)/(n(n − 1)).
    """
    first, last = rank_span(values) if spans is None else spans

    def mean(first: np.ndarray, last: np.ndarray) -> np.ndarray:
        unit = _unit(first + last)
        defined = ~np.isnan(unit[..., 0])
        n = defined.sum(axis=0)
        total = np.where(defined[..., None], unit, 0.0).sum(axis=0)
        pairs = np.maximum(n * (n - 1), 1)
        return np.where(n > 1, ((total**2).sum(axis=-1) - n) / pairs, np.nan)

    return by_blocks(mean, first, last, copies=8.0)


def mean_pairwise_rank_agreement(values: np.ndarray, spans: Spans | None = None) -> np.ndarray:
    """Mean `pairwise_rank_agreement` of all pairs of seeds; shapes as in `mean_spearman`.

    Of n seeds with one order of two features, n(n − 1)/2 pairs agree: counting replaces the
    pairs.
    """
    n_seeds, n_features = len(values), values.shape[-1]
    if n_features < 2:
        return np.full(values.shape[1:-1], np.nan)
    first, _ = rank_span(values) if spans is None else spans

    def same(first: np.ndarray) -> np.ndarray:
        total = np.zeros(first.shape[1])
        for j in range(n_features - 1):
            own, others = first[..., j : j + 1], first[..., j + 1 :]
            before, tied = (own < others).sum(axis=0), (own == others).sum(axis=0)
            after = n_seeds - before - tied
            for count in (before, tied, after):
                total += (count * (count - 1)).sum(axis=-1)
        return total

    n_orders = n_features * (n_features - 1) / 2
    return np.asarray(by_blocks(same, first) / (n_seeds * (n_seeds - 1) * n_orders))


def spearman_matrix(values: np.ndarray, spans: Spans | None = None) -> np.ndarray:
    """`spearman` of every two seeds at every instance.

    Parameters
    ----------
    values : ndarray, shape (n_seeds, n_instances, n_features)
    spans : pair of ndarray, optional
        Those of `xaigeo.agreement.places.rank_span`, where they are known already.

    Returns
    -------
    ndarray, shape (n_instances, n_seeds, n_seeds)
        NaN where one of the two is all ties.
    """
    first, last = rank_span(values) if spans is None else spans
    unit = np.ascontiguousarray(np.moveaxis(_unit(first + last), 1, 0))
    return np.asarray(unit @ unit.swapaxes(-1, -2))


def pairwise_rank_agreement_matrix(values: np.ndarray, spans: Spans | None = None) -> np.ndarray:
    """`pairwise_rank_agreement` of every two seeds; shapes as in `spearman_matrix`.

    Notes
    -----
    With o the orders (−1, 0, 1) of the P pairs of features and t = 1(o = 0) its ties, two
    seeds agree on ½(o_a·o_b + P − Σ t_a − Σ t_b) + (3/2) t_a·t_b of them.
    """
    first, last = rank_span(values) if spans is None else spans
    ties = bool((first != last).any())
    ranks = np.ascontiguousarray(np.moveaxis(first, 1, 0), dtype=np.float32)
    n_instances, n_seeds, n_features = ranks.shape
    n_orders = n_features * (n_features - 1) // 2
    if not n_orders:
        return np.full((n_instances, n_seeds, n_seeds), np.nan)
    agreeing = np.full((n_instances, n_seeds, n_seeds), n_orders / 2)
    for orders in _orders_in_turn(ranks):
        # Counts below 2**24 are exact in float32.
        agreeing += 0.5 * (orders @ orders.swapaxes(-1, -2))
        if ties:
            tied = (orders == 0).astype(np.float32)
            n_tied = tied.sum(axis=-1, dtype=np.float64)
            agreeing += 1.5 * (tied @ tied.swapaxes(-1, -2))
            agreeing -= 0.5 * (n_tied[:, :, None] + n_tied[:, None, :])
    return np.asarray(agreeing / n_orders)


def _standard_ranks(values: np.ndarray) -> np.ndarray:
    """Return centred ranks of unit length, shape (..., n_features); NaN when all tie."""
    first, last = rank_span(values)
    return _unit(first + last)


def _unit(ranks: np.ndarray) -> np.ndarray:
    """Return twice the average ranks, centred and of unit length; NaN where all are equal."""
    # The ranks of all features sum to the same, ties or not.
    centred = ranks - (ranks.shape[-1] + 1.0)
    length = np.sqrt((centred**2).sum(axis=-1, keepdims=True))
    return np.where(length > 0, centred / np.where(length > 0, length, 1.0), np.nan)


def _cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.asarray((a * b).sum(axis=-1))


def _orders(values: np.ndarray) -> np.ndarray:
    """Return -1, 0 or 1 for every pair of features, shape (..., n_feature_pairs)."""
    first, second = np.triu_indices(values.shape[-1], 1)
    size = np.abs(values)
    return np.asarray(np.sign(size[..., first] - size[..., second]), dtype=np.int8)


def _orders_in_turn(ranks: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the orders of some pairs of features at a time, each (..., n_some_pairs)."""
    n_features = ranks.shape[-1]
    start = 0
    while start < n_features - 1:
        stop = start + max(1, WIDTH // (n_features - 1 - start))
        some = range(start, min(stop, n_features - 1))
        yield np.concatenate(
            [np.sign(ranks[..., j + 1 :] - ranks[..., j : j + 1]) for j in some], axis=-1
        )
        start = some.stop
