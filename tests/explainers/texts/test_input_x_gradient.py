from __future__ import annotations

import numpy as np
import pytest

from tests.text_models import TEXTS, linear_text_ensemble
from xaigeo.explainers import explain


@pytest.fixture(scope="module")
def linear():
    return linear_text_ensemble(n_outputs=3)


def words_weights(ensemble):
    """Weights of every text's tokens, (n_seeds, n_texts, max_tokens, n_outputs)."""
    rows = ensemble.schema.encode(TEXTS)
    codes = np.where(rows < 0, 0, rows).astype(int)
    return ensemble.members.weights[:, codes] * (rows >= 0)[None, :, :, None]


def test_a_linear_models_words_count_their_weights(linear):
    found = explain(linear, TEXTS, "input_x_gradient", scale="logit")
    assert found.array("attribution") == pytest.approx(words_weights(linear))
    assert found.signed
    sizes = explain(linear, TEXTS, "input_x_gradient", scale="logit", reduction="absolute_sum")
    assert sizes.array("attribution") == pytest.approx(np.abs(words_weights(linear)))
    assert not sizes.signed


def test_a_pooled_models_words_count_their_weights_by_attention():
    pooled = linear_text_ensemble(pooled=True)
    found = explain(pooled, TEXTS, "input_x_gradient", scale="logit")
    attention = explain(pooled, TEXTS, "attention").array("attribution")
    assert found.array("attribution") == pytest.approx(attention * words_weights(pooled))


@pytest.mark.parametrize("encoder", ["cnn", "lstm", "transformer"])
def test_it_is_the_slope_along_the_words_own_vector(trained, encoder):
    ensemble, texts = trained(encoder)
    found = explain(ensemble, texts[:3], "input_x_gradient", scale="logit")
    members, rows = ensemble.members, ensemble.schema.encode(texts[:3])
    points, step = members.embed(rows), 1e-5
    for i, token in np.argwhere(rows >= 0):
        up, down = points.clone(), points.clone()
        up[:, i, token] *= 1 + step
        down[:, i, token] *= 1 - step
        rise = members.outputs_of_embedded(up, rows, "logit") - members.outputs_of_embedded(
            down, rows, "logit"
        )
        assert found.array("attribution")[:, i, token] == pytest.approx(
            rise[:, i].detach().numpy() / (2 * step), rel=1e-4, abs=1e-7
        )


@pytest.mark.parametrize("encoder", ["cnn", "lstm", "transformer"])
@pytest.mark.parametrize("reduction", ["sum", "norm"])
def test_both_engines_agree(trained, assert_engines_agree, encoder, reduction):
    ensemble, texts = trained(encoder)
    rows, method = texts[:4], "input_x_gradient"
    assert_engines_agree(ensemble, rows, texts, method, atol=1e-10, reduction=reduction)
