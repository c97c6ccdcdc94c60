import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xaigeo.geometry.connector import Connector
from xaigeo.geometry.connector_clusters import cluster_centres
from xaigeo.geometry.geometric_median import geometric_median
from xaigeo.geometry.standard_frame import StandardFrame


def connector(world, points, **change):
    frame = StandardFrame.from_rows(world.columns, world.rows)
    return Connector.from_counterfactuals(world.counterfactuals(points, **change), frame=frame)


def ways(make, world, *, spread=0.05, seed=0):
    """Points of 6 seeds: 3 go along column a, 2 along column b, 1 changes the category."""
    rng = np.random.default_rng(seed)
    rows = world.rows[world.places]
    points = np.repeat(rows[None, :, None], 6, axis=0)
    points[:3, :, :, 0] += 2.0 * world.spread[0]
    points[3:5, :, :, 1] -= 2.0 * world.spread[1]
    points[5, :, :, 3] = (rows[:, None, 3] + 1) % 3
    points[..., :3] += spread * rng.normal(size=points[..., :3].shape) * world.spread[:3]
    return points


@pytest.fixture
def world(make):
    prediction = np.tile([[2.0, 1.0]], (6, 3, 1))
    return make.world(n_seeds=6, prediction=prediction)


def test_seeds_that_go_one_way_share_a_cluster(make, world):
    mark = connector(world, ways(make, world))
    assert mark.clusters.labels[:, 0, 0].tolist() == [0, 0, 0, 1, 1, 2]
    assert mark.clusters.instance.tolist() == [0] * 3 + [1] * 3 + [2] * 3
    assert mark.clusters.number.tolist() == [0, 1, 2] * 3
    assert mark.clusters.members[1].tolist() == [[3, 0], [4, 0]]


def test_categories_and_targets_are_kept_apart(make, world):
    rows = world.rows[world.places]
    points = np.repeat(rows[None, :, None], 6, axis=0)
    points[..., 0] += world.spread[0]
    points[:2, ..., 3] = (rows[:, None, 3] + 1) % 3
    points[2:4, ..., 3] = (rows[:, None, 3] + 2) % 3
    labels = connector(world, points).clusters.labels[:, 0, 0]
    assert len(set(labels[:2])) == len(set(labels[2:4])) == len(set(labels[4:])) == 1
    assert len(set(labels)) == 3
    target = np.ones((6, 3), dtype=int)
    target[::2] = 0
    labels = connector(world, points, target=target).clusters.labels[:, 0, 0]
    assert len(set(labels)) == 6


def test_no_two_points_of_a_cluster_are_half_a_step_apart(make):
    world = make.world(n_seeds=9, n_outputs=3)
    mark = connector(world, make.points(world))
    for i in range(3):
        for target in np.unique(mark.target[:, i]):
            own = mark.target[:, i] == target
            steps, labels = mark.step[own, i], mark.clusters.labels[own, i]
            reach = np.median(np.linalg.norm(steps, axis=-1)) / 2
            for label in np.unique(labels):
                inside = steps[labels == label]
                apart = np.linalg.norm(inside[:, None] - inside[None], axis=-1)
                assert apart.max() <= reach + 1e-9
    assert (mark.clusters.labels >= 0).all()


def test_invalid_points_have_no_cluster(make, world):
    valid = np.ones((6, 3, 1), dtype=bool)
    valid[:3] = False
    valid[:, 2] = False
    mark = connector(world, ways(make, world), valid=valid)
    assert mark.clusters.labels[:, 0, 0].tolist() == [-1, -1, -1, 0, 0, 1]
    assert (mark.clusters.labels[:, 2] == -1).all()
    assert set(mark.clusters.instance) == {0, 1}


def test_clusters_are_ranked_by_seeds_not_by_candidates(make, world):
    points = np.concatenate([ways(make, world)] * 4, axis=2)
    valid = np.zeros((6, 3, 4), dtype=bool)
    valid[:4, :, 0] = True
    valid[3] = True
    labels = connector(world, points, valid=valid).clusters.labels[:, 0]
    assert labels[:3, 0].tolist() == [0, 0, 0]
    assert labels[3].tolist() == [1, 1, 1, 1]


def test_identical_seeds_are_one_cluster(make, world):
    points = np.repeat(make.points(world, n_candidates=1)[:1], 6, axis=0)
    mark = connector(world, points)
    assert (mark.clusters.labels == 0).all()
    np.testing.assert_allclose(cluster_centres(mark, mark.clusters), mark.step[0, :, 0])
    still = np.repeat(world.rows[world.places][None, :, None], 6, axis=0)
    assert (connector(world, still).clusters.labels == 0).all()


def test_steps_are_never_taken_for_distances(make):
    """As many points as features, with steps like a matrix of distances: scipy would warn."""
    world = make.world(n_seeds=2, prediction=np.tile([[2.0, 1.0]], (2, 3, 1)), categorical=False)
    world = make.replace(world, X=world.X[["a", "b"]], weights=world.weights[:, :2])
    points = np.repeat(world.rows[world.places][None, :, None], 2, axis=0)
    points[0, ..., 1] += world.spread[1]
    points[1, ..., 0] += world.spread[0]
    assert connector(world, points).clusters.labels[:, 0, 0].tolist() == [0, 1]


def test_centres_are_geometric_medians(make):
    world = make.world(n_seeds=9)
    mark = connector(world, make.points(world))
    centres = cluster_centres(mark, mark.clusters)
    for centre, place, part in zip(
        centres, mark.clusters.instance, mark.clusters.members, strict=True
    ):
        steps = np.array([mark.step[s, place, c] for s, c in part])
        np.testing.assert_allclose(centre, geometric_median(steps))


@settings(deadline=None, max_examples=10)
@given(order=st.permutations(range(6)), scale=st.floats(1e-2, 1e2), shift=st.floats(-100, 100))
def test_neither_order_of_seeds_nor_units_change_clusters(make, order, scale, shift):
    world = make.world(n_seeds=6)
    points = make.points(world)
    frame = StandardFrame.from_rows(world.columns, world.rows)
    found = world.counterfactuals(points)
    labels = connector(world, points).clusters.labels
    other = found.sel(seed=[10 + k for k in order])
    again = Connector.from_counterfactuals(other, frame=frame).clusters
    np.testing.assert_array_equal(again.labels, labels[order])
    moved = points.copy()
    moved[..., 1] = moved[..., 1] * scale + shift
    rescaled = make.replace(world, X=world.X.assign(b=world.X["b"] * scale + shift))
    np.testing.assert_array_equal(connector(rescaled, moved).clusters.labels, labels)
