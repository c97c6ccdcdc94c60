"""Bring points of a wanted class nearer to their instances while the class stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from xaigeo.explainers.proximity import Proximity
from xaigeo.schema import Matrix

# Halvings of a way: the end is within 1e-6 of the way's length of where the class changes.
N_HALVINGS = 20
N_TRIALS = 16
N_ROUNDS = 12

Accepts = Callable[[Matrix, np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Approach:
    """Move accepted points towards their origins; every step keeps them accepted.

    Attributes
    ----------
    proximity : Proximity
    accepts : callable
        Takes points (n, n_features) and places (n,) that say which origin each belongs to;
        returns whether the model gives the wanted class there, shape (n,).
    origins : ndarray, shape (n_points, n_features)
    max_changed : int or None
    """

    proximity: Proximity
    accepts: Accepts
    origins: Matrix
    max_changed: int | None

    def approach(self, points: Matrix, noise: np.ndarray) -> Matrix:
        """Return nearer points: columns reset, ways halved, then random trades of columns.

        `noise` has shape (n_points, N_ROUNDS, N_TRIALS, n_features).
        """
        points = self.with_fewer_changes(points)
        points = self.along_the_way(points)
        points = self.column_by_column(points)
        points = self.by_trades(points, noise)
        return self.column_by_column(self.with_fewer_changes(points))

    def with_fewer_changes(self, points: Matrix) -> Matrix:
        """Set columns back to the origin's value one at a time, the dearest first."""
        points = points.copy()
        n, n_features = points.shape
        open_ = np.arange(n)
        while len(open_):
            trials = np.repeat(points[open_, None, :], n_features, axis=1)
            diagonal = np.arange(n_features)
            trials[:, diagonal, diagonal] = self.origins[open_]
            best, found = self._best(trials, open_, points)
            points[open_[found]] = best[found]
            open_ = open_[found]
        return points

    def along_the_way(self, points: Matrix) -> Matrix:
        """Shorten the way of all numeric columns together."""
        return self._halve(
            points, lambda fraction: self.proximity.between(points, self.origins, fraction[:, None])
        )

    def column_by_column(self, points: Matrix) -> Matrix:
        """Shorten one numeric column after another, the longest way first."""
        ways = np.abs(points - self.origins) / self.proximity.unit
        order = np.argsort(-np.where(self.proximity.discrete, 0.0, ways), axis=1, kind="stable")
        every = np.arange(len(points))
        numeric = int((~self.proximity.discrete).sum())
        for columns in order.T[:numeric]:
            before = points

            def place(
                fraction: np.ndarray, before: Matrix = before, columns: np.ndarray = columns
            ) -> Matrix:
                share = np.ones_like(before)
                share[every, columns] = fraction
                return self.proximity.between(before, self.origins, share)

            moving = self.origins[every, columns] != points[every, columns]
            if moving.any():
                points = self._halve(points, place)
        return points

    def by_trades(self, points: Matrix, noise: np.ndarray) -> Matrix:
        """Try random steps that lower the cost: less of one column for more of another."""
        points = points.copy()
        radius = np.ones(len(points))
        every = np.arange(len(points))
        for steps in np.moveaxis(noise, 1, 0):
            reach = self.proximity.distance(points, self.origins) * radius
            trials = points[:, None] + steps * self.proximity.unit * reach[:, None, None]
            trials = np.where(self.proximity.discrete, points[:, None], trials)
            origins = self.origins[:, None]
            # A step past the origin stops there, so that columns can fall out altogether.
            crossed = (trials - origins) * (points[:, None] - origins) < 0
            trials = self.proximity.possible(np.where(crossed, origins, trials), origins)
            best, found = self._best(trials, every, points)
            points[found] = best[found]
            radius = np.where(found, radius, radius / 2)
        return points

    def _best(
        self, trials: np.ndarray, places: np.ndarray, points: Matrix
    ) -> tuple[Matrix, np.ndarray]:
        """Return the cheapest accepted trial of each place, and where one beats the point."""
        origins = self.origins[places]
        cost = self.proximity.cost(trials, origins[:, None])
        cheaper = cost < self.proximity.cost(points[places], origins)[:, None] - 1e-12
        if self.max_changed is not None:
            cheaper &= (trials != origins[:, None]).sum(axis=-1) <= self.max_changed
        row, trial = np.nonzero(cheaper)
        accepted = np.zeros_like(cheaper)
        if len(row):
            accepted[row, trial] = self.accepts(trials[row, trial], places[row])
        cost = np.where(accepted, cost, np.inf)
        best = cost.argmin(axis=1)
        every = np.arange(len(places))
        return trials[every, best], np.isfinite(cost[every, best])

    def _halve(self, points: Matrix, place: Callable[[np.ndarray], Matrix]) -> Matrix:
        """Return the nearest accepted point on a way; fraction 1 is the accepted end."""
        nearest = points.copy()
        every = np.arange(len(points))
        low, high = np.zeros(len(points)), np.ones(len(points))
        for _ in range(N_HALVINGS):
            middle = (low + high) / 2
            trial = place(middle)
            accepted = self.accepts(trial, every)
            nearest[accepted] = trial[accepted]
            high = np.where(accepted, middle, high)
            low = np.where(accepted, low, middle)
        return nearest


def trade_noise(rng: np.random.Generator, n_starts: int, n_features: int) -> np.ndarray:
    """Return random steps on one to three columns, shaped for `Approach.approach`."""
    shape = (n_starts, N_ROUNDS, N_TRIALS, n_features)
    n_moved = rng.integers(1, min(3, n_features) + 1, size=(*shape[:-1], 1))
    moved = rng.random(shape).argsort(axis=-1).argsort(axis=-1) < n_moved
    return np.where(moved, rng.normal(scale=0.5, size=shape), 0.0)
