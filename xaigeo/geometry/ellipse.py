"""Covariance ellipses, and the shadow that a flat ball throws on a plane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

LEVEL: Final = 0.9


@dataclass(frozen=True, eq=False)
class Ellipse:
    """Centre and semi-axes in a standardised plane.

    Attributes
    ----------
    centre : ndarray, shape (2,)
    axes : ndarray, shape (2, 2)
        Semi-axes as rows, the major one first; a zero row makes a segment.
    """

    centre: np.ndarray
    axes: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        """Lengths of the semi-axes, shape (2,)."""
        return np.asarray(np.linalg.norm(self.axes, axis=1))

    @property
    def angle_degrees(self) -> float:
        """Angle of the major axis against the horizontal, in [0, 180)."""
        return float(np.degrees(np.arctan2(self.axes[0, 1], self.axes[0, 0])) % 180.0)

    def outline(self, n: int = 32) -> np.ndarray:
        """Return a closed outline, shape (n + 1, 2)."""
        turn = np.linspace(0.0, 2.0 * np.pi, n + 1)[:, None]
        return np.asarray(self.centre + np.cos(turn) * self.axes[0] + np.sin(turn) * self.axes[1])


def covariance_ellipse(points: np.ndarray, level: float = LEVEL) -> Ellipse:
    """Return the ellipse that holds a share `level` of a normal law with these moments.

    Parameters
    ----------
    points : ndarray, shape (n_points, 2)
    level : float
        Share of a two-dimensional normal law inside; ``radius² = -2 log(1 - level)``.

    Notes
    -----
    The covariance is that of the population of seeds at hand (divided by n), so a single
    seed or identical seeds give an ellipse of size zero.
    """
    centre = points.mean(axis=0)
    values, vectors = np.linalg.eigh((points - centre).T @ (points - centre) / len(points))
    # Round-off leaves a spread of order 1e-17 for equal points; it is none.
    values = np.where(values > 1e-24 * (1.0 + (points**2).max()), values, 0.0)
    radii = np.sqrt(-2.0 * np.log1p(-level) * values)
    return Ellipse(centre, (vectors * radii).T[::-1])


def ball_shadow(centre: np.ndarray, normal: np.ndarray, radius: float) -> Ellipse:
    """Return the projection of the flat ball ``{foot + v: v·n = 0, ‖v‖ <= radius}``.

    Parameters
    ----------
    centre : ndarray, shape (2,)
        Projected foot.
    normal : ndarray, shape (2,)
        ``Pᵀn``, the part of the unit normal that lies in the view; at most 1 long.
    radius : float

    Notes
    -----
    The shadow is ``yᵀM⁻¹y <= radius²`` with ``M = I - (Pᵀn)(Pᵀn)ᵀ``: full radius across the
    normal, ``radius·√(1 - ‖Pᵀn‖²)`` along it. With the normal in the view it is a segment.
    """
    length = float(np.linalg.norm(normal))
    along = normal / length if length > 0 else np.array([1.0, 0.0])
    across = np.array([-along[1], along[0]])
    short = np.sqrt(max(1.0 - length**2, 0.0))
    return Ellipse(np.asarray(centre), radius * np.array([across, short * along]))
