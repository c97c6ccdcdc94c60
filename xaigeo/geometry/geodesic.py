"""The shortest turn from one plane to another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

# Below this a principal direction is across the other plane, or in it; round-off either way.
_NOTHING: Final = 1e-12


@dataclass(frozen=True, eq=False)
class Geodesic:
    """The way from a frame to the plane of another, at constant speed and without spin.

    Attributes
    ----------
    start, end : ndarray, shape (n_features, 2)
        Orthonormal columns. The way ends in the plane of `end`, in the frame `reached`.

    Notes
    -----
    Buja, Cook, Asimov and Hurley (2005, doi:10.1016/S0169-7161(04)24014-7): with the singular
    value decomposition ``F_aᵀF_z = V_a Λ V_zᵀ`` the principal directions ``G_a = F_a V_a`` of
    the first plane turn by the principal angles ``arccos Λ`` into those of the second; turning
    back by ``V_a`` leaves out any rotation within the plane.
    """

    start: np.ndarray
    end: np.ndarray

    @cached_property
    def _principal(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        overlap = self.start.T @ self.end
        overlap = np.where(np.abs(overlap) < _NOTHING, 0.0, overlap)
        turn_start, cosines, turn_end = np.linalg.svd(overlap)
        turn_end = turn_end.T
        # Across the other plane either sign is principal; the nearer one keeps axes upright.
        upset = (cosines < _NOTHING) & ((turn_start * turn_end).sum(axis=0) < 0)
        turn_end = np.where(upset, -turn_end, turn_end)
        first = self.start @ turn_start
        away = self.end @ turn_end
        away = away - first @ (first.T @ away)
        sines = np.linalg.norm(away, axis=0)
        moves = sines > _NOTHING
        away = np.where(moves, away / np.where(moves, sines, 1.0), 0.0)
        # Exact for small angles, where the arc of a cosine loses half the digits.
        angles = np.where(moves, np.arctan2(sines, cosines), 0.0)
        return first, away, angles, turn_start

    @property
    def angles(self) -> np.ndarray:
        """Principal angles in radians, the smaller one first, shape (2,)."""
        return self._principal[2]

    @property
    def length(self) -> float:
        """Length of the way: the root of the sum of squared principal angles."""
        return float(np.linalg.norm(self.angles))

    @property
    def reached(self) -> np.ndarray:
        """The frame at the end, shape (n_features, 2)."""
        return self.frame(1.0)

    def frame(self, t: float) -> np.ndarray:
        """Return the frame at a share of the way, orthonormal, shape (n_features, 2)."""
        first, away, angles, turn = self._principal
        frame = (first * np.cos(t * angles) + away * np.sin(t * angles)) @ turn.T
        return polished(frame)


def polished(frame: np.ndarray) -> np.ndarray:
    """Return a nearly orthonormal frame with its columns orthonormal to round-off.

    One step of Newton's iteration for the polar factor, which squares the error.
    """
    return np.asarray(frame @ (1.5 * np.eye(2) - 0.5 * (frame.T @ frame)))


def random_frame(n_features: int, rng: np.random.Generator) -> np.ndarray:
    """Return a frame of a plane drawn uniformly, shape (n_features, 2)."""
    return orthonormal(rng.normal(size=(n_features, 2)))


def orthonormal(columns: np.ndarray) -> np.ndarray:
    """Return the frame of the plane of two columns whose first axis is the first column."""
    frame, triangle = np.linalg.qr(columns)
    return polished(frame * np.where(np.diag(triangle) < 0, -1.0, 1.0))
