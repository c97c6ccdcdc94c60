"""Change one column after another to what brings a point closest to the wanted answer."""

from __future__ import annotations

import numpy as np

from xaigeo.explainers.limits import Limits
from xaigeo.explainers.search_task import SearchTask
from xaigeo.schema import Matrix

# Values of a numeric column that are tried, evenly over its range.
N_VALUES = 5


def climb(task: SearchTask, model: np.ndarray, instance: np.ndarray) -> tuple[Matrix, np.ndarray]:
    """Return climbed points, shape (n, n_features), and which of them are accepted.

    From the instance on, the one change of a column with the highest lead is made, until the
    point is accepted or no change raises the lead. Few columns change, since each does its
    utmost.

    Parameters
    ----------
    task : SearchTask
    model, instance : ndarray of int, shape (n,)
        For whom a point is wanted, and where.
    """
    columns, values = moves(task.proximity.limits)
    points = task.rows[instance].copy()
    accepted = np.zeros(len(points), dtype=bool)
    # Trials, their limits and what the models make of them.
    step = max(1, task.max_memory // (8 * 8 * len(columns) * points.shape[1]))
    for start in range(0, len(points), step):
        part = slice(start, start + step)
        climber = _Climber(task, model[part], instance[part], columns, values)
        points[part], accepted[part] = climber.climb()
    return points, accepted


def moves(limits: Limits) -> tuple[np.ndarray, np.ndarray]:
    """Return changes of one column: columns and shares of the range or codes, each (n_moves,)."""
    columns, values = [], []
    for j in np.flatnonzero(limits.mutable):
        tried = limits.values(j) if limits.discrete[j] else np.linspace(0.0, 1.0, N_VALUES)
        columns.append(np.full(len(tried), j))
        values.append(tried)
    return np.concatenate(columns), np.concatenate(values)


class _Climber:
    """Some points that climb together."""

    def __init__(
        self,
        task: SearchTask,
        model: np.ndarray,
        instance: np.ndarray,
        columns: np.ndarray,
        values: np.ndarray,
    ) -> None:
        self.task, self.model, self.instance = task, model, instance
        self.columns, self.values = columns, values
        self.origins = task.rows[instance]

    def climb(self) -> tuple[Matrix, np.ndarray]:
        """Return points and which are accepted."""
        points = self.origins.copy()
        best = self.task.goal.lead(points, self.model, self.instance)
        open_ = np.flatnonzero(best < 0)
        while len(open_):
            trials, lead = self._tried(points[open_], open_)
            every = np.arange(len(open_))
            highest = lead.argmax(axis=1)
            rise = lead[every, highest]
            better = rise > best[open_]
            points[open_[better]] = trials[every, highest][better]
            best[open_[better]] = rise[better]
            open_ = open_[better & (rise < 0)]
        return points, best >= 0

    def _tried(self, points: Matrix, open_: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return every point under every move, and the leads there."""
        task, columns = self.task, self.columns
        origins = self.origins[open_]
        low, high = (end[:, columns] for end in task.proximity.limits.ends(origins))
        discrete = task.proximity.discrete[columns]
        value = np.where(discrete, self.values, low + self.values * (high - low))
        trials = np.repeat(points[:, None, :], len(columns), axis=1)
        trials[:, np.arange(len(columns)), columns] = value
        trials = task.proximity.possible(trials, origins[:, None])
        asked = task.within(trials, origins[:, None]) & (trials != points[:, None]).any(axis=-1)
        row, move = np.nonzero(asked)
        lead = np.full(asked.shape, -np.inf)
        own = open_[row]
        lead[row, move] = task.goal.lead(trials[row, move], self.model[own], self.instance[own])
        return trials, lead
