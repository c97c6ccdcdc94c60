"""Where the data are: whether an input is like the rows that models were trained on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.background import Background
from xaigeo.options import check_count, is_number
from xaigeo.schema import FeatureSchema, Frame, Matrix

if TYPE_CHECKING:
    from sklearn.neighbors import NearestNeighbors

# Rows need so many others to be told how far apart rows of the data lie.
LEAST_ROWS = 20


@dataclass(frozen=True, eq=False)
class Support:
    """Tells rows that are unlike the data from rows that are like them.

    Attributes
    ----------
    background : Background
        Rows that stand for the data.
    n_neighbours : int
    alarm : float
        Share of rows of the data that may be flagged.

    Notes
    -----
    Two things make a row unlike the data, and each is measured for itself and may give half of
    the alarms:

    - *together*, `distance`: the mean distance to the `n_neighbours` nearest background rows,
      Euclidean over columns in standard deviations, where two categories lie 1 apart. So an odd
      combination of usual values is noticed.
    - *one by one*, `excess`: how far the row's most extreme column lies beyond the background's
      range, in interquartile ranges (standard deviations where that is 0), infinite for a
      category that the background lacks and for any other value of a column that never varies
      there. One column of many hardly moves a distance.

    A row is flagged where one of them is above its threshold, which is what background rows
    reach when each is measured against the others: the ⌈(1 − alarm / 2)(n + 1)⌉-th smallest of
    n values, so that of fresh rows of the data at most about the share `alarm` is flagged
    (conformal prediction, Vovk et al. 2005; the values of rows left out in turn make it
    approximate). The thresholds know nothing of the rows that are to be found.

    The mean distance to neighbours is that of Angiulli and Pizzuti (2002,
    doi:10.1007/3-540-45681-3_2). The local outlier factor, which compares a row's distance with
    its neighbours', was not taken: it calls a row that lies between two dense groups of rows
    farther off than one that lies as far from a loose group, and it is the distance itself over
    which a model has to extrapolate.
    """

    background: Background
    n_neighbours: int = 5
    alarm: float = 0.05

    @classmethod
    def fit(
        cls,
        schema: FeatureSchema | SeedEnsemble,
        background: Frame,
        *,
        n_neighbours: int = 5,
        alarm: float = 0.05,
    ) -> Support:
        """Learn where the data are.

        Parameters
        ----------
        schema : FeatureSchema or SeedEnsemble
            The columns, or models that read them.
        background : DataFrame or ndarray, shape (n_background, n_features)
            Rows that stand for the data, such as the training rows; at least 20.
        n_neighbours : int
        alarm : float
            Share of rows of the data that may be flagged, above 0 and below 1. Too few rows for
            a small share raise an error: n rows can hold ``alarm >= 2 / (n + 1)``.

        Raises
        ------
        InputError
        """
        columns = schema.schema if isinstance(schema, SeedEnsemble) else schema
        if not isinstance(columns, FeatureSchema):
            raise InputError(
                expected="a FeatureSchema or a SeedEnsemble",
                arrived=type(schema).__name__,
                do="Pass ensemble.schema, or FeatureSchema.from_data(X).",
            )
        rows = columns.encode(background, what="background")
        check_count("n_neighbours", n_neighbours)
        if not is_number(alarm) or not 0 < alarm < 1:
            raise InputError(
                expected="alarm between 0 and 1", arrived=repr(alarm), do="Pass for example 0.05."
            )
        least = max(LEAST_ROWS, n_neighbours + 1, int(np.ceil(2 / alarm - 1)))
        if len(rows) < least:
            raise InputError(
                expected=f"a background of at least {least} rows for alarm={alarm:g} and "
                f"{n_neighbours} neighbours",
                arrived=f"{len(rows)} rows",
                do="Pass more rows, such as all training rows, or a larger alarm.",
            )
        return cls(Background.from_frame(columns, rows), int(n_neighbours), float(alarm))

    def distance(self, X: Frame) -> np.ndarray:
        """Return how far rows lie from their nearest background rows, shape (n_rows,)."""
        return self.distance_encoded(self.background.schema.encode(X))

    def excess(self, X: Frame) -> np.ndarray:
        """Return how far rows lie beyond the range of a column, shape (n_rows,); 0 within all."""
        return self.excess_encoded(self.background.schema.encode(X))

    def flag(self, X: Frame) -> np.ndarray:
        """Return whether rows are unlike the data, shape (n_rows,).

        A row that is itself among the background rows is at a distance of 0 from one of them, and
        is flagged less often than a fresh one.
        """
        return self.flag_encoded(self.background.schema.encode(X))

    def flag_encoded(self, rows: Matrix) -> np.ndarray:
        """Return `flag` of encoded rows."""
        far = self.distance_encoded(rows) > self.farthest
        return np.asarray(far | (self.excess_encoded(rows) > self.most_excess))

    def distance_encoded(self, rows: Matrix) -> np.ndarray:
        """Return `distance` of encoded rows."""
        away, _ = self._neighbours.kneighbors(self._coordinates(rows))
        return np.asarray(away.mean(axis=1))

    def excess_encoded(self, rows: Matrix) -> np.ndarray:
        """Return `excess` of encoded rows."""
        known = self.background.rows
        unseen = self._counts_at(rows) == 0
        return self._most_beyond(rows, known.min(axis=0), known.max(axis=0), unseen)

    @cached_property
    def farthest(self) -> float:
        """The distance above which a row is flagged."""
        away, _ = self._neighbours.kneighbors()  # without rows: of each row from the others
        return self._threshold(away.mean(axis=1))

    @cached_property
    def most_excess(self) -> float:
        """The excess above which a row is flagged."""
        rows = self.background.rows
        ends = np.sort(rows, axis=0)
        # Without a row that is the last, the range ends at the next value.
        lower = np.where(rows == ends[0], ends[1], ends[0])
        upper = np.where(rows == ends[-1], ends[-2], ends[-1])
        return self._threshold(self._most_beyond(rows, lower, upper, self._counts_at(rows) == 1))

    @cached_property
    def unit(self) -> np.ndarray:
        """What excess is counted in by column, shape (n_features,); 0 if it never varies."""
        first, third = np.quantile(self.background.rows, [0.25, 0.75], axis=0)
        return np.where(third > first, third - first, self.background.spread)

    @cached_property
    def _neighbours(self) -> NearestNeighbors:
        from sklearn.neighbors import NearestNeighbors

        found = NearestNeighbors(n_neighbors=self.n_neighbours)
        return found.fit(self._coordinates(self.background.rows))

    def _coordinates(self, rows: Matrix) -> Matrix:
        """Return rows as points, (n_rows, n_coordinates): a category is a corner of a simplex."""
        schema, spread = self.background.schema, self.background.spread
        # A column that never varies says nothing of how rows of the data lie to each other.
        varying = ~schema.discrete & (spread > 0)
        parts = [(rows - self.background.location)[:, varying] / spread[varying]]
        for j in np.flatnonzero(schema.discrete):
            codes = np.arange(schema.n_categories[j])
            parts.append((rows[:, j, None] == codes) / np.sqrt(2.0))
        return np.hstack(parts)

    def _counts_at(self, rows: Matrix) -> np.ndarray:
        """Return how many background rows have a row's category, (n_rows, n_discrete)."""
        known, schema = self.background.rows, self.background.schema
        found = [
            np.bincount(known[:, j].astype(np.intp), minlength=schema.n_categories[j])[
                rows[:, j].astype(np.intp)
            ]
            for j in np.flatnonzero(schema.discrete)
        ]
        return np.column_stack(found) if found else np.ones((len(rows), 0), dtype=np.intp)

    def _most_beyond(
        self, rows: Matrix, lower: np.ndarray, upper: np.ndarray, unseen: np.ndarray
    ) -> np.ndarray:
        numeric = ~self.background.schema.discrete
        beyond = np.maximum(np.maximum(lower - rows, rows - upper), 0.0)[:, numeric]
        unit = self.unit[numeric]
        with np.errstate(divide="ignore", invalid="ignore"):
            each = np.where(beyond > 0, beyond / unit, 0.0)
        most = each.max(axis=1, initial=0.0)
        return np.where(unseen.any(axis=1), np.inf, most)

    def _threshold(self, values: np.ndarray) -> float:
        n = len(values)
        rank = min(n, int(np.ceil((1.0 - self.alarm / 2.0) * (n + 1) - 1e-9)))
        return float(np.sort(values)[rank - 1])
