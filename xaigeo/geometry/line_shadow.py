"""Surrogates in a projection: the patch of their boundary, and the way it turns over seeds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
import pandas as pd

from xaigeo.geometry.direction import mean_direction
from xaigeo.geometry.ellipse import Ellipse
from xaigeo.geometry.groups import Groups
from xaigeo.geometry.line_drawing import CONES, DEGENERATE, LINES, SPREAD
from xaigeo.geometry.mark import Canvas, Tables
from xaigeo.geometry.patch import flat_ball_shadows, sector_shadows
from xaigeo.geometry.shadow import Moving, Shadow, part, xy
from xaigeo.geometry.table import KEYS, Columns, stack, table
from xaigeo.geometry.view import View

if TYPE_CHECKING:
    from xaigeo.geometry.line import Line

_OWN: Final[Columns] = KEYS | {"output": "text", "predicted": "text", "n_seeds": "int64"}
PATCHES: Final[Columns] = dict(_OWN) | {
    "radius": "float64",
    "local_r2": "float64",
    "cx": "float64",
    "cy": "float64",
    "x_major": "float64",
    "y_major": "float64",
    "x_minor": "float64",
    "y_minor": "float64",
}
PATCH_OUTLINES: Final[Columns] = dict(_OWN) | {"order": "int64", "x": "float64", "y": "float64"}
NORMALS: Final[Columns] = dict(_OWN) | {
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
_SEGMENT: Final = ("x1", "y1", "x2", "y2", "foot_x", "foot_y", "normal_x", "normal_y", "angle")
_AXES: Final = ("cx", "cy", "x_major", "y_major", "x_minor", "y_minor")
_ARROW: Final = ("x", "y", "x2", "y2", "share_in_view")
_TURNS: Final = Ellipse(np.zeros(2), np.eye(2)).outline()
N_CONE: Final = 48
# How much of the picture's smaller side the arrow of a normal takes.
LENGTH: Final = 0.15


@dataclass(frozen=True, eq=False)
class Directions:
    """Surrogates that have a direction in all features: each seed's, then each group's mean.

    Every array has one row for a surrogate; the rows of seeds come first.
    """

    line: Line
    canvas: Canvas

    @cached_property
    def flat(self) -> np.ndarray:
        """Whether a surrogate has no direction, shape (n_seeds, n_instances)."""
        return np.asarray(np.isnan(self.line.normal).any(axis=-1))

    @cached_property
    def every(self) -> Groups:
        """Seeds by answer and rival, where one of them has a direction."""
        groups = Groups.by(self.line.predicted, self.line.contrast.rival)
        return groups.where(groups.restrict(~self.flat).sizes > 0)

    @cached_property
    def means(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Mean direction, resultant length and cone of each group in `every`."""
        kept = self.every.restrict(~self.flat)
        found = [mean_direction(self.line.normal[seeds, place]) for place, seeds in kept]
        n = self.line.schema.n_features
        return (
            np.array([mean.direction for mean in found]).reshape(-1, n),
            np.array([mean.resultant_length for mean in found]),
            np.array([mean.cone_degrees for mean in found]),
        )

    @cached_property
    def lost(self) -> np.ndarray:
        """Whether the directions of a group in `every` cancel, shape (n_every,)."""
        return np.asarray(np.isnan(self.means[2]))

    @cached_property
    def groups(self) -> Groups:
        """The groups that have a mean direction."""
        return self.every.where(~self.lost)

    @cached_property
    def kept(self) -> Groups:
        """These groups without their flat seeds."""
        return self.groups.restrict(~self.flat)

    @cached_property
    def instance(self) -> np.ndarray:
        """Place of the instance."""
        return np.concatenate([np.nonzero(~self.flat)[1], self.groups.instance])

    @cached_property
    def normal(self) -> np.ndarray:
        """Unit normals in the surrogates' own frame, shape (n, n_features)."""
        return np.concatenate([self.line.normal[~self.flat], self.means[0][~self.lost]])

    @cached_property
    def distance(self) -> np.ndarray:
        """Signed distance in all features; a group's median."""
        middle = self.kept.reduce(self.line.distance, np.median)
        return np.concatenate([self.line.distance[~self.flat], middle])

    @property
    def radius(self) -> np.ndarray:
        """Radius of the neighbourhood."""
        return np.asarray(self.line.radius[self.instance])

    @cached_property
    def near(self) -> np.ndarray:
        """Whether the boundary passes within the neighbourhood."""
        # False for NaN: a regression has no boundary.
        return np.asarray(np.abs(self.distance) <= self.radius)

    @cached_property
    def stretch(self) -> np.ndarray:
        """Standard deviations of the surrogates' background in those of the scene's.

        One in every feature unless explanations were made with different backgrounds.
        """
        return np.asarray(self.line.frame.scale / self.canvas.frame.scale)

    def tails(self, view: View) -> np.ndarray:
        """Return the instances in view units, shape (n, 2)."""
        return np.asarray(view.points(self.canvas.frame.points(self.line.rows))[self.instance])

    def steps(self, view: View, steps: np.ndarray) -> np.ndarray:
        """Return steps (..., n_features) of the surrogates' frame in view units."""
        return view.displacements(np.where(self.line.frame.discrete, 0.0, steps * self.stretch))

    def basis(self, view: View) -> np.ndarray:
        """Return the projection as it acts on the surrogates' frame, shape (n_features, 2)."""
        return np.asarray(view.projection * self.stretch[:, None])

    def keys(self) -> pd.DataFrame:
        """Return the columns that say whose each row is."""
        line, groups, drawn = self.line, self.groups, ~self.flat
        seed, instance = np.nonzero(drawn)
        columns = {**_OWN, "group": "text", "share": "float64", "local_r2": "float64"}
        predicted = line.names(line.predicted)[drawn]
        seeds = table(
            columns,
            {
                "method": line.method,
                "layer": "seed",
                "seed": line.seeds[seed],
                "instance": line.instances[instance],
                "output": line.contrast.texts()[drawn],
                "predicted": predicted,
                "group": predicted,
                "n_seeds": 1,
                "share": 1.0 / len(line.seeds),
                "local_r2": line.local_r2[drawn],
            },
        )
        shared = groups.shared(line.names(line.predicted))
        consensus = table(
            columns,
            line.group_keys(groups.instance)
            | {
                "output": groups.shared(line.contrast.texts()),
                "predicted": shared,
                "group": shared,
                "n_seeds": groups.sizes,
                "share": groups.shares,
                "local_r2": self.kept.reduce(line.local_r2, np.median),
            },
        )
        return stack(columns, [seeds, consensus])

    def means_column(self, values: np.ndarray) -> np.ndarray:
        """Return values of the groups in `every` as a column, NaN for seeds."""
        return np.concatenate([np.full(int((~self.flat).sum()), np.nan), values[~self.lost]])


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
                "n_seeds": lost.sizes,
                "norm": whose.means[1][whose.lost],
                "reason": "the seeds' directions cancel, so they have no mean",
            },
        )
        return stack(DEGENERATE, [seeds, cancelled])


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


def _repeated(rows: pd.DataFrame, n: int) -> pd.DataFrame:
    """Return each row `n` times, with the number of the repetition in `order`."""
    every = rows.loc[rows.index.repeat(n)].reset_index(drop=True)
    return every.assign(order=np.tile(np.arange(n), len(rows)))
