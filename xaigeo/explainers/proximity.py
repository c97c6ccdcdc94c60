"""How far a changed row is from an instance, and which changes are possible."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaigeo.explainers.background import Background
from xaigeo.schema import Matrix


@dataclass(frozen=True, eq=False)
class Proximity:
    """Distances and limits of the rows that may stand against an instance.

    Attributes
    ----------
    unit : ndarray, shape (n_features,)
        Median absolute deviation of a numeric column in the background (its standard
        deviation where that is 0); 1 for a categorical or ordinal column.
    discrete, integer, mutable : ndarray of bool, shape (n_features,)
        Columns of categories, of whole numbers, and those that may change.
    lower, upper : ndarray, shape (n_features,)
        Range of the background.
    change_cost : float
        What a changed column costs besides its distance.
    """

    unit: np.ndarray
    discrete: np.ndarray
    integer: np.ndarray
    mutable: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    change_cost: float

    @classmethod
    def from_background(
        cls, background: Background, mutable: np.ndarray, change_cost: float
    ) -> Proximity:
        """Read units and ranges off the background."""
        schema = background.schema
        return cls(
            unit=np.where(schema.discrete, 1.0, background.mad),
            discrete=schema.discrete,
            integer=np.array([feature.integer for feature in schema.features]),
            mutable=mutable,
            lower=background.rows.min(axis=0),
            upper=background.rows.max(axis=0),
            change_cost=change_cost,
        )

    def distance(self, points: Matrix, origins: Matrix) -> np.ndarray:
        """Return the L1 distance in `unit`s, a changed category counting 1."""
        moved = np.where(self.discrete, points != origins, np.abs(points - origins) / self.unit)
        return np.asarray(moved.sum(axis=-1))

    def cost(self, points: Matrix, origins: Matrix) -> np.ndarray:
        """Return what a search makes small: distance and `change_cost` a changed column."""
        n_changed = (points != origins).sum(axis=-1)
        return np.asarray(self.distance(points, origins) + self.change_cost * n_changed)

    def possible(self, points: Matrix, origins: Matrix) -> Matrix:
        """Return the points moved to where they may be.

        Columns that may not change take the origin's value, whole numbers are rounded, and
        numbers stay in the background's range, widened to hold the origin.
        """
        points = np.where(self.integer, np.round(points), points)
        low, high = np.minimum(self.lower, origins), np.maximum(self.upper, origins)
        return np.where(self.mutable, np.clip(points, low, high), origins)

    def between(self, points: Matrix, origins: Matrix, fraction: np.ndarray) -> Matrix:
        """Return points at a fraction of the way from origins, categories kept as at the end."""
        way = origins + fraction * (points - origins)
        return self.possible(np.where(self.discrete, points, way), origins)
