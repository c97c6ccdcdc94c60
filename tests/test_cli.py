from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from xaigeo import cli
from xaigeo.audit import Audit, read_thresholds
from xaigeo.runs import RunFolder

CONFIG = """
title = "Small"
seeds = 2
[data]
dataset = "penguins"
[model]
hidden = [4]
epochs = 5
[explain]
methods = ["kernel_shap", "counterfactuals"]
n_instances = 3
noise_repeats = 0
rerun = false
[faithfulness]
deletion = false
insertion = false
sensitivity = false
randomisation = false
off_support = false
backgrounds = 0
"""


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A run made by the command line in a process of its own."""
    folder = tmp_path_factory.mktemp("cli")
    (folder / "small.toml").write_text(CONFIG)
    command = [sys.executable, "-m", "xaigeo", "run", "small.toml", "--output", "made"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "made", done


def test_run_prints_five_lines_and_its_steps_on_stderr(stored):
    folder, done = stored
    assert len(done.stdout.strip().splitlines()) == 5
    assert "Training 2 models" in done.stderr
    assert (folder / "report.html").is_file()


@pytest.fixture
def no_page(monkeypatch):
    """Leave out the page, which takes longest, where a test looks at what is said of it."""
    monkeypatch.setattr("xaigeo.runs.report_run", lambda folder: folder.report)
    monkeypatch.setattr("xaigeo.runs.pipeline.report_run", lambda folder: folder.report)


@pytest.mark.usefixtures("no_page")
def test_run_for_machines(tmp_path, capsys):
    (tmp_path / "small.toml").write_text(CONFIG)
    output = tmp_path / "made"
    assert cli.main(["run", str(tmp_path / "small.toml"), "--output", str(output), "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["report"] == str(output / "report.html")
    assert captured.err == ""


def test_report_writes_again(stored, tmp_path, capsys):
    folder = shutil.copytree(stored[0], tmp_path / "copy")
    (folder / "report.html").unlink()
    assert cli.main(["report", str(folder)]) == 0
    assert (folder / "report.html").is_file()
    assert "Wrote" in capsys.readouterr().out


@pytest.mark.usefixtures("no_page")
def test_report_for_machines(stored, capsys):
    folder = stored[0]
    assert cli.main(["report", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"report": str(folder / "report.html")}


def test_audit_prints_every_item_and_exits_by_the_verdict(stored, tmp_path, capsys):
    folder = shutil.copytree(stored[0], tmp_path / "copy")
    code = cli.main(["audit", str(folder), "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert code == answer["exit_code"] == 1  # two seeds are too few: P1 fails
    assert cli.main(["audit", str(folder)]) == 1
    assert "Verdict: fail" in capsys.readouterr().out


def test_audit_with_other_thresholds(stored, tmp_path, capsys):
    folder = shutil.copytree(stored[0], tmp_path / "copy")
    (tmp_path / "other.toml").write_text("[P1]\npass = 2\nwarn = 2\n")
    cli.main(["audit", str(folder), "--thresholds", str(tmp_path / "other.toml"), "--json"])
    findings = {f["id"]: f for f in json.loads(capsys.readouterr().out)["findings"]}
    assert findings["P1"]["status"] == "pass"
    assert findings["P4"]["status"] == "fail"  # not the thresholds that were registered


def test_audit_writes_the_forms_asked_for(stored, tmp_path, capsys):
    folder = shutil.copytree(stored[0], tmp_path / "copy")
    forms = {"--markdown": "deep/a.md", "--junit": "b.xml", "--html": "c.html"}
    paths = {option: tmp_path / name for option, name in forms.items()}
    cli.main(["audit", str(folder), *(str(part) for pair in paths.items() for part in pair)])
    capsys.readouterr()
    assert paths["--markdown"].read_text() == (folder / "audit.md").read_text()
    assert paths["--junit"].read_text() == (folder / "junit.xml").read_text()
    assert paths["--html"].read_text().startswith("<!doctype html>")
    assert "the defaults, SHA-256" in paths["--markdown"].read_text()


def test_forms_are_written_where_the_run_cannot_be(stored, tmp_path, capsys):
    folder = shutil.copytree(stored[0], tmp_path / "copy")
    (folder / "audit.json").unlink()
    (folder / "audit.json").mkdir()  # cannot be written over, even by root
    assert cli.main(["audit", str(folder), "--junit", str(tmp_path / "b.xml")]) == cli.USAGE
    assert "can be read and written at" in capsys.readouterr().err
    assert (tmp_path / "b.xml").read_text().startswith("<?xml")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--junit", "."], r"a file of its own for --junit, got \., which is a folder"),
        (["--markdown", "x", "--junit", "./x"], "--junit, got x, which is that of --markdown"),
        (["--html", "RUN/audit.json"], "for --html, got .*audit.json, which is a file of the run"),
        (["--markdown", "RUN/junit.xml"], "which is a file of the run"),
        (["--html", "RUN/manifest.json/x.html"], "can be read and written at .*manifest.json"),
        (["--write-thresholds", "RUN/manifest.json/x.toml"], "can be read and written at"),
    ],
)
def test_forms_that_cannot_be_written_exit_2(stored, capsys, monkeypatch, arguments, words):
    monkeypatch.chdir(stored[0].parent)
    before = (stored[0] / "audit.json").read_bytes()
    given = [text.replace("RUN", str(stored[0])) for text in arguments]
    assert cli.main(["audit", str(stored[0]), *given]) == cli.USAGE
    assert re.search(words, capsys.readouterr().err)
    assert (stored[0] / "audit.json").read_bytes() == before


def test_thresholds_can_be_written_to_start_from(stored, tmp_path, capsys):
    path = tmp_path / "thresholds.toml"
    assert cli.main(["audit", "--write-thresholds", str(path)]) == 0
    assert f"Wrote {path}" in capsys.readouterr().err
    assert read_thresholds(path) == read_thresholds(None)
    assert cli.main(["audit", "--write-thresholds", str(path)]) == 2
    assert "a new file for --write-thresholds" in capsys.readouterr().err
    folder = shutil.copytree(stored[0], tmp_path / "copy")
    cli.main(["audit", str(folder), "--thresholds", str(path), "--json"])
    told = json.loads(capsys.readouterr().out)["thresholds"]
    assert (told["source"], told["registered_at"] is None) == ("the file thresholds.toml", False)
    assert cli.main(["audit"]) == 2
    assert "the output folder of a run, got none" in capsys.readouterr().err


def test_audit_exits_4_where_a_required_item_is_not_answered(stored, tmp_path, capsys, as_earlier):
    folder = shutil.copytree(stored[0], tmp_path / "copy")
    # Thresholds that nothing fails, since a failure comes first.
    limits = {"P1": (2, 1), "M1": (1, 1), "M2": (1, 1), "M3": (1, 1), "M4": (1, 1), "M5": (1, 1)}
    limits |= dict.fromkeys(("F1", "A3", "A4", "A9"), (0, 0)) | {"A6": (1, 1)}
    limits |= dict.fromkeys(("A1", "A2"), (-1, -1))
    (tmp_path / "l.toml").write_text(
        "".join(f"[{name}]\npass = {p}\nwarn = {w}\n" for name, (p, w) in limits.items())
    )
    manifest = folder / "manifest.json"
    told = json.loads(manifest.read_text())
    told["registration"]["thresholds_sha256"] = read_thresholds(tmp_path / "l.toml").sha256
    RunFolder(folder).write_manifest(told, list(told["explanations"]), list(told["checks"]))
    command = ["audit", str(folder), "--thresholds", str(tmp_path / "l.toml"), "--json"]
    assert cli.main(command) == 0
    capsys.readouterr()
    old = as_earlier(Audit.load(folder / "audit.json"), tmp_path / "old.json")
    assert cli.main([*command, "--require", "A1, A8", "--baseline", str(old)]) == 4
    answer = json.loads(capsys.readouterr().out)
    assert answer["required"] == ["A1", "A8"]
    assert answer["verdict"] == "not_evaluated"
    findings = {f["id"]: f for f in answer["findings"]}
    assert findings["C3"]["status"] != "not_evaluated"
    assert cli.main([*command, "--require", "A99"]) == 2
    assert "required items among P1" in json.loads(capsys.readouterr().out)["message"]
    assert cli.main([*command, "--require", "a1"]) == 2
    assert "Did you mean 'A1'?" in json.loads(capsys.readouterr().out)["message"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["run", "none.toml"], "a readable configuration at none.toml"),
        (["report", "nowhere"], "a finished run in nowhere"),
        (["audit", "nowhere"], "a finished run in nowhere"),
    ],
)
def test_bad_input_exits_2_with_a_message(arguments, text, capsys):
    assert cli.main(arguments) == 2
    assert text in capsys.readouterr().err
    assert cli.main([*arguments, "--json"]) == 2
    assert text in json.loads(capsys.readouterr().out)["message"]


def test_usage_exits_2(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["explain"])
    assert stop.value.code == 2
    assert "invalid choice" in capsys.readouterr().err


def test_an_internal_error_exits_70_and_keeps_its_trace(monkeypatch, capsys):
    def broken(path):
        raise RuntimeError("wires crossed")

    monkeypatch.setattr("xaigeo.runs.read_config", broken)
    assert cli.main(["run", "x.toml"]) == 70
    error = capsys.readouterr().err
    assert "internal error: wires crossed" in error
    assert "Traceback" in error


def test_stopping_by_hand_exits_130(monkeypatch, capsys):
    def stopped(path):
        raise KeyboardInterrupt

    monkeypatch.setattr("xaigeo.runs.read_config", stopped)
    assert cli.main(["run", "x.toml"]) == 130
    assert capsys.readouterr().err == "Stopped.\n"


def unread(arguments, folder, **streams):
    """Run a command whose output (`stdout` or `stderr`) goes to a pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        given = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        given |= dict.fromkeys(streams, writing)
        command = [sys.executable, "-m", "xaigeo", *arguments]
        return subprocess.run(command, cwd=folder, text=True, check=False, **given)
    finally:
        os.close(writing)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["audit", "made", "--json"], 1),  # the code of the audit
        (["methods"], 141),
        (["methods", "nothing", "--json"], cli.USAGE),
    ],
)
def test_an_answer_that_nobody_reads_is_no_pass(stored, tmp_path, arguments, code):
    shutil.copytree(stored[0], tmp_path / "made")
    done = unread(arguments, tmp_path, stdout=True)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert "ignored" not in done.stderr


def test_a_run_whose_steps_nobody_reads_stops_and_is_no_pass(tmp_path):
    (tmp_path / "small.toml").write_text(CONFIG)
    done = unread(["run", "small.toml", "--output", "made"], tmp_path, stderr=True)
    assert done.returncode == 141
    assert not (tmp_path / "made").exists()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_no_room_to_write_exits_2_with_a_message():
    command = [sys.executable, "-m", "xaigeo", "methods"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == cli.USAGE
    assert done.stderr == (
        "xaigeo: Expected room to write what the command gives, got No space left on device. Free "
        "some, or write elsewhere: standard output counts too.\n"
    )


def test_methods_are_listed(capsys):
    assert cli.main(["methods", "--json"]) == 0
    names = [row["method"] for row in json.loads(capsys.readouterr().out)]
    assert {"lime", "kernel_shap", "anchors", "counterfactuals"} <= set(names)
    assert cli.main(["methods"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "integrated_gradients" in shown
    assert "n_samples='auto'" in shown


def test_one_method_is_told_whole(capsys):
    assert cli.main(["methods", "lime"]) == 0
    shown = capsys.readouterr().out
    assert "Parameters\n----------\n" in shown
    assert "share_draws : bool" in shown
    assert "share_draws=False" in shown
    assert cli.main(["methods", "lime", "--json"]) == 0
    assert [row["method"] for row in json.loads(capsys.readouterr().out)] == ["lime"]
    assert cli.main(["methods", "limes"]) == cli.USAGE
    assert "Did you mean 'lime'?" in capsys.readouterr().err


@pytest.mark.parametrize("json_too", [[], ["--json"]])
def test_a_method_of_the_other_kind_is_pointed_to(json_too, capsys):
    assert cli.main(["methods", "attention", *json_too]) == cli.USAGE
    assert (
        "got 'attention', which is for models of texts. Write xaigeo methods attention --texts.\n"
    ) in capsys.readouterr().err
    assert cli.main(["methods", "tree_shap", "--texts", *json_too]) == cli.USAGE
    assert (
        "got 'tree_shap', which is for models of tables. Write xaigeo methods tree_shap.\n"
    ) in capsys.readouterr().err


def test_version_needs_no_heavy_import():
    code = """
import sys
from xaigeo import cli
try:
    cli.main(["--version"])
except SystemExit as stop:
    print(stop.code, "torch" in sys.modules, "pandas" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 False False"
