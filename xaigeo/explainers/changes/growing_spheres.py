"""Growing spheres: look in wider and wider layers around an instance (Laugel et al. 2017)."""

from __future__ import annotations

import numpy as np

from xaigeo.explainers.changes.search_task import SearchTask, Starts
from xaigeo.schema import Matrix

# The first ball is halved at most so often while it holds an accepted point.
N_HALVINGS = 12
# Layers are as thick as the last ball, or this share of their inner radius.
GROWTH = 0.25
# Points of a layer, as a share of the samples.
SAMPLES_SHARE = 5


def growing_spheres(task: SearchTask) -> Starts:
    """Return the nearest accepted points of the first layer that holds one.

    The ball of radius 1 (L2, in the units of distance) is halved while it holds accepted
    points; then layers around it grow until one holds some. In place of layers that are all as
    thick as the ball, thickness grows with the radius, which bounds the number of layers.
    A coordinate of a column of categories is rounded to 0 or 1, the same or another category.
    Directions are drawn anew for each layer and instance, the same for all models. Points
    are moved to where they may be before they are tried.

    Notes
    -----
    Laugel, Lesot, Marsala, Renard and Detyniecki (2017), arXiv:1712.08443.
    """
    n_models, n_instances = task.shape
    points = np.broadcast_to(
        task.rows[:, None], (n_models, n_instances, task.n_starts, task.rows.shape[1])
    )
    starts = Starts(points.copy(), np.zeros(points.shape[:3], dtype=bool))
    pair_bytes = 8 * 12 * _n_trials(task) * task.rows.shape[1]
    step = max(1, task.max_memory // (pair_bytes * n_models))
    for first in range(0, n_instances, step):
        _Spheres(task, np.arange(first, min(first + step, n_instances)), starts).search()
    return starts


class _Spheres:
    """The layers of some instances, for all models."""

    def __init__(self, task: SearchTask, instances: np.ndarray, starts: Starts) -> None:
        n_models = task.goal.n_models
        self.task, self.starts = task, starts
        self.model = np.repeat(np.arange(n_models), len(instances))
        self.instance = np.tile(instances, n_models)
        self.radius = np.ones(len(self.model))
        self.best = np.full(len(self.model), -np.inf)
        self.widest = self._widest()

    def search(self) -> None:
        """Fill in the starts of these instances."""
        open_ = np.arange(len(self.model))
        for _ in range(N_HALVINGS):
            if not len(open_):
                break
            open_ = open_[self._try(open_, np.zeros(len(open_)), self.radius[open_])]
            self.radius[open_] /= 2
        thickness, inner = self.radius.copy(), self.radius.copy()
        # Whatever a larger ball held, a layer nearer to the instance goes first.
        open_ = np.arange(len(self.model))
        while len(open_):
            low = inner[open_]
            high = low + np.maximum(thickness[open_], GROWTH * low)
            found = self._try(open_, low, high)
            inner[open_] = high
            open_ = open_[~found & (low < self.widest[open_])]

    def _try(self, open_: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Try points between two radii; return for which pairs some are accepted."""
        task = self.task
        model, instance = self.model[open_], self.instance[open_]
        steps = {i: self._directions(task.rows[i], task.generators[i]) for i in set(instance)}
        way = np.stack([steps[i][0] for i in instance])
        share = np.stack([steps[i][1] for i in instance])
        other = np.stack([steps[i][2] for i in instance])
        n_moved = np.count_nonzero(way, axis=2)
        # Even in volume between the radii.
        ratio = (low / high)[:, None] ** n_moved
        radius = high[:, None] * (ratio + share * (1 - ratio)) ** (1 / n_moved)
        origins = task.rows[instance][:, None]
        moved = way * radius[..., None]
        ends = np.where(np.abs(moved) >= 0.5, other, origins)
        trials = origins + moved * task.proximity.unit
        trials = np.where(task.proximity.discrete, ends, trials)
        trials = task.proximity.possible(trials, origins)
        n, n_trials, n_features = trials.shape
        lead = task.goal.lead(
            trials.reshape(-1, n_features),
            np.repeat(model, n_trials),
            np.repeat(instance, n_trials),
        ).reshape(n, n_trials)
        self._keep(open_, trials, lead)
        return np.asarray((lead >= 0).any(axis=1))

    def _keep(self, open_: np.ndarray, trials: np.ndarray, lead: np.ndarray) -> None:
        """Keep the nearest accepted points of a layer, or the one that came closest."""
        model, instance = self.model[open_], self.instance[open_]
        origins = self.task.rows[instance][:, None]
        far = np.where(lead >= 0, self.task.proximity.distance(trials, origins), np.inf)
        n_kept = min(self.task.n_starts, far.shape[1])
        nearest = np.argsort(far, axis=1, kind="stable")[:, :n_kept]
        every = np.arange(len(open_))
        found = (lead >= 0).any(axis=1)
        kept, starts = trials[every[:, None], nearest], self.starts
        starts.points[model[found], instance[found], :n_kept] = kept[found]
        accepted = np.isfinite(np.take_along_axis(far, nearest, axis=1))
        starts.accepted[model[found], instance[found], :n_kept] = accepted[found]
        highest = lead.argmax(axis=1)
        rise = lead[every, highest]
        never = ~starts.accepted[model, instance].any(axis=1) & (rise > self.best[open_])
        starts.points[model[never], instance[never], 0] = trials[every, highest][never]
        self.best[open_[never]] = rise[never]

    def _directions(
        self, origin: np.ndarray, rng: np.random.Generator
    ) -> tuple[Matrix, np.ndarray, Matrix]:
        """Return unit directions, shares of volume, and other categories to change to."""
        task, limits = self.task, self.task.proximity.limits
        n, n_features = _n_trials(task), len(origin)
        way = np.where(limits.mutable, rng.normal(size=(n, n_features)), 0.0)
        if task.max_changed is not None and task.max_changed < limits.mutable.sum():
            drawn = np.where(limits.mutable, rng.random((n, n_features)), np.inf)
            border = np.partition(drawn, task.max_changed - 1, axis=1)[:, task.max_changed - 1]
            way = np.where(drawn <= border[:, None], way, 0.0)
        way /= np.linalg.norm(way, axis=1, keepdims=True)
        other = np.repeat(origin[None], n, axis=0)
        for j in np.flatnonzero(limits.discrete & limits.mutable):
            values = limits.values(j)
            values = values[values != origin[j]]
            if len(values):
                other[:, j] = values[rng.integers(len(values), size=n)]
        return way, rng.random(n), other

    def _widest(self) -> np.ndarray:
        """Return the radius beyond which every point is at the end of its ranges."""
        origins = self.task.rows[self.instance]
        low, high = self.task.proximity.limits.ends(origins)
        room = np.maximum(origins - low, high - origins) / self.task.proximity.unit
        n_features = origins.shape[1]
        return np.asarray(np.maximum(room.max(axis=1), 1.0) * np.sqrt(n_features))


def _n_trials(task: SearchTask) -> int:
    return max(1, task.n_samples // SAMPLES_SHARE)
