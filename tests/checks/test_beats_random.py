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


def test_seeds_are_averaged_before_they_are_compared():
    # At the first row one seed loses by less than the other wins by; at the second by more.
    area = [[0.1, 0.3], [0.6, 0.9]]
    drawn = [[[0.4, 0.6], [0.4, 0.6]], [[0.4, 0.6], [0.4, 0.6]]]
    assert beats_random(make_check(area, drawn)).tolist() == [1.0, 0.0]
    assert beats_random(make_check(area, drawn, "insertion")).tolist() == [0.0, 1.0]


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
    found = beats_random(make_check([[0.5]], [[[0.6, 0.4 + 1e-9]]]))
    assert found.tolist() == [0.0]


def test_message():
    data = xr.Dataset(
        {"r2": (("seed", "instance"), [[1.0]]), "rmse": (("seed", "instance"), [[0.0]])},
        coords={"seed": [0], "instance": [0]},
    )
    check = Check(kind="local_fidelity", method="lime", data=data, seeds=np.arange(1))
    for ask in (beats_random, random_order_p_values):
        with pytest.raises(InputError, match="Expected a check of deletion or insertion"):
            ask(check)
