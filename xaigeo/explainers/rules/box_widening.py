"""The widening steps of the box search, compiled.

Import this module only where it is used: it loads numba.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from xaigeo.explainers.rules.box_tallies import is_free, n_restricted, order_of_categories, reached
from xaigeo.explainers.rules.rule_kernels import copy_into


class Near(NamedTuple):
    """Rows against a rule, kept up to date while it is opened.

    For each row in how many columns it breaks the rule, and the sum of these columns: where it
    is one, that column. For each cell of a restricted column, the rows there that obey all other
    columns, and the misses of every model among them: what opening the cell brings in.
    """

    places: Any
    missed: Any
    n_broken: Any
    which: Any
    counts: Any
    misses: Any


@njit(cache=True)
def near(rule: Any, restricted: Any, places: Any, missed: Any, offsets: Any) -> Any:
    """Compare rows with a rule that restricts some columns."""
    n_rows, n_models = places.shape[1], missed.shape[1]
    n_broken = np.zeros(n_rows, dtype=np.int32)
    which = np.zeros(n_rows, dtype=np.int32)
    for j in restricted:
        part = rule[offsets[j] : offsets[j + 1]]
        for r in range(n_rows):
            closed = not part[places[j, r]]
            n_broken[r] += closed
            which[r] += closed * j
    counts = np.zeros(len(rule), dtype=np.int64)
    misses = np.zeros((len(rule), n_models), dtype=np.int64)
    found = Near(places, missed, n_broken, which, counts, misses)
    for r in range(n_rows):
        if n_broken[r] == 0:
            for j in restricted:
                _add(found, offsets[j] + places[j, r], r)
        elif n_broken[r] == 1:
            _add(found, offsets[which[r]] + places[which[r], r], r)
    return found


@njit(cache=True)
def _add(found: Any, cell: Any, row: Any) -> Any:
    found.counts[cell] += 1
    for m in range(found.missed.shape[1]):
        found.misses[cell, m] += found.missed[row, m]


@njit(cache=True)
def _open(found: Any, j: Any, fresh: Any, restricted: Any, offsets: Any) -> Any:
    """Bring the counts up to date after the cells `fresh` of column j were opened.

    The counts of a column are over the rows that obey all other columns, so its own stay.
    """
    for r in range(found.places.shape[1]):
        if not fresh[found.places[j, r]]:
            continue
        found.n_broken[r] -= 1
        found.which[r] -= j
        if found.n_broken[r] == 0:
            for i in restricted:
                if i != j:
                    _add(found, offsets[i] + found.places[i, r], r)
        elif found.n_broken[r] == 1:
            left = found.which[r]
            _add(found, offsets[left] + found.places[left, r], r)


@njit(cache=True)
def _best_set(
    part: Any, outer: Any, own: Any, counts: Any, misses: Any, cover: Any, limits: Any, option: Any
) -> Any:
    """Write the widest precise set of categories into `option` and return its merit.

    Every single category is tried, and the most precise ones together.
    """
    best = (-1, -1, -1)
    ranked = order_of_categories(counts, misses, own, outer)
    mask, total = part.copy(), np.empty(misses.shape[1], dtype=np.int64)
    for take_all in range(2):
        copy_into(mask, part)
        for c in ranked:
            if part[c]:
                continue
            if not take_all:
                copy_into(mask, part)
            mask[c] = True
            n, gain, size = 0, 0, 0
            total.fill(0)
            for d in range(len(part)):
                if mask[d]:
                    n += counts[d]
                    gain += 0 if part[d] else cover[d]
                    size += 1
                    for m in range(len(total)):
                        total[m] += misses[d, m]
            merit = (gain, n, size)
            if merit > best and reached(n, total, limits):
                best = merit
                copy_into(option, mask)
    return best


@njit(cache=True)
def _best_interval(
    part: Any, outer: Any, counts: Any, misses: Any, cover: Any, limits: Any, option: Any
) -> Any:
    """Write the widest precise interval of cells into `option` and return its merit."""
    best = (-1, -1, -1)
    first, last = _ends(part)
    start, stop = _ends(outer)
    total = np.empty(misses.shape[1], dtype=np.int64)
    for a in range(start, first + 1):
        n, gain = 0, 0
        total.fill(0)
        for b in range(a, stop + 1):
            n += counts[b]
            gain += 0 if part[b] else cover[b]
            for m in range(len(total)):
                total[m] += misses[b, m]
            if b < last or (a == first and b == last):
                continue
            merit = (gain, n, b - a + 1)
            if merit > best and reached(n, total, limits):
                best = merit
                for c in range(len(part)):
                    option[c] = a <= c <= b
    return best


@njit(cache=True)
def _ends(part: Any) -> Any:
    """Return the first and the last open cell."""
    first, last = 0, len(part) - 1
    while not part[first]:
        first += 1
    while not part[last]:
        last -= 1
    return first, last


@njit(cache=True)
def widen(task: Any, rule: Any, outer: Any, steps: Any, tallies: Any, n_steps: Any) -> Any:
    """Open one column after another inside `outer`, the largest gain in coverage first.

    Of equal gains the option with more rows of the pool is taken, then the one of more cells.
    The rule is changed in place and every step noted; returns the number of steps.
    """
    offsets = task.offsets
    restricted = np.empty(n_restricted(task, rule), dtype=np.int64)
    n = 0
    for j in task.columns:
        if not is_free(rule, offsets[j], offsets[j + 1]):
            restricted[n] = j
            n += 1
    nothing = np.zeros((task.covering.shape[1], 0), dtype=np.bool_)
    pool = near(rule, restricted, task.rows, task.missed, offsets)
    data = near(rule, restricted, task.covering, nothing, offsets)
    option, chosen = np.empty(len(rule), dtype=np.bool_), np.empty(len(rule), dtype=np.bool_)
    fresh = np.empty(len(rule), dtype=np.bool_)
    n_covered = 0
    for r in range(len(data.n_broken)):
        n_covered += data.n_broken[r] == 0
    while True:
        best, column = (-1, -1, -1), -1
        for j in restricted:
            part = slice(offsets[j], offsets[j + 1])
            counts, misses, cover = pool.counts[part], pool.misses[part], data.counts[part]
            if task.nominal[j]:
                merit = _best_set(
                    rule[part],
                    outer[part],
                    task.own[j],
                    counts,
                    misses,
                    cover,
                    task.limits,
                    option[part],
                )
            else:
                merit = _best_interval(
                    rule[part], outer[part], counts, misses, cover, task.limits, option[part]
                )
            if merit > best:
                best, column = merit, j
                copy_into(chosen[part], option[part])
        if column < 0:
            return n_steps
        n_covered += best[0]
        steps[n_steps, 0] = column
        tallies[n_steps, 0], tallies[n_steps, 1] = best[1], n_covered
        start = offsets[column]
        for c in range(offsets[column + 1] - start):
            fresh[c] = chosen[start + c] and not rule[start + c]
            rule[start + c] = chosen[start + c]
            steps[n_steps, 1 + c] = rule[start + c]
            if rule[start + c]:
                for m in range(pool.misses.shape[1]):
                    tallies[n_steps, 2 + m] += pool.misses[start + c, m]
        _open(pool, column, fresh, restricted, offsets)
        _open(data, column, fresh, restricted, offsets)
        n_steps += 1
