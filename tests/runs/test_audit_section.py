"""What `[audit]` of a configuration asks for, before and after a run."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest

from xaigeo.audit import Audit, read_thresholds
from xaigeo.errors import ConfigError, InputError, StoreError
from xaigeo.runs import RunFolder, audit_run, run


@pytest.mark.parametrize(
    ("section", "error", "words"),
    [
        ({"groups": ["sax"]}, InputError, r"the data \(audit\.groups\).*Did you mean 'sex'"),
        ({"baseline": "none.json"}, StoreError, r"a readable audit at .*none\.json"),
        ({"thresholds": "none.toml"}, ConfigError, r"a readable TOML file at .*none\.toml"),
        ({"required": ["Z9"]}, InputError, "no items of the audit: Z9"),
    ],
)
def test_mistakes_are_told_before_anything_is_trained(
    tmp_path, small_config, section, error, words
):
    with pytest.raises(error, match=words):
        run(small_config(tmp_path / "out", audit=section))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("kinds", "task", "words"),
    [
        ("token_attributions", "classification", "to be the audit of a table, as this run is, got"),
        (None, "regression", "audit of a classification, as this run is, got that of a regression"),
    ],
)
def test_a_baseline_of_another_kind_is_told_before_anything_is_trained(
    finished_run, tmp_path, small_config, kinds, task, words
):
    audit = Audit.load(finished_run.audit)
    about = dict(audit.about) | {"ensemble": audit.about["ensemble"] | {"task": task}}
    if kinds is not None:
        about["explanations"] = [one | {"kind": kinds} for one in about["explanations"]]
    baseline = replace(audit, about=about).save(tmp_path / "old.json")
    with pytest.raises(ConfigError, match=words):
        run(small_config(tmp_path / "out", audit={"baseline": str(baseline)}))
    assert not (tmp_path / "out").exists()


def test_groups_and_baseline_of_the_configuration_are_used(finished_run, tmp_path, as_earlier):
    folder = RunFolder(shutil.copytree(finished_run.path, tmp_path / "copy"))
    baseline = as_earlier(Audit.load(folder.audit), tmp_path / "old.json")
    told = json.loads((folder.path / "manifest.json").read_text())
    told["config"]["audit"] |= {"groups": ["body_mass_g"], "baseline": str(baseline)}
    folder.write_manifest(told, list(told["explanations"]), list(told["checks"]))
    found = audit_run(folder)
    assert found["C3"].value == pytest.approx(0.0)
    assert found["R2"].reason.startswith("body_mass_g ")
    assert found["C4"].status == "pass"
    assert "The explanations are those that were stored" in found["C4"].reason
    assert folder.markdown.read_text() == found.to_markdown()
    assert found.about["thresholds"]["source"] == "the defaults"
    assert found.about["thresholds"]["registered_at"] == told["registration"]["registered_at"]


def test_files_of_the_section_lie_beside_the_configuration(tmp_path, small_config):
    (tmp_path / "limits.toml").write_text("[A1]\npass = 0.9\n")
    section = {"thresholds": "limits.toml", "baseline": "old.json"}
    found = small_config("out", audit=section).settled(tmp_path)
    assert found.audit.baseline == str(tmp_path.resolve() / "old.json")
    assert read_thresholds(found.thresholds)["A1"].passing == 0.9
    absolute = small_config("out", audit={"baseline": str(tmp_path / "old.json")})
    assert absolute.settled(tmp_path / "deep").audit.baseline == found.audit.baseline
    # What counts is what the file says when the run starts.
    (tmp_path / "limits.toml").write_text("[A1]\npass = 0.8\n")
    assert small_config("out", audit=section).settled(tmp_path).sha256 != found.sha256
    with pytest.raises(ConfigError, match=r"in a table or in the file of audit\.thresholds"):
        small_config("out", audit=section, thresholds={"A1": {"pass": 0.9}})


def test_thresholds_of_a_file_are_those_that_were_registered(finished_run, tmp_path):
    folder = RunFolder(shutil.copytree(finished_run.path, tmp_path / "copy"))
    told = json.loads((folder.path / "manifest.json").read_text())
    told["config"] |= {"thresholds": {"A1": {"pass": 0.9}}}
    told["config"]["audit"]["thresholds"] = "deep/limits.toml"
    told["registration"]["thresholds_sha256"] = read_thresholds({"A1": {"pass": 0.9}}).sha256
    folder.write_manifest(told, list(told["explanations"]), list(told["checks"]))
    found = audit_run(folder)
    assert found["P4"].status == "pass"
    assert found.about["thresholds"]["source"] == "the file limits.toml"
