import numpy as np
import pytest

from xaigeo.geometry.round_off import ROUND_OFF, without_round_off


@pytest.mark.parametrize("size", [1.0, 5000.0, 1e-8])
def test_what_is_round_off_depends_on_the_size_of_the_numbers(size):
    given = np.array([0.0, 0.5 * ROUND_OFF * size, 2 * ROUND_OFF * size, np.nan])
    found = without_round_off(given, size)
    np.testing.assert_array_equal(found, [0.0, 0.0, given[2], np.nan])


def test_no_size_leaves_all_as_it_is():
    given = np.array([0.0, 1e-30])
    np.testing.assert_array_equal(without_round_off(given, 0.0), given)
