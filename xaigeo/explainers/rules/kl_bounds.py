"""Kullback-Leibler confidence bounds of shares, and the choice of arms to draw; compiled.

Import this module only where it is used: it loads numba.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

# Halvings of an interval of length one: to the last bit of a double near 1.
HALVINGS = 52


@njit(cache=True)
def _divergence(
    p: Any,
    q: Any,
) -> Any:
    found = 0.0
    if p > 0:
        found += p * math.log(p / q) if q > 0 else math.inf
    if p < 1:
        found += (1 - p) * math.log((1 - p) / (1 - q)) if q < 1 else math.inf
    return found


@njit(cache=True)
def _upper(
    p: Any,
    level: Any,
) -> Any:
    low, high = p, 1.0
    if _divergence(p, high) <= level:
        return high
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if _divergence(p, middle) > level:
            high = middle
        else:
            low = middle
    return high


@njit(cache=True)
def _lower(
    p: Any,
    level: Any,
) -> Any:
    return 1.0 - _upper(1.0 - p, level)


@njit(cache=True)
def _upper_bounds(shares: Any, levels: Any) -> Any:
    bounds = np.empty(len(shares))
    for place in range(len(shares)):
        bounds[place] = _upper(shares[place], levels[place])
    return bounds


def kl_upper_bound(share: Any, level: Any) -> np.ndarray:
    """Return the largest q whose divergence from the observed share is at most `level`.

    The divergence is Bernoulli's, p log(p / q) + (1 - p) log((1 - p) / (1 - q)). With
    level = beta / n it is the bound of n samples, which holds with probability 1 - exp(-beta) by
    Chernoff's inequality (Kaufmann and Kalyanakrishnan, COLT 2013). Shapes broadcast.

    Examples
    --------
    >>> float(kl_upper_bound(0.0, 0.5).round(4))  # 1 - exp(-0.5)
    0.3935
    """
    shares, levels = np.broadcast_arrays(np.asarray(share, float), np.asarray(level, float))
    flat = np.ascontiguousarray(shares.ravel()), np.ascontiguousarray(levels.ravel())
    return np.asarray(_upper_bounds(*flat)).reshape(shares.shape)


def kl_lower_bound(share: Any, level: Any) -> np.ndarray:
    """Return the smallest q whose divergence from the observed share is at most `level`."""
    return np.asarray(1.0 - kl_upper_bound(1.0 - np.asarray(share, float), level))


def exploration_rate(n_arms: int, t: int, delta: float) -> float:
    """Return KL-LUCB's beta(t, delta) = log(k n t^a / delta) + log log(k n t^a / delta).

    With a = 1.1 and k = 405.5, for which the m best of n arms are found with probability
    1 - delta (Kaufmann and Kalyanakrishnan, COLT 2013, theorem 2).
    """
    inside = math.log(405.5 * n_arms * t**1.1 / delta)
    return inside + math.log(inside)


@njit(cache=True)
def undecided_arms(hits: Any, draws: Any, best: Any, rate: float, epsilon: float) -> Any:
    """Return the arms that keep a race open, shape (n_arms,); none when it is decided.

    A race is decided when no outsider's upper bound exceeds the lowest lower bound of the
    `best` by more than `epsilon`. Until then these are the outsiders that do, and those of the
    best whose lower bound lies that far below the highest of the outsiders' bounds.

    Parameters
    ----------
    hits, draws : ndarray of int, shape (n_arms,)
    best : ndarray of int
        The arms with the largest shares at present.
    rate : float
        `exploration_rate` of this round.
    epsilon : float
    """
    open_arms = np.zeros(len(hits), dtype=np.bool_)
    lows = np.empty(len(best))
    for place in range(len(best)):
        arm = best[place]
        lows[place] = _lower(hits[arm] / draws[arm], rate / draws[arm])
        open_arms[arm] = True
    bar, highest = lows.min() + epsilon, 0.0
    for arm in range(len(hits)):
        if open_arms[arm]:
            continue
        share, level = hits[arm] / draws[arm], rate / draws[arm]
        # An upper bound is beyond a value only if the divergence from there is small.
        if bar < 1 and (share > bar or _divergence(share, bar) < level):
            open_arms[arm] = True
            if share > highest or _divergence(share, highest) < level:
                highest = max(highest, _upper(share, level))
    for place in range(len(best)):
        open_arms[best[place]] = lows[place] < highest - epsilon
    return open_arms
