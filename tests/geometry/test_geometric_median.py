import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize

from xaigeo.geometry.geometric_median import geometric_median


def cost(point, points):
    return np.linalg.norm(points - point, axis=1).sum()


def test_identical_points():
    np.testing.assert_array_equal(geometric_median(np.tile([1.5, -2.0], (5, 1))), [1.5, -2.0])


def test_one_point():
    np.testing.assert_array_equal(geometric_median(np.array([[3.0, 4.0]])), [3.0, 4.0])


def test_fermat_point_of_an_equilateral_triangle_is_its_centre():
    triangle = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(0.75)]])
    np.testing.assert_allclose(geometric_median(triangle), triangle.mean(axis=0), atol=1e-8)


def test_a_vertex_with_a_wide_angle_is_the_median():
    points = np.array([[-1.0, 0.1], [0.0, 0.0], [1.0, 0.1]])
    np.testing.assert_array_equal(geometric_median(points), [0.0, 0.0])


def test_most_points_decide():
    points = np.array([[0.0, 0.0]] * 6 + [[100.0, 50.0]] * 5)
    np.testing.assert_array_equal(geometric_median(points), [0.0, 0.0])


def test_points_in_a_row():
    points = np.array([[0.0, 0.0], [1.0, 1.0], [5.0, 5.0]])
    np.testing.assert_allclose(geometric_median(points), [1.0, 1.0], atol=1e-9)


@settings(deadline=None, max_examples=50)
@given(arrays(float, (6, 3), elements=st.integers(-20, 20).map(lambda i: i / 4)))
def test_no_neighbour_and_no_optimiser_does_better(points):
    found = geometric_median(points)
    best = cost(found, points)
    rival = minimize(cost, points.mean(axis=0), args=(points,), method="Nelder-Mead")
    assert best <= rival.fun + 1e-6
    assert best <= min(cost(point, points) for point in points) + 1e-9


def test_units_do_not_matter():
    points = np.random.default_rng(0).normal(size=(9, 2))
    np.testing.assert_allclose(
        geometric_median(points * 1e6) / 1e6, geometric_median(points), atol=1e-8
    )
    assert cost(geometric_median(points), points) == pytest.approx(
        cost(geometric_median(points + 5) - 5, points)
    )


@pytest.mark.parametrize("scale", [1.0, 18.375, 1 / 3])
def test_the_middle_is_taken_where_many_points_are_best(scale):
    two = np.array([[1.0, 2.0, 0.5], [4.0, -1.0, 0.25]]) * scale
    np.testing.assert_allclose(geometric_median(two), two.mean(axis=0))
    start, step = np.array([1.0, 2.0, 3.0]), np.array([0.5, -1.0, 2.0])
    line = (start + np.array([[0.0], [1.0], [5.0], [50.0]]) * step) * scale
    np.testing.assert_allclose(geometric_median(line), (start + 3.0 * step) * scale)
    np.testing.assert_allclose(geometric_median(line[:3]), line[1])


def test_the_middle_is_as_near_as_any_other_point():
    rng = np.random.default_rng(0)
    line = np.outer(rng.normal(size=6), [1.0, 2.0])
    found = np.linalg.norm(line - geometric_median(line), axis=1).sum()
    assert found <= min(np.linalg.norm(line - own, axis=1).sum() for own in line) + 1e-12
