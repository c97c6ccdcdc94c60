from __future__ import annotations

import re
import warnings

import numpy as np
import pandas as pd
import pytest
import torch

from tests.text_models import TEXTS, linear_text_ensemble
from xaigeo.ensemble.texts.text_ensemble import TextEnsemble
from xaigeo.errors import CompletenessWarning, InputError
from xaigeo.explainers import explain
from xaigeo.explainers.texts.integrated_gradients import TextIntegratedGradientsExplainer
from xaigeo.text import WordTokenizer

BASELINES = ["zero", "unknown", "mean"]


@pytest.fixture(scope="module")
def linear():
    return linear_text_ensemble(n_outputs=3, marked=True)


def integrated(ensemble, texts, **parameters):
    return explain(ensemble, texts, "integrated_gradients", **parameters)


@pytest.mark.parametrize("baseline", BASELINES)
def test_a_linear_models_words_count_their_weights_less_the_baselines(linear, baseline):
    found = integrated(linear, TEXTS, baseline=baseline, scale="logit", n_steps=3)
    rows, weights = linear.schema.encode(TEXTS), linear.members.weights
    mark = linear.schema.tokenizer.words.n_tokens
    start = {
        "zero": np.zeros((3, 3)),
        "unknown": weights[:, 0],
        "mean": weights[:, rows[(rows >= 0) & (rows != mark)].astype(int)].mean(axis=1),
    }[baseline]
    for i, t in np.argwhere(rows >= 0):
        expected = weights[:, int(rows[i, t])] - start
        assert found.array("attribution")[:, i, t] == pytest.approx(expected)
    lengths = (rows >= 0).sum(axis=1)
    base = linear.members.bias[:, None] + lengths[None, :, None] * start[:, None]
    assert found.array("base_value") == pytest.approx(base)
    assert found.array("convergence_delta") == pytest.approx(0, abs=1e-12)
    assert found.additive
    assert found.signed


@pytest.mark.parametrize("encoder", ["cnn", "lstm", "transformer"])
@pytest.mark.parametrize("baseline", BASELINES)
def test_attributions_are_complete(trained, encoder, baseline):
    ensemble, texts = trained(encoder)
    found = integrated(ensemble, texts[:3], baseline=baseline, background=texts, n_steps=100)
    gap = found.array("explained_value") - found.array("base_value")
    sums = found.array("attribution").sum(axis=2)
    assert np.abs(gap).max() > 0.01
    assert sums == pytest.approx(gap, abs=5e-4)
    assert found.array("convergence_delta") == pytest.approx(sums - gap)


def test_it_is_the_mean_gradient_of_a_naive_loop(trained):
    ensemble, texts = trained("cnn")
    found = integrated(ensemble, texts[:2], n_steps=5, scale="logit")
    members = ensemble.members
    nodes, weights = np.polynomial.legendre.leggauss(5)
    for i, row in enumerate(ensemble.schema.encode(texts[:2])):
        points = members.embed(row[None])
        for c in range(2):
            total = torch.zeros_like(points)
            for node, weight in zip(nodes, weights, strict=True):
                at = ((1 + node) / 2 * points).requires_grad_()
                output = members.outputs_of_embedded(at, row[None], "logit")[..., c].sum()
                total += weight / 2 * torch.autograd.grad(output, at)[0]
            expected = (total * points).sum(dim=-1)[:, 0].numpy()
            assert found.array("attribution")[:, i, : expected.shape[1], c] == pytest.approx(
                expected, abs=1e-12
            )


@pytest.mark.parametrize("encoder", ["cnn", "lstm", "transformer"])
@pytest.mark.parametrize("baseline", BASELINES)
@pytest.mark.filterwarnings("ignore::xaigeo.errors.CompletenessWarning")  # few steps are enough
def test_both_engines_agree(trained, assert_engines_agree, encoder, baseline):
    ensemble, texts = trained(encoder)
    assert_engines_agree(
        ensemble, texts[:2], texts, "integrated_gradients", baseline=baseline, n_steps=7
    )


def test_tokens_left_out_stay_as_they_are_so_that_the_others_add_up(linear, assert_engines_agree):
    found = assert_engines_agree(
        linear, TEXTS, TEXTS, "integrated_gradients", special_tokens="drop", scale="logit"
    )
    assert not found.mask[:, 0].any()
    assert not found.array("attribution")[:, :, 0].any()
    gap = found.array("explained_value") - found.array("base_value")
    assert found.array("attribution").sum(axis=2) == pytest.approx(gap)
    mark = linear.members.weights[:, -1] + linear.members.bias
    assert found.array("base_value") == pytest.approx(np.repeat(mark[:, None], 4, axis=1))


@pytest.mark.parametrize("reduction", ["mean", "absolute_sum", "norm", "l1"])
def test_other_reductions_do_not_add_up_and_say_so(linear, reduction):
    found = integrated(linear, TEXTS, reduction=reduction, scale="logit")
    assert not found.additive
    assert found.signed == (reduction == "mean")
    assert found.array("convergence_delta") == pytest.approx(0, abs=1e-12)


def test_an_unknown_token_must_be_there_to_start_from():
    ensemble = linear_text_ensemble(hides=False)
    with pytest.raises(InputError, match="Expected a tokenizer with a mask or an unknown token"):
        integrated(ensemble, TEXTS, baseline="unknown")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"baseline": "pad"}, "Expected baseline to be one of 'zero', 'unknown', 'mean', got"),
        ({"n_steps": 0}, "Expected n_steps to be a whole number of at least 1, got 0."),
    ],
)
def test_options_are_checked(parameters, message):
    with pytest.raises(InputError, match=re.escape(message)):
        TextIntegratedGradientsExplainer(**parameters)


class Jump(torch.nn.Module):
    """A logit that rises by 1 within a hundredth of the way from nothing to a text."""

    def __init__(self, at):
        super().__init__()
        self.embedding = torch.nn.Embedding(2, 1)
        self.at = at
        torch.nn.init.ones_(self.embedding.weight)

    def forward(self, tokens, mask):
        mean = (self.embedding(tokens)[..., 0] * mask).sum(1) / mask.sum(1).clamp(min=1)
        return torch.sigmoid(600 * (mean - self.at))[:, None]


def jumping(*places):
    return TextEnsemble.wrap(
        [Jump(at).double() for at in places],
        tokenizer=WordTokenizer(("<unk>", "on")),
        task="regression",
        max_tokens=3,
    )


@pytest.mark.parametrize("engine", ["batched", "upstream"])
def test_ways_with_a_jump_take_more_steps_and_others_do_not(engine):
    asked = {"engine": engine}
    found = integrated(jumping(0.345, -9.0), ["on on"], **asked)
    value, base = found.array("explained_value"), found.array("base_value")
    assert (value - base)[0].item() == pytest.approx(1)
    assert np.abs(found.array("convergence_delta")).max() <= 0.01
    flat = integrated(jumping(-9.0, -8.0), ["on on"], n_steps=50, **asked)
    np.testing.assert_allclose(found.array("attribution")[1], flat.array("attribution")[0])


def test_sums_that_miss_are_told_with_seeds_and_texts():
    ensemble = jumping(-9.0, 0.345)
    texts = pd.Series(["on", "on on"], index=["short", "long"])
    with pytest.warns(CompletenessWarning) as told:
        few = integrated(ensemble, texts, n_steps=5)
    missed = np.abs(few.array("convergence_delta"))[1, :, 0]
    assert missed.min() > 0.05
    assert str(told[0].message) == (
        "2 of 4 explanations by integrated_gradients do not add up: they miss by more than 5% of "
        f"the output's largest change, by up to {missed.max():.0%} (seeds 1; instances short, "
        "long). Pass a larger n_steps, such as n_steps=20."
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        integrated(ensemble, texts, n_steps=800)
