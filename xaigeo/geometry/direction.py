"""Directions over seeds: their mean, how closely they point together, their cone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

CONE_SHARE: Final = 0.9
_CANCELLED: Final = 1e-9


@dataclass(frozen=True, eq=False)
class MeanDirection:
    """The mean of unit vectors.

    Attributes
    ----------
    direction : ndarray, shape (n,)
        ``Σn/‖Σn‖``; NaN when the vectors cancel.
    resultant_length : float
        ``R̄ = ‖Σn‖/K``: 1 when all point one way, 0 when they cancel.
    cone_degrees : float
        Angle from the mean within which 90 % of the vectors lie; NaN when they cancel.
    """

    direction: np.ndarray
    resultant_length: float
    cone_degrees: float


def mean_direction(vectors: np.ndarray, share: float = CONE_SHARE) -> MeanDirection:
    """Return the mean direction of unit vectors, shape (n_vectors, n).

    Examples
    --------
    >>> mean = mean_direction(np.array([[1.0, 0.0], [0.0, 1.0]]))
    >>> round(mean.resultant_length, 4), round(mean.cone_degrees)
    (0.7071, 45)
    """
    total = vectors.sum(axis=0)
    norm = float(np.linalg.norm(total))
    length = min(norm / len(vectors), 1.0)
    if length < _CANCELLED:
        return MeanDirection(np.full(vectors.shape[1], np.nan), length, np.nan)
    direction = total / norm
    angles = angles_between(vectors, direction)
    cone = float(np.quantile(angles, share, method="inverted_cdf"))
    return MeanDirection(direction, length, float(np.degrees(cone)))


def angles_between(vectors: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return angles in radians between unit vectors, shape (...,).

    Notes
    -----
    ``2 atan2(‖a - b‖, ‖a + b‖)`` stays exact where ``arccos(a·b)`` loses half the digits
    (Kahan, "Computing cross-products and rotations", 2016).
    """
    apart = np.linalg.norm(vectors - other, axis=-1)
    along = np.linalg.norm(vectors + other, axis=-1)
    return np.asarray(2.0 * np.arctan2(apart, along))
