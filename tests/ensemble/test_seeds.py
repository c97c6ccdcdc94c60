from __future__ import annotations

import numpy as np
import pytest

from xaigeo.ensemble.seeds import check_seeds, paired_seeds
from xaigeo.errors import InputError


def test_seeds_are_plain_integers_in_their_order():
    seeds = check_seeds(np.array([5, 0, 2**32 - 1]))
    assert seeds == (5, 0, 2**32 - 1)
    assert all(type(seed) is int for seed in seeds)


@pytest.mark.parametrize("wrong", [[-1, 0], [2**32, 0], [True, 1], ["a", 1], [None, 1], 3, []])
def test_anything_else_is_told(wrong):
    with pytest.raises(InputError, match=r"seeds as a sequence of whole numbers from 0 to 2\*\*32"):
        check_seeds(wrong)


def test_paired_seeds_are_the_seeds_one_for_all_or_as_many():
    assert paired_seeds("order_seeds", None, (1, 2)) == (1, 2)
    assert paired_seeds("order_seeds", 7, (1, 2)) == (7, 7)
    assert paired_seeds("order_seeds", [4, 4], (1, 2)) == (4, 4)
    with pytest.raises(InputError, match="order_seeds with 2 values, one a seed, got 3"):
        paired_seeds("order_seeds", range(3), (1, 2))
