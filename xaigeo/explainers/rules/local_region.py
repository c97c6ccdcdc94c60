"""Rows around one instance: a region of given radius, in standardised units."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from xaigeo.explainers.background import Background
from xaigeo.explainers.rules.cells import Cells
from xaigeo.explainers.rules.rule_samples import Noise
from xaigeo.schema import Matrix

LocalDraws = Literal["uniform", "normal"]


@dataclass(frozen=True, eq=False)
class LocalRegion:
    """Where rows around an instance lie: the instance plus or minus `radius` standard deviations.

    The region of a numeric column is clipped to the range of the background (and holds the
    instance even where that lies outside). Every column is drawn by itself. Numeric values are
    uniform on the region, or normal around the instance with `radius` standard deviations as
    their own, cut off at the range of the background; whole-number columns are rounded from
    these. Categories are drawn with the background's shares, those of an ordinal column within
    the region only. With the background a category lacks, the instance's own is drawn.
    """

    background: Background
    instance: np.ndarray
    radius: float
    draws: LocalDraws

    @cached_property
    def low(self) -> np.ndarray:
        """Lower end by column, shape (n_features,)."""
        ends = np.maximum(self.instance - self._reach, self.background.rows.min(axis=0))
        return np.asarray(np.minimum(ends, self.instance))

    @cached_property
    def high(self) -> np.ndarray:
        """Upper end by column, shape (n_features,)."""
        ends = np.minimum(self.instance + self._reach, self.background.rows.max(axis=0))
        return np.asarray(np.maximum(ends, self.instance))

    @cached_property
    def weights(self) -> tuple[np.ndarray, ...]:
        """Share of each category by column; empty for numeric columns."""
        parts = []
        for j, feature in enumerate(self.background.schema.features):
            weight = self.background.frequencies[j].copy()
            if feature.kind == "ordinal":
                codes = np.arange(len(weight))
                weight[(codes < self.low[j]) | (codes > self.high[j])] = 0.0
            parts.append(weight)
        return tuple(parts)

    def cells(self, n_cuts: int) -> Cells:
        """Cut the region of every numeric column at `n_cuts` quantiles of its draws."""
        levels = np.arange(1, n_cuts + 1) / (n_cuts + 1)
        edges = [
            np.empty(0) if feature.is_discrete else self._edges(j, levels)
            for j, feature in enumerate(self.background.schema.features)
        ]
        return Cells(self.background.schema, tuple(edges))

    def values(self, j: int, level: np.ndarray, low: float, high: float) -> np.ndarray:
        """Return numeric values of column j between two bounds from uniform numbers."""
        low, high = max(low, self.low[j]), min(high, self.high[j])
        if self.background.schema.features[j].integer:
            # A whole number stands for the half unit on both of its sides.
            low, high = np.ceil(low), np.floor(high)
            drawn = self._inverse(j, level, low - 0.5, high + 0.5)
            return np.asarray(np.clip(np.rint(drawn), low, high))
        return np.asarray(np.clip(self._inverse(j, level, low, high), low, high))

    @cached_property
    def _reach(self) -> np.ndarray:
        if self.draws == "uniform":
            return self.radius * self.background.scale
        return np.where(
            self.background.schema.discrete, self.radius * self.background.scale, np.inf
        )

    def _inverse(self, j: int, level: np.ndarray, low: float, high: float) -> np.ndarray:
        if self.draws == "uniform" or not high > low:
            return low + level * (high - low)
        from scipy.special import ndtr, ndtri

        spread = self.radius * self.background.scale[j]
        start, stop = ndtr((np.array([low, high]) - self.instance[j]) / spread)
        return np.asarray(self.instance[j] + spread * ndtri(start + level * (stop - start)))

    def _edges(self, j: int, levels: np.ndarray) -> np.ndarray:
        low, high = self.low[j], self.high[j]
        if not high > low:
            return np.empty(0)
        edges = self._inverse(j, levels, low, high)
        if self.background.schema.features[j].integer:
            edges = np.floor(edges) + 0.5
        edges = np.unique(edges)
        return np.asarray(edges[(edges > low) & (edges < high)])


@dataclass(frozen=True, eq=False)
class LocalSampler:
    """Draw rows of a region under a rule; the cells are those of the region."""

    region: LocalRegion
    cells: Cells

    def sample(self, rule: np.ndarray, noise: Noise) -> tuple[Matrix, np.ndarray]:
        """Return rows under the rule (n_samples, n_features) and their `places`."""
        lower, upper, _ = self.cells.bounds(rule)
        rows = np.empty_like(noise.level)
        for j, feature in enumerate(self.cells.schema.features):
            level = noise.level[:, j]
            if feature.is_discrete:
                rows[:, j] = self._categories(j, level, rule[self.cells.part(j)])
            else:
                rows[:, j] = self.region.values(j, level, lower[j], upper[j])
        return rows, self.cells.places(rows)

    def sample_many(self, rules: np.ndarray, noise: Noise) -> np.ndarray:
        """Return rows under each of several rules, (n_rules, n_samples, n_features)."""
        return np.stack([self.sample(rule, noise)[0] for rule in rules])

    def pool(self, rng: np.random.Generator, n_samples: int) -> Matrix:
        """Return rows of the whole region, shape (n_samples, n_features)."""
        noise = Noise.draw(rng, n_samples, self.cells.schema.names)
        return self.sample(self.cells.anything, noise)[0]

    def _categories(self, j: int, level: np.ndarray, opened: np.ndarray) -> np.ndarray:
        weight = self.region.weights[j] * opened
        if not weight.sum() > 0:
            return np.full(len(level), self.region.instance[j])
        steps = np.cumsum(weight)
        codes = np.searchsorted(steps, level * steps[-1], side="right")
        return np.asarray(codes, dtype=float)
