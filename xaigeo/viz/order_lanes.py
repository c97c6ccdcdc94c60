"""Where the dots of a Hasse diagram stand side by side, so that lines pass between them."""

from __future__ import annotations

import numpy as np

# Sideways moves that are tried, in lanes.
MOVES = (0.0, 0.35, -0.35, 0.7, -0.7, 1.05, -1.05)


def order_lanes(levels: np.ndarray, covers: np.ndarray, width: float, clear: float) -> np.ndarray:
    """Return the lane of each feature, one row a feature from the top.

    Features of a level stand side by side, in the order of the mean lane of those right above
    them, which keeps lines from crossing. One that a line of others would run through moves aside.

    Parameters
    ----------
    levels : ndarray of int, shape (n_features,)
        In falling order of rows: row i of the diagram holds feature i.
    covers : ndarray of bool, shape (n_features, n_features)
        From the upper to the lower end of each line.
    width : float
        Of the diagram, in pixels.
    clear : float
        Wanted distance between a line and a dot that is none of its ends, in pixels.

    Returns
    -------
    ndarray, shape (n_features,)
        0 in the middle; neighbours of a level are 1 apart before any moves.
    """
    lanes = np.zeros(len(levels))
    for level in range(int(levels.max(initial=-1)) + 1):
        here = np.flatnonzero(levels == level)
        above = covers[:, here]
        weight = above.sum(axis=0)
        centre = np.where(weight > 0, lanes @ above / np.maximum(weight, 1), 0.0)
        order = here[np.argsort(centre, kind="stable")]
        lanes[order] = np.arange(len(here)) - (len(here) - 1) / 2
    need = clear * (2 * np.abs(lanes).max(initial=0.0) + 1.2) / width
    edges = np.argwhere(covers)
    for _ in range(3):
        for row in range(len(lanes)):
            tries = [(_room(lanes, row, lanes[row] + move, edges), move) for move in MOVES]
            fits = [move for room, move in tries if room >= need]
            best = fits[0] if fits else max(tries, key=lambda one: one[0])[1]
            lanes[row] += best
    middle = (lanes.max(initial=0.0) + lanes.min(initial=0.0)) / 2
    return np.asarray(lanes - middle)


def _room(lanes: np.ndarray, row: int, lane: float, edges: np.ndarray) -> float:
    """Return how far a dot on a lane keeps from lines of others, and its lines from their dots."""
    moved = lanes.copy()
    moved[row] = lane
    room = np.inf
    for upper, lower in edges:
        rows = [row] if row not in (upper, lower) else range(upper + 1, lower)
        for other in rows:
            if upper < other < lower:
                along = (other - upper) / (lower - upper)
                at = moved[upper] + along * (moved[lower] - moved[upper])
                room = min(room, abs(at - moved[other]))
    return float(room)
