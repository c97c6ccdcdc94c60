"""Checks on disk: one ``.npz`` file, with the hash of its content."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from xaigeo.checks import Check
from xaigeo.errors import StoreError

FORMAT = 1
# Names of entries that are not arrays of the check.
_DESCRIBED, _SEEDS = "described", "seeds"


def check_digest(check: Check) -> str:
    """Return the SHA-256 of everything a check says."""
    total = hashlib.sha256(_described(check).encode())
    for name, values in sorted(_arrays(check).items()):
        total.update(f"{name}{values.dtype.str}{values.shape}".encode())
        total.update(np.ascontiguousarray(values).tobytes())
    return total.hexdigest()


def save_check(check: Check, path: str | Path) -> Path:
    """Write a check into the file `path` (``.npz``, no pickle inside)."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    told = json.dumps({"sha256": check_digest(check), "check": json.loads(_described(check))})
    with target.open("wb") as file:
        arrays: dict[str, Any] = {_DESCRIBED: np.array(told), **_arrays(check)}
        np.savez_compressed(file, **arrays)
    return target


def load_check(path: str | Path) -> Check:
    """Read a check written by `save_check` and compare its hash.

    Raises
    ------
    StoreError
        If the file is missing, not such a file, or altered.
    """
    try:
        with np.load(Path(path), allow_pickle=False) as arrays:
            told = json.loads(str(arrays[_DESCRIBED]))
            check = _rebuilt(told["check"], {n: arrays[n] for n in arrays if n != _DESCRIBED})
            expected = told["sha256"]
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise StoreError(
            expected=f"a check written by xaigeo at {path}",
            arrived=f"{type(error).__name__}: {error}",
            do="Make it again with xaigeo.faithfulness, or run the job again.",
        ) from error
    if check_digest(check) != expected:
        raise StoreError(
            expected=f"{path} as it was written (SHA-256 {expected[:12]}...)",
            arrived="other contents",
            do="It was altered; do not trust its numbers, check again.",
        )
    return check


def _described(check: Check) -> str:
    coordinates = {str(name): check.data[name].to_numpy().tolist() for name in check.data.coords}
    body = {
        "format": FORMAT,
        "kind": check.kind,
        "method": check.method,
        "coordinates": coordinates,
        "dimensions": {str(name): list(check.data[name].dims) for name in check.data.data_vars},
        "provenance": check.provenance,
    }
    return json.dumps(body, sort_keys=True, default=str)


def _arrays(check: Check) -> dict[str, np.ndarray]:
    found = {f"array.{name}": check.array(str(name)) for name in check.data.data_vars}
    return {_SEEDS: np.asarray(check.seeds), **found}


def _rebuilt(told: dict[str, Any], arrays: dict[str, np.ndarray]) -> Check:
    if told["format"] != FORMAT:
        raise ValueError(f"format {told['format']!r} instead of {FORMAT}")
    data = xr.Dataset(
        {
            name: (tuple(dimensions), arrays[f"array.{name}"])
            for name, dimensions in told["dimensions"].items()
        },
        coords={name: _labels(values) for name, values in told["coordinates"].items()},
    )
    return Check(
        kind=told["kind"],
        method=told["method"],
        data=data,
        seeds=arrays[_SEEDS],
        provenance=told["provenance"],
    )


def _labels(values: list[Any]) -> Any:
    # Labels of several levels are tuples, which JSON lists.
    if any(isinstance(value, list) for value in values):
        labels = np.empty(len(values), dtype=object)
        labels[:] = [tuple(value) if isinstance(value, list) else value for value in values]
        return labels
    return values
