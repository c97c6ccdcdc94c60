"""Explanations from disk: whole, or leaf by leaf when asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from xaigeo.errors import StoreError
from xaigeo.schema import FeatureSchema
from xaigeo.store.leaves import leaf_slices
from xaigeo.store.manifest import (
    ARRAYS,
    MANIFEST,
    ArrayRecord,
    coordinates,
    root_digest,
    stored_manifest,
)
from xaigeo.store.parts import JOB

if TYPE_CHECKING:
    from xaigeo.explanations import Explanation
    from xaigeo.store.leaf_array import LeafArray


def load(path: str | Path, *, verify: bool = True, lazy: bool = False) -> Explanation:
    """Read an explanation written by `Explanation.save` or ``explain(store=...)``.

    Parameters
    ----------
    path : str or Path
        The folder.
    verify : bool
        Compare every number with the hashes in the manifest, when it is read.
    lazy : bool
        Leave the arrays on disk and read what is asked for. Opening reads the manifest alone;
        a number that was altered raises when its leaf (some megabytes of instances) is read.
        `Explanation.batches` goes through all instances in bounded memory, and
        `xaigeo.agreement.summary` and ``per_instance`` do so by themselves.

    Raises
    ------
    StoreError
        If the folder is missing or incomplete, was written by another format, or was altered.
    """
    import xarray as xr

    from xaigeo import explanations

    folder = Path(path)
    body, records, sha256 = stored_manifest(folder)
    if verify and root_digest(body, records) != sha256:
        raise altered(folder, sha256, root_digest(body, records))
    kinds = {
        cls.kind: cls
        for cls in (
            explanations.Attributions,
            explanations.Anchors,
            explanations.Counterfactuals,
            explanations.TokenAttributions,
        )
    }
    arrays = {
        name: (records[name].dims, array.lazy() if lazy else array.whole())
        for name, array in open_arrays(folder, records, verify=verify).items()
    }
    return kinds[body["kind"]](
        data=xr.Dataset(arrays, coords=coordinates(body)),
        schema=FeatureSchema.from_dict(body["schema"]),
        method=body["method"],
        provenance=body["provenance"],
    )


def verify_store(path: str | Path) -> None:
    """Read a store once, in bounded memory, and compare all of it with its hashes.

    The hashes cover what a store says: every number, labels, schema and provenance. How zarr lays
    numbers out, and ``job.json``, which only tells a stopped explanation how to go on, are not
    hashed: they cannot change a number without its being noticed.

    Raises
    ------
    StoreError
        If the folder is missing or incomplete, anything in it was altered, or files or arrays
        were added (names that begin with a dot are those of file managers and do not count).
    """
    folder = Path(path)
    body, records, sha256 = stored_manifest(folder)
    if root_digest(body, records) != sha256:
        raise altered(folder, sha256, root_digest(body, records))
    _check_nothing_added(folder, {MANIFEST, ARRAYS, JOB})
    _check_nothing_added(folder / ARRAYS, {"zarr.json", *records})
    for array in open_arrays(folder, records, verify=True).values():
        for place, _ in enumerate(leaf_slices(array.shape, array.dtype, array.axis)):
            array.leaf(place)


def _check_nothing_added(folder: Path, known: set[str]) -> None:
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    added = sorted(name for name in names - known if not name.startswith("."))
    if added:
        raise StoreError(
            expected=f"nothing else in {folder} than what was stored",
            arrived=f"also {', '.join(added)}",
            do="Remove what was added.",
        )


def open_arrays(
    folder: Path, records: Mapping[str, ArrayRecord], *, verify: bool
) -> dict[str, LeafArray]:
    """Return the arrays of a store, none of them read.

    Raises
    ------
    StoreError
        If one is missing or not as its record says.
    """
    import zarr

    from xaigeo.store.leaf_array import LeafArray

    path = folder / ARRAYS
    arrays = {}
    with damage_told(path):
        group = zarr.open_group(str(path), mode="r")
        for name, record in records.items():
            try:
                stored: Any = group[name]
            except KeyError as error:
                raise StoreError(
                    expected=f"the array {error} in {path}",
                    arrived="nothing",
                    do="The store is incomplete; make it again.",
                ) from error
            if (stored.shape, stored.dtype) != (record.shape, np.dtype(record.dtype)):
                raise StoreError(
                    expected=f"{name} in {path} of shape {record.shape} and type {record.dtype}",
                    arrived=f"shape {stored.shape} and type {stored.dtype.str}",
                    do="The store was altered after it was written; make it again.",
                )
            arrays[name] = LeafArray(name, stored, record, folder, verify=verify)
    return arrays


@contextmanager
def damage_told(path: Path) -> Iterator[None]:
    """Say what zarr's codecs raise for a damaged chunk or description in one error."""
    try:
        yield
    except StoreError:
        raise
    except (OSError, RuntimeError, TypeError, ValueError) as error:
        raise StoreError(
            expected=f"readable arrays in {path}",
            arrived=f"damaged ones ({type(error).__name__}: {error})",
            do="The store is damaged; make it again.",
        ) from error


def altered(what: Path | str, expected: str, arrived: str) -> StoreError:
    """Return the error for contents that are not those that were hashed."""
    return StoreError(
        expected=f"contents of {what} with SHA-256 {expected[:12]}...",
        arrived=f"{arrived[:12]}...",
        do="The store was altered after it was written; make it again, or pass verify=False "
        "to look at it all the same.",
    )
