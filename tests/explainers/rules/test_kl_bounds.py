from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import brentq

from xaigeo.explainers.rules.kl_bounds import (
    exploration_rate,
    kl_lower_bound,
    kl_upper_bound,
    undecided_arms,
)


def divergence(p, q):
    terms = [a * math.log(a / b) if a > 0 else 0.0 for a, b in ((p, q), (1 - p, 1 - q))]
    return sum(terms)


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.9, 0.99, 1.0])
@pytest.mark.parametrize("level", [1e-4, 0.01, 0.2])
def test_bounds_are_the_roots_that_a_root_finder_finds(share, level):
    upper = (
        1.0
        if share == 1
        else brentq(lambda q: divergence(share, q) - level, share, 1 - 1e-15, xtol=1e-14)
    )
    lower = 0.0 if share == 0 else brentq(lambda q: divergence(share, q) - level, 1e-300, share)
    assert kl_upper_bound(share, level) == pytest.approx(upper, abs=1e-10)
    assert kl_lower_bound(share, level) == pytest.approx(lower, abs=1e-10)


def test_bounds_broadcast():
    shares, levels = np.array([[0.2], [0.7]]), np.array([0.1, 0.2, 0.3])
    bounds = kl_upper_bound(shares, levels)
    assert bounds.shape == (2, 3)
    for place in np.ndindex(2, 3):
        alone = kl_upper_bound(shares[place[0], 0], levels[place[1]])
        assert bounds[place] == alone


def test_a_bound_of_nothing_but_hits_has_a_closed_form():
    assert kl_lower_bound(1.0, 0.25) == pytest.approx(math.exp(-0.25), abs=1e-12)
    assert kl_upper_bound(1.0, 0.25) == 1.0


def test_exploration_rate_is_the_published_one():
    inside = math.log(405.5 * 30 * 7**1.1 / 0.05)
    assert exploration_rate(30, 7, 0.05) == pytest.approx(inside + math.log(inside))


def test_undecided_arms_equal_a_plain_comparison_of_all_bounds():
    rng = np.random.default_rng(0)
    seen = set()
    for epsilon in [0.05, 0.2, 0.6, 0.9] * 50:
        draws = rng.integers(1, 40, 12) * 50
        hits = rng.binomial(draws, rng.uniform(0.2, 1.0, 12))
        best = np.argsort(-hits / draws)[:3]
        rate = rng.uniform(1, 20)
        low = kl_lower_bound(hits / draws, rate / draws)
        high = kl_upper_bound(hits / draws, rate / draws)
        inside = np.isin(np.arange(12), best)
        outsiders = ~inside & (high > low[best].min() + epsilon)
        expected = outsiders.copy()
        if outsiders.any():
            expected |= inside & (low < high[outsiders].max() - epsilon)
        assert undecided_arms(hits, draws, best, rate, epsilon).tolist() == expected.tolist()
        seen.add(bool(expected.any()))
    assert seen == {True, False}
