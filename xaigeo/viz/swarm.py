"""Dots side by side: how far each is moved so that none hides another."""

from __future__ import annotations

import numpy as np


def swarm_offsets(positions: np.ndarray, diameter: float, reach: float) -> np.ndarray:
    """Return the distance of each dot from the middle of its row.

    Dots lie on lanes one diameter apart; each, from the left, takes the lane nearest to the
    middle on which it touches no other. Nothing is drawn at random.

    Parameters
    ----------
    positions : ndarray, shape (n_dots,)
        Along the row, in pixels.
    diameter : float
        Of a dot, in pixels.
    reach : float
        Largest offset that fits the row, in pixels. Lanes that need more room move together, and
        then dots overlap.

    Returns
    -------
    ndarray, shape (n_dots,)
        In pixels, from -reach to reach.

    Examples
    --------
    >>> swarm_offsets(np.array([0.0, 1.0, 2.0, 50.0]), 6.0, 20.0).tolist()
    [0.0, 6.0, -6.0, 0.0]
    """
    offsets = np.zeros(len(positions))
    ends: list[float] = []  # of each lane: the position of its last dot
    for dot in np.argsort(positions, kind="stable"):
        here = float(positions[dot])
        lane = next((i for i, end in enumerate(ends) if here - end >= diameter), len(ends))
        ends[lane : lane + 1] = [here]
        # Lanes 0, 1, 2, 3, 4 lie at 0, 1, -1, 2, -2 diameters.
        offsets[dot] = diameter * ((lane + 1) // 2) * (1 if lane % 2 else -1)
    largest = float(np.abs(offsets).max(initial=0.0))
    # Adding 0 turns -0 into 0.
    return offsets * min(1.0, reach / largest if largest else 1.0) + 0.0
