"""Agreement of all seeds at once: ranks (Kendall's W) and directions (resultant length)."""

from __future__ import annotations

import numpy as np

from xaigeo.agreement.blocks import by_blocks
from xaigeo.agreement.places import Spans, rank_span


def kendall_w(values: np.ndarray, spans: Spans | None = None) -> np.ndarray:
    """Kendall's coefficient of concordance of absolute attributions, corrected for ties.

    Parameters
    ----------
    values : ndarray, shape (n_seeds, ..., n_features)
    spans : pair of ndarray, optional
        Those of `xaigeo.agreement.places.rank_span`, where they are known already.

    Returns
    -------
    ndarray, shape (...)
        From 0 to 1; its mean is 1 / n_seeds for unrelated rankings. NaN where every seed
        ties all features.

    Notes
    -----
    W = 12 S / (K²(m³ − m) − K Σ T_s), S the sum of squared deviations of the rank sums and
    T_s = Σ (t³ − t) over the groups of ties of seed s (Kendall and Smith 1939,
    doi:10.1214/aoms/1177732186). Without ties r̄ = (K·W − 1)/(K − 1), the mean Spearman.
    """
    n_seeds = len(values)
    first, last = rank_span(values) if spans is None else spans

    def concordance(first: np.ndarray, last: np.ndarray) -> np.ndarray:
        # Twice the average ranks, whose mean is the same ties or not, and exact as integers.
        centred = (first + last) - (first.shape[-1] + 1)
        between = (centred.sum(axis=0).astype(np.float64) ** 2).sum(axis=-1)
        # Σ(r − r̄)² of one seed is (m³ − m − T_s)/12, so the correction needs no count of ties.
        within = (centred.astype(np.float64) ** 2).sum(axis=-1).sum(axis=0)
        return np.where(within > 0, between / (n_seeds * np.where(within > 0, within, 1.0)), np.nan)

    return by_blocks(concordance, first, last, copies=6.0)


def resultant_length(values: np.ndarray) -> np.ndarray:
    """Length of the mean of the seeds' unit vectors, R = ‖mean û‖.

    Parameters
    ----------
    values : ndarray, shape (n_seeds, ..., n_features)

    Returns
    -------
    ndarray, shape (...)
        1 when all seeds point the same way. A seed whose vector is zero has no direction
        and is left out; NaN where fewer than two seeds have one.

    Notes
    -----
    R² = 1/K + (K − 1)/K · mean cosine, so R does not reach 0 for few seeds: see `mean_cosine`.

    Examples
    --------
    >>> round(float(resultant_length(np.array([[1.0, 0.0], [0.0, 1.0]]))), 4)
    0.7071
    """
    length, n_directed = _resultant(values)
    return np.where(n_directed > 1, length, np.nan)


def mean_cosine(values: np.ndarray) -> np.ndarray:
    """Mean cosine of all pairs of seeds, the unbiased form (K·R² − 1)/(K − 1).

    Shapes as in `resultant_length`; from -1/(K − 1) to 1, 0 for random directions.
    """
    length, n_directed = _resultant(values)
    others = np.maximum(n_directed - 1, 1)
    return np.where(n_directed > 1, (n_directed * length**2 - 1) / others, np.nan)


def cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Cosine of two vectors, shape (...); NaN where one of them is zero."""
    lengths = np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)
    return np.where(lengths > 0, (a * b).sum(axis=-1) / np.where(lengths > 0, lengths, 1.0), np.nan)


def cosine_matrix(values: np.ndarray) -> np.ndarray:
    """`cosine` of every two seeds at every instance.

    Parameters
    ----------
    values : ndarray, shape (n_seeds, n_instances, n_features)

    Returns
    -------
    ndarray, shape (n_instances, n_seeds, n_seeds)
        NaN where one of the two is zero.
    """
    norms = np.linalg.norm(values, axis=-1, keepdims=True)
    units = np.where(norms > 0, values / np.where(norms > 0, norms, 1.0), np.nan)
    units = np.ascontiguousarray(np.moveaxis(units, 1, 0))
    return np.asarray(units @ units.swapaxes(-1, -2))


def _resultant(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    norms = np.linalg.norm(values, axis=-1, keepdims=True)
    directed = norms > 0
    units = np.where(directed, values / np.where(directed, norms, 1.0), 0.0)
    n_directed = directed[..., 0].sum(axis=0)
    length = np.linalg.norm(units.sum(axis=0), axis=-1) / np.maximum(n_directed, 1)
    return length, n_directed
