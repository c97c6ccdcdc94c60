"""A counterfactual as a connector: from the instance to where the answer is another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import pandas as pd

from xaigeo.explanations import Counterfactuals
from xaigeo.geometry.cluster_drawing import CLUSTERS, ClusterDrawing
from xaigeo.geometry.connector_clusters import ConnectorClusters, connector_clusters
from xaigeo.geometry.connector_drawing import CONNECTORS, ConnectorDrawing
from xaigeo.geometry.ellipse_table import ELLIPSE_TABLES
from xaigeo.geometry.mark import Canvas, Mark
from xaigeo.geometry.shadow import Shadow
from xaigeo.geometry.standard_frame import StandardFrame
from xaigeo.geometry.table import Columns


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
        "clusters": CLUSTERS,
        **ELLIPSE_TABLES,
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

    @cached_property
    def clusters(self) -> ConnectorClusters:
        """The valid points, grouped by what they say."""
        return connector_clusters(self)

    def nearest(self, values: np.ndarray) -> np.ndarray:
        """Return values (n_seeds, n_instances, n_candidates, ...) of the foremost candidate."""
        seed, instance = np.indices(self.foremost.shape)
        return np.asarray(values[seed, instance, self.foremost])

    def to_frame(self) -> pd.DataFrame:
        """Return steps of the nearest candidate, one row per seed, instance and feature."""
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
                "value": np.broadcast_to(self.rows, (len(self.seeds), *self.rows.shape)),
                "to": self.nearest(self.point),
                "step": self.nearest(self.step),
                "changed": self.nearest(self.changed),
                "valid": np.repeat(self.nearest(self.valid)[..., None], n, axis=-1),
            },
        )

    def shadows(self, canvas: Canvas) -> list[Shadow]:
        """Return `connectors` by seed and consensus, `ellipses` of the end points, `clusters`."""
        return [ConnectorDrawing(self, canvas), ClusterDrawing(self, canvas)]


def _mean_of_others(found: Counterfactuals) -> np.ndarray:
    flips = found.array("cross_validity").astype(float)
    n_seeds = len(flips)
    if n_seeds == 1:
        return np.full(flips[:, 0].shape, np.nan)
    own = flips[np.arange(n_seeds), np.arange(n_seeds)]
    return np.asarray((flips.sum(axis=1) - own) / (n_seeds - 1))
