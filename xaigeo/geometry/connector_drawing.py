"""Connectors in a view; what happens outside it is written beside them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
import pandas as pd

from xaigeo.geometry.change_text import change_text
from xaigeo.geometry.ellipse import covariance_ellipse
from xaigeo.geometry.ellipse_table import ELLIPSE_TABLES, ellipse_facts, ellipse_places
from xaigeo.geometry.geometric_median import geometric_median
from xaigeo.geometry.groups import Groups
from xaigeo.geometry.mark import Canvas, Tables
from xaigeo.geometry.shadow import Moving, Shadow, joined, part, xy
from xaigeo.geometry.table import KEYS, Columns, stack, table
from xaigeo.geometry.view import View

if TYPE_CHECKING:
    from xaigeo.geometry.connector import Connector

CONNECTORS: Final[Columns] = KEYS | {
    "candidate": "Int64",
    "cluster": "Int64",
    "predicted": "text",
    "mode": "int64",
    "group": "text",
    "target": "text",
    "n_seeds": "int64",
    "share": "float64",
    "x": "float64",
    "y": "float64",
    "x2": "float64",
    "y2": "float64",
    "flip_x": "float64",
    "flip_y": "float64",
    "valid": "bool",
    "n_changed": "float64",
    "distance": "float64",
    "foreshortening": "float64",
    "text": "text",
    "cross_validity": "float64",
}


_MOVING: Final = ("x", "y", "x2", "y2", "flip_x", "flip_y", "foreshortening")


@dataclass(frozen=True, eq=False)
class ConnectorDrawing(Shadow):
    """One segment a seed, instance and candidate, and one to the median of the seeds."""

    connector: Connector
    canvas: Canvas

    columns: ClassVar[dict[str, Columns]] = {"connectors": CONNECTORS, **ELLIPSE_TABLES}

    def facts(self) -> Tables:
        """Return `connectors` by seed and consensus, `ellipses` and `ellipse_outlines`."""
        mark, groups = self.connector, self.found
        return {
            "connectors": stack(part(CONNECTORS, _MOVING), [self._seeds(), self._consensus()])
        } | ellipse_facts(
            {
                "mark": np.full(len(groups), "connectors", dtype=object),
                "method": np.full(len(groups), mark.method, dtype=object),
                "instance": mark.instances[groups.instance],
                "output": groups.shared(mark.names(mark.target)),
                "predicted": groups.shared(mark.names(mark.predicted)),
                "mode": groups.shared(mark.mode),
                "n_seeds": groups.sizes,
            }
        )

    def moving(self, view: View) -> Moving:
        """Return ends and flip points, how much of each step is seen, and the ellipses."""
        mark, groups = self.connector, self.found
        tail = view.points(mark.origin)
        step = view.displacements(mark.step)
        start = np.broadcast_to(tail[None, :, None, :], step.shape)
        seeds = (
            xy(start)
            | xy(start + step, "x2", "y2")
            | xy(start + mark.flip_fraction[..., None] * step, "flip_x", "flip_y")
            | {"foreshortening": _foreshortening(mark.step, view)}
        )
        tip = tail[groups.instance] + view.displacements(self.middle)
        unknown = np.full(tip.shape, np.nan)
        consensus = (
            xy(tail[groups.instance])
            | xy(tip, "x2", "y2")
            | xy(unknown, "flip_x", "flip_y")
            | {"foreshortening": _foreshortening(self.middle, view)}
        )
        ends = view.normals(mark.origin) + view.normals(mark.nearest(mark.step))
        return {"connectors": joined(seeds, consensus)} | ellipse_places(
            [covariance_ellipse(ends[members, place]) for place, members in groups], view
        )

    @cached_property
    def every(self) -> Groups:
        """Seeds by answer, target and mode, where one of them has a valid point."""
        mark = self.connector
        groups = mark.groups(mark.target)
        # Without a valid point there is nothing to summarise.
        return groups.where(groups.restrict(mark.nearest(mark.valid)).sizes > 0)

    @cached_property
    def found(self) -> Groups:
        """The same groups with only the seeds that have a valid point."""
        return self.every.restrict(self.connector.nearest(self.connector.valid))

    @cached_property
    def middle(self) -> np.ndarray:
        """Geometric median of the seeds' valid steps, shape (n_groups, n_features)."""
        return self.found.reduce(self.connector.nearest(self.connector.step), geometric_median)

    def _seeds(self) -> pd.DataFrame:
        mark = self.connector
        shape = mark.valid.shape

        def wide(values: np.ndarray) -> np.ndarray:
            return np.broadcast_to(values[..., None], shape)

        texts = np.empty(shape, dtype=object)
        for place in np.ndindex(shape):
            texts[place] = self._text(mark.rows[place[1]], mark.point[place], mark.changed[place])
        return table(
            part(CONNECTORS, _MOVING),
            mark.seed_keys(shape[2])
            | {name: wide(values) for name, values in mark.answers().items()}
            | {
                "candidate": np.broadcast_to(np.arange(shape[2]), shape),
                "cluster": _or_missing(mark.clusters.labels),
                "target": wide(mark.names(mark.target)),
                "n_seeds": 1,
                "share": 1.0 / len(mark.seeds),
                "valid": mark.valid,
                "n_changed": mark.n_changed,
                "distance": mark.distance,
                "text": texts,
                "cross_validity": mark.cross_validity,
            },
        )

    def _consensus(self) -> pd.DataFrame:
        """Return the connectors to the geometric medians of the seeds' valid points."""
        mark, found = self.connector, self.found
        return table(
            part(CONNECTORS, _MOVING),
            mark.group_keys(found.instance)
            | mark.group_answers(self.every)
            | {
                "candidate": pd.NA,
                "cluster": pd.NA,
                "target": found.shared(mark.names(mark.target)),
                "n_seeds": found.sizes,
                "share": self.every.shares,
                "valid": True,
                "n_changed": found.reduce(mark.nearest(mark.n_changed), np.median),
                "distance": found.reduce(mark.nearest(mark.distance), np.median),
                "text": self._typical_texts(found, self.middle),
                "cross_validity": found.reduce(mark.nearest(mark.cross_validity), np.mean),
            },
        )

    def _typical_texts(self, groups: Groups, middle: np.ndarray) -> np.ndarray:
        """Return the changes that most seeds of a group make: medians, commonest categories."""
        mark = self.connector
        start = mark.rows[groups.instance]
        point = start + middle * mark.frame.scale
        changed = groups.reduce(mark.nearest(mark.changed), lambda c: c.mean(axis=0)) > 0.5
        ends = mark.nearest(mark.point)
        for j in np.flatnonzero(mark.frame.discrete).tolist():
            point[:, j] = groups.reduce(ends[..., j], _commonest)
            changed[:, j] = point[:, j] != start[:, j]
        texts = np.empty(len(groups), dtype=object)
        for place in range(len(groups)):
            texts[place] = self._text(start[place], point[place], changed[place])
        return texts

    def _text(self, start: np.ndarray, end: np.ndarray, changed: np.ndarray) -> str:
        schema, shown = self.connector.schema, self.canvas.view.shown
        return change_text(schema, start, end, changed, shown)


def _foreshortening(step: np.ndarray, view: View) -> np.ndarray:
    """Return ``‖Pᵀδ‖/‖δ‖``; NaN for a step of length 0."""
    seen = np.linalg.norm(view.normals(step), axis=-1)
    whole = np.linalg.norm(step, axis=-1)
    return np.asarray(seen / np.where(whole > 0, whole, np.nan))


def _commonest(codes: np.ndarray) -> float:
    return float(np.bincount(codes.astype(np.intp)).argmax())


def _or_missing(labels: np.ndarray) -> Any:
    flat = labels.reshape(-1)
    return pd.arrays.IntegerArray(flat, flat < 0)
