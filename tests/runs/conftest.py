from __future__ import annotations

import pytest

from xaigeo.runs import config_from_dict, run

SMALL = {
    "title": "Small </script><b>run</b>",
    "seeds": 3,
    "data": {"dataset": "penguins"},
    "model": {"hidden": [6], "epochs": 15},
    "explain": {
        "methods": ["lime", "kernel_shap", "anchors", "counterfactuals"],
        "n_instances": 6,
        "noise_repeats": 1,
        "parameters": {"lime": {"n_samples": 500}, "kernel_shap": {"n_background": 20}},
    },
    "faithfulness": {"n_instances": 3},
    "report": {"views": [["bill_length_mm", "flipper_length_mm"]]},
}


@pytest.fixture(scope="session")
def small_config():
    def make(output, **changes):
        return config_from_dict(SMALL | {"output": str(output)} | changes)

    return make


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory, small_config):
    """A whole run, made once; tests that change it copy it first."""
    lines: list[str] = []
    folder = run(small_config(tmp_path_factory.mktemp("run") / "small"), log=lines.append)
    assert lines[0].startswith("Training 3 models on 233 rows of Palmer penguins")
    return folder
