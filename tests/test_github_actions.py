"""The workflow of the examples: its own commands, on a small run."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path

import pandas as pd
import pytest
import yaml  # comes with dask

from xaigeo import cli
from xaigeo.audit import Audit
from xaigeo.datasets import penguins
from xaigeo.runs import config_from_dict, run

HERE = Path(__file__).parents[1] / "examples" / "github-actions"


@pytest.fixture(scope="module")
def steps():
    return yaml.safe_load((HERE / "model-audit.yml").read_text())["jobs"]["audit"]["steps"]


@pytest.fixture(scope="module")
def config():
    return tomllib.loads((HERE / "audit.toml").read_text())


def commands(steps, name):
    """Return the words of each xaigeo command of a step."""
    text = next(step["run"] for step in steps if step.get("name") == name)
    lines = [line.strip() for line in text.splitlines()]
    return [shlex.split(line) for line in lines if line.startswith("xaigeo ")]


@pytest.fixture(scope="module")
def audited(steps, config, tmp_path_factory, as_earlier):
    """Carry out the steps Run and Gate, with few seeds, rows and methods."""
    folder = tmp_path_factory.mktemp("actions")
    ((_, *words),) = commands(steps, "Run")
    told = cli._parser().parse_args(words)
    assert told.config == Path("audit.toml")
    small = config | {
        "seeds": 3,
        "model": {"hidden": [4], "epochs": 5},
        "explain": {
            "methods": ["kernel_shap"],
            "n_instances": 12,
            "noise_repeats": 0,
            "rerun": False,
            "parameters": {"kernel_shap": {"n_background": 10}},
        },
        "faithfulness": dict.fromkeys(
            ("deletion", "insertion", "sensitivity", "randomisation", "off_support"), False
        )
        | {"backgrounds": 0},
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        run(config_from_dict(small | {"output": told.output}))
        ((_, *words),) = commands(steps, "Gate")
        as_earlier(Audit.load(folder / "out/run/audit.json"), folder / "audit-baseline.json")
        at = words.index("$baseline")
        code = cli.main([*words[:at], "--baseline", "audit-baseline.json", *words[at + 1 :]])
    return folder, code


def test_the_configuration_of_the_example_is_valid(config):
    found = config_from_dict(config)
    assert found.audit.required == ["P4", "M1", "A1", "A2", "C4"]
    assert found.audit.groups == ["sex", "body_mass_g"]


def test_the_gate_exits_by_the_verdict_and_leaves_what_later_steps_read(audited, steps):
    folder, code = audited
    answer = json.loads((folder / "out/run/audit.json").read_text())
    assert code == {"pass": 0, "warn": 0, "fail": 1, "not_evaluated": 4}[answer["verdict"]]
    findings = {one["id"]: one for one in answer["findings"]}
    assert findings["P4"]["status"] == findings["C4"]["status"] == "pass"
    assert findings["C3"]["value"] == pytest.approx(0.0)
    assert (folder / "out/checklist.html").is_file()
    text = yaml.dump(steps)
    for name in re.findall(r"out/run/[\w.]+", text):
        assert (folder / name).exists(), name


def test_the_steps_that_show_the_audit_run_after_a_failed_gate(steps):
    at = next(n for n, step in enumerate(steps) if step.get("name") == "Gate")
    assert all("!cancelled()" in step["if"] for step in steps[at + 1 :])


def test_the_exit_codes_are_told(audited):
    for text in ((HERE / "README.md").read_text(), (HERE / "model-audit.yml").read_text()):
        for code in ("0", "1", "2", "3", "4", "70"):
            assert re.search(rf"\b{code}\b", text)


def test_the_groups_of_the_example_are_large_enough_to_be_compared(config):
    found = config_from_dict(config)
    data = penguins()
    rows = data.split(found.data.test_share, random_state=found.data.split_random_state).X_test
    least = config["thresholds"]["R2"]["min_rows"]
    for name in found.audit.groups:
        column = rows[name]
        groups = column if column.nunique() <= 10 else pd.qcut(column, 4)
        assert (groups.value_counts() >= least).sum() >= 2
