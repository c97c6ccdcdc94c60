from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Ridge

from xaigeo.explainers.surrogates.surrogate import WeightedSums, ridge


def problem(seed=0, n_rows=80, n_columns=4, n_targets=6):
    random = np.random.default_rng(seed)
    design, weights = random.normal(3, 2, size=(n_rows, n_columns)), random.random(n_rows)
    targets = random.normal(size=(n_targets, n_rows)) + design[:, 0] + 100
    return design, weights, targets


def sums_of(design, weights, targets, cuts=()):
    sums = WeightedSums(design.shape[1], len(targets))
    for rows in np.split(np.arange(len(design)), cuts):
        part = targets[:, rows]
        room = np.full((design.shape[1], len(rows)), np.nan)
        sums.add(design[rows].T, weights[rows], part, np.square(part), room)
    return sums


def moments_of(*args, **kwargs):
    return sums_of(*args, **kwargs).centred(constant=np.zeros(len(args[2]), dtype=bool))


def test_ridge_equals_scikit_learn_for_each_target():
    design, weights, targets = problem()
    fit = ridge(moments_of(design, weights, targets), 0.7)
    for target, row in enumerate(targets):
        theirs = Ridge(alpha=0.7).fit(design, row, sample_weight=weights)
        np.testing.assert_allclose(fit.coefficients[target], theirs.coef_, atol=1e-11)
        assert fit.at_origin[target] == pytest.approx(theirs.intercept_, abs=1e-10)
        score = theirs.score(design, row, sample_weight=weights)
        assert fit.r2[target] == pytest.approx(score, abs=1e-9)


def test_each_target_is_fitted_on_its_own_columns():
    design, weights, targets = problem()
    chosen = np.random.default_rng(1).random((6, 4)) < 0.5
    chosen[0], chosen[1] = False, True
    fit = ridge(moments_of(design, weights, targets), 0.2, chosen)
    assert fit.at_origin[0] == pytest.approx(np.average(targets[0], weights=weights))
    for target in range(1, 6):
        columns = np.flatnonzero(chosen[target])
        theirs = Ridge(alpha=0.2).fit(design[:, columns], targets[target], sample_weight=weights)
        expected = np.zeros(4)
        expected[columns] = theirs.coef_
        np.testing.assert_allclose(fit.coefficients[target], expected, atol=1e-11)
        score = theirs.score(design[:, columns], targets[target], sample_weight=weights)
        assert fit.r2[target] == pytest.approx(score, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 80), max_size=4))
def test_sums_do_not_depend_on_how_rows_are_cut(seed, cuts):
    design, weights, targets = problem(seed)
    one, cut = sums_of(design, weights, targets), sums_of(design, weights, targets, sorted(cuts))
    for name in ("total", "design", "gram", "cross", "targets", "squares"):
        np.testing.assert_allclose(getattr(cut, name), getattr(one, name), rtol=1e-10, atol=1e-9)


def test_row_at_the_origin_counts_like_any_other():
    design, weights, targets = problem()
    design[0] = 0.0
    whole = moments_of(design, weights, targets)
    sums = sums_of(design[1:], weights[1:], targets[:, 1:])
    sums.add_origin(weights[0], targets[:, 0])
    parted = sums.centred(constant=np.zeros(6, dtype=bool))
    for name in ("gram", "cross", "spread", "centre", "mean"):
        np.testing.assert_allclose(getattr(parted, name), getattr(whole, name), atol=1e-8)


def test_constant_target_is_its_intercept_and_fits_fully():
    design, weights, _ = problem()
    sums = sums_of(design, weights, np.full((1, 80), 0.3))
    fit = ridge(sums.centred(constant=np.array([True])), 1.0)
    np.testing.assert_allclose(fit.coefficients, 0, atol=1e-14)
    assert fit.at_origin[0] == pytest.approx(0.3)
    assert fit.r2[0] == 1.0


def test_size_of_sums_is_that_of_their_arrays():
    sums = WeightedSums(7, 11)
    arrays = (sums.design, sums.gram, sums.cross, sums.targets, sums.squares)
    held = sum(array.nbytes for array in arrays)
    assert held <= WeightedSums.nbytes_of(7, 11) <= 1.5 * held
