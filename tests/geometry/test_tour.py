import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import subspace_angles

from xaigeo.errors import InputError
from xaigeo.geometry import Tour, grand_tour, scene
from xaigeo.geometry.geodesic import random_frame
from xaigeo.geometry.tour import direction_label


def made(n_features=5, n_planes=4, seed=0):
    rng = np.random.default_rng(seed)
    planes = [random_frame(n_features, rng) for _ in range(n_planes)]
    return Tour.through("made", [f"x{j}" for j in range(n_features)], planes), planes


@settings(deadline=None, max_examples=25)
@given(
    n_features=st.integers(3, 15),
    n_planes=st.integers(1, 6),
    seed=st.integers(0, 1000),
    n=st.integers(2, 30),
)
def test_every_frame_is_orthonormal(n_features, n_planes, seed, n):
    frames = made(n_features, n_planes, seed)[0].frames(n)
    assert frames.shape == (n, n_features, 2)
    assert np.abs(frames.swapaxes(1, 2) @ frames - np.eye(2)).max() < 1e-10


def test_the_path_meets_every_plane_in_order():
    tour, planes = made()
    for t, plane in zip(tour.base_times, planes, strict=True):
        frame = tour.frame(t)
        np.testing.assert_allclose(frame @ frame.T, plane @ plane.T, atol=1e-9)
    np.testing.assert_allclose(tour.frame(0.0), planes[0], atol=1e-14)


def test_equal_times_turn_by_equal_angles():
    tour, _ = made(6, 5)
    assert tour.length == pytest.approx(tour.lengths.sum())
    times = np.linspace(0, 1, 400)
    for t, later in pairwise(times):
        if not ((tour.base_times > t) & (tour.base_times < later)).any():  # no corner between
            turned = np.linalg.norm(subspace_angles(tour.frame(t), tour.frame(later)))
            assert turned == pytest.approx(tour.length / 399, rel=1e-5)


def test_frames_do_not_jump_at_the_bases():
    tour, _ = made()
    for t in tour.base_times[1:-1]:
        before, after = tour.frame(t - 1e-9), tour.frame(t + 1e-9)
        np.testing.assert_allclose(before, after, atol=1e-7)


def test_a_saved_tour_comes_back_to_the_last_digit(tmp_path, make):
    tour = grand_tour(make.world().shap(), random_state=3, n_bases=4)
    again = Tour.load(tour.save(tmp_path / "tour.json"))
    np.testing.assert_array_equal(again.frames(37), tour.frames(37))
    assert (again.kind, again.features) == (tour.kind, tour.features)
    assert again.parameters == tour.parameters == {"n_bases": 4, "random_state": 3}
    assert json.loads((tmp_path / "tour.json").read_text())["format"] == "xaigeo tour"


def test_what_is_no_tour_is_refused(tmp_path):
    path = tmp_path / "tour.json"
    with pytest.raises(InputError, match="one that cannot be read \\(FileNotFoundError\\)"):
        Tour.load(path)
    path.write_text("not json")
    with pytest.raises(InputError, match="a file of a tour"):
        Tour.load(path)
    for text in ("[]", "{}", '{"format": "xaigeo tour", "version": 1}'):
        path.write_text(text)
        with pytest.raises(InputError, match="a description of a tour"):
            Tour.load(path)
    later = made()[0].to_dict() | {"version": 2}
    with pytest.raises(InputError, match="got version 2"):
        Tour.from_dict(later)


def test_bases_must_be_settled_frames():
    names = ("a", "b", "c")
    frame = np.eye(3)[:, :2]
    with pytest.raises(InputError, match=r"bases of a tour, shape \(n_bases, 3, 2\)"):
        Tour(kind="made", features=names, bases=frame)
    with pytest.raises(InputError, match="columns that are off by 3"):
        Tour(kind="made", features=names, bases=2 * frame[None])
    with pytest.raises(InputError, match="frames that are turned within their planes"):
        Tour(kind="made", features=names, bases=np.array([frame, frame[:, ::-1]]))


def test_planes_that_are_reached_already_are_left_out():
    tour, planes = made(n_planes=3)
    twice = Tour.through("made", tour.features, [planes[0], planes[0], *planes[1:], planes[2]])
    np.testing.assert_allclose(twice.bases, tour.bases)
    named = Tour.through("made", tour.features, [planes[0], planes[0], planes[1]], values=[1, 2, 3])
    assert named.values == (1.0, 3.0)


def test_one_plane_stands_still():
    tour, planes = made(n_planes=1)
    np.testing.assert_allclose(tour.frames(3), np.array([planes[0]] * 3))
    assert tour.length == 0.0


@pytest.mark.parametrize("t", [-0.1, 1.1, np.nan, "0.5"])
def test_time_runs_from_0_to_1(t):
    with pytest.raises(InputError, match="a time of the tour from 0 to 1"):
        made()[0].frame(t)


def test_frames_are_two_at_least():
    with pytest.raises(InputError, match="n to be a whole number of at least 2"):
        made()[0].frames(1)


def test_a_view_is_drawn_by_a_scene(make):
    world = make.world()
    tour = grand_tour(world.shap())
    view = tour.view(0.4)
    assert view.label == "grand tour"
    drawn = scene(world.shap(), view=view)
    np.testing.assert_allclose(
        drawn.points[["x", "y"]],
        np.where(world.columns.discrete, 0, world.z(world.rows)) @ tour.frame(0.4),
    )


def test_other_columns_are_told(make):
    with pytest.raises(InputError, match="columns a, b, got one through x0, x1, x2, x3, x4"):
        made()[0].check_fits(["a", "b"])


def test_directions_are_named_by_their_heaviest_features():
    names = ["a", "b", "c"]
    assert direction_label(np.array([0.0, 1.0, 0.0]), names) == "1.00 b"
    assert direction_label(np.array([-0.6, 0.8, 0.0]), names) == "0.80 b − 0.60 a"
    assert direction_label(np.array([0.6, 0.6, 0.53]), names) == "0.60 a + 0.60 b + ..."


def test_a_tour_tells_its_size():
    tour, _ = made()
    assert repr(tour).startswith("Tour('made', 5 features, 4 bases, ")
