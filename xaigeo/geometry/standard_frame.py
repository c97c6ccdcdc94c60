"""The frame in which geometry does not depend on units: ``z = (x - location) / scale``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaigeo.schema import FeatureSchema, Matrix


@dataclass(frozen=True, eq=False)
class StandardFrame:
    """Standardise encoded rows by the statistics of a background.

    Attributes
    ----------
    location : ndarray, shape (n_features,)
        Mean of each numeric column.
    scale : ndarray, shape (n_features,)
        Population standard deviation; 1 where a column is constant.
    discrete : ndarray of bool, shape (n_features,)
        Columns of categories. A category has no place on an axis, so its coordinate is 0.
    """

    location: np.ndarray
    scale: np.ndarray
    discrete: np.ndarray

    @classmethod
    def from_rows(cls, schema: FeatureSchema, rows: Matrix) -> StandardFrame:
        """Take mean and standard deviation from encoded rows."""
        spread = rows.std(axis=0)
        return cls(rows.mean(axis=0), np.where(spread > 0, spread, 1.0), schema.discrete)

    def points(self, rows: np.ndarray) -> np.ndarray:
        """Return standardised positions, shape (..., n_features)."""
        return self.displacements(rows - self.location)

    def displacements(self, steps: np.ndarray) -> np.ndarray:
        """Return standardised differences of positions: scaled, not centred."""
        return np.where(self.discrete, 0.0, steps / self.scale)

    def normals(self, slopes: np.ndarray) -> np.ndarray:
        """Return standardised normals ``w_z = D w`` of planes given in original units."""
        return np.where(self.discrete, 0.0, slopes * self.scale)
