"""Read one file out of an archive, also out of an archive in an archive, without unpacking it."""

from __future__ import annotations

import io
import tarfile
import zipfile
import zlib
from collections.abc import Sequence

# What a file raises that is no archive, or a damaged one.
UNREADABLE = (OSError, EOFError, zlib.error, zipfile.BadZipFile, tarfile.TarError)


def archive_member(archive: bytes, path: Sequence[str]) -> bytes:
    """Return a file of an archive; nothing is written to the disk.

    Parameters
    ----------
    archive : bytes
        A zip file (as a wheel is) or a tar file, compressed or not (as an sdist is).
    path : sequence of str
        Names from the outermost archive inwards: each but the last is an archive itself.

    Raises
    ------
    KeyError
        If an archive holds no such file.
    OSError, EOFError, zlib.error, zipfile.BadZipFile, tarfile.TarError
        If it cannot be read.
    """
    for name in path:
        archive = _member(archive, name)
    return archive


def _member(archive: bytes, name: str) -> bytes:
    if archive.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(archive)) as packed:
            return packed.read(name)
    with tarfile.open(fileobj=io.BytesIO(archive)) as held:
        file = held.extractfile(name)
        if file is None:  # a folder
            raise KeyError(name)
        return file.read()
