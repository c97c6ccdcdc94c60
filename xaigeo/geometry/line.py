"""LIME as a line: where the local surrogate changes its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import pandas as pd

from xaigeo.errors import InputError
from xaigeo.explanations import Attributions
from xaigeo.geometry.line_drawing import LineDrawing
from xaigeo.geometry.line_shadow import LineShadow
from xaigeo.geometry.mark import Canvas, Mark, Tables
from xaigeo.geometry.normal_drawing import NormalDrawing
from xaigeo.geometry.output_choice import Contrast, contrast
from xaigeo.geometry.region import REGIONS, Region
from xaigeo.geometry.shadow import Shadow
from xaigeo.geometry.standard_frame import StandardFrame
from xaigeo.geometry.table import Columns
from xaigeo.geometry.view import FeaturePair

FLAT: Final = 1e-6


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
        **LineShadow.columns,
        **NormalDrawing.columns,
        "regions": REGIONS,
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
        return np.asarray(self.origin + self.distance[..., None] * self.normal)

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

    def shadows(self, canvas: Canvas) -> list[Shadow]:
        """Return `normals`, `regions`, and in a projection all that `LineShadow` makes."""
        arrows: list[Shadow] = [NormalDrawing(self, canvas), Region.of_kernels(self, canvas.frame)]
        return arrows if canvas.view.shown else [LineShadow(self, canvas), *arrows]

    def draw(self, canvas: Canvas) -> Tables:
        """Return `lines` by seed and consensus, `cones` of the consensus, and their normals."""
        drawn = super().draw(canvas)
        if isinstance(canvas.view, FeaturePair):
            return LineDrawing(self, canvas, canvas.view).tables() | drawn
        return drawn


def _check_surrogate(lime: Attributions) -> None:
    if "slope" not in lime.data or lime.binned:
        raise InputError(
            expected="a LIME explanation with slopes for a line",
            arrived=f"{lime.method!r} without slopes, as a discretised surrogate gives",
            do="It is piecewise constant and has no boundary line; explain with "
            "discretiser=None, or draw it as arrows with Vectors.",
        )
    wanted = ("intercept", "kernel_radius", "feature_location", "feature_scale")
    missing = [name for name in wanted if name not in lime.data]
    if missing:
        raise InputError(
            expected=f"a LIME explanation with {', '.join(wanted)}",
            arrived=f"one without {', '.join(missing)}",
            do="Make it with xaigeo.explain(..., method='lime') and a Euclidean distance.",
        )
