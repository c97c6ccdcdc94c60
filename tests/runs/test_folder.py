from __future__ import annotations

import json

import pytest

from xaigeo.errors import StoreError
from xaigeo.runs.folder import RunFolder, primary


def test_a_folder_without_a_run(tmp_path):
    with pytest.raises(StoreError, match=r"a finished run in .*no such folder"):
        RunFolder(tmp_path / "none").load()
    with pytest.raises(StoreError, match=r"no readable manifest.json"):
        RunFolder(tmp_path).load()


def test_a_run_of_another_format(tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps({"format": 9, "config": {}}))
    with pytest.raises(StoreError, match=r"a run of format 1 in .*got format 9"):
        RunFolder(tmp_path).manifest()


def test_repeats_are_not_primary(make_attributions):
    one = make_attributions()
    assert primary({"lime": one, "lime.noise-1": one, "lime.rerun": one}) == [one]


def test_a_missing_evaluation(finished_run, tmp_path):
    manifest = finished_run.manifest()
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(StoreError, match=r"a file at .*evaluation.npz.*incomplete"):
        RunFolder(tmp_path).load()
