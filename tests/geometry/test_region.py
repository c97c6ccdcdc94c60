import numpy as np
import pytest
from scipy.spatial import ConvexHull

from xaigeo.geometry import scene


def outline_of(regions, method, instance):
    own = regions[(regions["method"] == method) & (regions["instance"] == instance)]
    return own.sort_values("order")[["x", "y"]].to_numpy()


def test_a_kernel_is_a_disc_in_every_view(make):
    world = make.wide(4, radius=1.7)
    for view in (("x1", "x3"), make.plane(world)):
        drawn = scene(world.lime(), view=view)
        assert set(drawn.regions["kind"]) == {"kernel"}
        for row in drawn.instances.itertuples():
            around = outline_of(drawn.regions, "lime", row.instance) - [row.x, row.y]
            np.testing.assert_allclose(np.linalg.norm(around / drawn.view.scale, axis=1), 1.7)


def test_a_kernel_with_another_background_keeps_its_own_radius(make):
    world = make.wide(4, radius=1.7)
    lime = world.lime(feature_scale=2.0 * world.spread)
    drawn = scene(lime, view=make.plane(world))
    start = drawn.instances.iloc[0]
    around = outline_of(drawn.regions, "lime", "row 0") - start[["x", "y"]].to_numpy(float)
    np.testing.assert_allclose(np.linalg.norm(around, axis=1), 3.4)


def test_a_rule_is_searched_in_the_range_of_the_background(make):
    world = make.wide(3)
    view = make.plane(world)
    drawn = scene(make.boxes(world), view=view)
    z = world.z(world.rows)
    low, high = z.min(axis=0), z.max(axis=0)
    corners = np.array([[(low, high)[b][j] for j, b in enumerate(c)] for c in np.ndindex(2, 2, 2)])
    hull = ConvexHull(corners @ view.projection)
    found = outline_of(drawn.regions, "anchors", "row 1")
    assert ConvexHull(found).volume == pytest.approx(hull.volume)
    assert set(drawn.regions["kind"]) == {"sampled"}
    pair = scene(make.boxes(world), view=("x2", "x0"))
    X = world.X[["x2", "x0"]].to_numpy()
    square = outline_of(pair.regions, "anchors", "row 1")
    np.testing.assert_allclose(square.min(axis=0), X.min(axis=0))
    np.testing.assert_allclose(square.max(axis=0), X.max(axis=0))


def test_a_rule_searched_nearby_has_a_region_of_its_own(make):
    world = make.wide(3)
    boxes = make.boxes(world)
    parameters = {"sampling": "local", "radius": 0.5, "local_draws": "uniform"}
    near = make.replace(boxes, provenance={**boxes.provenance, "parameters": parameters})
    square = outline_of(scene(near, view=("x0", "x1")).regions, "anchors", "row 1")
    X, row = world.rows[:, :2], world.rows[1, :2]
    reach = 0.5 * world.spread[:2]
    np.testing.assert_allclose(square.min(axis=0), np.maximum(row - reach, X.min(axis=0)))
    np.testing.assert_allclose(square.max(axis=0), np.minimum(row + reach, X.max(axis=0)))
    spread = {**parameters, "local_draws": "normal"}
    wide = make.replace(boxes, provenance={**boxes.provenance, "parameters": spread})
    square = outline_of(scene(wide, view=("x0", "x1")).regions, "anchors", "row 1")
    np.testing.assert_allclose(square.min(axis=0), X.min(axis=0))
