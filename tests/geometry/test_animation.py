import numpy as np
import pandas as pd
import pytest

from xaigeo.errors import InputError
from xaigeo.geometry import Animation, animate, animation, grand_tour, little_tour, scene

MOVING = {
    "points", "instances", "axes", "lines", "patches", "patch_outlines", "normals", "cones",
    "regions", "vectors", "staircases", "ellipses", "ellipse_outlines", "box_outlines",
    "box_edges", "connectors", "clusters",
}  # fmt: skip


@pytest.fixture
def everything(make):
    world = make.world(n_outputs=3, n_seeds=5)
    return make.everything(world)


@pytest.fixture
def moved(everything):
    tour = grand_tour(everything, n_bases=3)
    return animate(everything, tour, n_frames=7, staircase=True)


def test_every_mark_follows_every_frame(moved, everything):
    assert set(moved.names) == MOVING
    for number, t in enumerate(moved.times):
        alone = scene(
            everything, view=moved.tour.view(t), staircase=True, scale=moved.first.arrow_scale
        )
        whole = moved.scene(number).frames()
        for name in moved.names:
            table = moved.moving(name)
            own = table[table["frame"] == number].reset_index(drop=True)
            np.testing.assert_array_equal(own["row"], moved.still[name]["row"])
            wanted = whole[name]
            columns = [c for c in own if c not in ("frame", "row")]
            assert {*columns, *moved.still[name]} - {"row"} == set(wanted)
            for column in columns:
                np.testing.assert_allclose(own[column], wanted[column], rtol=1e-5, atol=1e-5)
            still = moved.still[name].drop(columns="row")
            pd.testing.assert_frame_equal(still, wanted[list(still)])
            # Only the arrows of normals are as long as the picture asks for.
            if name not in ("normals", "cones"):
                pd.testing.assert_frame_equal(wanted, alone.frames()[name])


def test_tables_without_places_are_still(moved):
    for name in ("boxes", "box_members", "degenerate", "coverage_cells"):
        assert name in moved.still
        assert name not in moved.names
    assert len(moved.still["boxes"]) == len(moved.still["box_members"]) > 0


def test_frames_are_one_picture(moved):
    """Limits, scale of arrows and bars hold for all frames, and so does a moving point."""
    limits = moved.first.limits.iloc[0]
    assert limits["x_low"] == limits["y_low"] == -limits["x_high"] == -limits["y_high"]
    for number in range(len(moved)):
        one = moved.scene(number)
        pd.testing.assert_frame_equal(one.limits, moved.first.limits)
        pd.testing.assert_frame_equal(one.scale_bar, moved.first.scale_bar)
        assert one.arrow_scale == moved.first.arrow_scale
        for name in ("points", "instances"):
            assert np.abs(getattr(one, name)[["x", "y"]]).to_numpy().max() <= limits["x_high"]
        assert np.abs(one.connectors[["x2", "y2"]]).to_numpy().max() <= limits["x_high"]


def test_coordinates_are_small_and_can_be_had_one_frame_at_a_time(moved, monkeypatch):
    table = moved.moving("vectors")
    assert table["x2"].dtype == np.float32
    assert table["row"].dtype == table["frame"].dtype == np.int32
    assert moved.moving("box_outlines")["open"].dtype == bool
    pd.testing.assert_frame_equal(pd.concat(moved.each("vectors"), ignore_index=True), table)
    monkeypatch.setattr(animation, "MOST_BYTES", 1000)
    with pytest.raises(InputError, match=r"'vectors' of \d+ rows in 7 frames"):
        moved.moving("vectors")
    assert sum(1 for _ in moved.each("vectors")) == 7


def test_instances_and_seeds_can_be_picked(everything):
    tour = little_tour(everything)
    drawn = animate(everything, tour, n_frames=3, instances=["row 1"], seeds=[11])
    assert drawn.still["instances"]["instance"].tolist() == ["row 1"]
    assert set(drawn.still["vectors"]["seed"].dropna()) == {11}
    assert not len(drawn.still["staircases"])
    assert "staircases" not in drawn.names


def test_little_tours_meet_the_pairs_of_columns(make):
    world = make.world(categorical=False)
    drawn = animate(world.shap(), little_tour(world.shap()), n_frames=3)
    for number, columns in enumerate((["a", "b"], ["a", "c"], ["b", "c"])):
        # In the order and to the sides in which the axes stand.
        P = drawn.views[number].projection
        z = world.z(world.rows)
        np.testing.assert_allclose(drawn.scene(number).points[["x", "y"]], z @ P)
        assert {world.columns.names[j] for j in np.abs(P).argmax(axis=0)} == set(columns)


def test_wrong_asks_are_told(moved, everything, make):
    with pytest.raises(InputError, match=r"a table that moves .* Did you mean 'vectors'"):
        moved.moving("vector")
    with pytest.raises(InputError, match="a table that moves"):
        next(moved.each("boxes"))
    with pytest.raises(InputError, match="the number of a frame, 0 to 6, got 7"):
        moved.scene(7)
    other_world = make.world(categorical=False)
    other = grand_tour(other_world.shap())
    with pytest.raises(InputError, match="a tour through the columns a, b, c, d"):
        animate(everything, other)
    for tour in ("x", None):
        with pytest.raises(InputError, match=r"a Tour to show .*, got (str|NoneType).*grand_tour"):
            animate(everything, tour)
    with pytest.raises(InputError, match="n_frames to be a whole number of at least 2, got 1"):
        animate(other_world.shap(), other, n_frames=1)


def test_an_animation_tells_what_it_holds(moved):
    assert isinstance(moved, Animation)
    assert repr(moved).startswith("Animation(Tour('grand', 4 features, ")
    assert len(moved) == 7
