"""Folders that are whole or not there, and the manifests in them."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from xaigeo.errors import StoreError

# What a folder holds by the name of its manifest, and what reads it.
READERS = {
    "manifest.json": ("an explanation", "xaigeo.load(path)"),
    "ensemble.json": ("an ensemble of models", "xaigeo.SeedEnsemble.load(path)"),
}


def put_folder(scratch: Path, target: Path) -> None:
    """Move a finished folder to its place; one that is there already is replaced.

    Two renames: whatever happens between them, the old or the new folder is whole on disk.
    """
    old = scratch.with_name(f"{scratch.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        os.replace(target, old)
    os.replace(scratch, target)
    shutil.rmtree(old, ignore_errors=True)


def read_manifest(folder: Path, name: str, *, holds: str) -> dict[str, Any]:
    """Return the JSON file `name` of a folder.

    Parameters
    ----------
    holds : str
        What such a folder holds, for the message when it is not there.

    Raises
    ------
    StoreError
        If the file is missing or is not JSON.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / name).read_text())
    except FileNotFoundError as error:
        raise StoreError(
            expected=f"a folder with {holds} at {folder}",
            **_in_place_of_manifest(folder),
        ) from error
    except ValueError as error:
        raise StoreError(
            expected=f"JSON in {folder / name}",
            arrived=f"text that is not ({error})",
            do="The store is damaged; make it again.",
        ) from error
    return manifest


def _in_place_of_manifest(folder: Path) -> dict[str, str]:
    """Return what is there, and what to do, for the message about a missing manifest."""
    for other, (what, reader) in READERS.items():
        if (folder / other).is_file():
            if _kind(folder / other) == "text":
                what, reader = "an ensemble of text models", "xaigeo.TextEnsemble.load(path)"
            return {"arrived": f"the folder of {what}", "do": f"Read it with {reader}."}
    return {
        "arrived": "no manifest" if folder.is_dir() else "no such folder",
        "do": "Pass the path that was given to save().",
    }


def _kind(manifest: Path) -> str | None:
    """Return what an ensemble's manifest says of its models, as far as it can be read."""
    try:
        told = json.loads(manifest.read_text())
    except ValueError:
        return None
    return told.get("kind") if isinstance(told, dict) else None
