"""Connectors in a view; what happens outside it is written beside them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from xaigeo.geometry.change_text import change_text
from xaigeo.geometry.ellipse import covariance_ellipse
from xaigeo.geometry.ellipse_table import ellipse_tables
from xaigeo.geometry.geometric_median import geometric_median
from xaigeo.geometry.groups import Groups
from xaigeo.geometry.mark import Canvas, Tables
from xaigeo.geometry.table import KEYS, Columns, stack, table

if TYPE_CHECKING:
    from xaigeo.geometry.connector import Connector

CONNECTORS: Final[Columns] = KEYS | {
    "candidate": "Int64",
    "predicted": "text",
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


@dataclass(frozen=True, eq=False)
class ConnectorDrawing:
    """One segment a seed, instance and candidate, and one to the median of the seeds."""

    connector: Connector
    canvas: Canvas

    def tables(self) -> Tables:
        """Return `connectors` by seed and consensus, `ellipses` and `ellipse_outlines`."""
        mark = self.connector
        every = Groups.by(mark.predicted, mark.target)
        found = every.restrict(mark.nearest(mark.valid))
        drawn = found.sizes > 0  # without a valid point there is nothing to summarise
        every, found = every.where(drawn), found.where(drawn)
        return {
            "connectors": stack(CONNECTORS, [self._seeds(), self._consensus(every, found)])
        } | self._ellipses(found)

    @cached_property
    def tail(self) -> np.ndarray:
        """Instances in view units, shape (n_instances, 2)."""
        return self.canvas.view.points(self.connector.origin)

    def _seeds(self) -> pd.DataFrame:
        mark, view = self.connector, self.canvas.view
        shape = mark.valid.shape

        def wide(values: np.ndarray) -> np.ndarray:
            return np.broadcast_to(values[..., None], shape)

        step = view.displacements(mark.step)
        tail = np.broadcast_to(self.tail[None, :, None, :], step.shape)
        tip, flip = tail + step, tail + mark.flip_fraction[..., None] * step
        predicted = wide(mark.names(mark.predicted))
        texts = np.empty(shape, dtype=object)
        for place in np.ndindex(shape):
            texts[place] = change_text(
                mark.schema,
                mark.rows[place[1]],
                mark.point[place],
                mark.changed[place],
                view.places,
            )
        return table(
            CONNECTORS,
            mark.seed_keys(shape[2])
            | {
                "candidate": np.broadcast_to(np.arange(shape[2]), shape),
                "predicted": predicted,
                "group": predicted,
                "target": wide(mark.names(mark.target)),
                "n_seeds": 1,
                "share": 1.0 / len(mark.seeds),
                "x": tail[..., 0],
                "y": tail[..., 1],
                "x2": tip[..., 0],
                "y2": tip[..., 1],
                "flip_x": flip[..., 0],
                "flip_y": flip[..., 1],
                "valid": mark.valid,
                "n_changed": mark.n_changed,
                "distance": mark.distance,
                "foreshortening": self._foreshortening(mark.step),
                "text": texts,
                "cross_validity": mark.cross_validity,
            },
        )

    def _consensus(self, every: Groups, found: Groups) -> pd.DataFrame:
        """Return the connectors to the geometric medians of the seeds' valid points."""
        mark, view = self.connector, self.canvas.view
        middle = found.reduce(mark.nearest(mark.step), geometric_median)
        tail = self.tail[found.instance]
        tip = tail + view.displacements(middle)
        predicted = found.shared(mark.names(mark.predicted))
        return table(
            CONNECTORS,
            mark.group_keys(found.instance)
            | {
                "candidate": pd.NA,
                "predicted": predicted,
                "group": predicted,
                "target": found.shared(mark.names(mark.target)),
                "n_seeds": found.sizes,
                "share": every.shares,
                "x": tail[:, 0],
                "y": tail[:, 1],
                "x2": tip[:, 0],
                "y2": tip[:, 1],
                "flip_x": np.nan,
                "flip_y": np.nan,
                "valid": True,
                "n_changed": found.reduce(mark.nearest(mark.n_changed), np.median),
                "distance": found.reduce(mark.nearest(mark.distance), np.median),
                "foreshortening": self._foreshortening(middle),
                "text": self._typical_texts(found, middle),
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
            texts[place] = change_text(
                mark.schema, start[place], point[place], changed[place], self.canvas.view.places
            )
        return texts

    def _foreshortening(self, step: np.ndarray) -> np.ndarray:
        """Return ``‖Pᵀδ‖/‖δ‖``; NaN for a step of length 0."""
        seen = np.linalg.norm(step[..., list(self.canvas.view.places)], axis=-1)
        whole = np.linalg.norm(step, axis=-1)
        return np.asarray(seen / np.where(whole > 0, whole, np.nan))

    def _ellipses(self, groups: Groups) -> Tables:
        mark, view = self.connector, self.canvas.view
        ends = mark.origin[:, list(view.places)] + mark.nearest(mark.step)[..., list(view.places)]
        n = len(groups)
        return ellipse_tables(
            [covariance_ellipse(ends[seeds, place]) for place, seeds in groups],
            view,
            {
                "mark": np.full(n, "connectors", dtype=object),
                "method": np.full(n, mark.method, dtype=object),
                "instance": mark.instances[groups.instance],
                "output": groups.shared(mark.names(mark.target)),
                "predicted": groups.shared(mark.names(mark.predicted)),
                "n_seeds": groups.sizes,
            },
        )


def _commonest(codes: np.ndarray) -> float:
    return float(np.bincount(codes.astype(np.intp)).argmax())
