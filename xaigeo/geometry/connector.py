"""A counterfactual as a connector: from the instance to where the answer is another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import pandas as pd

from xaigeo.explanations import Counterfactuals
from xaigeo.geometry.change_text import change_text
from xaigeo.geometry.ellipse import covariance_ellipse
from xaigeo.geometry.ellipse_table import ELLIPSES, OUTLINES, ellipse_tables
from xaigeo.geometry.geometric_median import geometric_median
from xaigeo.geometry.groups import Groups
from xaigeo.geometry.mark import Canvas, Mark, Tables
from xaigeo.geometry.standard_frame import StandardFrame
from xaigeo.geometry.table import KEYS, Columns, stack, table

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


@dataclass(frozen=True, eq=False, kw_only=True)
class Connector(Mark):
    """Steps ``δ = x' - x₀`` from instances to counterfactual points.

    Attributes
    ----------
    point : ndarray, shape (n_seeds, n_instances, n_candidates, n_features)
        Encoded end points.
    step : ndarray, same shape
        Standardised ``δ``; a changed category is a step of 1 along an axis of its own, as it
        counts in the distance.
    changed : ndarray of bool, same shape
    valid, distance, n_changed : ndarray, shape (n_seeds, n_instances, n_candidates)
    flip_fraction : ndarray, same shape
        How far along the way the class flips; NaN where it does not or is not known.
    cross_validity : ndarray, same shape
        Share of the other seeds whose models give the wanted class there; NaN when unknown.
    target : ndarray of int, shape (n_seeds, n_instances)
    """

    point: np.ndarray
    step: np.ndarray
    changed: np.ndarray
    valid: np.ndarray
    distance: np.ndarray
    n_changed: np.ndarray
    flip_fraction: np.ndarray
    cross_validity: np.ndarray
    target: np.ndarray

    columns: ClassVar[dict[str, Columns]] = {
        "connectors": CONNECTORS,
        "ellipses": ELLIPSES,
        "ellipse_outlines": OUTLINES,
    }

    @classmethod
    def from_counterfactuals(cls, found: Counterfactuals, *, frame: StandardFrame) -> Connector:
        """Take the end points of an explanation."""
        rows, point = found.array("input"), found.array("point")
        changed = found.array("changed").astype(bool)
        step = frame.displacements(point - rows[:, None, :])
        step = np.where(frame.discrete, changed.astype(float), step)
        valid = found.array("valid").astype(bool)
        unknown = np.full(valid.shape, np.nan)
        return cls(
            method=found.method,
            schema=found.schema,
            outputs=tuple(found.outputs),
            seeds=found.seeds,
            instances=found.instances,
            rows=rows,
            predicted=found.predicted,
            frame=frame,
            point=point,
            step=step,
            changed=changed,
            valid=valid,
            distance=found.array("distance"),
            n_changed=found.array("n_changed"),
            flip_fraction=found.array("flip_fraction")
            if "flip_fraction" in found.data
            else unknown,
            cross_validity=_mean_of_others(found) if "cross_validity" in found.data else unknown,
            target=found.array("target").astype(np.intp),
        )

    @property
    def foremost(self) -> np.ndarray:
        """Place of each seed's nearest valid candidate (nearest at all if none is valid)."""
        ranked = np.where(self.valid, self.distance, np.inf)
        none = ~self.valid.any(axis=-1, keepdims=True)
        return np.asarray(np.where(none, self.distance, ranked).argmin(axis=-1))

    def to_frame(self) -> pd.DataFrame:
        """Return steps of the nearest candidate, one row per seed, instance and feature."""
        seed, instance = np.indices(self.foremost.shape)
        own = (seed, instance, self.foremost)
        n = self.schema.n_features
        return self.feature_table(
            {
                "value": "float64",
                "to": "float64",
                "step": "float64",
                "changed": "bool",
                "valid": "bool",
            },
            {
                "value": np.broadcast_to(self.rows, self.step[own].shape),
                "to": self.point[own],
                "step": self.step[own],
                "changed": self.changed[own],
                "valid": np.repeat(self.valid[own][..., None], n, axis=-1),
            },
        )

    def draw(self, canvas: Canvas) -> Tables:
        """Return `connectors` by seed and consensus, and `ellipses` of the end points."""
        return ConnectorDrawing(self, canvas).tables()


class ConnectorDrawing:
    """Connectors in a view; what happens outside it is written beside them."""

    def __init__(self, connector: Connector, canvas: Canvas) -> None:
        self.connector, self.canvas = connector, canvas
        self.tail = canvas.view.points(connector.origin)

    def tables(self) -> Tables:
        """Return the three tables."""
        mark = self.connector
        consensus, ellipses = [], []
        seed, instance = np.indices(mark.foremost.shape)
        usable = mark.valid[seed, instance, mark.foremost]
        for place, seeds in Groups.by(mark.predicted, mark.target):
            kept = seeds[usable[seeds, place]]
            if len(kept):
                consensus.append(self._consensus(place, seeds, kept))
                ellipses.append(self._ellipse(place, kept))
        return {
            "connectors": stack(CONNECTORS, [self._seeds(), *consensus]),
            "ellipses": stack(ELLIPSES, [pair[0] for pair in ellipses]),
            "ellipse_outlines": stack(OUTLINES, [pair[1] for pair in ellipses]),
        }

    def _seeds(self) -> pd.DataFrame:
        mark, view = self.connector, self.canvas.view
        shape = mark.valid.shape

        def wide(values: np.ndarray) -> np.ndarray:
            return np.broadcast_to(values[..., None], shape)

        step = view.displacements(mark.step)
        tail = np.broadcast_to(self.tail[None, :, None, :], step.shape)
        tip, flip = tail + step, tail + mark.flip_fraction[..., None] * step
        predicted = wide(mark.names(mark.predicted))
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
                "text": self._texts(),
                "cross_validity": mark.cross_validity,
            },
        )

    def _foreshortening(self, step: np.ndarray) -> np.ndarray:
        """Return ``‖Pᵀδ‖/‖δ‖``; NaN for a step of length 0."""
        seen = np.linalg.norm(step[..., list(self.canvas.view.places)], axis=-1)
        whole = np.linalg.norm(step, axis=-1)
        return np.asarray(seen / np.where(whole > 0, whole, np.nan))

    def _texts(self) -> np.ndarray:
        mark = self.connector
        texts = np.empty(mark.valid.shape, dtype=object)
        for place in np.ndindex(texts.shape):
            texts[place] = change_text(
                mark.schema,
                mark.rows[place[1]],
                mark.point[place],
                mark.changed[place],
                self.canvas.view.places,
            )
        return texts

    def _consensus(self, place: int, seeds: np.ndarray, kept: np.ndarray) -> pd.DataFrame:
        """Return the connector to the geometric median of the seeds' valid end points."""
        mark, view = self.connector, self.canvas.view
        own = (kept, place, mark.foremost[kept, place])
        steps = mark.step[own]
        middle = geometric_median(steps)
        tail = self.tail[place]
        tip = tail + view.displacements(middle)
        point, changed = self._typical(place, own, middle)
        return table(
            CONNECTORS,
            mark.group_keys(np.array([place]))
            | {
                "candidate": pd.NA,
                "predicted": mark.outputs[mark.predicted[kept[0], place]],
                "group": mark.outputs[mark.predicted[kept[0], place]],
                "target": mark.outputs[mark.target[kept[0], place]],
                "n_seeds": len(kept),
                "share": len(seeds) / len(mark.seeds),
                "x": tail[0],
                "y": tail[1],
                "x2": tip[0],
                "y2": tip[1],
                "flip_x": np.nan,
                "flip_y": np.nan,
                "valid": True,
                "n_changed": np.median(mark.n_changed[own]),
                "distance": np.median(mark.distance[own]),
                "foreshortening": float(self._foreshortening(middle)),
                "text": change_text(mark.schema, mark.rows[place], point, changed, view.places),
                "cross_validity": mark.cross_validity[own].mean(),
            },
        )

    def _typical(
        self, place: int, own: tuple[np.ndarray, int, np.ndarray], middle: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the median's values, and for categories the change that most seeds make."""
        mark = self.connector
        frame = mark.frame
        point = mark.rows[place] + middle * frame.scale
        changed = mark.changed[own].mean(axis=0) > 0.5
        for j in np.flatnonzero(frame.discrete):
            codes = mark.point[own][:, j].astype(np.intp)
            point[j] = np.bincount(codes).argmax()
            changed[j] = point[j] != mark.rows[place, j]
        return point, changed

    def _ellipse(self, place: int, kept: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
        mark, view = self.connector, self.canvas.view
        steps = mark.step[kept, place, mark.foremost[kept, place]]
        predicted = mark.outputs[mark.predicted[kept[0], place]]
        return ellipse_tables(
            covariance_ellipse((mark.origin[place] + steps)[:, list(view.places)]),
            view,
            {
                "mark": "connectors",
                "method": mark.method,
                "instance": mark.instances[place],
                "output": mark.outputs[mark.target[kept[0], place]],
                "predicted": predicted,
                "n_seeds": len(kept),
            },
        )


def _mean_of_others(found: Counterfactuals) -> np.ndarray:
    flips = found.array("cross_validity").astype(float)
    n_seeds = len(flips)
    if n_seeds == 1:
        return np.full(flips[:, 0].shape, np.nan)
    own = flips[np.arange(n_seeds), np.arange(n_seeds)]
    return np.asarray((flips.sum(axis=1) - own) / (n_seeds - 1))
