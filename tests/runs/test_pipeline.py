from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ElementTree
from datetime import datetime

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from xaigeo.audit import audit
from xaigeo.errors import InputError, StoreError
from xaigeo.runs import RunFolder, audit_run, report_run, run


def test_a_run_leaves_all_it_promises(finished_run):
    names = {path.name for path in finished_run.path.iterdir()}
    assert names == {
        "report.html",
        "audit.json",
        "audit.md",
        "junit.xml",
        "manifest.json",
        "evaluation.npz",
        "explanations",
        "checks",
    }
    stores = {path.name for path in (finished_run.path / "explanations").iterdir()}
    assert stores == {
        "lime",
        "kernel_shap",
        "anchors",
        "counterfactuals",
        "lime.noise-1",
        "kernel_shap.noise-1",
        "kernel_shap.background-1",
        "kernel_shap.rerun",
    }
    checks = {path.name for path in (finished_run.path / "checks").iterdir()}
    assert checks == {
        "deletion.lime.npz",
        "deletion.kernel_shap.npz",
        "insertion.lime.npz",
        "insertion.kernel_shap.npz",
        "sensitivity.kernel_shap.npz",
        "randomisation.kernel_shap.npz",
        "off_support.npz",
    }
    assert not list(finished_run.path.parent.glob(".*"))


def test_the_manifest_tells_how_it_was_made(finished_run):
    manifest = finished_run.manifest()
    assert manifest["data"]["n_train"] == 233
    assert manifest["registration"]["registered_at"] <= manifest["started_at"]
    assert manifest["config"]["seeds"] == 3
    assert len(manifest["config_sha256"]) == 64
    trained = manifest["training"]
    assert trained["seeds"] == [0, 1, 2]
    assert trained["epoch_kept"] == trained["epochs_run"] == [15, 15, 15]
    assert all(0 < loss < 2 for loss in trained["validation_loss"])


def test_training_again_gives_the_same_explanations(finished_run):
    explanations, _ = finished_run.load()
    np.testing.assert_array_equal(
        explanations["kernel_shap"].array("attribution"),
        explanations["kernel_shap.rerun"].array("attribution"),
    )
    # The time of making tells the second run from the first, and nothing else does.
    first, again = (dict(explanations[n].provenance) for n in ("kernel_shap", "kernel_shap.rerun"))
    made = [datetime.fromisoformat(one.pop("created_at")) for one in (first, again)]
    assert made[0] < made[1]
    for one in (first, again):
        for time in ("started_at", "trained_at"):
            one["ensemble"]["record"].pop(time, None)
    assert first == again


def test_the_audit_is_of_this_run(finished_run):
    audit = json.loads(finished_run.audit.read_text())
    status = {finding["id"]: finding["status"] for finding in audit["findings"]}
    for item in ("P1", "P2", "P3", "P4", "M1", "M2", "M3", "F1", "F2", "A1", "A8", "A9", "C2"):
        assert status[item] != "not_evaluated", item
    assert status["P1"] == "warn"  # three seeds
    assert status["P3"] == "pass"
    assert status["P4"] == "pass"
    cases = ElementTree.parse(finished_run.junit).getroot().findall(".//testcase")
    assert len(cases) == len(status)


def test_other_thresholds_than_registered_fail_p4(finished_run, tmp_path):
    folder = RunFolder(shutil.copytree(finished_run.path, tmp_path / "copy"))
    audit = audit_run(folder, thresholds={"M1": {"pass": 0.5, "warn": 0.6}})
    status = {finding.id: finding.status for finding in audit.findings}
    assert status["P4"] == "fail"


def test_the_report_is_written_again_but_with_no_other_runs_audit(finished_run, tmp_path):
    folder = RunFolder(shutil.copytree(finished_run.path, tmp_path / "copy"))
    explanations, evaluation = folder.load()
    audit([explanations["lime"]], evaluation=evaluation).save(folder.audit)
    with pytest.raises(
        StoreError, match=r"audit of this run .*other explanations, checks, registration"
    ):
        report_run(folder)
    folder.audit.unlink()
    folder.report.unlink()
    text = report_run(folder).read_text()
    assert "<b>run</b>" not in text
    assert "Small &lt;/script&gt;" in text
    assert folder.audit.is_file()


def test_the_report_shows_other_thresholds_with_a_failed_p4(finished_run, tmp_path):
    folder = RunFolder(shutil.copytree(finished_run.path, tmp_path / "copy"))
    audit_run(folder, thresholds={"M1": {"pass": 0.5, "warn": 0.6}})
    assert report_run(folder).is_file()


def test_an_audit_may_require_items_and_compare_with_a_baseline(finished_run, tmp_path, as_earlier):
    folder = RunFolder(shutil.copytree(finished_run.path, tmp_path / "copy"))
    found = audit_run(folder, required=["A5"], baseline=folder.audit)
    assert found["C3"].reason.startswith("The baseline is of these very results")
    found = audit_run(folder, required=["A5"], baseline=as_earlier(found))
    assert found.unanswered == ["A5"]
    assert found["C3"].value == pytest.approx(0.0)


@pytest.mark.parametrize("part", ["evaluation.npz", "explanations/lime/manifest.json"])
def test_an_altered_run_is_noticed(finished_run, tmp_path, part):
    folder = RunFolder(shutil.copytree(finished_run.path, tmp_path / "copy"))
    path = folder.path / part
    path.write_bytes(path.read_bytes().replace(b"0", b"1"))
    with pytest.raises(StoreError, match="altered"):
        folder.load()


def test_a_swapped_explanation_is_noticed(finished_run, tmp_path):
    folder = RunFolder(shutil.copytree(finished_run.path, tmp_path / "copy"))
    shutil.rmtree(folder.explanation_path("lime"))
    shutil.copytree(folder.explanation_path("lime.noise-1"), folder.explanation_path("lime"))
    with pytest.raises(StoreError, match=r"lime as the run wrote it.*run the job again"):
        folder.load()


def test_a_folder_with_other_things_is_not_touched(tmp_path, small_config):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(StoreError, match=r"a new or empty folder.*nothing was touched"):
        run(small_config(tmp_path))
    assert (tmp_path / "thesis.tex").read_text() == "precious"


def test_a_failing_run_leaves_the_earlier_one(finished_run, tmp_path, small_config):
    copy = shutil.copytree(finished_run.path, tmp_path / "copy")
    methods = {"methods": ["lime"], "parameters": {"lime": {"n_sample": 3}}}
    with pytest.raises(InputError, match="Did you mean 'n_samples'"):
        run(small_config(copy, explain=methods))
    RunFolder(copy).load()


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"explain": {"methods": ["limes"]}}, "Did you mean 'lime'"),
        ({"report": {"views": [["bill_length_mm", "bill"]]}}, r"report.views"),
    ],
)
def test_mistakes_are_told_before_anything_is_trained(tmp_path, small_config, changes, text):
    with pytest.raises(InputError, match=text):
        run(small_config(tmp_path / "out", **changes))
    assert not (tmp_path / "out").exists()


def test_estimators_and_a_table_of_ones_own(tmp_path, small_config):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"dose": rng.normal(size=80), "sex": rng.choice(["f", "m"], 80)})
    table["effect"] = np.where(table["dose"] + (table["sex"] == "m") > 0.5, "yes", "no")
    table.to_parquet(tmp_path / "trial.parquet")
    config = small_config(
        tmp_path / "out",
        data={"file": "trial.parquet", "target": "effect"},
        model={
            "kind": "estimator",
            "estimator": "sklearn.ensemble.RandomForestClassifier",
            "parameters": {"n_estimators": 5},
        },
        explain={"methods": ["kernel_shap"], "n_instances": 4, "noise_repeats": 0},
        report={},
    )
    folder = run(config, base=tmp_path)
    assert folder.report.stat().st_size > 10_000


def test_a_regression(tmp_path, small_config):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.normal(size=60), "b": rng.normal(size=60)})
    table["y"] = 2 * table["a"] - table["b"]
    table.to_csv(tmp_path / "line.csv", index=False)
    config = small_config(
        tmp_path / "out",
        data={"file": "line.csv", "target": "y"},
        explain={"methods": ["lime", "kernel_shap"], "n_instances": 4, "noise_repeats": 0},
        report={},
    )
    folder = run(config, base=tmp_path)
    _, evaluation = folder.load()
    assert evaluation.task == "regression"
    assert folder.report.is_file()


@pytest.mark.usefixtures("no_page")
def test_a_run_that_was_stopped_is_taken_up(tmp_path, small_config, finished_run, monkeypatch):
    from xaigeo.store.parts import PartFolder

    config = small_config(tmp_path / "out")
    write = PartFolder.write
    written = []

    def failing(self, place, arrays):
        if len(written) == 3:
            raise OSError("disk full")
        write(self, place, arrays)
        written.append((self.path.name, place))

    monkeypatch.setattr(PartFolder, "write", failing)
    lines: list[str] = []
    with pytest.raises(OSError, match="disk full"):
        run(config, log=lines.append)
    assert lines[-1].startswith("Stopped. The same run goes on from ")
    assert not (tmp_path / "out").exists()
    first = list(written)
    written.append(("", -1))  # no longer three
    lines.clear()
    folder = run(config, log=lines.append)
    assert lines[0].startswith("Taking up the run that was begun at ")
    assert not set(first) & set(written[4:])  # nothing is explained twice
    manifest = folder.manifest()
    assert manifest["started_at"] <= manifest["resumed_at"] <= manifest["finished_at"]
    explanations, _ = folder.load()
    reference, _ = finished_run.load()
    for name, found in explanations.items():
        xr.testing.assert_identical(found.data, reference[name].data)
    status = {one["id"]: one["status"] for one in json.loads(folder.audit.read_text())["findings"]}
    assert status["P4"] == "pass"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.usefixtures("no_page")
def test_another_run_begins_anew(tmp_path, small_config, monkeypatch):
    from xaigeo.store.parts import PartFolder

    def failing(self, place, arrays):
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(PartFolder, "write", failing)
        with pytest.raises(OSError, match="disk full"):
            run(small_config(tmp_path / "out"))
    changed = {"methods": ["kernel_shap"], "n_instances": 3, "noise_repeats": 0, "rerun": False}
    lines: list[str] = []
    folder = run(small_config(tmp_path / "out", explain=changed), log=lines.append)
    assert lines[0].startswith("Training 3 models")
    assert folder.manifest()["resumed_at"] is None
    assert list(folder.manifest()["explanations"]) == ["kernel_shap", "kernel_shap.background-1"]
