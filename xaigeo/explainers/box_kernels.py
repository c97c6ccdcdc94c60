"""The inner loops of the box search, compiled; import this module only where it is used."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from xaigeo.explainers.rule_kernels import obeying


@njit(cache=True)
def _reached(
    n: Any,
    misses: Any,
    limits: Any,
) -> Any:
    reached = True
    for m in misses:
        reached &= m <= limits[n]
    return reached


@njit(cache=True)
def _count(
    places: Any,
    missed: Any,
    kept: Any,
    counts: Any,
    misses: Any,
    offset: Any,
) -> Any:
    """Count rows `kept`, and the misses of every model among them, by cell of one column."""
    n_models = missed.shape[1]
    if n_models == 1:
        only, single = missed[:, 0], misses[:, 0]
        for r in kept:
            cell = offset + places[r]
            counts[cell] += 1
            single[cell] += only[r]
        return
    for r in kept:
        cell = offset + places[r]
        counts[cell] += 1
        for m in range(n_models):
            if missed[r, m]:
                misses[cell, m] += 1


@njit(cache=True)
def _order_of_categories(
    counts: Any,
    misses: Any,
    own: Any,
    opened: Any,
) -> Any:
    """Return open categories, the instance's own first, then by rising share of misses."""
    n_cells = len(counts)
    rate = np.empty(n_cells)
    for c in range(n_cells):
        rate[c] = (misses[c].sum() + 0.5) / (counts[c] + 1.0)
        if not opened[c]:
            rate[c] = np.inf
    rate[own] = -1.0
    order = np.argsort(rate, kind="mergesort")
    return order[: int(opened.sum())]


@njit(cache=True)
def _propose(
    rule: Any,
    inside: Any,
    covered: Any,
    rows: Any,
    missed: Any,
    covering: Any,
    offsets: Any,
    nominal: Any,
    columns: Any,
    own: Any,
    limits: Any,
    max_columns: Any,
    logs: Any,
    proposal: Any,
    merit: Any,
) -> Any:
    """Write the best way to narrow each column into `proposal` and its worth into `merit`.

    The worth is lexicographic: whether the rule becomes precise enough; then the rows it covers,
    or, where it does not, FOIL's gain k (log(k / n) - log(K / N)) averaged over the models that
    are not yet satisfied; then its rows in the pool.
    """
    n_models = missed.shape[1]
    n_inside = len(inside)
    total = np.zeros(n_models, dtype=np.int64)
    for r in inside:
        for m in range(n_models):
            total[m] += missed[r, m]
    failing = np.flatnonzero(total > limits[n_inside])
    share = logs[n_inside - total + 1] - logs[n_inside + 2]
    n_restricted: Any = 0
    for j in columns:
        n_restricted += not rule[offsets[j] : offsets[j + 1]].all()
    merit[:, :] = -np.inf
    for j in columns:
        start, stop = offsets[j], offsets[j + 1]
        part = rule[start:stop]
        if n_restricted >= max_columns and part.all():
            continue
        width = stop - start
        counts = np.zeros(width + 1, dtype=np.int64)
        misses = np.zeros((width + 1, n_models), dtype=np.int64)
        cover = np.zeros(width + 1, dtype=np.int64)
        _count(rows[j], missed, inside, counts, misses, 1)
        for r in covered:
            cover[1 + covering[j, r]] += 1
        if nominal[j]:
            order = _order_of_categories(counts[1:], misses[1:], own[j], part)
            firsts, lasts = np.zeros(1, dtype=np.int64), np.arange(len(order) - 1)
            counts[1 : len(order) + 1] = counts[1:][order]
            misses[1 : len(order) + 1] = misses[1:][order]
            cover[1 : len(order) + 1] = cover[1:][order]
        else:
            order = np.arange(width)
            opened = np.flatnonzero(part)
            firsts = np.arange(opened[0], own[j] + 1)
            lasts = np.arange(own[j], opened[-1] + 1)
        for c in range(width):
            counts[c + 1] += counts[c]
            misses[c + 1] += misses[c]
            cover[c + 1] += cover[c]
        best_first: Any = -1
        best_last: Any = -1
        for a in firsts:
            for b in lasts:
                n = counts[b + 1] - counts[a]
                # Fewer rows than this could not show the wanted precision even without a miss.
                if n >= n_inside or limits[n] < 0:
                    continue
                good = True
                for m in range(n_models):
                    good &= misses[b + 1, m] - misses[a, m] <= limits[n]
                if good:
                    worth = float(cover[b + 1] - cover[a])
                else:
                    worth = 0.0
                    for m in failing:
                        k: Any = n - (misses[b + 1, m] - misses[a, m]) + 1
                        worth += k * (logs[k] - logs[n + 2] - share[m])
                    worth /= len(failing)
                    if worth <= 0:
                        continue
                if (good, worth, n) > (merit[j, 0] > 0, merit[j, 1], merit[j, 2]):
                    merit[j, 0], merit[j, 1], merit[j, 2] = 1.0 if good else 0.0, worth, n
                    best_first, best_last = a, b
        if best_first >= 0:
            proposal[start:stop] = False
            for place in range(best_first, best_last + 1):
                proposal[start + order[place]] = True


@njit(cache=True)
def _best(
    merit: Any,
    columns: Any,
) -> Any:
    """Return the column of highest merit, the first of equals, or -1."""
    best = -1
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


@njit(cache=True)
def _obey_column(
    kept: Any,
    places: Any,
    part: Any,
) -> Any:
    new = np.empty(len(kept), dtype=kept.dtype)
    n = 0
    for r in kept:
        new[n] = r
        n += part[places[r]]
    return new[:n]


@njit(cache=True)
def _note(
    steps: Any,
    tallies: Any,
    n_steps: Any,
    column: Any,
    part: Any,
    n: Any,
    misses: Any,
    n_covered: Any,
) -> Any:
    """Write down a step: which column now has which open cells, and what the pool shows."""
    steps[n_steps, 0] = column
    for c in range(len(part)):
        steps[n_steps, 1 + c] = part[c]
    tallies[n_steps, 0] = n
    tallies[n_steps, 1] = n_covered
    tallies[n_steps, 2:] = misses
    return n_steps + 1


@njit(cache=True)
def _misses(
    kept: Any,
    missed: Any,
) -> Any:
    total = np.zeros(missed.shape[1], dtype=np.int64)
    for r in kept:
        for m in range(missed.shape[1]):
            total[m] += missed[r, m]
    return total


@njit(cache=True)
def _break(
    rule: Any,
    restricted: Any,
    places: Any,
    offsets: Any,
) -> Any:
    """Return in how many columns each row breaks a rule, and the sum of these columns."""
    n_broken = np.zeros(places.shape[1], dtype=np.int64)
    which = np.zeros(places.shape[1], dtype=np.int64)
    for j in restricted:
        for r in range(places.shape[1]):
            if not rule[offsets[j] + places[j, r]]:
                n_broken[r] += 1
                which[r] += j
    return n_broken, which


@njit(cache=True)
def _open_column(
    j: Any,
    fresh: Any,
    restricted: Any,
    places: Any,
    missed: Any,
    offsets: Any,
    n_broken: Any,
    which: Any,
    counts: Any,
    misses: Any,
) -> Any:
    """Bring the counts up to date after the cells `fresh` of column j were opened.

    The counts of a column are over the rows that obey all other columns, so its own stay.
    """
    n_models = missed.shape[1]
    for r in range(places.shape[1]):
        if not fresh[places[j, r]]:
            continue
        n_broken[r] -= 1
        which[r] -= j
        if n_broken[r] == 0:
            for i in restricted:
                if i != j:
                    cell = offsets[i] + places[i, r]
                    counts[cell] += 1
                    for m in range(n_models):
                        misses[cell, m] += missed[r, m]
        elif n_broken[r] == 1:
            cell = offsets[which[r]] + places[which[r], r]
            counts[cell] += 1
            for m in range(n_models):
                misses[cell, m] += missed[r, m]


@njit(cache=True)
def _start_counts(
    restricted: Any,
    places: Any,
    missed: Any,
    offsets: Any,
    n_broken: Any,
    which: Any,
    counts: Any,
    misses: Any,
) -> Any:
    n_models = missed.shape[1]
    for r in range(places.shape[1]):
        if n_broken[r] > 1:
            continue
        for i in restricted:
            if n_broken[r] == 0 or which[r] == i:
                cell = offsets[i] + places[i, r]
                counts[cell] += 1
                for m in range(n_models):
                    misses[cell, m] += missed[r, m]


@njit(cache=True)
def _best_opening(
    part: Any,
    outer: Any,
    nominal: Any,
    own: Any,
    counts: Any,
    misses: Any,
    cover: Any,
    limits: Any,
    option: Any,
) -> Any:
    """Write the widest precise opening of one column into `option` and return its merit.

    Merit: the gain in covered rows, the rows in the pool, the number of open cells; -1 if none.
    """
    width, n_models = len(part), misses.shape[1]
    best = (-1, -1, -1)
    covered_now = 0
    for c in range(width):
        covered_now += cover[c] * part[c]
    if nominal:
        closed = outer & ~part
        n_closed = int(closed.sum())
        if n_closed == 0:
            return best
        ranked = _order_of_categories(counts, misses, own, closed | part)
        # Single categories, and the most precise ones together.
        for take_all in range(2):
            mask = part.copy()
            for c in ranked:
                if part[c]:
                    continue
                if not take_all:
                    mask = part.copy()
                mask[c] = True
                n, gain = 0, -covered_now
                total = np.zeros(n_models, dtype=np.int64)
                for d in range(width):
                    if mask[d]:
                        n += counts[d]
                        gain += cover[d]
                        total += misses[d]
                merit = (gain, n, int(mask.sum()))
                if merit > best and _reached(n, total, limits):
                    best = merit
                    option[:] = mask
        return best
    inner, limit = np.flatnonzero(part), np.flatnonzero(outer)
    sums = np.zeros(width + 1, dtype=np.int64)
    sums_cover = np.zeros(width + 1, dtype=np.int64)
    sums_missed = np.zeros((width + 1, n_models), dtype=np.int64)
    for c in range(width):
        sums[c + 1] = sums[c] + counts[c]
        sums_cover[c + 1] = sums_cover[c] + cover[c]
        sums_missed[c + 1] = sums_missed[c] + misses[c]
    for a in range(limit[0], inner[0] + 1):
        for b in range(inner[-1], limit[-1] + 1):
            if a == inner[0] and b == inner[-1]:
                continue
            n = sums[b + 1] - sums[a]
            merit = (sums_cover[b + 1] - sums_cover[a] - covered_now, n, b - a + 1)
            if merit > best and _reached(n, sums_missed[b + 1] - sums_missed[a], limits):
                best = merit
                option[:] = False
                option[a : b + 1] = True
    return best


@njit(cache=True)
def _widen(
    rule: Any,
    outer: Any,
    rows: Any,
    missed: Any,
    covering: Any,
    offsets: Any,
    nominal: Any,
    columns: Any,
    own: Any,
    limits: Any,
    steps: Any,
    tallies: Any,
    n_steps: Any,
) -> Any:
    """Open one column after another, the largest gain in coverage first."""
    n_cells, n_models = len(rule), missed.shape[1]
    restricted = np.array([j for j in columns if not rule[offsets[j] : offsets[j + 1]].all()])
    nothing = np.zeros((covering.shape[1], 0), dtype=np.bool_)
    counts, misses = np.zeros(n_cells, np.int64), np.zeros((n_cells, n_models), np.int64)
    cover, no_misses = np.zeros(n_cells, np.int64), np.zeros((n_cells, 0), np.int64)
    n_broken, which = _break(rule, restricted, rows, offsets)
    far, whose = _break(rule, restricted, covering, offsets)
    _start_counts(restricted, rows, missed, offsets, n_broken, which, counts, misses)
    _start_counts(restricted, covering, nothing, offsets, far, whose, cover, no_misses)
    option, chosen = np.empty(n_cells, dtype=np.bool_), np.empty(n_cells, dtype=np.bool_)
    while True:
        best, column = (-1, -1, -1), -1
        for j in restricted:
            part = slice(offsets[j], offsets[j + 1])
            merit = _best_opening(
                rule[part],
                outer[part],
                nominal[j],
                own[j],
                counts[part],
                misses[part],
                cover[part],
                limits,
                option[part],
            )
            if merit > best:
                best, column = merit, j
                chosen[part] = option[part]
        if column < 0:
            return n_steps
        part = slice(offsets[column], offsets[column + 1])
        fresh = chosen[part] & ~rule[part]
        rule[part] = chosen[part]
        _open_column(
            column, fresh, restricted, rows, missed, offsets, n_broken, which, counts, misses
        )
        _open_column(
            column, fresh, restricted, covering, nothing, offsets, far, whose, cover, no_misses
        )
        kept = np.flatnonzero(n_broken == 0)
        n_steps = _note(
            steps,
            tallies,
            n_steps,
            column,
            rule[part],
            len(kept),
            _misses(kept, missed),
            (far == 0).sum(),
        )


@njit(cache=True)
def find_box(
    rows: Any,
    missed: Any,
    covering: Any,
    start: Any,
    offsets: Any,
    nominal: Any,
    columns: Any,
    own: Any,
    limits: Any,
    beam: Any,
    max_columns: Any,
) -> Any:
    """Narrow the rule `start` until it is precise enough, then widen it as far as it stays so.

    Parameters
    ----------
    rows : ndarray of uint16, shape (n_features, n_rows)
        The pool, as cells within a column; all rows obey `start`.
    missed : ndarray of bool, shape (n_rows, n_models)
        Whether a model gives another answer; a rule must be precise for every one of them.
    covering : ndarray of uint16, shape (n_features, n_covering)
        Rows on which coverage is counted.
    start : ndarray of bool, shape (n_cells,)
    offsets, nominal : ndarray, shapes (n_features + 1,), (n_features,)
        First cell of each column; whether its cells have no order.
    columns : ndarray of int
        Columns a rule may restrict, in the order that settles ties.
    own : ndarray of int, shape (n_features,)
        The instance's cell within each column.
    limits : ndarray of int
        Entry n is the most misses that n rows may have.
    beam, max_columns : int

    Returns
    -------
    rule, reached, steps, tallies
        `steps` (n_steps, 1 + widest column) holds the column changed and its open cells;
        `tallies` (n_steps, 2 + n_models) the rows of the pool, covered rows and misses.
    """
    n_features, n_rows = rows.shape
    n_cells, n_models = len(start), missed.shape[1]
    widest = 0
    for j in range(n_features):
        widest = max(widest, offsets[j + 1] - offsets[j])
    everything = np.arange(n_rows)
    logs = np.log(np.maximum(np.arange(n_rows + 3), 1))
    covered = np.flatnonzero(obeying(start, covering, offsets))
    merit, proposal = np.empty((n_features, 3)), start.copy()
    steps = np.zeros((2 * n_cells + 2, 1 + widest), dtype=np.int64)
    tallies = np.zeros((2 * n_cells + 2, 2 + n_models), dtype=np.int64)
    best_rule, best_steps, best_tallies = start.copy(), steps[:0].copy(), tallies[:0].copy()
    total = _misses(everything, missed)
    if _reached(n_rows, total, limits):
        return best_rule, True, best_steps, best_tallies
    first_merit, first = np.empty((n_features, 3)), start.copy()
    _propose(
        start,
        everything,
        covered,
        rows,
        missed,
        covering,
        offsets,
        nominal,
        columns,
        own,
        limits,
        max_columns,
        logs,
        first,
        first_merit,
    )
    best_reached, best_worth = False, (-np.inf, -np.inf, -np.inf)
    for _ in range(beam):
        column = _best(first_merit, columns)
        if column < 0:
            break
        first_merit[column] = -np.inf
        rule, inside, cover = start.copy(), everything, covered
        proposal[:] = first
        n_steps = 0
        while True:
            part = slice(offsets[column], offsets[column + 1])
            rule[part] = proposal[part]
            inside = _obey_column(inside, rows[column], rule[part])
            cover = _obey_column(cover, covering[column], rule[part])
            total = _misses(inside, missed)
            n_steps = _note(
                steps, tallies, n_steps, column, rule[part], len(inside), total, len(cover)
            )
            reached = _reached(len(inside), total, limits)
            if reached:
                break
            _propose(
                rule,
                inside,
                cover,
                rows,
                missed,
                covering,
                offsets,
                nominal,
                columns,
                own,
                limits,
                max_columns,
                logs,
                proposal,
                merit,
            )
            column = _best(merit, columns)
            if column < 0:
                break
        if reached:
            n_steps = _widen(
                rule,
                start,
                rows,
                missed,
                covering,
                offsets,
                nominal,
                columns,
                own,
                limits,
                steps,
                tallies,
                n_steps,
            )
        last = tallies[n_steps - 1]
        n_restricted: Any = 0
        for j in columns:
            n_restricted += not rule[offsets[j] : offsets[j + 1]].all()
        if reached:
            worth = (float(last[1]), -float(n_restricted), float(last[0]))
        else:
            worth = (-(last[2:].max() + 1.0) / (last[0] + 2.0), 0.0, 0.0)
        if (reached, worth) > (best_reached, best_worth):
            best_reached, best_worth = reached, worth
            best_rule = rule
            best_steps, best_tallies = steps[:n_steps].copy(), tallies[:n_steps].copy()
    return best_rule, best_reached, best_steps, best_tallies
