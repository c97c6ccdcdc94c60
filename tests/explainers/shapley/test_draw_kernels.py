from __future__ import annotations

import numpy as np
import pytest

from xaigeo.explainers.shapley.draw_kernels import next_number, next_up_to, shuffle


def state(seed):
    _, key, place, *_ = np.random.RandomState(seed).get_state()
    return key.astype(np.int64), place


def test_numbers_are_those_of_the_mersenne_twister():
    key, place = state(5)
    ours = []
    for _ in range(1500):  # more than two turns of the state
        number, place = next_number(key, place)
        ours.append(number)
    theirs = np.random.RandomState(5)._bit_generator.random_raw(1500)
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("most", [0, 1, 2, 3, 6, 7, 8, 1000, 2**31 - 2])
def test_whole_numbers_are_those_of_randint(most):
    key, place = state(7)
    theirs = np.random.RandomState(7)
    for _ in range(100):
        number, place = next_up_to(key, place, most)
        assert number == theirs.randint(most + 1)


def test_shuffles_are_those_of_the_legacy_stream():
    key, place = state(9)
    theirs = np.random.RandomState(9)
    ours, expected = np.arange(30), np.arange(30)
    for _ in range(50):
        place = shuffle(key, place, ours)
        theirs.shuffle(expected)
        np.testing.assert_array_equal(ours, expected)
