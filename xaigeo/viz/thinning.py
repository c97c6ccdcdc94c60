"""Fewer marks for the same picture: rows thinned evenly, equal cells joined to rectangles."""

from __future__ import annotations

import numpy as np
import pandas as pd


def thinned(n: int, most: int) -> np.ndarray:
    """Return at most `most` places of n rows, evenly spread, the first and the last among them.

    Examples
    --------
    >>> thinned(10, 4).tolist()
    [0, 3, 6, 9]
    """
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(int))


def joined_cells(values: np.ndarray, x: np.ndarray, y: np.ndarray) -> pd.DataFrame:
    """Return a grid's cells as rectangles: equal neighbours in a row are one, equal rows too.

    Parameters
    ----------
    values : ndarray of int, shape (n_y, n_x)
    x, y : ndarray, shape (n_x,), (n_y,)
        Evenly spaced centres of columns and rows.

    Returns
    -------
    DataFrame
        `x`, `x2`, `y`, `y2` (edges) and `value`. Together the rectangles cover every cell once.
    """
    left, right, row, value = _runs(values)
    # A run is joined to one with the same ends and value in the row below it.
    order = np.lexsort((row, value, right, left))
    left, right, row, value = left[order], right[order], row[order], value[order]
    new = np.ones(len(row), dtype=bool)
    new[1:] = (
        (np.diff(left) != 0) | (np.diff(right) != 0) | (np.diff(value) != 0) | (np.diff(row) != 1)
    )
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(row)) - 1
    x_edge, y_edge = edges(x), edges(y)
    return pd.DataFrame(
        {
            "x": x_edge[left[first]],
            "x2": x_edge[right[first]],
            "y": y_edge[row[first]],
            "y2": y_edge[row[last] + 1],
            "value": value[first],
        }
    )


def edges(centres: np.ndarray) -> np.ndarray:
    """Return the n + 1 edges of cells with evenly spaced centres, two at least."""
    step = (centres[-1] - centres[0]) / (len(centres) - 1)
    return np.append(centres - step / 2, centres[-1] + step / 2)


def _runs(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return start, end, row and value of each run of equal cells."""
    n_y, n_x = values.shape
    starts = np.ones((n_y, n_x), dtype=bool)
    starts[:, 1:] = values[:, 1:] != values[:, :-1]
    row, left = np.nonzero(starts)
    ends = np.ones((n_y, n_x), dtype=bool)
    ends[:, :-1] = starts[:, 1:]
    right = np.nonzero(ends)[1] + 1
    return left, right, row, values[row, left]
