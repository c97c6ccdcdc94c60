"""Rows around an instance that a model may answer otherwise: where a search can start."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xaigeo.explainers.background import Background
from xaigeo.explainers.changes.proximity import Proximity
from xaigeo.schema import Matrix

# Values of a numeric column that are tried one by one, evenly over its range.
GRID_SIZE = 33


@dataclass(frozen=True, eq=False)
class UnlikeRows:
    """Rows to try against an instance, the same for all seeds.

    Three kinds: every value of one column at a time (`GRID_SIZE` values of a numeric
    column, every category the background holds); `n_samples` rows that take a random set of
    columns from a random background row; and the `n_samples` nearest background rows.
    """

    background: Background
    proximity: Proximity
    n_samples: int
    max_changed: int | None

    @cached_property
    def moves(self) -> tuple[np.ndarray, np.ndarray]:
        """All changes of one column: column and new value, each shape (n_moves,)."""
        limits = self.proximity.limits
        columns, values = [], []
        for j in np.flatnonzero(limits.mutable):
            if limits.discrete[j]:
                tried = limits.values(j)
            else:
                tried = np.linspace(limits.lower[j], limits.upper[j], GRID_SIZE)
                tried = np.unique(np.round(tried) if limits.integer[j] else tried)
            columns.append(np.full(len(tried), j))
            values.append(tried)
        return np.concatenate(columns), np.concatenate(values)

    def around(self, origin: np.ndarray, rng: np.random.Generator) -> Matrix:
        """Return rows that differ from the origin, shape (n_rows, n_features)."""
        rows = np.vstack(
            [self.moved(origin[None])[0], self._mixed(origin, rng), self._near(origin)]
        )
        rows = self.proximity.possible(rows, origin)
        n_changed = (rows != origin).sum(axis=1)
        most = len(origin) if self.max_changed is None else self.max_changed
        return np.asarray(rows[(n_changed > 0) & (n_changed <= most)])

    def moved(self, points: Matrix) -> np.ndarray:
        """Return each point under every move, shape (n_points, n_moves, n_features)."""
        columns, values = self.moves
        rows = np.repeat(points[:, None, :], len(columns), axis=1)
        rows[:, np.arange(len(columns)), columns] = values
        return rows

    def _mixed(self, origin: np.ndarray, rng: np.random.Generator) -> Matrix:
        mutable = np.flatnonzero(self.proximity.limits.mutable)
        most = min(len(mutable), self.max_changed or len(mutable))
        rows = np.repeat(origin[None], self.n_samples, axis=0)
        donors = self.background.rows[rng.integers(len(self.background.rows), size=self.n_samples)]
        n_taken = rng.integers(1, most + 1, size=self.n_samples)
        # The n_taken columns with the smallest of random numbers.
        drawn = rng.random((self.n_samples, len(mutable)))
        border = np.take_along_axis(np.sort(drawn, axis=1), n_taken[:, None] - 1, axis=1)
        taken = drawn <= border
        rows[:, mutable] = np.where(taken, donors[:, mutable], rows[:, mutable])
        return rows

    def _near(self, origin: np.ndarray) -> Matrix:
        rows = self.proximity.possible(self.background.rows, origin)
        order = np.argsort(self.proximity.distance(rows, origin), kind="stable")
        return rows[order[: self.n_samples]]
