"""Change one column after another to what brings a point closest to the wanted answer."""

from __future__ import annotations

import numpy as np

from xaigeo.explainers.changes.limits import Limits
from xaigeo.explainers.changes.search_task import SearchTask
from xaigeo.schema import Matrix

# Values of a numeric column that are tried, evenly over its range.
N_VALUES = 5
# Moves that are tried again after all were tried once.
N_MOVES = 160


def climb(task: SearchTask, model: np.ndarray, instance: np.ndarray) -> tuple[Matrix, np.ndarray]:
    """Return climbed points, shape (n, n_features), and which of them are accepted.

    From the instance on, the one change of a column with the highest lead is made, until the
    point is accepted or no change raises the lead. Few columns change, since each does its
    utmost. After the first step, of many changes the `N_MOVES` best ones are tried again.

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
        tried = np.tile(np.arange(len(self.columns)), (len(open_), 1))
        while len(open_):
            trials, lead = self._tried(points[open_], open_, tried)
            every = np.arange(len(open_))
            highest = lead.argmax(axis=1)
            rise = lead[every, highest]
            better = rise > best[open_]
            points[open_[better]] = trials[every, highest][better]
            best[open_[better]] = rise[better]
            go_on = better & (rise < 0)
            open_, tried = open_[go_on], self._promising(tried[go_on], lead[go_on])
        return points, best >= 0

    def _tried(
        self, points: Matrix, open_: np.ndarray, tried: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return every point under the moves that are tried with it, and the leads there."""
        task, columns = self.task, self.columns[tried]
        origins = self.origins[open_]
        place = np.indices(tried.shape)
        low, high = (end[place[0], columns] for end in task.proximity.limits.ends(origins))
        value = self.values[tried]
        value = np.where(task.proximity.discrete[columns], value, low + value * (high - low))
        trials = np.repeat(points[:, None, :], tried.shape[1], axis=1)
        trials[place[0], place[1], columns] = value
        trials = task.proximity.possible(trials, origins[:, None])
        asked = task.within(trials, origins[:, None]) & (trials != points[:, None]).any(axis=-1)
        row, move = np.nonzero(asked)
        lead = np.full(asked.shape, -np.inf)
        own = open_[row]
        lead[row, move] = task.goal.lead(trials[row, move], self.model[own], self.instance[own])
        return trials, lead

    @staticmethod
    def _promising(tried: np.ndarray, lead: np.ndarray) -> np.ndarray:
        """Return the moves with the highest leads, at most `N_MOVES`."""
        if tried.shape[1] <= N_MOVES:
            return tried
        order = np.argsort(-lead, axis=1, kind="stable")[:, :N_MOVES]
        return np.take_along_axis(tried, order, axis=1)
