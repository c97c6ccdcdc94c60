from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xaigeo.errors import InputError
from xaigeo.geometry import grand_tour, little_tour, local_tour, pca_view, radial_tour
from xaigeo.geometry.geodesic import Geodesic


@pytest.fixture
def shap(make):
    return make.wide(5).shap()


def test_a_grand_tour_is_drawn_from_its_random_state(shap):
    one = grand_tour(shap, random_state=7)
    np.testing.assert_array_equal(one.frames(20), grand_tour(shap, random_state=7).frames(20))
    assert not np.allclose(one.frames(20)[-1], grand_tour(shap, random_state=8).frames(20)[-1])
    assert len(one.bases) == 11
    np.testing.assert_allclose(one.bases[0], pca_view(shap).projection, atol=1e-12)


def test_planes_of_a_grand_tour_favour_no_feature(make):
    tour = grand_tour(make.wide(5).shap(), n_bases=600)
    lengths = (tour.bases**2).sum(axis=-1)  # squared lengths of the rows, 2/5 on average
    error = lengths.std(axis=0) / np.sqrt(len(lengths))
    assert (np.abs(lengths.mean(axis=0) - 0.4) < 5 * error).all()


def test_a_tour_begins_in_the_plane_it_is_given(shap):
    pair = grand_tour(shap, start=("x3", "x1"))
    np.testing.assert_allclose(pair.bases[0], np.eye(5)[:, [3, 1]], atol=1e-15)


@pytest.mark.parametrize("n_features", [3, 4, 5, 8])
def test_a_little_tour_stops_at_every_pair_and_turns_one_axis_at_a_time(make, n_features):
    tour = little_tour(make.wide(n_features).shap())
    seen = [frozenset(np.flatnonzero(np.abs(base).max(axis=1)).tolist()) for base in tour.bases]
    assert sorted(map(sorted, seen)) == [list(pair) for pair in combinations(range(n_features), 2)]
    np.testing.assert_allclose(np.sort(tour.bases, axis=1)[:, -1], 1.0)  # upright, no mirror
    for way in tour.ways:
        np.testing.assert_allclose(way.angles, [0, np.pi / 2], atol=1e-15)


def test_a_radial_tour_takes_a_feature_out_and_in_by_the_shortest_way(shap):
    tour = radial_tour(shap, "x2")
    start = pca_view(shap).projection
    assert len(tour.bases) == 5
    np.testing.assert_allclose(tour.bases[1][2], 0.0, atol=1e-12)
    assert np.linalg.norm(tour.bases[3][2]) == pytest.approx(1.0)
    for back in (0, 2, 4):
        np.testing.assert_allclose(tour.bases[back], start, atol=1e-12)
    for way in tour.ways:
        assert way.angles[0] == pytest.approx(0.0, abs=1e-9)
    row = np.linalg.norm(start[2])
    np.testing.assert_allclose(
        tour.lengths, [np.arcsin(row), np.arcsin(row), np.arccos(row), np.arccos(row)]
    )
    # On the way out the feature's row only shrinks.
    rows = [np.linalg.norm(tour.frame(t)[2]) for t in np.linspace(0, tour.base_times[1], 9)]
    assert (np.diff(rows) < 0).all()


def test_a_feature_that_is_an_axis_goes_out_to_what_varies_most(shap):
    tour = radial_tour(shap, "x2", start=("x2", "x0"))
    assert len(tour.bases) == 3  # it is wholly in already
    np.testing.assert_allclose(tour.bases[1][2], 0.0, atol=1e-12)
    np.testing.assert_allclose(tour.bases[1][:, 1], np.eye(5)[0], atol=1e-12)


def test_a_feature_that_is_out_comes_in(shap):
    tour = radial_tour(shap, "x2", start=("x1", "x0"))
    assert len(tour.bases) == 3
    assert np.linalg.norm(tour.bases[1][2]) == pytest.approx(1.0)


def test_a_local_tour_stays_near_its_plane(shap):
    tour = local_tour(shap, angle=15.0, n_bases=5, random_state=1)
    start = pca_view(shap).projection
    angles = [np.degrees(Geodesic(start, frame).angles.max()) for frame in tour.frames(200)]
    assert max(angles) <= 15.0 + 1e-6
    assert [np.degrees(Geodesic(start, base).angles.max()) for base in tour.bases] == pytest.approx(
        [0, 15] * 5 + [0], abs=1e-6
    )
    np.testing.assert_array_equal(
        tour.bases, local_tour(shap, angle=15.0, n_bases=5, random_state=1).bases
    )


def test_categories_stay_out_of_every_frame(make):
    world = make.world()
    for tour in (
        grand_tour(world.shap()),
        little_tour(world.shap()),
        radial_tour(world.shap(), "a"),
        local_tour(world.shap()),
    ):
        np.testing.assert_array_equal(tour.frames(20)[:, 3], 0.0)
        assert tour.features == ("a", "b", "c", "d")


@settings(deadline=None, max_examples=8)
@given(scale=st.floats(1e-3, 1e3), shift=st.floats(-100, 100))
def test_tours_do_not_depend_on_units(make, scale, shift):
    world = make.world()
    other = make.replace(world, X=world.X.assign(a=world.X["a"] * scale + shift))
    for tour in (grand_tour, local_tour, lambda given: radial_tour(given, "b")):
        np.testing.assert_allclose(
            tour(world.shap()).frames(9), tour(other.shap()).frames(9), atol=1e-6
        )


def test_two_numeric_columns_have_one_plane(make):
    world = make.wide(2)
    X = pd.DataFrame(world.X).assign(d=["p", "q"] * 20)
    weights = np.concatenate([world.weights, world.weights[:, :1]], axis=1)
    shap = make.replace(world, X=X, weights=weights).shap()
    with pytest.raises(InputError, match=r"at least 3 numeric columns for a tour, got 2\. Use a"):
        grand_tour(shap)


def test_wrong_arguments_are_told(make):
    shap = make.world().shap()
    with pytest.raises(InputError, match="a numeric column to turn, got 'd', which is categorical"):
        radial_tour(shap, "d")
    with pytest.raises(InputError, match="a column of the schema"):
        radial_tour(shap, "z")
    for angle in (0, 91, "wide", True):
        with pytest.raises(InputError, match="angle in degrees, above 0 and at most 90"):
            local_tour(shap, angle=angle)
    for tour in (grand_tour, local_tour):
        with pytest.raises(InputError, match="n_bases to be a whole number"):
            tour(shap, n_bases=0)
