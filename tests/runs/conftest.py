from __future__ import annotations

import json

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


@pytest.fixture
def no_page(monkeypatch):
    """Leave out the page, which takes longest, where a test looks at the rest of a run."""
    monkeypatch.setattr("xaigeo.runs.pipeline.report_run", lambda folder: folder.report)


SUBJECTS = ("The film", "The meal", "This phone", "Our room", "The plot")
SAID = {"positive": ("was good", "felt great"), "negative": ("was bad", "felt awful")}
# Twenty sentences of other words, half of them good.
SENTENCES = [
    {
        "review": f"{subject} {words}.",
        "sentiment": label,
        "shop": "ab"[place % 2],
        "stars": place / 7,
    }
    for place, subject in enumerate(SUBJECTS)
    for label, phrases in SAID.items()
    for words in phrases
]

SMALL_TEXTS = {
    "title": "Small texts",
    "seeds": 3,
    "data": {"file": "texts.jsonl", "text": "review", "target": "sentiment"},
    "model": {"embedding_size": 4, "hidden_size": 2, "kernel_sizes": [1, 3], "epochs": 2},
    "explain": {
        "methods": ["attention", "kernel_shap", "anchors", "counterfactuals"],
        "n_instances": 4,
        "noise_repeats": 1,
        "parameters": {
            "kernel_shap": {"n_samples": 14},
            "anchors": {"n_samples": 100, "n_search": 200},
            "counterfactuals": {"max_changes": 2, "n_candidates": 5},
        },
    },
    "faithfulness": {"n_instances": 2},
    "audit": {"groups": ["shop"]},
    "thresholds": {"R2": {"min_rows": 1}},
}


@pytest.fixture(scope="session")
def text_folder(tmp_path_factory):
    """A folder with a file of twenty sentences."""
    folder = tmp_path_factory.mktemp("texts")
    lines = "\n".join(json.dumps(one) for one in SENTENCES)
    (folder / "texts.jsonl").write_text(lines + "\n")
    return folder


@pytest.fixture(scope="session")
def text_config():
    def make(output="out", **changes):
        return config_from_dict(SMALL_TEXTS | {"output": str(output)} | changes)

    return make


@pytest.fixture(scope="session")
def finished_text_run(text_folder, text_config):
    """A whole run of texts, made once; tests that change it copy it first."""
    return run(text_config(text_folder / "small"), base=text_folder)
