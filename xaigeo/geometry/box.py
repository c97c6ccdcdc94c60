"""An anchor as a box: bounds that keep the answer, infinite where a side is open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from xaigeo.explanations import Anchors
from xaigeo.geometry.box_drawing import BoxDrawing, rows_inside
from xaigeo.geometry.box_shadow import BoxShadow
from xaigeo.geometry.mark import Canvas, Mark, Tables
from xaigeo.geometry.region import REGIONS, Region
from xaigeo.geometry.shadow import Shadow
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
    region_lower, region_upper : ndarray, shape (n_instances, n_features)
        Where the search sampled: the range of the background, or the neighbourhood within it.
    """

    lower: np.ndarray
    upper: np.ndarray
    allowed: np.ndarray
    precision: np.ndarray
    precision_low: np.ndarray
    coverage: np.ndarray
    met: np.ndarray
    region_lower: np.ndarray
    region_upper: np.ndarray

    columns: ClassVar[dict[str, Columns]] = {
        **BoxShadow.columns,
        "regions": REGIONS,
    }

    @classmethod
    def from_anchors(cls, anchors: Anchors, *, frame: StandardFrame) -> Box:
        """Take the bounds of an explanation."""
        names = ("lower", "upper", "allowed", "precision", "precision_low", "coverage", "met")
        low, high = _sampled(anchors, frame)
        return cls(
            region_lower=low,
            region_upper=high,
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

    def shadows(self, canvas: Canvas) -> list[Shadow]:
        """Return `box_outlines` and `box_edges` in a projection, and `regions`."""
        region = Region.of_boxes(self, self.region_lower, self.region_upper, canvas.frame)
        return [region] if canvas.view.shown else [BoxShadow(self, canvas), region]

    def draw(self, canvas: Canvas) -> Tables:
        """Return `boxes` (seed, intersection, union), their members and what shows them."""
        drawn = super().draw(canvas)
        return BoxDrawing(self, canvas).tables() | drawn if canvas.view.shown else drawn


def _sampled(anchors: Anchors, frame: StandardFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of the region that the search drew from, (n_instances, n_features) each."""
    rows, background = anchors.array("input"), anchors.array("background")
    parameters = anchors.provenance["parameters"]
    low, high = background.min(axis=0), background.max(axis=0)
    # Normal draws around an instance are cut off at the range of the background alone.
    if parameters.get("sampling") == "local" and parameters.get("local_draws") != "normal":
        reach = parameters["radius"] * frame.scale
        low, high = np.maximum(low, rows - reach), np.minimum(high, rows + reach)
    return np.minimum(low, rows), np.maximum(high, rows)
