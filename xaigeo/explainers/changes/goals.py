"""When a point is accepted: by one seed's model, or by the models of many seeds together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.explainers.changes.own_answers import OwnAnswers
from xaigeo.explainers.changes.plausibility import Plausibility
from xaigeo.explainers.changes.wanted import Wanted
from xaigeo.schema import Matrix


class Goal(Protocol):
    """What points are searched for.

    A point is accepted by a model at an instance where its lead is 0 or more.
    """

    @property
    def n_models(self) -> int:
        """Number of models that each get points of their own."""
        ...

    def lead(self, points: Matrix, model: np.ndarray, instance: np.ndarray) -> np.ndarray:
        """Return the leads of points, shape (n,), each with its model and instance."""
        ...

    def shared_lead(self, rows: Matrix, instance: int) -> np.ndarray:
        """Return the leads of the same rows for all models, shape (n_models, n_rows)."""
        ...


@dataclass(frozen=True, eq=False)
class SeedGoal:
    """Every seed's model gets points of its own."""

    ensemble: SeedEnsemble
    wanted: Wanted
    plausibility: Plausibility | None = None

    @property
    def n_models(self) -> int:
        """Number of seeds."""
        return self.ensemble.n_seeds

    @cached_property
    def own(self) -> OwnAnswers:
        """The way to ask each point of its own model."""
        return OwnAnswers(self.ensemble)

    def lead(self, points: Matrix, model: np.ndarray, instance: np.ndarray) -> np.ndarray:
        """Return leads of points, shape (n,), each under its own model."""
        lead = self.wanted.lead(self.own.outputs(points, model), model, instance)
        return _held_to(self.plausibility, lead, points, model, instance)

    def shared_lead(self, rows: Matrix, instance: int) -> np.ndarray:
        """Return leads of the same rows for all seeds, shape (n_seeds, n_rows)."""
        outputs = self.ensemble.outputs_encoded(rows)
        lead = self.wanted.lead(outputs, np.arange(self.n_models)[:, None], np.array(instance))
        return _shared_held_to(self.plausibility, lead, rows, instance)

    def held_to(self, plausibility: Plausibility) -> SeedGoal:
        """Return the goal with points held to a plausibility."""
        return replace(self, plausibility=plausibility)


@dataclass(frozen=True, eq=False)
class JointGoal:
    """All seeds share one point, which a share of their models must accept."""

    ensemble: SeedEnsemble
    wanted: Wanted
    valid_share: float = 1.0
    plausibility: Plausibility | None = None

    @property
    def n_models(self) -> int:
        """One: the seeds together."""
        return 1

    @property
    def n_needed(self) -> int:
        """Number of seeds that must accept a point."""
        return max(1, int(np.ceil(self.valid_share * self.ensemble.n_seeds - 1e-9)))

    def lead(self, points: Matrix, model: np.ndarray, instance: np.ndarray) -> np.ndarray:
        """Return leads of points, shape (n,): that of the seed that is the last one needed."""
        lead = self._last_needed(points, instance)
        return _held_to(self.plausibility, lead, points, model, instance)

    def shared_lead(self, rows: Matrix, instance: int) -> np.ndarray:
        """Return leads of rows, shape (1, n_rows)."""
        lead = self._last_needed(rows, np.array(instance))[None]
        return _shared_held_to(self.plausibility, lead, rows, instance)

    def held_to(self, plausibility: Plausibility) -> JointGoal:
        """Return the goal with points held to a plausibility."""
        return replace(self, plausibility=plausibility)

    def _last_needed(self, points: Matrix, instance: np.ndarray) -> np.ndarray:
        n_seeds = self.ensemble.n_seeds
        if not len(points):
            return np.empty(0)
        outputs = self.ensemble.outputs_encoded(points)
        lead = self.wanted.lead(outputs, np.arange(n_seeds)[:, None], instance)
        place = n_seeds - self.n_needed
        return np.asarray(np.partition(lead, place, axis=0)[place])


def _held_to(
    plausibility: Plausibility | None,
    lead: np.ndarray,
    points: Matrix,
    model: np.ndarray,
    instance: np.ndarray,
) -> np.ndarray:
    # Only points with the wanted answer are worth the look at their neighbours.
    asked = np.flatnonzero(lead >= 0)
    if plausibility is not None and len(asked):
        room = plausibility.room(points[asked], model[asked], instance[asked])
        lead[asked] = np.minimum(lead[asked], room)
    return lead


def _shared_held_to(
    plausibility: Plausibility | None, lead: np.ndarray, rows: Matrix, instance: int
) -> np.ndarray:
    if plausibility is None:
        return lead
    asked = np.flatnonzero((lead >= 0).any(axis=0))
    room = plausibility.shared_room(rows[asked], instance)
    lead[:, asked] = np.where(lead[:, asked] >= 0, np.minimum(lead[:, asked], room), lead[:, asked])
    return lead
