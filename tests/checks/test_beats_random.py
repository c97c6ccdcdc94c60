import itertools

import numpy as np
import pytest
import xarray as xr

from xaigeo.checks import Check, beats_random, random_order_p_values
from xaigeo.errors import InputError


def make_check(area, random_area, kind="deletion"):
    area, random_area = np.asarray(area, dtype=float), np.asarray(random_area, dtype=float)
    curve = np.zeros((*area.shape, 2))
    data = xr.Dataset(
        {
            "curve": (("seed", "instance", "step"), curve),
            "random_curve": (("seed", "instance", "step"), curve),
            "area": (("seed", "instance"), area),
            "random_area": (("seed", "instance", "draw"), random_area),
        },
        coords={"seed": np.arange(len(area)), "instance": np.arange(area.shape[1])},
    )
    return Check(kind=kind, method="lime", data=data, seeds=np.arange(len(area)))


def test_every_seed_is_compared_with_its_own_median():
    area = [[0.1, 0.3], [0.6, 0.9]]
    drawn = [[[0.4, 0.5, 0.6], [0.4, 0.5, 0.6]], [[0.4, 0.5, 0.7], [0.4, 0.5, 0.6]]]
    # Two of three orders are better than .6: its rank is the third of four.
    assert beats_random(make_check(area, drawn)).tolist() == [0.5, 0.5]
    assert beats_random(make_check(area, drawn, "insertion")).tolist() == [0.5, 0.5]
    assert beats_random(make_check([[0.45]], [[[0.4, 0.6]]])).tolist() == [0.5]  # the middle
    assert beats_random(make_check([[0.3]], [[[0.4, 0.6]]])).tolist() == [1.0]


def test_a_random_order_does_so_half_of_the_time_whatever_the_areas():
    """Each of n + 1 areas in turn is the own one: the mean is one half, with ties and skew."""
    random = np.random.default_rng(0)
    skewed = [np.exp(3 * random.normal(size=n)) for n in (2, 5, 6, 21)]
    tied = [
        np.array([1, 1, 1, 1, 2.0]),
        np.array([1, 2, 2, 2, 2, 2, 3.0]),
        random.integers(0, 3, 9),
    ]
    for areas in (*skewed, *tied):
        own = np.asarray(areas, dtype=float)[None]
        drawn = np.stack([np.delete(own[0], i) for i in range(own.size)])[None]
        for kind in ("deletion", "insertion"):
            found = beats_random(make_check(own, drawn, kind))
            assert np.mean(found) == pytest.approx(0.5, abs=1e-12)


def test_ties_against_all_ways_of_breaking_them():
    areas = np.array([2, 1, 2, 2, 3, 2.0])  # the first is the own one
    wins = []
    for order in itertools.permutations(range(6)):
        rank = sorted(range(6), key=lambda i: (areas[i], order[i])).index(0)
        wins.append(rank < 3)
    found = beats_random(make_check(areas[None, :1], areas[None, None, 1:]))
    assert found.tolist() == [pytest.approx(np.mean(wins))]


def test_p_values_against_a_loop():
    random = np.random.default_rng(0)
    area, drawn = random.random((2, 5)), random.random((2, 5, 9))
    drawn[0, 0, :3] = area[0, 0]  # a tie is as good
    for kind, sign in (("deletion", 1), ("insertion", -1)):
        wanted = [
            [(1 + sum(sign * d <= sign * area[k, i] for d in drawn[k, i])) / 10 for i in range(5)]
            for k in range(2)
        ]
        found = random_order_p_values(make_check(area, drawn, kind))
        np.testing.assert_allclose(found, wanted)


def test_undefined_seeds_are_left_out_and_undefined_rows_are_no_pass():
    area = [[np.nan, np.nan, 0.5], [0.1, np.nan, 0.5]]
    drawn = np.full((2, 3, 2), 0.5)
    drawn[0, :2] = drawn[1, 1] = np.nan
    found = beats_random(make_check(area, drawn))
    np.testing.assert_array_equal(found, [1.0, np.nan, np.nan])
    p = random_order_p_values(make_check(area, drawn))
    np.testing.assert_array_equal(np.isnan(p), [[True, True, True], [False, True, True]])


def test_a_gain_that_is_rounding_is_none():
    found = beats_random(make_check([[0.5]], [[[0.5 + 1e-8, 0.5 + 1e-9]]]))
    assert np.isnan(found).all()
    found = beats_random(make_check([[0.5]], [[[0.5 + 1e-8, 0.4]]]))
    assert found.tolist() == [0.25]  # the second or the third of three


def test_message():
    data = xr.Dataset(
        {"r2": (("seed", "instance"), [[1.0]]), "rmse": (("seed", "instance"), [[0.0]])},
        coords={"seed": [0], "instance": [0]},
    )
    check = Check(kind="local_fidelity", method="lime", data=data, seeds=np.arange(1))
    for ask in (beats_random, random_order_p_values):
        with pytest.raises(InputError, match="Expected a check of deletion or insertion"):
            ask(check)
