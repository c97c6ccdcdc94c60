"""α̂ of several models against a pool of models, on all rows and on rows drawn again."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from xaigeo.agreement.bootstrap import resampling_weights
from xaigeo.agreement.trimming import Curves, least_alpha

# Bytes of the pool's distribution functions that are held at a time.
POOL_BYTES = 32 * 2**20


class PooledAlpha(NamedTuple):
    """α̂ and the plain distance of each candidate.

    Attributes
    ----------
    alpha : ndarray, shape (n_draws, n_candidates)
        NaN where no α accepts.
    distance : ndarray, shape (n_draws, n_candidates)
        d_0, Kolmogorov-Smirnov.
    """

    alpha: np.ndarray
    distance: np.ndarray


def pooled_alpha(
    candidates: np.ndarray, pool: np.ndarray, members: np.ndarray, delta: float
) -> PooledAlpha:
    """Return α̂ of each candidate against the others of a pool, one draw: all rows once.

    Parameters
    ----------
    candidates : ndarray, shape (n_candidates, n_rows)
        Scores.
    pool : ndarray, shape (n_pool, n_rows)
        Scores of the same rows.
    members : ndarray of bool, shape (n_candidates,)
        Whether a candidate is itself in the pool; it is then compared with the others there.
    delta : float
    """
    weights = np.ones((1, candidates.shape[1]))
    return _of_draws(candidates, _Pool.of(pool), members, delta, weights)


def resampled_alpha(
    candidates: np.ndarray,
    pool: np.ndarray,
    members: np.ndarray,
    delta: float,
    *,
    n_bootstrap: int,
    rng: np.random.Generator,
) -> PooledAlpha:
    """Return the same on rows drawn with replacement, the same rows for all models.

    Candidates and pool have seen the same rows, so they share the draw: what a lucky or unlucky
    choice of test rows does to all models alike is no difference between them.
    """
    n_rows, held = candidates.shape[1], _Pool.of(pool)
    step = max(1, POOL_BYTES // (8 * held.rows.size))
    parts = [
        _of_draws(
            candidates,
            held,
            members,
            delta,
            resampling_weights(n_rows, min(step, n_bootstrap - start), rng),
        )
        for start in range(0, n_bootstrap, step)
    ]
    return PooledAlpha(*(np.concatenate(one) for one in zip(*parts, strict=True)))


class _Pool(NamedTuple):
    """All scores of a pool in rising order, and the row that each is of."""

    sorted: np.ndarray
    rows: np.ndarray
    n_members: int

    @classmethod
    def of(cls, pool: np.ndarray) -> _Pool:
        order = np.argsort(pool, axis=None, kind="stable")
        return cls(pool.reshape(-1)[order], order % pool.shape[1], len(pool))


def _of_draws(
    candidates: np.ndarray, pool: _Pool, members: np.ndarray, delta: float, weights: np.ndarray
) -> PooledAlpha:
    """Return α̂ for rows that count as often as weights say, shape (n_draws, n_rows)."""
    n_rows = candidates.shape[1]
    total = _running(weights[:, pool.rows])
    found = []
    for values, is_member in zip(candidates, members, strict=True):
        order = np.argsort(values, kind="stable")
        points = values[order]
        own = _running(weights[:, order])
        # Sums of whole numbers are exact: points that draw no row leave no trace.
        at, left = (
            (
                total[:, np.searchsorted(pool.sorted, points, side)]
                - (own[:, np.searchsorted(points, points, side)] if is_member else 0.0)
            )
            / ((pool.n_members - int(is_member)) * n_rows)
            for side in ("right", "left")
        )
        found.append(least_alpha(Curves(own[:, 1:] / n_rows, at, left), delta))
    alpha, distance = (np.stack(one, axis=1) for one in zip(*found, strict=True))
    return PooledAlpha(alpha, distance)


def _running(weights: np.ndarray) -> np.ndarray:
    """Return sums of the first 0, 1, ..., n weights of each draw."""
    sums = np.zeros((len(weights), weights.shape[1] + 1))
    np.cumsum(weights, axis=1, out=sums[:, 1:])
    return sums
