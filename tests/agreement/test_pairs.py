import numpy as np

from xaigeo.agreement.pairs import mean_defined, over_pairs, pair_places


def test_pairs_come_once_in_order():
    values = np.arange(4.0)[:, None]
    found = over_pairs(values, lambda a, b: 10 * a[..., 0] + b[..., 0])
    assert found.tolist() == [1, 2, 3, 12, 13, 23]


def test_pair_places_name_the_same_pairs(rng):
    values = rng.normal(size=(5, 3, 2))
    first, second = pair_places(5)
    expected = (values[first] * values[second]).sum(axis=-1)
    np.testing.assert_allclose(over_pairs(values, lambda a, b: (a * b).sum(axis=-1)), expected)


def test_mean_defined_leaves_out_what_is_not_defined():
    values = np.array([[1.0, np.nan], [3.0, np.nan]])
    np.testing.assert_array_equal(mean_defined(values), [2.0, np.nan])
