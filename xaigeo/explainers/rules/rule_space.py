"""Everything around one instance that rules are made of and measured with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from xaigeo.explainers.base import Block
from xaigeo.explainers.rules.cells import Cells
from xaigeo.explainers.rules.kept_answer import KeptAnswer
from xaigeo.explainers.rules.local_region import LocalRegion, LocalSampler
from xaigeo.explainers.rules.rule_samples import DataSampler, Noise, Sampler

if TYPE_CHECKING:
    from xaigeo.explainers.rules.rule_explainer import RuleExplainer


@dataclass(frozen=True, eq=False)
class Perturbations:
    """Unrestricted perturbed rows, as cells, and every model's reading of them.

    Shapes (n_features, n_rows) and (n_seeds, n_rows).
    """

    places: np.ndarray
    readings: np.ndarray


@dataclass(frozen=True, eq=False)
class RuleSpace:
    """The cells, the distribution and the pool of one instance.

    Attributes
    ----------
    cells : Cells
    own : ndarray, shape (n_features,)
        The instance's cell within each column.
    sampler : Sampler
    background_places : ndarray, shape (n_features, n_background)
        Cells of the background rows.
    pool : Perturbations
    covering : ndarray, shape (n_features, n_covering)
        Cells of the rows whose coverage a search maximises: the background, or for a local
        region the pool.
    """

    cells: Cells
    own: np.ndarray
    sampler: Sampler
    background_places: np.ndarray
    pool: Perturbations
    covering: np.ndarray


class RuleSpaces:
    """The spaces of a block's instances; what instances can share is made once."""

    def __init__(self, explainer: RuleExplainer, block: Block, answer: KeptAnswer) -> None:
        self.explainer = explainer
        self.block = block
        self.answer = answer
        self._known: dict[int, RuleSpace] = {}

    def at(self, instance: int) -> RuleSpace:
        """Return the space of the instance at a place of the block."""
        if instance not in self._known:
            self._known[instance] = self._make(instance)
        return self._known[instance]

    def forget(self) -> None:
        """Drop the spaces made so far, and their pools with them."""
        self._known.clear()

    @property
    def most_at_once(self) -> int:
        """How many instances' spaces fit a quarter of the block's memory."""
        n_features = int(self.block.rows.shape[1])
        each = self.explainer.n_search * (8 * self.block.ensemble.n_seeds + 16 * n_features)
        return max(1, self.block.max_memory // 4 // each)

    def _make(self, instance: int) -> RuleSpace:
        row = self.block.rows[instance]
        if self.explainer.sampling == "local":
            return self._local(instance, row)
        cells = self.cells
        return RuleSpace(
            cells=cells,
            own=cells.places(row[None])[:, 0],
            sampler=self._data_sampler(row),
            background_places=self._background_places,
            pool=self._shared_pool,
            covering=self._background_places,
        )

    def noise(self, instance: int, *key: int, n_samples: int | None = None) -> Noise:
        """Return the random numbers of an instance under a key, the same whenever asked for."""
        seed = self.block.seeds[instance]
        spawned = np.random.SeedSequence(
            seed.entropy, spawn_key=(*seed.spawn_key, *key), pool_size=seed.pool_size
        )
        return Noise.draw(
            np.random.default_rng(spawned),
            n_samples or self.explainer.n_samples,
            self.block.background.schema.names,
        )

    def _local(self, instance: int, row: np.ndarray) -> RuleSpace:
        explainer, background = self.explainer, self.block.background
        region = LocalRegion(background, row, explainer.radius, explainer.local_draws)
        cells = region.cells(explainer.cuts)
        sampler = LocalSampler(region, cells)
        pool = self._perturbations(sampler, cells, self.block.seeds[instance])
        return RuleSpace(
            cells=cells,
            own=cells.places(row[None])[:, 0],
            sampler=sampler,
            background_places=cells.places(background.rows),
            pool=pool,
            covering=pool.places,
        )

    def _data_sampler(self, row: np.ndarray) -> DataSampler:
        return DataSampler(
            background=self.block.background,
            cells=self.cells,
            places=self._background_places,
            instance=row,
            marginal=self.explainer.sampling == "marginal",
        )

    def _perturbations(
        self, sampler: Sampler, cells: Cells, seed: np.random.SeedSequence
    ) -> Perturbations:
        rows = sampler.pool(np.random.default_rng(seed), self.explainer.n_search)
        return Perturbations(cells.places(rows), self.answer.of(rows))

    @cached_property
    def cells(self) -> Cells:
        """The cells that all instances share, unless each has a region of its own."""
        return Cells.from_background(self.block.background, self.explainer.cuts)

    @cached_property
    def _background_places(self) -> np.ndarray:
        return self.cells.places(self.block.background.rows)

    @cached_property
    def _shared_pool(self) -> Perturbations:
        sampler = self._data_sampler(self.block.rows[0])
        return self._perturbations(sampler, self.cells, self.block.shared_seed)
