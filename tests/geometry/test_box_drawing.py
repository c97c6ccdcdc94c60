import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xaigeo.geometry import scene

VIEW = ("a", "b")


def draw(make, world, seed=0):
    return scene(make.boxes(world, seed), view=VIEW)


def layer(frame, name):
    return frame[frame["layer"] == name]


def test_rectangles_are_the_bounds_clipped_and_open_sides_are_marked(make):
    world = make.world()
    anchors = make.boxes(world)
    drawn = scene(anchors, view=VIEW)
    limits = drawn.limits.iloc[0]
    for row in layer(drawn.boxes, "seed").itertuples():
        own = anchors.data.sel(seed=row.seed, instance=row.instance)
        low, high = own["lower"].to_numpy(), own["upper"].to_numpy()
        assert row.x1 == max(low[0], limits["x_low"])
        assert row.x2 == min(high[0], limits["x_high"])
        assert row.y1 == max(low[1], limits["y_low"])
        assert row.y2 == min(high[1], limits["y_high"])
        assert [row.open_left, row.open_right, row.open_bottom, row.open_top] == [
            np.isinf(low[0]), np.isinf(high[0]), np.isinf(low[1]), np.isinf(high[1]),
        ]  # fmt: skip
        assert row.rule == anchors.rule(row.seed, row.instance)
        assert (row.precision, row.precision_low, row.coverage) == (0.97, 0.95, 0.25)
        assert row.met == bool(own["met"])


def test_every_rectangle_holds_its_instance(make):
    drawn = draw(make, make.world(n_seeds=9))
    where = drawn.instances.set_index("instance")
    for row in drawn.boxes.itertuples():
        x, y = where.loc[row.instance, ["x", "y"]]
        assert row.x1 <= x <= row.x2
        assert row.y1 <= y <= row.y2


def test_intersection_and_union_within_each_predicted_class(make):
    world = make.world(n_seeds=9, n_outputs=3)
    anchors = make.boxes(world)
    drawn = scene(anchors, view=VIEW)
    outputs = np.array(anchors.outputs)[anchors.predicted]
    members = anchors.members(world.rows)
    for i, instance in enumerate(anchors.instances):
        for predicted in np.unique(outputs[:, i]):
            seeds = np.flatnonzero(outputs[:, i] == predicted)
            own = drawn.boxes[
                (drawn.boxes["instance"] == instance) & (drawn.boxes["predicted"] == predicted)
            ]
            rectangles = layer(own, "seed")
            common, hull = layer(own, "intersection").iloc[0], layer(own, "union").iloc[0]
            assert common["x1"] == rectangles["x1"].max()
            assert common["x2"] == rectangles["x2"].min()
            assert hull["y1"] == rectangles["y1"].min()
            assert hull["y2"] == rectangles["y2"].max()
            assert common["open_left"] == rectangles["open_left"].all()
            assert hull["open_left"] == rectangles["open_left"].any()
            assert (common["n_seeds"], common["share"]) == (len(seeds), len(seeds) / 9)
            assert common["met"] == rectangles["met"].all()
            assert common["n_met"] == rectangles["met"].sum()
            inside = members[seeds, i].all(axis=0)
            assert common["coverage"] == pytest.approx(inside.mean())
            listed = drawn.box_members[
                (drawn.box_members["instance"] == instance)
                & (drawn.box_members["predicted"] == predicted)
            ]
            rows = layer(listed, "intersection")["background_rows"].item()
            assert rows == tuple(np.flatnonzero(inside).tolist())
            every = set(layer(listed, "union")["background_rows"].item())
            assert set(np.flatnonzero(members[seeds, i].any(axis=0)).tolist()) <= every


def test_members_obey_the_whole_rule_and_not_the_rectangle_alone(make):
    world = make.world()
    anchors = make.boxes(world)
    drawn = scene(anchors, view=VIEW)
    members = anchors.members(world.rows)
    rows = layer(drawn.box_members, "seed")
    assert len(rows) == 4 * 3
    for row in rows.itertuples():
        s, i = row.seed - 10, anchors.instances.tolist().index(row.instance)
        assert row.background_rows == tuple(np.flatnonzero(members[s, i]).tolist())
        assert row.n_rows == members[s, i].sum()


def test_cells_say_which_share_of_seeds_covers_a_place(make):
    drawn = draw(make, make.world(n_seeds=6, identical=True))
    rectangles = layer(drawn.boxes, "seed")
    where = drawn.instances.set_index("instance")
    for instance, cells in drawn.coverage_cells.groupby("instance"):
        own = rectangles[rectangles["instance"] == instance]
        x, y = where.loc[instance, ["x", "y"]]
        here = cells[cells["x1"].le(x) & cells["x2"].ge(x) & cells["y1"].le(y) & cells["y2"].ge(y)]
        assert here["share"].max() == 1.0  # every box holds the instance
        areas = (own["x2"] - own["x1"]) * (own["y2"] - own["y1"])
        covered = (cells["x2"] - cells["x1"]) * (cells["y2"] - cells["y1"]) * cells["n_seeds"]
        assert covered.sum() == pytest.approx(areas.sum())


def test_identical_boxes_are_their_own_intersection_and_union(make):
    world = make.world(identical=True, n_seeds=5)
    anchors = make.boxes(world)
    for name in ("lower", "upper", "allowed"):
        anchors.data[name][:] = anchors.data[name][0]
    drawn = scene(anchors, view=VIEW)
    edges = ["x1", "x2", "y1", "y2", "open_left", "open_top", "rule"]
    one = drawn.boxes[drawn.boxes["seed"] == 10][edges].reset_index(drop=True)
    for name in ("intersection", "union"):
        assert layer(drawn.boxes, name)[edges].reset_index(drop=True).equals(one)
    assert (drawn.coverage_cells["share"] == 1).all()
    assert len(drawn.coverage_cells) == 3


@settings(deadline=None, max_examples=15)
@given(scale=st.floats(1e-2, 1e2), shift=st.floats(-100, 100))
def test_boxes_do_not_depend_on_units(make, scale, shift):
    world = make.world()
    other = make.replace(world, X=world.X.assign(a=world.X["a"] * scale + shift))
    first = scene(make.boxes(world), view=VIEW)
    second = scene(make.boxes(other), view=VIEW)
    for name in ("boxes", "coverage_cells"):
        one, two = first.frames()[name], second.frames()[name]
        for column in ("x1", "x2"):
            np.testing.assert_allclose((two[column] - shift) / scale, one[column], rtol=1e-6)
        np.testing.assert_allclose(two[["y1", "y2", "share"]], one[["y1", "y2", "share"]])
    assert first.box_members["n_rows"].tolist() == second.box_members["n_rows"].tolist()
