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

    A numeric column is cut at `edges[j]`; by `from_background` each lies halfway between two
    neighbouring values of the background, so that no background value lies on an edge and every
    cell holds some. A categorical or ordinal column has a cell a category. A *rule* is a mask of
    open cells, shape (n_cells,); a row obeys when all its cells are open.
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

    @cached_property
    def nominal(self) -> np.ndarray:
        """Which columns have cells without an order, shape (n_features,)."""
        return np.array([f.kind == "categorical" for f in self.schema.features], dtype=bool)

    @property
    def n_cells(self) -> int:
        """Number of cells of all columns."""
        return int(self.offsets[-1])

    @property
    def anything(self) -> np.ndarray:
        """The rule that every row obeys, shape (n_cells,)."""
        return np.ones(self.n_cells, dtype=bool)

    def part(self, j: int) -> slice:
        """Return the cells of column j."""
        return slice(int(self.offsets[j]), int(self.offsets[j + 1]))

    def places(self, rows: Matrix) -> np.ndarray:
        """Return the cell of every value within its column, uint16, (n_features, n_rows)."""
        from xaigeo.explainers.rules.rule_kernels import places_of

        return np.asarray(
            places_of(np.ascontiguousarray(rows), *self._edges_in_a_row, self.schema.discrete)
        )

    def obeying(self, rule: np.ndarray, places: np.ndarray) -> np.ndarray:
        """Return which rows, given as `places`, obey a rule, shape (n_rows,)."""
        from xaigeo.explainers.rules.rule_kernels import obeying

        return np.asarray(obeying(rule, places, self.offsets))

    def restricted(self, rule: np.ndarray) -> np.ndarray:
        """Return which columns a rule restricts, shape (n_features,)."""
        return ~np.logical_and.reduceat(rule, self.offsets[:-1])

    def bounds(self, rules: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return rules, shape (..., n_cells), as `lower`, `upper` and `allowed`.

        Shapes are (..., n_features), the same, and (..., n_features, n_categories). Open sides
        are infinite; the last axis is as long as the longest list of categories.
        """
        n_features, shape = self.schema.n_features, rules.shape[:-1]
        lower = np.full((*shape, n_features), -np.inf)
        upper = np.full((*shape, n_features), np.inf)
        n_categories = max(1, int(self.schema.n_categories.max()))
        allowed = np.ones((*shape, n_features, n_categories), dtype=bool)
        for j, edges in enumerate(self.edges):
            cells = rules[..., self.part(j)]
            if self.schema.features[j].is_discrete:
                allowed[..., j, : cells.shape[-1]] = cells
                continue
            first = cells.argmax(axis=-1)
            last = cells.shape[-1] - 1 - cells[..., ::-1].argmax(axis=-1)
            lower[..., j] = np.concatenate([[-np.inf], edges])[first]
            upper[..., j] = np.concatenate([edges, [np.inf]])[last]
        return lower, upper, allowed

    @cached_property
    def _edges_in_a_row(self) -> tuple[np.ndarray, np.ndarray]:
        counts = [len(edges) for edges in self.edges]
        return np.concatenate([*self.edges, np.empty(0)]), np.concatenate([[0], np.cumsum(counts)])


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
