"""Weighted ridge surrogates of every seed and output from one pass over the rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# A column whose squares about their mean are this share of its squares, or less, is constant: the
# rest is rounding, which differs between processors.
ROUNDING = 1e-12


class WeightedSums:
    """Weighted sums over rows that hold all that a linear fit needs to know of them.

    Rows come in pieces, so that memory does not grow with their number; the columns of the
    design are shared by all targets (one a seed and output).

    Parameters
    ----------
    n_columns, n_targets : int
    """

    def __init__(self, n_columns: int, n_targets: int) -> None:
        self.total = 0.0
        self.design = np.zeros(n_columns)
        self.gram = np.zeros((n_columns, n_columns))
        self.cross = np.zeros((n_targets, n_columns))
        self.targets = np.zeros(n_targets)
        self.squares = np.zeros(n_targets)

    @staticmethod
    def nbytes_of(n_columns: int, n_targets: int) -> int:
        """Return the bytes that sums of this size take."""
        return 8 * (n_columns + n_targets) * (n_columns + 3)

    def add(
        self,
        design: np.ndarray,
        weights: np.ndarray,
        targets: np.ndarray,
        squares: np.ndarray,
        scratch: np.ndarray,
    ) -> None:
        """Add rows.

        Parameters
        ----------
        design : ndarray, shape (n_columns, n_rows)
        weights : ndarray, shape (n_rows,)
        targets, squares : ndarray, shape (n_targets, n_rows)
            Targets, and their squares, which several designs may share.
        scratch : ndarray, shape (n_columns, n_rows)
            Is written over.
        """
        weighted = np.multiply(design, weights, out=scratch)
        self.total += float(weights.sum())
        self.design += weighted.sum(axis=1)
        self.gram += weighted @ design.T
        self.cross += targets @ weighted.T
        self.targets += targets @ weights
        self.squares += squares @ weights

    def add_origin(self, weight: float, targets: np.ndarray) -> None:
        """Add one row whose design is zero, with targets of shape (n_targets,)."""
        self.total += weight
        self.targets += weight * targets
        self.squares += weight * np.square(targets)

    def centred(self, *, constant: np.ndarray) -> Moments:
        """Return the moments about the weighted means; exactly 0 for a column of one number."""
        centre, mean = self.design / self.total, self.targets / self.total
        gram = self.gram - self.total * np.outer(centre, centre)
        varies = np.diagonal(gram) > ROUNDING * np.diagonal(self.gram)
        return Moments(
            gram=np.where(varies & varies[:, None], gram, 0.0),
            cross=np.where(varies, self.cross - self.total * np.outer(mean, centre), 0.0),
            spread=np.maximum(self.squares - self.total * np.square(mean), 0.0),
            centre=centre,
            mean=mean,
            constant=constant,
        )


@dataclass(frozen=True, eq=False)
class Moments:
    """Weighted moments of one design and many targets about their means.

    Attributes
    ----------
    gram : ndarray, shape (n_columns, n_columns)
    cross : ndarray, shape (n_targets, n_columns)
    spread : ndarray, shape (n_targets,)
        Weighted sum of squared deviations of each target.
    centre : ndarray, shape (n_columns,)
    mean : ndarray, shape (n_targets,)
    constant : ndarray of bool, shape (n_targets,)
        Targets that do not vary beyond rounding.
    """

    gram: np.ndarray
    cross: np.ndarray
    spread: np.ndarray
    centre: np.ndarray
    mean: np.ndarray
    constant: np.ndarray


@dataclass(frozen=True, eq=False)
class Surrogates:
    """A linear fit for each target.

    Attributes
    ----------
    coefficients : ndarray, shape (n_targets, n_columns)
        0 for a column that a target was not given.
    at_origin : ndarray, shape (n_targets,)
        Value where the design is zero.
    r2 : ndarray, shape (n_targets,)
        Weighted coefficient of determination; 1 for a target without variation.
    """

    coefficients: np.ndarray
    at_origin: np.ndarray
    r2: np.ndarray


def ridge(moments: Moments, alpha: float, selected: np.ndarray | None = None) -> Surrogates:
    """Fit every target by ridge regression with a free intercept.

    Parameters
    ----------
    moments : Moments
    alpha : float
        Penalty on the coefficients, not on the intercept.
    selected : ndarray of bool, shape (n_targets, n_columns), optional
        Columns that each target is given; all unless given.

    Notes
    -----
    With ``(G + alpha I) c = b`` the residual sum of squares is ``y'Wy - c'b - alpha c'c``, so
    R2 needs no second pass over the rows.
    """
    if selected is None:
        solution = np.linalg.solve(_penalised(moments.gram, alpha), moments.cross.T).T
    else:
        solution = _by_columns(moments, alpha, selected)
    explained = (solution * moments.cross).sum(axis=1) + alpha * np.square(solution).sum(axis=1)
    level = moments.constant | (moments.spread == 0)
    return Surrogates(
        coefficients=solution,
        at_origin=moments.mean - solution @ moments.centre,
        r2=np.where(level, 1.0, explained / np.where(level, 1.0, moments.spread)),
    )


def _by_columns(moments: Moments, alpha: float, selected: np.ndarray) -> np.ndarray:
    """Solve once for each set of columns: targets that share one share its factorisation."""
    solution = np.zeros_like(moments.cross)
    sets, owner = np.unique(selected, axis=0, return_inverse=True)
    for place, chosen in enumerate(sets):
        columns, targets = np.flatnonzero(chosen), np.flatnonzero(owner.reshape(-1) == place)
        if len(columns):
            gram = _penalised(moments.gram[np.ix_(columns, columns)], alpha)
            answer = np.linalg.solve(gram, moments.cross[np.ix_(targets, columns)].T)
            solution[np.ix_(targets, columns)] = answer.T
    return solution


def _penalised(gram: np.ndarray, alpha: float) -> np.ndarray:
    return gram + alpha * np.eye(len(gram))
