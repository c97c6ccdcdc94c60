"""Arrows of attributions along their features, their resultant, and how the seeds spread."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
import pandas as pd

from xaigeo.geometry.ellipse import covariance_ellipse
from xaigeo.geometry.ellipse_table import ELLIPSE_TABLES, ellipse_facts, ellipse_places
from xaigeo.geometry.groups import Groups
from xaigeo.geometry.mark import Canvas, Tables
from xaigeo.geometry.shadow import Moving, Shadow, joined, part, xy
from xaigeo.geometry.table import KEYS, Columns, labels, stack, table
from xaigeo.geometry.view import View

if TYPE_CHECKING:
    from xaigeo.geometry.vectors import Vectors

WHISKERS: Final = (0.1, 0.9)

VECTORS: Final[Columns] = KEYS | {
    "output": "text",
    "predicted": "text",
    "mode": "int64",
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
    "top_share": "float64",
    "share_in_view": "float64",
    "completeness_gap": "float64",
}


_MOVING: Final = ("x", "y", "x2", "y2", "low_x", "low_y", "high_x", "high_y", "share_in_view")


@dataclass(frozen=True, eq=False)
class VectorDrawing(Shadow):
    """An arrow along each feature drawn, and their sum, for each instance and seed.

    A pair of columns draws its two features; a projection draws all numeric ones, each along
    its own row of the projection.
    """

    vectors: Vectors
    canvas: Canvas

    columns: ClassVar[dict[str, Columns]] = {"vectors": VECTORS, **ELLIPSE_TABLES}

    def facts(self) -> Tables:
        """Return `vectors` by seed and consensus, `ellipses` and `ellipse_outlines`."""
        groups = self.groups
        names = self._group_names()
        return {
            "vectors": stack(part(VECTORS, _MOVING), [self._seeds(), self._consensus()])
        } | ellipse_facts(
            {
                "mark": np.full(len(groups), "vectors", dtype=object),
                "method": np.full(len(groups), self.vectors.method, dtype=object),
                "instance": self.vectors.instances[groups.instance],
                "output": names["output"],
                "predicted": names["predicted"],
                "mode": names["mode"],
                "n_seeds": groups.sizes,
            }
        )

    def moving(self, view: View) -> Moving:
        """Return the arrows and their whiskers, and the ellipses of the resultants' tips."""
        instance = np.indices(self.values.shape[:2])[1]
        nowhere = np.full((*self.values.shape[:2], len(self.places) + 1), np.nan)
        share = self._share_in_view(view)
        seeds = self._arrows(view, instance, self.values)
        seeds |= dict.fromkeys(("low_x", "low_y", "high_x", "high_y"), nowhere)
        seeds["share_in_view"] = self._with_resultant(share)
        groups = self.groups
        consensus = self._arrows(view, groups.instance, self.middle)
        for name, ends in (("low", self.ends[0]), ("high", self.ends[1])):
            whisker = self._arrows(view, groups.instance, ends)
            for axis in "xy":
                # The resultant spreads in two directions: the ellipse shows it, not a whisker.
                whisker[f"{axis}2"][:, -1] = np.nan
                consensus[f"{name}_{axis}"] = whisker[f"{axis}2"]
        consensus["share_in_view"] = self._with_resultant(groups.reduce(share, np.median))
        tips = view.normals(self.vectors.origin) + self.scale * view.normals(
            _or_zero(self.vectors.attribution)
        )
        return {"vectors": joined(seeds, consensus)} | ellipse_places(
            [covariance_ellipse(tips[members, place]) for place, members in groups], view
        )

    @cached_property
    def groups(self) -> Groups:
        """Seeds by answer and mode."""
        return self.vectors.groups()

    @cached_property
    def places(self) -> np.ndarray:
        """Places of the features that are drawn, shape (n_drawn,)."""
        return self.canvas.components

    @property
    def scale(self) -> float:
        """Standard deviations drawn for one output unit."""
        return self.canvas.arrow_scale[self.vectors.method]

    @cached_property
    def values(self) -> np.ndarray:
        """Attributions of the features drawn, shape (n_seeds, n_instances, n_drawn)."""
        return self.vectors.attribution[..., self.places]

    @cached_property
    def middle(self) -> np.ndarray:
        """Median over the seeds of each group, shape (n_groups, n_drawn)."""
        return self.groups.reduce(self.values, lambda v: np.median(v, axis=0))

    @cached_property
    def ends(self) -> tuple[np.ndarray, np.ndarray]:
        """Ends of the whiskers, shape (n_groups, n_drawn) each."""
        low, high = (self.groups.reduce(self.values, _quantile(q)) for q in WHISKERS)
        return low, high

    @cached_property
    def first(self) -> np.ndarray:
        """Whether a feature drawn has the largest attribution of all, shape as `values`."""
        sizes = np.abs(_or_zero(self.vectors.attribution))
        largest = sizes.max(axis=-1, keepdims=True)
        return np.asarray(((sizes == largest) & (largest > 0))[..., self.places])

    def _seeds(self) -> pd.DataFrame:
        vectors = self.vectors
        return table(
            part(VECTORS, _MOVING),
            vectors.seed_keys(len(self.places) + 1)
            | self._roles(self.values.shape[:2])
            | {name: self._with_resultant(values) for name, values in vectors.answers().items()}
            | {
                "output": self._with_resultant(vectors.names(vectors.chosen)),
                "n_seeds": 1,
                "share": 1.0 / len(vectors.seeds),
                "attribution": _with_length(self.values),
                "slope": _with_nan(vectors.slopes[..., self.places]),
                "completeness_gap": self._with_resultant(vectors.completeness_gap),
            }
            | dict.fromkeys(("low", "high", "sign_agreement", "top_share"), np.nan),
        )

    def _consensus(self) -> pd.DataFrame:
        """Return the median of each component over the seeds of a group, and their sum."""
        vectors, groups = self.vectors, self.groups
        norms = np.linalg.norm(_or_zero(self.values), axis=-1)
        norm_low, norm_high = (groups.reduce(norms, _quantile(q)) for q in WHISKERS)
        slopes = vectors.slopes[..., self.places]
        wide = self._with_resultant
        return table(
            part(VECTORS, _MOVING),
            vectors.group_keys(wide(groups.instance))
            | self._roles((len(groups),))
            | {name: wide(values) for name, values in self._group_names().items()}
            | {
                "n_seeds": wide(groups.sizes),
                "share": wide(groups.shares),
                "attribution": _with_length(self.middle),
                "low": np.column_stack([self.ends[0], norm_low]),
                "high": np.column_stack([self.ends[1], norm_high]),
                "slope": _with_nan(groups.reduce(slopes, lambda v: np.median(v, axis=0))),
                "sign_agreement": _with_nan(groups.reduce(self.values, _share_of_median_sign)),
                "top_share": _with_nan(groups.reduce(self.first, lambda v: v.mean(axis=0))),
                "completeness_gap": wide(groups.reduce(vectors.completeness_gap, _widest)),
            },
        )

    def _with_resultant(self, values: np.ndarray) -> np.ndarray:
        """Return values repeated for each component and the resultant, on a last axis."""
        return np.broadcast_to(values[..., None], (*values.shape, len(self.places) + 1))

    def _roles(self, shape: tuple[int, ...]) -> dict[str, np.ndarray]:
        n = len(self.places)
        feature = labels([*self.vectors.schema.names, None], np.append(self.places, -1))
        role = np.array([*["component"] * n, "resultant"], dtype=object)
        return {
            "feature": np.broadcast_to(feature, (*shape, n + 1)),
            "role": np.broadcast_to(role, (*shape, n + 1)),
        }

    def _arrows(
        self, view: View, instance: np.ndarray, values: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Return tails and tips of the arrows of attributions (..., n_drawn) at instances."""
        tail = view.points(self.vectors.origin)[instance]
        along = view.projection[self.places] * view.scale
        steps = self.scale * _or_zero(values)[..., None] * along
        whole = np.concatenate([steps, steps.sum(axis=-2, keepdims=True)], axis=-2)
        tip = tail[..., None, :] + whole
        return xy(np.broadcast_to(tail[..., None, :], tip.shape)) | xy(tip, "x2", "y2")

    def _share_in_view(self, view: View) -> np.ndarray:
        """Return how much of all absolute attribution is seen, shape (n_seeds, n_instances)."""
        sizes = np.abs(_or_zero(self.vectors.attribution))
        total = sizes.sum(axis=-1)
        # A component is seen by the length of its row of the projection: 1 on an axis.
        seen = sizes @ np.linalg.norm(view.projection, axis=1)
        return np.asarray(seen / np.where(total > 0, total, np.nan))

    def _group_names(self) -> dict[str, np.ndarray]:
        output = self.groups.shared(self.vectors.names(self.vectors.chosen))
        return {"output": output} | self.vectors.group_answers(self.groups)


def _or_zero(values: np.ndarray) -> np.ndarray:
    """Return values with 0 where a slope form is undefined: no arrow."""
    return np.where(np.isnan(values), 0.0, values)


def _with_length(values: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(_or_zero(values), axis=-1, keepdims=True)
    return np.concatenate([values, length], axis=-1)


def _with_nan(values: np.ndarray) -> np.ndarray:
    return np.concatenate([values, np.full((*values.shape[:-1], 1), np.nan)], axis=-1)


def _quantile(q: float) -> Any:
    return lambda values: np.quantile(values, q, axis=0)


def _share_of_median_sign(values: np.ndarray) -> np.ndarray:
    middle = np.median(values, axis=0)
    return np.asarray(((np.sign(values) == np.sign(middle)) & (middle != 0)).mean(axis=0))


def _widest(gaps: np.ndarray) -> float:
    return float(gaps[np.abs(gaps).argmax()])
