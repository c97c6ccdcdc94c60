from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lime.lime_base import LimeBase

from xaigeo.explainers.surrogates.feature_selection import (
    forward_selection,
    highest_weights,
    lasso_path,
    select_features,
)
from xaigeo.explainers.surrogates.surrogate import WeightedSums

METHODS = ("forward_selection", "highest_weights", "lasso_path", "auto")


def problem(seed, n_rows=120, n_columns=8, n_targets=5):
    random = np.random.default_rng(seed)
    design = random.normal(size=(n_rows, n_columns)) @ random.normal(size=(n_columns, n_columns))
    weights = random.random(n_rows)
    slopes = random.normal(size=(n_targets, n_columns)) * random.exponential(size=n_columns)
    targets = np.tanh(slopes @ design.T / 3) + 0.1 * random.normal(size=(n_targets, n_rows))
    return design, weights, targets


def moments_of(design, weights, targets):
    sums = WeightedSums(design.shape[1], len(targets))
    sums.add(design.T, weights, targets, np.square(targets), np.empty(design.T.shape))
    return sums.centred(constant=np.zeros(len(targets), dtype=bool))


def of_lime(design, weights, target, n_features, method):
    chosen = LimeBase(None, random_state=0).feature_selection(
        design, target, weights, n_features, method
    )
    mask = np.zeros(design.shape[1], dtype=bool)
    mask[np.asarray(chosen, dtype=int)] = True
    return mask


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(METHODS), st.integers(1, 8))
def test_every_target_gets_the_features_that_lime_selects(seed, method, n_features):
    design, weights, targets = problem(seed)
    moments = moments_of(design, weights, targets)
    chosen = select_features(method, moments, design[0], n_features, len(design))
    for target, row in enumerate(targets):
        expected = of_lime(design, weights, row, n_features, method)
        np.testing.assert_array_equal(chosen[target], expected)


def test_no_selection_is_none():
    design, weights, targets = problem(0)
    moments = moments_of(design, weights, targets)
    assert select_features("none", moments, design[0], 3, len(design)) is None


@pytest.mark.parametrize(("n_features", "same"), [(6, forward_selection), (7, highest_weights)])
def test_auto_adds_one_by_one_up_to_six_features(n_features, same):
    design, weights, targets = problem(3)
    moments = moments_of(design, weights, targets)
    chosen = select_features("auto", moments, design[0], n_features, len(design))
    more = (design[0],) if same is highest_weights else ()
    np.testing.assert_array_equal(chosen, same(moments, *more, n_features))


def test_forward_selection_passes_over_a_copy_of_a_chosen_column():
    design, weights, targets = problem(4)
    design = np.column_stack([design, design[:, 2], np.ones(len(design))])
    targets = np.vstack([targets, design[:, 2] + 0.01 * design[:, 5]])
    chosen = forward_selection(moments_of(design, weights, targets), 4)
    assert (chosen.sum(axis=1) == 4).all()
    # The column and its copy never both; the constant one never.
    assert not (chosen[:, 2] & chosen[:, 8]).any()
    assert not chosen[:, 9].any()
    assert chosen[-1, [2, 8]].any()
    assert chosen[-1, 5]


def test_more_features_than_there_are_select_all():
    design, weights, targets = problem(5)
    moments = moments_of(design, weights, targets)
    assert forward_selection(moments, 99).all()
    assert highest_weights(moments, design[0], 99).all()
    assert lasso_path(moments, 99, len(design)).all()


def test_targets_may_be_selected_for_one_by_one(monkeypatch):
    design, weights, targets = problem(6)
    moments = moments_of(design, weights, targets)
    together = forward_selection(moments, 4)
    monkeypatch.setattr("xaigeo.explainers.surrogates.feature_selection.FACTORS_AT_ONCE", 1)
    np.testing.assert_array_equal(forward_selection(moments, 4), together)
