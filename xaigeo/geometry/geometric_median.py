"""The point with the smallest sum of distances to others."""

from __future__ import annotations

from typing import Final

import numpy as np

# Spread across a line, as a share of that along it, that is round-off.
_ON_A_LINE: Final = 1e-9


def geometric_median(
    points: np.ndarray, *, tolerance: float = 1e-10, max_iterations: int = 1000
) -> np.ndarray:
    """Return the geometric median of points, shape (n_points, n) to (n,).

    Half of the points may lie anywhere without carrying it away, which a mean cannot say.

    On a line, as two points always are, there may be a whole stretch of such points; its middle
    is returned, as by a median of numbers.

    Notes
    -----
    Weiszfeld's iteration with the step of Vardi and Zhang (2000, doi:10.1073/pnas.97.4.1423)
    that does not get stuck on a data point.

    Examples
    --------
    >>> geometric_median(np.array([[0.0], [1.0], [100.0]])).round(6).tolist()
    [1.0]
    """
    centred = points - points.mean(axis=0)
    spread = float(np.abs(centred).max(initial=0.0))
    _, sizes, lines = np.linalg.svd(centred, full_matrices=False)
    if spread > 0.0 and sizes[1:].sum() <= _ON_A_LINE * sizes[0]:
        # Which of many best points an iteration finds would be a matter of round-off.
        order = np.argsort(centred @ lines[0], kind="stable")
        middle = points[order[[(len(points) - 1) // 2, len(points) // 2]]]
        return np.asarray(middle.mean(axis=0))
    current = np.median(points, axis=0)
    # The best data point is the optimum when it is optimal at all: test it first, since the
    # iteration reaches such an optimum only sublinearly.
    apart = np.linalg.norm(points[:, None] - points[None], axis=-1)
    nearest = points[int(apart.sum(axis=1).argmin())]
    if spread == 0.0 or _is_optimal(points, nearest):
        return np.asarray(nearest, dtype=float)
    for _ in range(max_iterations):
        step = _next(points, current)
        moved = float(np.linalg.norm(step - current))
        current = step
        if moved <= tolerance * spread:
            break
    return np.asarray(current)


def _is_optimal(points: np.ndarray, candidate: np.ndarray) -> bool:
    away = points - candidate
    distance = np.linalg.norm(away, axis=1)
    there = distance <= 1e-12 * (1.0 + distance.max())
    pull = (away[~there] / distance[~there, None]).sum(axis=0)
    return bool(np.linalg.norm(pull) <= there.sum())


def _next(points: np.ndarray, current: np.ndarray) -> np.ndarray:
    away = points - current
    distance = np.linalg.norm(away, axis=1)
    there = distance <= 1e-14 * (1.0 + distance.max())
    weights = 1.0 / distance[~there]
    target = (points[~there] * weights[:, None]).sum(axis=0) / weights.sum()
    if not there.any():
        return np.asarray(target)
    pull = np.linalg.norm((away[~there] * weights[:, None]).sum(axis=0))
    hold = min(1.0, there.sum() / pull) if pull > 0 else 1.0
    return np.asarray((1.0 - hold) * target + hold * current)
