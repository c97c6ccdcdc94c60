"""The arrays of a `Counterfactuals`: what the models themselves say of the points found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.explainers.base import Arrays
from xaigeo.explainers.changes.nearest import first_accepted
from xaigeo.explainers.changes.own_answers import OwnAnswers
from xaigeo.explainers.changes.plausibility import Plausibility
from xaigeo.explainers.changes.proximity import Proximity
from xaigeo.explainers.changes.wanted import Wanted
from xaigeo.schema import Matrix

# Places on the way from an instance to its point at which a change of answer is looked for.
N_PLACES = 17


@dataclass(frozen=True, eq=False)
class CounterfactualArrays:
    """Points of some instances and all that follows from them.

    Attributes
    ----------
    ensemble : SeedEnsemble
    rows : ndarray, shape (n_instances, n_features)
    proximity : Proximity
    wanted : Wanted
        Of every seed.
    plausibility : Plausibility
        Of every seed.
    point : ndarray, shape (n_seeds, n_instances, n_candidates, n_features)
    distinct : ndarray of bool, shape (n_seeds, n_instances, n_candidates)
    """

    ensemble: SeedEnsemble
    rows: Matrix
    proximity: Proximity
    wanted: Wanted
    plausibility: Plausibility
    point: np.ndarray
    distinct: np.ndarray

    def arrays(self) -> Arrays:
        """Return the arrays as `Counterfactuals` documents them."""
        origin = self.rows[:, None, :]
        n_seeds, n_instances, n_candidates, n_features = self.point.shape
        every = np.arange(n_seeds)
        outputs = self.ensemble.outputs_encoded(self.point.reshape(-1, n_features))
        # Answering seed, seed of the point, instance, candidate, output.
        outputs = outputs.reshape(n_seeds, n_seeds, n_instances, n_candidates, -1)
        place = every[:, None, None], np.arange(n_instances)[None, :, None]
        valid = self.wanted.reached(outputs[every, every], *place)
        cross = np.stack([self.wanted.answered(answers, *place) for answers in outputs], axis=1)
        changed = self.point != origin
        model, instance, _ = np.indices(self.point.shape[:3]).reshape(3, -1)
        near = self.plausibility.distance(self.point.reshape(-1, n_features), model, instance)
        share = self.plausibility.share(near, model, instance)
        near = np.where(np.isfinite(near), near, np.nan)
        arrays = {
            "point": self.point,
            "valid": valid,
            "distance": self.proximity.distance(self.point, origin),
            "n_changed": changed.sum(axis=-1),
            "changed": changed,
            "target": self.wanted.place,
            "flip_fraction": self._flip_fraction(valid),
            "cross_validity": cross,
            "feature_mad": self.proximity.unit,
            "neighbour_distance": near.reshape(valid.shape),
            "plausibility": share.reshape(valid.shape),
            "distinct": self.distinct,
        }
        if self.wanted.lower is not None and self.wanted.upper is not None:
            arrays |= {"target_lower": self.wanted.lower, "target_upper": self.wanted.upper}
        return arrays

    def _flip_fraction(self, valid: np.ndarray) -> np.ndarray:
        """Return where on the way from instance to point the wanted answer is first given."""
        fraction = np.full(valid.shape, np.nan)
        every = np.arange(len(valid))[:, None], np.arange(valid.shape[1])[None]
        at_start = self.ensemble.outputs_encoded(self.rows)
        moving = valid & ~self.wanted.answered(at_start, *every)[..., None]
        seed, instance, candidate = np.nonzero(moving)
        if len(seed):
            ends = self.point[seed, instance, candidate]
            fraction[seed, instance, candidate] = self._first_flip(seed, instance, ends)
        return fraction

    def _first_flip(self, seed: np.ndarray, instance: np.ndarray, ends: Matrix) -> np.ndarray:
        origins, own = self.rows[instance], OwnAnswers(self.ensemble)

        def flipped(share: np.ndarray) -> np.ndarray:
            way = origins + share[..., None] * (ends - origins)
            stay = self.proximity.discrete & (share < 1)[..., None]
            rows = np.where(share[..., None] < 1, np.where(stay, origins, way), ends)
            models, places = np.tile(seed, len(share)), np.tile(instance, len(share))
            outputs = own.outputs(rows.reshape(-1, rows.shape[-1]), models)
            return self.wanted.answered(outputs, models, places).reshape(share.shape)

        grid = np.linspace(0.0, 1.0, N_PLACES)
        on_grid = flipped(np.repeat(grid[:, None], len(seed), axis=1))
        on_grid[-1] = True
        first = on_grid.argmax(axis=0)
        return first_accepted(flipped, grid[np.maximum(first - 1, 0)], grid[first])
