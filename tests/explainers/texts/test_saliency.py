from __future__ import annotations

import re

import numpy as np
import pytest

from tests.text_models import TEXTS, linear_text_ensemble
from xaigeo.errors import InputError
from xaigeo.explainers import explain
from xaigeo.explainers.texts.saliency import TextSaliencyExplainer


@pytest.fixture(scope="module")
def linear():
    return linear_text_ensemble(n_outputs=3, marked=True)


@pytest.mark.parametrize(
    ("reduction", "expected"),
    [("norm", 1.0), ("l1", 1.0), ("sum", 1.0), ("mean", 1 / 3), ("absolute_sum", 1.0)],
)
def test_a_linear_models_gradient_is_one_output_of_each_vector(linear, reduction, expected):
    # Output o is a sum of the o-th numbers of the words' vectors.
    found = explain(linear, TEXTS, "saliency", scale="logit", reduction=reduction)
    there = found.array("input") >= 0
    assert (found.mask == there).all()
    assert found.array("attribution") == pytest.approx(
        np.broadcast_to(expected * there[None, :, :, None], (3, 4, 10, 3))
    )
    assert found.signed == (reduction in ("sum", "mean"))
    assert not found.additive
    assert found.scale == "logit"


def test_probabilities_have_the_softmax_on_the_way(linear):
    found = explain(linear, TEXTS, "saliency", reduction="norm")
    p = found.array("explained_value")
    slopes = p[..., None] * (np.eye(3) - p[..., None, :])  # of output o by number j
    expected = np.sqrt((slopes**2).sum(axis=-1))[:, :, None] * found.mask[None, :, :, None]
    assert found.array("attribution") == pytest.approx(expected)
    assert p == pytest.approx(linear.predict_proba(TEXTS))


def test_it_is_the_length_of_finite_differences(trained):
    ensemble, texts = trained("cnn")
    found = explain(ensemble, texts[:2], "saliency")
    members, rows = ensemble.members, ensemble.schema.encode(texts[:2])
    points, step = members.embed(rows), 1e-5
    for i, token in [(0, 0), (1, 3)]:
        total = 0.0
        for j in range(points.shape[-1]):
            up, down = points.clone(), points.clone()
            up[:, i, token, j] += step
            down[:, i, token, j] -= step
            sides = [members.outputs_of_embedded(p, rows, "probability") for p in (up, down)]
            total = total + ((sides[0] - sides[1])[:, i] / (2 * step)) ** 2
        assert found.array("attribution")[:, i, token] == pytest.approx(
            np.sqrt(total.detach().numpy()), rel=1e-5, abs=1e-9
        )


@pytest.mark.parametrize("encoder", ["cnn", "lstm", "transformer"])
@pytest.mark.parametrize("scale", ["probability", "logit"])
def test_both_engines_agree(trained, assert_engines_agree, encoder, scale):
    ensemble, texts = trained(encoder)
    assert_engines_agree(ensemble, texts[:4], texts, "saliency", atol=1e-10, scale=scale)


def test_a_regressions_value_is_explained(assert_engines_agree):
    values = linear_text_ensemble(n_outputs=1, task="regression")
    found = assert_engines_agree(values, TEXTS, TEXTS, "saliency")
    assert found.scale == "value"
    assert found.array("attribution").max() == pytest.approx(1)


def test_added_tokens_can_be_left_out(linear):
    kept = explain(linear, TEXTS, "saliency")
    left = explain(linear, TEXTS, "saliency", special_tokens="drop")
    assert kept.mask[:, 0].all()
    assert not left.mask[:, 0].any()
    assert not left.array("attribution")[:, :, 0].any()
    assert (left.array("attribution")[:, :, 1:] == kept.array("attribution")[:, :, 1:]).all()
    assert set(left.to_frame()["word"]) == set(kept.to_frame()["word"]) - {"[start]"}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"reduction": "l2"}, "Expected reduction to be one of 'sum', 'mean', 'absolute_sum', "),
        ({"special_tokens": "skip"}, "Expected special_tokens to be one of 'keep', 'drop', got"),
        ({"scale": "odds"}, "Expected scale to be one of 'probability', 'logit', 'value', got"),
    ],
)
def test_options_are_checked(parameters, message):
    with pytest.raises(InputError, match=re.escape(message)):
        TextSaliencyExplainer(**parameters)
