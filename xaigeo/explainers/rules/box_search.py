"""Search the box of widest coverage on which models keep their answers, over a pool of rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from xaigeo.explainers.rules.cells import Cells


@dataclass(frozen=True, eq=False)
class Pool:
    """Rows to search on.

    `places` (n_features, n_rows) are their cells (`Cells.places`); `missed` (n_rows, n_models)
    tells which models give another answer there.
    """

    places: np.ndarray
    missed: np.ndarray


@dataclass(frozen=True, eq=False)
class Step:
    """One step of a search: the rule after it, and what its rows showed.

    Of `n_rows` rows under the rule `n_hits` kept the answer; with several models, of the one
    that lost most.
    """

    rule: np.ndarray
    n_rows: int
    n_hits: int


@dataclass(frozen=True, eq=False)
class FoundBox:
    """A rule, whether the pool shows it to be precise enough, and how it was found.

    `changes` (n_steps, 1 + widest column) holds the column that each step changed and which of
    its cells were open then; `tallies` (n_steps, 2 + n_models) rows of the pool under the rule,
    rows covered, and misses of each model.
    """

    rule: np.ndarray
    reached: bool
    start: np.ndarray
    changes: np.ndarray
    tallies: np.ndarray

    def steps(self, cells: Cells) -> list[Step]:
        """Return the steps that led from the rule `start` to `rule`."""
        rule, listed = self.start, []
        for (column, *opened), (n_rows, _, *misses) in zip(
            self.changes.tolist(), self.tallies.tolist(), strict=True
        ):
            part = cells.part(column)
            rule = rule.copy()
            rule[part] = opened[: part.stop - part.start]
            listed.append(Step(rule, n_rows, n_rows - max(misses)))
        return listed


@dataclass(frozen=True, eq=False)
class BoxSearch:
    """Narrow a rule until it is precise enough, then widen it as far as it stays so.

    A predicate restricts one column: to any interval of cells around the instance, that is, every
    pair of a lower and an upper bound; or, for a categorical column, to any of the sets that
    begin with the instance's category and take in the others by falling share of hits, the order
    in which classification trees split categories. Narrowing starts anew from the `beam` best
    first columns. Widening opens whichever column gains most, until no bound can be moved out,
    and no category let in, without losing the precision. Nothing is drawn at random; ties fall
    to the column first by name.

    Attributes
    ----------
    cells : Cells
    limits : ndarray of int
        Entry n is the most misses that n rows may have (`confidence.allowed_misses`); for a pool
        with several models each of them must stay within it.
    beam : int
        How many first columns are tried.
    max_predicates : int or None
        Columns that a rule may restrict.
    columns : ndarray of int
        Columns that rules may restrict at all, sorted by name.
    """

    cells: Cells
    limits: np.ndarray
    beam: int
    max_predicates: int | None
    columns: np.ndarray

    def find(
        self, own: np.ndarray, pool: Pool, covering: np.ndarray, start: np.ndarray
    ) -> FoundBox:
        """Return the best rule found inside the rule `start`.

        Of rules that are precise enough the one that covers most rows is best, then the one
        of fewer predicates; if there is none, the one of least misses.

        Parameters
        ----------
        own : ndarray, shape (n_features,)
            The instance's cell within each column.
        pool : Pool
            Rows that obey `start`.
        covering : ndarray, shape (n_features, n_covering)
            Cells of the rows on which coverage is counted.
        start : ndarray of bool, shape (n_cells,)
        """
        from xaigeo.explainers.rules.box_kernel import find_box
        from xaigeo.explainers.rules.box_tallies import Task

        most = len(self.columns) if self.max_predicates is None else self.max_predicates
        task = Task(
            rows=pool.places,
            missed=pool.missed,
            covering=covering,
            offsets=self.cells.offsets,
            nominal=self.cells.nominal,
            columns=self.columns,
            own=own.astype(np.intp),
            limits=self.limits,
            logs=_logarithms(len(self.limits) + 3),
            max_columns=most,
        )
        rule, reached, steps, tallies = find_box(task, start, self.beam)
        return FoundBox(rule, bool(reached), start, steps, tallies)


@cache
def _logarithms(n: int) -> np.ndarray:
    """Return the logarithms of 0 to n - 1, with 0 in place of the first."""
    return np.log(np.maximum(np.arange(n), 1))
