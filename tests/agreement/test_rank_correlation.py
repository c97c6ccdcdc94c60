import numpy as np
import pytest
from scipy.stats import spearmanr

from xaigeo.agreement.rank_correlation import (
    mean_pairwise_rank_agreement,
    mean_spearman,
    pairwise_rank_agreement,
    spearman,
)


def naive_pairwise(a, b):
    a, b = np.abs(a), np.abs(b)
    pairs = [(i, j) for i in range(len(a)) for j in range(i + 1, len(a))]
    return np.mean([np.sign(a[i] - a[j]) == np.sign(b[i] - b[j]) for i, j in pairs])


def test_spearman_equals_scipy_with_ties(tied):
    for a, b in zip(tied[0], tied[1], strict=True):
        assert spearman(a, b) == pytest.approx(spearmanr(np.abs(a), np.abs(b)).statistic)


def test_spearman_of_all_ties_is_undefined():
    assert np.isnan(spearman(np.ones(4), np.arange(4.0)))


def test_a_tie_agrees_only_with_a_tie():
    assert pairwise_rank_agreement(np.array([1.0, -1.0]), np.array([2.0, 2.0])) == 1.0
    assert pairwise_rank_agreement(np.array([1.0, 1.0]), np.array([2.0, 1.0])) == 0.0


def test_pairwise_equals_the_loop(tied):
    expected = [naive_pairwise(a, b) for a, b in zip(tied[0], tied[1], strict=True)]
    np.testing.assert_allclose(pairwise_rank_agreement(tied[0], tied[1]), expected)


@pytest.mark.parametrize(
    ("pair", "mean"),
    [(spearman, mean_spearman), (pairwise_rank_agreement, mean_pairwise_rank_agreement)],
)
def test_means_equal_the_loop_over_pairs_and_ignore_order(tied, rng, pair, mean):
    loop = [pair(tied[a], tied[b]) for a in range(5) for b in range(a + 1, 5)]
    np.testing.assert_allclose(mean(tied), np.nanmean(loop, axis=0))
    shuffled = tied[rng.permutation(5)][..., rng.permutation(6)]
    np.testing.assert_allclose(mean(shuffled), mean(tied))


def test_undefined_pairs_are_left_out():
    values = np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [1.0, 1.0, 1.0]])
    assert mean_spearman(values) == pytest.approx(1.0)


def test_self_agreement_is_one(tied):
    np.testing.assert_allclose(pairwise_rank_agreement(tied, tied), 1.0)


def test_one_feature_has_no_pairs():
    assert np.isnan(pairwise_rank_agreement(np.ones(1), np.ones(1)))
