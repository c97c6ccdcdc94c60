import base64

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from xaigeo.viz.page.packing import counts, exact, packed


def read(one):
    """Return the array as the page's script reads it."""
    kinds = {"q": "<i2", "f": "<f4", "b": "<u1", "h": "<u2", "i": "<u4"}
    raw = np.frombuffer(base64.b64decode(one["b"]), dtype=kinds[one["k"]]).reshape(one["s"])
    if one["k"] != "q":
        return raw
    values = np.array(one["low"]) + (raw.astype(float) + 32766) * np.array(one["step"])
    ends = {-32768: np.nan, -32767: -np.inf, 32767: np.inf}
    for code, value in ends.items():
        values[raw == code] = value
    return values


numbers = st.floats(-1e6, 1e6) | st.sampled_from([np.nan, np.inf, -np.inf])


@given(arrays(float, array_shapes(min_dims=1, max_dims=3, max_side=5), elements=numbers))
def test_numbers_are_off_by_half_a_step_at_most(array):
    found = read(packed(array))
    known = np.isfinite(array)
    assert np.array_equal(found[~known], array[~known], equal_nan=True)
    step = np.broadcast_to(np.array(packed(array)["step"]), array.shape)
    size = np.abs(array[known]) * 1e-8
    assert (np.abs(found[known] - array[known]) <= 0.51 * step[known] + size + 1e-12).all()


def test_an_empty_array_stays_empty():
    assert packed(np.empty((0, 3)))["s"] == [0, 3]
    assert packed(np.array([]))["s"] == [0]


@pytest.mark.parametrize(("largest", "kind"), [(255, "b"), (256, "h"), (70_000, "i")])
def test_counts_take_as_few_bytes_as_they_need(largest, kind):
    found = counts(np.array([[0, largest]]))
    assert found["k"] == kind
    assert read(found).tolist() == [[0, largest]]


def test_order_and_equality_survive_in_32_bits():
    rng = np.random.default_rng(0)
    bounds, values = rng.normal(size=50), rng.normal(size=50)
    values[:10] = bounds[:10]
    short = read(exact(bounds)), read(exact(values))
    assert (short[1][:10] <= short[0][:10]).all()
    assert ((short[1] <= short[0]) | ~(values <= bounds)).all()
