"""What the loops of the box search share: a task, and counts of its rows; compiled.

Import this module only where it is used: it loads numba.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit


class Task(NamedTuple):
    """A pool to find a box on.

    Attributes
    ----------
    rows : ndarray of uint16, shape (n_features, n_rows)
        The pool, as cells within a column.
    missed : ndarray of bool, shape (n_rows, n_models)
        Whether a model gives another answer; a rule must be precise for every one of them.
    covering : ndarray of uint16, shape (n_features, n_covering)
        Rows on which coverage is counted.
    offsets : ndarray of int, shape (n_features + 1,)
        First cell of each column.
    nominal : ndarray of bool, shape (n_features,)
        Whether a column's cells have no order.
    columns : ndarray of int
        Columns a rule may restrict, in the order that settles ties.
    own : ndarray of int, shape (n_features,)
        The instance's cell within each column.
    limits : ndarray of int
        Entry n is the most misses that n rows may have.
    logs : ndarray, shape (n_rows + 3,)
        Logarithms of whole numbers.
    max_columns : int
        How many columns a rule may restrict.
    """

    rows: Any
    missed: Any
    covering: Any
    offsets: Any
    nominal: Any
    columns: Any
    own: Any
    limits: Any
    logs: Any
    max_columns: int


@njit(cache=True)
def reached(n: Any, misses: Any, limits: Any) -> Any:
    """Return whether n rows with so many misses of each model are precise enough."""
    good = True
    for count in misses:
        good &= count <= limits[n]
    return good


@njit(cache=True)
def misses_of(kept: Any, missed: Any) -> Any:
    """Return the misses of every model among the rows `kept`, shape (n_models,)."""
    total = np.zeros(missed.shape[1], dtype=np.int64)
    for r in kept:
        for m in range(missed.shape[1]):
            total[m] += missed[r, m]
    return total


@njit(cache=True)
def is_free(rule: Any, start: Any, stop: Any) -> Any:
    """Return whether all cells of a column are open."""
    cell = start
    while cell < stop and rule[cell]:
        cell += 1
    return cell == stop


@njit(cache=True)
def n_restricted(task: Any, rule: Any) -> Any:
    """Return how many columns a rule restricts."""
    count: Any = 0
    for j in task.columns:
        count += not is_free(rule, task.offsets[j], task.offsets[j + 1])
    return count


@njit(cache=True)
def order_of_categories(counts: Any, misses: Any, own: Any, opened: Any) -> Any:
    """Return open categories, the instance's own first, then by rising share of misses."""
    rate = np.empty(len(counts))
    order = np.empty(len(counts), dtype=np.int64)
    n = 0
    for c in range(len(counts)):
        if not opened[c]:
            continue
        total = 0.5
        for m in range(misses.shape[1]):
            total += misses[c, m]
        rate[c] = -1.0 if c == own else total / (counts[c] + 1.0)
        place = n
        while place > 0 and rate[order[place - 1]] > rate[c]:
            order[place] = order[place - 1]
            place -= 1
        order[place] = c
        n += 1
    return order[:n]
