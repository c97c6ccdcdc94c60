"""Finished parts of a run that goes on: one file each, there whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from xaigeo.errors import StoreError

JOB = "job.json"
PARTS = "parts"
LOCK = "lock"

Headers = dict[str, tuple[tuple[int, ...], np.dtype]]


class PartFolder:
    """A folder that collects the parts of one run until all are there.

    It holds ``job.json``, what the run is, and ``parts/<place>.npz``. A file gets its name
    when it is complete and on the disk, so a run may be killed at any time.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def job(self) -> dict[str, Any] | None:
        """What `begin` wrote; None where no run was begun."""
        try:
            answer: dict[str, Any] = json.loads((self.path / JOB).read_text())
        except FileNotFoundError:
            return None
        return answer

    def begin(self, job: Mapping[str, Any]) -> None:
        """Empty the folder and write what the run is."""
        for entry in self.path.iterdir() if self.path.is_dir() else ():
            if entry.is_dir():
                shutil.rmtree(entry)
            elif entry.name != LOCK:
                entry.unlink()
        (self.path / PARTS).mkdir(parents=True)
        with _whole(self.path / JOB) as scratch:
            scratch.write_text(json.dumps(dict(job), indent=1) + "\n")

    def done(self) -> set[int]:
        """Return the places of the parts that are there."""
        return {int(file.stem) for file in (self.path / PARTS).glob("*.npz")}

    def write(self, place: int, arrays: Mapping[str, np.ndarray]) -> None:
        """Keep one part."""
        with _whole(self._file(place)) as scratch, scratch.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)

    def read(self, place: int) -> dict[str, np.ndarray]:
        """Return one part; every array carries a checksum, which is compared."""
        with np.load(self._file(place), allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}

    def headers(self, place: int) -> Headers:
        """Return shape and type of a part's arrays, without reading them."""
        answer: Headers = {}
        with zipfile.ZipFile(self._file(place)) as whole:
            for entry in whole.namelist():
                with whole.open(entry) as file:
                    np.lib.format.read_magic(file)
                    shape, _, dtype = np.lib.format.read_array_header_1_0(file)
                answer[entry.removesuffix(".npy")] = shape, dtype
        return answer

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process; a killed one lets go of it.

        Raises
        ------
        StoreError
            If another process holds it.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / LOCK).open("a") as file:
            if not _lock(file.fileno()):
                raise StoreError(
                    expected=f"a run of its own in {self.path}",
                    arrived="one that another process is carrying out",
                    do="Wait until it is done, stop it, or choose another store.",
                )
            yield

    def _file(self, place: int) -> Path:
        return self.path / PARTS / f"{place:06d}.npz"


@contextmanager
def _whole(file: Path) -> Iterator[Path]:
    """Give a path to write to; the file has its name when it is complete and on the disk."""
    scratch = file.with_name(f"{file.name}.writing")
    yield scratch
    with scratch.open("rb") as written:
        os.fsync(written.fileno())
    os.replace(scratch, file)


def _lock(descriptor: int) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows has no such lock; there two runs may do the same work
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
