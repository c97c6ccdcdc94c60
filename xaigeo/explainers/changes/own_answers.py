"""Ask each row of the one model that it belongs to, all models in one pass where they can."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaigeo.ensemble.members import OwnRowMembers
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.schema import Matrix

# Rows that may be asked for nothing, as a multiple of those that are needed, before asking one
# model after another is the cheaper way.
PADDING = 3


@dataclass(frozen=True, eq=False)
class OwnAnswers:
    """Answers of single models to rows of several."""

    ensemble: SeedEnsemble

    def outputs(self, rows: Matrix, seed: np.ndarray) -> np.ndarray:
        """Return the outputs of the models at the places `seed`, shape (n_rows, n_outputs).

        Parameters
        ----------
        rows : ndarray, shape (n_rows, n_features)
        seed : ndarray of int, shape (n_rows,)
        """
        if not len(rows):
            return np.empty((0, self.ensemble.n_outputs))
        members = self.ensemble.members
        count = np.bincount(seed, minlength=self.ensemble.n_seeds)
        if isinstance(members, OwnRowMembers) and len(count) * count.max() <= PADDING * len(rows):
            return members.own_values(rows, seed, self.ensemble.default_scale)
        return self._one_by_one(rows, seed, count)

    def _one_by_one(self, rows: Matrix, seed: np.ndarray, count: np.ndarray) -> np.ndarray:
        outputs = np.empty((len(rows), self.ensemble.n_outputs))
        for model in np.flatnonzero(count):
            own = np.flatnonzero(seed == model)
            outputs[own] = self.ensemble.member_outputs_encoded(int(model), rows[own])
        return outputs
