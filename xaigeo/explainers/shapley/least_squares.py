"""Weighted linear fits of one design to the outputs of every seed at once."""

from __future__ import annotations

import numpy as np


def is_constant(targets: np.ndarray) -> np.ndarray:
    """Return which columns of (n_rows, n_columns) do not vary beyond rounding."""
    low, high = targets.min(axis=0), targets.max(axis=0)
    rounding = 8 * np.finfo(np.float64).eps * np.maximum(np.abs(low), np.abs(high))
    return np.asarray(high - low <= rounding)


def sum_constrained(
    masks: np.ndarray,
    weights: np.ndarray,
    values: np.ndarray,
    total: np.ndarray,
) -> np.ndarray:
    """Fit ``values ~ masks @ phi`` by weighted least squares where phi adds up to `total`.

    Parameters
    ----------
    masks : ndarray of bool, shape (n_coalitions, n_players)
    weights : ndarray, shape (n_coalitions,)
    values : ndarray, shape (n_seeds, n_coalitions, n_outputs)
        Worth of each coalition above the empty one.
    total : ndarray, shape (n_seeds, n_outputs)
        Worth of all players together above the empty coalition.

    Returns
    -------
    ndarray, shape (n_seeds, n_players, n_outputs)

    Raises
    ------
    numpy.linalg.LinAlgError
        If the masks do not determine phi.

    Notes
    -----
    The constraint removes the last player: ``phi_last = total - sum of the others``.
    """
    n_seeds, n_coalitions, n_outputs = values.shape
    players = masks.astype(np.float64)
    last = players[:, -1:]
    design = players[:, :-1] - last
    weighted = design * weights[:, None]
    gram = weighted.T @ design
    wide = values.transpose(1, 0, 2).reshape(n_coalitions, n_seeds * n_outputs)
    sums = total.reshape(1, -1)
    others = np.linalg.solve(gram, weighted.T @ (wide - last * sums))
    phi = np.vstack([others, sums - others.sum(axis=0)])
    return phi.reshape(-1, n_seeds, n_outputs).transpose(1, 0, 2)
