"""Start points of any model: changes of one column, mixtures with real rows, real rows."""

from __future__ import annotations

import numpy as np

from xaigeo.explainers.changes.climbing import climb
from xaigeo.explainers.changes.search_task import SearchTask, Starts
from xaigeo.explainers.changes.unlike_rows import UnlikeRows


def unlike_starts(task: SearchTask) -> Starts:
    """Return the cheapest accepted rows around each instance, with different columns changed.

    The rows of an instance are the same for all models. One more start is climbed to.
    """
    unlike = UnlikeRows(task.background, task.proximity, task.n_samples, task.max_changed)
    n_models, n_instances = task.shape
    shape = (n_models, n_instances, task.n_starts)
    points = np.empty((*shape, task.rows.shape[1]))
    accepted = np.zeros(shape, dtype=bool)
    for i, (origin, rng) in enumerate(zip(task.rows, task.generators, strict=True)):
        rows = np.vstack([origin, unlike.around(origin, rng)])
        cost = task.proximity.cost(rows, origin)
        rows = rows[np.argsort(cost, kind="stable")]
        lead = task.goal.shared_lead(rows, i)
        places, accepted[:, i] = _cheapest(lead, patterns_of(rows != origin), task.n_starts)
        points[:, i] = rows[places]
    return with_climbed(task, Starts(points, accepted))


def with_climbed(task: SearchTask, starts: Starts) -> Starts:
    """Return starts with one more each: the point that `climb` reaches, with few changes.

    Where no start is accepted, it comes first.
    """
    model, instance = np.indices(task.shape).reshape(2, -1)
    points, accepted = climb(task, model, instance)
    points = points.reshape(*task.shape, 1, -1)
    accepted = accepted.reshape(*task.shape, 1)
    none = ~starts.accepted.any(axis=2)
    starts.points[none, 0] = points[none, 0]
    return Starts(
        np.concatenate([starts.points, points], axis=2),
        np.concatenate([starts.accepted, accepted], axis=2),
    )


def patterns_of(changed: np.ndarray) -> np.ndarray:
    """Return a number for each row's set of changed columns, shape (n_rows,)."""
    packed = np.packbits(changed, axis=1)
    keys = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1])))[:, 0]
    return np.unique(keys, return_inverse=True)[1].reshape(-1)


def _cheapest(
    lead: np.ndarray, patterns: np.ndarray, n_starts: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return rows to start from, shape (n_models, n_starts), and which of them are accepted.

    Rows are given cheapest first: the first of every pattern comes ahead of other rows.
    Without an accepted row, the one with the highest lead.
    """
    n_models, n_rows = lead.shape
    order = np.argsort(patterns, kind="stable")
    borders = np.flatnonzero(np.diff(patterns[order], prepend=-1))
    rank = np.where(lead >= 0, np.arange(n_rows), n_rows + np.arange(n_rows))
    first = np.minimum.reduceat(rank[:, order], borders, axis=1)
    # Later rows of a pattern rank behind the first of all patterns.
    later = np.where(rank < n_rows, rank + n_rows, 4 * n_rows)
    model = np.repeat(np.arange(n_models), first.shape[1])
    reached = first.reshape(-1) < n_rows
    later[model[reached], first.reshape(-1)[reached]] -= n_rows
    n_taken = min(n_starts, n_rows)
    places = np.argpartition(later, n_taken - 1, axis=1)[:, :n_taken]
    value = np.take_along_axis(later, places, axis=1)
    inside = np.argsort(value, axis=1, kind="stable")
    places = np.take_along_axis(places, inside, axis=1)
    found = np.take_along_axis(value, inside, axis=1) < 4 * n_rows
    if n_taken < n_starts:
        spare = n_starts - n_taken
        places = np.pad(places, ((0, 0), (0, spare)), mode="edge")
        found = np.pad(found, ((0, 0), (0, spare)))
    closest = lead.argmax(axis=1)
    return np.where(found, places, np.where(found[:, :1], places[:, :1], closest[:, None])), found
