"""Where a surface on a grid crosses a level, as line segments."""

from __future__ import annotations

import numpy as np

# Of each cell the corners (row, column) at which its four sides start and end.
_SIDES = (((0, 0), (0, 1)), ((0, 1), (1, 1)), ((1, 0), (1, 1)), ((0, 0), (1, 0)))


def contour_segments(x: np.ndarray, y: np.ndarray, values: np.ndarray, level: float) -> np.ndarray:
    """Return the segments along which a surface is at a level.

    Parameters
    ----------
    x, y : ndarray, shape (n_x,), (n_y,)
        Rising positions of columns and rows.
    values : ndarray, shape (n_y, n_x)
    level : float
        Values equal to the level count as above it.

    Returns
    -------
    ndarray, shape (n_segments, 4)
        x, y, x2, y2, linear between neighbouring grid points (marching squares). Where a cell
        is crossed twice, its mean decides which corners belong together.
    """
    above = values >= level
    ends = np.stack([_crossing(x, y, values, level, side) for side in _SIDES], axis=2)
    crossed = np.isfinite(ends[..., 0])  # (n_y - 1, n_x - 1, 4 sides)
    once = crossed.sum(axis=2) == 2
    order = np.argsort(~crossed, axis=2, kind="stable")
    pairs = np.take_along_axis(ends, order[..., :2, None], axis=2)[once]
    twice = crossed.all(axis=2)
    # Bottom with right and top with left where the middle is on the side of the first corner.
    middle = (values[:-1, :-1] + values[:-1, 1:] + values[1:, :-1] + values[1:, 1:]) / 4 >= level
    same = (middle == above[:-1, :-1])[twice]
    saddle = ends[twice]
    first = np.where(same[:, None, None], saddle[:, [0, 1]], saddle[:, [0, 3]])
    second = np.where(same[:, None, None], saddle[:, [2, 3]], saddle[:, [1, 2]])
    return np.concatenate([pairs, first, second]).reshape(-1, 4)


def _crossing(
    x: np.ndarray,
    y: np.ndarray,
    values: np.ndarray,
    level: float,
    side: tuple[tuple[int, int], tuple[int, int]],
) -> np.ndarray:
    """Return where one side of every cell meets the level, NaN where it does not."""
    n_y, n_x = values.shape
    (row_a, column_a), (row_b, column_b) = side

    def corner(row: int, column: int) -> tuple[slice, slice]:
        return slice(row, n_y - 1 + row), slice(column, n_x - 1 + column)

    a, b = values[corner(row_a, column_a)], values[corner(row_b, column_b)]
    meets = (a >= level) != (b >= level)
    share = np.where(meets, (level - a) / np.where(meets, b - a, 1.0), np.nan)
    across, up = np.meshgrid(x, y)
    ends = [
        at[corner(row_a, column_a)]
        + share * (at[corner(row_b, column_b)] - at[corner(row_a, column_a)])
        for at in (across, up)
    ]
    return np.stack(ends, axis=-1)
