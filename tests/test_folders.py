from __future__ import annotations

import pytest

from xaigeo.errors import StoreError
from xaigeo.folders import put_folder, read_manifest


def made(folder, text):
    folder.mkdir()
    (folder / "a").write_text(text)
    return folder


def test_a_folder_takes_the_place_of_the_old_one(tmp_path):
    target = made(tmp_path / "target", "old")
    made(tmp_path / "scratch.old", "left by a killed run")
    put_folder(made(tmp_path / "scratch", "new"), target)
    assert (target / "a").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_a_manifest_is_read_or_its_absence_told(tmp_path):
    (tmp_path / "m.json").write_text('{"format": 1}')
    assert read_manifest(tmp_path, "m.json", holds="m.json") == {"format": 1}
    with pytest.raises(StoreError, match=r"a folder with n.json and b at .*no manifest"):
        read_manifest(tmp_path, "n.json", holds="n.json and b")
    with pytest.raises(StoreError, match="no such folder"):
        read_manifest(tmp_path / "none", "m.json", holds="m.json")
    (tmp_path / "m.json").write_bytes(b"{\xff")
    with pytest.raises(StoreError, match=r"JSON in .*damaged"):
        read_manifest(tmp_path, "m.json", holds="m.json")


@pytest.mark.parametrize(
    ("there", "asked", "message"),
    [
        (
            "ensemble.json",
            "manifest.json",
            "got the folder of an ensemble of models. Read it with ",
        ),
        ("manifest.json", "ensemble.json", "got the folder of an explanation. Read it with xaigeo"),
    ],
)
def test_a_folder_of_something_else_is_named(tmp_path, there, asked, message):
    (tmp_path / there).write_text("{}")
    with pytest.raises(StoreError, match=message):
        read_manifest(tmp_path, asked, holds=asked)


@pytest.mark.parametrize(
    ("manifest", "reader"),
    [('{"kind": "text"}', "TextEnsemble"), ('{"kind": "torch"}', "SeedEnsemble")]
    + [(odd, "SeedEnsemble") for odd in ("[]", "no JSON")],
)
def test_an_ensemble_is_named_by_its_own_class(tmp_path, manifest, reader):
    (tmp_path / "ensemble.json").write_text(manifest)
    with pytest.raises(StoreError, match=rf"Read it with xaigeo\.{reader}\.load"):
        read_manifest(tmp_path, "manifest.json", holds="an explanation")
