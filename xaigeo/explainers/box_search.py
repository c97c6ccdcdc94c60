"""Search the box of widest coverage on which a model keeps its answer, over a pool of rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from xaigeo.explainers.cells import Cells


@dataclass(frozen=True, eq=False)
class Predicates:
    """All single restrictions that hold at one instance.

    Predicate k keeps the cells `first[k]` to `last[k]` of one column, or, where `without[k]`,
    all cells but these. Numeric and ordinal columns have every interval around the instance,
    categorical ones "this category" and "not that category".
    """

    column: np.ndarray
    first: np.ndarray
    last: np.ndarray
    without: np.ndarray

    @classmethod
    def at(cls, cells: Cells, places: np.ndarray) -> Predicates:
        """List the predicates around an instance whose values lie in the cells `places`."""
        listed: list[tuple[int, int, int, bool]] = []
        for j, place in enumerate(places.tolist()):
            start, stop = int(cells.offsets[j]), int(cells.offsets[j + 1])
            if cells.schema.features[j].kind == "categorical":
                listed.append((j, place, place, False))
                listed += [(j, c, c, True) for c in range(start, stop) if c != place]
            else:
                listed += [
                    (j, a, b, False)
                    for a in range(start, place + 1)
                    for b in range(place, stop)
                    if b - a < stop - start - 1
                ]
        table = np.array(listed, dtype=np.intp).reshape(-1, 4)
        return cls(table[:, 0], table[:, 1], table[:, 2], table[:, 3].astype(bool))

    def counts(self, rows: np.ndarray, n_cells: int) -> np.ndarray:
        """Return how many rows, given as cells, obey each predicate."""
        below = np.concatenate([[0], np.cumsum(np.bincount(rows.ravel(), minlength=n_cells))])
        inside = below[self.last + 1] - below[self.first]
        return np.asarray(np.where(self.without, len(rows) - inside, inside))

    def holds(self, k: int, places: np.ndarray) -> np.ndarray:
        """Return which cells of the predicate's column obey predicate k."""
        inside = (places >= self.first[k]) & (places <= self.last[k])
        return np.asarray(inside != self.without[k])


@dataclass(frozen=True, eq=False)
class Pool:
    """Rows as cells, shape (n_rows, n_features), and whether the model keeps its answer there."""

    rows: np.ndarray
    hits: np.ndarray


@dataclass(frozen=True, eq=False)
class Box:
    """A rule, the rows of a pool that obey it, and the background rows it covers."""

    rule: np.ndarray
    pool: Pool
    covered: np.ndarray

    @property
    def n_misses(self) -> int:
        """Rows of the pool that obey the rule but get another answer."""
        return int(len(self.pool.hits) - self.pool.hits.sum())


@dataclass(frozen=True, eq=False)
class BoxSearch:
    """Narrow a rule until it is precise enough, then widen it as far as it stays so.

    Attributes
    ----------
    cells : Cells
    background : ndarray, shape (n_background, n_features)
        Cells of the background rows; coverage is counted on them.
    limits : ndarray of int
        Entry n is the most misses that n rows may have (`confidence.allowed_misses`).
    beam : int
        How many first predicates are tried.
    max_predicates : int or None
        Columns that a rule may restrict.
    """

    cells: Cells
    background: np.ndarray
    limits: np.ndarray
    beam: int
    max_predicates: int | None

    def find(
        self, predicates: Predicates, pool: Pool, start: np.ndarray
    ) -> tuple[np.ndarray, bool]:
        """Return the best rule found inside the rule `start`, and whether it is precise enough.

        All rows of the pool obey `start`. Of rules that are precise enough the one that
        covers most background rows is best; if there is none, the narrowest reached.
        """
        whole = Box(start, pool, self.background[start[self.background].all(axis=1)])
        if self._reached(len(pool.hits), whole.n_misses):
            return start, True
        found = [
            self._narrow(predicates, self._within(predicates, k, whole))
            for k in self._promising(predicates, whole)[: self.beam]
        ]
        reached = [box for box in found if self._reached(len(box.pool.hits), box.n_misses)]
        if not reached:
            narrowest = min(found, key=lambda box: _miss_rate(box), default=whole)
            return narrowest.rule, False
        wide = [self._widen(box, pool, start) for box in reached]
        return max(wide, key=self._merit).rule, True

    def _reached(self, n_rows: np.ndarray | int, n_misses: np.ndarray | int) -> np.ndarray:
        return np.asarray(n_misses <= self.limits[n_rows])

    def _merit(self, box: Box) -> tuple[int, int, int]:
        n_predicates = int(self.cells.restricted(box.rule).sum())
        return len(box.covered), -n_predicates, len(box.pool.hits)

    def _narrow(self, predicates: Predicates, box: Box) -> Box:
        while not self._reached(len(box.pool.hits), box.n_misses):
            best = self._promising(predicates, box)
            if not len(best):
                break
            box = self._within(predicates, int(best[0]), box)
        return box

    def _promising(self, predicates: Predicates, box: Box) -> np.ndarray:
        """Return predicates worth adding, best first.

        First those that make the rule precise enough, by coverage; then by FOIL's gain,
        k (log(k / n) - log(K / N)), which trades precision against the hits that are kept.
        """
        n_cells = self.cells.n_cells
        n = predicates.counts(box.pool.rows, n_cells)
        k = predicates.counts(box.pool.rows[box.pool.hits], n_cells)
        covered = predicates.counts(box.covered, n_cells)
        share = (box.pool.hits.sum() + 1) / (len(box.pool.hits) + 2)
        gain = (k + 1) * (np.log((k + 1) / (n + 2)) - np.log(share))
        reached = self._reached(n, n - k)
        # Fewer rows than this could not show the wanted precision even without a miss.
        usable = (self.limits[n] >= 0) & (n < len(box.pool.hits)) & (reached | (gain > 0))
        if self.max_predicates is not None:
            restricted = self.cells.restricted(box.rule)
            if restricted.sum() >= self.max_predicates:
                usable &= restricted[predicates.column]
        order = np.lexsort((n, np.where(reached, covered, gain), reached))[::-1]
        return np.asarray(order[usable[order]])

    def _within(self, predicates: Predicates, k: int, box: Box) -> Box:
        column = predicates.column[k]
        part = self.cells.part(column)
        rule = box.rule.copy()
        rule[part] &= predicates.holds(k, np.arange(part.start, part.stop))
        kept = predicates.holds(k, box.pool.rows[:, column])
        pool = Pool(box.pool.rows[kept], box.pool.hits[kept])
        return Box(rule, pool, box.covered[predicates.holds(k, box.covered[:, column])])

    def _widen(self, box: Box, pool: Pool, outer: np.ndarray) -> Box:
        """Open one column after another, the largest gain in coverage first."""
        rule = box.rule.copy()
        while True:
            columns = np.flatnonzero(self.cells.restricted(rule))
            close = _Close.to(rule, columns, pool.rows, pool.hits)
            free = _Close.to(rule, columns, self.background)
            wider = [
                option
                for j in columns.tolist()
                if (option := self._wider(j, rule[self.cells.part(j)], outer, close, free))
            ]
            if not wider:
                break
            _, j, cells = max(wider, key=lambda option: option[0])
            rule[self.cells.part(j)] = cells
        inside = rule[pool.rows].all(axis=1)
        return replace(
            box,
            rule=rule,
            pool=Pool(pool.rows[inside], pool.hits[inside]),
            covered=self.background[rule[self.background].all(axis=1)],
        )

    def _wider(
        self, j: int, cells: np.ndarray, outer: np.ndarray, close: _Close, free: _Close
    ) -> tuple[tuple[int, int, int], int, np.ndarray] | None:
        """Return the widest way to open column j that stays precise: its merit, j, cells."""
        part = self.cells.part(j)
        options = self._openings(j, cells, outer[part])
        if not len(options):
            return None
        places, hits = close.cells_if_open(j, part)
        n = options @ np.bincount(places, minlength=len(cells))
        k = options @ np.bincount(places[hits], minlength=len(cells))
        places, _ = free.cells_if_open(j, part)
        counts = np.bincount(places, minlength=len(cells))
        gain = options @ counts - cells @ counts
        good = np.flatnonzero(self._reached(n, n - k))
        if not len(good):
            return None
        merit = [(int(gain[o]), int(n[o]), int(options[o].sum())) for o in good]
        best = max(range(len(good)), key=lambda place: merit[place])
        return merit[best], j, options[good[best]]

    def _openings(self, j: int, cells: np.ndarray, outer: np.ndarray) -> np.ndarray:
        """Return wider masks of column j inside `outer`, shape (n_options, n_cells of j)."""
        if self.cells.schema.features[j].kind == "categorical":
            closed = np.flatnonzero(outer & ~cells)
            wider = [cells | (np.arange(len(cells)) == c) for c in closed] + [outer] * (
                len(closed) > 1
            )
        else:
            (first, last), (start, stop) = (
                np.flatnonzero(mask)[[0, -1]] for mask in (cells, outer)
            )
            place = np.arange(len(cells))
            wider = [
                (place >= a) & (place <= b)
                for a in range(start, first + 1)
                for b in range(last, stop + 1)
                if (a, b) != (first, last)
            ]
        return np.array(wider, dtype=bool).reshape(-1, len(cells))


@dataclass(frozen=True, eq=False)
class _Close:
    """Rows that break a rule in one column at most, which is all that opening one can reach.

    `broken` names that column, -1 for rows that obey.
    """

    rows: np.ndarray
    hits: np.ndarray
    broken: np.ndarray

    @classmethod
    def to(
        cls, rule: np.ndarray, columns: np.ndarray, rows: np.ndarray, hits: np.ndarray | None = None
    ) -> _Close:
        """Sort out the rows close to a rule that restricts `columns`."""
        hits = np.zeros(len(rows), dtype=bool) if hits is None else hits
        obeyed = rule[rows[:, columns]]
        n_broken = len(columns) - obeyed.sum(axis=1)
        close = n_broken <= 1
        broken = np.full(len(rows), -1)
        if len(columns):
            broken = np.where(n_broken == 0, -1, columns[obeyed.argmin(axis=1)])
        return cls(rows[close], hits[close], broken[close])

    def cells_if_open(self, j: int, part: slice) -> tuple[np.ndarray, np.ndarray]:
        """Return the cells in column j, and the hits, of rows that obey the other columns."""
        inside = (self.broken == -1) | (self.broken == j)
        return self.rows[inside, j] - part.start, self.hits[inside]


def _miss_rate(box: Box) -> float:
    return (box.n_misses + 1) / (len(box.pool.hits) + 2)
