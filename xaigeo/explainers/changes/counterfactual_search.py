"""From start points to the points that are shown: nearer, sparser, a few for each model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from xaigeo.explainers.changes.candidates import choose_candidates
from xaigeo.explainers.changes.growing_spheres import growing_spheres
from xaigeo.explainers.changes.nearest import Approach, trade_steps
from xaigeo.explainers.changes.nearest_unlike import nearest_unlike_rows
from xaigeo.explainers.changes.search_task import SearchTask, Starts
from xaigeo.explainers.changes.starts import patterns_of, unlike_starts
from xaigeo.schema import Matrix

Search = Literal["model_agnostic", "gradient", "growing_spheres", "nearest_unlike"]

# Starts that go on to trades, which take most of the time, as multiple of the candidates.
N_TRADED = 3


@dataclass(frozen=True, eq=False)
class CounterfactualSearch:
    """A way to find starts, and what is done with them.

    Attributes
    ----------
    task : SearchTask
    search : {"model_agnostic", "gradient", "growing_spheres", "nearest_unlike"}
    n_candidates : int
    diversity : float
    sparse : bool
        See `Approach`. Real rows ("nearest_unlike") stay as they are.
    """

    task: SearchTask
    search: Search
    n_candidates: int
    diversity: float
    sparse: bool

    def points(self, also: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return points (n_models, n_instances, n_candidates, n_features) and their distinctness.

        Parameters
        ----------
        also : ndarray, shape (n_models, n_instances, n_more, n_features), optional
            More points to start from.
        """
        task = self.task
        starts = self._with(_SEARCHES[self.search](task), also)
        if self.search != "nearest_unlike":
            self._fall_back(starts)
        self._settle(starts)
        steps = [
            trade_steps(rng, N_TRADED * self.n_candidates, task.rows.shape[1])
            for rng in task.generators
        ]
        moved, step = (np.stack(each) for each in zip(*steps, strict=True))
        if self.search != "nearest_unlike":
            starts = self._nearer(starts, moved, step)
        points, distinct = self._chosen(starts)
        if self.search != "nearest_unlike":
            points = self._finished(points)
        return points, distinct

    def _with(self, starts: Starts, also: np.ndarray | None) -> Starts:
        if also is None:
            return starts
        model, instance, _ = np.indices(also.shape[:3]).reshape(3, -1)
        flat = also.reshape(-1, also.shape[-1])
        lead = self.task.goal.lead(flat, model, instance).reshape(also.shape[:3])
        within = self.task.within(also, self.task.rows[:, None])
        return Starts(
            np.concatenate([starts.points, also], axis=2),
            np.concatenate([starts.accepted, (lead >= 0) & within], axis=2),
        )

    def _fall_back(self, starts: Starts) -> None:
        """Start from real rows where no start is accepted; in place."""
        lost = ~starts.accepted.any(axis=2)
        if lost.any():
            # Points that are held to a plausibility may be found at real rows only.
            real = nearest_unlike_rows(self.task)
            found = lost & real.accepted.any(axis=2)
            n_real = real.accepted.shape[2]
            starts.points[found, :n_real] = real.points[found]
            starts.accepted[found, :n_real] = real.accepted[found]

    def _settle(self, starts: Starts) -> None:
        """Make an instance that is accepted as it is its own and only point."""
        n_models, n_instances = self.task.shape
        model, instance = np.indices((n_models, n_instances)).reshape(2, -1)
        lead = self.task.goal.lead(self.task.rows[instance], model, instance)
        there = lead >= 0
        starts.points[model[there], instance[there]] = self.task.rows[instance[there]][:, None]
        starts.accepted[model[there], instance[there]] = np.arange(starts.accepted.shape[2]) == 0

    def _nearer(self, starts: Starts, moved: np.ndarray, step: np.ndarray) -> Starts:
        """Return shortened starts, and the best of them with columns traded as well."""
        model, instance, place = np.nonzero(starts.accepted)
        points = starts.points.copy()
        points[model, instance, place] = self._each(
            points[model, instance, place], model, instance, lambda a, p, part: a.shorten(p)
        )
        shortened = Starts(points, starts.accepted)
        best = self._best(shortened)
        model, instance, rank = np.nonzero(np.take_along_axis(starts.accepted, best, axis=2))
        traded = np.take_along_axis(points, best[..., None], axis=2)
        traded[model, instance, rank] = self._each(
            traded[model, instance, rank],
            model,
            instance,
            lambda a, p, part: a.trade(
                p, moved[instance[part], rank[part]], step[instance[part], rank[part]]
            ),
        )
        accepted = np.take_along_axis(starts.accepted, best, axis=2)
        return Starts(
            np.concatenate([points, traded], axis=2),
            np.concatenate([starts.accepted, accepted], axis=2),
        )

    def _best(self, starts: Starts) -> np.ndarray:
        """Return places of the cheapest starts, other changed columns first."""
        n_starts = starts.accepted.shape[2]
        cost = self.task.proximity.cost(starts.points, self.task.rows[:, None])
        cost = np.where(starts.accepted, cost, np.inf)
        order = np.argsort(cost, axis=2, kind="stable")
        changed = starts.points != self.task.rows[:, None]
        patterns = patterns_of(changed.reshape(-1, changed.shape[-1])).reshape(cost.shape)
        ordered = np.take_along_axis(patterns, order, axis=2)
        same = ordered[..., :, None] == ordered[..., None, :]
        repeat = (same & np.tri(n_starts, k=-1, dtype=bool)).any(axis=-1)
        first = np.argsort(repeat, axis=2, kind="stable")
        n_best = min(n_starts, N_TRADED * self.n_candidates)
        return np.take_along_axis(order, first, axis=2)[..., :n_best]

    def _chosen(self, starts: Starts) -> tuple[np.ndarray, np.ndarray]:
        n_models, n_instances = self.task.shape
        n_features = self.task.rows.shape[1]
        points = np.empty((n_models, n_instances, self.n_candidates, n_features))
        distinct = np.zeros(points.shape[:3], dtype=bool)
        if self.n_candidates == 1:
            cost = self.task.proximity.cost(starts.points, self.task.rows[:, None])
            best = np.where(starts.accepted, cost, np.inf).argmin(axis=2)[..., None, None]
            points[:] = np.take_along_axis(starts.points, best, axis=2)
            distinct[:] = True
            return points, distinct
        for model, instance in np.ndindex(n_models, n_instances):
            found = starts.points[model, instance][starts.accepted[model, instance]]
            if not len(found):
                found = starts.points[model, instance, :1]
            points[model, instance], distinct[model, instance] = choose_candidates(
                found,
                self.task.rows[instance],
                self.task.proximity,
                self.n_candidates,
                self.diversity,
            )
        return points, distinct

    def _finished(self, points: np.ndarray) -> np.ndarray:
        """Return points whose ways end where the answer changes."""
        model, instance, place = np.indices(points.shape[:3]).reshape(3, -1)
        flat = points[model, instance, place]
        accepted = np.flatnonzero(self.task.goal.lead(flat, model, instance) >= 0)
        model, instance, place = model[accepted], instance[accepted], place[accepted]
        points[model, instance, place] = self._each(
            flat[accepted], model, instance, lambda a, p, part: a.finish(p)
        )
        return points

    def _each(
        self,
        points: Matrix,
        model: np.ndarray,
        instance: np.ndarray,
        step: Callable[[Approach, Matrix, np.ndarray], Matrix],
    ) -> Matrix:
        """Take a step of an approach with points, as many at once as memory allows."""
        task = self.task
        size = max(1, task.max_memory // Approach.bytes_per_point(points.shape[1]))
        moved = np.empty_like(points)
        # All models of an instance together: they answer in one pass.
        order = np.lexsort((model, instance))
        for start in range(0, len(points), size):
            part = order[start : start + size]
            own_model, own_instance = model[part], instance[part]
            approach = Approach(
                task.proximity,
                lambda rows, which, m=own_model, i=own_instance: task.goal.lead(  # type: ignore[misc]
                    rows, m[which], i[which]
                ),
                task.rows[own_instance],
                task.max_changed,
                self.sparse,
            )
            moved[part] = step(approach, points[part], part)
        return moved


def _gradient(task: SearchTask) -> Starts:
    # torch loads with this search alone.
    from xaigeo.explainers.changes.gradient_search import gradient_starts

    return gradient_starts(task)


_SEARCHES: dict[str, Callable[[SearchTask], Starts]] = {
    "model_agnostic": unlike_starts,
    "gradient": _gradient,
    "growing_spheres": growing_spheres,
    "nearest_unlike": nearest_unlike_rows,
}
