from __future__ import annotations

import numba
import numpy as np
import pytest

from xaigeo.ensemble.lanes import (
    dot,
    exp,
    larger,
    load,
    same,
    sigmoid,
    spread,
    store,
    where_negative,
)


@numba.njit(error_model="numpy")
def exponents(x, out):
    for place in range(x.nbytes // 64):
        store(out, place, exp(load(x, place)))


@numba.njit(error_model="numpy")
def arithmetic(x, y, number, weights, out):
    a, b = load(x, 0), load(y, 0)
    store(out, 0, (a + b) * spread(number) - same(a, 3) / b)
    store(out, 1, larger(a, b))
    store(out, 2, where_negative(a, b, same(a, 7)))
    store(out, 3, sigmoid(a))
    return dot(a, weights, 1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_exp_is_exact_to_a_few_units_in_the_last_place(dtype):
    reach = 86.0 if dtype == np.float32 else 699.0
    x = np.linspace(-reach, reach, 16 * 500).astype(dtype)
    found = np.empty_like(x)
    exponents(x, found)
    expected = np.exp(x.astype(np.longdouble))
    assert np.abs(found / expected - 1).max() < 6 * np.finfo(dtype).eps


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_exp_keeps_nan_and_stays_finite_far_out(dtype):
    x = np.resize(np.array([np.nan, np.inf, -np.inf, 1e9, -1e9, 0.0], dtype), 96)
    found = np.empty_like(x)
    exponents(x, found)
    assert np.isnan(found[0])
    assert np.isfinite(found[1:6]).all()
    assert found[1] > 1e37
    assert 0 < found[2] < 1e-37
    assert found[5] == 1.0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_lanes_are_numpys_arithmetic(dtype):
    n = 64 // np.dtype(dtype).itemsize
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, n)).astype(dtype)
    x[3] = np.nan
    weights = rng.random(2 * n)
    out = np.empty((4, n), dtype)
    total = arithmetic(x, y, dtype(2.5), weights, out)
    tolerance = {"rtol": 8 * np.finfo(dtype).eps, "atol": 8 * np.finfo(dtype).eps}
    np.testing.assert_allclose(out[0], (x + y) * dtype(2.5) - 3 / y, **tolerance)
    np.testing.assert_array_equal(out[1], np.maximum(x, y))
    np.testing.assert_array_equal(out[2], np.where(x < 0, y, 7))
    np.testing.assert_allclose(out[3], 1 / (1 + np.exp(-x)), **tolerance)
    assert np.isnan(total)
    x[3] = 0.0
    total = arithmetic(x, y, dtype(2.5), weights, out)
    assert total == pytest.approx(x.astype(np.float64) @ weights[n:], rel=1e-14)
