"""What a search for counterfactuals is given, and what it hands on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xaigeo.explainers.background import Background
from xaigeo.explainers.changes.goals import Goal
from xaigeo.explainers.changes.proximity import Proximity
from xaigeo.schema import Matrix


@dataclass(frozen=True, eq=False)
class SearchTask:
    """Some instances, and the points that are wanted for them.

    Attributes
    ----------
    goal : Goal
    rows : ndarray, shape (n_instances, n_features)
    generators : sequence of numpy Generator
        One an instance.
    background : Background
    proximity : Proximity
    n_starts, n_samples : int
        See `CounterfactualExplainer`.
    max_changed : int or None
    max_memory : int
        Bytes that the trials of one step may take.
    """

    goal: Goal
    rows: Matrix
    generators: Sequence[np.random.Generator]
    background: Background
    proximity: Proximity
    n_starts: int
    n_samples: int
    max_changed: int | None
    max_memory: int

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of models and instances."""
        return self.goal.n_models, len(self.rows)

    def within(self, points: Matrix, origins: Matrix) -> np.ndarray:
        """Return which points change no more columns than they may."""
        if self.max_changed is None:
            return np.ones(np.broadcast_shapes(points.shape, origins.shape)[:-1], dtype=bool)
        n_changed = np.count_nonzero(points != origins, axis=-1)
        return np.asarray(n_changed <= self.max_changed)


@dataclass(frozen=True, eq=False)
class Starts:
    """Points that a search found.

    Attributes
    ----------
    points : ndarray, shape (n_models, n_instances, n_starts, n_features)
        Where none is accepted, the first came closest.
    accepted : ndarray of bool, shape (n_models, n_instances, n_starts)
    """

    points: np.ndarray
    accepted: np.ndarray
