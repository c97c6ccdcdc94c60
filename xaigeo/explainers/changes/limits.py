"""Where a changed row may be, as arrays over columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaigeo.schema import FeatureSchema, Matrix

Ends = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class Limits:
    """The rows that may stand against an instance.

    A column that keeps the instance's value is always possible, whatever its range.

    Attributes
    ----------
    discrete, integer, mutable : ndarray of bool, shape (n_features,)
        Columns of categories, of whole numbers, and those that may change.
    lower, upper : ndarray, shape (n_features,)
        Range of changed values.
    named : ndarray of bool, shape (2, n_features)
        Lower and upper ends that a user named; the others are the background's, moved out
        to hold the instance.
    rising, falling : ndarray of bool, shape (n_features,)
        Columns that may only rise, or only fall.
    step : ndarray, shape (n_features,)
        Largest change, inf where there is none.
    transitions : ndarray of bool, shape (n_features, n_categories, n_categories)
        From which category (first) to which (second) a column may change.
    """

    discrete: np.ndarray
    integer: np.ndarray
    mutable: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    named: np.ndarray
    rising: np.ndarray
    falling: np.ndarray
    step: np.ndarray
    transitions: np.ndarray

    @classmethod
    def from_background(cls, schema: FeatureSchema, background: Matrix) -> Limits:
        """Return the background's ranges and categories, and no other limit."""
        n, most = schema.n_features, max(1, int(schema.n_categories.max()))
        transitions = np.zeros((n, most, most), dtype=bool)
        for j in np.flatnonzero(schema.discrete):
            transitions[j][:, np.unique(background[:, j]).astype(np.intp)] = True
        none = np.zeros(n, dtype=bool)
        return cls(
            discrete=schema.discrete,
            integer=np.array([feature.integer for feature in schema.features]),
            mutable=np.ones(n, dtype=bool),
            lower=background.min(axis=0),
            upper=background.max(axis=0),
            named=np.zeros((2, n), dtype=bool),
            rising=none,
            falling=none,
            step=np.full(n, np.inf),
            transitions=transitions,
        )

    def ends(self, origins: Matrix) -> Ends:
        """Return the lowest and highest value of changed columns, each shaped as `origins`.

        Both are the origin's value where the column cannot change.
        """
        low = np.where(self.named[0], self.lower, np.minimum(self.lower, origins))
        high = np.where(self.named[1], self.upper, np.maximum(self.upper, origins))
        low = np.maximum(low, origins - self.step)
        high = np.minimum(high, origins + self.step)
        low = np.where(self.rising, np.maximum(low, origins), low)
        high = np.where(self.falling, np.minimum(high, origins), high)
        if self.integer.any():
            low = np.where(self.integer, np.ceil(low), low)
            high = np.where(self.integer, np.floor(high), high)
        stuck = ~self.mutable | (low > high)
        return np.where(stuck, origins, low), np.where(stuck, origins, high)

    def possible(self, points: Matrix, origins: Matrix, ends: Ends | None = None) -> Matrix:
        """Return the points moved to where they may be.

        Columns that may not change take the origin's value, whole numbers are rounded, numbers
        go to the nearest end of their range, and categories that are out of reach go back.
        `ends` are those of the origins, where they are known already.
        """
        low, high = self.ends(origins) if ends is None else ends
        whole = self.integer | self.discrete
        if whole.any():
            points = np.where(whole, np.round(points), points)
        moved = np.maximum(points, low)
        np.minimum(moved, high, out=moved)
        if self.named.any():
            # An instance beyond its range may stay there.
            moved = np.where(points == origins, origins, moved)
        for j in np.flatnonzero(self.discrete):
            own, start = points[..., j], origins[..., j]
            code = np.clip(own, 0, self.transitions.shape[1] - 1).astype(np.intp)
            open_ = self.transitions[j][start.astype(np.intp), code]
            open_ = open_ & (own == moved[..., j])
            moved[..., j] = np.where(open_, own, start)
        return np.asarray(moved)

    def values(self, j: int | np.intp) -> np.ndarray:
        """Return the codes that a column of categories may change to from any other."""
        return np.flatnonzero(self.transitions[j].any(axis=0)).astype(np.float64)
