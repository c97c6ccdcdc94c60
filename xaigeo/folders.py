"""Folders that are whole or not there, and the manifests in them."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from xaigeo.errors import StoreError


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
            arrived="no manifest" if folder.is_dir() else "no such folder",
            do="Pass the path that was given to save().",
        ) from error
    except ValueError as error:
        raise StoreError(
            expected=f"JSON in {folder / name}",
            arrived=f"text that is not ({error})",
            do="The store is damaged; make it again.",
        ) from error
    return manifest
