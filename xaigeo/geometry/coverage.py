"""How many boxes cover each place: rectangles between the sorted edges."""

from __future__ import annotations

from typing import Final

import numpy as np

from xaigeo.geometry.table import Columns

CELLS: Final[Columns] = {
    "method": "text",
    "instance": "label",
    "predicted": "text",
    "mode": "int64",
    "x1": "float64",
    "x2": "float64",
    "y1": "float64",
    "y2": "float64",
    "n_seeds": "int64",
    "share": "float64",
}


def coverage_cells(lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """Return rectangles that no edge crosses, with the number of boxes over each.

    Parameters
    ----------
    lower, upper : ndarray, shape (n_boxes, 2)
        Finite corners.

    Returns
    -------
    ndarray, shape (n_cells, 5)
        x1, x2, y1, y2 and the count, never 0. Neighbours in a row with one count are joined,
        so one box gives one cell.

    Examples
    --------
    >>> lower, upper = np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([[2.0, 1.0], [3.0, 1.0]])
    >>> coverage_cells(lower, upper).tolist()
    [[0.0, 1.0, 0.0, 1.0, 1.0], [1.0, 2.0, 0.0, 1.0, 2.0], [2.0, 3.0, 0.0, 1.0, 1.0]]
    """
    x, y = (np.unique(np.concatenate([lower[:, k], upper[:, k]])) for k in range(2))
    over_x = (lower[:, :1] <= x[:-1]) & (upper[:, :1] >= x[1:])
    over_y = (lower[:, 1:] <= y[:-1]) & (upper[:, 1:] >= y[1:])
    counts = over_y.T.astype(np.int64) @ over_x.astype(np.int64)
    if not counts.size:
        return np.empty((0, 5))
    starts = np.ones(counts.shape, dtype=bool)
    starts[:, 1:] = counts[:, 1:] != counts[:, :-1]
    row, first = np.nonzero(starts)
    # A run ends where the next one of its row begins, or at the end of the row.
    same_row = np.append(row[1:] == row[:-1], False)
    last = np.where(same_row, np.append(first[1:], 0), len(x) - 1)
    count = counts[row, first]
    cells = np.column_stack([x[first], x[last], y[row], y[row + 1], count])
    return np.asarray(cells[count > 0])
