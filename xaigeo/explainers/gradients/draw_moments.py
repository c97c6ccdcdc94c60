"""Means, variances and their standard errors of draws that arrive in parts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


class DrawMoments:
    """Sums of powers of draws, taken about the mean of the first part to keep their digits.

    Parameters
    ----------
    axis : int
        Axis of the draws in every part.
    order : {2, 4}
        Highest power; the fourth is needed for the error of a variance.
    """

    def __init__(self, axis: int, order: int = 2) -> None:
        self.axis = axis
        self.order = order
        self.n = 0
        self._pivot: np.ndarray | None = None
        self._sums: list[np.ndarray] = []

    def add(self, values: np.ndarray) -> None:
        """Take in a part; parts have one shape but for the number of draws."""
        if self._pivot is None:
            self._pivot = values.mean(axis=self.axis, keepdims=True)
            self._sums = [np.zeros_like(self._pivot.squeeze(self.axis)) for _ in range(self.order)]
        self.n += values.shape[self.axis]
        centred = values - self._pivot
        self._sums[0] += centred.sum(axis=self.axis)
        power = centred
        for total in self._sums[1:]:
            power = power * centred
            total += power.sum(axis=self.axis)

    @classmethod
    def joined(cls, pieces: Sequence[DrawMoments], axis: int) -> DrawMoments:
        """Return the moments of several things side by side along an axis of the moments."""
        whole = cls(pieces[0].axis, pieces[0].order)
        whole.n = pieces[0].n
        pivots = [piece._pivot.squeeze(piece.axis) for piece in pieces if piece._pivot is not None]
        whole._pivot = np.expand_dims(np.concatenate(pivots, axis=axis), whole.axis)
        whole._sums = [
            np.concatenate([piece._sums[k] for piece in pieces], axis=axis)
            for k in range(whole.order)
        ]
        return whole

    @property
    def mean(self) -> np.ndarray:
        """Mean of the draws."""
        assert self._pivot is not None  # a part was added
        return np.asarray(self._pivot.squeeze(self.axis) + self._sums[0] / self.n)

    @property
    def variance(self) -> np.ndarray:
        """Mean square of the draws less the square of their mean."""
        return np.asarray(np.maximum(self._central(2), 0.0))

    @property
    def error_of_mean(self) -> np.ndarray:
        """Standard error of the mean; NaN for a single draw."""
        if self.n < 2:
            return np.full_like(self.mean, np.nan)
        return np.asarray(np.sqrt(self.variance / (self.n - 1)))

    @property
    def error_of_variance(self) -> np.ndarray:
        """Standard error of the variance, to first order; NaN for a single draw."""
        if self.n < 2:
            return np.full_like(self.mean, np.nan)
        spread = np.maximum(self._central(4) - self.variance**2, 0.0)
        return np.asarray(np.sqrt(spread / self.n))

    def _central(self, order: int) -> np.ndarray:
        one, two, *higher = (total / self.n for total in self._sums)
        if order == 2:
            return np.asarray(two - one**2)
        three, four = higher
        return np.asarray(four - 4 * one * three + 6 * one**2 * two - 3 * one**4)
