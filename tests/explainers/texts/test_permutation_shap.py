from __future__ import annotations

import re

import pytest

from tests.text_models import TEXTS, linear_text_ensemble
from xaigeo.errors import InputError
from xaigeo.explainers import explain


@pytest.fixture(scope="module")
def pooled():
    return linear_text_ensemble(pooled=True, marked=True)


def test_many_orders_come_to_the_exact_values(pooled):
    found = explain(pooled, TEXTS, "permutation_shap", n_permutations=400, random_state=0)
    exact = explain(pooled, TEXTS, "exact_shap")
    away = (found.array("attribution") - exact.array("attribution"))[:, found.mask]
    error = found.array("std_error")[:, found.mask]
    assert (abs(away) < 5 * error + 1e-12).all()
    assert error.max() < 0.02
    total = found.array("base_value") + found.array("attribution").sum(axis=2)
    assert total == pytest.approx(found.array("explained_value"))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_permutations": 0}, "Expected n_permutations to be a whole number of at least 1"),
        ({"link": "log"}, "'log'"),
    ],
)
def test_parameters_that_do_not_fit(pooled, parameters, message):
    with pytest.raises(InputError, match=re.escape(message)):
        explain(pooled, TEXTS, "permutation_shap", **parameters)
