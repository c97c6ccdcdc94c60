"""Arrows along the normals of local surrogates."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from xaigeo.geometry.directions import OWN, Directions
from xaigeo.geometry.mark import Canvas, Tables
from xaigeo.geometry.shadow import Moving, Shadow, part, xy
from xaigeo.geometry.table import Columns
from xaigeo.geometry.view import View

if TYPE_CHECKING:
    from xaigeo.geometry.line import Line

NORMALS: Final[Columns] = dict(OWN) | {
    "group": "text",
    "share": "float64",
    "norm": "float64",
    "local_r2": "float64",
    "resultant_length": "float64",
    "cone_degrees": "float64",
    "length": "float64",
    "x": "float64",
    "y": "float64",
    "x2": "float64",
    "y2": "float64",
    "share_in_view": "float64",
}
_ARROW: Final = ("x", "y", "x2", "y2", "share_in_view")
# How much of the picture's smaller side an arrow takes.
LENGTH: Final = 0.15


@dataclass(frozen=True, eq=False)
class NormalDrawing(Shadow):
    """Arrows from instances along the normals of their surrogates, towards the answer.

    All are equally long in all features, so what is seen of one is how much of its direction
    lies in the view.
    """

    line: Line
    canvas: Canvas

    columns: ClassVar[dict[str, Columns]] = {"normals": NORMALS}

    def facts(self) -> Tables:
        """Return `normals` by seed and consensus."""
        whose = self.whose
        norm = whose.kept.reduce(self.line.norm, np.median)
        columns = part(NORMALS, _ARROW)
        normals = whose.keys().assign(
            norm=np.concatenate([self.line.norm[~whose.flat], norm]),
            resultant_length=whose.means_column(whose.means[1]),
            cone_degrees=whose.means_column(whose.means[2]),
            length=LENGTH * self.canvas.room,
        )
        return {"normals": normals[list(columns)]}

    def moving(self, view: View) -> Moving:
        """Return tails and tips."""
        tail = self.whose.tails(view)
        step = LENGTH * self.canvas.room * self.whose.normal
        seen = np.linalg.norm(self.whose.normal @ view.projection, axis=-1)
        return {
            "normals": xy(tail)
            | xy(tail + self.whose.steps(view, step), "x2", "y2")
            | {"share_in_view": seen}
        }

    @cached_property
    def whose(self) -> Directions:
        """The surrogates that have a direction."""
        return Directions(self.line, self.canvas)
