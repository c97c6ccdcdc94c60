"""Robust counterfactuals: one point an instance that holds for the models of all seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from xaigeo.errors import InputError
from xaigeo.explainers.base import Arrays, Block
from xaigeo.explainers.catalogue import EXPLAINERS
from xaigeo.explainers.changes.counterfactual_arrays import CounterfactualArrays
from xaigeo.explainers.changes.goals import JointGoal, SeedGoal
from xaigeo.explainers.changes.wanted import Wanted
from xaigeo.explainers.counterfactuals import CounterfactualExplainer
from xaigeo.schema import Matrix


@EXPLAINERS.register("robust_counterfactuals")
@dataclass(frozen=True, kw_only=True)
class RobustCounterfactualExplainer(CounterfactualExplainer):
    """Find near rows that the models of all seeds, or a share of them, give the wanted answer.

    The same points are shown for every seed: `valid` says which models give the answer
    there, and `price` what holding for all costs each seed, the distance of the point less
    that of the seed's own nearest point (NaN where either is not valid).

    Parameters
    ----------
    valid_share : float
        Share of the seeds whose models must give the wanted answer.
    target : label or (low, high), optional
        As for `CounterfactualExplainer`, but by default the runner-up of the seeds' mean
        probabilities, one class for all seeds.
    relative, output, search, sparse, n_candidates, diversity, n_samples, n_starts, immutable
        See `CounterfactualExplainer`.
    increase, decrease, ranges, allowed, max_step, max_changed, change_cost, min_probability
        See `CounterfactualExplainer`.
    min_plausibility
        See `CounterfactualExplainer`. It is asked of the rows that all the seeds needed give the
        wanted answer, and reported for each seed.

    Notes
    -----
    A row counts by the lead of the last seed that is needed. The seeds' own nearest points are
    searched first, with the same parameters, and serve as starts as well.
    """

    valid_share: float = 1.0

    name: ClassVar[str] = "robust_counterfactuals"

    def __post_init__(self) -> None:
        super().__post_init__()
        share = self.valid_share
        number = isinstance(share, float | int) and not isinstance(share, bool)
        if not number or not 0 < share <= 1:
            raise InputError(
                expected="valid_share to be a number above 0 and at most 1",
                arrived=repr(share),
                do="Pass 1.0 for points that hold for all seeds.",
            )

    def _explain(
        self, block: Block, rows: Matrix, generators: Sequence[np.random.Generator]
    ) -> Arrays:
        proximity, wanted = self._proximity(block), self._wanted(block, rows)
        own_goal = SeedGoal(block.ensemble, wanted)
        near = self._plausibility(block, own_goal, len(rows), proximity)
        own_task = self._task(block, self._held(own_goal, near), rows, generators, proximity)
        own = replace(self._search(own_task), n_candidates=1).points()[0]

        joint = JointGoal(block.ensemble, wanted, self.valid_share)
        joint_near = self._plausibility(block, joint, len(rows), proximity)
        task = self._task(block, self._held(joint, joint_near), rows, generators, proximity)
        # Every seed's own point is a start of the search for the one that all share.
        also = own[:, :, 0].swapaxes(0, 1)[None] if self.search != "nearest_unlike" else None
        point, distinct = self._search(task).points(also)

        n_seeds = block.ensemble.n_seeds
        arrays = CounterfactualArrays(
            block.ensemble,
            rows,
            proximity,
            wanted,
            near,
            np.repeat(point, n_seeds, axis=0),
            np.repeat(distinct, n_seeds, axis=0),
        ).arrays()
        return arrays | {"price": self._price(arrays, own_goal, own[:, :, 0], rows, proximity)}

    def _wanted(self, block: Block, rows: Matrix) -> Wanted:
        wanted = super()._wanted(block, rows)
        if self.target is not None:
            return wanted
        mean = block.ensemble.outputs_encoded(rows).mean(axis=0)
        second = np.argsort(-mean, axis=-1, kind="stable")[:, 1]
        return replace(wanted, place=np.repeat(second[None], block.ensemble.n_seeds, axis=0))

    def _price(
        self, arrays: Arrays, goal: SeedGoal, own: np.ndarray, rows: Matrix, proximity: Any
    ) -> np.ndarray:
        """Return distances less the seeds' own, shape (n_seeds, n_instances, n_candidates)."""
        seed, instance = np.indices(own.shape[:2])
        lead = goal.lead(own.reshape(-1, own.shape[-1]), seed.reshape(-1), instance.reshape(-1))
        valid = arrays["valid"]
        distance = np.where(valid, arrays["distance"], np.inf)
        alone = np.where(lead.reshape(own.shape[:2]) >= 0, proximity.distance(own, rows), np.inf)
        # A shared point may be nearer than what the seed's own search found.
        least = np.minimum(alone, distance.min(axis=2))[..., None]
        return np.where(valid, arrays["distance"] - np.where(valid, least, 0.0), np.nan)
