from __future__ import annotations

import numpy as np

from xaigeo.explainers.shapley.least_squares import is_constant, sum_constrained


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
