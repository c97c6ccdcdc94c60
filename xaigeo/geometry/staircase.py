"""Arrows laid head to tail, from the largest attribution to the smallest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
import pandas as pd

from xaigeo.geometry.mark import Canvas, Tables
from xaigeo.geometry.shadow import Moving, Shadow, joined, part, xy
from xaigeo.geometry.table import KEYS, Columns, labels, stack, table
from xaigeo.geometry.vector_drawing import VectorDrawing
from xaigeo.geometry.view import View

if TYPE_CHECKING:
    from xaigeo.geometry.vectors import Vectors

STAIRCASES: Final[Columns] = KEYS | {
    "output": "text",
    "predicted": "text",
    "mode": "int64",
    "n_seeds": "int64",
    "order": "int64",
    "feature": "text",
    "attribution": "float64",
    "x": "float64",
    "y": "float64",
    "x2": "float64",
    "y2": "float64",
}
_MOVING: Final = ("x", "y", "x2", "y2")


@dataclass(frozen=True, eq=False)
class Staircase(Shadow):
    """The way from an instance to the tip of the resultant, one step a feature."""

    vectors: Vectors
    canvas: Canvas

    columns: ClassVar[dict[str, Columns]] = {"staircases": STAIRCASES}

    def facts(self) -> Tables:
        """Return `staircases` by seed and consensus; none unless the canvas asks for them."""
        columns = part(STAIRCASES, _MOVING)
        if not self.canvas.staircase:
            return {"staircases": stack(columns, [])}
        return {"staircases": stack(columns, [self._seeds(), self._consensus()])}

    def moving(self, view: View) -> Moving:
        """Return tails and tips of the steps."""
        if not self.canvas.staircase:
            return {"staircases": {name: np.empty(0) for name in _MOVING}}
        drawing = self.drawing
        instance = np.indices(drawing.values.shape[:2])[1]
        return {
            "staircases": joined(
                self._steps(view, instance, drawing.values, self.order),
                self._steps(view, drawing.groups.instance, drawing.middle, self.middle_order),
            )
        }

    @cached_property
    def drawing(self) -> VectorDrawing:
        """The arrows."""
        return VectorDrawing(self.vectors, self.canvas)

    @cached_property
    def order(self) -> np.ndarray:
        """Features from largest to smallest, shape (n_seeds, n_instances, n_drawn)."""
        return np.argsort(-np.abs(self.drawing.values), axis=-1, kind="stable")

    @cached_property
    def middle_order(self) -> np.ndarray:
        """The same for the medians, shape (n_groups, n_drawn)."""
        return np.argsort(-np.abs(self.drawing.middle), axis=-1, kind="stable")

    def _seeds(self) -> pd.DataFrame:
        vectors, shape = self.vectors, self.order.shape
        return table(
            part(STAIRCASES, _MOVING),
            vectors.seed_keys(shape[-1])
            | self._ordered(self.drawing.values, self.order)
            | {
                "output": _wide(vectors.names(vectors.chosen), shape),
                "predicted": _wide(vectors.names(vectors.predicted), shape),
                "mode": _wide(vectors.mode, shape),
                "n_seeds": 1,
            },
        )

    def _consensus(self) -> pd.DataFrame:
        vectors, groups, shape = self.vectors, self.drawing.groups, self.middle_order.shape
        return table(
            part(STAIRCASES, _MOVING),
            vectors.group_keys(_wide(groups.instance, shape))
            | self._ordered(self.drawing.middle, self.middle_order)
            | {
                "output": _wide(groups.shared(vectors.names(vectors.chosen)), shape),
                "predicted": _wide(groups.shared(vectors.names(vectors.predicted)), shape),
                "mode": _wide(groups.shared(vectors.mode), shape),
                "n_seeds": _wide(groups.sizes, shape),
            },
        )

    def _ordered(self, values: np.ndarray, order: np.ndarray) -> dict[str, np.ndarray]:
        names = labels(self.vectors.schema.names, self.drawing.places)
        return {
            "order": np.broadcast_to(np.arange(order.shape[-1]), order.shape),
            "feature": names[order],
            "attribution": np.take_along_axis(values, order, axis=-1),
        }

    def _steps(
        self, view: View, instance: np.ndarray, values: np.ndarray, order: np.ndarray
    ) -> dict[str, np.ndarray]:
        along = (view.projection[self.drawing.places] * view.scale)[order]
        sizes = np.nan_to_num(np.take_along_axis(values, order, axis=-1))
        ends = self.drawing.scale * np.cumsum(sizes[..., None] * along, axis=-2)
        tail = view.points(self.vectors.origin)[instance][..., None, :]
        tips = tail + ends
        return xy(np.concatenate([tail, tips[..., :-1, :]], axis=-2)) | xy(tips, "x2", "y2")


def _wide(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return np.broadcast_to(values[..., None], shape)
