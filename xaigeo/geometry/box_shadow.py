"""Boxes in a projection: the outlines of zonotopes, and the edges of summaries."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
import pandas as pd

from xaigeo.geometry.box_drawing import BOXES, MEMBERS, BoxDrawing, joint_bounds
from xaigeo.geometry.coverage import CELLS
from xaigeo.geometry.groups import Groups
from xaigeo.geometry.mark import Canvas, Tables
from xaigeo.geometry.shadow import Moving, Shadow, xy
from xaigeo.geometry.table import KEYS, Columns, labels, stack, table
from xaigeo.geometry.view import View
from xaigeo.geometry.zonotope import Silhouette

if TYPE_CHECKING:
    from xaigeo.geometry.box import Box

_OWN: Final[Columns] = KEYS | {
    "predicted": "text",
    "mode": "int64",
    "n_seeds": "int64",
    "met": "bool",
}
BOX_OUTLINES: Final[Columns] = dict(_OWN) | {
    "order": "int64",
    "x": "float64",
    "y": "float64",
    "open": "bool",
}
BOX_EDGES: Final[Columns] = dict(_OWN) | {
    "feature": "text",
    "open": "bool",
    "x": "float64",
    "y": "float64",
    "x2": "float64",
    "y2": "float64",
}
# A box of more numeric features has so many edges that they hide it.
MOST_EDGED: Final = 6


@dataclass(frozen=True, eq=False)
class BoxShadow(Shadow):
    """Outlines of the boxes of seeds, of their intersection and of their union's hull.

    Open sides end where the data end, and the edges that they cause are marked. Inside the
    outline is not inside the box.
    """

    box: Box
    canvas: Canvas

    columns: ClassVar[dict[str, Columns]] = {
        "boxes": BOXES,
        "box_members": MEMBERS,
        "coverage_cells": CELLS,
        "box_outlines": BOX_OUTLINES,
        "box_edges": BOX_EDGES,
    }

    def facts(self) -> Tables:
        """Return what is said of boxes, and whose each vertex and edge is.

        Edges are those of summaries alone, and of 6 numeric features at most.
        """
        vertices = self.keys.loc[self.keys.index.repeat(2 * len(self.numeric))]
        edged = self.keys[len(self.keys) - len(self.edged) :]
        n_edges = len(self.edges)
        edges = edged.loc[edged.index.repeat(n_edges)].reset_index(drop=True)
        names = labels(self.box.schema.names, self.numeric)
        along = np.tile(np.abs(self.edges[:, 1] - self.edges[:, 0]).argmax(axis=1), len(edged))
        return BoxDrawing(self.box, self.canvas).tables() | {
            "box_outlines": vertices.reset_index(drop=True).assign(
                order=np.tile(np.arange(2 * len(self.numeric)), len(self.keys))
            ),
            "box_edges": edges.assign(
                feature=pd.Series(names[along], dtype=object), open=self._open_edges().reshape(-1)
            ),
        }

    def moving(self, view: View) -> Moving:
        """Return vertices, whether the edge that leaves each is open, and the edges' ends."""
        rows = view.projection[self.numeric]
        silhouette = Silhouette(rows)
        centre = view.points(self._embed(self.centre))
        outlines = centre[:, None] + silhouette.outlines(self.half)
        low, high = self.open
        n = len(self.edged)
        corners = self.edges * self.half[len(self.half) - n :, None, None]
        ends = (centre[len(centre) - n :, None, None] + corners @ rows).reshape(-1, 2, 2)
        return {
            "box_outlines": xy(outlines.reshape(-1, 2))
            | {"open": silhouette.open_edges(low, high).reshape(-1)},
            "box_edges": xy(ends[:, 0]) | xy(ends[:, 1], "x2", "y2"),
        }

    @cached_property
    def numeric(self) -> np.ndarray:
        """Places of the numeric features: a category has no width on an axis."""
        return np.flatnonzero(~self.canvas.frame.discrete)

    @cached_property
    def groups(self) -> Groups:
        """Seeds by answer and mode."""
        return self.box.groups()

    @cached_property
    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Bounds of seeds, intersections and unions in original units, (n_boxes, n_features)."""
        box = self.box
        n = box.schema.n_features
        joint = [joint_bounds(box, self.groups, name) for name in ("intersection", "union")]
        lower = np.concatenate([box.lower.reshape(-1, n), *(bounds[0] for bounds in joint)])
        upper = np.concatenate([box.upper.reshape(-1, n), *(bounds[1] for bounds in joint)])
        return lower, upper

    @cached_property
    def open(self) -> tuple[np.ndarray, np.ndarray]:
        """Which lower and upper sides are open, shape (n_boxes, n_numeric) each."""
        low, high = self.bounds
        return np.isneginf(low)[:, self.numeric], np.isposinf(high)[:, self.numeric]

    @cached_property
    def ends(self) -> tuple[np.ndarray, np.ndarray]:
        """Standardised bounds with open sides at the ends of the data, (n_boxes, n_numeric)."""
        low, high = self.bounds
        floor, ceiling = self.canvas.range_with(self.box.rows)
        frame = self.canvas.frame
        low = frame.points(np.where(np.isneginf(low), floor, low))
        high = frame.points(np.where(np.isposinf(high), ceiling, high))
        return low[:, self.numeric], high[:, self.numeric]

    @property
    def centre(self) -> np.ndarray:
        """Middles of the boxes, shape (n_boxes, n_numeric)."""
        return np.asarray((self.ends[0] + self.ends[1]) / 2)

    @property
    def half(self) -> np.ndarray:
        """Half-widths, shape (n_boxes, n_numeric)."""
        return np.asarray((self.ends[1] - self.ends[0]) / 2)

    @cached_property
    def edges(self) -> np.ndarray:
        """Corners of a box of half-widths 1 by edge, shape (n_edges, 2, n_numeric)."""
        n = len(self.numeric)
        if n > MOST_EDGED:
            return np.empty((0, 2, n))
        corners = np.array(list(product((-1.0, 1.0), repeat=n))).reshape(-1, n)
        starts = [(corner, j) for j in range(n) for corner in corners if corner[j] < 0]
        return np.array([[corner, corner + 2.0 * np.eye(n)[j]] for corner, j in starts])

    @property
    def edged(self) -> np.ndarray:
        """Places of the boxes whose edges are drawn: those of groups, which come last."""
        return np.arange(len(self.keys) - 2 * len(self.groups), len(self.keys))

    @cached_property
    def keys(self) -> pd.DataFrame:
        """Whose each box is."""
        box, groups = self.box, self.groups
        seeds = table(_OWN, box.seed_keys() | box.answers() | {"n_seeds": 1, "met": box.met})
        shared = box.group_answers(groups)
        met = groups.reduce(box.met, np.all)
        joint = [
            table(
                _OWN,
                box.group_keys(groups.instance, layer)
                | shared
                | {"n_seeds": groups.sizes, "met": met},
            )
            for layer in ("intersection", "union")
        ]
        return stack(_OWN, [seeds, *joint])

    def _embed(self, values: np.ndarray) -> np.ndarray:
        full = np.zeros((len(values), self.box.schema.n_features))
        full[:, self.numeric] = values
        return full

    def _open_edges(self) -> np.ndarray:
        """Return which edges lie in an open side, shape (n_edged, n_edges)."""
        low, high = (side[self.edged].astype(np.int64) for side in self.open)
        start, end = self.edges[:, 0], self.edges[:, 1]
        still = start == end  # the edge's own feature has no side along it
        at_low, at_high = still & (start < 0), still & (start > 0)
        return np.asarray(low @ at_low.T.astype(np.int64) + high @ at_high.T.astype(np.int64) > 0)
