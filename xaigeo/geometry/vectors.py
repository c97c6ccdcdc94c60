"""Attributions as arrows: from the instance along each feature, in a declared scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import pandas as pd

from xaigeo.explanations import Attributions
from xaigeo.geometry.ellipse import covariance_ellipse
from xaigeo.geometry.ellipse_table import ELLIPSES, OUTLINES, ellipse_tables
from xaigeo.geometry.groups import Groups
from xaigeo.geometry.mark import Canvas, Mark, Tables
from xaigeo.geometry.output_choice import chosen_output, pick
from xaigeo.geometry.standard_frame import StandardFrame
from xaigeo.geometry.table import KEYS, Columns, stack, table

WHISKERS: Final = (0.1, 0.9)

VECTORS: Final[Columns] = KEYS | {
    "output": "text",
    "predicted": "text",
    "group": "text",
    "n_seeds": "int64",
    "share": "float64",
    "feature": "text",
    "role": "text",
    "x": "float64",
    "y": "float64",
    "x2": "float64",
    "y2": "float64",
    "attribution": "float64",
    "low": "float64",
    "high": "float64",
    "low_x": "float64",
    "low_y": "float64",
    "high_x": "float64",
    "high_y": "float64",
    "slope": "float64",
    "sign_agreement": "float64",
    "share_in_view": "float64",
    "completeness_gap": "float64",
}


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


class VectorDrawing:
    """Arrows along the two features of a view, and their resultant in it."""

    def __init__(self, vectors: Vectors, canvas: Canvas) -> None:
        self.vectors, self.canvas = vectors, canvas
        self.scale = canvas.arrow_scale[vectors.method]
        self.tail = canvas.view.points(vectors.origin)
        # What each arrow says: two components and the resultant.
        places = list(canvas.view.places)
        pair = vectors.attribution[..., places]
        norm = np.linalg.norm(pair, axis=-1, keepdims=True)
        self.values = np.concatenate([pair, norm], axis=-1)
        self.slopes = np.concatenate(
            [vectors.slopes[..., places], np.full_like(norm, np.nan)], axis=-1
        )
        total = np.abs(vectors.attribution).sum(axis=-1)
        self.in_view = np.abs(pair).sum(axis=-1) / np.where(total > 0, total, np.nan)
        self.feature = np.array([canvas.view.x.name, canvas.view.y.name, None], dtype=object)
        self.role = np.array(["component", "component", "resultant"], dtype=object)
        self.pair = pair

    def tables(self) -> Tables:
        """Return the three tables."""
        consensus = []
        ellipses = []
        for place, seeds in Groups.by(self.vectors.predicted):
            consensus.append(self._consensus(place, seeds))
            ellipses.append(self._ellipse(place, seeds))
        return {
            "vectors": stack(VECTORS, [self._seeds(), *consensus]),
            "ellipses": stack(ELLIPSES, [pair[0] for pair in ellipses]),
            "ellipse_outlines": stack(OUTLINES, [pair[1] for pair in ellipses]),
        }

    def _steps(self, pair: np.ndarray) -> np.ndarray:
        """Return component and resultant steps in view units, shape (..., 3, 2)."""
        step = self.scale * pair
        flat = np.zeros_like(step[..., 0])
        arrows = np.stack(
            [
                np.stack([step[..., 0], flat], axis=-1),
                np.stack([flat, step[..., 1]], axis=-1),
                step,
            ],
            axis=-2,
        )
        return np.asarray(arrows * self.canvas.view.scale)

    def _seeds(self) -> pd.DataFrame:
        vectors = self.vectors
        shape = (len(vectors.seeds), len(vectors.instances), 3)

        def wide(values: np.ndarray) -> np.ndarray:
            return np.broadcast_to(values[..., None], shape)

        tail = np.broadcast_to(self.tail[None, :, None, :], (*shape, 2))
        tip = tail + self._steps(self.pair)
        predicted = wide(vectors.names(vectors.predicted))
        return table(
            VECTORS,
            vectors.seed_keys(3)
            | {
                "output": wide(vectors.names(vectors.chosen)),
                "predicted": predicted,
                "group": predicted,
                "n_seeds": 1,
                "share": 1.0 / len(vectors.seeds),
                "feature": np.broadcast_to(self.feature, shape),
                "role": np.broadcast_to(self.role, shape),
                "x": tail[..., 0],
                "y": tail[..., 1],
                "x2": tip[..., 0],
                "y2": tip[..., 1],
                "attribution": self.values,
                "slope": self.slopes,
                "share_in_view": wide(self.in_view),
                "completeness_gap": wide(vectors.completeness_gap),
            }
            | dict.fromkeys(
                ("low", "high", "low_x", "low_y", "high_x", "high_y", "sign_agreement"), np.nan
            ),
        )

    def _consensus(self, place: int, seeds: np.ndarray) -> pd.DataFrame:
        pair = self.pair[seeds, place]
        middle = np.median(pair, axis=0)
        low, high = np.quantile(pair, WHISKERS, axis=0)
        tail = self.tail[place]
        tip = tail + self._steps(middle)
        low_tip, high_tip = tail + self._steps(low), tail + self._steps(high)
        low_tip[2] = high_tip[2] = np.nan  # the resultant spreads in two directions: an ellipse
        norms = self.values[seeds, place, 2]
        signs = (np.sign(pair) == np.sign(middle)) & (middle != 0)
        gap = self.vectors.completeness_gap[seeds, place]
        slope = self.slopes[seeds, place]
        return table(
            VECTORS,
            self.vectors.group_keys(np.array([place]))
            | self._group_names(place, seeds)
            | {
                "n_seeds": len(seeds),
                "share": len(seeds) / len(self.vectors.seeds),
                "feature": self.feature,
                "role": self.role,
                "instance": np.full(3, self.vectors.instances[place]),
                "x": tail[0],
                "y": tail[1],
                "x2": tip[:, 0],
                "y2": tip[:, 1],
                "attribution": [*middle, np.linalg.norm(middle)],
                "low": [*low, np.quantile(norms, WHISKERS[0])],
                "high": [*high, np.quantile(norms, WHISKERS[1])],
                "low_x": low_tip[:, 0],
                "low_y": low_tip[:, 1],
                "high_x": high_tip[:, 0],
                "high_y": high_tip[:, 1],
                "slope": np.median(slope, axis=0),
                "sign_agreement": [*signs.mean(axis=0), np.nan],
                "share_in_view": np.median(self.in_view[seeds, place]),
                "completeness_gap": gap[np.abs(gap).argmax()],
            },
        )

    def _ellipse(self, place: int, seeds: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
        view = self.canvas.view
        tail = self.vectors.origin[place, list(view.places)]
        tips = tail + self.scale * self.pair[seeds, place]
        return ellipse_tables(
            covariance_ellipse(tips),
            view,
            {
                "mark": "vectors",
                "method": self.vectors.method,
                "instance": self.vectors.instances[place],
                "n_seeds": len(seeds),
            }
            | {k: v for k, v in self._group_names(place, seeds).items() if k != "group"},
        )

    def _group_names(self, place: int, seeds: np.ndarray) -> dict[str, str]:
        vectors = self.vectors
        predicted = vectors.outputs[vectors.predicted[seeds[0], place]]
        output = vectors.outputs[vectors.chosen[seeds[0], place]]
        return {"output": output, "predicted": predicted, "group": predicted}
