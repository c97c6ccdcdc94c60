"""Let one column take over the way of another, so that fewer columns change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xaigeo.schema import Matrix

if TYPE_CHECKING:
    from xaigeo.explainers.changes.nearest import Approach

# Changed columns that are tried to be done without, those with the shortest ways first.
N_DROPPED = 4
# Columns that may take over, after all were looked at once.
N_COLUMNS = 32
# By how much a guessed cost may exceed a point's, since models bend.
TOLERANCE = 1.5


def merge_columns(approach: Approach, points: Matrix) -> Matrix:
    """Return points with a column set back and another moved farther, where that is cheaper.

    For each of some changed columns: it is set back, every other numeric column is tried at
    the ends of its range, and the one with the least cost by linear interpolation of the lead is
    shortened to where the answer changes.
    """
    merger = _Merger(approach, points)
    open_ = np.ones(len(points), dtype=bool)
    for _ in range(N_DROPPED):
        better = np.zeros(len(points), dtype=bool)
        for rank in range(min(N_DROPPED, points.shape[1])):
            n_changed = (merger.points != approach.origins).sum(axis=1)
            places = np.flatnonzero(open_ & (n_changed > max(rank, 1)))
            if len(places) and merger.columns.shape[1]:
                better[places] |= merger.drop(places, rank)
        open_ = better
    return merger.points


class _Merger:
    """Points on their way to fewer columns, and the columns that may take over in each."""

    def __init__(self, approach: Approach, points: Matrix) -> None:
        limits = approach.proximity.limits
        numeric = np.flatnonzero(~limits.discrete & limits.mutable)
        self.approach, self.points = approach, points.copy()
        self.columns = np.tile(numeric, (len(points), 1))

    def drop(self, places: np.ndarray, rank: int) -> np.ndarray:
        """Do without the changed column of a rank; return where that was cheaper."""
        approach, proximity = self.approach, self.approach.proximity
        origins, every = approach.origins[places], np.arange(len(places))
        base, cost_before = self.points[places], proximity.cost(self.points[places], origins)
        ways = np.where(base == origins, np.inf, proximity.parts(base, origins))
        dropped = np.argsort(ways, axis=1, kind="stable")[:, rank]
        base[every, dropped] = origins[every, dropped]

        trials = self._ends(base, places, dropped)
        guess = self._guess(base, trials, places)
        chosen = guess.argmin(axis=1)
        column = self.columns[places, chosen % self.columns.shape[1]]
        self._narrow(guess, places)

        better = guess[every, chosen] < TOLERANCE * cost_before
        some = np.flatnonzero(better)
        if len(some):
            ends = trials[some, chosen[some]]
            nearer = approach.shorten_column(ends, places[some], column[some])
            cheaper = proximity.cost(nearer, origins[some]) < cost_before[some] - 1e-12
            self.points[places[some[cheaper]]] = nearer[cheaper]
            better[some[~cheaper]] = False
        return np.asarray(better)

    def _ends(self, base: Matrix, places: np.ndarray, dropped: np.ndarray) -> np.ndarray:
        """Return trials (n, 2 n_columns, n_features): each column at its low, then high end."""
        columns = np.hstack([self.columns[places]] * 2)
        row, trial = np.indices(columns.shape)
        low, high = (end[places] for end in self.approach.ends)
        upper = trial >= self.columns.shape[1]
        ends = np.where(upper, high[row, columns], low[row, columns])
        trials = np.repeat(base[:, None], columns.shape[1], axis=1)
        # The dropped column itself takes over nothing: that trial is the point without it.
        ends = np.where(columns == dropped[:, None], base[row, columns], ends)
        trials[row, trial, columns] = ends
        return trials

    def _guess(self, base: Matrix, trials: np.ndarray, places: np.ndarray) -> np.ndarray:
        """Return the cost at which a trial's lead is enough, were it linear; inf where never."""
        approach, cost = self.approach, self.approach.proximity.cost
        origins = approach.origins[places]
        row, trial = np.nonzero((trials != base[:, None]).any(axis=-1))
        lead = np.full(trials.shape[:2], -np.inf)
        lead[row, trial] = approach.lead(trials[row, trial], places[row])
        missing = -approach.lead(base, places)[:, None]
        start, end = cost(base, origins)[:, None], cost(trials, origins[:, None])
        share = missing / np.maximum(missing + lead, 1e-12)
        return np.where(lead >= 0, start + share * (end - start), np.inf)

    def _narrow(self, guess: np.ndarray, places: np.ndarray) -> None:
        """Keep the columns that would take over at the least cost."""
        n_columns = self.columns.shape[1]
        if n_columns <= N_COLUMNS:
            return
        best = guess.reshape(len(places), 2, n_columns).min(axis=1)
        order = np.argsort(best, axis=1, kind="stable")[:, :N_COLUMNS]
        kept = self.columns[:, :N_COLUMNS].copy()
        kept[places] = np.take_along_axis(self.columns[places], order, axis=1)
        self.columns = kept
