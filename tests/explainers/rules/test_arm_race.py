from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from xaigeo.explainers.rules.arm_race import Arms, race
from xaigeo.explainers.rules.rule_finder import Problem

BATCH = 50


class Coins:
    """Stand in for models: arm k of a problem hits with probability `shares[k]`."""

    def __init__(self, rng):
        self.rng = rng
        self.n_calls = 0

    def pull(self, wanted, length):
        self.n_calls += 1
        for arms, places in wanted:
            arms.hits[places] += self.rng.binomial(BATCH, arms.cells[places, 0])
            arms.draws[places] += BATCH


def coins(shares, coverage=None):
    shares = np.asarray(shares, dtype=float)
    coverage = np.ones(len(shares), dtype=int) if coverage is None else np.asarray(coverage)
    return Arms.of(Problem((0,), 0), shares[:, None], coverage, np.zeros(len(shares)))


def test_the_best_arms_win_up_to_epsilon_as_often_as_promised():
    rng = np.random.default_rng(0)
    n_runs, delta, epsilon, n_best = 200, 0.2, 0.1, 3
    shares = rng.uniform(0.3, 1.0, size=(n_runs, 10))
    winners = race(
        [coins(s) for s in shares], Coins(rng), 1, n_best=n_best, epsilon=epsilon, delta=delta
    )
    wrong = sum(
        s[best].min() < np.delete(s, best).max() - epsilon
        for s, best in zip(shares, winners, strict=True)
    )
    assert wrong <= binom.ppf(0.9999, n_runs, delta)


def test_of_equal_shares_the_arm_that_covers_more_wins():
    arms = coins([1.0, 1.0, 1.0, 0.0], coverage=[5, 9, 7, 100])
    (best,) = race([arms], Coins(np.random.default_rng(0)), 1, n_best=2, epsilon=0.1, delta=0.1)
    assert best.tolist() == [1, 2]


def test_arms_that_are_clearly_worse_are_not_drawn_on():
    arms = coins([0.95, 0.9, 0.1, 0.05])
    race([arms], Coins(np.random.default_rng(0)), 1, n_best=1, epsilon=0.1, delta=0.1)
    assert (arms.draws[2:] < arms.draws[:2].min()).all()


@pytest.mark.parametrize("n_best", [2, 5])
def test_a_race_with_no_outsider_is_over_at_once(n_best):
    pulls = Coins(np.random.default_rng(0))
    arms = coins([0.5, 0.6])
    (best,) = race([arms], pulls, 1, n_best=n_best, epsilon=0.01, delta=0.1)
    assert sorted(best) == [0, 1]
    assert (arms.draws == BATCH).all()


def test_races_together_end_as_each_would_alone():
    arms = [coins([1.0, 0.0, 0.0]), coins([0.0, 1.0, 0.0])]
    winners = race(arms, Coins(np.random.default_rng(0)), 1, n_best=1, epsilon=0.1, delta=0.1)
    assert [best.tolist() for best in winners] == [[0], [1]]
