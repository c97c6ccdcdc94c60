"""Bring points of a wanted class nearer to their instances while the class stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np

from xaigeo.explainers.proximity import Proximity
from xaigeo.schema import Matrix

# A way is cut into eighths so often: its end is within 1e-6 of where the class changes.
N_CUTS = 7
N_TRIALS = 16
N_ROUNDS = 12
N_PIVOTS = 8
# Distance at which a column's effect is measured.
PROBE = 0.02

Lead = Callable[[Matrix, np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Approach:
    """Move accepted points towards their origins; every step keeps them accepted.

    Attributes
    ----------
    proximity : Proximity
    lead : callable
        Takes points (n, n_features) and places (n,) that say which origin each belongs to;
        returns by how much the wanted class is ahead there, shape (n,). A point is accepted
        where it is 0 or more.
    origins : ndarray, shape (n_points, n_features)
    max_changed : int or None
    """

    proximity: Proximity
    lead: Lead
    origins: Matrix
    max_changed: int | None

    def approach(self, points: Matrix, noise: np.ndarray) -> np.ndarray:
        """Return nearer points, shape (n_points, 2, n_features).

        First with columns reset and ways shortened, which keeps starts apart that change
        different columns; then with columns traded for others as well, which is never
        dearer. `noise` has shape (n_points, N_ROUNDS, N_TRIALS, n_features).
        """
        points = self.with_fewer_changes(points)
        points = self.along_the_way(points)
        shortened = self.column_by_column(points)
        points = self.by_pivots(shortened)
        points = self.by_trades(points, noise)
        points = self.column_by_column(self.with_fewer_changes(points))
        return np.stack([shortened, points], axis=1)

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

    def accepts(self, points: Matrix, places: np.ndarray) -> np.ndarray:
        """Return whether points are accepted, shape (n,)."""
        return np.asarray(self.lead(points, places) >= 0)

    def along_the_way(self, points: Matrix) -> Matrix:
        """Shorten the way of all numeric columns together."""
        return self._shorten(points, np.ones_like(points), np.arange(len(points)))

    def column_by_column(self, points: Matrix) -> Matrix:
        """Shorten one numeric column after another, the longest way first."""
        ways = np.abs(points - self.origins) / self.proximity.unit
        order = np.argsort(-np.where(self.proximity.discrete, 0.0, ways), axis=1, kind="stable")
        every = np.arange(len(points))
        numeric = int((~self.proximity.discrete).sum())
        for columns in order.T[:numeric]:
            moving = self.origins[every, columns] != points[every, columns]
            if moving.any():
                share = np.zeros_like(points)
                share[every, columns] = 1.0
                points = self._shorten(points, share, np.flatnonzero(moving))
        return points

    def by_pivots(self, points: Matrix) -> Matrix:
        """Trade the numeric column that gains least for its distance for the one that gains most.

        On a linear model this is the step of the simplex method; several lengths of it are
        tried, since other models bend.
        """
        points = points.copy()
        places = np.arange(len(points))
        for _ in range(N_PIVOTS):
            if not len(places):
                break
            gain, loss = self._effects(points[places], places)
            every = np.arange(len(places))
            enter, leave = gain.argmax(axis=1), loss.argmin(axis=1)
            most, least = gain[every, enter], loss[every, leave]
            useful = np.isfinite(most) & np.isfinite(least) & (most > np.maximum(least, 0.0))
            places, ratio = places[useful], np.maximum(least[useful], 0.0) / most[useful]
            trials = self._pivots(points[places], places, enter[useful], leave[useful], ratio)
            best, found = self._best(trials, places, points)
            points[places[found]] = best[found]
            places = places[found]
        return points

    def _effects(self, points: Matrix, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return lead gained away from the origin, and lost towards it, per distance.

        Shapes (n_points, 2 n_features): every numeric column downwards, then upwards; -inf
        and inf where a column has no such way.
        """
        n, n_features = points.shape
        size = np.maximum(self.proximity.unit * PROBE, np.where(self.proximity.integer, 1.0, 0.0))
        size = np.where(self.proximity.discrete, 0.0, size)
        steps = np.concatenate([-np.diag(size), np.diag(size)])
        here, origins = points[:, None], self.origins[places][:, None]
        trials = _not_past(here, here + steps, origins)
        trials = self.proximity.possible(trials, origins)
        which = np.repeat(places, 2 * n_features)
        lead = self.lead(trials.reshape(-1, n_features), which).reshape(n, -1)
        lead = lead - self.lead(points, places)[:, None]
        before = self.proximity.distance(here, origins)
        farther = self.proximity.distance(trials, origins) - before
        rate = lead / np.where(farther == 0, 1.0, farther)
        return np.where(farther > 0, rate, -np.inf), np.where(farther < 0, rate, np.inf)

    def _pivots(
        self,
        points: Matrix,
        places: np.ndarray,
        enter: np.ndarray,
        leave: np.ndarray,
        ratio: np.ndarray,
    ) -> np.ndarray:
        """Return trials of some lengths, with a little slack, (n_points, n_trials, n_features)."""
        n, n_features = points.shape
        every, origins = np.arange(n), self.origins[places]
        sign = np.where(enter < n_features, -1.0, 1.0)
        enter, leave = enter % n_features, leave % n_features
        far = points.copy()
        far[every, enter] = sign * np.inf
        room = np.abs(self.proximity.possible(far, origins) - points)[every, enter]
        room = room / self.proximity.unit[enter]
        left = (points - origins)[every, leave] / self.proximity.unit[leave]
        longest = np.minimum(room, np.abs(left) * ratio)
        trials = []
        for share, slack in product((1.0, 0.5, 0.25, 0.1, 0.03), (1.0, 0.97, 0.85)):
            longer = share * longest
            shorter = np.minimum(slack * longer / np.maximum(ratio, 1e-12), np.abs(left))
            trial = points.copy()
            trial[every, enter] += sign * longer * self.proximity.unit[enter]
            trial[every, leave] -= np.sign(left) * shorter * self.proximity.unit[leave]
            trials.append(self.proximity.possible(_not_past(points, trial, origins), origins))
        return np.stack(trials, axis=1)

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
            trials = _not_past(points[:, None], trials, origins)
            trials = self.proximity.possible(trials, origins)
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

    def _shorten(self, points: Matrix, share: np.ndarray, places: np.ndarray) -> Matrix:
        """Shorten the ways of the points at `places` in the columns where `share` is 1."""
        ends, origins, share = points[places], self.origins[places], share[places]

        def at(fraction: np.ndarray) -> np.ndarray:
            # Where nothing was shortened, rounding must not move the point off its place.
            left = 1.0 - share * (1.0 - fraction[..., None])
            way = self.proximity.between(ends, origins, left)
            return np.where(fraction[..., None] < 1.0, way, ends)

        def accepted(fraction: np.ndarray) -> np.ndarray:
            trials = at(fraction).reshape(-1, points.shape[1])
            which = np.tile(places, len(fraction))
            return self.accepts(trials, which).reshape(fraction.shape)

        nearest = points.copy()
        n = len(places)
        nearest[places] = at(first_accepted(accepted, np.zeros(n), np.ones(n)))
        return nearest


def _not_past(points: np.ndarray, trials: np.ndarray, origins: np.ndarray) -> np.ndarray:
    """Return trials stopped at the origin, so that columns can fall out altogether."""
    crossed = (trials - origins) * (points - origins) < 0
    return np.where(crossed, origins, trials)


def first_accepted(
    accepted: Callable[[np.ndarray], np.ndarray], low: np.ndarray, high: np.ndarray
) -> np.ndarray:
    """Return where between `low` and the accepted `high` acceptance begins, to 1e-6 of the way.

    `accepted` takes fractions, shape (7, n), and answers for each. Seven places are asked at
    once, since a call to a model often costs more than a few rows in it.
    """
    every = np.arange(len(low))
    for _ in range(N_CUTS):
        grid = low + (high - low) * np.linspace(0.0, 1.0, 9)[:, None]
        grid[-1] = high
        inner = np.vstack([accepted(grid[1:8]), np.ones((1, len(low)), dtype=bool)])
        first = inner.argmax(axis=0)
        low, high = grid[first, every], grid[first + 1, every]
    return high


def trade_noise(rng: np.random.Generator, n_starts: int, n_features: int) -> np.ndarray:
    """Return random steps on one to three columns, shaped for `Approach.approach`."""
    shape = (n_starts, N_ROUNDS, N_TRIALS, n_features)
    n_moved = rng.integers(1, min(3, n_features) + 1, size=(*shape[:-1], 1))
    moved = rng.random(shape).argsort(axis=-1).argsort(axis=-1) < n_moved
    return np.where(moved, rng.normal(scale=0.5, size=shape), 0.0)
