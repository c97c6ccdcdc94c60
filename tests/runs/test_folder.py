from __future__ import annotations

import json
import shutil

import pytest

from xaigeo.errors import StoreError
from xaigeo.runs.folder import RunFolder, primary


def test_a_folder_without_a_run(tmp_path):
    with pytest.raises(StoreError, match=r"a finished run in .*no such folder"):
        RunFolder(tmp_path / "none").load()
    with pytest.raises(StoreError, match=r"no readable manifest.json"):
        RunFolder(tmp_path).load()


def test_what_stands_in_place_of_a_run(tmp_path):
    (tmp_path / "r.csv").write_text("a\n")
    with pytest.raises(StoreError, match=r"r\.csv, got a file\. Pass the output folder"):
        RunFolder(tmp_path / "r.csv").load()
    (tmp_path / ".stopped.partial").mkdir()
    words = r"one that goes on or was stopped, in .*\.stopped\.partial\. If it was stopped, start"
    with pytest.raises(StoreError, match=words):
        RunFolder(tmp_path / "stopped").load()


def test_a_run_of_another_format(tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps({"format": 9, "config": {}}))
    with pytest.raises(StoreError, match=r"a run of format 1 in .*got format 9"):
        RunFolder(tmp_path).manifest()


def test_repeats_are_not_primary(make_attributions):
    one = make_attributions()
    assert primary({"lime": one, "lime.noise-1": one, "lime.rerun": one}) == [one]


def test_a_missing_evaluation(finished_run, tmp_path):
    shutil.copy(finished_run.path / "manifest.json", tmp_path)
    shutil.copytree(finished_run.path / "explanations", tmp_path / "explanations")
    with pytest.raises(StoreError, match=r"a file at .*evaluation.npz.*incomplete"):
        RunFolder(tmp_path).load()


def test_an_altered_manifest_is_noticed(finished_run, tmp_path):
    path = tmp_path / "manifest.json"
    manifest = json.loads((finished_run.path / "manifest.json").read_text())
    path.write_text(json.dumps(dict(reversed(manifest.items()))))
    assert RunFolder(tmp_path).manifest() == manifest  # the layout does not matter
    for change in ({"title": "Better"}, {"registration": {}}, {"content_sha256": None}):
        path.write_text(json.dumps(manifest | change))
        with pytest.raises(StoreError, match=r"manifest.json as the run wrote it"):
            RunFolder(tmp_path).manifest()


def test_stores_that_the_manifest_does_not_list(finished_run, tmp_path):
    folder = RunFolder(shutil.copytree(finished_run.path, tmp_path / "copy"))
    folder.explanation_path("lime").rename(folder.explanation_path("limes"))
    with pytest.raises(StoreError, match=r"manifest lists, got none of lime and also limes"):
        folder.load()
