from __future__ import annotations

import re
from itertools import combinations
from math import factorial

import numpy as np
import pytest

from tests.text_models import TEXTS, linear_text_ensemble
from xaigeo.errors import InputError
from xaigeo.explainers import explain

LONG = "a good film with a good plot and not a thin plot , the music is fine"


@pytest.fixture(scope="module")
def pooled():
    """Return models in which every token acts on the others: attention shares out weights."""
    return linear_text_ensemble(pooled=True, marked=True, max_tokens=20)


def brute_force(ensemble, row, places, hidden, scale=None):
    """Return Shapley values from their definition, shape (n_seeds, n_tokens, n_outputs)."""
    n = len(places)

    def worth(kept):
        text = row.copy()
        text[[p for j, p in enumerate(places) if j not in kept]] = hidden
        return ensemble.outputs_encoded(text[None], scale=scale)[:, 0]

    known = {kept: worth(kept) for size in range(n + 1) for kept in combinations(range(n), size)}
    values = []
    for j in range(n):
        others = [k for k in range(n) if k != j]
        total = 0.0
        for size in range(n):
            share = factorial(size) * factorial(n - size - 1) / factorial(n)
            for kept in combinations(others, size):
                with_j = tuple(sorted((*kept, j)))
                total = total + share * (known[with_j] - known[kept])
        values.append(total)
    return np.stack(values, axis=1)


@pytest.mark.parametrize(("removal", "hidden"), [("delete", -1.0), ("unknown", 0.0)])
def test_short_texts_are_exact_by_brute_force(pooled, removal, hidden):
    text = "not a good film , fine"
    found = explain(pooled, [text], "kernel_shap", removal=removal, random_state=0)
    row, places = found.array("input")[0], np.flatnonzero(found.mask[0])
    assert len(places) == 6
    expected = brute_force(pooled, row, places, hidden)
    assert found.array("attribution")[:, 0, places] == pytest.approx(expected)


@pytest.mark.parametrize("encoder", ["cnn", "lstm"])
def test_a_network_is_exact_by_brute_force(trained, encoder):
    ensemble, _ = trained(encoder)
    found = explain(ensemble, ["not bad , good fine plot"], "kernel_shap", random_state=0)
    row, places = found.array("input")[0], np.flatnonzero(found.mask[0])
    assert len(places) == 6
    expected = brute_force(ensemble, row, places, -1.0)
    assert found.array("attribution")[:, 0, places] == pytest.approx(expected, abs=1e-9)
    assert abs(expected).max() > 1e-3


def test_a_linear_model_gives_the_words_weights():
    ensemble = linear_text_ensemble(n_outputs=3, max_tokens=20)
    found = explain(ensemble, [LONG], "kernel_shap", scale="logit", random_state=0)
    row = found.array("input")[0]
    n = int(found.n_tokens[0])
    expected = ensemble.members.weights[:, row[:n].astype(int)]
    assert found.array("attribution")[:, 0, :n] == pytest.approx(expected)
    assert found.array("base_value")[:, 0] == pytest.approx(ensemble.members.bias)


def test_the_base_value_is_the_text_without_words_and_all_adds_up(pooled):
    found = explain(pooled, [*TEXTS, LONG], "kernel_shap", n_samples=60, random_state=0)
    assert found.additive
    total = found.array("base_value") + found.array("attribution").sum(axis=2)
    assert total == pytest.approx(found.array("explained_value"))
    assert found.array("explained_value") == pytest.approx(found.array("prediction"))
    empty = np.full((1, 20), -1.0)
    empty[0, 0] = found.array("input")[0, 0]  # the token that the tokenizer adds stays
    nobody = pooled.outputs_encoded(empty)
    assert found.array("base_value") == pytest.approx(np.repeat(nobody, 5, axis=1))


def test_repeats_tell_the_error_of_their_mean(pooled):
    repeated = explain(pooled, [LONG], "kernel_shap", n_samples=60, n_repeats=3, random_state=0)
    error = repeated.array("std_error")
    assert (error[:, repeated.mask] > 0).all()
    assert not error[:, ~repeated.mask].any()
    complete = explain(pooled, TEXTS, "kernel_shap", n_repeats=3, random_state=0)
    assert not complete.array("std_error").any()
    once = explain(pooled, TEXTS, "kernel_shap", random_state=0)
    assert "std_error" not in once.data


def test_a_text_of_one_word_gets_the_whole_difference(pooled):
    for method in ("kernel_shap", "exact_shap", "permutation_shap", "sampling_shap"):
        found = explain(pooled, ["good"], method, random_state=0)
        whole = found.array("explained_value") - found.array("base_value")
        assert found.array("attribution")[:, :, 1] == pytest.approx(whole), method


def test_a_text_of_unknown_words_alone_gets_0_when_words_become_unknown(pooled):
    found = explain(pooled, ["zebra zebra"], "kernel_shap", removal="unknown", random_state=0)
    assert not found.array("attribution").any()
    assert found.array("base_value") == pytest.approx(found.array("explained_value"))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"n_samples": 10},
            "Expected texts of up to 5 tokens for kernel_shap with n_samples=10, got 1 of 1 that "
            "are longer, the longest the text at 0 with 17: 'a good film with a good plot and not "
            "a thin plot , the music...'. Draw n_samples=34 coalitions or more, or leave "
            "n_samples='auto'.",
        ),
        ({"n_samples": 1}, "Expected n_samples to be a whole number of at least 2"),
        ({"n_repeats": 0}, "Expected n_repeats to be a whole number of at least 1"),
        ({"link": "log"}, "'log'"),
        ({"link": "logit", "scale": "logit"}, "Expected probabilities for link='logit'"),
        ({"l1_reg": "best"}, "'best'"),
    ],
)
def test_parameters_that_do_not_fit(pooled, parameters, message):
    with pytest.raises(InputError, match=re.escape(message)):
        explain(pooled, [LONG], "kernel_shap", **parameters)
