from __future__ import annotations

from itertools import permutations

import numpy as np

from xaigeo.explainers.shapley.conditional_means import ConditionalMeans


def conditional_mean(mean, covariance, x, known):
    """Return the mean of a normal vector given some of its values."""
    rest = [j for j in range(len(mean)) if j not in known]
    expected = mean.copy()
    expected[known] = x[known]
    if known and rest:
        block = covariance[np.ix_(known, known)]
        way = np.linalg.solve(block, (x - mean)[known])
        expected[rest] = mean[rest] + covariance[np.ix_(rest, known)] @ way
    return expected


class EveryOrder:
    """A stream that shuffles through every order of three."""

    def __init__(self):
        self.orders = list(permutations(range(3)))

    def shuffle(self, order):
        order[:] = self.orders.pop()


def test_shares_are_shapley_values_of_conditional_means():
    random = np.random.default_rng(0)
    inputs = random.normal(size=(50, 3)) @ random.normal(size=(3, 3)) + [1.0, -2.0, 5.0]
    coefficients = random.normal(size=(2, 3))
    means = ConditionalMeans.of(inputs, n_orders=6, random_state=EveryOrder())
    found = means.shares(coefficients, inputs[:4])
    mean, covariance = inputs.mean(axis=0), np.cov(inputs, rowvar=False)
    for row in range(4):
        expected = np.zeros((3, 2))
        for order in permutations(range(3)):
            for place, i in enumerate(order):
                steps = [
                    coefficients @ conditional_mean(mean, covariance, inputs[row], list(known))
                    for known in (order[: place + 1], order[:place])
                ]
                expected[i] += (steps[0] - steps[1]) / 6
        np.testing.assert_allclose(found[row], expected, atol=1e-10)


def test_equal_inputs_share_and_constant_ones_get_nothing():
    random = np.random.default_rng(1)
    x = random.normal(size=(40, 2))
    inputs = np.column_stack([x[:, 0], np.full(40, 3.0), x[:, 0], x[:, 1]])
    means = ConditionalMeans.of(inputs, n_orders=5, random_state=np.random.RandomState(0))
    found = means.shares(np.array([[2.0, 7.0, 0.0, 1.0]]), inputs[:3])[..., 0]
    np.testing.assert_allclose(found[:, 0], found[:, 2], atol=1e-12)
    assert (found[:, 1] == 0).all()
    away = inputs[:3] - inputs.mean(axis=0)
    np.testing.assert_allclose(found.sum(axis=1), 2.0 * away[:, 0] + away[:, 3], atol=1e-9)
