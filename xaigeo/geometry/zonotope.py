"""The outline of a projected box, and of many under one projection."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

# Rows of a projection that enclose a smaller area than this are parallel.
_PARALLEL: Final = 1e-12


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
    return np.asarray(centre + Silhouette(sized).outlines(np.ones((1, len(sized))))[0])


@dataclass(frozen=True, eq=False)
class Silhouette:
    """How boxes that are parallel to the axes look in one projection.

    The angles of the generators ``h_j · P_j`` are those of the rows of P, so all boxes have
    their edges in one order, which is found once.

    Attributes
    ----------
    rows : ndarray, shape (n_features, 2)
        Rows of the projection.
    """

    rows: np.ndarray

    @cached_property
    def down(self) -> np.ndarray:
        """Whether a row points downwards and is turned round, shape (n_features,)."""
        # t_j runs both ways, so signs are free.
        return np.asarray((self.rows[:, 1] < 0) | ((self.rows[:, 1] == 0) & (self.rows[:, 0] < 0)))

    @cached_property
    def turned(self) -> np.ndarray:
        """All rows in the upper half plane, shape (n_features, 2)."""
        return np.where(self.down[:, None], -self.rows, self.rows)

    @cached_property
    def order(self) -> np.ndarray:
        """Features by the angle of their edges, shape (n_features,)."""
        return np.argsort(np.arctan2(self.turned[:, 1], self.turned[:, 0]), kind="stable")

    def outlines(self, half: np.ndarray) -> np.ndarray:
        """Return outlines about the origin, counter-clockwise, shape (n_boxes, 2 n_features, 2).

        Parameters
        ----------
        half : ndarray, shape (n_boxes, n_features)
            Half-widths. An edge of no width has two vertices in one place.
        """
        ordered = half[:, self.order, None] * self.turned[self.order]
        steps = np.cumsum(2.0 * np.concatenate([ordered, -ordered], axis=1), axis=1)
        start = -ordered.sum(axis=1, keepdims=True)
        return np.asarray(np.concatenate([start, start + steps[:, :-1]], axis=1))

    def open_edges(self, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Return which edges of outlines are there only because open sides were cut off.

        An edge of the outline belongs to one face of the box for each other feature. Where one
        of these faces is open the box goes on beyond the edge, unless it goes on along it.

        Parameters
        ----------
        low, high : ndarray of bool, shape (n_boxes, n_features)
            Which sides are open.

        Returns
        -------
        ndarray of bool, shape (n_boxes, 2 n_features)
            For the edge from each vertex to the next.
        """
        rows = self.turned[self.order]
        area = rows[:, None, 0] * rows[None, :, 1] - rows[:, None, 1] * rows[None, :, 0]
        place = np.arange(len(rows))
        # On the first half of the way, features with smaller angles are at their upper ends.
        passed = (np.abs(area) > _PARALLEL) & (place[None, :] < place[:, None])
        ahead = (np.abs(area) > _PARALLEL) & (place[None, :] > place[:, None])
        start = np.where(self.down, high, low)[:, self.order].astype(np.int64)
        end = np.where(self.down, low, high)[:, self.order].astype(np.int64)
        first = end @ passed.T + start @ ahead.T
        second = start @ passed.T + end @ ahead.T
        return np.asarray(np.concatenate([first, second], axis=1) > 0)
