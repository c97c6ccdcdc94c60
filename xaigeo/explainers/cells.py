"""Columns cut into cells, so that a rule is a set of open cells and a box in original units."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xaigeo.explainers.background import Background
from xaigeo.schema import FeatureSchema, Matrix


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of all columns in one row: those of column j are `offsets[j]:offsets[j + 1]`.

    A numeric column is cut at `edges[j]`, each halfway between two neighbouring values of the
    background, so that no background value lies on an edge and every cell holds some. A
    categorical or ordinal column has a cell a category. A *rule* is a mask of open cells,
    shape (n_cells,); a row obeys when all its cells are open.
    """

    schema: FeatureSchema
    edges: tuple[np.ndarray, ...]

    @classmethod
    def from_background(cls, background: Background, n_cuts: int) -> Cells:
        """Cut numeric columns near `n_cuts` evenly spaced quantiles of the background."""
        return cls(
            background.schema,
            tuple(
                np.empty(0) if feature.is_discrete else _cut(background.rows[:, j], n_cuts)
                for j, feature in enumerate(background.schema.features)
            ),
        )

    @cached_property
    def offsets(self) -> np.ndarray:
        """First cell of each column, and the number of all cells, shape (n_features + 1,)."""
        widths = [
            len(f.categories) if f.is_discrete else len(e) + 1
            for f, e in zip(self.schema.features, self.edges, strict=True)
        ]
        return np.concatenate([[0], np.cumsum(widths)]).astype(np.intp)

    @property
    def n_cells(self) -> int:
        """Number of cells of all columns."""
        return int(self.offsets[-1])

    def part(self, j: int) -> slice:
        """Return the cells of column j."""
        return slice(int(self.offsets[j]), int(self.offsets[j + 1]))

    def of(self, rows: Matrix) -> np.ndarray:
        """Return the cell of every value, shape (n_rows, n_features)."""
        cells = np.empty(rows.shape, dtype=np.intp)
        for j, edges in enumerate(self.edges):
            discrete = self.schema.features[j].is_discrete
            place = rows[:, j] if discrete else np.searchsorted(edges, rows[:, j], side="right")
            cells[:, j] = self.offsets[j] + place
        return cells

    def restricted(self, rule: np.ndarray) -> np.ndarray:
        """Return which columns a rule restricts, shape (n_features,)."""
        return ~np.logical_and.reduceat(rule, self.offsets[:-1])

    def bounds(self, rule: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return a rule as `lower`, `upper` (n_features,) and `allowed` (n_features, n_categories).

        Open sides are infinite; the last axis is as long as the longest list of categories.
        """
        n_features = self.schema.n_features
        lower, upper = np.full(n_features, -np.inf), np.full(n_features, np.inf)
        allowed = np.ones((n_features, max(1, int(self.schema.n_categories.max()))), dtype=bool)
        for j, edges in enumerate(self.edges):
            cells = rule[self.part(j)]
            if self.schema.features[j].is_discrete:
                allowed[j, : len(cells)] = cells
                continue
            first, last = np.flatnonzero(cells)[[0, -1]]
            lower[j] = edges[first - 1] if first > 0 else -np.inf
            upper[j] = edges[last] if last < len(edges) else np.inf
        return lower, upper, allowed


def _cut(values: np.ndarray, n_cuts: int) -> np.ndarray:
    distinct = np.unique(values)
    if len(distinct) > n_cuts + 1:
        levels = np.arange(1, n_cuts + 1) / (n_cuts + 1)
        wanted = np.quantile(values, levels, method="inverted_cdf")
        places = np.unique(np.searchsorted(distinct, wanted))
        places = places[places < len(distinct) - 1]
    else:
        places = np.arange(len(distinct) - 1)
    below, above = distinct[places], distinct[places + 1]
    middle = below + (above - below) / 2
    # Halfway between neighbouring floats rounds to one of them: no room for an edge there.
    return np.asarray(middle[(middle > below) & (middle < above)])
