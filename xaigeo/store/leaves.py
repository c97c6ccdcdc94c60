"""Arrays cut into leaves along the instances: what is read, written and hashed at once.

The cut follows from an array's own shape, so an explanation has one hash, whether it lies in
memory or on disk. A leaf is one chunk of the zarr array.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from math import ceil, prod

import numpy as np

from xaigeo import dims

# Bytes of a leaf. Smaller ones make more files, larger ones more to read for one instance.
LEAF_BYTES = 4 * 2**20


def instance_axis(names: Sequence[str]) -> int | None:
    """Return the place of the instances among an array's dimensions, None where it has none."""
    return list(names).index(dims.INSTANCE) if dims.INSTANCE in names else None


def leaf_length(shape: Sequence[int], dtype: np.dtype, axis: int | None) -> int:
    """Return how many instances a leaf holds, at least one; 0 for an array without instances."""
    if axis is None:
        return 0
    bytes_each = prod(size for place, size in enumerate(shape) if place != axis) * dtype.itemsize
    return max(1, LEAF_BYTES // max(1, bytes_each))


def leaf_slices(shape: Sequence[int], dtype: np.dtype, axis: int | None) -> Iterator[slice]:
    """Yield the instances of every leaf; one slice of everything without instances."""
    if axis is None:
        yield slice(None)
        return
    step = leaf_length(shape, dtype, axis)
    for start in range(0, shape[axis], step):
        yield slice(start, min(start + step, shape[axis]))


def n_leaves(shape: Sequence[int], dtype: np.dtype, axis: int | None) -> int:
    """Return the number of leaves."""
    return 1 if axis is None else ceil(shape[axis] / leaf_length(shape, dtype, axis))


def leaf_digest(leaf: np.ndarray) -> str:
    """Return the SHA-256 of a leaf's numbers in C order."""
    return hashlib.sha256(np.ascontiguousarray(leaf).data).hexdigest()
