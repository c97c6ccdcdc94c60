"""Let one column take over the way of another, so that fewer columns change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xaigeo.schema import Matrix

if TYPE_CHECKING:
    from xaigeo.explainers.nearest import Approach

# Changed columns that are tried to be done without, those with the shortest ways first.
N_DROPPED = 4


def merge_columns(approach: Approach, points: Matrix) -> Matrix:
    """Return points with a column set back and another moved farther, where that is cheaper.

    For each of some changed columns: it is set back, every other numeric column is tried at
    the ends of its range, and the one with the least cost by linear interpolation of the lead is
    shortened to where the answer changes.
    """
    points = points.copy()
    open_ = np.ones(len(points), dtype=bool)
    for _ in range(N_DROPPED):
        better = np.zeros(len(points), dtype=bool)
        for rank in range(N_DROPPED):
            n_changed = (points != approach.origins).sum(axis=1)
            places = np.flatnonzero(open_ & (n_changed > max(rank, 1)))
            if len(places):
                better[places] |= _drop(approach, points, places, rank)
        open_ = better
    return points


def _drop(approach: Approach, points: Matrix, places: np.ndarray, rank: int) -> np.ndarray:
    """Do without the changed column of a rank, in place; return where that was cheaper."""
    origins, proximity = approach.origins[places], approach.proximity
    every = np.arange(len(places))
    ways = np.where(points[places] == origins, np.inf, proximity.parts(points[places], origins))
    dropped = np.argsort(ways, axis=1, kind="stable")[:, rank]
    base = points[places]
    base[every, dropped] = origins[every, dropped]

    trials, column = _ends(approach, base, places, dropped)
    row, trial = np.nonzero((trials != base[:, None]).any(axis=-1))
    lead = np.full(trials.shape[:2], -np.inf)
    lead[row, trial] = approach.lead(trials[row, trial], places[row])
    missing = -approach.lead(base, places)
    share = missing[:, None] / np.maximum(missing[:, None] + lead, 1e-12)
    start = proximity.cost(base, origins)[:, None]
    cost = start + share * (proximity.cost(trials, origins[:, None]) - start)
    cost = np.where(lead >= 0, cost, np.inf)
    chosen = cost.argmin(axis=1)
    # The guess may err, on a model that bends, by so much.
    limit = 1.5 * proximity.cost(points[places], origins)
    hopeful: np.ndarray = cost[every, chosen] < limit
    if not hopeful.any():
        return hopeful
    places, every = places[hopeful], every[hopeful]
    farthest, moved = trials[every, chosen[hopeful]], column[chosen[hopeful]]
    nearer = approach.shorten_column(farthest, places, moved)
    before = proximity.cost(points[places], approach.origins[places])
    cheaper = proximity.cost(nearer, approach.origins[places]) < before - 1e-12
    points[places[cheaper]] = nearer[cheaper]
    hopeful[np.flatnonzero(hopeful)[~cheaper]] = False
    return hopeful


def _ends(
    approach: Approach, base: Matrix, places: np.ndarray, dropped: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return every point with every numeric column at an end, and the trials' columns."""
    limits, origins = approach.proximity.limits, approach.origins[places]
    numeric = np.flatnonzero(~limits.discrete & limits.mutable)
    low, high = approach.ends[0][places], approach.ends[1][places]
    column = np.concatenate([numeric, numeric])
    ends = np.concatenate([low[:, numeric], high[:, numeric]], axis=1)
    trials = np.repeat(base[:, None], len(column), axis=1)
    own = np.where(column == dropped[:, None], origins[:, column], ends)
    trials[:, np.arange(len(column)), column] = own
    # An end of a range is a possible value.
    return trials, column
