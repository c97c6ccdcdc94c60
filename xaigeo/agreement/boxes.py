"""Whether seeds draw the same boxes, and one seed's rule holds for another's model."""

from __future__ import annotations

import numpy as np

from xaigeo.agreement.blocks import block_length
from xaigeo.agreement.pairs import mean_defined


def mass_iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union of two rules by data mass: rows in both over rows in either.

    Parameters
    ----------
    a, b : ndarray of bool, shape (..., n_rows)
        Which rows obey each rule.

    Returns
    -------
    ndarray, shape (...)
        From 0 to 1; NaN where no row obeys either rule.
    """
    both = (a & b).sum(axis=-1)
    either = (a | b).sum(axis=-1)
    return np.where(either > 0, both / np.maximum(either, 1), np.nan)


def volume_iou(
    lower_a: np.ndarray,
    upper_a: np.ndarray,
    lower_b: np.ndarray,
    upper_b: np.ndarray,
    *,
    low: np.ndarray,
    high: np.ndarray,
    allowed_a: np.ndarray | None = None,
    allowed_b: np.ndarray | None = None,
) -> np.ndarray:
    """Intersection over union of two boxes by volume, clipped to the range of the data.

    Parameters
    ----------
    lower_a, upper_a, lower_b, upper_b : ndarray, shape (..., n_features)
        Bounds; -inf and inf for open sides.
    low, high : ndarray, shape (n_features,)
        Range to which open sides are clipped.
    allowed_a, allowed_b : ndarray of bool, shape (..., n_discrete, n_categories), optional
        Categories that the rules allow; the side of a categorical feature is their number.

    Returns
    -------
    ndarray, shape (...)
        From 0 to 1; NaN where both boxes are flat, for which mass is the right measure.

    Examples
    --------
    >>> zero, one = np.zeros(2), np.ones(2)
    >>> shifted = np.array([0.5, 0.0])
    >>> iou = volume_iou(zero, one, shifted, one + shifted, low=zero, high=one * 2)
    >>> round(float(iou), 4)
    0.3333
    """
    a = np.clip(lower_a, low, high), np.clip(upper_a, low, high)
    b = np.clip(lower_b, low, high), np.clip(upper_b, low, high)
    # A column that is constant in the data has no extent: it takes no part in the volume.
    width = np.where(high > low, high - low, 1.0)
    flat = ~(high > low)

    def volume(start: np.ndarray, end: np.ndarray) -> np.ndarray:
        sides = np.where(flat, 1.0, np.maximum(end - start, 0.0) / width)
        return np.asarray(sides.prod(axis=-1))

    both = volume(np.maximum(a[0], b[0]), np.minimum(a[1], b[1]))
    size_a, size_b = volume(*a), volume(*b)
    if allowed_a is not None and allowed_b is not None:
        both = both * _n_choices(allowed_a & allowed_b)
        size_a, size_b = size_a * _n_choices(allowed_a), size_b * _n_choices(allowed_b)
    either = size_a + size_b - both
    return np.where(either > 0, both / np.where(either > 0, either, 1.0), np.nan)


def mean_mass_iou(members: np.ndarray) -> np.ndarray:
    """Mean `mass_iou` of all pairs of seeds, where defined.

    Parameters
    ----------
    members : ndarray of bool, shape (n_seeds, n_instances, n_rows)

    Returns
    -------
    ndarray, shape (n_instances,)
    """
    n_seeds, n_instances, n_rows = members.shape
    first, second = np.triu_indices(n_seeds, 1)
    step = block_length(n_seeds * (4 * n_rows + 32 * n_seeds))
    found = [
        mean_defined(mass_iou_matrix(members[:, i : i + step])[:, first, second], axis=-1)
        for i in range(0, n_instances, step)
    ]
    return np.concatenate(found)


def mass_iou_matrix(members: np.ndarray) -> np.ndarray:
    """`mass_iou` of every two seeds at every instance.

    Parameters
    ----------
    members : ndarray of bool, shape (n_seeds, n_instances, n_rows)

    Returns
    -------
    ndarray, shape (n_instances, n_seeds, n_seeds)
    """
    # Counts of common rows are one matrix product an instance; float32 holds them exactly
    # up to 2**24 rows.
    rows = np.moveaxis(members, 1, 0).astype(np.float32)
    both = (rows @ rows.transpose(0, 2, 1)).astype(np.float64)
    size = np.diagonal(both, axis1=1, axis2=2)
    either = size[:, :, None] + size[:, None, :] - both
    return np.where(either > 0, both / np.where(either > 0, either, 1.0), np.nan)


def mean_off_diagonal(values: np.ndarray) -> np.ndarray:
    """Mean over all ordered pairs of different seeds, shape (...).

    Parameters
    ----------
    values : ndarray, shape (n_seeds, n_seeds, ...)
        For example `cross_precision` or `cross_validity` of an explanation.
    """
    return mean_defined(values[off_diagonal(len(values))], axis=0)


def off_diagonal(n_seeds: int) -> np.ndarray:
    """Return the mask of ordered pairs of different seeds, shape (n_seeds, n_seeds)."""
    return ~np.eye(n_seeds, dtype=bool)


def _n_choices(allowed: np.ndarray) -> np.ndarray:
    return np.asarray(allowed.sum(axis=-1).prod(axis=-1, dtype=np.float64))
