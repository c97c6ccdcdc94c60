"""Work on many instances a few at a time, so that memory does not grow with their number."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

# Bytes that the arrays of a block may take, roughly: what fits the caches of one processor.
BLOCK_BYTES = 8 * 2**20


def block_length(bytes_each: int) -> int:
    """Return how many instances make a block, each taking `bytes_each`; at least one."""
    return max(1, BLOCK_BYTES // max(1, bytes_each))


def by_blocks(
    function: Callable[..., np.ndarray], *arrays: np.ndarray, copies: float = 4.0
) -> np.ndarray:
    """Apply a function of instances to a block of them at a time.

    Parameters
    ----------
    function : callable
        From blocks, shape (n_seeds, n_block, n_features), to values, shape (n_block, ...).
    *arrays : ndarray, shape (n_seeds, ..., n_features)
        Of the same shape each.
    copies : float
        How many arrays as large as the first block, in bytes, the function makes.

    Returns
    -------
    ndarray, shape (..., ...)
        The instances' axes as in `arrays`, then those of the function's values.
    """
    shape = arrays[0].shape
    flat = [a.reshape(shape[0], -1, shape[-1]) for a in arrays]
    n = flat[0].shape[1]
    each = int(shape[0] * shape[-1] * flat[0].itemsize * copies)
    step = block_length(each)
    found = [function(*(a[:, i : i + step] for a in flat)) for i in range(0, n, step)]
    if not found:
        found = [function(*flat)]
    values = found[0] if len(found) == 1 else np.concatenate(found)
    return values.reshape((*shape[1:-1], *values.shape[1:]))
