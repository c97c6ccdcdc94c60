from __future__ import annotations

from math import factorial

import numpy as np
import pytest
import shap

from xaigeo.errors import InputError
from xaigeo.explainers.exact_shap import ExactShapExplainer, all_coalitions


def model(rows):
    return np.tanh(rows[:, :3] * rows[:, 3:6]).prod(axis=1) + rows[:, 0] ** 2


@pytest.fixture
def rows():
    return np.random.default_rng(3).normal(size=(9, 17))


@pytest.mark.parametrize("n_players", [2, 3, 6])
def test_every_coalition_counts_as_shapley_says(n_players):
    masks, counts = all_coalitions(n_players)
    assert len({bytes(mask) for mask in masks}) == 2**n_players - 2 == len(masks)
    np.testing.assert_array_equal(masks[::2], ~masks[1::2])
    assert (np.abs(np.diff(masks[::2].astype(int), axis=0)).sum(axis=1) == 1).all()

    def weight(s):
        return factorial(s) * factorial(n_players - s - 1) / factorial(n_players)

    sizes = masks.sum(axis=1)
    for j in range(n_players):
        expected = [
            weight(s - 1) if m[j] else -weight(s) for m, s in zip(masks, sizes, strict=True)
        ]
        np.testing.assert_allclose(counts[j], expected)


def test_equals_the_shap_package_called_by_hand(rows, wrap_values):
    six = rows[:, :6]
    result = ExactShapExplainer(n_background=None).explain(
        wrap_values(model, rows=six), six[:2], background=six[2:], random_state=0
    )
    found = shap.ExactExplainer(model, shap.maskers.Independent(six[2:]))(six[:2], silent=True)
    np.testing.assert_allclose(result.array("attribution")[0, ..., 0], found.values, atol=1e-12)


@pytest.mark.parametrize("engine", ["batched", "upstream"])
def test_too_many_features_raise(rows, wrap_values, engine):
    message = "up to 16 features that differ from the background, got 17, with 131,072 coalitions"
    with pytest.raises(InputError, match=message):
        ExactShapExplainer().explain(
            wrap_values(model, rows=rows), rows[:1], background=rows, random_state=0, engine=engine
        )


def test_features_that_do_not_differ_or_are_grouped_are_not_counted(rows, wrap_values):
    ensemble = wrap_values(model, rows=rows)
    background = rows[1:3].copy()
    background[:, 6:] = rows[0, 6:]
    few = ExactShapExplainer().explain(ensemble, rows[:1], background=background, random_state=0)
    assert (few.array("attribution")[0, 0, 6:] == 0).all()
    groups = {"rest": [f"x{j}" for j in range(6, 17)]}
    joined = ExactShapExplainer(groups=groups).explain(
        ensemble, rows[:1], background=rows[1:3], random_state=0
    )
    np.testing.assert_allclose(
        joined.array("attribution")[0, 0, :6], few.array("attribution")[0, 0, :6], atol=1e-12
    )
    assert joined.array("attribution")[0, 0, 6, 0] == 0


def test_an_unknown_link_raises():
    with pytest.raises(InputError, match="link to be one of 'identity', 'logit', got 'probit'"):
        ExactShapExplainer(link="probit")
