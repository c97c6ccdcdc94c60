"""Lines of a surrogate in the plane of two features."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from xaigeo.geometry.direction import mean_direction
from xaigeo.geometry.groups import Groups
from xaigeo.geometry.mark import Canvas, Tables
from xaigeo.geometry.table import KEYS, Columns, stack, table
from xaigeo.geometry.view import FeaturePair

if TYPE_CHECKING:
    from xaigeo.geometry.line import Line

SPREAD: Final = (0.1, 0.9)

LINES: Final[Columns] = KEYS | {
    "output": "text",
    "predicted": "text",
    "mode": "int64",
    "group": "text",
    "n_seeds": "int64",
    "share": "float64",
    "x1": "float64",
    "y1": "float64",
    "x2": "float64",
    "y2": "float64",
    "foot_x": "float64",
    "foot_y": "float64",
    "boundary": "bool",
    "distance": "float64",
    "distance_low": "float64",
    "distance_high": "float64",
    "distance_all": "float64",
    "radius": "float64",
    "local_r2": "float64",
    "surrogate_agrees": "bool",
    "normal_x": "float64",
    "normal_y": "float64",
    "angle": "float64",
    "resultant_length": "float64",
    "resultant_length_all": "float64",
    "cone_degrees": "float64",
    "n_degenerate": "int64",
}
CONES: Final[Columns] = {
    "method": "text",
    "instance": "label",
    "output": "text",
    "predicted": "text",
    "mode": "int64",
    "side": "int64",
    "order": "int64",
    "x": "float64",
    "y": "float64",
}
DEGENERATE: Final[Columns] = KEYS | {
    "output": "text",
    "predicted": "text",
    "mode": "int64",
    "n_seeds": "int64",
    "norm": "float64",
    "reason": "text",
}
_ARC: Final = 9


@dataclass(frozen=True, eq=False)
class LineDrawing:
    """Lines of a surrogate where the plane of two features cuts its boundary.

    The other features stay at the instance, so the neighbourhood is a disc of the kernel's
    radius, and within it the boundary is a segment across the normal's part in the plane.
    """

    line: Line
    canvas: Canvas
    pair: FeaturePair

    def tables(self) -> Tables:
        """Return the three tables."""
        every = self.line.groups(self.line.contrast.rival)
        kept = every.restrict(~self.flat)
        drawn = kept.sizes > 0  # groups with flat surrogates alone are listed in `degenerate`
        every, kept = every.where(drawn), kept.where(drawn)
        means = [mean_direction(self.normal[seeds, place]) for place, seeds in kept]
        direction = np.array([mean.direction for mean in means]).reshape(-1, 2)
        length = np.array([mean.resultant_length for mean in means])
        cone = np.array([mean.cone_degrees for mean in means])
        lost = np.isnan(cone)
        lines = self._consensus(
            every.where(~lost), kept.where(~lost), direction[~lost], length[~lost], cone[~lost]
        )
        return {
            "lines": stack(LINES, [self._seeds(), lines]),
            "cones": self._cones(every.where(~lost), lines),
            "degenerate": stack(
                DEGENERATE, [self._flat_seeds(), self._cancelled(every.where(lost), length[lost])]
            ),
        }

    @cached_property
    def view(self) -> FeaturePair:
        """The view in LIME's own frame, in which the kernel's radius holds."""
        return replace(self.pair, frame=self.line.frame)

    @cached_property
    def origin(self) -> np.ndarray:
        """Standardised instances in the plane, shape (n_instances, 2)."""
        return self.line.origin[:, list(self.view.places)]

    @cached_property
    def in_plane(self) -> np.ndarray:
        """Part of ``w_z`` in the plane, shape (n_seeds, n_instances, 2); NaN when flat."""
        return np.asarray(self.view.normals(self.line.normal) * self.line.norm[..., None])

    @cached_property
    def norm(self) -> np.ndarray:
        """Length of that part; the whole norm when flat, shape (n_seeds, n_instances)."""
        norm = np.linalg.norm(self.in_plane, axis=-1)
        return np.where(np.isnan(norm), self.line.norm, norm)

    @cached_property
    def flat(self) -> np.ndarray:
        """Whether a surrogate has no direction in the plane, shape (n_seeds, n_instances)."""
        return np.asarray(self.norm <= self.line.flat_below)

    @cached_property
    def normal(self) -> np.ndarray:
        """Unit normals in the plane, shape (n_seeds, n_instances, 2); NaN when flat."""
        return np.asarray(self.in_plane / np.where(self.flat, np.nan, self.norm)[..., None])

    @cached_property
    def distance(self) -> np.ndarray:
        """Signed distance to the boundary in the plane, shape (n_seeds, n_instances)."""
        return np.asarray(self.line.gap / np.where(self.flat, np.nan, self.norm))

    @cached_property
    def agrees(self) -> np.ndarray:
        """Whether the surrogate is on the side of the threshold where its model is."""
        line = self.line
        own_side = line.predicted == line.contrast.chosen
        return np.asarray(np.isnan(line.gap) | ((line.gap <= 0) == own_side))

    def _seeds(self) -> pd.DataFrame:
        line, drawn = self.line, ~self.flat
        seed, instance = np.nonzero(drawn)
        return table(
            LINES,
            {name: values[drawn] for name, values in line.answers().items()}
            | {
                "method": line.method,
                "layer": "seed",
                "seed": line.seeds[seed],
                "instance": line.instances[instance],
                "output": line.contrast.texts()[drawn],
                "n_seeds": 1,
                "share": 1.0 / len(line.seeds),
                "distance_low": np.nan,
                "distance_high": np.nan,
                "distance_all": line.distance[drawn],
                "local_r2": line.local_r2[drawn],
                "surrogate_agrees": self.agrees[drawn],
                "resultant_length": np.nan,
                "resultant_length_all": np.nan,
                "cone_degrees": np.nan,
                "n_degenerate": 0,
            }
            | self._segments(instance, self.normal[drawn], self.distance[drawn]),
        )

    def _consensus(
        self,
        every: Groups,
        kept: Groups,
        direction: np.ndarray,
        length: np.ndarray,
        cone: np.ndarray,
    ) -> pd.DataFrame:
        line = self.line
        low, high = kept.reduce(self.distance, lambda d: np.quantile(d, SPREAD)).reshape(-1, 2).T
        return table(
            LINES,
            line.group_keys(every.instance)
            | self._group_names(every)
            | {
                "n_seeds": every.sizes,
                "share": every.shares,
                "distance_low": low,
                "distance_high": high,
                "distance_all": kept.reduce(line.distance, np.median),
                "local_r2": kept.reduce(line.local_r2, np.median),
                "surrogate_agrees": kept.reduce(self.agrees, np.all),
                "resultant_length": length,
                "resultant_length_all": kept.reduce(
                    line.normal, lambda n: mean_direction(n).resultant_length
                ),
                "cone_degrees": cone,
                "n_degenerate": every.sizes - kept.sizes,
            }
            | self._segments(every.instance, direction, kept.reduce(self.distance, np.median)),
        )

    def _segments(
        self, instance: np.ndarray, normal: np.ndarray, distance: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Return segments along the line, with no division by a slope."""
        radius = self.line.radius[instance]
        near = np.abs(distance) <= radius  # False for NaN: a regression has no boundary
        step = np.where(near, distance, 0.0)
        foot = self.origin[instance] + step[:, None] * normal
        half = np.sqrt(radius**2 - step**2)
        tangent = np.column_stack([-normal[:, 1], normal[:, 0]]) * half[:, None]
        ends = {"1": foot - tangent, "2": foot + tangent}
        middle = self.view.to_units(foot)
        return {
            **{f"x{end}": self.view.to_units(at)[:, 0] for end, at in ends.items()},
            **{f"y{end}": self.view.to_units(at)[:, 1] for end, at in ends.items()},
            "foot_x": middle[:, 0],
            "foot_y": middle[:, 1],
            "boundary": near,
            "distance": distance,
            "radius": radius,
            "normal_x": normal[:, 0],
            "normal_y": normal[:, 1],
            "angle": np.degrees(np.arctan2(normal[:, 1], normal[:, 0])),
        }

    def _cones(self, groups: Groups, lines: pd.DataFrame) -> pd.DataFrame:
        """Return the bow ties that the lines sweep when they turn by their cone's angle."""
        view, n = self.view, len(groups)
        foot = view.from_units(lines[["foot_x", "foot_y"]].to_numpy())
        tangent = view.from_units(lines[["x2", "y2"]].to_numpy()) - foot
        widest = np.radians(np.minimum(lines["cone_degrees"].to_numpy(), 90.0))
        turn = widest[:, None] * np.linspace(-1.0, 1.0, _ARC)
        across = np.column_stack([-tangent[:, 1], tangent[:, 0]])
        arc = np.cos(turn)[..., None] * tangent[:, None] + np.sin(turn)[..., None] * across[:, None]
        outline = np.zeros((n, 2, _ARC + 2, 2))  # each half starts and ends at the foot
        outline[:, 0, 1:-1], outline[:, 1, 1:-1] = arc, -arc
        points = view.to_units(outline + foot[:, None, None])
        shape = points.shape[:-1]

        def wide(values: np.ndarray) -> np.ndarray:
            return np.broadcast_to(values[:, None, None], shape)

        names = self._group_names(groups)
        return table(
            CONES,
            {
                "method": self.line.method,
                "instance": wide(self.line.instances[groups.instance]),
                "output": wide(names["output"]),
                "predicted": wide(names["predicted"]),
                "mode": wide(names["mode"]),
                "side": np.broadcast_to(np.arange(2)[:, None], shape),
                "order": np.broadcast_to(np.arange(_ARC + 2), shape),
                "x": points[..., 0],
                "y": points[..., 1],
            },
        )

    def _group_names(self, groups: Groups) -> dict[str, Any]:
        output = groups.shared(self.line.contrast.texts())
        return {"output": output} | self.line.group_answers(groups)

    def _flat_seeds(self) -> pd.DataFrame:
        line, flat = self.line, self.flat
        seed, instance = np.nonzero(flat)
        everywhere = line.norm[flat] <= line.flat_below
        return table(
            DEGENERATE,
            {
                "method": line.method,
                "layer": "seed",
                "seed": line.seeds[seed],
                "instance": line.instances[instance],
                "output": line.contrast.texts()[flat],
                "predicted": line.names(line.predicted)[flat],
                "mode": line.mode[flat],
                "n_seeds": 1,
                "norm": self.norm[flat],
                "reason": np.where(
                    everywhere, "the surrogate is flat", "the surrogate is flat in this view"
                ),
            },
        )

    def _cancelled(self, groups: Groups, length: np.ndarray) -> pd.DataFrame:
        names = self._group_names(groups)
        return table(
            DEGENERATE,
            self.line.group_keys(groups.instance)
            | {name: names[name] for name in ("output", "predicted", "mode")}
            | {
                "n_seeds": groups.sizes,
                "norm": length,
                "reason": "the seeds' directions cancel, so they have no mean",
            },
        )
