"""Explanations to disk, leaf by leaf."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from xaigeo import dims
from xaigeo.errors import StoreError
from xaigeo.folders import put_folder
from xaigeo.store.leaves import instance_axis, leaf_digest, leaf_length, leaf_slices
from xaigeo.store.manifest import (
    ARRAYS,
    ArrayRecord,
    described,
    holds_explanation,
    root_digest,
    write_manifest,
)

if TYPE_CHECKING:
    from xaigeo.explanations import Explanation


class ArrayWriter:
    """One array of a store, written from the first instance to the last.

    Parameters
    ----------
    group : zarr.Group
    name : str
    names : sequence of str
        Its dimensions.
    shape : sequence of int
        Its full shape.
    dtype : dtype
    """

    def __init__(
        self, group: Any, name: str, names: Sequence[str], shape: Sequence[int], dtype: np.dtype
    ) -> None:
        self.names, self.shape, self.dtype = tuple(names), tuple(shape), np.dtype(dtype)
        self.axis = instance_axis(self.names)
        self._length = leaf_length(self.shape, self.dtype, self.axis)
        chunk = [max(1, size) for size in self.shape]
        if self.axis is not None:
            chunk[self.axis] = min(chunk[self.axis], self._length)
        self._stored = group.create_array(
            name, shape=self.shape, dtype=self.dtype, chunks=tuple(chunk)
        )
        self._waiting: list[np.ndarray] = []
        self._n_waiting = self._n_written = 0
        self._leaves: list[str] = []

    def append(self, piece: np.ndarray) -> None:
        """Write the next instances, or the whole of an array that has no instances."""
        piece = np.ascontiguousarray(piece, dtype=self.dtype)
        if self.axis is None:
            self._put(slice(None), piece)
            return
        self._waiting.append(piece)
        self._n_waiting += piece.shape[self.axis]
        if self._n_waiting >= self._length:
            self._flush()

    def record(self) -> ArrayRecord:
        """Write what is left and return the array's record."""
        if self._n_waiting:
            self._flush(rest=True)
        return ArrayRecord(self.names, self.shape, self.dtype.str, tuple(self._leaves))

    def _flush(self, *, rest: bool = False) -> None:
        assert self.axis is not None
        whole = np.concatenate(self._waiting, axis=self.axis)
        n, start = whole.shape[self.axis], 0
        while start < n and (n - start >= self._length or rest):
            stop = min(start + self._length, n)
            leaf = whole[self._at(slice(start, stop))]
            self._put(slice(self._n_written, self._n_written + stop - start), leaf)
            self._n_written += stop - start
            start = stop
        # A copy, so that the leaves that are written can be freed.
        self._waiting = [whole[self._at(slice(start, n))].copy()]
        self._n_waiting = n - start

    def _put(self, part: slice, leaf: np.ndarray) -> None:
        if leaf.size:
            self._stored[self._at(part)] = leaf
        self._leaves.append(leaf_digest(leaf))

    def _at(self, part: slice) -> tuple[slice, ...]:
        if self.axis is None:
            return (slice(None),) * len(self.shape)
        return (*(slice(None),) * self.axis, part)


def save_explanation(explanation: Explanation, path: str | Path) -> Path:
    """Write one explanation into the folder `path` and return it.

    The folder is written beside its place and moved there when complete, so a killed save
    leaves what was there before. An existing explanation is replaced. One that was opened
    lazily is copied leaf by leaf.

    Raises
    ------
    StoreError
        If `path` exists and does not hold an explanation.
    """
    target = Path(path)
    check_place(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        arrays = _write_arrays(explanation, scratch / ARRAYS)
        write_manifest(scratch, described(explanation), arrays)
        scratch.chmod(0o755)
        put_folder(scratch, target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return target


def check_place(target: Path) -> None:
    """Raise when something other than an explanation is at `target`."""
    if target.exists() and not holds_explanation(target):
        raise StoreError(
            expected=f"a new folder, or one that holds an explanation, at {target}",
            arrived="a file" if target.is_file() else "a folder with other things",
            do="Choose another path.",
        )


def digest(explanation: Explanation) -> str:
    """Return the SHA-256 of arrays, labels, schema and provenance.

    The arrays are hashed leaf by leaf, then their hashes together; a lazily opened
    explanation is read once, in bounded memory.
    """
    arrays = {}
    for name, variable in explanation.data.data_vars.items():
        names = tuple(str(dim) for dim in variable.dims)
        axis, dtype = instance_axis(names), variable.dtype
        leaves = [
            leaf_digest(_leaf(explanation, str(name), part))
            for part in leaf_slices(variable.shape, dtype, axis)
        ]
        arrays[str(name)] = ArrayRecord(names, variable.shape, dtype.str, tuple(leaves))
    return root_digest(described(explanation), arrays)


def _write_arrays(explanation: Explanation, path: Path) -> dict[str, ArrayRecord]:
    import zarr

    group = zarr.open_group(str(path), mode="w")
    records = {}
    for name, variable in explanation.data.data_vars.items():
        names = [str(dim) for dim in variable.dims]
        writer = ArrayWriter(group, str(name), names, variable.shape, variable.dtype)
        for part in leaf_slices(variable.shape, variable.dtype, writer.axis):
            writer.append(_leaf(explanation, str(name), part))
        records[str(name)] = writer.record()
    return records


def _leaf(explanation: Explanation, name: str, part: slice) -> np.ndarray:
    variable = explanation.data[name].variable
    if dims.INSTANCE in variable.dims:
        variable = variable.isel({dims.INSTANCE: part})
    return np.asarray(variable.to_numpy())
