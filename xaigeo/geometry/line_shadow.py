"""Surrogates in a projection: the patch of their boundary, and the way it turns over seeds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
import pandas as pd

from xaigeo.geometry.directions import OWN, Directions
from xaigeo.geometry.ellipse import Ellipse
from xaigeo.geometry.line_drawing import CONES, DEGENERATE, LINES, SPREAD
from xaigeo.geometry.mark import Canvas, Tables
from xaigeo.geometry.normal_drawing import LENGTH
from xaigeo.geometry.patch import flat_ball_shadows, sector_shadows
from xaigeo.geometry.shadow import Moving, Shadow, xy
from xaigeo.geometry.table import Columns, stack, table
from xaigeo.geometry.view import View

if TYPE_CHECKING:
    from xaigeo.geometry.line import Line

PATCHES: Final[Columns] = dict(OWN) | {
    "radius": "float64",
    "local_r2": "float64",
    "cx": "float64",
    "cy": "float64",
    "x_major": "float64",
    "y_major": "float64",
    "x_minor": "float64",
    "y_minor": "float64",
}
PATCH_OUTLINES: Final[Columns] = dict(OWN) | {"order": "int64", "x": "float64", "y": "float64"}
_TURNS: Final = Ellipse(np.zeros(2), np.eye(2)).outline()
N_CONE: Final = 48


@dataclass(frozen=True, eq=False)
class LineShadow(Shadow):
    """Boundaries as filled ellipses, with the segment across their normal, and cones.

    Nothing is held: a boundary is the flat ball of all points on it within the neighbourhood,
    and its shadow an ellipse. Where no boundary passes near, the segment is the widest part of
    the level surface through the instance.
    """

    line: Line
    canvas: Canvas

    columns: ClassVar[dict[str, Columns]] = {
        "lines": LINES,
        "patches": PATCHES,
        "patch_outlines": PATCH_OUTLINES,
        "cones": CONES,
        "degenerate": DEGENERATE,
    }

    def facts(self) -> Tables:
        """Return what does not move of the five tables."""
        whose, near = self.whose.keys(), self.whose.near
        patches = whose[near].assign(radius=self._patch_radius)
        groups = whose[whose["layer"] != "seed"]
        order = np.arange(N_CONE + 1)
        return {
            "lines": whose.assign(**self._line_facts()),
            "patches": patches,
            "patch_outlines": _repeated(patches, len(_TURNS)),
            "cones": _repeated(groups, len(order)).assign(side=0),
            "degenerate": self._degenerate(),
        }

    def moving(self, view: View) -> Moving:
        """Return segments, patches and cones in a view."""
        whose, basis = self.whose, self.whose.basis(view)
        tail = whose.tails(view)
        step = np.where(whose.near, whose.distance, 0.0)
        half = np.sqrt(whose.radius**2 - step**2)
        foot = tail + whose.steps(view, step[:, None] * whose.normal)
        axes = flat_ball_shadows(basis, whose.normal) * half[:, None, None]
        normal = whose.normal @ basis
        length = np.linalg.norm(normal, axis=-1)
        towards = normal / np.where(length > 0, length, np.nan)[:, None]
        scaled = axes * view.scale
        outlines = foot[whose.near, None] + _TURNS @ scaled[whose.near]
        return {
            "lines": xy(foot - scaled[:, 0], "x1", "y1")
            | xy(foot + scaled[:, 0], "x2", "y2")
            | xy(foot, "foot_x", "foot_y")
            | xy(towards, "normal_x", "normal_y")
            | {"angle": np.degrees(np.arctan2(towards[:, 1], towards[:, 0]))},
            "patches": xy(foot[whose.near], "cx", "cy")
            | xy(scaled[whose.near, 0], "x_major", "y_major")
            | xy(scaled[whose.near, 1], "x_minor", "y_minor"),
            "patch_outlines": xy(outlines.reshape(-1, 2)),
            "cones": xy(self._cones(view, basis, tail).reshape(-1, 2)),
            "degenerate": {},
        }

    @cached_property
    def whose(self) -> Directions:
        """The surrogates that have a direction."""
        return Directions(self.line, self.canvas)

    @property
    def _patch_radius(self) -> np.ndarray:
        near = self.whose.near
        return np.asarray(np.sqrt(self.whose.radius[near] ** 2 - self.whose.distance[near] ** 2))

    def _cones(self, view: View, basis: np.ndarray, tail: np.ndarray) -> np.ndarray:
        whose = self.whose
        means = whose.normal[len(whose.normal) - len(whose.groups) :]
        angle = np.radians(whose.means[2][~whose.lost])
        start = tail[len(tail) - len(whose.groups) :, None]
        outlines = sector_shadows(basis, means, angle, n=N_CONE)
        return np.asarray(start + LENGTH * self.canvas.room * outlines * view.scale)

    def _line_facts(self) -> dict[str, np.ndarray]:
        line, whose, drawn = self.line, self.whose, ~self.whose.flat
        own_side = line.predicted == line.contrast.chosen
        agrees = np.isnan(line.gap) | ((line.gap <= 0) == own_side)
        ends = whose.kept.reduce(line.distance, lambda d: np.quantile(d, SPREAD)).reshape(-1, 2)
        unspread = np.full(int(drawn.sum()), np.nan)
        flat = whose.groups.sizes - whose.kept.sizes
        return {
            "boundary": whose.near,
            "distance": whose.distance,
            "distance_low": np.concatenate([unspread, ends[:, 0]]),
            "distance_high": np.concatenate([unspread, ends[:, 1]]),
            "distance_all": whose.distance,
            "radius": whose.radius,
            "surrogate_agrees": np.concatenate(
                [agrees[drawn], whose.kept.reduce(agrees, np.all)]
            ).astype(bool),
            "resultant_length": whose.means_column(whose.means[1]),
            "resultant_length_all": whose.means_column(whose.means[1]),
            "cone_degrees": whose.means_column(whose.means[2]),
            "n_degenerate": np.concatenate([np.zeros(len(unspread)), flat]).astype(np.int64),
        }

    def _degenerate(self) -> pd.DataFrame:
        line, whose = self.line, self.whose
        seed, instance = np.nonzero(whose.flat)
        lost = whose.every.where(whose.lost)
        seeds = table(
            DEGENERATE,
            {
                "method": line.method,
                "layer": "seed",
                "seed": line.seeds[seed],
                "instance": line.instances[instance],
                "output": line.contrast.texts()[whose.flat],
                "predicted": line.names(line.predicted)[whose.flat],
                "mode": line.mode[whose.flat],
                "n_seeds": 1,
                "norm": line.norm[whose.flat],
                "reason": "the surrogate is flat",
            },
        )
        cancelled = table(
            DEGENERATE,
            line.group_keys(lost.instance)
            | {
                "output": lost.shared(line.contrast.texts()),
                "predicted": lost.shared(line.names(line.predicted)),
                "mode": lost.shared(line.mode),
                "n_seeds": lost.sizes,
                "norm": whose.means[1][whose.lost],
                "reason": "the seeds' directions cancel, so they have no mean",
            },
        )
        return stack(DEGENERATE, [seeds, cancelled])


def _repeated(rows: pd.DataFrame, n: int) -> pd.DataFrame:
    """Return each row `n` times, with the number of the repetition in `order`."""
    every = rows.loc[rows.index.repeat(n)].reset_index(drop=True)
    return every.assign(order=np.tile(np.arange(n), len(rows)))
