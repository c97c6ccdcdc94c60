from __future__ import annotations

import re
from typing import get_args

import numpy as np
import pytest

from tests.text_models import TEXTS, linear_text_ensemble
from xaigeo.errors import InputError
from xaigeo.explainers import explain
from xaigeo.explainers.texts.gradients.smoothing import Smoothing
from xaigeo.explainers.texts.smooth_grad import TextSmoothGradExplainer


def smooth(ensemble, texts, **parameters):
    return explain(ensemble, texts, "smooth_grad", **({"random_state": 0} | parameters))


def test_a_linear_models_gradient_is_the_same_everywhere():
    linear = linear_text_ensemble(n_outputs=3)
    found = smooth(linear, TEXTS, scale="logit")
    assert found.array("attribution") == pytest.approx(
        np.broadcast_to(1.0 * found.mask[None, :, :, None], (3, 4, 10, 3))
    )
    assert found.array("std_error") == pytest.approx(0, abs=1e-12)
    squares = smooth(linear, TEXTS, scale="logit", nt_type="vargrad", reduction="sum")
    assert squares.array("attribution") == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("encoder", ["cnn", "lstm", "transformer"])
@pytest.mark.parametrize("nt_type", get_args(Smoothing))
def test_both_engines_agree_on_the_same_draws(trained, assert_engines_agree, encoder, nt_type):
    ensemble, texts = trained(encoder)
    found = assert_engines_agree(
        ensemble, texts[:2], texts, "smooth_grad", atol=1e-9, nt_type=nt_type, n_samples=6
    )
    assert (found.array("std_error")[:, found.mask] > 0).any()


def test_little_noise_gives_the_plain_gradient(trained):
    ensemble, texts = trained("lstm")
    found = smooth(ensemble, texts[:4], stdev=1e-6, n_samples=3)
    plain = explain(ensemble, texts[:4], "saliency")
    assert found.array("attribution") == pytest.approx(plain.array("attribution"), abs=1e-6)


def test_the_error_is_what_repeating_shows(trained):
    ensemble, texts = trained("cnn")
    runs = [
        smooth(ensemble, texts[:2], random_state=i, n_samples=20, reduction="sum", stdev=1.0)
        for i in range(40)
    ]
    repeated = np.std([run.array("attribution") for run in runs], axis=0)
    told = np.sqrt(np.mean([run.array("std_error") ** 2 for run in runs], axis=0))
    there = runs[0].mask
    assert (repeated / np.where(told > 0, told, 1))[:, there].mean() == pytest.approx(1, abs=0.1)


def test_draws_follow_from_random_state_and_the_text_alone(trained):
    ensemble, texts = trained("cnn")
    first = smooth(ensemble, texts[:4], background=texts, n_samples=5)
    again = smooth(ensemble, texts[:4], background=texts, n_samples=5)
    other = smooth(ensemble, texts[:4], background=texts, n_samples=5, random_state=1)
    alone = smooth(ensemble, texts[2:3], background=texts, n_samples=5)
    numbers = first.array("attribution")
    assert (again.array("attribution") == numbers).all()
    assert not np.allclose(other.array("attribution"), numbers)
    assert alone.array("attribution")[:, 0] == pytest.approx(numbers[:, 2], abs=1e-12)


@pytest.mark.parametrize(
    ("nt_type", "reduction", "signed"),
    [("smoothgrad", "sum", True), ("smoothgrad", "norm", False), ("vargrad", "sum", False)],
)
def test_squares_have_no_sign(nt_type, reduction, signed):
    linear = linear_text_ensemble()
    found = smooth(linear, TEXTS, nt_type=nt_type, reduction=reduction, n_samples=3)
    assert found.signed == signed
    assert signed or (found.array("attribution") >= 0).all()


def test_noise_needs_words_that_differ():
    message = (
        "Expected background texts with at least two different words for smooth_grad, whose noise "
        "is measured by how word vectors vary, got a single word. Pass background=texts_train, the "
        "texts that stand for the data."
    )
    with pytest.raises(InputError, match=re.escape(message)):
        smooth(linear_text_ensemble(), ["film film"])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"nt_type": "mean"}, "Expected nt_type to be one of 'smoothgrad', 'smoothgrad_sq', "),
        ({"n_samples": 0}, "Expected n_samples to be a whole number of at least 1, got 0."),
        ({"stdev": 0.0}, "Expected stdev to be a"),
    ],
)
def test_options_are_checked(parameters, message):
    with pytest.raises(InputError, match=re.escape(message)):
        TextSmoothGradExplainer(**parameters)
