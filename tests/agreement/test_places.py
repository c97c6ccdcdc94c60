from itertools import pairwise, permutations

import numpy as np
import pytest

from xaigeo.agreement.places import (
    by_sign,
    mean_overlap,
    membership,
    overlap,
    rank_places,
    rank_span,
)


def brute_membership(row, k):
    """Mean membership over all ways to break ties."""
    orders = [
        order
        for order in permutations(range(len(row)))
        if all(abs(row[a]) >= abs(row[b]) for a, b in pairwise(order))
    ]
    places = np.zeros((len(row), k))
    for order in orders:
        for rank, j in enumerate(order[:k]):
            places[j, rank] += 1
    return places / len(orders)


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_membership_and_ranks_are_means_over_tie_breaks(rng, k):
    for row in rng.integers(-2, 3, (10, 5)).astype(float):
        expected = brute_membership(row, k)
        np.testing.assert_allclose(rank_places(row, k), expected)
        np.testing.assert_allclose(membership(row, k), expected.sum(axis=1))


def test_rank_span_of_ties():
    first, last = rank_span(np.array([0.0, -2.0, 2.0, 1.0]))
    assert first.tolist() == [4, 1, 1, 3]
    assert last.tolist() == [4, 2, 2, 3]


def test_memberships_sum_to_k(tied):
    np.testing.assert_allclose(membership(tied, 3).sum(axis=-1), 3.0)


def test_zero_has_no_sign():
    split = by_sign(np.ones(3), np.array([-1.0, 0.0, 2.0]))
    assert split.tolist() == [[0.0, 1.0], [0.0, 0.0], [1.0, 0.0]]


def test_mean_overlap_equals_the_loop_over_pairs(tied):
    places = membership(tied, 3)
    pairs = [overlap(places[a], places[b], 1) for a in range(5) for b in range(a + 1, 5)]
    np.testing.assert_allclose(mean_overlap(places, 1), np.mean(pairs, axis=0))
