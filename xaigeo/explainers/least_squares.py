"""Weighted linear fits of one design to the outputs of every seed at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class RidgeFit:
    """A weighted ridge fit for each seed and output.

    Attributes
    ----------
    coefficients : ndarray, shape (n_seeds, n_features, n_outputs)
    intercept, r2 : ndarray, shape (n_seeds, n_outputs)
        `r2` is the weighted coefficient of determination; 1 for an output without variation,
        which its intercept reproduces.
    """

    coefficients: np.ndarray
    intercept: np.ndarray
    r2: np.ndarray


def weighted_ridge(
    design: np.ndarray, weights: np.ndarray, targets: np.ndarray, alpha: float
) -> RidgeFit:
    """Fit ``targets ~ intercept + design @ coefficients`` with one factorisation for all.

    Parameters
    ----------
    design : ndarray, shape (n_rows, n_features)
    weights : ndarray, shape (n_rows,)
    targets : ndarray, shape (n_seeds, n_rows, n_outputs)
    alpha : float
        Ridge penalty on the coefficients, not on the intercept.

    Notes
    -----
    With weighted centring ``(G + alpha I) c = b`` where ``G = Z'WZ`` and ``b = Z'Wy``, the
    residual sum of squares is ``y'Wy - c'b - alpha c'c``, so no second pass over the rows
    is needed for R2.
    """
    n_seeds, n_rows, n_outputs = targets.shape
    total = weights.sum()
    centre = weights @ design / total
    centred = design - centre
    weighted = centred * weights[:, None]
    gram = centred.T @ weighted + alpha * np.eye(design.shape[1])
    # One column per seed and output: a single product and a single factorisation serve all.
    wide = np.array(targets.transpose(1, 0, 2), order="C").reshape(n_rows, -1)
    mean = weights @ wide / total
    constant = is_constant(wide)
    wide -= mean
    moments = weighted.T @ wide
    solution = np.linalg.solve(gram, moments)
    spread = weights @ np.square(wide)
    explained = (solution * moments).sum(axis=0) + alpha * np.square(solution).sum(axis=0)
    r2 = np.where(constant, 1.0, explained / np.where(constant | (spread == 0), 1.0, spread))
    shape = (n_seeds, n_outputs)
    return RidgeFit(
        coefficients=solution.reshape(-1, *shape).transpose(1, 0, 2),
        intercept=(mean - centre @ solution).reshape(shape),
        r2=r2.reshape(shape),
    )


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
