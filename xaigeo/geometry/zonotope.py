"""The outline of a projected box."""

from __future__ import annotations

import numpy as np


def zonotope(centre: np.ndarray, generators: np.ndarray) -> np.ndarray:
    """Return the outline of ``{centre + Σ t_j g_j: -1 <= t_j <= 1}``, counter-clockwise.

    The shadow of a box with half-widths ``h_j`` under a projection P has the generators
    ``h_j · (row j of P)``. A point inside the shadow need not come from inside the box.

    Parameters
    ----------
    centre : ndarray, shape (2,)
    generators : ndarray, shape (n_generators, 2)

    Returns
    -------
    ndarray, shape (n_vertices, 2)
        At most two vertices a generator; the centre alone when all are zero.

    Notes
    -----
    The edges of the outline are the generators, each twice, in the order of their angles, so
    sorting gives the outline in O(p log p) without the 2^p corners (McMullen 1971,
    doi:10.1090/S0002-9947-1971-0279689-2).

    Examples
    --------
    >>> zonotope(np.zeros(2), np.eye(2)).tolist()
    [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]]
    """
    sized = generators[np.any(generators != 0, axis=1)]
    if not len(sized):
        return np.asarray(centre, dtype=float)[None]
    # Turn all generators into the upper half plane: t_j runs both ways, so signs are free.
    down = (sized[:, 1] < 0) | ((sized[:, 1] == 0) & (sized[:, 0] < 0))
    turned = np.where(down[:, None], -sized, sized)
    ordered = turned[np.argsort(np.arctan2(turned[:, 1], turned[:, 0]), kind="stable")]
    steps = np.cumsum(2.0 * np.concatenate([ordered, -ordered]), axis=0)
    start = centre - turned.sum(axis=0)
    return np.asarray(np.vstack([start, start + steps[:-1]]))
