"""Clusters of counterfactual points in a view."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from xaigeo.geometry.change_text import change_text
from xaigeo.geometry.connector_clusters import cluster_centres
from xaigeo.geometry.mark import Canvas, Tables
from xaigeo.geometry.shadow import Moving, Shadow, part, xy
from xaigeo.geometry.table import Columns, table
from xaigeo.geometry.view import View

if TYPE_CHECKING:
    from xaigeo.geometry.connector import Connector

CLUSTERS: Final[Columns] = {
    "method": "text",
    "instance": "label",
    "target": "text",
    "cluster": "int64",
    "n_seeds": "int64",
    "share": "float64",
    "n_points": "int64",
    "x": "float64",
    "y": "float64",
    "seeds": "text",
    "n_changed": "int64",
    "distance": "float64",
    "radius": "float64",
    "text": "text",
}


@dataclass(frozen=True, eq=False)
class ClusterDrawing(Shadow):
    """The middle of each cluster of end points, with what it says."""

    connector: Connector
    canvas: Canvas

    columns: ClassVar[dict[str, Columns]] = {"clusters": CLUSTERS}

    def facts(self) -> Tables:
        """Return `clusters`, one row a cluster."""
        mark, found = self.connector, self.connector.clusters
        seeds = [np.unique(mark.seeds[part[:, 0]]) for part in found.members]
        first = np.array([part[0, 0] for part in found.members], dtype=np.intp)
        n_seeds = np.array([len(one) for one in seeds], dtype=np.int64)
        listed = np.empty(len(seeds), dtype=object)
        listed[:] = [tuple(one.tolist()) for one in seeds]
        changed, texts = self._changes()
        return {
            "clusters": table(
                part(CLUSTERS, ("x", "y")),
                {
                    "method": np.full(len(seeds), mark.method, dtype=object),
                    "instance": mark.instances[found.instance],
                    "target": mark.names(mark.target[first, found.instance]),
                    "cluster": found.number,
                    "n_seeds": n_seeds,
                    "share": n_seeds / len(mark.seeds),
                    "n_points": np.array([len(part) for part in found.members], dtype=np.int64),
                    "seeds": listed,
                    "n_changed": changed.sum(axis=1),
                    "distance": self._reduced(mark.distance, np.median),
                    "radius": self._radius(),
                    "text": texts,
                },
            )
        }

    def moving(self, view: View) -> Moving:
        """Return where the middles lie."""
        mark = self.connector
        tail = view.points(mark.origin)[mark.clusters.instance]
        return {"clusters": xy(tail + view.displacements(self.middle))}

    @cached_property
    def middle(self) -> np.ndarray:
        """Geometric medians of the steps, shape (n_clusters, n_features)."""
        return cluster_centres(self.connector, self.connector.clusters)

    def _reduced(self, values: np.ndarray, function: Callable[..., Any]) -> np.ndarray:
        """Return a function of values (n_seeds, n_instances, n_candidates, ...) by cluster."""
        found = self.connector.clusters
        return np.array(
            [
                function(values[part[:, 0], place, part[:, 1]], axis=0)
                for place, part in zip(found.instance, found.members, strict=True)
            ]
        ).reshape(len(found.members), *values.shape[3:])

    def _radius(self) -> np.ndarray:
        """Return the distance of the middle to the farthest point, standardised."""
        mark, found = self.connector, self.connector.clusters
        away = [
            np.linalg.norm(mark.step[part[:, 0], place, part[:, 1]] - middle, axis=1).max()
            for place, part, middle in zip(found.instance, found.members, self.middle, strict=True)
        ]
        return np.array(away, dtype=np.float64)

    def _changes(self) -> tuple[np.ndarray, np.ndarray]:
        """Return which features most points of a cluster change, and how, in words."""
        mark, found = self.connector, self.connector.clusters
        start = mark.rows[found.instance]
        changed = self._reduced(mark.changed, np.mean) > 0.5
        # All points of a cluster have the same categories.
        end = np.where(
            mark.frame.discrete,
            self._reduced(mark.point, np.median),
            start + self.middle * mark.frame.scale,
        )
        texts = np.empty(len(found.members), dtype=object)
        for place, (a, b, moved) in enumerate(zip(start, end, changed, strict=True)):
            texts[place] = change_text(mark.schema, a, b, moved)
        return changed, texts
