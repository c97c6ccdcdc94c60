"""Explanations on disk: numeric arrays in zarr, everything else in a JSON manifest."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from xaigeo import dims
from xaigeo.errors import InputError, StoreError
from xaigeo.folders import put_folder, read_manifest
from xaigeo.schema import FeatureSchema

if TYPE_CHECKING:
    from xaigeo.ensemble.evaluation import Evaluation
    from xaigeo.explanations import Explanation

MANIFEST = "manifest.json"
ARRAYS = "arrays.zarr"
FORMAT = 1


def save_explanation(explanation: Explanation, path: str | Path) -> Path:
    """Write one explanation into the folder `path` and return it.

    The folder is written beside its place and moved there when complete, so a killed save
    leaves what was there before. An existing explanation is replaced.

    Raises
    ------
    StoreError
        If `path` exists and does not hold an explanation.
    """
    target = Path(path)
    if target.exists() and not _holds_explanation(target):
        raise StoreError(
            expected=f"a new folder, or one that holds an explanation, at {target}",
            arrived="a file" if target.is_file() else "a folder with other things",
            do="Choose another path.",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        _write_arrays(explanation, scratch / ARRAYS)
        manifest = _manifest(explanation)
        (scratch / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
        scratch.chmod(0o755)
        put_folder(scratch, target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return target


def load(path: str | Path, *, verify: bool = True) -> Explanation:
    """Read an explanation written by `Explanation.save`.

    Parameters
    ----------
    path : str or Path
        The folder.
    verify : bool
        Compare the arrays with the hash in the manifest.

    Raises
    ------
    StoreError
        If the folder is missing or incomplete, was written by a newer format, or was altered.
    """
    import xarray as xr
    import zarr

    from xaigeo import explanations

    folder = Path(path)
    manifest = _read_manifest(folder)
    kinds = {
        cls.kind: cls
        for cls in (explanations.Attributions, explanations.Anchors, explanations.Counterfactuals)
    }
    try:
        group = zarr.open_group(str(folder / ARRAYS), mode="r")
        arrays = {name: np.asarray(group[name]) for name in manifest["arrays"]}
    except KeyError as error:
        raise StoreError(
            expected=f"the array {error} in {folder / ARRAYS}",
            arrived="nothing",
            do="The store is incomplete; make it again.",
        ) from error
    except (OSError, RuntimeError, TypeError, ValueError) as error:
        # What zarr's codecs raise for a damaged chunk or description.
        raise StoreError(
            expected=f"readable arrays in {folder / ARRAYS}",
            arrived=f"damaged ones ({type(error).__name__}: {error})",
            do="The store is damaged; make it again.",
        ) from error
    result = kinds[manifest["kind"]](
        data=xr.Dataset(
            {name: (tuple(manifest["arrays"][name]), array) for name, array in arrays.items()},
            coords=_coordinates(manifest),
        ),
        schema=FeatureSchema.from_dict(manifest["schema"]),
        method=manifest["method"],
        provenance=manifest["provenance"],
    )
    if verify and digest(result) != manifest["sha256"]:
        raise StoreError(
            expected=f"contents of {folder} with SHA-256 {manifest['sha256'][:12]}...",
            arrived=f"{digest(result)[:12]}...",
            do="The store was altered after it was written; make it again, or pass verify=False "
            "to look at it all the same.",
        )
    return result


def digest(explanation: Explanation) -> str:
    """Return the SHA-256 of arrays, labels, schema and provenance."""
    total = hashlib.sha256()
    described = {k: v for k, v in _manifest_body(explanation).items() if k != "arrays"}
    total.update(json.dumps(described, sort_keys=True).encode())
    for name in sorted(str(n) for n in explanation.data.data_vars):
        array = np.ascontiguousarray(explanation.array(name))
        total.update(f"{name}{array.dtype.str}{array.shape}".encode())
        total.update(array.tobytes())
    return total.hexdigest()


def _holds_explanation(folder: Path) -> bool:
    try:
        return {"kind", "sha256"} <= set(json.loads((folder / MANIFEST).read_text()))
    except (OSError, ValueError):
        return False


def _write_arrays(explanation: Explanation, path: Path) -> None:
    import zarr

    group = zarr.open_group(str(path), mode="w")
    for name in explanation.data.data_vars:
        array = explanation.array(str(name))
        stored = group.create_array(str(name), shape=array.shape, dtype=array.dtype)
        if array.size:
            stored[...] = array


def _manifest(explanation: Explanation) -> dict[str, Any]:
    return _manifest_body(explanation) | {"sha256": digest(explanation)}


def _manifest_body(explanation: Explanation) -> dict[str, Any]:
    data = explanation.data
    _check_labels(explanation)
    labels = {str(dim): [_plain(v) for v in data[dim].to_numpy()] for dim in data.coords}
    body = {
        "format": FORMAT,
        "kind": explanation.kind,
        "method": explanation.method,
        "arrays": {str(name): [str(d) for d in data[name].dims] for name in data.data_vars},
        "labels": labels,
        "schema": explanation.schema.to_dict(),
        "provenance": explanation.provenance,
    }
    try:
        answer: dict[str, Any] = json.loads(json.dumps(body))
    except TypeError as error:
        raise InputError(
            expected="labels, categories and provenance that JSON can hold",
            arrived=str(error),
            do="Use strings, numbers and booleans for index labels and categories.",
        ) from error
    return answer


def _check_labels(explanation: Explanation) -> None:
    """Raise for labels that JSON would give back as something else, such as tuples."""
    categories = [c for feature in explanation.schema.features for c in feature.categories]
    labels = [_plain(v) for dim in explanation.data.coords for v in explanation.data[dim].values]
    for value in (*labels, *categories):
        if not isinstance(value, str | int | float):
            raise InputError(
                expected="labels, categories and provenance that JSON can hold",
                arrived=f"{type(value).__name__} such as {value!r}",
                do="Use strings, numbers and booleans for index labels and categories.",
            )


def _read_manifest(folder: Path) -> dict[str, Any]:
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
    return manifest


def _coordinates(manifest: dict[str, Any]) -> dict[str, Any]:
    labels = dict(manifest["labels"])
    for dim in (dims.SEED, dims.OTHER_SEED):
        if dim in labels:
            labels[dim] = np.asarray(labels[dim], dtype=np.int64)
    return labels


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def save_evaluation(evaluation: Evaluation, path: str | Path) -> Path:
    """Write an evaluation into the file `path` (``.npz``, no pickle inside)."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    described = json.dumps(
        {"name": evaluation.name, "task": evaluation.task, "classes": list(evaluation.classes)}
    )
    with target.open("wb") as file:
        np.savez_compressed(
            file,
            described=np.array(described),
            seeds=evaluation.seeds,
            rows=evaluation.rows,
            labels=evaluation.labels,
            prediction=evaluation.prediction,
        )
    return target


def load_evaluation(path: str | Path) -> Evaluation:
    """Read an evaluation written by `save_evaluation`.

    Raises
    ------
    StoreError
        If the file is missing or not such a file.
    """
    from xaigeo.ensemble.evaluation import Evaluation

    try:
        with np.load(Path(path), allow_pickle=False) as arrays:
            described = json.loads(str(arrays["described"]))
            return Evaluation(
                name=described["name"],
                task=described["task"],
                classes=tuple(described["classes"]),
                **{name: arrays[name] for name in ("seeds", "rows", "labels", "prediction")},
            )
    except (OSError, KeyError, ValueError) as error:
        raise StoreError(
            expected=f"an evaluation written by xaigeo at {path}",
            arrived=f"{type(error).__name__}: {error}",
            do="Run the job again to write it.",
        ) from error
