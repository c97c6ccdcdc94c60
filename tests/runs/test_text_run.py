"""A run of texts from a file to its report, as of a table."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from xaigeo import cli
from xaigeo.audit import Audit
from xaigeo.errors import StoreError
from xaigeo.runs import RunFolder, audit_run, report_run, run
from xaigeo.runs.findings import findings

FILES = {
    "report.html",
    "audit.json",
    "audit.md",
    "junit.xml",
    "manifest.json",
    "evaluation.npz",
    "explanations",
    "checks",
}


@pytest.fixture
def copied(finished_text_run, tmp_path):
    return RunFolder(shutil.copytree(finished_text_run.path, tmp_path / "copy"))


def test_it_leaves_all_that_makes_sense_for_texts(finished_text_run):
    path = finished_text_run.path
    assert {one.name for one in path.iterdir()} == FILES
    # No other background: attributions of texts do not look at one.
    assert {one.name for one in (path / "explanations").iterdir()} == {
        "attention",
        "kernel_shap",
        "anchors",
        "counterfactuals",
        "kernel_shap.noise-1",
        "kernel_shap.rerun",
    }
    assert {one.name for one in (path / "checks").iterdir()} == {
        "deletion.attention.npz",
        "deletion.kernel_shap.npz",
        "insertion.attention.npz",
        "insertion.kernel_shap.npz",
        "sensitivity.kernel_shap.npz",
        "randomisation.kernel_shap.npz",
        "attention_permutation.npz",
    }


def test_training_again_gives_the_same_explanations(finished_text_run):
    explanations, evaluation = finished_text_run.load()
    np.testing.assert_array_equal(
        explanations["kernel_shap"].array("attribution"),
        explanations["kernel_shap.rerun"].array("attribution"),
    )
    assert evaluation.classes == ("negative", "positive")
    # Near words, which sensitivity puts in, come from the training texts.
    assert len(explanations["kernel_shap"].array("background")) == 14
    assert finished_text_run.manifest()["data"]["n_train"] == 14


def test_the_audit_answers_and_says_what_it_cannot(finished_text_run):
    found = Audit.load(finished_text_run.audit)
    for item in ("P2", "P3", "P4", "M1", "F1", "F2", "F3", "F4", "A1", "A8", "A9", "R2", "C4"):
        assert found[item].status != "not_evaluated", item
    assert found["F5"].status == "not_evaluated"
    assert "look at no background texts" in found["F5"].reason
    assert found["R1"].status == "not_evaluated"
    assert "No text is off the data by construction" in found["R1"].reason
    assert found["P4"].status == "pass"


def test_groups_are_kept_with_the_run(finished_text_run, text_folder, copied):
    lines = [json.loads(line) for line in (text_folder / "texts.jsonl").read_text().splitlines()]
    shop = {one["review"]: one["shop"] for one in lines}
    explanations, _ = finished_text_run.load()
    texts = explanations["attention"].texts
    assert copied.manifest()["groups"] == {"shop": [shop[text] for text in texts]}
    again = audit_run(copied)  # without the file of the texts
    assert again["R2"].value == Audit.load(finished_text_run.audit)["R2"].value


def test_the_words_of_a_terminal(finished_text_run):
    told = findings(finished_text_run)
    assert "test texts; they differ" in told.models
    assert "of their top 3 words and" in told.reasons
    assert " texts" in told.same_answer
    assert "A seed's anchor holds with precision" in told.rules
    assert "a seed's counterfactual flips" in told.rules


def test_the_report_can_be_written_again(copied):
    copied.report.unlink()
    text = report_run(copied).read_text()
    assert "texts: 14 texts to train, 6 to test." in text


def test_another_audit_of_texts_is_a_baseline(copied, as_earlier):
    found = audit_run(copied, baseline=as_earlier(Audit.load(copied.audit)))
    assert found["C3"].value == pytest.approx(0.0)


def test_a_baseline_may_read_longer_texts(copied, as_earlier):
    earlier = as_earlier(Audit.load(copied.audit))
    told = earlier.about["ensemble"]
    longer = {**told, "features": [*told["features"], "6", "7"]}
    baseline = replace(earlier, about={**earlier.about, "ensemble": longer})
    assert audit_run(copied, baseline=baseline)["C3"].value == pytest.approx(0.0)
    others = {**told, "outputs": ["bad", "good"]}
    baseline = replace(earlier, about={**earlier.about, "ensemble": others})
    assert "its outputs are 2" in audit_run(copied, baseline=baseline)["C3"].reason


def test_what_was_altered_is_noticed(copied):
    check = copied.check_path("attention_permutation")
    check.write_bytes(check.read_bytes()[::-1])
    with pytest.raises(StoreError, match="other contents"):
        copied.checks()


def test_a_group_that_was_altered_is_noticed(copied):
    path = copied.path / "manifest.json"
    body = json.loads(path.read_text())
    body["groups"]["shop"][0] = "c"
    path.write_text(json.dumps(body))
    with pytest.raises(StoreError, match="other contents"):
        audit_run(copied)


@pytest.mark.usefixtures("no_page")
def test_a_run_that_was_stopped_is_taken_up(
    tmp_path, text_folder, text_config, finished_text_run, monkeypatch
):
    from xaigeo.store.parts import PartFolder

    config = text_config(tmp_path / "out")
    write, written = PartFolder.write, []

    def failing(self, place, arrays):
        if len(written) == 2:
            raise OSError("disk full")
        write(self, place, arrays)
        written.append((self.path.name, place))

    monkeypatch.setattr(PartFolder, "write", failing)
    with pytest.raises(OSError, match="disk full"):
        run(config, base=text_folder)
    first = list(written)
    written.append(("", -1))  # no longer two
    lines: list[str] = []
    folder = run(config, base=text_folder, log=lines.append)
    assert lines[0].startswith("Taking up the run that was begun at ")
    assert not set(first) & set(written[3:])  # nothing is explained twice
    explanations, _ = folder.load()
    reference, _ = finished_text_run.load()
    for name, found in explanations.items():
        xr.testing.assert_identical(found.data, reference[name].data)


QUICK = {
    "explain": {"methods": ["occlusion"], "n_instances": 3, "noise_repeats": 0, "rerun": False},
    "faithfulness": {
        "deletion": False,
        "insertion": False,
        "sensitivity": False,
        "randomisation": False,
    },
    "audit": {},
    "thresholds": {},
}


@pytest.mark.parametrize(
    ("model", "checks"),
    [({"encoder": "lstm", "attention": "scaled_dot"}, ["attention_permutation"]),
     ({"encoder": "transformer", "n_heads": 2, "n_layers": 1}, [])],
)  # fmt: skip
def test_other_encoders_and_word_vectors(tmp_path, text_folder, text_config, model, checks):
    vectors = "good 1 0 0 0\nbad 0 1 0 0\n"
    (text_folder / "words.txt").write_text(vectors)
    told = {"hidden_size": 4, "epochs": 2, "vectors": "words.txt", "averaging": "ema"}
    told |= {"class_weight": {"positive": 2, "negative": 1}}
    folder = run(text_config(tmp_path / "out", model=told | model, **QUICK), base=text_folder)
    assert list(folder.manifest()["checks"]) == checks
    explanations, _ = folder.load()
    record = explanations["occlusion"].provenance["ensemble"]["record"]
    assert record["n_known_vectors"] == 2
    assert record["config"]["averaging"] == "ema"
    assert record["config"]["encoder"] == model["encoder"]


def test_amounts_of_texts(tmp_path, text_folder, text_config):
    data = {"file": "texts.jsonl", "text": "review", "target": "stars"}
    folder = run(text_config(tmp_path / "out", data=data, **QUICK), base=text_folder)
    _, evaluation = folder.load()
    assert evaluation.task == "regression"
    assert list(folder.manifest()["checks"]) == []


@pytest.mark.usefixtures("no_page")
def test_texts_that_are_cut_are_told_once(tmp_path, text_folder, text_config):
    lines: list[str] = []
    model = {"embedding_size": 4, "hidden_size": 2, "epochs": 1, "max_tokens": 3}
    config = text_config(tmp_path / "out", model=model, **QUICK)
    folder = run(config, base=text_folder, log=lines.append)
    told = "20 of 20 texts have more than 3 tokens; what is beyond is not read."
    assert lines.count(told) == 1
    assert folder.manifest()["data"]["notes"] == told


QUICK_TOML = """
seeds = 2
[data]
file = "texts.jsonl"
text = "review"
target = "sentiment"
[model]
embedding_size = 4
hidden_size = 2
epochs = 1
[explain]
methods = ["attention"]
n_instances = 3
rerun = false
[faithfulness]
deletion = false
insertion = false
sensitivity = false
randomisation = false
"""


def test_every_command_takes_a_run_of_texts(tmp_path, text_folder, capsys):
    (text_folder / "quick.toml").write_text(QUICK_TOML)
    output = str(tmp_path / "made")
    assert cli.main(["run", str(text_folder / "quick.toml"), "--output", output, "--json"]) == 0
    assert "on 6 test texts" in json.loads(capsys.readouterr().out)["models"]
    page = tmp_path / "checklist.html"
    assert cli.main(["audit", output, "--html", str(page), "--json"]) == 1  # two seeds are too few
    told = json.loads(capsys.readouterr().out)
    assert {one["kind"] for one in told["explanations"]} == {"token_attributions"}
    assert page.is_file()
    code = cli.main(["audit", output, "--require", "R1", "--baseline", f"{output}/audit.json"])
    assert code == 1
    assert "The baseline is of these very results" in capsys.readouterr().out
    assert cli.main(["report", output]) == 0
    assert cli.main(["run", str(text_folder / "texts.jsonl")]) == cli.USAGE
