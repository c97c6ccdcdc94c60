from __future__ import annotations

import re

import pytest

from tests.text_models import TEXTS, linear_text_ensemble
from xaigeo.errors import InputError
from xaigeo.explainers import explain


@pytest.fixture(scope="module")
def pooled():
    return linear_text_ensemble(pooled=True, marked=True)


def test_many_draws_come_to_the_exact_values(pooled):
    found = explain(pooled, TEXTS[:2], "sampling_shap", random_state=0)
    exact = explain(pooled, TEXTS[:2], "exact_shap")
    away = (found.array("attribution") - exact.array("attribution"))[:, found.mask]
    error = found.array("std_error")[:, found.mask]
    assert (abs(away) < 5 * error + 1e-12).all()
    assert error.max() < 0.02
    total = found.array("base_value") + found.array("attribution").sum(axis=2)
    assert total == pytest.approx(found.array("explained_value"))


@pytest.mark.parametrize("engine", ["batched", "upstream"])
def test_the_default_draws_200_a_token(pooled, engine):
    given = {"random_state": 0, "engine": engine}
    found = explain(pooled, TEXTS[1], "sampling_shap", **given)
    same = explain(pooled, TEXTS[1], "sampling_shap", n_samples=200 * 4, **given)
    assert (found.array("attribution") == same.array("attribution")).all()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"n_samples": 15},
            "Expected texts of up to 7 tokens for sampling_shap with n_samples=15, got 1 of 4 that "
            "are longer, the longest the text at 2 with 9: 'the plot is thin and the film is "
            "long'. Draw n_samples=18 or more, or leave n_samples='auto'.",
        ),
        ({"n_samples": 1}, "Expected n_samples to be a whole number of at least 2"),
        ({"min_samples": 1}, "Expected min_samples to be a whole number of at least 2"),
        ({"allocation": "none"}, "'none'"),
    ],
)
def test_parameters_that_do_not_fit(pooled, parameters, message):
    with pytest.raises(InputError, match=re.escape(message)):
        explain(pooled, TEXTS, "sampling_shap", **parameters)
