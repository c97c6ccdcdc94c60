"""What a store says of itself: labels, schema, provenance, and the hash of every leaf."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from xaigeo import dims
from xaigeo.errors import InputError, StoreError
from xaigeo.folders import read_manifest
from xaigeo.schema import FeatureSchema

if TYPE_CHECKING:
    from xaigeo.explanations import Explanation

MANIFEST = "manifest.json"
ARRAYS = "arrays.zarr"
FORMAT = 2
# Coordinates along the instances beside their names.
BESIDE = ("text", "words")


@dataclass(frozen=True)
class ArrayRecord:
    """One stored array: its dimensions, shape and type, and the SHA-256 of each leaf."""

    dims: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    leaves: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name, as JSON holds them."""
        return {
            "dims": list(self.dims),
            "shape": list(self.shape),
            "dtype": self.dtype,
            "leaves": list(self.leaves),
        }

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> ArrayRecord:
        """Return the record that `to_dict` wrote."""
        return cls(
            tuple(table["dims"]), tuple(table["shape"]), table["dtype"], tuple(table["leaves"])
        )


def described(explanation: Explanation) -> dict[str, Any]:
    """Return all of an explanation but its arrays, as JSON holds it.

    Raises
    ------
    InputError
        For labels, categories or provenance that JSON cannot hold or would give back as
        something else, such as dates. Labels of several levels are tuples, which come back.
    """
    return describe(
        kind=explanation.kind,
        method=explanation.method,
        labels={str(d): explanation.data[d].to_numpy() for d in explanation.data.coords},
        schema=explanation.schema,
        provenance=explanation.provenance,
    )


def describe(
    *,
    kind: str,
    method: str,
    labels: Mapping[str, np.ndarray],
    schema: FeatureSchema,
    provenance: Mapping[str, Any],
) -> dict[str, Any]:
    """Return what `described` does, from its parts; the same errors."""
    listed = {dim: values.tolist() for dim, values in labels.items()}
    categories = [c for feature in schema.features for c in feature.categories]
    levels = [_levels(values) for values in listed.values()]
    for values in (*levels, categories):
        _check_plain(list(values))
    body = {
        "format": FORMAT,
        "kind": kind,
        "method": method,
        "labels": listed,
        "schema": schema.to_dict(),
        "provenance": provenance,
    }
    try:
        answer: dict[str, Any] = json.loads(json.dumps(body))
    except TypeError as error:
        raise _no_json(str(error)) from error
    return answer


def root_digest(body: Mapping[str, Any], arrays: Mapping[str, ArrayRecord]) -> str:
    """Return the SHA-256 over what `described` gives and the hashes of all leaves."""
    total = hashlib.sha256(json.dumps(body, sort_keys=True).encode())
    for name in sorted(arrays):
        record = arrays[name]
        total.update(f"{name}{record.dtype}{record.shape}".encode())
        for leaf in record.leaves:
            total.update(bytes.fromhex(leaf))
    return total.hexdigest()


def write_manifest(
    folder: Path, body: Mapping[str, Any], arrays: Mapping[str, ArrayRecord]
) -> None:
    """Write the manifest of a folder; a folder that has one is complete."""
    whole = {
        **body,
        "arrays": {name: record.to_dict() for name, record in arrays.items()},
        "sha256": root_digest(body, arrays),
    }
    (folder / MANIFEST).write_text(json.dumps(whole, indent=1) + "\n")


def stored_manifest(folder: Path) -> tuple[dict[str, Any], dict[str, ArrayRecord], str]:
    """Return description, arrays and hash that the manifest of a folder tells.

    Raises
    ------
    StoreError
        If the folder is missing or incomplete, or of another format.
    """
    manifest = read_manifest(folder, MANIFEST, holds=f"{MANIFEST} and {ARRAYS}")
    if manifest.get("format") != FORMAT or "kind" not in manifest:
        raise StoreError(
            expected=f"an explanation store of format {FORMAT} at {folder}",
            arrived=f"format {manifest.get('format')!r}",
            do="Read it with the version of xaigeo that wrote it, or make it again.",
        )
    if not (folder / ARRAYS).is_dir():
        raise StoreError(
            expected=f"{ARRAYS} in {folder}",
            arrived="none",
            do="The store is incomplete; make it again.",
        )
    arrays = {name: ArrayRecord.from_dict(one) for name, one in manifest.pop("arrays").items()}
    sha256 = str(manifest.pop("sha256"))
    return manifest, arrays, sha256


def holds_explanation(folder: Path) -> bool:
    """Return whether a folder is a store of an explanation, of any format."""
    try:
        return {"kind", "sha256"} <= set(json.loads((folder / MANIFEST).read_text()))
    except (OSError, ValueError):
        return False


def coordinates(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the labels of a description as coordinates of a dataset."""
    labels = dict(body["labels"])
    for dim in (dims.SEED, dims.OTHER_SEED):
        if dim in labels:
            labels[dim] = np.asarray(labels[dim], dtype=np.int64)
    if any(isinstance(label, list) for label in labels.get(dims.INSTANCE, ())):
        # Labels of several levels are tuples, which JSON lists.
        rows = [
            tuple(label) if isinstance(label, list) else label for label in labels[dims.INSTANCE]
        ]
        labels[dims.INSTANCE] = np.empty(len(rows), dtype=object)
        labels[dims.INSTANCE][:] = rows
    # What stands beside the names of instances, such as texts, has no dimension of its own.
    for name in BESIDE:
        if name in labels:
            labels[name] = (dims.INSTANCE, np.array(labels[name], dtype=object))
    return labels


def _levels(labels: list[Any]) -> list[Any]:
    """Return labels with those of several levels taken apart."""
    return [
        level for label in labels for level in (label if isinstance(label, tuple) else (label,))
    ]


def _check_plain(values: list[Any]) -> None:
    for kind in {type(value) for value in values}:
        if not issubclass(kind, str | int | float):
            odd = next(value for value in values if type(value) is kind)
            raise _no_json(f"{kind.__name__} such as {odd!r}")


def _no_json(arrived: str) -> InputError:
    return InputError(
        expected="labels, categories and provenance that JSON can hold",
        arrived=arrived,
        do="Use strings, numbers and booleans for index labels and categories.",
    )
