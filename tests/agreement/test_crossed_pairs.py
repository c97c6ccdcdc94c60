from itertools import product

import numpy as np
import pytest

from xaigeo.agreement.crossed_pairs import TopFeatures, crossed_feature_agreement
from xaigeo.agreement.top_k import feature_agreement, mean_feature_agreement
from xaigeo.errors import InputError


def naive(values, differing, k):
    runs = list(product(*map(range, values.shape[:3])))
    found = [
        feature_agreement(values[a], values[b], k)
        for a, b in product(runs, runs)
        if {f for f in range(3) if a[f] != b[f]} == set(differing)
    ]
    return np.mean(found, axis=0)


@pytest.mark.parametrize("differing", [(0,), (1,), (2,), (0, 2), (0, 1, 2)])
@pytest.mark.parametrize("tied", [False, True])
def test_every_sort_of_pair_against_a_loop(rng, differing, tied):
    values = rng.normal(size=(3, 2, 3, 4, 5))
    if tied:
        values = np.round(values)
    assert TopFeatures(values, 3, 2).plain != tied
    np.testing.assert_allclose(
        crossed_feature_agreement(values, 3, differing, 2), naive(values, differing, 2)
    )


def test_one_factor_is_the_mean_over_pairs_of_seeds(rng):
    values = rng.normal(size=(5, 4, 6))
    np.testing.assert_allclose(
        crossed_feature_agreement(values, 1, [0], 3), mean_feature_agreement(values, 3)
    )


def test_equal_runs_agree(rng):
    values = np.repeat(np.round(rng.normal(size=(1, 3, 4, 6))), 3, axis=0)
    np.testing.assert_allclose(crossed_feature_agreement(values, 2, [0], 2), 1.0)


def test_a_k_that_is_too_large(rng):
    with pytest.raises(InputError, match="k to be a whole number from 1 to 6"):
        crossed_feature_agreement(rng.normal(size=(2, 3, 6)), 1, [0], 7)
