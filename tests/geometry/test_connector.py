import numpy as np

from xaigeo.geometry.connector import Connector
from xaigeo.geometry.standard_frame import StandardFrame


def build(make, world, **change):
    frame = StandardFrame.from_rows(world.columns, world.rows)
    return Connector.from_counterfactuals(
        world.counterfactuals(make.points(world), **change), frame=frame
    )


def test_steps_are_standardised_and_a_changed_category_counts_one(make):
    world = make.world()
    connector = build(make, world)
    rows = world.rows[world.places]
    for s in range(4):
        for i in range(3):
            for c in range(2):
                delta = connector.point[s, i, c] - rows[i]
                np.testing.assert_allclose(
                    connector.step[s, i, c, :3], delta[:3] / world.spread[:3]
                )
                assert connector.step[s, i, c, 3] == float(delta[3] != 0)


def test_foremost_is_the_nearest_valid_candidate(make):
    world = make.world()
    distance = np.array([[[1.0, 2.0], [2.0, 1.0], [1.0, 2.0]]] * 4)
    valid = np.array([[[False, True], [True, True], [False, False]]] * 4)
    connector = build(make, world, distance=distance, valid=valid)
    assert connector.foremost.tolist() == [[1, 1, 0]] * 4


def test_cross_validity_is_the_share_of_the_other_seeds(make):
    world = make.world()
    flips = np.random.default_rng(0).random((4, 4, 3, 2)) < 0.5
    connector = build(make, world, cross_validity=flips)
    for s in range(4):
        others = [t for t in range(4) if t != s]
        np.testing.assert_allclose(connector.cross_validity[s], flips[s, others].mean(axis=0))


def test_what_was_not_measured_is_missing(make):
    connector = build(make, make.world(), cross_validity=None, flip_fraction=None)
    assert np.isnan(connector.cross_validity).all()
    assert np.isnan(connector.flip_fraction).all()


def test_one_seed_has_no_others(make):
    connector = build(make, make.world(n_seeds=1))
    assert np.isnan(connector.cross_validity).all()


def test_exact_frame_holds_the_foremost_candidate(make):
    world = make.world()
    connector = build(make, world)
    frame = connector.to_frame()
    one = frame[(frame["seed"] == 13) & (frame["instance"] == "row 2")]
    c = connector.foremost[3, 2]
    np.testing.assert_array_equal(one["to"], connector.point[3, 2, c])
    np.testing.assert_array_equal(one["step"], connector.step[3, 2, c])
    np.testing.assert_array_equal(one["value"], world.rows[2])
