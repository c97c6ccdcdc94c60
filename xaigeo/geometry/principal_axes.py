"""The directions in which points vary most, each with a sign of its own."""

from __future__ import annotations

import numpy as np


def principal_axes(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the principal axes of points, those of the largest variance first.

    Parameters
    ----------
    points : ndarray, shape (n_points, n_columns)

    Returns
    -------
    axes : ndarray, shape (min(n_points, n_columns), n_columns)
        Unit vectors. An axis is a line, not a direction: its largest loading is made positive,
        so the same points give the same picture.
    sizes : ndarray, shape (min(n_points, n_columns),)
        Root of the sum of squares of the centred points along each; squared and over their sum
        they are shares of variance.

    Examples
    --------
    >>> axes, sizes = principal_axes(np.array([[0.0, 3.0], [0.0, -1.0], [0.0, 1.0]]))
    >>> axes[0].round(6).tolist(), float(round(sizes[0] ** 2, 6))
    ([0.0, 1.0], 8.0)
    """
    _, sizes, axes = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=1, keepdims=True), axis=1)
    return axes * np.where(largest < 0, -1.0, 1.0), sizes
