import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xaigeo.geometry import scene
from xaigeo.geometry.geometric_median import geometric_median

VIEW = ("a", "b")


def draw(make, world, **change):
    return scene(world.counterfactuals(make.points(world), **change), view=VIEW)


def layer(frame, name):
    return frame[frame["layer"] == name]


def test_connectors_run_from_the_instance_to_the_point_and_flip_on_the_way(make):
    world = make.world()
    points = make.points(world)
    fraction = np.random.default_rng(0).random((4, 3, 2))
    fraction[0, 0, 0] = np.nan
    found = world.counterfactuals(points, flip_fraction=fraction)
    seeds = layer(scene(found, view=VIEW).connectors, "seed")
    assert len(seeds) == 4 * 3 * 2
    rows = world.rows[world.places]
    for row in seeds.itertuples():
        s, i, c = row.seed - 10, world.places[int(row.instance[-1])], row.candidate
        delta = points[s, i, c] - rows[i]
        assert [row.x, row.y] == pytest.approx(rows[i, :2].tolist())
        assert [row.x2, row.y2] == pytest.approx(points[s, i, c, :2].tolist())
        flip = rows[i, :2] + fraction[s, i, c] * delta[:2]
        assert [row.flip_x, row.flip_y] == pytest.approx(flip.tolist(), nan_ok=True)
        z = np.append(delta[:3] / world.spread[:3], float(delta[3] != 0))
        assert row.foreshortening == pytest.approx(np.linalg.norm(z[:2]) / np.linalg.norm(z))
        assert ("d: " in row.text) == (delta[3] != 0)
        assert "a " not in row.text
        assert "c " in row.text
        assert row.target == world.outputs[1 - world.predicted[s, i]]


def test_a_point_on_the_instance_has_no_foreshortening(make):
    world = make.world()
    points = np.repeat(world.rows[world.places][None, :, None], 4, axis=0)
    drawn = scene(world.counterfactuals(points), view=VIEW)
    assert layer(drawn.connectors, "seed")["foreshortening"].isna().all()


def test_consensus_is_the_geometric_median_of_valid_points_within_a_class(make):
    world = make.world(n_seeds=9, n_outputs=3)
    points = make.points(world)
    valid = np.random.default_rng(1).random((9, 3, 2)) < 0.7
    found = world.counterfactuals(points, valid=valid)
    consensus = layer(scene(found, view=VIEW).connectors, "consensus")
    rows, expected = world.rows[world.places], 0
    for i in range(3):
        for predicted in np.unique(world.predicted[:, i]):
            same = np.flatnonzero(world.predicted[:, i] == predicted)
            seeds = [s for s in same if valid[s, i].any()]
            if not seeds:
                continue
            expected += 1
            steps = []
            for s in seeds:
                ranked = np.where(valid[s, i], found.array("distance")[s, i], np.inf)
                delta = points[s, i, ranked.argmin()] - rows[i]
                steps.append([*(delta[:3] / world.spread[:3]), float(delta[3] != 0)])
            middle = geometric_median(np.array(steps))
            row = consensus[
                (consensus["instance"] == f"row {i}")
                & (consensus["predicted"] == world.outputs[predicted])
            ].iloc[0]
            assert [row["x2"], row["y2"]] == pytest.approx(
                (rows[i, :2] + middle[:2] * world.spread[:2]).tolist()
            )
            assert row["n_seeds"] == len(seeds)
            assert row["share"] == pytest.approx(len(same) / 9)
    assert len(consensus) == expected


def test_an_instance_without_a_valid_point_has_no_consensus(make):
    world = make.world()
    drawn = draw(make, world, valid=np.zeros((4, 3, 2), dtype=bool))
    assert len(layer(drawn.connectors, "consensus")) == 0
    assert not layer(drawn.connectors, "seed")["valid"].any()
    assert len(drawn.ellipses) == 0


def test_identical_seeds_give_the_same_connector_and_no_spread(make):
    world = make.world(identical=True, n_seeds=6)
    points = np.repeat(make.points(world)[:1], 6, axis=0)
    drawn = scene(world.counterfactuals(points), view=VIEW)
    consensus = layer(drawn.connectors, "consensus").reset_index(drop=True)
    distance = world.counterfactuals(points).array("distance")[0]
    nearest = drawn.connectors[drawn.connectors["seed"] == 10].iloc[
        [2 * i + int(distance[i].argmin()) for i in range(3)]
    ]
    same = ["x2", "y2", "foreshortening", "distance", "n_changed", "cross_validity"]
    np.testing.assert_allclose(
        consensus[same].to_numpy(float), nearest[same].to_numpy(float), atol=1e-9
    )
    assert consensus["text"].tolist() == nearest["text"].tolist()
    np.testing.assert_array_equal(drawn.ellipses[["semi_major", "semi_minor"]], 0.0)
    assert set(drawn.ellipses["mark"]) == {"connectors"}


def test_limits_hold_every_end_point(make):
    drawn = draw(make, make.world())
    limits = drawn.limits.iloc[0]
    assert drawn.connectors["x2"].between(limits["x_low"], limits["x_high"]).all()
    assert drawn.connectors["y2"].between(limits["y_low"], limits["y_high"]).all()


@settings(deadline=None, max_examples=15)
@given(scale=st.floats(1e-2, 1e2), shift=st.floats(-100, 100))
def test_connectors_do_not_depend_on_units(make, scale, shift):
    world = make.world()
    other = make.replace(world, X=world.X.assign(a=world.X["a"] * scale + shift))
    first, second = draw(make, world).connectors, draw(make, other).connectors
    for column in ("x", "x2", "flip_x"):
        np.testing.assert_allclose(
            (second[column] - shift) / scale, first[column], rtol=1e-6, atol=1e-6
        )
    same = ["y2", "foreshortening", "distance"]
    np.testing.assert_allclose(second[same], first[same], rtol=1e-6, atol=1e-6)
