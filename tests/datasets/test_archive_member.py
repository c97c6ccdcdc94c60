"""Files out of archives, and out of archives in archives."""

from __future__ import annotations

import io
import tarfile
import zipfile

import pytest

from xaigeo.datasets.archive_member import UNREADABLE, archive_member


def tarred(mode: str = "w:gz", **files: bytes) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode=mode) as made:
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        made.addfile(folder)
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            made.addfile(entry, io.BytesIO(content))
    return held.getvalue()


def zipped(**files: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        for name, content in files.items():
            made.writestr(name, content)
    return held.getvalue()


@pytest.mark.parametrize("pack", [tarred, zipped, lambda **files: tarred("w", **files)])
def test_a_file_of_any_archive_is_read(pack):
    assert archive_member(pack(rows=b"1\r\n", more=b"2"), ["rows"]) == b"1\r\n"


def test_archives_may_lie_in_archives():
    nested = zipped(outer=tarred(inner=tarred("w:bz2", rows=b"1")))
    assert archive_member(nested, ["outer", "inner", "rows"]) == b"1"


@pytest.mark.parametrize("path", [["none"], ["folder"], ["inner", "none"]])
def test_what_is_not_there_is_a_key_error(path):
    with pytest.raises(KeyError):
        archive_member(tarred(inner=zipped(rows=b"1")), path)


@pytest.mark.parametrize(
    "content",
    [b"", b"no archive", b"PK no zip", tarred(rows=b"1" * 99)[:60]],
    # gzip holds the time, so names made of the bytes would differ between processes.
    ids=["empty", "no archive", "no zip", "half"],
)
def test_what_is_no_archive_or_half_of_one_is_an_error_of_those_named(content):
    with pytest.raises(UNREADABLE):
        archive_member(content, ["rows"])
