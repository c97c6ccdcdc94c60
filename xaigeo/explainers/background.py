"""The rows that stand for the data, and the statistics perturbations need."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xaigeo.schema import FeatureSchema, Matrix


@dataclass(frozen=True, eq=False)
class Background:
    """Encoded background rows, shape (n_background, n_features), with their statistics."""

    schema: FeatureSchema
    rows: Matrix

    @classmethod
    def from_frame(cls, schema: FeatureSchema, rows: Matrix) -> Background:
        """Hold rows already encoded by `schema`."""
        return cls(schema, np.ascontiguousarray(rows))

    @cached_property
    def location(self) -> np.ndarray:
        """Mean by feature, shape (n_features,); of a constant column its value, to the bit."""
        return np.asarray(np.where(self.spread > 0, self.rows.mean(axis=0), self.rows[0]))

    @cached_property
    def spread(self) -> np.ndarray:
        """Population standard deviation by feature; exactly 0 where a column is constant."""
        # Asked of the range: the standard deviation of equal values need not round to 0.
        return np.where(np.ptp(self.rows, axis=0) > 0, self.rows.std(axis=0), 0.0)

    @cached_property
    def scale(self) -> np.ndarray:
        """Population standard deviation by feature; 1 where a column is constant."""
        return np.where(self.spread > 0, self.spread, 1.0)

    @cached_property
    def mad(self) -> np.ndarray:
        """Median absolute deviation by feature; falls back to `scale` where it is 0."""
        spread = np.median(np.abs(self.rows - np.median(self.rows, axis=0)), axis=0)
        return np.where(spread > 0, spread, self.scale)

    @cached_property
    def frequencies(self) -> list[np.ndarray]:
        """Share of each category by feature; an empty array for numeric features."""
        return [
            np.bincount(self.rows[:, j].astype(np.intp), minlength=len(f.categories))
            / len(self.rows)
            if f.is_discrete
            else np.empty(0)
            for j, f in enumerate(self.schema.features)
        ]

    def identities(self, rows: Matrix) -> np.ndarray:
        """Return what tells rows apart whatever the units and the order of columns.

        Parameters
        ----------
        rows : ndarray, shape (n_rows, n_features)

        Returns
        -------
        ndarray, shape (n_rows, n_features)
            Columns in the order of their names; numbers as shares of the range that the schema
            saw, to six decimals, categories as their codes. A text as it is.
        """
        if not self.schema.features:  # a text is its tokens
            return np.ascontiguousarray(rows + 0.0)
        lower, upper = np.array([(f.lower, f.upper) for f in self.schema.features]).T
        share = (rows - lower) / np.where(upper > lower, upper - lower, 1.0)
        known = np.where(self.schema.discrete, rows, np.round(share, 6))
        order = np.argsort(np.array(self.schema.names), kind="stable")
        return np.ascontiguousarray(known[:, order] + 0.0)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the rows."""
        return hashlib.sha256(self.rows.tobytes()).hexdigest()
