from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import ConvexHull

from xaigeo.geometry.zonotope import zonotope


def area(outline):
    x, y = outline.T
    return 0.5 * (x @ np.roll(y, -1) - y @ np.roll(x, -1))


@pytest.mark.parametrize("n_features", [2, 3, 4, 5, 6])
def test_outline_equals_the_hull_of_all_corners(n_features):
    rng = np.random.default_rng(n_features)
    P = np.linalg.qr(rng.normal(size=(n_features, 2)))[0]
    half = rng.uniform(0.1, 2.0, n_features)
    centre = rng.normal(size=2)
    corners = np.array(
        [centre + (np.array(s) * half) @ P for s in product([-1, 1], repeat=n_features)]
    )
    hull = ConvexHull(corners)
    outline = zonotope(centre, half[:, None] * P)
    assert len(outline) == 2 * n_features
    assert area(outline) == pytest.approx(hull.volume)  # positive: counter-clockwise
    found = {tuple(np.round(v, 9) + 0.0) for v in outline}
    assert found == {tuple(np.round(v, 9) + 0.0) for v in corners[hull.vertices]}


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(-5, 5)), min_size=1, max_size=6))
def test_support_equals_the_sum_of_absolute_projections(generators):
    g = np.array(generators, dtype=float)
    outline = zonotope(np.zeros(2), g)
    for turn in np.linspace(0, 2 * np.pi, 9):
        u = np.array([np.cos(turn), np.sin(turn)])
        assert (outline @ u).max() == pytest.approx(np.abs(g @ u).sum(), abs=1e-9)


def test_a_box_of_no_size_is_its_centre():
    assert zonotope(np.array([1.0, 2.0]), np.zeros((3, 2))).tolist() == [[1.0, 2.0]]
