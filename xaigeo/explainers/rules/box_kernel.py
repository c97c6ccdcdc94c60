"""The box search over one pool, compiled.

Import this module only where it is used: it loads numba.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from xaigeo.explainers.rules.box_narrowing import best_column, keep_column, propose, rows_that
from xaigeo.explainers.rules.box_tallies import misses_of, n_restricted, reached
from xaigeo.explainers.rules.box_widening import widen
from xaigeo.explainers.rules.rule_kernels import copy_into, obeying


@njit(cache=True)
def find_box(task: Any, start: Any, beam: Any) -> Any:
    """Narrow the rule `start` until it is precise enough, then widen it as far as it stays so.

    Parameters
    ----------
    task : Task
        All rows of its pool obey `start`.
    start : ndarray of bool, shape (n_cells,)
    beam : int
        How many first columns are tried.

    Returns
    -------
    rule, reached, steps, tallies
        `steps` (n_steps, 1 + widest column) holds the column changed and its open cells;
        `tallies` (n_steps, 2 + n_models) the rows of the pool, covered rows and misses.
    """
    n_features, n_rows = task.rows.shape
    n_cells, widest = len(start), 0
    for j in range(n_features):
        widest = max(widest, task.offsets[j + 1] - task.offsets[j])
    everything = np.arange(n_rows, dtype=np.int32)
    steps = np.zeros((2 * n_cells + 2, 1 + widest), dtype=np.int64)
    tallies = np.zeros((2 * n_cells + 2, 2 + task.missed.shape[1]), dtype=np.int64)
    best_rule, best_steps, best_tallies = start.copy(), steps[:0].copy(), tallies[:0].copy()
    if reached(n_rows, misses_of(everything, task.missed), task.limits):
        return best_rule, True, best_steps, best_tallies
    covered = rows_that(obeying(start, task.covering, task.offsets))
    merit, first = np.empty((n_features, 3)), start.copy()
    propose(task, start, everything, covered, first, merit)
    best_reached, best_worth = False, (-np.inf, -np.inf, -np.inf)
    narrowed = np.zeros((beam, n_cells), dtype=np.bool_)
    for attempt in range(beam):
        column = best_column(merit, task.columns)
        if column < 0:
            break
        merit[column] = -np.inf
        rule = start.copy()
        good, n_steps = _narrow(task, rule, column, first, everything, covered, steps, tallies)
        copy_into(narrowed[attempt], rule)
        known = False
        for earlier in range(attempt):
            known |= _equal(narrowed[earlier], rule)
        if known:
            continue
        # The steps of another attempt may have left their counts here.
        tallies[n_steps:] = 0
        if good:
            n_steps = widen(task, rule, start, steps, tallies, n_steps)
        last = tallies[n_steps - 1]
        if good:
            worth = (float(last[1]), -float(n_restricted(task, rule)), float(last[0]))
        else:
            worst = 0
            for m in range(2, len(last)):
                worst = max(worst, last[m])
            worth = (-(worst + 1.0) / (last[0] + 2.0), 0.0, 0.0)
        if (good, worth) > (best_reached, best_worth):
            best_reached, best_worth, best_rule = good, worth, rule
            best_steps, best_tallies = steps[:n_steps].copy(), tallies[:n_steps].copy()
    return best_rule, best_reached, best_steps, best_tallies


@njit(cache=True)
def _equal(one: Any, other: Any) -> Any:
    cell = 0
    while cell < len(one) and one[cell] == other[cell]:
        cell += 1
    return cell == len(one)


@njit(cache=True)
def _narrow(
    task: Any,
    rule: Any,
    column: Any,
    first: Any,
    inside: Any,
    covered: Any,
    steps: Any,
    tallies: Any,
) -> Any:
    """Narrow one column after another, `column` first; changes `rule`, notes every step.

    Returns whether the rule became precise enough, and the number of steps.
    """
    proposal, merit = first.copy(), np.empty((task.rows.shape[0], 3))
    n_steps = 0
    while column >= 0:
        part = slice(task.offsets[column], task.offsets[column + 1])
        copy_into(rule[part], proposal[part])
        inside = keep_column(inside, task.rows[column], rule[part])
        covered = keep_column(covered, task.covering[column], rule[part])
        total = misses_of(inside, task.missed)
        steps[n_steps, 0] = column
        copy_into(steps[n_steps, 1:], rule[part])
        tallies[n_steps, 0], tallies[n_steps, 1] = len(inside), len(covered)
        for m in range(len(total)):
            tallies[n_steps, 2 + m] = total[m]
        n_steps += 1
        if reached(len(inside), total, task.limits):
            return True, n_steps
        propose(task, rule, inside, covered, proposal, merit)
        column = best_column(merit, task.columns)
    return False, n_steps
