from itertools import product

import numpy as np
import pytest
from scipy.spatial import ConvexHull

from xaigeo.geometry import Projection, scene
from xaigeo.geometry.zonotope import Silhouette


def bounds_of(world, boxes, layer, row):
    """Standardised bounds of a row of a table, open ends at the data's."""
    place = world.X.index.get_loc(row.instance)
    lower, upper = boxes.array("lower")[:, place], boxes.array("upper")[:, place]
    if layer == "seed":
        lower, upper = lower[row.seed - 10], upper[row.seed - 10]
    else:
        group = np.array(world.outputs)[world.predicted[:, place]] == row.predicted
        inner, outer = (np.max, np.min) if layer == "intersection" else (np.min, np.max)
        lower, upper = inner(lower[group], axis=0), outer(upper[group], axis=0)
    rows = world.rows
    room = 0.05 * (rows.max(axis=0) - rows.min(axis=0))
    low = np.where(np.isneginf(lower), rows.min(axis=0) - room, lower)
    high = np.where(np.isposinf(upper), rows.max(axis=0) + room, upper)
    numeric = ~world.columns.discrete
    return (
        np.where(numeric, (low - world.location) / world.spread, 0.0),
        np.where(numeric, (high - world.location) / world.spread, 0.0),
        np.isneginf(lower),
        np.isposinf(upper),
    )


@pytest.mark.parametrize("n_features", [2, 3, 4, 5, 6])
def test_outlines_are_hulls_of_all_corners(make, n_features):
    world = make.wide(n_features)
    boxes, view = make.boxes(world), make.plane(world)
    drawn = scene(boxes, view=view)
    keys = ["layer", "seed", "instance", "predicted"]
    assert set(drawn.box_outlines["layer"]) == {"seed", "intersection", "union"}
    for _, outline in drawn.box_outlines.groupby(keys, dropna=False):
        row = next(outline.itertuples())
        low, high, _, _ = bounds_of(world, boxes, row.layer, row)
        corners = np.array(
            [[(low, high)[b][j] for j, b in enumerate(c)] for c in product((0, 1), repeat=len(low))]
        )
        hull = ConvexHull(corners @ view.projection)
        found = outline.sort_values("order")[["x", "y"]].to_numpy()
        assert len(found) == 2 * n_features
        wanted = (corners @ view.projection)[hull.vertices]
        away = np.linalg.norm(found[:, None] - wanted[None], axis=-1)
        assert away.min(axis=0).max() < 1e-9
        assert away.min(axis=1).max() < 1e-9


@pytest.mark.parametrize("n_features", [3, 5])
def test_an_edge_is_open_where_the_box_goes_on_beyond_it(make, n_features):
    """Push the ends of the data out: open edges of the outline move, closed ones stay."""
    world = make.wide(n_features)
    boxes, view = make.boxes(world), make.plane(world)
    drawn = scene(boxes, view=view)
    seen = set()
    for _, outline in drawn.box_outlines.groupby(
        ["layer", "seed", "instance", "predicted"], dropna=False
    ):
        row = next(outline.itertuples())
        low, high, low_open, high_open = bounds_of(world, boxes, row.layer, row)
        far_low, far_high = np.where(low_open, low - 1, low), np.where(high_open, high + 1, high)
        found = outline.sort_values("order")
        points = found[["x", "y"]].to_numpy()
        for point, after, is_open in zip(
            points, np.roll(points, -1, axis=0), found["open"], strict=True
        ):
            out = np.array([after[1] - point[1], point[0] - after[0]])  # outwards
            lifted = view.projection @ out
            reach = np.maximum(lifted * low, lifted * high).sum()
            assert point @ out == pytest.approx(reach)
            beyond = np.maximum(lifted * far_low, lifted * far_high).sum()
            # The edge's own direction is across `out`, up to round-off.
            assert is_open == (beyond > reach + 1e-6)
            seen.add(bool(is_open))
    assert seen == {True, False}


def test_edges_join_corners_that_differ_in_one_feature(make):
    world = make.wide(4)
    boxes, view = make.boxes(world), make.plane(world)
    drawn = scene(boxes, view=view)
    assert set(drawn.box_edges["layer"]) == {"intersection", "union"}
    for _, edges in drawn.box_edges.groupby(["layer", "instance", "predicted"]):
        assert len(edges) == 4 * 2**3
        row = next(edges.itertuples())
        low, high, low_open, high_open = bounds_of(world, boxes, row.layer, row)
        wanted = set()
        for j, corner in product(range(4), product((0, 1), repeat=4)):
            if corner[j]:
                continue
            start = np.array([(low, high)[b][k] for k, b in enumerate(corner)])
            end = start.copy()
            end[j] = high[j]
            is_open = any((low_open, high_open)[b][k] for k, b in enumerate(corner) if k != j)
            ends = np.round(np.concatenate([start, end]).reshape(2, 4) @ view.projection, 6)
            wanted.add((f"x{j}", bool(is_open), *(ends.ravel() + 0.0)))
        found = {
            (e.feature, e.open, *(np.round([e.x, e.y, e.x2, e.y2], 6) + 0.0))
            for e in edges.itertuples()
        }
        assert found == wanted


def test_many_features_have_outlines_and_no_edges(make):
    world = make.wide(7)
    drawn = scene(make.boxes(world), view=make.plane(world))
    assert drawn.box_edges.empty
    assert len(drawn.box_outlines) == 14 * len(drawn.boxes)


def test_categories_have_no_width(make):
    world = make.world()
    boxes = make.boxes(world)
    drawn = scene(boxes, view="pca")
    assert len(drawn.box_outlines) == 6 * len(drawn.boxes)
    assert set(drawn.box_edges["feature"]) == {"a", "b", "c"}
    assert drawn.boxes["rule"].str.contains("d = ").any()


def test_members_are_those_that_obey_in_all_features(make):
    world = make.world()
    boxes = make.boxes(world)
    flat, deep = (scene(boxes, view=view) for view in (("a", "b"), "pca"))
    assert flat.box_members.equals(deep.box_members)
    shared = ["method", "layer", "seed", "instance", "predicted", "precision", "coverage", "rule"]
    assert flat.boxes[shared].equals(deep.boxes[shared])
    assert deep.boxes[["x1", "x2", "y1", "y2"]].isna().all(axis=None)
    assert not deep.boxes[["open_left", "open_right", "open_bottom", "open_top"]].any(axis=None)
    assert deep.coverage_cells.empty


def test_members_lie_inside_the_outline(make):
    world = make.wide(4)
    drawn = scene(make.boxes(world), view=make.plane(world))
    n = 0
    for box, members in zip(drawn.boxes.itertuples(), drawn.box_members.itertuples(), strict=True):
        own = drawn.box_outlines[
            (drawn.box_outlines["layer"] == box.layer)
            & (drawn.box_outlines["instance"] == box.instance)
            & (drawn.box_outlines["predicted"] == box.predicted)
        ]
        if box.layer == "seed":
            own = own[own["seed"] == box.seed]
        outline = own.sort_values("order")[["x", "y"]].to_numpy()
        steps = np.roll(outline, -1, axis=0) - outline
        for place in members.background_rows:
            to = drawn.points[["x", "y"]].to_numpy()[place] - outline
            assert (steps[:, 0] * to[:, 1] - steps[:, 1] * to[:, 0] >= -1e-9).all()
            n += 1
    assert n > 20


def test_identical_seeds_have_one_box(make):
    world = make.wide(3, n_seeds=1)
    boxes = make.boxes(world)
    one = scene(boxes, view=make.plane(world)).box_outlines
    for layer in ("intersection", "union"):
        own = one[one["layer"] == layer][["x", "y", "open"]].reset_index(drop=True)
        assert own.equals(one[one["layer"] == "seed"][["x", "y", "open"]].reset_index(drop=True))


def test_a_view_of_two_axes_gives_the_rectangle(make):
    world = make.wide(4)
    boxes = make.boxes(world)
    drawn = scene(boxes, view=Projection(np.eye(4)[:, [2, 0]]))
    lower, upper = boxes.array("lower")[0, 1, [2, 0]], boxes.array("upper")[0, 1, [2, 0]]
    own = drawn.box_outlines.query("seed == 10 and instance == 'row 1'").sort_values("order")
    z = ((np.array([lower, upper]) - world.location[[2, 0]]) / world.spread[[2, 0]]).T
    for axis, (low, high) in zip("xy", z, strict=True):
        if np.isfinite(low):
            assert own[axis].min() == pytest.approx(low)
        if np.isfinite(high):
            assert own[axis].max() == pytest.approx(high)


def test_parallel_rows_of_a_projection_open_nothing_along_themselves():
    """Three features point one way: an open side of one of them is beyond no edge of another."""
    rows = np.array([[1.0, 0.0], [2.0, 0.0], [-1.0, 0.0], [0.0, 1.0]])
    low = np.array([[True, False, True, False]])
    found = Silhouette(rows).open_edges(low, np.zeros_like(low))
    half = Silhouette(rows).outlines(np.ones((1, 4)))[0]
    steps = np.roll(half, -1, axis=0) - half
    # Closed at top and bottom, whose edges run along the three; open at left and at right, where
    # the low sides of the first and of the third, which points back, are.
    np.testing.assert_array_equal(found[0], steps[:, 0] == 0.0)
