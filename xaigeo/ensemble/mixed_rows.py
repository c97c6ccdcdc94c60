"""An instance and its background rows, laid out for the compiled loops over mixed rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from xaigeo.ensemble.mask_words import FeatureGroups

# Bytes of a vector, and of the background rows that are laid out at once.
VECTOR_BYTES = 64
TILES_BYTES = 4 * 2**20


@dataclass(frozen=True, eq=False)
class Tiles:
    """Some background rows, one in each lane of a vector.

    Attributes
    ----------
    other, delta : ndarray, shape (n_tiles, n_inputs, n_lanes)
        Inputs of the rows, and of the instance less those.
    shares : ndarray of float64, shape (n_tiles * n_lanes,)
        1, and 0 where a lane of the last tile holds no row of its own.
    """

    other: np.ndarray
    delta: np.ndarray
    shares: np.ndarray

    @classmethod
    def of(cls, own: np.ndarray, rows: np.ndarray) -> Tiles:
        """Lay out rows, shape (n_rows, n_inputs), beside the instance, shape (n_inputs,)."""
        n_lanes = lanes_of(rows.dtype)
        n_tiles = -(-len(rows) // n_lanes)
        n_left = n_tiles * n_lanes - len(rows)
        filled = np.concatenate([rows, np.repeat(rows[:1], n_left, axis=0)])
        other = aligned((n_tiles, rows.shape[1], n_lanes), rows.dtype)
        other[...] = filled.reshape(n_tiles, n_lanes, -1).swapaxes(1, 2)
        delta = aligned(other.shape, rows.dtype)
        np.subtract(own[:, None], other, out=delta)
        return cls(other, delta, np.repeat([1.0, 0.0], [len(rows), n_left]))


@dataclass(frozen=True, eq=False)
class MixedRows:
    """All rows that hold the instance's inputs in some features and a background row's elsewhere.

    Attributes
    ----------
    own : ndarray, shape (n_inputs,)
    other : ndarray, shape (n_background, n_inputs)
    groups : FeatureGroups
        Of the features in which the instance differs from any background row.
    plan : ndarray of int, shape (n_grouped, 3)
        As `mixing_kernels` tells.
    """

    own: np.ndarray
    other: np.ndarray
    groups: FeatureGroups
    plan: np.ndarray

    @classmethod
    def of(cls, own: np.ndarray, other: np.ndarray, blocks: Sequence[slice]) -> MixedRows:
        """Read which features differ; `blocks` are the inputs of every feature."""
        moved = (own != other).any(axis=0)
        features = np.array([f for f, block in enumerate(blocks) if moved[block].any()], dtype=int)
        groups = FeatureGroups.of(features)
        ends = np.array([(blocks[f].start, blocks[f].stop) for f in features]).reshape(-1, 2)
        return cls(own, other, groups, np.column_stack([ends, groups.table_rows]).astype(np.int64))

    def tiles(self) -> Iterator[Tiles]:
        """Yield the background rows, a bounded number at a time."""
        n_tiles = max(1, TILES_BYTES // (2 * VECTOR_BYTES * len(self.own)))
        step = n_tiles * lanes_of(self.other.dtype)
        for start in range(0, len(self.other), step):
            yield Tiles.of(self.own, self.other[start : start + step])

    def pivot(self, weight: np.ndarray) -> int:
        """Return the place of the first grouped feature that a first layer reads, or 0.

        Masks are paired with their complements by it: if it were one that the model does not
        read, masks with and without it would be equal but for rounding.
        """
        read = (weight != 0).any(axis=0)
        for place, (start, stop, _) in enumerate(self.plan):
            if read[start:stop].any():
                return place
        return 0


def lanes_of(dtype: np.dtype) -> int:
    """Return how many numbers of a type make a vector."""
    return VECTOR_BYTES // dtype.itemsize


def aligned(shape: Sequence[int], dtype: np.dtype) -> np.ndarray:
    """Return an array, not filled, that starts where a cache line does.

    A vector that lies across two lines takes two reads.
    """
    n_bytes = math.prod(shape) * dtype.itemsize
    raw = np.empty(n_bytes + VECTOR_BYTES, dtype=np.uint8)
    start = -raw.ctypes.data % VECTOR_BYTES
    return raw[start : start + n_bytes].view(dtype).reshape(shape)
