import numpy as np
import pandas as pd
import pytest

import xaigeo as xg
from xaigeo.geometry import Box, Connector, Line, Scene, Vectors, scene

VIEW = ("a", "b")
FRAMES = {
    "points", "instances", "axes", "lines", "patches", "patch_outlines", "normals", "cones",
    "degenerate", "regions", "vectors", "staircases", "ellipses", "ellipse_outlines", "scale_bar",
    "boxes", "box_outlines", "box_edges", "box_members", "coverage_cells", "connectors", "clusters",
    "limits",
}  # fmt: skip
# A pair of columns cuts what a projection throws its shadow of.
SHADOWS = {"patches", "patch_outlines", "box_outlines", "box_edges"}


@pytest.fixture
def world(make):
    return make.world(n_outputs=3, n_seeds=5)


@pytest.fixture
def everything(make, world):
    return [
        world.lime(),
        world.shap(),
        make.boxes(world),
        world.counterfactuals(make.points(world)),
    ]


def test_a_scene_holds_every_mark(everything):
    drawn = scene(everything, view=VIEW, staircase=True)
    assert set(drawn.frames()) == FRAMES
    assert [type(mark) for mark in drawn.marks] == [Line, Vectors, Box, Connector]
    for name, frame in drawn.frames().items():
        assert bool(len(frame)) == (name not in {"degenerate", *SHADOWS}), name
        if "method" in frame:
            assert frame["method"].notna().all()
    assert (drawn.view.x.name, drawn.view.y.name) == VIEW
    assert drawn.outputs == ("k0", "k1", "k2")
    assert drawn.task == "classification"


def test_every_column_is_documented(everything):
    text = Scene.__doc__.replace(",", " ").replace("(", " ").replace(".", " ").replace(")", " ")
    words = set(text.replace(";", " ").replace(":", " ").replace('"', " ").split())
    keys = {"method", "layer", "seed", "instance", "mark", "level", "axis", "role"}
    families = {"x_minor", "y_major", "y_minor", "y_low", "y_high", "y2"}
    for name, frame in scene(everything, view=VIEW).frames().items():
        missing = set(frame.columns) - words - keys - families
        assert not missing, (name, missing)


def test_seeds_have_numbers_and_summaries_have_none(everything):
    for name, frame in scene(everything, view=VIEW).frames().items():
        if "seed" in frame:
            assert frame["seed"].dtype == "Int64", name
            assert (frame["seed"].isna() == (frame["layer"] != "seed")).all()


def test_an_empty_table_has_the_columns_of_a_full_one(everything):
    full = scene(everything, view=VIEW).frames()
    for one in everything:
        for name, frame in scene(one, view=VIEW).frames().items():
            assert list(frame.columns) == list(full[name].columns)


def test_points_and_instances_are_the_data(world, everything):
    drawn = scene(everything, view=VIEW)
    np.testing.assert_allclose(drawn.points[["x", "y"]], world.X[["a", "b"]])
    own = world.X.loc[drawn.instances["instance"], ["a", "b"]]
    np.testing.assert_allclose(drawn.instances[["x", "y"]], own)
    votes = world.values(world.rows).argmax(axis=-1)
    for r in range(len(world.rows)):
        share = (np.array(world.outputs)[votes[:, r]] == drawn.points["predicted"][r]).mean()
        assert drawn.points["agreement"][r] == pytest.approx(share)
    np.testing.assert_allclose(drawn.instances["flip_rate"], 1 - drawn.instances["agreement"])
    assert set(drawn.instances["methods"]) == {"lime, kernel_shap, anchors, counterfactuals"}


def test_background_rows_can_be_left_out_and_change_nothing_else(everything):
    without = scene(everything, view=VIEW, background=False)
    assert len(without.points) == 0
    pd.testing.assert_frame_equal(without.lines, scene(everything, view=VIEW).lines)
    pd.testing.assert_frame_equal(without.limits, scene(everything, view=VIEW).limits)


def test_instances_and_seeds_can_be_picked(everything):
    drawn = scene(everything, view=VIEW, instances=["row 2", "row 0"], seeds=[12, 14])
    assert drawn.instances["instance"].tolist() == ["row 2", "row 0"]
    assert set(drawn.boxes["seed"].dropna()) == {12, 14}
    assert set(drawn.lines["instance"]) == {"row 0", "row 2"}
    one = scene(everything[0].sel(seed=[12, 14]), view=VIEW, instances=["row 2", "row 0"])
    pd.testing.assert_frame_equal(drawn.lines, one.lines)


def test_explanations_may_explain_different_instances(world):
    lime = world.lime().sel(instance=["row 0", "row 1"])
    shap = world.shap().sel(instance=["row 1", "row 2"])
    drawn = scene([lime, shap], view=VIEW)
    assert dict(zip(drawn.instances["instance"], drawn.instances["methods"], strict=True)) == {
        "row 0": "lime", "row 1": "lime, kernel_shap", "row 2": "kernel_shap",
    }  # fmt: skip
    assert scene([lime, shap], view=VIEW, instances=["row 0"]).vectors.empty


def test_a_named_output_is_what_lines_and_arrows_speak_of(everything):
    drawn = scene(everything[:2], view=VIEW, output="k1")
    assert set(drawn.vectors["output"]) == {"k1"}
    assert drawn.lines["output"].str.startswith("k1 vs ").all()


def test_one_seed_makes_a_scene(make):
    world = make.world(n_seeds=1)
    found = [
        world.lime(), world.shap(), make.boxes(world), world.counterfactuals(make.points(world))
    ]  # fmt: skip
    drawn = scene(found, view=VIEW)
    assert set(drawn.instances["flip_rate"]) == {0.0}
    assert (drawn.lines["n_seeds"] == 1).all()


def test_a_regression_makes_a_scene(make):
    world = make.world(n_outputs=1, task="regression", scale="value")
    drawn = scene([world.lime(), world.shap()], view=VIEW)
    assert drawn.points["predicted"].to_numpy(float) == pytest.approx(
        world.values(world.rows).mean(axis=0)[:, 0]
    )
    assert drawn.instances["flip_rate"].isna().all()
    assert drawn.scale_bar["label"].str.endswith(f" {drawn.target}").all()


def test_one_row_of_data_still_has_room(make):
    world = make.world(n_instances=1, categorical=False)
    lime = world.lime()
    data = lime.data.isel(background_row=[0])
    drawn = scene(make.replace(lime, data=data), view=VIEW)
    limits = drawn.limits.iloc[0]
    assert limits["x_low"] < drawn.instances["x"].item() < limits["x_high"]


def test_a_line_keeps_its_own_frame_when_backgrounds_differ(world):
    lime = world.lime()
    shap = world.shap()
    fewer = type(shap)(
        data=shap.data.isel(background_row=range(5)),
        schema=shap.schema,
        method=shap.method,
        provenance=shap.provenance,
    )
    drawn = scene([fewer, lime], view=VIEW)
    assert len(drawn.points) == 30
    pd.testing.assert_frame_equal(drawn.lines, scene(lime, view=VIEW).lines)


def test_html_is_small_and_escaped(make):
    world = make.world(categorical=False)
    world.X.columns = ["<b>a</b>", "b", "c"]
    drawn = scene(world.lime(), view=("<b>a</b>", "b"))
    html = drawn._repr_html_()
    assert len(html) < 4000
    assert "<b>a</b>" not in html
    assert "&lt;b&gt;a&lt;/b&gt;" in html
    assert repr(drawn).startswith("Scene('<b>a</b>', 'b': 30 points, 3 instances")


def test_scene_is_a_public_name():
    assert xg.scene is scene


def test_lime_of_linear_models_draws_their_true_boundary(make):
    world = make.world(n_seeds=2, n_instances=2, categorical=False)
    location, spread = world.location, world.spread

    def model(s):
        # Linear in every column over the whole neighbourhood, and never outside 0 and 1.
        slope = 0.01 * world.weights[s, :, 1]

        def predict(X):
            p = 0.5 + ((np.asarray(X, dtype=float) - location) / spread) @ slope
            return np.column_stack([1 - p, p])

        return predict

    ensemble = xg.SeedEnsemble.wrap(
        [model(0), model(1)], seeds=[3, 4], schema=world.X, classes=["no", "yes"]
    )
    lime = xg.explain(
        ensemble,
        world.X.head(2),
        method="lime",
        background=world.X,
        random_state=0,
        n_samples=200,
        alpha=1e-9,
        kernel_width=10.0,
    )
    lines = scene(lime, view=VIEW).lines
    seeds = lines[lines["layer"] == "seed"]
    assert len(seeds) == 4
    assert seeds["boundary"].all()
    for row in seeds.itertuples():
        point = world.X.loc[row.instance].to_numpy(float)
        for x, y in ((row.x1, row.y1), (row.x2, row.y2)):
            z = (np.array([x, y, point[2]]) - location) / spread
            assert z @ world.weights[row.seed - 3, :, 1] == pytest.approx(0.0, abs=1e-5)


def test_lime_over_bins_is_drawn_as_arrows_of_contributions(make):
    world = make.world()
    lime = world.lime(**world.bins())
    drawn = scene(lime, view=("a", "b"))
    assert not len(drawn.lines)
    arrows = drawn.vectors[(drawn.vectors["layer"] == "seed")]
    one = arrows[(arrows["seed"] == lime.seeds[1]) & (arrows["role"] == "component")].iloc[0]
    place = list(lime.instances).index(one["instance"])
    output = lime.outputs.index(one["output"])
    assert one["attribution"] == lime.array("attribution")[1, place, 0, output]
    assert drawn.marks[0].unit == lime.scale


def test_a_scene_of_saved_explanations_is_the_same_to_the_bit(everything, tmp_path):
    back = [xg.load(one.save(tmp_path / one.method)) for one in everything]
    for view in (VIEW, "pca"):
        first = scene(everything, view=view, staircase=True).frames()
        again = scene(everything, view=view, staircase=True).frames()
        loaded = scene(back, view=view, staircase=True).frames()
        for name, table in first.items():
            pd.testing.assert_frame_equal(again[name], table, check_exact=True)
            pd.testing.assert_frame_equal(loaded[name], table, check_exact=True)
