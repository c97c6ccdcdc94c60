import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from xaigeo.geometry.direction import angles_between, mean_direction


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def test_identical_vectors_have_length_one_and_no_cone():
    vector = unit(np.array([0.3, -0.7, 0.2]))
    mean = mean_direction(np.tile(vector, (20, 1)))
    assert mean.resultant_length == pytest.approx(1.0, abs=1e-15)
    assert mean.cone_degrees == pytest.approx(0.0, abs=1e-12)
    np.testing.assert_allclose(mean.direction, vector, atol=1e-15)


def test_orthogonal_vectors():
    mean = mean_direction(np.eye(2))
    assert mean.resultant_length == pytest.approx(np.sqrt(0.5))
    assert mean.cone_degrees == pytest.approx(45.0)


def test_opposite_vectors_have_no_mean():
    mean = mean_direction(np.array([[1.0, 0.0], [-1.0, 0.0]]))
    assert mean.resultant_length == 0.0
    assert np.isnan(mean.direction).all()
    assert np.isnan(mean.cone_degrees)


def test_cone_is_the_smallest_that_holds_nine_of_ten():
    angles = np.radians([-40, -4, -3, -2, -1, 1, 2, 3, 4, 40])
    mean = mean_direction(np.column_stack([np.cos(angles), np.sin(angles)]))
    # Symmetric, so the mean points along x; nine vectors lie within 40 degrees, eight within 4.
    assert mean.cone_degrees == pytest.approx(40.0)
    wide = mean_direction(np.column_stack([np.cos(angles), np.sin(angles)]), share=0.8)
    assert wide.cone_degrees == pytest.approx(4.0)


@given(
    arrays(float, (7, 3), elements=st.floats(-1, 1)).filter(
        lambda v: (np.linalg.norm(v, axis=1) > 1e-3).all()
    )
)
def test_mean_direction_equals_a_loop(raw):
    vectors = unit(raw)
    total = np.zeros(3)
    for vector in vectors:
        total += vector
    mean = mean_direction(vectors)
    assert mean.resultant_length == pytest.approx(np.sqrt((total**2).sum()) / 7, abs=1e-12)
    if mean.resultant_length > 1e-6:
        np.testing.assert_allclose(mean.direction, total / np.sqrt((total**2).sum()), atol=1e-9)
        angles = np.degrees(np.arccos(np.clip(vectors @ mean.direction, -1, 1)))
        assert (angles <= mean.cone_degrees + 1e-5).mean() >= 0.9


def test_angles_are_exact_where_arccos_is_not():
    small = 1e-9
    vectors = np.array([[np.cos(small), np.sin(small)]])
    assert angles_between(vectors, np.array([1.0, 0.0]))[0] == pytest.approx(small, rel=1e-9)
