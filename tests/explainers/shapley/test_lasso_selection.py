from __future__ import annotations

import numpy as np
import pytest

from xaigeo.errors import InputError
from xaigeo.explainers.shapley.coalitions import draw_coalitions
from xaigeo.explainers.shapley.lasso_selection import check_selection, selected_players, selects


@pytest.mark.parametrize("l1_reg", ["auto", "aic", "bic", "num_features(2)", 0.001])
def test_players_with_effect_are_selected(l1_reg):
    random = np.random.RandomState(0)
    coalitions = draw_coalitions(12, 200, random)
    effects = np.zeros(12)
    effects[[3, 8]] = 2.0, -1.0
    noise = random.normal(0, 1e-3, len(coalitions.masks))
    worth = coalitions.masks @ effects + noise
    kept = selected_players(coalitions.masks, coalitions.weights, worth, 1.0, l1_reg)
    assert {3, 8} <= set(kept.tolist())
    if l1_reg == "num_features(2)":
        assert sorted(kept.tolist()) == [3, 8]


def test_a_large_penalty_keeps_nobody():
    coalitions = draw_coalitions(12, 200, np.random.RandomState(0))
    worth = coalitions.masks.sum(axis=1) / 12
    assert len(selected_players(coalitions.masks, coalitions.weights, worth, 1.0, 100.0)) == 0


def test_when_features_are_selected():
    assert not selects(None, 0.01)
    assert selects("auto", 0.19)
    assert not selects("auto", 0.2)
    assert selects("aic", 1.0)
    assert selects(0.1, 1.0)


@pytest.mark.parametrize("l1_reg", ["lasso", "num_features(0)", "num_features(x)", "num_features"])
def test_unknown_selections_raise(l1_reg):
    with pytest.raises(InputError, match=r"l1_reg to be None, 'auto', .*, got '"):
        check_selection(l1_reg)


@pytest.mark.parametrize("l1_reg", [0, -0.1, float("nan"), True, [1]])
def test_penalties_are_above_zero(l1_reg):
    with pytest.raises(InputError, match="l1_reg to be a finite number above zero, got"):
        check_selection(l1_reg)
