"""Differences between seeds that are only the round-off of single precision."""

from __future__ import annotations

from typing import Final

import numpy as np

# About ten times the relative precision of float32, in which networks compute.
ROUND_OFF: Final = 1e-6


def without_round_off(differences: np.ndarray, size: float | np.ndarray) -> np.ndarray:
    """Return differences with those set to 0 that are round-off of numbers of a size.

    Parameters
    ----------
    differences : ndarray
        Distances or deviations, none negative; NaN stays.
    size : float or ndarray
        Of the numbers that differ: 1 for probabilities.

    Examples
    --------
    >>> without_round_off(np.array([6e-8, 0.01]), 1.0).tolist()
    [0.0, 0.01]
    """
    return np.where(differences <= ROUND_OFF * size, 0.0, differences)
