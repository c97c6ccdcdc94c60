from __future__ import annotations

import re

import pytest

import xaigeo as xg
from tests.huggingface_models import bert, word_pieces
from tests.text_models import TEXTS, LinearTextMembers, linear_text_ensemble
from xaigeo.explainers.texts.catalogue import TEXT_EXPLAINERS

SPENT = {
    "occlusion": [{}, {"window": 3}],
    "lime": [{"n_samples": 100}, {"n_samples": 100, "n_repeats": 2}],
    "exact_shap": [{}],
    "kernel_shap": [{}, {"n_samples": 20}, {"n_samples": 50, "n_repeats": 3}],
    "permutation_shap": [{}, {"n_permutations": 1}],
    "sampling_shap": [{}, {"n_samples": 60, "min_samples": 2}],
    "counterfactuals": [
        {"changes": "delete"},
        {"changes": "delete", "max_changes": 2, "beam": 2},
        {"candidates": ["good", "long"], "target": "class2", "max_changes": 3},
        {"n_candidates": 2, "changes": "replace", "background": TEXTS, "target": "class2"},
    ],
}
CASES = [(method, options) for method, every in SPENT.items() for options in every]


def told(error):
    found = re.search(r"every model reads up to ([\d,]+) texts", error)
    return int(found.group(1).replace(",", ""))


@pytest.mark.parametrize(
    ("method", "options"), CASES, ids=[f"{m}-{i}" for i, (m, _) in enumerate(CASES)]
)
def test_no_more_texts_are_read_than_was_told(method, options, monkeypatch, capsys):
    ensemble = linear_text_ensemble(n_seeds=1, n_outputs=3)
    read = []
    values = LinearTextMembers.values

    def counted(self, rows, scale):
        read.append(len(rows))
        return values(self, rows, scale)

    monkeypatch.setattr(LinearTextMembers, "values", counted)
    xg.explain(ensemble, TEXTS[:2], method=method, progress=True, **options)
    # The explained and the background texts are asked about for the result.
    spent = sum(read) - 2 - len(options.get("background", TEXTS[:2]))
    most = told(capsys.readouterr().err)
    assert spent <= most
    if method == "occlusion" or options == {"n_permutations": 1}:  # no text comes twice
        assert spent == most


@pytest.mark.parametrize(
    ("method", "options", "expected"),
    [
        ("occlusion", {}, 401),
        ("kernel_shap", {}, 2850),
        ("lime", {}, 5001),
        ("permutation_shap", {}, 7982),
        ("sampling_shap", {}, 160_002),
        ("counterfactuals", {}, 210_813),
        ("counterfactuals", {"changes": "delete"}, 6813),
    ],
)
def test_the_cost_of_a_text_of_400_words(method, options, expected):
    assert TEXT_EXPLAINERS.get(method)(**options).reads(400) == expected


def test_it_is_told_before_the_bar_and_with_it_alone(capsys):
    ensemble = linear_text_ensemble()
    xg.explain(ensemble, TEXTS, method="occlusion", progress=True)
    lines = capsys.readouterr().err
    sentence = (
        "occlusion: to explain 4 texts every model reads up to 29 texts, 10 of them for the "
        "longest (9 tokens)."
    )
    assert lines.index(sentence) < lines.rindex("100%")
    xg.explain(ensemble, TEXTS, method="occlusion")
    assert capsys.readouterr().err == ""


def test_words_are_counted_where_they_are_taken_away(capsys):
    ensemble = xg.TextEnsemble.wrap(bert(2), tokenizer=word_pieces(), max_tokens=24)
    xg.explain(ensemble, ["singing films"], method="occlusion", units="words", progress=True)
    assert "to explain 1 text every model reads up to 3 texts (2 words)" in capsys.readouterr().err


def test_anchors_race_until_they_are_told_apart(capsys):
    ensemble = linear_text_ensemble()
    xg.explain(
        ensemble,
        TEXTS[:1],
        method="anchors",
        background=TEXTS,
        progress=True,
        n_samples=100,
        n_checks=1,
        threshold=0.8,
    )
    assert "every model reads" not in capsys.readouterr().err
