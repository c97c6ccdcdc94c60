"""What `[audit]` of a configuration asks for, before and after a run."""

from __future__ import annotations

import json
import shutil

import pytest

from xaigeo.errors import InputError, StoreError
from xaigeo.runs import RunFolder, audit_run, run


@pytest.mark.parametrize(
    ("section", "error", "words"),
    [
        ({"groups": ["sax"]}, InputError, r"the data \(audit\.groups\).*Did you mean 'sex'"),
        ({"baseline": "none.json"}, StoreError, r"a readable audit at none\.json"),
        ({"required": ["Z9"]}, InputError, "no items of the audit: Z9"),
    ],
)
def test_mistakes_are_told_before_anything_is_trained(
    tmp_path, small_config, section, error, words
):
    with pytest.raises(error, match=words):
        run(small_config(tmp_path / "out", audit=section))
    assert not (tmp_path / "out").exists()


def test_groups_and_baseline_of_the_configuration_are_used(finished_run, tmp_path):
    folder = RunFolder(shutil.copytree(finished_run.path, tmp_path / "copy"))
    baseline = shutil.copy(folder.audit, tmp_path / "old.json")
    told = json.loads((folder.path / "manifest.json").read_text())
    told["config"]["audit"] |= {"groups": ["body_mass_g"], "baseline": str(baseline)}
    folder.write_manifest(told, list(told["explanations"]), list(told["checks"]))
    found = audit_run(folder)
    assert found["C3"].value == pytest.approx(0.0)
    assert found["R2"].reason.startswith("body_mass_g has not two groups of at least 50")
    assert found["C4"].status == "pass"
    assert "The explanations are those that were stored" in found["C4"].reason
    assert folder.markdown.read_text() == found.to_markdown()
    assert found.about["thresholds"]["source"] == "the defaults"
    assert found.about["thresholds"]["registered_at"] == told["registration"]["registered_at"]
