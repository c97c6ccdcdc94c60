"""Whether seeds select the same top features, with the same signs."""

from __future__ import annotations

import numpy as np

from xaigeo.agreement.places import Spans, membership
from xaigeo.agreement.top_k import check_k


def stability(values: np.ndarray, k: int, spans: Spans | None = None) -> np.ndarray:
    """Stability of the top k selections of all seeds (Nogueira, Sechidis and Brown 2018).

    Parameters
    ----------
    values : ndarray, shape (n_seeds, ..., n_features)
    k : int
    spans : pair of ndarray, optional
        Those of `xaigeo.agreement.places.rank_span`, where they are known already.

    Returns
    -------
    ndarray, shape (...)
        1 when all seeds select the same features, 0 on average for random selections. NaN
        for k = n_features, and where `selects_nothing`.

    Notes
    -----
    Φ = 1 − mean_f s_f² / ((k/m)(1 − k/m)), s_f² the unbiased variance over seeds of the
    selection of feature f (jmlr.org/papers/v18/17-514.html). Selections that tie are shared.
    """
    n_features = values.shape[-1]
    check_k(k, n_features)
    if k == n_features:
        return np.full(values.shape[1:-1], np.nan)
    belongs = membership(values, k, spans)
    variance = belongs.var(axis=0, ddof=1).mean(axis=-1)
    share = k / n_features
    steady = 1.0 - variance / (share * (1.0 - share))
    return np.where(_undecided(belongs), np.nan, steady)


def sign_consensus(values: np.ndarray, k: int, spans: Spans | None = None) -> np.ndarray:
    """Share of seeds with the majority's sign, mean over the top k features.

    The top k are those with the largest mean absolute attribution over the seeds. A zero has
    no sign and joins no majority; a feature that is zero for every seed, such as one that no
    surrogate was given, is not counted. Shapes as in `stability`; 1 when all seeds agree, NaN
    where `selects_nothing` or all is zero.
    """
    check_k(k, values.shape[-1])
    weight = membership(np.abs(values).mean(axis=0), k)
    weight = weight * (values != 0).any(axis=0)
    total = weight.sum(axis=-1)
    consensus = (weight * feature_sign_consensus(values)).sum(axis=-1)
    consensus = consensus / np.where(total > 0, total, np.nan)
    return np.where(selects_nothing(values, k, spans), np.nan, consensus)


def feature_sign_consensus(values: np.ndarray) -> np.ndarray:
    """Share of seeds with the majority's sign, feature by feature, shape (..., n_features)."""
    return np.asarray(np.maximum((values > 0).mean(axis=0), (values < 0).mean(axis=0)))


def selects_nothing(values: np.ndarray, k: int, spans: Spans | None = None) -> np.ndarray:
    """Return where no seed says which k features lead, shape (...).

    There a tie crosses place k for every seed, as it does for attributions that are all equal
    or all zero. Such seeds choose nothing, so they can neither agree nor disagree on it.
    """
    return _undecided(membership(values, k, spans))


def _undecided(belongs: np.ndarray) -> np.ndarray:
    return np.asarray(((belongs > 0) & (belongs < 1)).any(axis=-1).all(axis=0))
