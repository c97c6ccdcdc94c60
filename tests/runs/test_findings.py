from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pandas as pd

import xaigeo as xg
from xaigeo.runs import RunFolder
from xaigeo.runs.findings import findings


def test_five_lines_with_the_numbers_of_the_run(finished_run):
    explanations, evaluation = finished_run.load()
    found = findings(finished_run)
    lines = found.lines()
    assert len(lines) == 5
    worst, best = evaluation.scores["accuracy"].min(), evaluation.scores["accuracy"].max()
    assert f"3 seeds, accuracy {worst:.3f} to {best:.3f} on 100 test rows" in lines[0]
    differing = (evaluation.predicted != evaluation.predicted[0]).any(axis=0).sum()
    assert f"on {differing} of 100" in lines[0]
    table = xg.agreement.summary(explanations["kernel_shap"]).set_index("score")
    assert f"share {table.loc['feature_agreement', 'value']:.2f} of their top 3" in lines[1]
    connectors = xg.agreement.summary(explanations["counterfactuals"]).set_index("score")
    assert f"flips {connectors.loc['cross_validity', 'value']:.2f} of the other" in lines[2]
    verdict = json.loads(finished_run.audit.read_text())["verdict"]
    assert lines[3].split()[1].rstrip(":") == verdict
    assert str(finished_run.report) in lines[4]
    assert set(found.to_dict()) >= {"models", "reasons", "report"}


def test_one_model_differs_from_none(finished_run, monkeypatch):
    load = RunFolder.load

    def load_one(folder):
        explanations, evaluation = load(folder)
        one = replace(evaluation, seeds=evaluation.seeds[:1], prediction=evaluation.prediction[:1])
        return explanations, one

    monkeypatch.setattr(RunFolder, "load", load_one)
    accuracy = finished_run.load()[1].scores["accuracy"].iloc[0]
    told = findings(finished_run).models
    assert told == f"1 seed, accuracy {accuracy:.3f} on 100 test rows."


def test_models_that_are_one_are_not_praised_for_agreeing(finished_run, tmp_path, monkeypatch):
    folder = RunFolder(shutil.copytree(finished_run.path, tmp_path / "copy"))
    monkeypatch.setattr("xaigeo.runs.findings.identical_answers", lambda explanations: True)
    found = findings(folder)
    assert found.reasons.startswith("All 3 seeds have one and the same model: the seed changes")
    assert found.same_answer == ""
    assert "two seeds share" not in "".join(found.lines())


def test_no_row_to_tell_reasons_by(finished_run, monkeypatch):
    monkeypatch.setattr(
        xg.agreement, "same_answer_different_reason", lambda found: pd.DataFrame({"flagged": []})
    )
    assert findings(finished_run).same_answer == (
        "Same answer, different reasons: no rows to tell it by."
    )
