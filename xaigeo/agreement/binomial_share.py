"""Whether more than a share of all seeds there could be do what so many of those trained did."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.stats import binom

from xaigeo.checks.off_support_rates import share_interval as share_interval

Directions = Literal[1, 2]


def share_p_value(
    count: np.ndarray, n_seeds: int, share: float, *, directions: Directions = 1
) -> np.ndarray:
    """Return the exact binomial p-value that more than a share of all seeds do a thing.

    Parameters
    ----------
    count : ndarray of int, shape (...)
        How many of the trained seeds do it; of two directions, the larger count.
    n_seeds : int
    share : float
        Share of all seeds up to which it is not to be told, above 0 and at most 1.
    directions : {1, 2}
        2 where the count is that of whichever of two opposites, such as signs, more seeds have.

    Returns
    -------
    ndarray, shape (...)

    Notes
    -----
    One direction: P(X ≥ c), X binomial of n and the share s, as
    ``scipy.stats.binomtest(c, n, s, alternative="greater")``. Two directions, when neither is that
    of more than a share s ≥ 1/2 of all seeds: P(X ≥ c or n − X ≥ c) is largest where one
    has s and the other 1 − s, P(X_s ≥ c) + P(X_{1−s} ≥ c), for c > n/2; at s = 1/2 this is
    scipy's two-sided test. For s < 1/2 both may have s, and their sum 2 P(X_s ≥ c) is an upper
    bound.

    Examples
    --------
    >>> share_p_value(np.array([5, 6]), 6, 0.5, directions=2).tolist()
    [0.21875, 0.03125]
    """
    p = binom.sf(count - 1, n_seeds, share)
    if directions == 2:
        p = p + binom.sf(count - 1, n_seeds, min(share, 1 - share))
        # No more than half of the seeds tell no direction from its opposite.
        p = np.where((share >= 0.5) & (2 * count <= n_seeds), 1.0, p)
    return np.asarray(np.minimum(p, 1.0))


def fewest_seeds(level: float, share: float, *, directions: Directions = 1) -> int | None:
    """Return the least number of seeds of which all together reach a level.

    None for a share of 1, which no number of seeds exceeds.

    Examples
    --------
    >>> fewest_seeds(0.05, 0.5, directions=2)
    6
    """
    if share >= 1:
        return None
    # share**n alone reaches the level at this n; the opposite direction takes a little more.
    n = max(1, int(np.log(level) / np.log(share)) - 1)
    while share_p_value(np.array(n), n, share, directions=directions) > level:
        n += 1
    return n
