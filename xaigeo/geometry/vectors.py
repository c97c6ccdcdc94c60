"""Attributions as arrows: from the instance along each feature, in a declared scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from xaigeo.explanations import Attributions
from xaigeo.geometry.ellipse_table import ELLIPSES, OUTLINES
from xaigeo.geometry.mark import Canvas, Mark, Tables
from xaigeo.geometry.output_choice import chosen_output, pick
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
        In output units.
    chosen : ndarray of int, shape (n_seeds, n_instances)
        Place of the explained output: the predicted class unless one was named.
    completeness_gap : ndarray, shape (n_seeds, n_instances)
        ``f(x) - base - Σφ``; NaN for methods that do not promise it to be 0.
    unit : str
        What the attributions are measured in: "probability", "logit" or "value".
    """

    attribution: np.ndarray
    chosen: np.ndarray
    completeness_gap: np.ndarray
    unit: str

    columns: ClassVar[dict[str, Columns]] = {
        "vectors": VECTORS,
        "ellipses": ELLIPSES,
        "ellipse_outlines": OUTLINES,
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
        return cls(
            method=explanation.method,
            schema=explanation.schema,
            outputs=tuple(explanation.outputs),
            seeds=explanation.seeds,
            instances=explanation.instances,
            rows=explanation.array("input"),
            predicted=explanation.predicted,
            frame=frame,
            attribution=pick(explanation.array("attribution").swapaxes(2, 3), chosen),
            chosen=chosen,
            completeness_gap=gap,
            unit=explanation.scale,
        )

    @property
    def slopes(self) -> np.ndarray:
        """``φ_j/(x_j - μ_j)`` in output units per original unit, comparable with LIME.

        Shape (n_seeds, n_instances, n_features); NaN for categories, and where an instance
        sits on the mean, so that the quotient is not defined.
        """
        step = self.rows - self.frame.location
        defined = ~self.frame.discrete & (np.abs(step) > 1e-9 * self.frame.scale)
        return np.asarray(
            np.where(defined, self.attribution / np.where(defined, step, 1.0), np.nan)
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

    def draw(self, canvas: Canvas) -> Tables:
        """Return `vectors` by seed and consensus, and `ellipses` of the resultants."""
        return VectorDrawing(self, canvas).tables()
