"""How near a point is to data that have the wanted answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaigeo.explainers.changes.proximity import Proximity
from xaigeo.schema import Matrix

# Nearest rows whose mean distance is a point's distance from the data.
N_NEIGHBOURS = 5
# Background rows that are looked at, evenly taken: distances grow with their square.
MOST_ROWS = 1000
# Nearest rows among which rows tried on all models look for those with the wanted answer.
N_CLOSE = 50


@dataclass(frozen=True, eq=False)
class Group:
    """Background rows with a wanted answer: which they are, and how near they are to each other.

    Attributes
    ----------
    places : ndarray of int
    own : ndarray, shape (n_rows,)
        Distance of every one from the others, ascending.
    """

    places: np.ndarray
    own: np.ndarray

    def share(self, distance: np.ndarray) -> np.ndarray:
        """Return the share of rows that lie as far or farther from the others."""
        if not len(self.own):
            return np.full(np.shape(distance), np.nan)
        # The distances of one pair of rows may differ in the last bit.
        below = np.searchsorted(self.own, distance - 1e-9, side="left")
        return np.asarray(1.0 - below / len(self.own))

    def farthest(self, share: float) -> float:
        """Return the distance up to which points have at least this share."""
        needed = int(np.ceil(share * len(self.own) - 1e-9))
        if not len(self.own) or needed > len(self.own):
            return -np.inf
        return float(self.own[len(self.own) - needed]) if needed else np.inf


class Plausibility:
    """Distances to the nearest background rows that have the wanted answer.

    A point's distance from the data is the mean L1 distance to its `N_NEIGHBOURS` nearest
    background rows with the wanted answer, its plausibility the share of those rows that lie
    as far or farther from the others of them.

    Parameters
    ----------
    rows : ndarray, shape (n_background, n_features)
    proximity : Proximity
    wanted : ndarray of bool, shape (n_models, n_instances, n_background)
        Which rows have the answer that is wanted of each model at each instance.
    min_share : float
        Plausibility that `room` measures against.
    max_memory : int
        Bytes that distances may take at once.
    """

    def __init__(
        self,
        rows: Matrix,
        proximity: Proximity,
        wanted: np.ndarray,
        min_share: float,
        max_memory: int,
    ) -> None:
        taken = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), MOST_ROWS)).astype(np.intp))
        self.rows, self.proximity, self.min_share = rows[taken], proximity, min_share
        self.step = max(1, max_memory // (4 * 8 * len(taken)))
        flat = wanted[..., taken].reshape(-1, len(taken))
        masks, place = np.unique(flat, axis=0, return_inverse=True)
        self.group = place.reshape(wanted.shape[:2])
        order = np.argsort(self._distances(self.rows), axis=1, kind="stable")
        self.groups = [self._gather(mask, order) for mask in masks]
        self.masks = masks

    def distance(self, points: Matrix, model: np.ndarray, instance: np.ndarray) -> np.ndarray:
        """Return distances from the data, shape (n,); inf where no row has the wanted answer."""
        found = np.empty(len(points))
        groups = self.group[model, instance]
        for place in np.unique(groups):
            mine = np.flatnonzero(groups == place)
            held = self.groups[place].places
            for start in range(0, len(mine), self.step):
                part = mine[start : start + self.step]
                found[part] = _mean_of_least(self._distances(points[part], held))
        return found

    def share(self, distance: np.ndarray, model: np.ndarray, instance: np.ndarray) -> np.ndarray:
        """Return the plausibility of points at these distances from the data, shape (n,)."""
        groups = self.group[model, instance]
        answer = np.empty(len(distance))
        for place in np.unique(groups):
            mine = groups == place
            answer[mine] = self.groups[place].share(distance[mine])
        return answer

    def room(self, points: Matrix, model: np.ndarray, instance: np.ndarray) -> np.ndarray:
        """Return by how much points are nearer to the data than `min_share` asks, shape (n,)."""
        room = self._limits[self.group[model, instance]] - self.distance(points, model, instance)
        return np.asarray(room)

    def shared_room(self, rows: Matrix, instance: int) -> np.ndarray:
        """Return `room` of the same rows for every model, shape (n_models, n_rows).

        Only the `N_CLOSE` nearest background rows are asked, so that some plausible rows may
        seem not to be.
        """
        n_models = len(self.group)
        room = np.full((n_models, len(rows)), -np.inf)
        close = min(N_CLOSE, len(self.rows))
        for start in range(0, len(rows), self.step):
            part = slice(start, start + self.step)
            far = self._distances(rows[part])
            nearest = np.argpartition(far, close - 1, axis=1)[:, :close]
            far = np.take_along_axis(far, nearest, axis=1)
            for model in range(n_models):
                place = self.group[model, instance]
                held = np.where(self.masks[place][nearest], far, np.inf)
                room[model, part] = self._limits[place] - _mean_of_least(held)
        return room

    @property
    def _limits(self) -> np.ndarray:
        return np.array([group.farthest(self.min_share) for group in self.groups])

    def _gather(self, mask: np.ndarray, order: np.ndarray) -> Group:
        places = np.flatnonzero(mask)
        n = min(N_NEIGHBOURS, len(places) - 1)
        if n < 1:
            return Group(places, np.zeros(len(places)))
        nearest = order[places]
        # Each row's nearest n with the wanted answer, itself left out.
        held = mask[nearest] & (nearest != places[:, None])
        held &= np.cumsum(held, axis=1) <= n
        near = nearest[held].reshape(len(places), n)
        far = self.proximity.distance(self.rows[near], self.rows[places][:, None])
        return Group(places, np.sort(far.mean(axis=1)))

    def _distances(self, points: Matrix, places: np.ndarray | None = None) -> np.ndarray:
        from scipy.spatial.distance import cdist

        rows = self.rows if places is None else self.rows[places]
        discrete, unit = self.proximity.discrete, self.proximity.unit
        far = np.zeros((len(points), len(rows)))
        if not discrete.all() and len(rows):
            far += cdist(
                points[:, ~discrete] / unit[~discrete],
                rows[:, ~discrete] / unit[~discrete],
                "cityblock",
            )
        for j in np.flatnonzero(discrete):
            far += points[:, j, None] != rows[:, j]
        return far


def _mean_of_least(far: np.ndarray) -> np.ndarray:
    """Return the mean of each row's `N_NEIGHBOURS` least values (all, where there are fewer)."""
    n = min(N_NEIGHBOURS, far.shape[1])
    if n == 0:
        return np.full(len(far), np.inf)
    return np.asarray(np.partition(far, n - 1, axis=1)[:, :n].mean(axis=1))
