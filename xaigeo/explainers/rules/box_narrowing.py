"""The narrowing steps of the box search, compiled.

Import this module only where it is used: it loads numba.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from xaigeo.explainers.rules.box_tallies import (
    is_free,
    misses_of,
    n_restricted,
    order_of_categories,
)


@njit(cache=True)
def keep_column(kept: Any, places: Any, part: Any) -> Any:
    """Return those of the rows `kept` whose cell in one column is open."""
    new = np.empty(len(kept), dtype=kept.dtype)
    n = 0
    for r in kept:
        new[n] = r
        n += part[places[r]]
    return new[:n]


@njit(cache=True)
def rows_that(chosen: Any) -> Any:
    """Return the places of the rows chosen by a mask."""
    rows = np.empty(len(chosen), dtype=np.int32)
    n = 0
    for r in range(len(chosen)):
        rows[n] = r
        n += chosen[r]
    return rows[:n]


@njit(cache=True)
def _count(places: Any, missed: Any, kept: Any, counts: Any, misses: Any) -> Any:
    """Count rows `kept`, and the misses of every model among them, by cell of one column."""
    if missed.shape[1] == 1:
        only, single = missed[:, 0], misses[:, 0]
        for r in kept:
            counts[places[r]] += 1
            single[places[r]] += only[r]
        return
    for r in kept:
        counts[places[r]] += 1
        for m in range(missed.shape[1]):
            if missed[r, m]:
                misses[places[r], m] += 1


@njit(cache=True)
def propose(task: Any, rule: Any, inside: Any, covered: Any, proposal: Any, merit: Any) -> Any:
    """Write the best way to narrow each column into `proposal` and its merit into `merit`.

    `inside` and `covered` are the rows of the pool and of those for coverage that obey the rule.
    Merit is lexicographic: whether the rule becomes precise enough; then the rows it covers, or,
    where it does not, FOIL's gain k (log(k / n) - log(K / N)) averaged over the models that
    are not yet satisfied; then its rows in the pool. It is -inf where nothing helps.
    """
    total = misses_of(inside, task.missed)
    # For models that are satisfied already the share is NaN.
    share = np.full(len(total), np.nan)
    for m in range(len(total)):
        if total[m] > task.limits[len(inside)]:
            share[m] = task.logs[len(inside) - total[m] + 1] - task.logs[len(inside) + 2]
    full = n_restricted(task, rule) >= task.max_columns
    merit.fill(-np.inf)
    for j in task.columns:
        start, stop = task.offsets[j], task.offsets[j + 1]
        if not (full and is_free(rule, start, stop)):
            _propose_column(
                task, j, rule[start:stop], inside, covered, share, proposal[start:stop], merit[j]
            )


@njit(cache=True)
def _propose_column(
    task: Any,
    j: Any,
    part: Any,
    inside: Any,
    covered: Any,
    share: Any,
    proposal: Any,
    merit: Any,
) -> Any:
    width, n_models = len(part), task.missed.shape[1]
    counts, cover = np.zeros(width, dtype=np.int64), np.zeros(width, dtype=np.int64)
    misses = np.zeros((width, n_models), dtype=np.int64)
    _count(task.rows[j], task.missed, inside, counts, misses)
    for r in covered:
        cover[task.covering[j, r]] += 1
    # A set of categories is an interval in this order that begins with the instance's.
    order, last_start = np.arange(width), task.own[j]
    if task.nominal[j]:
        order, last_start = order_of_categories(counts, misses, task.own[j], part), 0
    best_first: Any = -1
    best_last: Any = -1
    among = np.empty(n_models, dtype=np.int64)
    for a in range(last_start + 1):
        n, n_covered = 0, 0
        among.fill(0)
        for b in range(a, len(order)):
            cell = order[b]
            if not part[cell]:
                if b < last_start:
                    break
                continue
            n += counts[cell]
            n_covered += cover[cell]
            good = b >= last_start
            for m in range(n_models):
                among[m] += misses[cell, m]
                good &= among[m] <= task.limits[n]
            # Fewer rows than this could not show the wanted precision even without a miss.
            if b < last_start or n >= len(inside) or task.limits[n] < 0:
                continue
            worth = float(n_covered)
            if not good:
                worth = _gain(task.logs, share, n, among)
                if worth <= 0:
                    continue
            if (good, worth, n) > (merit[0] > 0, merit[1], merit[2]):
                merit[0], merit[1], merit[2] = 1.0 if good else 0.0, worth, n
                best_first, best_last = a, b
    if best_first >= 0:
        proposal.fill(False)
        for place in range(best_first, best_last + 1):
            proposal[order[place]] = True


@njit(cache=True)
def _gain(logs: Any, share: Any, n: Any, misses: Any) -> Any:
    total, n_failing = 0.0, 0
    for m in range(len(share)):
        if not np.isnan(share[m]):
            hits = n - misses[m] + 1
            total += hits * (logs[hits] - logs[n + 2] - share[m])
            n_failing += 1
    return total / n_failing


@njit(cache=True)
def best_column(merit: Any, columns: Any) -> Any:
    """Return the column of highest merit, the first of equals, or -1."""
    best: Any = -1
    for j in columns:
        if merit[j, 1] == -np.inf:
            continue
        if best < 0 or (merit[j, 0], merit[j, 1], merit[j, 2]) > (
            merit[best, 0],
            merit[best, 1],
            merit[best, 2],
        ):
            best = j
    return best
