"""The nearest real rows that have the wanted answer."""

from __future__ import annotations

import numpy as np

from xaigeo.explainers.changes.search_task import SearchTask, Starts


def nearest_unlike_rows(task: SearchTask) -> Starts:
    """Return each model's nearest background rows that it accepts, as they are.

    A row that the limits of an instance rule out does not count. Where no row is left, the
    instance itself is returned, not accepted.
    """
    n_models, n_instances = task.shape
    n_starts, n_features = task.n_starts, task.rows.shape[1]
    points = np.broadcast_to(task.rows[:, None], (n_models, n_instances, n_starts, n_features))
    starts = Starts(points.copy(), np.zeros(points.shape[:3], dtype=bool))
    rows = np.unique(task.background.rows, axis=0)
    for i, origin in enumerate(task.rows):
        open_ = (task.proximity.possible(rows, origin) == rows).all(axis=1)
        open_ &= task.within(rows, origin)
        held = rows[open_]
        if not len(held):
            continue
        held = held[np.argsort(task.proximity.cost(held, origin), kind="stable")]
        accepted = task.goal.shared_lead(held, i) >= 0
        # A row's place among the accepted ones of each model.
        rank = np.cumsum(accepted, axis=1) - 1
        model, row = np.nonzero(accepted & (rank < n_starts))
        starts.points[model, i, rank[model, row]] = held[row]
        starts.accepted[model, i, rank[model, row]] = True
    return starts
