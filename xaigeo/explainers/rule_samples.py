"""Rows that obey a rule, drawn from the background: what a rule's precision is measured on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from xaigeo.explainers.background import Background
from xaigeo.explainers.cells import Cells
from xaigeo.schema import Matrix

Sampling = Literal["conditional", "marginal"]


@dataclass(frozen=True, eq=False)
class Noise:
    """The random numbers of n samples, drawn once and shared by every rule and seed.

    `row` (n,) names a background row for each sample; `level` (n, n_features), in [0, 1),
    picks the value that replaces one of its values. Two rules that agree on a column so
    receive the same values in it: they differ in what they say, not in luck.
    """

    row: np.ndarray
    level: np.ndarray

    @classmethod
    def draw(cls, rng: np.random.Generator, n_samples: int, background: Background) -> Noise:
        """Draw the numbers of `n_samples` samples."""
        n_rows, n_features = background.rows.shape
        return cls(rng.integers(n_rows, size=n_samples), rng.random((n_samples, n_features)))


@dataclass(frozen=True, eq=False)
class RuleSampler:
    """Draw rows under a rule.

    ``"conditional"`` draws a background row and replaces each of its values that breaks the
    rule by one drawn from the background's values of that column that obey (Ribeiro et al.
    2018, for tables): columns the rule leaves free keep the row's values and so their
    dependence on each other. ``"marginal"`` draws every value by itself from the background's
    values of its column that obey.
    """

    background: Background
    cells: Cells
    sampling: Sampling

    def sample(self, rule: np.ndarray, instance: np.ndarray, noise: Noise) -> Matrix:
        """Return one row of noise each that obeys the rule, shape (n_samples, n_features).

        Where no background value of a column obeys (a category that the background lacks),
        the instance's own value stands in.
        """
        rows = self.background.rows[noise.row]
        redrawn = self.cells.restricted(rule) | (self.sampling == "marginal")
        for j in np.flatnonzero(redrawn):
            values = self.background.rows[rule[self.background_cells[:, j]], j]
            if not len(values):
                values = instance[j : j + 1]
            drawn = values[(noise.level[:, j] * len(values)).astype(np.intp)]
            if self.sampling == "conditional":
                keep = rule[self.background_cells[noise.row, j]]
                drawn = np.where(keep, rows[:, j], drawn)
            rows[:, j] = drawn
        return np.asarray(rows)

    def pool(self, rng: np.random.Generator, n_samples: int) -> Matrix:
        """Return rows to search rules on, under no rule, shape (n_samples, n_features).

        A search reads a rule's precision off the rows of the pool that obey it. For
        "marginal" that is the rule's own distribution. For "conditional" no single pool is:
        its rows come half from their background row and half from the columns, value by
        value, and rules found on them are measured on their own samples afterwards.
        """
        noise = Noise.draw(rng, n_samples, self.background)
        rows = self.background.rows[noise.row]
        mixed = self.background.rows[
            (noise.level * len(self.background.rows)).astype(np.intp), np.arange(rows.shape[1])
        ]
        if self.sampling == "marginal":
            return np.asarray(mixed)
        return np.where(rng.random(rows.shape) < 0.5, rows, mixed)

    @cached_property
    def background_cells(self) -> np.ndarray:
        """Cells of the background rows, shape (n_background, n_features)."""
        return self.cells.of(self.background.rows)
