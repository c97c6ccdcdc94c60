from __future__ import annotations

import shutil

import numpy as np
import pytest

from xaigeo.errors import InputError, StoreError
from xaigeo.runs import RunFolder, checking, config_from_dict, run
from xaigeo.store import digest


def test_checks_are_of_what_was_explained(finished_run):
    explanations, _ = finished_run.load()
    checks = finished_run.checks()
    for name, check in checks.items():
        if check.kind in ("deletion", "insertion"):
            method = name.split(".")[1]
            assert check.method == method
            assert check.provenance["explanation_sha256"] == digest(explanations[method])
    assert len(checks["sensitivity.kernel_shap"].instances) == 3
    assert len(checks["deletion.lime"].instances) == 6


def test_a_check_that_the_data_do_not_admit_is_left_out(finished_run, monkeypatch, tmp_path):
    made = finished_run.checks()["off_support"]

    def not_of_these():
        raise InputError(expected="longer texts", arrived="short ones", do="Pass longer ones.")

    planned = {"first": (None, not_of_these), "off_support": (None, lambda: made)}
    monkeypatch.setattr(checking, "_planned", lambda *given: planned)
    lines = []
    found = checking.check_all(None, {}, None, None, RunFolder(tmp_path), lines.append)
    assert found.made == ["off_support"]
    assert found.left_out == {"first": "expected longer texts, got short ones"}
    assert lines[0] == "  first: left out, expected longer texts, got short ones"
    assert [path.name for path in (tmp_path / "checks").iterdir()] == ["off_support.npz"]


def test_an_altered_check_is_noticed(finished_run, tmp_path):

    copy = RunFolder(tmp_path / "copy")
    shutil.copytree(finished_run.path, copy.path)
    path = copy.check_path("deletion.lime")
    with np.load(path) as stored:
        arrays = dict(stored)
    arrays["array.area"] = arrays["array.area"] - 1
    np.savez_compressed(path, **arrays)
    with pytest.raises(StoreError, match=r"deletion\.lime\.npz as the run wrote it"):
        copy.checks()
    path.unlink()
    with pytest.raises(StoreError, match=r"none of deletion\.lime\.npz"):
        copy.checks()


@pytest.mark.usefixtures("no_page")
def test_a_run_without_checks_of_trees(tmp_path):
    """Models without layers are checked by shuffled labels; all else can be turned off."""
    config = config_from_dict(
        {
            "output": str(tmp_path / "trees"),
            "seeds": 2,
            "data": {"dataset": "penguins"},
            "model": {
                "kind": "estimator",
                "estimator": "sklearn.ensemble.RandomForestClassifier",
                "parameters": {"n_estimators": 2, "max_depth": 3},
            },
            "explain": {
                "methods": ["tree_shap"],
                "n_instances": 4,
                "rerun": False,
                "noise_repeats": 0,
                "parameters": {"tree_shap": {"n_background": 10}},
            },
            "faithfulness": {
                "deletion": False,
                "insertion": False,
                "sensitivity": False,
                "off_support": False,
                "backgrounds": 0,
                "n_instances": None,
            },
        }
    )
    folder = run(config)
    assert list(folder.checks()) == ["randomisation.tree_shap"]
    assert folder.checks()["randomisation.tree_shap"].data["layer"].to_numpy().tolist() == [
        "labels"
    ]
    assert set(folder.load()[0]) == {"tree_shap"}
