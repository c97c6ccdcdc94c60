import numpy as np
import pytest
from scipy.stats import friedmanchisquare

from xaigeo.agreement.concordance import cosine, kendall_w, mean_cosine, resultant_length
from xaigeo.agreement.rank_correlation import mean_spearman


def naive_w(values):
    """Kendall's W with the textbook's count of ties."""
    k, m = values.shape
    ranks = np.zeros((k, m))
    ties = 0.0
    for s, row in enumerate(np.abs(values)):
        for j in range(m):
            ranks[s, j] = 1 + sum(row < row[j]) + (sum(row == row[j]) - 1) / 2
        ties += sum(t**3 - t for t in np.unique(row, return_counts=True)[1])
    sums = ranks.sum(axis=0)
    return 12 * ((sums - sums.mean()) ** 2).sum() / (k**2 * (m**3 - m) - k * ties)


def test_w_equals_the_textbook_with_ties(tied):
    expected = [naive_w(tied[:, i]) for i in range(tied.shape[1])]
    np.testing.assert_allclose(kendall_w(tied), expected)


def test_w_equals_friedman(tied):
    for i in range(tied.shape[1]):
        statistic = friedmanchisquare(*np.abs(tied[:, i]).T).statistic
        assert kendall_w(tied[:, i]) == pytest.approx(statistic / (5 * 5))


def test_w_and_mean_spearman_are_one_identity_without_ties(distinct):
    k = len(distinct)
    np.testing.assert_allclose(mean_spearman(distinct), (k * kendall_w(distinct) - 1) / (k - 1))


def test_w_is_undefined_when_everything_ties():
    assert np.isnan(kendall_w(np.ones((3, 4))))


def test_w_of_equal_seeds_is_one(distinct):
    np.testing.assert_allclose(kendall_w(np.repeat(distinct[:1], 4, axis=0)), 1.0)


def test_two_orthogonal_directions():
    assert resultant_length(np.eye(2)) == pytest.approx(0.7071, abs=1e-4)
    assert mean_cosine(np.eye(2)) == pytest.approx(0.0)


def test_mean_cosine_equals_the_loop(distinct):
    loop = [cosine(distinct[a], distinct[b]) for a in range(5) for b in range(a + 1, 5)]
    np.testing.assert_allclose(mean_cosine(distinct), np.mean(loop, axis=0))


def test_resultant_identity(distinct):
    k = len(distinct)
    squared = 1 / k + (k - 1) / k * mean_cosine(distinct)
    np.testing.assert_allclose(resultant_length(distinct) ** 2, squared)


def test_a_zero_vector_has_no_direction():
    values = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 0.0]])
    assert resultant_length(values) == 1.0
    assert mean_cosine(values) == pytest.approx(1.0)
    assert np.isnan(resultant_length(values[1:]))
    assert np.isnan(mean_cosine(values[1:]))
    assert np.isnan(cosine(values[0], values[2]))


def test_order_of_seeds_and_features_does_not_matter(tied, rng):
    shuffled = tied[rng.permutation(5)][..., rng.permutation(6)]
    for score in (kendall_w, resultant_length, mean_cosine):
        np.testing.assert_allclose(score(shuffled), score(tied))
