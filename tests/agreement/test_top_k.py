import numpy as np
import pytest

from xaigeo.agreement.top_k import (
    check_k,
    default_k,
    feature_agreement,
    mean_feature_agreement,
    mean_rank_agreement,
    mean_sign_agreement,
    mean_signed_rank_agreement,
    rank_agreement,
    sign_agreement,
    signed_rank_agreement,
)
from xaigeo.errors import InputError

PAIRED = [
    (feature_agreement, mean_feature_agreement),
    (rank_agreement, mean_rank_agreement),
    (sign_agreement, mean_sign_agreement),
    (signed_rank_agreement, mean_signed_rank_agreement),
]


def naive(a, b, k):
    """The four published scores, for attributions without ties in absolute value."""
    top_a = sorted(range(len(a)), key=lambda j: -abs(a[j]))[:k]
    top_b = sorted(range(len(b)), key=lambda j: -abs(b[j]))[:k]
    common = set(top_a) & set(top_b)
    same_rank = [j for j, other in zip(top_a, top_b, strict=True) if j == other]
    signed = [j for j in common if a[j] * b[j] > 0]
    signed_rank = [j for j in same_rank if a[j] * b[j] > 0]
    return [len(found) / k for found in (common, same_rank, signed, signed_rank)]


def test_published_examples():
    assert feature_agreement(
        np.array([4, 5, 6, 1, 0]), np.array([4, 0, 1, 2, 3]), 3
    ) == pytest.approx(1 / 3)
    assert rank_agreement(
        np.array([10, 9, 8, 7, 6]), np.array([10, 8, 9, 7, 6]), 3
    ) == pytest.approx(1 / 3)
    assert sign_agreement(np.array([-2, -1, 3, 4]), np.array([2, 1, -3, 4]), 3) == pytest.approx(
        1 / 3
    )


@pytest.mark.parametrize("k", [1, 2, 3, 6])
def test_equal_to_the_published_scores_without_ties(rng, k):
    a, b = rng.normal(size=(2, 200, 6))
    expected = np.array([naive(x, y, k) for x, y in zip(a, b, strict=True)]).T
    for (pair, _), wanted in zip(PAIRED, expected, strict=True):
        np.testing.assert_allclose(pair(a, b, k), wanted, atol=1e-12)


@pytest.mark.parametrize(("pair", "mean"), PAIRED)
@pytest.mark.parametrize("k", [1, 3, 5])
def test_mean_over_seeds_equals_the_loop_with_ties_and_zeros(tied, pair, mean, k):
    loop = [pair(tied[a], tied[b], k) for a in range(5) for b in range(a + 1, 5)]
    np.testing.assert_allclose(mean(tied, k), np.mean(loop, axis=0), atol=1e-12)


@pytest.mark.parametrize(("pair", "mean"), PAIRED)
def test_order_of_columns_and_seeds_does_not_matter(tied, rng, pair, mean):
    columns, seeds = rng.permutation(6), rng.permutation(5)
    np.testing.assert_allclose(mean(tied[seeds][..., columns], 3), mean(tied, 3), atol=1e-12)
    np.testing.assert_allclose(
        pair(tied[0][:, columns], tied[1][:, columns], 3), pair(tied[1], tied[0], 3), atol=1e-12
    )


@pytest.mark.parametrize(("pair", "mean"), PAIRED[:2])
def test_self_agreement_is_one_even_with_ties(tied, pair, mean):
    np.testing.assert_allclose(pair(tied, tied, 3), 1.0)


@pytest.mark.parametrize(("pair", "mean"), PAIRED[2:])
def test_signed_self_agreement_is_maximal_and_loses_zeros_alone(tied, pair, mean):
    own = pair(tied[0], tied[0], 3)
    assert (own >= pair(tied[0], tied[1:], 3) - 1e-12).all()
    no_zeros = np.where(tied == 0, 0.5, tied)
    np.testing.assert_allclose(pair(no_zeros, no_zeros, 3), 1.0)


def test_zeros_have_no_sign():
    assert sign_agreement(np.zeros(4), np.zeros(4), 2) == 0.0


def test_default_k_leaves_a_feature_out():
    assert [default_k(p) for p in (1, 2, 3, 4, 8)] == [1, 1, 2, 3, 3]


@pytest.mark.parametrize("k", [0, 7, 2.5, True])
def test_k_outside_the_features_raises(k):
    with pytest.raises(InputError, match="k to be a whole number from 1 to 6, the number of"):
        check_k(k, 6)
    with pytest.raises(InputError, match=r"Leave k out for the default, 3\."):
        feature_agreement(np.ones(6), np.ones(6), k)
