"""Rows against rules, compiled: which obey, which cells they lie in, and rows drawn under a rule.

Import this module only where it is used: it loads numba.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True)
def copy_into(target: Any, source: Any) -> None:
    """Copy values into an array of one length.

    numba takes a second to compile ``target[:] = source``, whose error it words.
    """
    for place in range(len(source)):
        target[place] = source[place]


@njit(cache=True)
def obeying(
    rule: Any,
    places: Any,
    offsets: Any,
) -> Any:
    """Return which rows obey a rule; `places` (n_features, n_rows) are cells within a column."""
    n_features, n_rows = places.shape
    inside = np.ones(n_rows, dtype=np.bool_)
    for j in range(n_features):
        part = rule[offsets[j] : offsets[j + 1]]
        if part.all():
            continue
        for r in range(n_rows):
            inside[r] &= part[places[j, r]]
    return inside


@njit(cache=True)
def places_of(
    rows: Any,
    edges: Any,
    first_edge: Any,
    discrete: Any,
) -> Any:
    """Return the cell of every value within its column, shape (n_features, n_rows).

    The edges of column j are ``edges[first_edge[j]:first_edge[j + 1]]``; a value on an edge
    lies in the cell above it. A discrete value is its own cell.
    """
    n_rows, n_features = rows.shape
    places = np.empty((n_features, n_rows), dtype=np.uint16)
    for j in range(n_features):
        if discrete[j]:
            for r in range(n_rows):
                places[j, r] = int(rows[r, j])
        else:
            own = edges[first_edge[j] : first_edge[j + 1]]
            for r in range(n_rows):
                places[j, r] = np.searchsorted(own, rows[r, j], side="right")
    return places


@njit(cache=True)
def drawn_rows(
    rules: Any,
    rows: Any,
    places: Any,
    offsets: Any,
    base: Any,
    level: Any,
    own: Any,
    marginal: Any,
) -> Any:
    """Return rows drawn under rules from `rows`, (n_rules, n_samples, n_features).

    `places` are the cells of `rows`; see `DataSampler` for what is drawn.
    """
    n_samples, n_features = level.shape
    drawn = np.empty((len(rules), n_samples, n_features))
    obeys = np.empty(rows.shape[0], dtype=np.int64)
    for rule, out in zip(rules, drawn):  # noqa: B905 (numba knows no strict)
        for n in range(n_samples):
            copy_into(out[n], rows[base[n]])
        for j in range(n_features):
            part = rule[offsets[j] : offsets[j + 1]]
            if part.all() and not marginal:
                continue
            n_obeying = 0
            for r in range(rows.shape[0]):
                obeys[n_obeying] = r
                n_obeying += part[places[j, r]]
            for n in range(n_samples):
                if marginal or not part[places[j, base[n]]]:
                    if n_obeying == 0:
                        out[n, j] = own[j]
                    else:
                        out[n, j] = rows[obeys[int(level[n, j] * n_obeying)], j]
    return drawn
