import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import subspace_angles

from xaigeo.geometry.geodesic import Geodesic, orthonormal, polished, random_frame


def way(n_features, seed):
    rng = np.random.default_rng(seed)
    return Geodesic(random_frame(n_features, rng), random_frame(n_features, rng))


def same_plane(one, other):
    return np.allclose(one @ one.T, other @ other.T, atol=1e-9)


@settings(deadline=None, max_examples=40)
@given(n_features=st.integers(2, 12), seed=st.integers(0, 10_000), t=st.floats(0, 1))
def test_frames_are_orthonormal_and_turn_at_constant_speed(n_features, seed, t):
    turn = way(n_features, seed)
    frame = turn.frame(t)
    np.testing.assert_allclose(frame.T @ frame, np.eye(2), atol=1e-14)
    gone = np.linalg.norm(subspace_angles(turn.start, frame))
    assert gone == pytest.approx(t * turn.length, abs=1e-7)


@settings(deadline=None, max_examples=40)
@given(n_features=st.integers(2, 12), seed=st.integers(0, 10_000))
def test_angles_are_those_of_scipy_and_the_end_is_in_the_other_plane(n_features, seed):
    turn = way(n_features, seed)
    np.testing.assert_allclose(turn.angles[::-1], subspace_angles(turn.start, turn.end), atol=1e-7)
    np.testing.assert_allclose(turn.frame(0.0), turn.start, atol=1e-14)
    assert same_plane(turn.reached, turn.end)


@pytest.mark.parametrize("seed", range(5))
def test_nothing_spins_within_the_plane(seed):
    turn = way(6, seed)
    for t in (0.3, 1.0):
        overlap = turn.start.T @ turn.frame(t)
        np.testing.assert_allclose(overlap, overlap.T, atol=1e-12)


def test_a_settled_end_is_reached_as_it_is():
    turn = way(5, 0)
    again = Geodesic(turn.start, turn.reached)
    np.testing.assert_allclose(again.reached, turn.reached, atol=1e-13)


def test_the_other_axis_of_a_pair_turns_upright():
    axes = np.eye(4)
    turn = Geodesic(axes[:, [0, 1]], axes[:, [0, 2]])
    np.testing.assert_allclose(turn.reached, axes[:, [0, 2]], atol=1e-15)
    np.testing.assert_allclose(turn.angles, [0, np.pi / 2])
    halfway = turn.frame(0.5)
    np.testing.assert_allclose(halfway[:, 1], [0, np.sqrt(0.5), np.sqrt(0.5), 0])
    both = Geodesic(axes[:, [0, 1]], axes[:, [2, 3]])
    np.testing.assert_allclose(both.reached, axes[:, [2, 3]], atol=1e-15)


def test_a_plane_is_no_way_from_itself():
    rng = np.random.default_rng(3)
    frame = random_frame(5, rng)
    turned = frame @ np.array([[0.6, -0.8], [0.8, 0.6]])
    for end in (frame, -frame, turned, turned[:, ::-1]):
        turn = Geodesic(frame, end)
        assert turn.length < 1e-12
        np.testing.assert_allclose(turn.frame(0.7), frame, atol=1e-14)


def test_tiny_turns_keep_their_size():
    frame = np.eye(5)[:, :2]
    for angle in (1e-5, 1e-8):
        end = frame.copy()
        end[:, 0] = np.cos(angle) * np.eye(5)[0] + np.sin(angle) * np.eye(5)[3]
        assert Geodesic(frame, end).length == pytest.approx(angle, rel=1e-6)


def test_polishing_squares_the_error():
    rng = np.random.default_rng(0)
    frame = random_frame(6, rng) + 1e-6 * rng.normal(size=(6, 2))
    error = np.abs(polished(frame).T @ polished(frame) - np.eye(2)).max()
    assert error < 1e-10 < np.abs(frame.T @ frame - np.eye(2)).max()


def test_the_first_column_is_the_first_axis():
    columns = np.array([[1.0, 2.0], [2.0, -1.0], [0.0, 3.0]])
    frame = orthonormal(columns)
    np.testing.assert_allclose(frame[:, 0], columns[:, 0] / np.sqrt(5), atol=1e-15)
    assert frame[:, 1] @ columns[:, 1] > 0
