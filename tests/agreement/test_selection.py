import numpy as np
import pytest

from xaigeo.agreement.selection import (
    feature_sign_consensus,
    selects_nothing,
    sign_consensus,
    stability,
)


def naive_stability(values, k):
    """Nogueira's estimator from a 0/1 selection matrix."""
    n_seeds, m = values.shape
    chosen = np.zeros((n_seeds, m))
    for s, row in enumerate(values):
        chosen[s, np.argsort(-np.abs(row))[:k]] = 1
    p = chosen.mean(axis=0)
    variance = n_seeds / (n_seeds - 1) * p * (1 - p)
    return 1 - variance.mean() / (k / m * (1 - k / m))


@pytest.mark.parametrize("k", [1, 3, 5])
def test_stability_equals_the_estimator(distinct, k):
    expected = [naive_stability(distinct[:, i], k) for i in range(distinct.shape[1])]
    np.testing.assert_allclose(stability(distinct, k), expected, atol=1e-12)


def test_equal_selections_are_stable_and_all_features_no_selection(distinct):
    np.testing.assert_allclose(stability(np.repeat(distinct[:1], 3, axis=0), 2), 1.0)
    assert np.isnan(stability(distinct, 6)).all()


def test_two_disjoint_selections():
    values = np.array([[9.0, 8, 1, 2], [1.0, 2, 9, 8]])
    assert stability(values, 2) == pytest.approx(-1.0)


def test_sign_consensus_by_hand():
    values = np.array([[5.0, 3, -1], [5.0, -3, 1], [4.0, -3, 1], [-4.0, 3, 0]])
    # Top two by mean size: x0 (3 of 4 positive) and x1 (2 of 4 either way).
    assert sign_consensus(values, 2) == pytest.approx((0.75 + 0.5) / 2)
    assert feature_sign_consensus(values).tolist() == [0.75, 0.5, 0.5]


def test_order_does_not_matter(tied, rng):
    shuffled = tied[rng.permutation(5)][..., rng.permutation(6)]
    for score in (stability, sign_consensus):
        np.testing.assert_allclose(score(shuffled, 3), score(tied, 3))


@pytest.mark.parametrize("constant", [0.0, 1.0])
def test_attributions_that_all_tie_select_nothing(constant):
    values = np.full((4, 3, 5), constant)
    assert selects_nothing(values, 2).all()
    assert np.isnan(stability(values, 2)).all()
    assert np.isnan(sign_consensus(values, 2)).all()


def test_ties_count_only_across_place_k_and_in_every_seed():
    inside = np.array([[5.0, 5.0, 1.0, 0.0], [5.0, 5.0, 1.0, 0.0]])
    assert not selects_nothing(inside, 2)
    assert selects_nothing(inside, 1)
    one_seed_chooses = np.array([[5.0, 5.0, 1.0, 0.0], [6.0, 5.0, 1.0, 0.0]])
    assert not selects_nothing(one_seed_chooses, 1)
    assert not selects_nothing(np.ones((2, 4)), 4)


def test_a_feature_that_is_zero_for_every_seed_is_not_counted():
    values = np.array([[3.0, 0.0], [2.0, 0.0], [-1.0, 0.0], [4.0, 0.0]])
    assert sign_consensus(values, 2) == pytest.approx(0.75)
    assert np.isnan(sign_consensus(0 * values, 2))
