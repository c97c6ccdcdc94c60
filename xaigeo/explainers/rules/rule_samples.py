"""Rows that obey a rule, drawn from the background: what a rule's precision is measured on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from xaigeo.explainers.background import Background
from xaigeo.explainers.rules.cells import Cells
from xaigeo.schema import Matrix

Sampling = Literal["conditional", "marginal", "local"]


@dataclass(frozen=True, eq=False)
class Noise:
    """The random numbers of n samples, drawn once and shared by every rule and seed.

    `share` (n,) and `level` (n, n_features) lie in [0, 1): the first names a background row for
    each sample, the second picks the value that replaces one of its values. Two rules that
    agree on a column so receive the same values in it: they differ in what they say, not in
    luck.
    """

    share: np.ndarray
    level: np.ndarray

    @classmethod
    def draw(cls, rng: np.random.Generator, n_samples: int, names: list[str]) -> Noise:
        """Draw the numbers of `n_samples` samples, the same for a column wherever it stands."""
        level = np.empty((n_samples, len(names)))
        share = rng.random(n_samples)
        level[:, np.argsort(names)] = rng.random((n_samples, len(names)))
        return cls(share, level)

    def first(self, n_samples: int) -> Noise:
        """Return the numbers of the first samples."""
        return Noise(self.share[:n_samples], self.level[:n_samples])


class Sampler(Protocol):
    """A distribution of perturbed rows around one instance, under any rule."""

    def sample(self, rule: np.ndarray, noise: Noise) -> tuple[Matrix, np.ndarray]:
        """Return rows under the rule (n_samples, n_features) and their `places`."""
        ...

    def sample_many(self, rules: np.ndarray, noise: Noise) -> np.ndarray:
        """Return rows under each of several rules, (n_rules, n_samples, n_features)."""
        ...

    def pool(self, rng: np.random.Generator, n_samples: int) -> Matrix:
        """Return rows to search rules on, under no rule, shape (n_samples, n_features)."""
        ...


@dataclass(frozen=True, eq=False)
class DataSampler:
    """Draw rows under a rule from the background.

    ``"conditional"`` draws a background row and replaces each of its values that breaks the
    rule by one drawn from the background's values of that column that obey (Ribeiro et al.
    2018, for tables): columns the rule leaves free keep the row's values and so their
    dependence on each other. ``"marginal"`` draws every value by itself from the background's
    values of its column that obey. Where no background value of a column obeys (a category that
    the background lacks), the instance's own value stands in.

    `places` are the background's cells and `instance` the encoded row the rules explain.
    """

    background: Background
    cells: Cells
    places: np.ndarray
    instance: np.ndarray
    marginal: bool

    def sample(self, rule: np.ndarray, noise: Noise) -> tuple[Matrix, np.ndarray]:
        """Return rows under the rule (n_samples, n_features) and their `places`."""
        rows = self.sample_many(rule[None], noise)[0]
        return rows, self.cells.places(rows)

    def sample_many(self, rules: np.ndarray, noise: Noise) -> np.ndarray:
        """Return rows under each of several rules, (n_rules, n_samples, n_features)."""
        from xaigeo.explainers.rules.rule_kernels import drawn_rows

        return np.asarray(
            drawn_rows(
                np.ascontiguousarray(rules),
                self.background.rows,
                self.places,
                self.cells.offsets,
                (noise.share * len(self.background.rows)).astype(np.intp),
                np.ascontiguousarray(noise.level),
                self.instance,
                self.marginal,
            )
        )

    def pool(self, rng: np.random.Generator, n_samples: int) -> Matrix:
        """Return rows to search rules on, under no rule, shape (n_samples, n_features).

        A search reads a rule's precision off the rows of the pool that obey it. For
        "marginal" that is the rule's own distribution. For "conditional" no single pool is:
        its rows come half from their background row and half from the columns, value by
        value, and rules found on them are measured on their own samples afterwards.
        """
        names, n_rows = self.background.schema.names, len(self.background.rows)
        noise = Noise.draw(rng, n_samples, names)
        columns = np.arange(len(names))
        mixed = self.background.rows[(noise.level * n_rows).astype(np.intp), columns]
        if self.marginal:
            return np.asarray(mixed)
        rows = self.background.rows[(noise.share * n_rows).astype(np.intp)]
        return np.where(Noise.draw(rng, n_samples, names).level < 0.5, rows, mixed)
