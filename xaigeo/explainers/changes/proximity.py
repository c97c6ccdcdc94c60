"""How far a changed row is from an instance, and what its changes cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaigeo.explainers.background import Background
from xaigeo.explainers.changes.limits import Ends, Limits
from xaigeo.schema import Matrix


@dataclass(frozen=True, eq=False)
class Proximity:
    """Distances from instances, and the limits within which rows are moved.

    Attributes
    ----------
    unit : ndarray, shape (n_features,)
        Median absolute deviation of a numeric column in the background (its standard
        deviation where that is 0); 1 for a categorical or ordinal column.
    limits : Limits
    change_cost : float
        What a changed column costs besides its distance.
    """

    unit: np.ndarray
    limits: Limits
    change_cost: float

    @classmethod
    def from_background(
        cls, background: Background, limits: Limits, change_cost: float
    ) -> Proximity:
        """Read units off the background."""
        unit = np.where(background.schema.discrete, 1.0, background.mad)
        return cls(unit=unit, limits=limits, change_cost=change_cost)

    @property
    def discrete(self) -> np.ndarray:
        """Mask of columns of categories, shape (n_features,)."""
        return self.limits.discrete

    def distance(self, points: Matrix, origins: Matrix) -> np.ndarray:
        """Return the L1 distance in `unit`s, a changed category counting 1."""
        return np.asarray(self.parts(points, origins).sum(axis=-1))

    def parts(self, points: Matrix, origins: Matrix) -> np.ndarray:
        """Return what each column adds to the distance, shape (..., n_features)."""
        moved = np.abs(points - origins) / self.unit
        if self.discrete.any():
            moved = np.where(self.discrete, points != origins, moved)
        return np.asarray(moved)

    def cost(self, points: Matrix, origins: Matrix) -> np.ndarray:
        """Return what a search makes small: distance and `change_cost` a changed column."""
        n_changed = np.count_nonzero(points != origins, axis=-1)
        return np.asarray(self.distance(points, origins) + self.change_cost * n_changed)

    def possible(self, points: Matrix, origins: Matrix, ends: Ends | None = None) -> Matrix:
        """Return the points moved to where they may be (`Limits.possible`)."""
        return self.limits.possible(points, origins, ends)

    def between(
        self, points: Matrix, origins: Matrix, fraction: np.ndarray, ends: Ends | None = None
    ) -> Matrix:
        """Return points at a fraction of the way from origins, categories kept as at the end."""
        way = origins + fraction * (points - origins)
        if self.discrete.any():
            way = np.where(self.discrete, points, way)
        return self.possible(way, origins, ends)
