"""Where explainers sampled: the kernel's ball of a surrogate, the box of a rule's search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from xaigeo.geometry.ellipse import Ellipse
from xaigeo.geometry.mark import Mark
from xaigeo.geometry.patch import flat_ball_shadows
from xaigeo.geometry.shadow import Moving, Shadow, Tables, part, xy
from xaigeo.geometry.standard_frame import StandardFrame
from xaigeo.geometry.table import Columns, table
from xaigeo.geometry.view import View
from xaigeo.geometry.zonotope import Silhouette

if TYPE_CHECKING:
    from xaigeo.geometry.line import Line

REGIONS: Final[Columns] = {
    "method": "text",
    "instance": "label",
    "kind": "text",
    "order": "int64",
    "x": "float64",
    "y": "float64",
}
_TURNS: Final = Ellipse(np.zeros(2), np.eye(2)).outline()


@dataclass(frozen=True, eq=False)
class Region(Shadow):
    """A ball or a box around each instance, standardised.

    Attributes
    ----------
    mark : Mark
    frame : StandardFrame
        The one that views are planes of.
    centre : ndarray, shape (n_instances, n_features)
    half : ndarray, shape (n_instances, n_features)
        Half-widths of boxes, or semi-axes of balls, which are ellipsoids where an explanation
        has another background than the scene.
    kind : str
        "kernel" for a ball: where the kernel's weight falls to half. "sampled" for a box.
    """

    mark: Mark
    frame: StandardFrame
    centre: np.ndarray
    half: np.ndarray
    kind: str

    columns: ClassVar[dict[str, Columns]] = {"regions": REGIONS}

    @classmethod
    def of_kernels(cls, line: Line, frame: StandardFrame) -> Region:
        """Return the neighbourhoods of local surrogates."""
        half = line.radius[:, None] * (line.frame.scale / frame.scale)
        return cls(line, frame, frame.points(line.rows), half, "kernel")

    @classmethod
    def of_boxes(
        cls, mark: Mark, lower: np.ndarray, upper: np.ndarray, frame: StandardFrame
    ) -> Region:
        """Return boxes given by their ends in original units."""
        low, high = frame.points(lower), frame.points(upper)
        return cls(mark, frame, (low + high) / 2, (high - low) / 2, "sampled")

    def facts(self) -> Tables:
        """Return whose region each point of an outline belongs to."""
        n = len(_TURNS) if self.kind == "kernel" else 2 * self.half.shape[1]
        shape = (len(self.mark.instances), n)
        return {
            "regions": table(
                part(REGIONS, ("x", "y")),
                {
                    "method": self.mark.method,
                    "instance": np.broadcast_to(self.mark.instances[:, None], shape),
                    "kind": self.kind,
                    "order": np.broadcast_to(np.arange(n), shape),
                },
            )
        }

    def moving(self, view: View) -> Moving:
        """Return the outlines."""
        if self.kind == "kernel":
            axes = [
                flat_ball_shadows(view.projection * half[:, None], np.zeros((1, len(half))))[0]
                for half in self.half
            ]
            around = _TURNS @ np.array(axes).reshape(-1, 2, 2)
        else:
            around = Silhouette(view.projection).outlines(self.half)
        outlines = view.points(self.centre)[:, None] + around * view.scale
        return {"regions": xy(outlines.reshape(-1, 2))}
