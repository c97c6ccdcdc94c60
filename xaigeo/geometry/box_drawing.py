"""Boxes cut by the plane of two features, by seed and over seeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from xaigeo.explanations import rule_text
from xaigeo.geometry.coverage import CELLS, coverage_cells
from xaigeo.geometry.groups import Groups
from xaigeo.geometry.mark import Canvas, Tables
from xaigeo.geometry.table import KEYS, Columns, stack, table
from xaigeo.schema import FeatureSchema

if TYPE_CHECKING:
    from xaigeo.geometry.box import Box

BOXES: Final[Columns] = KEYS | {
    "predicted": "text",
    "mode": "int64",
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
    "mode": "int64",
    "n_rows": "int64",
    "background_rows": "text",
}
_NO_SIDES: Final[dict[str, Any]] = dict.fromkeys(("x1", "x2", "y1", "y2"), np.nan) | dict.fromkeys(
    ("open_left", "open_right", "open_bottom", "open_top"), False
)


@dataclass(frozen=True, eq=False)
class BoxDrawing:
    """Rectangles of boxes: the other features stay at the instance, which obeys its own rule.

    In a projection a box is no rectangle: its row keeps what is said of the rule, and
    `box_outlines` holds its shape.
    """

    box: Box
    canvas: Canvas

    def tables(self) -> Tables:
        """Return `boxes`, `box_members` and `coverage_cells`."""
        groups = self.box.groups()
        common, hull = (
            self._joint(layer, groups, *joint_bounds(self.box, groups, layer))
            for layer in ("intersection", "union")
        )
        return {
            "boxes": stack(BOXES, [self._seeds(), common["boxes"], hull["boxes"]]),
            "box_members": stack(
                MEMBERS, [self._seed_members(), common["box_members"], hull["box_members"]]
            ),
            "coverage_cells": self._cells(groups),
        }

    @cached_property
    def inside(self) -> np.ndarray:
        """Which background rows obey each rule, shape (n_seeds, n_instances, n_rows)."""
        return self.box.members(self.canvas.background)

    def _seeds(self) -> pd.DataFrame:
        box = self.box
        return table(
            BOXES,
            box.seed_keys()
            | box.answers()
            | self._sides(box.lower, box.upper)
            | {
                "n_seeds": 1,
                "share": 1.0 / len(box.seeds),
                "precision": box.precision,
                "precision_low": box.precision_low,
                "coverage": box.coverage,
                "met": box.met,
                "n_met": box.met.astype(int),
                "rule": self._rules(box.lower, box.upper, box.allowed),
            },
        )

    def _joint(
        self, layer: str, groups: Groups, lower: np.ndarray, upper: np.ndarray, allowed: np.ndarray
    ) -> Tables:
        box = self.box
        inside = rows_inside(box.schema, self.canvas.background, lower, upper, allowed)
        keys = box.group_keys(groups.instance, layer) | box.group_answers(groups)
        drawn = table(
            BOXES,
            keys
            | self._sides(lower, upper)
            | {
                "n_seeds": groups.sizes,
                "share": groups.shares,
                "precision": np.nan,
                "precision_low": np.nan,
                "coverage": inside.mean(axis=-1),
                "met": groups.reduce(box.met, np.all),
                "n_met": groups.reduce(box.met, np.sum),
                "rule": self._rules(lower, upper, allowed),
            },
        )
        return {"boxes": drawn, "box_members": _member_table(keys, inside)}

    def _seed_members(self) -> pd.DataFrame:
        box = self.box
        keys = box.seed_keys() | box.answers()
        return _member_table(keys, self.inside.reshape(-1, self.inside.shape[-1]))

    def _sides(self, lower: np.ndarray, upper: np.ndarray) -> dict[str, Any]:
        """Return edges clipped to the limits of the scene, and which sides are open."""
        places = list(self.canvas.view.shown)
        if not places:
            return _NO_SIDES
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

    def _rules(self, lower: np.ndarray, upper: np.ndarray, allowed: np.ndarray) -> np.ndarray:
        texts = np.empty(lower.shape[:-1], dtype=object)
        for place in np.ndindex(texts.shape):
            texts[place] = rule_text(self.box.schema, lower[place], upper[place], allowed[place])
        return texts

    def _cells(self, groups: Groups) -> pd.DataFrame:
        box, places = self.box, list(self.canvas.view.shown)
        if not places:
            return stack(CELLS, [])
        lower = np.clip(box.lower[..., places], *self.canvas.limits)
        upper = np.clip(box.upper[..., places], *self.canvas.limits)
        found = [
            coverage_cells(lower[seeds, place], upper[seeds, place]) for place, seeds in groups
        ]
        cells = np.concatenate([np.empty((0, 5)), *found])
        own = np.repeat(np.arange(len(groups)), [len(one) for one in found])
        return table(
            CELLS,
            {
                "method": box.method,
                "instance": box.instances[groups.instance][own],
                "predicted": groups.shared(box.names(box.predicted))[own],
                "mode": groups.shared(box.mode)[own],
                "x1": cells[:, 0],
                "x2": cells[:, 1],
                "y1": cells[:, 2],
                "y2": cells[:, 3],
                "n_seeds": cells[:, 4],
                "share": cells[:, 4] / groups.sizes[own],
            },
        )


def joint_bounds(
    box: Box, groups: Groups, layer: Literal["intersection", "union"]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return lower and upper bounds and allowed categories of the boxes of each group.

    The intersection ``[max l, min u]`` is never empty, since every box holds the instance; the
    union is the smallest box that holds all.
    """
    common = layer == "intersection"
    inner, outer = (np.max, np.min) if common else (np.min, np.max)
    keep = np.all if common else np.any
    return (
        groups.reduce(box.lower, lambda v: inner(v, axis=0)),
        groups.reduce(box.upper, lambda v: outer(v, axis=0)),
        groups.reduce(box.allowed, lambda v: keep(v, axis=0)),
    )


def rows_inside(
    schema: FeatureSchema,
    rows: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    allowed: np.ndarray,
) -> np.ndarray:
    """Return which encoded rows lie in boxes, shape (..., n_rows) for bounds (..., n_features)."""
    inside = np.ones((*lower.shape[:-1], len(rows)), dtype=bool)
    for j, feature in enumerate(schema.features):
        values = rows[:, j]
        if feature.is_discrete:
            inside &= allowed[..., j, :][..., values.astype(np.intp)]
        else:
            inside &= (values >= lower[..., j, None]) & (values <= upper[..., j, None])
    return inside


def _member_table(keys: Mapping[str, Any], inside: np.ndarray) -> pd.DataFrame:
    rows = np.empty(len(inside), dtype=object)
    rows[:] = [tuple(np.flatnonzero(mask).tolist()) for mask in inside]
    return table(MEMBERS, dict(keys) | {"n_rows": inside.sum(axis=-1), "background_rows": rows})
