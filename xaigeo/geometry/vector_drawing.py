"""Arrows along the two features of a view, and their resultant in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from xaigeo.geometry.ellipse import covariance_ellipse
from xaigeo.geometry.ellipse_table import ellipse_tables
from xaigeo.geometry.groups import Groups
from xaigeo.geometry.mark import Canvas, Tables
from xaigeo.geometry.table import KEYS, Columns, stack, table

if TYPE_CHECKING:
    from xaigeo.geometry.vectors import Vectors

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


@dataclass(frozen=True, eq=False)
class VectorDrawing:
    """Three arrows an instance and seed: along x, along y, and their sum."""

    vectors: Vectors
    canvas: Canvas

    def tables(self) -> Tables:
        """Return `vectors` by seed and consensus, `ellipses` and `ellipse_outlines`."""
        groups = Groups.by(self.vectors.predicted)
        return {
            "vectors": stack(VECTORS, [self._seeds(), self._consensus(groups)])
        } | self._ellipses(groups)

    @cached_property
    def pair(self) -> np.ndarray:
        """Attributions of the two features, shape (n_seeds, n_instances, 2)."""
        return self.vectors.attribution[..., list(self.canvas.view.places)]

    @cached_property
    def steps(self) -> np.ndarray:
        """Arrows in the standardised plane, shape (n_seeds, n_instances, 2)."""
        return np.asarray(self.canvas.arrow_scale[self.vectors.method] * self.pair)

    @cached_property
    def in_view(self) -> np.ndarray:
        """Share of all absolute attribution on the two features, (n_seeds, n_instances)."""
        total = np.abs(self.vectors.attribution).sum(axis=-1)
        return np.asarray(np.abs(self.pair).sum(axis=-1) / np.where(total > 0, total, np.nan))

    def _seeds(self) -> pd.DataFrame:
        vectors = self.vectors
        shape = (len(vectors.seeds), len(vectors.instances), 3)

        def wide(values: np.ndarray) -> np.ndarray:
            return np.broadcast_to(values[..., None], shape)

        slopes = vectors.slopes[..., list(self.canvas.view.places)]
        predicted = wide(vectors.names(vectors.predicted))
        unsummed = ("low", "high", "low_x", "low_y", "high_x", "high_y", "sign_agreement")
        return table(
            VECTORS,
            vectors.seed_keys(3)
            | self._arrows(np.indices(shape)[1], self.steps)
            | {
                "output": wide(vectors.names(vectors.chosen)),
                "predicted": predicted,
                "group": predicted,
                "n_seeds": 1,
                "share": 1.0 / len(vectors.seeds),
                "attribution": _with_length(self.pair),
                "slope": _with_nan(slopes),
                "share_in_view": wide(self.in_view),
                "completeness_gap": wide(vectors.completeness_gap),
            }
            | dict.fromkeys(unsummed, np.nan),
        )

    def _consensus(self, groups: Groups) -> pd.DataFrame:
        """Return the median of each component over the seeds of a group, and their sum."""
        vectors, places = self.vectors, list(self.canvas.view.places)
        scale = self.canvas.arrow_scale[vectors.method]
        middle = groups.reduce(self.pair, lambda v: np.median(v, axis=0))
        low, high = (groups.reduce(self.pair, _quantile(q)) for q in WHISKERS)
        norms = np.linalg.norm(self.pair, axis=-1)
        norm_low, norm_high = (groups.reduce(norms, _quantile(q)) for q in WHISKERS)
        place = np.broadcast_to(groups.instance[:, None], (len(groups), 3))
        keys = vectors.group_keys(place)

        def wide(values: np.ndarray) -> np.ndarray:
            return np.broadcast_to(values[..., None], place.shape)

        def whisker(ends: np.ndarray) -> dict[str, np.ndarray]:
            arrows = self._arrows(place, scale * ends)
            # The resultant spreads in two directions: the ellipse shows it, not a whisker.
            along = np.broadcast_to(np.arange(3) < 2, place.shape)
            return {axis: np.where(along, arrows[f"{axis}2"], np.nan) for axis in "xy"}

        low_at, high_at = whisker(low), whisker(high)
        return table(
            VECTORS,
            keys
            | self._arrows(place, scale * middle)
            | {name: wide(values) for name, values in self._group_names(groups).items()}
            | {
                "n_seeds": wide(groups.sizes),
                "share": wide(groups.shares),
                "attribution": _with_length(middle),
                "low": np.column_stack([low, norm_low]),
                "high": np.column_stack([high, norm_high]),
                "low_x": low_at["x"],
                "low_y": low_at["y"],
                "high_x": high_at["x"],
                "high_y": high_at["y"],
                "slope": _with_nan(
                    groups.reduce(vectors.slopes[..., places], lambda v: np.median(v, axis=0))
                ),
                "sign_agreement": _with_nan(groups.reduce(self.pair, _share_of_median_sign)),
                "share_in_view": wide(groups.reduce(self.in_view, np.median)),
                "completeness_gap": wide(groups.reduce(vectors.completeness_gap, _widest)),
            },
        )

    def _arrows(self, instance: np.ndarray, steps: np.ndarray) -> dict[str, Any]:
        """Return tails, tips, features and roles of the three arrows of steps (..., 2)."""
        view = self.canvas.view
        tail = view.points(self.vectors.origin)[instance]
        parts = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
        tip = tail + steps[..., None, :] * parts * view.scale
        feature = np.array([view.x.name, view.y.name, None], dtype=object)
        role = np.array(["component", "component", "resultant"], dtype=object)
        return {
            "feature": np.broadcast_to(feature, instance.shape),
            "role": np.broadcast_to(role, instance.shape),
            "x": tail[..., 0],
            "y": tail[..., 1],
            "x2": tip[..., 0],
            "y2": tip[..., 1],
        }

    def _ellipses(self, groups: Groups) -> Tables:
        view = self.canvas.view
        tips = self.vectors.origin[:, list(view.places)] + self.steps
        names = self._group_names(groups)
        return ellipse_tables(
            [covariance_ellipse(tips[seeds, place]) for place, seeds in groups],
            view,
            {
                "mark": np.full(len(groups), "vectors", dtype=object),
                "method": np.full(len(groups), self.vectors.method, dtype=object),
                "instance": self.vectors.instances[groups.instance],
                "output": names["output"],
                "predicted": names["predicted"],
                "n_seeds": groups.sizes,
            },
        )

    def _group_names(self, groups: Groups) -> dict[str, np.ndarray]:
        predicted = groups.shared(self.vectors.names(self.vectors.predicted))
        output = groups.shared(self.vectors.names(self.vectors.chosen))
        return {"output": output, "predicted": predicted, "group": predicted}


def _with_length(pair: np.ndarray) -> np.ndarray:
    return np.concatenate([pair, np.linalg.norm(pair, axis=-1, keepdims=True)], axis=-1)


def _with_nan(pair: np.ndarray) -> np.ndarray:
    return np.concatenate([pair, np.full((*pair.shape[:-1], 1), np.nan)], axis=-1)


def _quantile(q: float) -> Any:
    return lambda values: np.quantile(values, q, axis=0)


def _share_of_median_sign(values: np.ndarray) -> np.ndarray:
    middle = np.median(values, axis=0)
    return np.asarray(((np.sign(values) == np.sign(middle)) & (middle != 0)).mean(axis=0))


def _widest(gaps: np.ndarray) -> float:
    return float(gaps[np.abs(gaps).argmax()])
