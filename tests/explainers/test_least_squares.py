from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from xaigeo.explainers.least_squares import is_constant, sum_constrained, weighted_ridge


@pytest.mark.parametrize("n_seeds", [1, 3])
def test_weighted_ridge_equals_scikit_learn_for_each_seed_and_output(n_seeds):
    random = np.random.default_rng(0)
    design, weights = random.normal(3, 2, size=(80, 4)), random.random(80)
    targets = random.normal(size=(n_seeds, 80, 2)) + design[:, :1] + 100
    before = targets.copy()
    fit = weighted_ridge(design, weights, targets, 0.7)
    np.testing.assert_array_equal(targets, before)
    for s in range(n_seeds):
        for c in range(2):
            theirs = Ridge(alpha=0.7).fit(design, targets[s, :, c], sample_weight=weights)
            np.testing.assert_allclose(fit.coefficients[s, :, c], theirs.coef_, atol=1e-11)
            assert fit.intercept[s, c] == pytest.approx(theirs.intercept_, abs=1e-10)
            score = theirs.score(design, targets[s, :, c], sample_weight=weights)
            assert fit.r2[s, c] == pytest.approx(score, abs=1e-11)


def test_output_without_variation_is_its_intercept():
    random = np.random.default_rng(1)
    targets = np.full((1, 50, 1), 0.3)
    fit = weighted_ridge(random.normal(size=(50, 3)), random.random(50), targets, 1.0)
    np.testing.assert_allclose(fit.coefficients, 0, atol=1e-16)
    assert fit.intercept[0, 0] == pytest.approx(0.3)
    assert fit.r2[0, 0] == 1.0


def test_is_constant_sees_small_but_true_variation():
    column = 1 + 1e-12 * np.arange(5)
    noise = 0.3 + np.array([0, 1, 0, -1, 0]) * 5e-17
    assert is_constant(np.column_stack([column, noise])).tolist() == [False, True]


def test_sum_constrained_solves_the_system_with_a_multiplier():
    random = np.random.default_rng(2)
    masks = random.random((40, 5)) < 0.5
    weights = random.random(40)
    values, total = random.normal(size=(2, 40, 3)), random.normal(size=(2, 3))
    phi = sum_constrained(masks, weights, values, total)
    z = masks.astype(float)
    # Lagrange: minimise the weighted squares subject to the sum, one column at a time.
    system = np.block([[z.T @ (weights[:, None] * z), np.ones((5, 1))], [np.ones((1, 5)), 0]])
    for s in range(2):
        for c in range(3):
            right = np.append(z.T @ (weights * values[s, :, c]), total[s, c])
            expected = np.linalg.solve(system, right)[:5]
            np.testing.assert_allclose(phi[s, :, c], expected, atol=1e-11)
    np.testing.assert_allclose(phi.sum(axis=1), total, atol=1e-12)
