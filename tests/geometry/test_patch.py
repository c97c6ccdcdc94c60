import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xaigeo.geometry.ellipse import ball_shadow
from xaigeo.geometry.patch import flat_ball_shadows, sector_shadows

DIRECTIONS = np.column_stack([np.cos(np.linspace(0, 6, 25)), np.sin(np.linspace(0, 6, 25))])


def drawn(n_features, seed, orthonormal=True):
    rng = np.random.default_rng(seed)
    basis = rng.normal(size=(n_features, 2))
    if orthonormal:
        basis = np.linalg.qr(basis)[0]
    normals = rng.normal(size=(5, n_features))
    return basis, normals / np.linalg.norm(normals, axis=1, keepdims=True)


@settings(deadline=None, max_examples=25)
@given(n_features=st.integers(2, 8), seed=st.integers(0, 1000), orthonormal=st.booleans())
def test_the_support_is_that_of_the_flat_ball(n_features, seed, orthonormal):
    basis, normals = drawn(n_features, seed, orthonormal)
    for normal, axes in zip(normals, flat_ball_shadows(basis, normals), strict=True):
        for u in DIRECTIONS:
            lifted = basis @ u
            flat = lifted - normal * (normal @ lifted)
            assert np.linalg.norm(axes @ u) == pytest.approx(np.linalg.norm(flat), abs=1e-7)
        assert np.linalg.norm(axes[0]) >= np.linalg.norm(axes[1])


def test_many_shadows_equal_one_after_the_other():
    basis, normals = drawn(5, 0)
    for normal, axes in zip(normals, flat_ball_shadows(basis, normals), strict=True):
        one = ball_shadow(np.zeros(2), normal @ basis, 1.0).axes
        np.testing.assert_allclose(axes.T @ axes, one.T @ one, atol=1e-12)


def test_a_normal_in_the_view_leaves_a_segment():
    basis = np.eye(4)[:, :2]
    axes = flat_ball_shadows(basis, np.array([[0.6, 0.8, 0.0, 0.0]]))[0]
    np.testing.assert_array_equal(axes[1], 0.0)
    np.testing.assert_allclose(axes[0] @ [0.6, 0.8], 0.0, atol=1e-15)


@settings(deadline=None, max_examples=25)
@given(n_features=st.integers(2, 6), seed=st.integers(0, 1000), angle=st.floats(0.01, 1.5))
def test_a_sector_reaches_as_far_as_its_points(n_features, seed, angle):
    basis, axes = drawn(n_features, seed)
    axis = axes[0]
    outline = sector_shadows(basis, axes[:1], np.array([angle]), n=400)[0]
    for u in DIRECTIONS:
        lifted = basis @ u
        apart = np.arccos(np.clip(lifted @ axis, -1, 1))  # lifted has length 1
        far = 1.0 if apart <= angle else max(np.cos(apart - angle), 0.0)
        assert (outline @ u).max() == pytest.approx(far, abs=2e-4)
    rng = np.random.default_rng(seed)
    inside = rng.normal(size=(300, n_features))
    inside /= np.linalg.norm(inside, axis=1, keepdims=True)
    inside = inside[inside @ axis >= np.cos(angle)] @ basis
    for u in DIRECTIONS:
        assert (inside @ u).max(initial=0.0) <= (outline @ u).max() + 2e-4


def test_a_sector_of_no_angle_is_its_axis():
    basis, axes = drawn(4, 1)
    outline = sector_shadows(basis, axes[:1], np.zeros(1))[0]
    tip = axes[0] @ basis
    along = outline @ tip / (tip @ tip)
    np.testing.assert_allclose(outline, along[:, None] * tip, atol=1e-12)
    assert along.max() == pytest.approx(1.0)
    assert along.min() == pytest.approx(0.0)
