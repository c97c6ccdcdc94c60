from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shap import KernelExplainer

from xaigeo.explainers.shapley.coalitions import (
    count_coalitions,
    draw_coalitions,
    n_proper,
    size_shares,
)


@pytest.mark.parametrize(
    ("n_players", "n_samples"),
    [(2, None), (3, None), (4, 14), (4, 13), (5, 12), (8, 100), (9, 250), (13, None), (20, 300)],
)
@pytest.mark.parametrize("seed", [0, 7])
def test_masks_and_weights_are_those_of_shap(n_players, n_samples, seed, global_stream):
    theirs = KernelExplainer(lambda rows: rows.sum(axis=1), np.zeros((1, n_players)))
    with global_stream(seed):
        theirs.shap_values(
            np.ones((1, n_players)), nsamples=n_samples or "auto", l1_reg=False, silent=True
        )
    ours = draw_coalitions(n_players, n_samples, np.random.RandomState(seed))
    n = theirs.nsamplesAdded
    np.testing.assert_array_equal(ours.masks, theirs.maskMatrix[:n].astype(bool))
    np.testing.assert_allclose(ours.weights, theirs.kernelWeights[:n], rtol=1e-12)


@given(st.integers(2, 15), st.integers(1, 400), st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_coalitions_are_proper_and_differ_and_weights_sum_to_one(n_players, extra, seed):
    n_samples = 2 * n_players + extra
    coalitions = draw_coalitions(n_players, n_samples, np.random.RandomState(seed))
    sizes = coalitions.masks.sum(axis=1)
    assert (sizes > 0).all()
    assert (sizes < n_players).all()
    assert len(np.unique(coalitions.masks, axis=0)) == len(sizes)
    assert len(sizes) <= count_coalitions(n_players, n_samples)
    assert (coalitions.weights > 0).all()
    assert coalitions.weights.sum() == pytest.approx(1)


@pytest.mark.parametrize("n_players", [2, 3, 6, 7, 11])
def test_every_coalition_with_the_shapley_kernel_when_the_budget_allows(n_players):
    coalitions = draw_coalitions(n_players, None, np.random.RandomState(0))
    assert coalitions.complete
    sizes = coalitions.masks.sum(axis=1)
    kernel = np.array(
        [(n_players - 1) / (comb(n_players, s) * s * (n_players - s)) for s in sizes.tolist()]
    )
    np.testing.assert_allclose(coalitions.weights, kernel / kernel.sum())


def test_size_shares_of_five_players():
    # Sizes 1 and 4 weigh 2 * 4/(1*4), sizes 2 and 3 weigh 2 * 4/(2*3).
    np.testing.assert_allclose(size_shares(5), [0.6, 0.4])


def test_counts():
    assert [n_proper(n) for n in (0, 1, 2, 5)] == [0, 0, 2, 30]
    assert count_coalitions(11, None) == 2046
    assert count_coalitions(30, None) == 2108
    assert count_coalitions(5, 12) == 12


def test_determining_needs_coalitions_that_tell_players_apart():
    coalitions = draw_coalitions(4, None, np.random.RandomState(0))
    assert coalitions.determining
    alike = coalitions.masks[coalitions.masks[:, 0] == coalitions.masks[:, 1]]
    assert not type(coalitions)(alike, np.ones(len(alike))).determining
