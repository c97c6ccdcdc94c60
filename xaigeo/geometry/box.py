"""An anchor as a box: bounds that keep the answer, infinite where a side is open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from xaigeo.explanations import Anchors
from xaigeo.geometry.box_drawing import BOXES, MEMBERS, BoxDrawing, rows_inside
from xaigeo.geometry.coverage import CELLS
from xaigeo.geometry.mark import Canvas, Mark, Tables
from xaigeo.geometry.standard_frame import StandardFrame
from xaigeo.geometry.table import Columns


@dataclass(frozen=True, eq=False, kw_only=True)
class Box(Mark):
    """Rules as boxes around the instances they hold for.

    Attributes
    ----------
    lower, upper : ndarray, shape (n_seeds, n_instances, n_features)
        Original units; -inf and inf for open sides.
    allowed : ndarray of bool, shape (n_seeds, n_instances, n_features, n_categories)
    precision, precision_low, coverage, met : ndarray, shape (n_seeds, n_instances)
    """

    lower: np.ndarray
    upper: np.ndarray
    allowed: np.ndarray
    precision: np.ndarray
    precision_low: np.ndarray
    coverage: np.ndarray
    met: np.ndarray

    columns: ClassVar[dict[str, Columns]] = {
        "boxes": BOXES,
        "box_members": MEMBERS,
        "coverage_cells": CELLS,
    }

    @classmethod
    def from_anchors(cls, anchors: Anchors, *, frame: StandardFrame) -> Box:
        """Take the bounds of an explanation."""
        names = ("lower", "upper", "allowed", "precision", "precision_low", "coverage", "met")
        return cls(
            method=anchors.method,
            schema=anchors.schema,
            outputs=tuple(anchors.outputs),
            seeds=anchors.seeds,
            instances=anchors.instances,
            rows=anchors.array("input"),
            predicted=anchors.predicted,
            frame=frame,
            **{name: anchors.array(name) for name in names},
        )

    def to_frame(self) -> pd.DataFrame:
        """Return the bounds, one row per seed, instance and feature; categories as text."""
        allowed = np.full(self.lower.shape, None, dtype=object)
        for j, feature in enumerate(self.schema.features):
            if feature.is_discrete:
                for place in np.ndindex(self.lower.shape[:2]):
                    mask = self.allowed[place][j, : len(feature.categories)]
                    kept = [str(c) for c, ok in zip(feature.categories, mask, strict=True) if ok]
                    allowed[(*place, j)] = ", ".join(kept)
        return self.feature_table(
            {"lower": "float64", "upper": "float64", "allowed": "text"},
            {"lower": self.lower, "upper": self.upper, "allowed": allowed},
        )

    def members(self, rows: np.ndarray) -> np.ndarray:
        """Return which encoded rows obey each rule, shape (n_seeds, n_instances, n_rows)."""
        return rows_inside(self.schema, rows, self.lower, self.upper, self.allowed)

    def draw(self, canvas: Canvas) -> Tables:
        """Return `boxes` (seed, intersection, union), their `box_members`, `coverage_cells`."""
        return BoxDrawing(self, canvas).tables()
