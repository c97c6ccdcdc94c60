"""One piece of work: some instances, all seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.explainers.background import Background
from xaigeo.schema import Matrix

Engine = Literal["batched", "upstream"]
Arrays = dict[str, np.ndarray]

# Bytes that the work in one process may hold at once unless the caller says otherwise.
MAX_MEMORY = 2 * 2**30


@dataclass(frozen=True)
class Block:
    """One piece of work: some instances, all seeds.

    `rows` are encoded instances, shape (n_instances, n_features); `seeds` holds one numpy
    `SeedSequence` an instance, made of its row, so the draws for an instance depend neither on how
    work was cut nor on the instances explained beside it.
    `shared_seed` is the same for all blocks of a call. `max_memory` is the number of bytes that
    the work on the block may hold at once: a method cuts rows, and where that is not enough
    seeds, to stay below it.
    """

    ensemble: SeedEnsemble
    rows: Matrix
    background: Background
    seeds: Sequence[np.random.SeedSequence]
    shared_seed: np.random.SeedSequence
    max_memory: int = MAX_MEMORY

    def stream(self, place: int) -> np.random.RandomState:
        """Return the legacy stream, which lime and shap read, for the instance at a place."""
        return np.random.RandomState(self.seeds[place].generate_state(4))
