"""An anchor as a box: bounds that keep the answer, infinite where a side is open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
import pandas as pd

from xaigeo.explanations import Anchors, rule_text
from xaigeo.geometry.coverage import CELLS, coverage_cells
from xaigeo.geometry.groups import Groups
from xaigeo.geometry.mark import Canvas, Mark, Tables
from xaigeo.geometry.standard_frame import StandardFrame
from xaigeo.geometry.table import KEYS, Columns, stack, table

BOXES: Final[Columns] = KEYS | {
    "predicted": "text",
    "group": "text",
    "n_seeds": "int64",
    "share": "float64",
    "x1": "float64",
    "x2": "float64",
    "y1": "float64",
    "y2": "float64",
    "open_left": "bool",
    "open_right": "bool",
    "open_bottom": "bool",
    "open_top": "bool",
    "precision": "float64",
    "precision_low": "float64",
    "coverage": "float64",
    "met": "bool",
    "n_met": "int64",
    "rule": "text",
}
MEMBERS: Final[Columns] = KEYS | {
    "predicted": "text",
    "n_rows": "int64",
    "background_rows": "text",
}


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
        inside = np.ones((*self.lower.shape[:2], len(rows)), dtype=bool)
        for j in range(rows.shape[1]):
            inside &= self._within(
                rows[:, j], j, self.lower[..., j], self.upper[..., j], self.allowed[:, :, j]
            )
        return inside

    def draw(self, canvas: Canvas) -> Tables:
        """Return `boxes` (seed, intersection, union), their `box_members`, `coverage_cells`."""
        return BoxDrawing(self, canvas).tables()

    def _within(
        self, values: np.ndarray, j: int, lower: np.ndarray, upper: np.ndarray, allowed: np.ndarray
    ) -> np.ndarray:
        if self.schema.features[j].is_discrete:
            return np.asarray(allowed[..., values.astype(np.intp)])
        return np.asarray((values >= lower[..., None]) & (values <= upper[..., None]))


class BoxDrawing:
    """Boxes cut by the plane of two features, the others held at the instance.

    The instance obeys its own rule, so the cut is the rectangle of the two features' bounds.
    """

    def __init__(self, box: Box, canvas: Canvas) -> None:
        self.box, self.canvas = box, canvas
        self.inside = box.members(canvas.background)

    def tables(self) -> Tables:
        """Return the three tables."""
        over_seeds, members, cells = [], [], []
        for place, seeds in Groups.by(self.box.predicted):
            for layer in ("intersection", "union"):
                drawn, listed = self._joint(layer, place, seeds)
                over_seeds.append(drawn)
                members.append(listed)
            cells.append(self._cells(place, seeds))
        return {
            "boxes": stack(BOXES, [self._seeds(), *over_seeds]),
            "box_members": stack(MEMBERS, [self._seed_members(), *members]),
            "coverage_cells": stack(CELLS, cells),
        }

    def _seeds(self) -> pd.DataFrame:
        box = self.box
        predicted = box.names(box.predicted)
        rules = np.empty(box.predicted.shape, dtype=object)
        for place in np.ndindex(rules.shape):
            rules[place] = rule_text(
                box.schema, box.lower[place], box.upper[place], box.allowed[place]
            )
        return table(
            BOXES,
            box.seed_keys()
            | self._sides(box.lower, box.upper)
            | {
                "predicted": predicted,
                "group": predicted,
                "n_seeds": 1,
                "share": 1.0 / len(box.seeds),
                "precision": box.precision,
                "precision_low": box.precision_low,
                "coverage": box.coverage,
                "met": box.met,
                "n_met": box.met.astype(int),
                "rule": rules,
            },
        )

    def _sides(self, lower: np.ndarray, upper: np.ndarray) -> dict[str, np.ndarray]:
        """Return edges clipped to the limits of the scene, and which sides are open."""
        places = list(self.canvas.view.places)
        low, high = lower[..., places], upper[..., places]
        floor, ceiling = self.canvas.limits
        left, right = np.clip(low, floor, ceiling), np.clip(high, floor, ceiling)
        return {
            "x1": left[..., 0],
            "x2": right[..., 0],
            "y1": left[..., 1],
            "y2": right[..., 1],
            "open_left": np.isneginf(low[..., 0]),
            "open_right": np.isposinf(high[..., 0]),
            "open_bottom": np.isneginf(low[..., 1]),
            "open_top": np.isposinf(high[..., 1]),
        }

    def _joint(
        self, layer: str, place: int, seeds: np.ndarray
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the intersection of the seeds' boxes (never empty: all hold x₀) or their hull."""
        box = self.box
        own = (seeds, place)
        if layer == "intersection":
            lower, upper = box.lower[own].max(axis=0), box.upper[own].min(axis=0)
            allowed = box.allowed[own].all(axis=0)
            inside = self.inside[own].all(axis=0)
        else:
            lower, upper = box.lower[own].min(axis=0), box.upper[own].max(axis=0)
            allowed = box.allowed[own].any(axis=0)
            inside = self._hull_members(lower, upper, allowed)
        keys = box.group_keys(np.array([place]), layer)
        names = self._names(place, seeds)
        drawn = table(
            BOXES,
            keys
            | self._sides(lower, upper)
            | names
            | {
                "n_seeds": len(seeds),
                "share": len(seeds) / len(box.seeds),
                "precision": np.nan,
                "precision_low": np.nan,
                "coverage": inside.mean(),
                "met": bool(box.met[own].all()),
                "n_met": int(box.met[own].sum()),
                "rule": rule_text(box.schema, lower, upper, allowed),
            },
        )
        return drawn, self._member_table(keys | names, inside[None])

    def _hull_members(
        self, lower: np.ndarray, upper: np.ndarray, allowed: np.ndarray
    ) -> np.ndarray:
        rows = self.canvas.background
        inside = np.ones(len(rows), dtype=bool)
        for j in range(rows.shape[1]):
            inside &= self.box._within(rows[:, j], j, lower[j], upper[j], allowed[j])
        return inside

    def _seed_members(self) -> pd.DataFrame:
        box = self.box
        keys = box.seed_keys() | {"predicted": box.names(box.predicted)}
        return self._member_table(keys, self.inside.reshape(-1, self.inside.shape[-1]))

    def _member_table(self, keys: dict[str, Any], inside: np.ndarray) -> pd.DataFrame:
        rows = np.empty(len(inside), dtype=object)
        rows[:] = [tuple(np.flatnonzero(mask).tolist()) for mask in inside]
        kept = {name: value for name, value in keys.items() if name != "group"}
        return table(MEMBERS, kept | {"n_rows": inside.sum(axis=1), "background_rows": rows})

    def _cells(self, place: int, seeds: np.ndarray) -> pd.DataFrame:
        box, places = self.box, list(self.canvas.view.places)
        floor, ceiling = self.canvas.limits
        cells = coverage_cells(
            np.clip(box.lower[seeds, place][:, places], floor, ceiling),
            np.clip(box.upper[seeds, place][:, places], floor, ceiling),
        )
        names = {k: v for k, v in self._names(place, seeds).items() if k != "group"}
        return table(
            CELLS,
            names
            | {
                "method": box.method,
                "instance": np.full(len(cells), box.instances[place]),
                "x1": cells[:, 0],
                "x2": cells[:, 1],
                "y1": cells[:, 2],
                "y2": cells[:, 3],
                "n_seeds": cells[:, 4],
                "share": cells[:, 4] / len(seeds),
            },
        )

    def _names(self, place: int, seeds: np.ndarray) -> dict[str, str]:
        predicted = self.box.outputs[self.box.predicted[seeds[0], place]]
        return {"predicted": predicted, "group": predicted}
