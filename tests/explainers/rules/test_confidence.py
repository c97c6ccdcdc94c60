from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from xaigeo.explainers.rules.confidence import allowed_misses, share_lower_bound


@pytest.mark.parametrize(("hits", "n"), [(0, 10), (1, 10), (7, 10), (10, 10), (950, 1000)])
@pytest.mark.parametrize("delta", [0.01, 0.1])
def test_bound_is_the_exact_binomial_one(hits, n, delta):
    exact = binomtest(hits, n, alternative="greater").proportion_ci(1 - delta, method="exact")
    assert share_lower_bound(np.array(hits), n, delta) == pytest.approx(exact.low, abs=1e-9)


def test_bound_without_samples_is_zero():
    assert share_lower_bound(np.array([0]), np.array([0]), 0.1).tolist() == [0.0]


@pytest.mark.parametrize("threshold", [0.5, 0.95, 0.99])
@pytest.mark.parametrize("delta", [0.02, 0.3])
def test_allowed_misses_equal_a_loop_over_the_bound(threshold, delta):
    n_max = 120
    expected = []
    for n in range(n_max + 1):
        reached = [
            misses
            for misses in range(n + 1)
            if share_lower_bound(np.array(n - misses), n, delta) >= threshold
        ]
        expected.append(max(reached, default=-1))
    assert allowed_misses(n_max, threshold, delta).tolist() == expected
