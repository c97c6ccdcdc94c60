"""Attributions as arrows: from the instance along each feature, in a declared scale."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd

from xaigeo.explanations import Attributions
from xaigeo.geometry.attribution_meaning import PER_SD, SQUARED, attribution_meaning
from xaigeo.geometry.ellipse_table import ELLIPSE_TABLES
from xaigeo.geometry.mark import Canvas, Mark
from xaigeo.geometry.output_choice import chosen_output, pick, target_place
from xaigeo.geometry.shadow import Shadow
from xaigeo.geometry.staircase import STAIRCASES, Staircase
from xaigeo.geometry.standard_frame import StandardFrame
from xaigeo.geometry.table import Columns
from xaigeo.geometry.vector_drawing import VECTORS, VectorDrawing


@dataclass(frozen=True, eq=False, kw_only=True)
class Vectors(Mark):
    """Attributions ``φ`` of one output: the arrow of feature j is ``s·φ_j`` along axis j.

    An arrow shows a contribution, not a direction of travel: for a linear model
    ``φ_j = w_j(x_j - μ_j)``, so its sign flips across the mean.

    Attributes
    ----------
    attribution : ndarray, shape (n_seeds, n_instances, n_features)
        In output units. A method that reports sizes alone gets the sign of its slope back:
        an arrow needs one.
    slopes : ndarray, same shape
        Output units per original unit, comparable with LIME: the method's own slope, or else
        ``φ_j/(x_j - μ_j)``. NaN for categories, and where an instance sits on the mean.
    chosen : ndarray of int, shape (n_seeds, n_instances)
        Place of the explained output: the predicted class unless one was named.
    completeness_gap : ndarray, shape (n_seeds, n_instances)
        ``f(x) - base - Σφ``; NaN for methods that do not promise it to be 0.
    unit : str
        What the attributions are measured in: "probability", "logit" or "value"; for a
        gradient "... per SD", its change for one standard deviation.
    """

    attribution: np.ndarray
    slopes: np.ndarray
    chosen: np.ndarray
    completeness_gap: np.ndarray
    unit: str

    columns: ClassVar[dict[str, Columns]] = {
        "vectors": VECTORS,
        "staircases": STAIRCASES,
        **ELLIPSE_TABLES,
    }

    @classmethod
    def from_attributions(
        cls, explanation: Attributions, *, frame: StandardFrame, output: str | None = None
    ) -> Vectors:
        """Take the attributions of the predicted class of each seed, or of one output."""
        chosen = chosen_output(explanation, output)
        gap = np.full(chosen.shape, np.nan)
        if explanation.additive and {"base_value", "explained_value"} <= set(explanation.data):
            total = explanation.array("base_value") + explanation.array("attribution").sum(axis=2)
            gap = pick(explanation.array("explained_value") - total, chosen)
        attribution = pick(explanation.array("attribution").swapaxes(2, 3), chosen)
        if "slope" in explanation.data:
            slopes = pick(explanation.array("slope").swapaxes(2, 3), chosen)
        else:
            slopes = _slope_form(attribution, explanation.array("input"), frame)
        meaning = attribution_meaning(explanation)
        if not meaning.signed:
            attribution = np.where(np.isnan(slopes), attribution, np.copysign(attribution, slopes))
        return cls(
            method=explanation.method,
            schema=explanation.schema,
            outputs=tuple(explanation.outputs),
            seeds=explanation.seeds,
            instances=explanation.instances,
            rows=explanation.array("input"),
            predicted=explanation.predicted,
            frame=frame,
            attribution=attribution,
            slopes=slopes,
            chosen=chosen,
            completeness_gap=gap,
            unit=meaning.of_target(explanation, target_place(explanation, output)).unit,
        )

    def to_frame(self) -> pd.DataFrame:
        """Return attribution and slope form, one row per seed, instance and feature."""
        n = self.schema.n_features
        return self.feature_table(
            {"output": "text", "attribution": "float64", "slope": "float64"},
            {
                "output": np.repeat(self.names(self.chosen)[..., None], n, axis=-1),
                "attribution": self.attribution,
                "slope": self.slopes,
            },
        )

    def in_slope_form(self) -> Vectors:
        """Return arrows of ``w_j``, output units for one standard deviation, comparable with LIME.

        For a linear model they are the same at every instance. NaN, and no arrow, for categories
        and where a slope is undefined. Arrows that are slopes already stay as they are.
        """
        if self.unit.endswith(PER_SD):
            return self
        return replace(
            self,
            attribution=self.frame.scale * np.where(self.frame.discrete, np.nan, self.slopes),
            completeness_gap=np.full_like(self.completeness_gap, np.nan),
            # Slopes are not squared, whatever the attributions are.
            unit=self.unit.removeprefix("(").removesuffix(f"){SQUARED}")
            if self.unit.endswith(PER_SD + f"){SQUARED}")
            else self.unit + PER_SD,
        )

    def shadows(self, canvas: Canvas) -> list[Shadow]:
        """Return `vectors`, `ellipses` of the resultants, and `staircases`."""
        return [VectorDrawing(self, canvas), Staircase(self, canvas)]


def _slope_form(attribution: np.ndarray, rows: np.ndarray, frame: StandardFrame) -> np.ndarray:
    step = rows - frame.location
    defined = ~frame.discrete & (np.abs(step) > 1e-9 * frame.scale)
    return np.asarray(np.where(defined, attribution / np.where(defined, step, 1.0), np.nan))
