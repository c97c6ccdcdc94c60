"""LIME as a line: where the local surrogate changes its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import pandas as pd

from xaigeo.errors import InputError
from xaigeo.explanations import Attributions
from xaigeo.geometry.direction import MeanDirection, mean_direction
from xaigeo.geometry.groups import Groups
from xaigeo.geometry.mark import Canvas, Mark, Tables
from xaigeo.geometry.output_choice import Contrast, contrast
from xaigeo.geometry.standard_frame import StandardFrame
from xaigeo.geometry.table import KEYS, Columns, stack, table

FLAT: Final = 1e-6
SPREAD: Final = (0.1, 0.9)

LINES: Final[Columns] = KEYS | {
    "output": "text",
    "predicted": "text",
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
    "side": "int64",
    "order": "int64",
    "x": "float64",
    "y": "float64",
}
DEGENERATE: Final[Columns] = KEYS | {
    "output": "text",
    "predicted": "text",
    "n_seeds": "int64",
    "norm": "float64",
    "reason": "text",
}


@dataclass(frozen=True, eq=False, kw_only=True)
class Line(Mark):
    """The plane on which a local surrogate ``g(x) = b + w·x`` meets its threshold.

    Attributes
    ----------
    normal : ndarray, shape (n_seeds, n_instances, n_features)
        Unit normal ``w_z/‖w_z‖`` towards the predicted class, standardised; the coordinate of
        a category is the indicator "same category as the instance". NaN for a flat surrogate.
    norm : ndarray, shape (n_seeds, n_instances)
        ``‖w_z‖`` in output units.
    gap : ndarray, shape (n_seeds, n_instances)
        ``t - g(x₀)`` in output units; NaN for a regression, which has no threshold.
    radius : ndarray, shape (n_instances,)
        Standardised distance at which the kernel falls to half.
    local_r2 : ndarray, shape (n_seeds, n_instances)
        For a contrast the smaller of the two surrogates'.
    contrast : Contrast
    flat_below : float
        Norm at or below which a surrogate counts as flat.
    """

    normal: np.ndarray
    norm: np.ndarray
    gap: np.ndarray
    radius: np.ndarray
    local_r2: np.ndarray
    contrast: Contrast
    flat_below: float

    columns: ClassVar[dict[str, Columns]] = {
        "lines": LINES,
        "cones": CONES,
        "degenerate": DEGENERATE,
    }

    @classmethod
    def from_attributions(cls, lime: Attributions, *, output: str | None = None) -> Line:
        """Build the lines of a LIME explanation.

        Raises
        ------
        InputError
            For a surrogate without slopes: a discretised one is piecewise constant.
        """
        _check_surrogate(lime)
        frame = StandardFrame(
            lime.array("feature_location"), lime.array("feature_scale"), lime.schema.discrete
        )
        rows, weights = lime.array("input"), lime.array("attribution")
        # A category enters the surrogate as the indicator of the instance's own one: 1 there.
        at_instance = np.where(frame.discrete, 1.0, frame.points(rows))
        value = lime.array("intercept") + np.einsum("sijo,ij->sio", weights, at_instance)
        chosen = contrast(lime, output)
        w = chosen.of(weights.swapaxes(2, 3))
        gap = chosen.threshold - chosen.of(value)
        norm = np.linalg.norm(w, axis=-1)
        unit = 1.0 if lime.scale == "probability" else float(norm.max(initial=0.0))
        flat = norm <= FLAT * unit
        r2 = lime.array("local_r2") if "local_r2" in lime.data else np.full(value.shape, np.nan)
        return cls(
            method=lime.method,
            schema=lime.schema,
            outputs=tuple(lime.outputs),
            seeds=lime.seeds,
            instances=lime.instances,
            rows=rows,
            predicted=lime.predicted,
            frame=frame,
            normal=np.where(flat[..., None], np.nan, w / np.where(flat, 1.0, norm)[..., None]),
            norm=norm,
            gap=gap,
            radius=lime.array("kernel_radius"),
            local_r2=chosen.least(r2),
            contrast=chosen,
            flat_below=FLAT * unit,
        )

    @property
    def distance(self) -> np.ndarray:
        """Signed distance ``(t - g(x₀))/‖w_z‖`` in all features, shape (n_seeds, n_instances)."""
        safe = np.where(self.norm > self.flat_below, self.norm, np.nan)
        return np.asarray(self.gap / safe)

    @property
    def foot(self) -> np.ndarray:
        """Nearest point of the plane, standardised, shape (n_seeds, n_instances, n_features)."""
        return self.origin + self.distance[..., None] * self.normal

    def to_frame(self) -> pd.DataFrame:
        """Return normal and foot, one row per seed, instance and feature."""
        n = self.schema.n_features
        wide = {
            name: np.repeat(values[..., None], n, axis=-1)
            for name, values in {
                "output": self.contrast.texts(),
                "distance": self.distance,
                "norm": self.norm,
                "local_r2": self.local_r2,
            }.items()
        }
        return self.feature_table(
            {
                "output": "text",
                "normal": "float64",
                "foot": "float64",
                "distance": "float64",
                "norm": "float64",
                "local_r2": "float64",
            },
            wide | {"normal": self.normal, "foot": self.foot},
        )

    def draw(self, canvas: Canvas) -> Tables:
        """Return `lines` by seed and consensus, `cones` of the consensus, `degenerate` seeds."""
        return LineDrawing(self, canvas).tables()


class LineDrawing:
    """Lines of the surrogate in the plane of two features, the others held at the instance."""

    def __init__(self, line: Line, canvas: Canvas) -> None:
        from dataclasses import replace

        self.line = line
        # LIME may have standardised by other rows than the scene; its radius holds in its frame.
        self.view = replace(canvas.view, frame=line.frame)
        self.origin = line.origin[:, list(self.view.places)]
        in_plane = self.view.normals(line.normal) * line.norm[..., None]
        norm = np.linalg.norm(in_plane, axis=-1)
        self.norm = np.where(np.isnan(norm), line.norm, norm)
        self.flat = ~(norm > line.flat_below)
        safe = np.where(self.flat, np.nan, self.norm)
        self.normal = in_plane / safe[..., None]
        self.distance = line.gap / safe
        self.groups = Groups.by(line.predicted, line.contrast.rival)

    def tables(self) -> Tables:
        """Return the three tables."""
        consensus, cones, cancelled = self._consensus()
        return {
            "lines": stack(LINES, [self._seeds(), *consensus]),
            "cones": stack(CONES, cones),
            "degenerate": stack(DEGENERATE, [self._flat_seeds(), *cancelled]),
        }

    def _seeds(self) -> pd.DataFrame:
        line, ok = self.line, ~self.flat
        keys = line.seed_keys()
        place = np.nonzero(ok)
        ends = self._ends(self.origin[place[1]], self.normal[ok], self.distance[ok], place[1])
        predicted = line.names(line.predicted)[ok]
        agrees = self._agrees()[ok]
        return table(
            LINES,
            {
                "method": line.method,
                "layer": "seed",
                "seed": keys["seed"][..., 0][ok],
                "instance": keys["instance"][..., 0][ok],
                "output": line.contrast.texts()[ok],
                "predicted": predicted,
                "group": predicted,
                "n_seeds": 1,
                "share": 1.0 / len(line.seeds),
                "distance": self.distance[ok],
                "distance_low": np.nan,
                "distance_high": np.nan,
                "distance_all": line.distance[ok],
                "local_r2": line.local_r2[ok],
                "surrogate_agrees": agrees,
                "resultant_length": np.nan,
                "resultant_length_all": np.nan,
                "cone_degrees": np.nan,
                "n_degenerate": 0,
            }
            | ends,
        )

    def _agrees(self) -> np.ndarray:
        """Return whether the surrogate is on the side of the threshold where the model is."""
        line = self.line
        own_side = line.predicted == line.contrast.chosen
        return np.isnan(line.gap) | ((line.gap <= 0) == own_side)

    def _ends(
        self, origin: np.ndarray, normal: np.ndarray, distance: np.ndarray, instance: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Return segments along the line, with no division by a slope."""
        radius = self.line.radius[instance]
        near = np.abs(distance) <= radius  # False for NaN: a regression has no boundary
        step = np.where(near, distance, 0.0)
        foot = origin + step[:, None] * normal
        half = np.sqrt(radius**2 - step**2)
        tangent = np.column_stack([-normal[:, 1], normal[:, 0]]) * half[:, None]
        first, last = self.view.to_units(foot - tangent), self.view.to_units(foot + tangent)
        middle = self.view.to_units(foot)
        return {
            "x1": first[:, 0],
            "y1": first[:, 1],
            "x2": last[:, 0],
            "y2": last[:, 1],
            "foot_x": middle[:, 0],
            "foot_y": middle[:, 1],
            "boundary": near,
            "radius": radius,
            "normal_x": normal[:, 0],
            "normal_y": normal[:, 1],
            "angle": np.degrees(np.arctan2(normal[:, 1], normal[:, 0])),
        }

    def _consensus(
        self,
    ) -> tuple[list[pd.DataFrame], list[pd.DataFrame], list[pd.DataFrame]]:
        lines, cones, cancelled = [], [], []
        for place, seeds in self.groups:
            kept = seeds[~self.flat[seeds, place]]
            if not len(kept):
                continue  # all its seeds are listed in `degenerate`
            mean = mean_direction(self.normal[kept, place])
            if np.isnan(mean.direction).any():
                cancelled.append(self._cancelled(place, seeds, mean))
                continue
            lines.append(self._consensus_line(place, seeds, kept, mean))
            cones.append(self._cone(place, seeds, lines[-1], mean))
        return lines, cones, cancelled

    def _consensus_line(
        self, place: int, seeds: np.ndarray, kept: np.ndarray, mean: MeanDirection
    ) -> pd.DataFrame:
        line = self.line
        distance = self.distance[kept, place]
        low, high = np.quantile(distance, SPREAD)
        instance = np.array([place])
        ends = self._ends(
            self.origin[instance], mean.direction[None], np.array([np.median(distance)]), instance
        )
        return table(
            LINES,
            line.group_keys(instance)
            | self._group_names(place, seeds)
            | {
                "n_seeds": len(seeds),
                "share": len(seeds) / len(line.seeds),
                "distance": np.median(distance),
                "distance_low": low,
                "distance_high": high,
                "distance_all": np.median(line.distance[kept, place]),
                "local_r2": np.median(line.local_r2[kept, place]),
                "surrogate_agrees": bool(self._agrees()[kept, place].all()),
                "resultant_length": mean.resultant_length,
                "resultant_length_all": mean_direction(line.normal[kept, place]).resultant_length,
                "cone_degrees": mean.cone_degrees,
                "n_degenerate": len(seeds) - len(kept),
            }
            | ends,
        )

    def _cone(
        self, place: int, seeds: np.ndarray, drawn: pd.DataFrame, mean: MeanDirection
    ) -> pd.DataFrame:
        """Return the bow tie swept by the consensus line as it turns by the cone's angle."""
        foot = (drawn[["foot_x", "foot_y"]].to_numpy()[0] - self.view.to_units(np.zeros(2))) / (
            self.view.scale
        )
        end = drawn[["x2", "y2"]].to_numpy()[0]
        half = np.linalg.norm((end - self.view.to_units(foot)) / self.view.scale)
        turn = np.radians(min(mean.cone_degrees, 90.0)) * np.linspace(-1.0, 1.0, 9)
        base = np.arctan2(mean.direction[0], -mean.direction[1])
        side = np.repeat([-1.0, 1.0], 9)
        arc = (
            side
            * half
            * np.vstack([np.cos(base + np.tile(turn, 2)), np.sin(base + np.tile(turn, 2))])
        )
        sweep = arc.T.reshape(2, 9, 2) + foot
        closed = np.concatenate([np.tile(foot, (2, 1, 1)), sweep, np.tile(foot, (2, 1, 1))], axis=1)
        points = self.view.to_units(closed)
        return table(
            CONES,
            self._group_names(place, seeds)
            | {
                "method": self.line.method,
                "instance": np.full(22, self.line.instances[place]),
                "side": np.repeat([0, 1], 11),
                "order": np.tile(np.arange(11), 2),
                "x": points[..., 0],
                "y": points[..., 1],
            },
        )

    def _group_names(self, place: int, seeds: np.ndarray) -> dict[str, str]:
        predicted = self.line.outputs[self.line.predicted[seeds[0], place]]
        return {
            "output": str(self.line.contrast.texts()[seeds[0], place]),
            "predicted": predicted,
            "group": predicted,
        }

    def _flat_seeds(self) -> pd.DataFrame:
        line, flat = self.line, self.flat
        seed, instance = np.nonzero(flat)
        exact = line.norm[flat] <= line.flat_below
        return table(
            DEGENERATE,
            {
                "method": line.method,
                "layer": "seed",
                "seed": line.seeds[seed],
                "instance": line.instances[instance],
                "output": line.contrast.texts()[flat],
                "predicted": line.names(line.predicted)[flat],
                "n_seeds": 1,
                "norm": self.norm[flat],
                "reason": np.where(
                    exact, "the surrogate is flat", "the surrogate is flat in this view"
                ),
            },
        )

    def _cancelled(self, place: int, seeds: np.ndarray, mean: MeanDirection) -> pd.DataFrame:
        return table(
            DEGENERATE,
            self.line.group_keys(np.array([place]))
            | {k: v for k, v in self._group_names(place, seeds).items() if k != "group"}
            | {
                "n_seeds": len(seeds),
                "norm": mean.resultant_length,
                "reason": "the seeds' directions cancel, so they have no mean",
            },
        )


def _check_surrogate(lime: Attributions) -> None:
    if "slope" not in lime.data:
        raise InputError(
            expected="a LIME explanation with slopes for a line",
            arrived=f"{lime.method!r} without slopes, as a discretised surrogate gives",
            do="It is piecewise constant and has no boundary line; explain with "
            "discretize=False, or leave it out of the scene.",
        )
    wanted = ("intercept", "kernel_radius", "feature_location", "feature_scale")
    missing = [name for name in wanted if name not in lime.data]
    if missing:
        raise InputError(
            expected=f"a LIME explanation with {', '.join(wanted)}",
            arrived=f"one without {', '.join(missing)}",
            do="Make it with xaigeo.explain(..., method='lime').",
        )
