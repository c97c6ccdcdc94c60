"""A stored array that is read when indexed, each leaf checked against its hash."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from xarray.backends import BackendArray
from xarray.core import indexing

from xaigeo.store.leaves import instance_axis, leaf_digest, leaf_length, leaf_slices
from xaigeo.store.manifest import ARRAYS, ArrayRecord
from xaigeo.store.reading import altered, damage_told


class LeafArray(BackendArray):
    """One array of a store, behind xarray's lazy indexing.

    Parameters
    ----------
    name : str
    stored : zarr.Array
    record : ArrayRecord
    folder : Path
        Of the store, for messages.
    verify : bool
        Compare each leaf that is read with its hash.
    """

    def __init__(
        self, name: str, stored: Any, record: ArrayRecord, folder: Path, *, verify: bool
    ) -> None:
        self.name, self.stored, self.record = name, stored, record
        self.folder, self.verify = folder, verify
        self.shape, self.dtype = record.shape, np.dtype(record.dtype)
        self.axis = instance_axis(record.dims)
        self._slices = list(leaf_slices(self.shape, self.dtype, self.axis))
        self._last: tuple[int, np.ndarray] | None = None

    def lazy(self) -> Any:
        """Return the array as xarray takes it, not read."""
        return indexing.LazilyIndexedArray(self)

    def whole(self) -> np.ndarray:
        """Return all of it."""
        if self.axis is None:
            return self.leaf(0)
        return self._read((slice(None),) * len(self.shape))

    def leaf(self, place: int) -> np.ndarray:
        """Return one leaf.

        Raises
        ------
        StoreError
            If it cannot be read, or is not what was written.
        """
        last = self._last
        if last is not None and last[0] == place:
            return last[1]
        part = self._slices[place]
        with damage_told(self.folder / ARRAYS):
            key = ... if self.axis is None else (*(slice(None),) * self.axis, part)
            found = np.asarray(self.stored[key])
        if self.verify:
            expected, arrived = self.record.leaves[place], leaf_digest(found)
            if arrived != expected:
                raise altered(f"{self.name} in {self.folder}", expected, arrived)
        # The next thing asked for is most often in the same leaf.
        self._last = (place, found)
        return found

    def __getitem__(self, key: Any) -> Any:
        return indexing.explicit_indexing_adapter(
            key, self.shape, indexing.IndexingSupport.OUTER, self._read
        )

    def _read(self, key: tuple[Any, ...]) -> np.ndarray:
        """Return what an outer index (an integer, slice or array a dimension) picks."""
        single = [isinstance(part, int | np.integer) for part in key]
        ranged = [slice(k, k + 1) if one else k for k, one in zip(key, single, strict=True)]
        answer = self._picked(ranged)
        squeezed = tuple(place for place, one in enumerate(single) if one)
        # A copy: leaves are kept, and a caller may write into what it gets.
        return np.array(answer.squeeze(axis=squeezed) if squeezed else answer)

    def _picked(self, key: list[Any]) -> np.ndarray:
        if self.axis is None:
            return _outer(self.leaf(0), key)
        places = np.arange(self.shape[self.axis])[key[self.axis]]
        others = [slice(None) if axis == self.axis else k for axis, k in enumerate(key)]
        shape = [len(np.arange(n)[k]) for n, k in zip(self.shape, key, strict=True)]
        answer = np.empty(shape, dtype=self.dtype)
        length = leaf_length(self.shape, self.dtype, self.axis)
        home = places // length
        before: tuple[Any, ...] = (slice(None),) * self.axis
        for leaf in np.unique(home):
            wanted = np.flatnonzero(home == leaf)
            local = list(others)
            local[self.axis] = places[wanted] - leaf * length
            answer[(*before, wanted)] = _outer(self.leaf(int(leaf)), local)
        return answer


def _outer(array: np.ndarray, key: list[Any]) -> np.ndarray:
    for axis, part in enumerate(key):
        if not (isinstance(part, slice) and part == slice(None)):
            array = array[(*(slice(None),) * axis, part)]
    return array
