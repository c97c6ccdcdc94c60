"""Choose a few points among those found: cheap ones that differ from each other."""

from __future__ import annotations

import numpy as np

from xaigeo.explainers.changes.proximity import Proximity
from xaigeo.explainers.changes.starts import patterns_of
from xaigeo.schema import Matrix

# Points nearer to each other than this, in units of distance, count as one.
SAME = 0.01


def choose_candidates(
    points: Matrix,
    origin: np.ndarray,
    proximity: Proximity,
    n_candidates: int,
    diversity: float,
) -> tuple[Matrix, np.ndarray]:
    """Return chosen points, cheapest first, and which of them are distinct.

    The cheapest point comes first. Then, one by one, the point with the least
    ``cost - diversity * distance to the nearest chosen one``, those with a set of changed
    columns that was not chosen yet ahead of the others. Where points run out, the first is
    repeated and not distinct.

    Parameters
    ----------
    points : ndarray, shape (n_points, n_features)
        Accepted points, at least one.
    origin : ndarray, shape (n_features,)
    proximity : Proximity
    n_candidates : int
    diversity : float
        What a unit of distance between candidates is worth, in units of distance.

    Returns
    -------
    chosen : ndarray, shape (n_candidates, n_features)
    distinct : ndarray of bool, shape (n_candidates,)
    """
    cost = proximity.cost(points, origin)
    patterns = patterns_of(points != origin)
    chosen = [int(cost.argmin())]
    spread = proximity.distance(points, points[chosen[0]])
    fresh = patterns != patterns[chosen[0]]
    while len(chosen) < n_candidates:
        left = spread >= SAME
        if not left.any():
            break
        if (left & fresh).any():
            left &= fresh
        score = np.where(left, cost - diversity * spread, np.inf)
        chosen.append(int(score.argmin()))
        spread = np.minimum(spread, proximity.distance(points, points[chosen[-1]]))
        fresh &= patterns != patterns[chosen[-1]]
    chosen = sorted(chosen, key=lambda place: (cost[place], place))
    distinct = np.arange(n_candidates) < len(chosen)
    places = chosen + [chosen[0]] * (n_candidates - len(chosen))
    return points[places], distinct
