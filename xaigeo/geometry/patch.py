"""Shadows of flat balls and of cones, many at once."""

from __future__ import annotations

import numpy as np

# A shape matrix is computed from numbers of size 1, so less than this is round-off.
_ROUND_OFF = 1e-14


def flat_ball_shadows(basis: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """Return semi-axes of the shadows of flat unit balls ``{v: v·n = 0, ‖v‖ <= 1}``.

    Parameters
    ----------
    basis : ndarray, shape (n_features, 2)
        The projection P; its columns need not be orthonormal.
    normals : ndarray, shape (n, n_features)
        Unit normals.

    Returns
    -------
    ndarray, shape (n, 2, 2)
        Semi-axes as rows, the major one first; a zero row makes a segment.

    Notes
    -----
    The shadow is ``{y: yᵀM⁻¹y <= 1}`` with ``M = PᵀP - (Pᵀn)(Pᵀn)ᵀ``.
    """
    seen = normals @ basis
    M = basis.T @ basis - seen[:, :, None] * seen[:, None, :]
    values, vectors = np.linalg.eigh(M)
    radii = np.sqrt(np.where(values > _ROUND_OFF, values, 0.0))
    return np.asarray((vectors * radii[:, None, :]).swapaxes(1, 2)[:, ::-1])


def sector_shadows(
    basis: np.ndarray, axes: np.ndarray, angles: np.ndarray, *, n: int = 48
) -> np.ndarray:
    """Return outlines of the shadows of sectors of the unit ball.

    A sector holds all vectors of length 1 or less that turn from its axis by no more than its
    angle: what a mean direction is known to within.

    Parameters
    ----------
    basis : ndarray, shape (n_features, 2)
    axes : ndarray, shape (n_sectors, n_features)
        Unit vectors.
    angles : ndarray, shape (n_sectors,)
        Radians. Beyond a right angle the outline is that of the sector's hull.
    n : int
        Number of sides.

    Returns
    -------
    ndarray, shape (n_sectors, n + 1, 2)
        Closed; an apex that is part of the outline is repeated.

    Notes
    -----
    For each direction of the plane the outline holds the sector's farthest point: in the
    direction itself where that lies in the sector, else on the rim, else the apex.
    """
    turn = np.linspace(0.0, 2.0 * np.pi, n + 1)
    lifted = np.column_stack([np.cos(turn), np.sin(turn)]) @ basis.T
    length = np.linalg.norm(lifted, axis=1, keepdims=True)
    lifted = lifted / np.where(length > 0, length, 1.0)
    cosine = np.clip(axes @ lifted.T, -1.0, 1.0)
    apart = np.arccos(cosine)
    sine = np.sqrt(1.0 - cosine**2)
    seen, along = axes @ basis, lifted @ basis
    # The unit vector across the axis in the direction; any when the two are parallel.
    across = (along - cosine[..., None] * seen[:, None]) / np.where(sine > 0, sine, 1.0)[..., None]
    angle = angles[:, None, None]
    rim = np.cos(angle) * seen[:, None] + np.sin(angle) * across
    inside = (apart <= angles[:, None])[..., None]
    reach = (apart - angles[:, None] < np.pi / 2)[..., None]
    return np.asarray(np.where(inside, along, np.where(reach, rim, 0.0)))
