"""Bring points of a wanted answer nearer to their instances while the answer stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np

from xaigeo.explainers.changes.column_merging import merge_columns
from xaigeo.explainers.changes.limits import Ends
from xaigeo.explainers.changes.proximity import Proximity
from xaigeo.schema import Matrix

# A way is cut into eighths: after three cuts its end is within 0.2 % of where the answer
# changes, after seven within 1e-6.
ROUGH, FINE = 3, 7
N_TRIALS = 16
N_ROUNDS = 12
N_PIVOTS = 8
# Columns whose effects are measured again after the first time.
N_COLUMNS = 32
# Columns that one random step moves at most.
N_MOVED = 3
# Distance at which a column's effect is measured.
PROBE = 0.02
# Numbers of the size of a trial that a step holds at once.
COPIES = 5

Lead = Callable[[Matrix, np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Steps:
    """A column for another, for each of some points.

    Attributes
    ----------
    columns : ndarray of int, shape (n_points, n_columns)
    enter, leave : ndarray of int, shape (n_points,)
        Which of `columns` is moved on, and which back: downwards, or beyond `n_columns` upwards.
    ratio : ndarray, shape (n_points,)
        Distance of the first that makes up for a unit of the second.
    """

    columns: np.ndarray
    enter: np.ndarray
    leave: np.ndarray
    ratio: np.ndarray


@dataclass(frozen=True, eq=False)
class Approach:
    """Move accepted points towards their origins; every step keeps them accepted.

    Attributes
    ----------
    proximity : Proximity
    lead : callable
        Takes points (n, n_features) and places (n,) that say which origin each belongs to;
        returns by how much the wanted answer is ahead there, shape (n,). A point is accepted
        where it is 0 or more.
    origins : ndarray, shape (n_points, n_features)
    max_changed : int or None
    sparse : bool
        Whether columns are set back and traded, so that few change; otherwise points only
        come nearer along their way.
    """

    proximity: Proximity
    lead: Lead
    origins: Matrix
    max_changed: int | None
    sparse: bool = True

    @cached_property
    def ends(self) -> Ends:
        """The ranges of every point's changes, each shape (n_points, n_features)."""
        return self.proximity.limits.ends(self.origins)

    def possible(self, trials: np.ndarray, places: np.ndarray) -> np.ndarray:
        """Return trials (n, n_trials, n_features) moved to where those of `places` may be."""
        low, high = self.ends
        origins = self.origins[places][:, None]
        return self.proximity.possible(
            trials, origins, (low[places][:, None], high[places][:, None])
        )

    @staticmethod
    def bytes_per_point(n_features: int) -> int:
        """Return about how much memory the trials of one point take at once."""
        n_trials = max(2 * n_features, N_TRIALS, 3 * 5)
        return 8 * COPIES * n_trials * n_features

    def shorten(self, points: Matrix) -> Matrix:
        """Return points nearer on their own ways, roughly, with columns reset if `sparse`.

        Starts that change different columns stay apart.
        """
        if self.sparse:
            points = self.with_fewer_changes(points)
        points = self.along_the_way(points, ROUGH)
        if self.sparse:
            points = self.with_fewer_changes(points)
            points = self.column_by_column(points, ROUGH)
        return points

    def trade(self, points: Matrix, moved: np.ndarray, step: np.ndarray) -> Matrix:
        """Return points with columns traded for others where that is cheaper.

        `moved` and `step` are `trade_steps`, with a row for each point.
        """
        if not self.sparse:
            return points
        points = self.by_pivots(points)
        points = self.by_trades(points, moved, step)
        return merge_columns(self, self.with_fewer_changes(points))

    def finish(self, points: Matrix) -> Matrix:
        """Return points whose ways end where the answer changes."""
        if not self.sparse:
            return self.along_the_way(points, FINE)
        return self.column_by_column(self.along_the_way(points, ROUGH), FINE)

    def with_fewer_changes(self, points: Matrix) -> Matrix:
        """Set columns back to the origin's values, as many together as the answer stays.

        Columns are taken in order of the lead that setting back each alone costs for its
        price; the longest run of them that is accepted is set back, again and again.
        """
        points = points.copy()
        open_ = np.flatnonzero((points != self.origins).any(axis=1))
        while len(open_):
            own, origins = points[open_], self.origins[open_]
            row, column = np.nonzero(own != origins)
            trials = own[row]
            trials[np.arange(len(row)), column] = origins[row, column]
            lead = np.full(own.shape, -np.inf)
            lead[row, column] = self.lead(trials, open_[row])
            possible = (lead >= 0).any(axis=1)
            open_, own, origins = open_[possible], own[possible], origins[possible]
            if not len(open_):
                break
            lead = lead[possible]
            before = self.lead(own, open_)
            price = self.proximity.parts(own, origins) + self.proximity.change_cost
            worth = np.where(lead >= 0, (before[:, None] - lead) / np.maximum(price, 1e-12), np.inf)
            order = np.argsort(worth, axis=1, kind="stable")
            rank = np.argsort(order, axis=1, kind="stable")
            n_free = (lead >= 0).sum(axis=1)
            points[open_] = self._longest_run(own, origins, rank, n_free, open_)
            open_ = open_[(n_free > 1)]
        return points

    def _longest_run(
        self, own: Matrix, origins: Matrix, rank: np.ndarray, n_free: np.ndarray, places: np.ndarray
    ) -> Matrix:
        """Set back the first columns by rank, the largest accepted number of them."""
        most = int(n_free.max())
        size = np.arange(1, most + 1)
        back = rank[:, None, :] < size[None, :, None]
        trials = np.where(back, origins[:, None], own[:, None])
        accepted = np.zeros((len(own), most), dtype=bool)
        accepted[:, 0] = True  # one column alone is known to be
        row, place = np.nonzero(size[None] <= n_free[:, None])
        asked = place > 0
        row, place = row[asked], place[asked]
        if len(row):
            accepted[row, place] = self.accepts(trials[row, place], places[row])
        last = most - 1 - accepted[:, ::-1].argmax(axis=1)
        return np.asarray(trials[np.arange(len(own)), last])

    def accepts(self, points: Matrix, places: np.ndarray) -> np.ndarray:
        """Return whether points are accepted, shape (n,)."""
        return np.asarray(self.lead(points, places) >= 0)

    def along_the_way(self, points: Matrix, n_cuts: int = FINE) -> Matrix:
        """Shorten the way of all numeric columns together."""
        return self._shorten(points, np.ones_like(points), np.arange(len(points)), n_cuts)

    def column_by_column(self, points: Matrix, n_cuts: int = FINE) -> Matrix:
        """Shorten one numeric column after another, the longest way first."""
        ways = np.abs(points - self.origins) / self.proximity.unit
        order = np.argsort(-np.where(self.proximity.discrete, 0.0, ways), axis=1, kind="stable")
        every = np.arange(len(points))
        numeric = int((~self.proximity.discrete).sum())
        for columns in order.T[:numeric]:
            moving = self.origins[every, columns] != points[every, columns]
            moving &= ~self.proximity.discrete[columns]
            if not moving.any():
                break
            share = np.zeros_like(points)
            share[every, columns] = 1.0
            points = self._shorten(points, share, np.flatnonzero(moving), n_cuts)
        return points

    def shorten_column(self, points: Matrix, places: np.ndarray, columns: np.ndarray) -> Matrix:
        """Return points nearer in one numeric column each, roughly.

        `places` say which origins the accepted points, shape (n, n_features), belong to.
        """
        share = np.zeros_like(points)
        share[np.arange(len(points)), columns] = 1.0
        return self._shortened(points, share, places, ROUGH)

    def by_pivots(self, points: Matrix) -> Matrix:
        """Trade the numeric column that gains least for its distance for the one that gains most.

        On a linear model this is the step of the simplex method; several lengths of it are
        tried, since other models bend. All columns are looked at once, then the changed ones
        and those that gained most.
        """
        points = points.copy()
        places = np.arange(len(points))
        numeric = np.flatnonzero(~self.proximity.discrete & self.proximity.limits.mutable)
        columns = np.tile(numeric, (len(points), 1))
        for _ in range(N_PIVOTS):
            if not len(places) or not columns.shape[1]:
                break
            gain, loss = self._effects(points[places], places, columns)
            every = np.arange(len(places))
            enter, leave = gain.argmax(axis=1), loss.argmin(axis=1)
            most, least = gain[every, enter], loss[every, leave]
            useful = np.isfinite(most) & np.isfinite(least) & (most > np.maximum(least, 0.0))
            places, ratio = places[useful], np.maximum(least[useful], 0.0) / most[useful]
            steps = Steps(columns[useful], enter[useful], leave[useful], ratio)
            trials = self._pivots(points[places], places, steps)
            best, found = self._best(trials, places, points)
            points[places[found]] = best[found]
            places, columns = places[found], columns[useful][found]
            columns = self._promising(columns, gain[useful][found], loss[useful][found])
        return points

    @staticmethod
    def _promising(columns: np.ndarray, gain: np.ndarray, loss: np.ndarray) -> np.ndarray:
        """Return the changed columns and those that gain most, at most `N_COLUMNS`."""
        n_columns = columns.shape[1]
        if n_columns <= N_COLUMNS:
            return columns
        changed = np.isfinite(loss).reshape(-1, 2, n_columns).any(axis=1)
        gain = gain.reshape(-1, 2, n_columns).max(axis=1)
        order = np.argsort(-np.where(changed, np.inf, gain), axis=1, kind="stable")
        return np.take_along_axis(columns, order[:, :N_COLUMNS], axis=1)

    def _effects(
        self, points: Matrix, places: np.ndarray, columns: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return lead gained away from the origin, and lost towards it, per distance.

        Shapes (n_points, 2 n_columns): every column of `columns`, shape (n_points, n_columns),
        downwards, then upwards; -inf and inf where a column has no such way.
        """
        unit, integer = self.proximity.unit, self.proximity.limits.integer
        size = np.maximum(unit * PROBE, np.where(integer, 1.0, 0.0))[columns]
        here, origins = points[:, None], self.origins[places][:, None]
        trials = np.repeat(here, 2 * columns.shape[1], axis=1)
        place = np.indices(trials.shape[:2])
        trials[place[0], place[1], np.hstack([columns, columns])] += np.hstack([-size, size])
        trials = self.possible(_not_past(here, trials, origins), places)
        farther = self.proximity.distance(trials, origins) - self.proximity.distance(here, origins)
        row, trial = np.nonzero(farther)
        lead = np.zeros(farther.shape)
        lead[row, trial] = self.lead(trials[row, trial], places[row])
        lead = lead - self.lead(points, places)[:, None]
        rate = lead / np.where(farther == 0, 1.0, farther)
        return np.where(farther > 0, rate, -np.inf), np.where(farther < 0, rate, np.inf)

    def _pivots(self, points: Matrix, places: np.ndarray, steps: Steps) -> np.ndarray:
        """Return trials of some lengths, with a little slack, (n_points, n_trials, n_features)."""
        every, origins = np.arange(len(points)), self.origins[places]
        n_columns, unit = steps.columns.shape[1], self.proximity.unit
        sign = np.where(steps.enter < n_columns, -1.0, 1.0)
        enter = steps.columns[every, steps.enter % n_columns]
        leave = steps.columns[every, steps.leave % n_columns]
        far = points.copy()
        far[every, enter] = sign * np.inf
        room = np.abs(self.possible(far[:, None], places)[:, 0] - points)[every, enter]
        left = (points - origins)[every, leave] / unit[leave]
        longest = np.minimum(room / unit[enter], np.abs(left) * steps.ratio)
        trials = []
        for share, slack in product((1.0, 0.5, 0.25, 0.1, 0.03), (1.0, 0.97, 0.85)):
            longer = share * longest
            shorter = np.minimum(slack * longer / np.maximum(steps.ratio, 1e-12), np.abs(left))
            trial = points.copy()
            trial[every, enter] += sign * longer * unit[enter]
            trial[every, leave] -= np.sign(left) * shorter * unit[leave]
            trials.append(_not_past(points, trial, origins))
        return self.possible(np.stack(trials, axis=1), places)

    def by_trades(self, points: Matrix, moved: np.ndarray, step: np.ndarray) -> Matrix:
        """Try random steps that lower the cost: less of one column for more of another.

        `moved` and `step` have shape (n_points, N_ROUNDS, N_TRIALS, N_MOVED).
        """
        points = points.copy()
        radius = np.ones(len(points))
        every = np.arange(len(points))
        row, trial = every[:, None, None], np.arange(N_TRIALS)[None, :, None]
        origins = self.origins[:, None]
        for turn in range(N_ROUNDS):
            reach = self.proximity.distance(points, self.origins) * radius
            columns = moved[:, turn]
            far = step[:, turn] * self.proximity.unit[columns] * reach[:, None, None]
            far = np.where(self.proximity.discrete[columns], 0.0, far)
            trials = np.repeat(points[:, None], N_TRIALS, axis=1)
            np.add.at(trials, (row, trial, columns), far)
            trials = self.possible(_not_past(points[:, None], trials, origins), every)
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

    def _shorten(
        self, points: Matrix, share: np.ndarray, places: np.ndarray, n_cuts: int
    ) -> Matrix:
        """Shorten the ways of the points at `places` in the columns where `share` is 1."""
        nearest = points.copy()
        nearest[places] = self._shortened(points[places], share[places], places, n_cuts)
        return nearest

    def _shortened(
        self, ends: Matrix, share: np.ndarray, places: np.ndarray, n_cuts: int
    ) -> Matrix:
        origins = self.origins[places]
        limits = self.ends[0][places], self.ends[1][places]

        def at(fraction: np.ndarray) -> np.ndarray:
            # Where nothing was shortened, rounding must not move the point off its place.
            left = 1.0 - share * (1.0 - fraction[..., None])
            way = self.proximity.between(ends, origins, left, limits)
            return np.where(fraction[..., None] < 1.0, way, ends)

        def accepted(fraction: np.ndarray) -> np.ndarray:
            trials = at(fraction).reshape(-1, ends.shape[1])
            which = np.tile(places, len(fraction))
            return self.accepts(trials, which).reshape(fraction.shape)

        n = len(places)
        return np.asarray(at(first_accepted(accepted, np.zeros(n), np.ones(n), n_cuts)))


def _not_past(points: np.ndarray, trials: np.ndarray, origins: np.ndarray) -> np.ndarray:
    """Return trials stopped at the origin, so that columns can fall out altogether."""
    # Above the origin a trial may come down to it, below it up to it.
    trials = np.maximum(trials, np.where(points > origins, origins, -np.inf))
    return np.asarray(np.minimum(trials, np.where(points < origins, origins, np.inf)))


def first_accepted(
    accepted: Callable[[np.ndarray], np.ndarray],
    low: np.ndarray,
    high: np.ndarray,
    n_cuts: int = FINE,
) -> np.ndarray:
    """Return where between `low` and the accepted `high` acceptance begins.

    To 8 ** -n_cuts of the way. `accepted` takes fractions, shape (7, n), and answers for
    each. Seven places are asked at once, since a call to a model often costs more than a few
    rows in it.
    """
    every = np.arange(len(low))
    for _ in range(n_cuts):
        grid = low + (high - low) * np.linspace(0.0, 1.0, 9)[:, None]
        grid[-1] = high
        inner = np.vstack([accepted(grid[1:8]), np.ones((1, len(low)), dtype=bool)])
        first = inner.argmax(axis=0)
        low, high = grid[first, every], grid[first + 1, every]
    return high


def trade_steps(
    rng: np.random.Generator, n_points: int, n_features: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return random steps on one to three columns, for `Approach.by_trades`.

    Columns and lengths, each shape (n_points, N_ROUNDS, N_TRIALS, N_MOVED). Columns of a step
    are drawn with replacement; those beyond its number have length 0.
    """
    shape = (n_points, N_ROUNDS, N_TRIALS)
    n_moved = rng.integers(1, min(N_MOVED, n_features) + 1, size=(*shape, 1))
    columns = rng.integers(n_features, size=(*shape, N_MOVED))
    step = rng.normal(scale=0.5, size=(*shape, N_MOVED))
    return columns, np.where(np.arange(N_MOVED) < n_moved, step, 0.0)
