from __future__ import annotations

import re

import numpy as np
import pytest

from tests.text_models import TEXTS, linear_text_ensemble
from xaigeo.errors import InputError
from xaigeo.explainers import explain
from xaigeo.text import ABSENT


@pytest.fixture(scope="module")
def linear():
    return linear_text_ensemble(n_outputs=3, marked=True)


def own_weights(ensemble, found):
    """Return the weight vectors of a text's tokens, 0 where none is explained."""
    rows = found.array("input").astype(int)
    weights = ensemble.members.weights[:, np.where(rows < 0, 0, rows)]
    return weights * found.mask[None, :, :, None]


@pytest.mark.parametrize("removal", ["delete", "unknown"])
def test_a_linear_model_loses_the_words_own_weight(linear, removal):
    found = explain(linear, TEXTS, "occlusion", removal=removal, scale="logit")
    unknown = linear.members.weights[:, None, None, 0] * found.mask[None, :, :, None]
    expected = own_weights(linear, found) - (unknown if removal == "unknown" else 0)
    assert found.array("attribution") == pytest.approx(expected)
    outputs = linear.outputs(TEXTS, scale="logit")
    assert found.array("explained_value") == pytest.approx(outputs)


def test_special_tokens_are_neither_removed_nor_explained(linear):
    found = explain(linear, TEXTS, "occlusion")
    assert found.tokens[1][0] == "[start]"
    assert not found.mask[:, 0].any()
    assert found.n_tokens.tolist() == [7, 4, 9, 5]


@pytest.mark.parametrize("pooled", [False, True])
@pytest.mark.parametrize("window", [1, 2, 3, 20])
def test_windows_are_those_of_a_loop_over_texts(pooled, window):
    ensemble = linear_text_ensemble(pooled=pooled, marked=True)
    found = explain(ensemble, TEXTS, "occlusion", window=window)
    rows, prediction = found.array("input"), found.array("prediction")
    expected = np.zeros(found.array("attribution").shape)
    for i, row in enumerate(rows):
        places = np.flatnonzero(found.mask[i])
        size = min(window, len(places))
        windows = [places[start : start + size] for start in range(len(places) - size + 1)]
        for place in places:
            losses = []
            for own in windows:
                if place in own:
                    without = row.copy()
                    without[own] = ABSENT
                    losses.append(prediction[:, i] - ensemble.outputs_encoded(without[None])[:, 0])
            expected[:, i, place] = np.mean(losses, axis=0)
    assert found.array("attribution") == pytest.approx(expected)


def test_a_token_that_removal_leaves_as_it_is_gets_exactly_0():
    ensemble = linear_text_ensemble(pooled=True)
    found = explain(ensemble, ["a zebra is good"], "occlusion", removal="unknown")
    assert found.mask[0, :4].all()
    assert (found.array("attribution")[:, 0, 1] == 0).all()
    assert (found.array("attribution")[:, 0, [0, 2, 3]] != 0).all()


def test_values_of_a_regression_are_explained():
    ensemble = linear_text_ensemble(task="regression", n_outputs=1)
    found = explain(ensemble, TEXTS, "occlusion")
    assert found.scale == "value"
    assert found.array("attribution") == pytest.approx(own_weights(ensemble, found))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"removal": "hide"}, "'hide'"),
        (
            {"removal": "mask"},
            "Expected removal to be one of 'delete', 'unknown', got 'mask'. Pass "
            "removal='unknown': it puts in the tokenizer's mask token where it has one, else its "
            "unknown token.",
        ),
        ({"window": 0}, "Expected window to be a whole number of at least 1"),
        ({"scale": "odds"}, "'odds'"),
    ],
)
def test_parameters_that_do_not_fit(linear, parameters, message):
    with pytest.raises(InputError, match=re.escape(message)):
        explain(linear, TEXTS, "occlusion", **parameters)


def test_unknown_tokens_need_a_tokenizer_that_has_one():
    ensemble = linear_text_ensemble(hides=False)
    message = "a tokenizer with a mask or an unknown token for removal='unknown'"
    with pytest.raises(InputError, match=re.escape(message)):
        explain(ensemble, TEXTS, "occlusion", removal="unknown")
    assert explain(ensemble, TEXTS, "occlusion").array("attribution").any()


def test_there_is_no_other_engine(linear):
    with pytest.raises(InputError, match=re.escape("an engine of occlusion (batched)")):
        explain(linear, TEXTS, "occlusion", engine="upstream")
