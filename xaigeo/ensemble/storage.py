"""Ensembles on disk: weights as safetensors, estimators by skops, the rest as JSON."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xaigeo.errors import InputError, StoreError
from xaigeo.folders import put_folder, read_manifest
from xaigeo.schema import FeatureSchema

if TYPE_CHECKING:
    from xaigeo.ensemble.seed_ensemble import SeedEnsemble

MANIFEST = "ensemble.json"
FORMAT = 1


def save_ensemble(ensemble: SeedEnsemble, path: str | Path) -> Path:
    """Write an ensemble into the folder `path` and return it; see `SeedEnsemble.save`.

    The folder is written beside its place and moved there when complete.
    """
    target = Path(path)
    if target.exists() and not (target / MANIFEST).is_file():
        raise StoreError(
            expected=f"a new folder, or one that holds an ensemble, at {target}",
            arrived="a file" if target.is_file() else "a folder with other things",
            do="Choose another path.",
        )
    _check_labels(ensemble)
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        described = _write_members(ensemble, scratch)
        body = _plain_json(
            {
                "format": FORMAT,
                "kind": ensemble.members.kind,
                "seeds": list(ensemble.seeds),
                "classes": list(ensemble.classes),
                "task": ensemble.task,
                "schema": ensemble.schema.to_dict(),
                "record": ensemble.record,
                "members": described,
                "files": {
                    file.relative_to(scratch).as_posix(): _file_digest(file)
                    for file in sorted(scratch.rglob("*"))
                    if file.is_file()
                },
            }
        )
        text = json.dumps(body | {"sha256": _digest(body)}, indent=1)
        (scratch / MANIFEST).write_text(text + "\n")
        scratch.chmod(0o755)
        put_folder(scratch, target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return target


def load_ensemble(
    path: str | Path,
    *,
    make_model: Callable[..., Any] | None,
    trust_estimators: bool | Sequence[str],
) -> dict[str, Any]:
    """Return the fields of an ensemble; see `SeedEnsemble.load`."""
    folder = Path(path)
    manifest = _read_manifest(folder)
    schema = FeatureSchema.from_dict(manifest["schema"])
    classes = tuple(manifest["classes"])
    members: Any
    if manifest["kind"] == "torch":
        from xaigeo.ensemble.torch_storage import read_torch

        members = read_torch(folder, manifest, schema, make_model)
    elif manifest["kind"] == "text":
        from xaigeo.ensemble.texts.text_storage import read_text

        members = read_text(folder, manifest, schema, make_model, trust_estimators)
    else:
        from xaigeo.ensemble.estimator_members import EstimatorMembers
        from xaigeo.ensemble.estimator_storage import read_estimators

        estimators = read_estimators(folder, len(manifest["seeds"]), trust_estimators)
        # Stores written before there was a choice do not say.
        coded = bool(manifest["members"].get("coded", False))
        members = EstimatorMembers(estimators, schema, classes, manifest["task"], coded=coded)
    return {
        "members": members,
        "seeds": tuple(manifest["seeds"]),
        "schema": schema,
        "classes": classes,
        "task": manifest["task"],
        "record": manifest["record"],
    }


def _check_labels(ensemble: SeedEnsemble) -> None:
    # JSON would bring a tuple back as a list, which no row would match.
    held = {"classes": ensemble.classes} | {
        f"categories of {feature.name!r}": feature.categories
        for feature in ensemble.schema.features
    }
    for what, labels in held.items():
        odd = [label for label in labels if not isinstance(label, str | int | float)]
        if odd:
            raise InputError(
                expected=f"strings, numbers or booleans as {what} to save",
                arrived=f"{type(odd[0]).__name__} such as {odd[0]!r}",
                do="Make the ensemble anew with such labels as text.",
            )


def _write_members(ensemble: SeedEnsemble, folder: Path) -> dict[str, Any]:
    members: Any = ensemble.members
    if members.kind == "torch":
        from xaigeo.ensemble.torch_storage import write_torch

        return write_torch(members, folder)
    if members.kind == "text":
        from xaigeo.ensemble.texts.text_storage import write_text

        return write_text(members, folder)
    if members.kind == "estimator":
        from xaigeo.ensemble.estimator_storage import write_estimators

        write_estimators(members.estimators, folder, stacklevel=4)
        return {"coded": members.coded}
    raise not_stored(members.kind)


def not_stored(kind: str) -> InputError:
    """Return the error that models of a kind are code, which is not written."""
    return InputError(
        expected="an ensemble of torch modules or scikit-learn estimators to save",
        arrived=f"one of {kind} models, which are code",
        do="Save the models with the tool they come from and wrap them again after loading.",
    )


def _read_manifest(folder: Path) -> dict[str, Any]:
    manifest = read_manifest(folder, MANIFEST, holds=MANIFEST)
    if manifest.get("format") != FORMAT:
        raise StoreError(
            expected=f"an ensemble of format {FORMAT} at {folder}",
            arrived=f"format {manifest.get('format')!r}",
            do="Read it with the version of xaigeo that wrote it, or make it again.",
        )
    body = {name: value for name, value in manifest.items() if name != "sha256"}
    _compare(folder / MANIFEST, str(manifest.get("sha256")), _digest(body))
    for name, expected in manifest["files"].items():
        if not (folder / name).is_file():
            raise StoreError(
                expected=f"the file {name} in {folder}",
                arrived="none",
                do="The store is incomplete; make it again.",
            )
        _compare(folder / name, expected, _file_digest(folder / name))
    return manifest


def _compare(file: Path, expected: str, arrived: str) -> None:
    if expected != arrived:
        raise StoreError(
            expected=f"{file} with SHA-256 {expected[:12]}...",
            arrived=f"{arrived[:12]}...",
            do="The store was altered after it was written; make it again.",
        )


def _plain_json(body: dict[str, Any]) -> dict[str, Any]:
    try:
        text = json.dumps(body)
    except TypeError as error:
        raise InputError(
            expected="a record that JSON can hold",
            arrived=str(error),
            do="Put strings, numbers, booleans, lists and dicts of these into it.",
        ) from error
    answer: dict[str, Any] = json.loads(text)
    return answer


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _file_digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
