"""Counterfactual end points that say the same: clusters over seeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist

from xaigeo.geometry.geometric_median import geometric_median

if TYPE_CHECKING:
    from xaigeo.geometry.connector import Connector

# Points of a cluster lie no farther apart than this share of the usual step.
WITHIN: Final = 0.5


@dataclass(frozen=True, eq=False)
class ConnectorClusters:
    """Valid end points, grouped by instance.

    Attributes
    ----------
    labels : ndarray of int, shape (n_seeds, n_instances, n_candidates)
        Cluster of each point; 0 is the one that most seeds have, -1 marks points that are not
        valid.
    instance, number : ndarray of int, shape (n_clusters,)
        Place of the instance, and the label there.
    members : list of ndarray of int, shape (n_points, 2)
        Places of seed and candidate, by cluster.
    """

    labels: np.ndarray
    instance: np.ndarray
    number: np.ndarray
    members: list[np.ndarray]


def connector_clusters(connector: Connector) -> ConnectorClusters:
    """Group the valid end points of each instance.

    Points share a cluster only if they are for the same target, change the same categories to
    the same values, and lie near: complete linkage is cut where no two points of a cluster are
    farther apart than half the median length of the steps to that target. Steps of one length
    in a cluster turn by less than 29 degrees against each other. Lengths and distances are
    standardised, so the rule does not depend on units, and on nothing else than the points.
    """
    labels = np.full(connector.valid.shape, -1, dtype=np.int64)
    instance: list[int] = []
    number: list[int] = []
    members: list[np.ndarray] = []
    order = np.argsort(connector.seeds, kind="stable")
    for place in range(len(connector.instances)):
        seed, candidate = np.nonzero(connector.valid[order, place])
        points = np.column_stack([order[seed], candidate])
        found = _ranked(connector, place, _parts(connector, place, points))
        for label, part in enumerate(found):
            labels[part[:, 0], place, part[:, 1]] = label
            instance.append(place)
            number.append(label)
            members.append(part)
    return ConnectorClusters(
        labels, np.array(instance, dtype=np.intp), np.array(number, dtype=np.int64), members
    )


def _parts(connector: Connector, place: int, points: np.ndarray) -> list[np.ndarray]:
    """Return groups of points (n_points, 2) of one instance."""
    discrete = connector.frame.discrete
    target = connector.target[points[:, 0], place]
    steps = connector.step[points[:, 0], place, points[:, 1]]
    category = connector.point[points[:, 0], place, points[:, 1]][:, discrete]
    parts = []
    for wanted in np.unique(target):
        towards = target == wanted
        reach = WITHIN * float(np.median(np.linalg.norm(steps[towards], axis=1)))
        kinds = category[towards]
        for kind in np.unique(kinds, axis=0):
            own = np.flatnonzero(towards)[(kinds == kind).all(axis=1)]
            near = _linked(steps[own], reach)
            parts += [points[own[near == label]] for label in np.unique(near)]
    return parts


def _linked(steps: np.ndarray, reach: float) -> np.ndarray:
    if len(steps) == 1:
        return np.zeros(1, dtype=np.int64)
    # Round-off must not part equal points where the reach is 0.
    rounded = reach + 1e-12 * (1.0 + float(np.abs(steps).max()))
    return np.asarray(fcluster(linkage(pdist(steps), "complete"), rounded, criterion="distance"))


def _ranked(connector: Connector, place: int, parts: list[np.ndarray]) -> list[np.ndarray]:
    """Return groups by falling number of seeds, then of points, then by length of the step."""

    def rank(part: np.ndarray) -> tuple[int, int, float, int, int]:
        steps = connector.step[part[:, 0], place, part[:, 1]]
        # Equal lengths differ by round-off, which must not rank them.
        length = round(float(np.median(np.linalg.norm(steps, axis=1))), 9)
        first = int(connector.seeds[part[0, 0]])
        return (-len(np.unique(part[:, 0])), -len(part), length, first, int(part[0, 1]))

    return sorted(parts, key=rank)


def cluster_centres(connector: Connector, clusters: ConnectorClusters) -> np.ndarray:
    """Return the geometric median of the steps of each cluster, shape (n_clusters, n_features)."""
    centres = [
        geometric_median(connector.step[part[:, 0], place, part[:, 1]])
        for place, part in zip(clusters.instance, clusters.members, strict=True)
    ]
    return np.array(centres).reshape(-1, connector.schema.n_features)
