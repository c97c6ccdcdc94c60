"""What holds of every mark in every plane."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xaigeo.geometry import Projection, explanation_plane, grand_tour, scene

TAILS = {"vectors": ("x", "y"), "normals": ("x", "y"), "connectors": ("x", "y")}


@pytest.fixture
def world(make):
    return make.world(n_outputs=3, n_seeds=5)


def views_of(make, world):
    found = make.everything(world)
    return found, [
        ("a", "b"),
        "pca",
        make.plane(world),
        explanation_plane(found, instance="row 0"),
        grand_tour(found).view(0.37),
    ]


def test_the_projection_of_the_instance_is_the_tail_of_each_arrow(make, world):
    found, views = views_of(make, world)
    for view in views:
        drawn = scene(found, view=view)
        at = drawn.instances.set_index("instance")
        z = np.where(world.columns.discrete, 0.0, world.z(world.rows[:3]))
        np.testing.assert_allclose(
            drawn.view.from_units(at[["x", "y"]].to_numpy()), z @ drawn.view.projection, atol=1e-12
        )
        for name, columns in TAILS.items():
            table = getattr(drawn, name)
            assert len(table)
            np.testing.assert_allclose(
                table[list(columns)], at.loc[table["instance"], ["x", "y"]], atol=1e-9
            )


def test_a_projection_on_two_axes_is_the_pair_in_other_units(make, world):
    found = make.everything(world)
    pair = scene(found, view=("c", "a"))
    plane = scene(found, view=Projection(np.eye(4)[:, [2, 0]]), scale=dict(pair.arrow_scale))
    for name, ends in {
        "points": ["x", "y"],
        "instances": ["x", "y"],
        "connectors": ["x2", "y2"],
        "ellipses": ["cx", "cy"],
        "ellipse_outlines": ["x", "y"],
    }.items():
        own = pair.view.to_units(getattr(plane, name)[ends].to_numpy())
        np.testing.assert_allclose(own, getattr(pair, name)[ends], atol=1e-9)
    np.testing.assert_allclose(
        plane.connectors["foreshortening"], pair.connectors["foreshortening"]
    )
    np.testing.assert_allclose(plane.ellipses["angle"], pair.ellipses["angle"], atol=1e-6)
    arrows = plane.vectors[plane.vectors["feature"] != "b"].reset_index(drop=True)
    key = ["layer", "seed", "instance", "predicted", "role", "feature"]
    one, two = (
        t.sort_values(key, na_position="last").reset_index(drop=True)
        for t in (arrows, pair.vectors)
    )
    assert one[key].equals(two[key])
    np.testing.assert_allclose(pair.view.to_units(one[["x2", "y2"]].to_numpy()), two[["x2", "y2"]])
    np.testing.assert_allclose(one["share_in_view"], two["share_in_view"])


def test_resultants_are_projected_attributions(make, world):
    shap, view = world.shap(), make.plane(world)
    drawn = scene(shap, view=view)
    scale = drawn.arrow_scale["kernel_shap"]
    at = drawn.instances.set_index("instance")
    seeds = drawn.vectors[(drawn.vectors["layer"] == "seed")]
    for row in seeds[seeds["role"] == "resultant"].itertuples():
        place, output = world.X.index.get_loc(row.instance), world.outputs.index(row.output)
        phi = shap.array("attribution")[row.seed - 10, place, :, output]
        start = at.loc[row.instance, ["x", "y"]].to_numpy(float)
        np.testing.assert_allclose([row.x2, row.y2], start + scale * phi @ view.projection)
        assert row.attribution == pytest.approx(np.linalg.norm(phi[:3]))
        share = np.abs(phi) @ np.linalg.norm(view.projection, axis=1) / np.abs(phi).sum()
        assert row.share_in_view == pytest.approx(share)
    whiskers = drawn.vectors[drawn.vectors["layer"] == "consensus"].dropna(subset=["feature"])
    for row in whiskers.itertuples():
        along = view.projection[world.columns.names.index(row.feature)]
        start = at.loc[row.instance, ["x", "y"]].to_numpy(float)
        np.testing.assert_allclose([row.low_x, row.low_y], start + scale * row.low * along)
        np.testing.assert_allclose([row.high_x, row.high_y], start + scale * row.high * along)
        np.testing.assert_allclose([row.x2, row.y2], start + scale * row.attribution * along)


def test_a_gradient_is_an_arrow_along_itself(make, world):
    """The gradient of a linear model is its weights: the resultant points along them."""
    shap = world.shap("saliency")
    rows = shap.array("input").shape[0]
    per_sd = np.repeat(world.weights[:, None], rows, axis=1)
    shap.data["attribution"] = (shap.data["attribution"].dims, per_sd)
    parameters = {**shap.provenance["parameters"], "absolute": False}
    gradient = make.replace(shap, provenance={**shap.provenance, "parameters": parameters})
    drawn = scene(gradient, view=make.plane(world))
    seeds = drawn.vectors[(drawn.vectors["layer"] == "seed")]
    for row in seeds[seeds["role"] == "resultant"].itertuples():
        w = world.weights[row.seed - 10, :, world.outputs.index(row.output)]
        step = drawn.arrow_scale["saliency"] * w @ drawn.view.projection
        np.testing.assert_allclose([row.x2 - row.x, row.y2 - row.y], step)
    assert drawn.scale_bar["label"].str.endswith("logit per SD").all()


def test_bars_are_as_long_as_an_arrow_of_their_value(make, world):
    drawn = scene(world.shap(), view="pca")
    for bar in drawn.scale_bar.itertuples():
        length = np.hypot(bar.x2 - bar.x, bar.y2 - bar.y)
        assert length == pytest.approx(bar.value * drawn.arrow_scale["kernel_shap"])


def test_connectors_are_projected_and_everything_else_is_written(make, world):
    found = world.counterfactuals(make.points(world))
    drawn = scene(found, view=make.plane(world))
    P = drawn.view.projection
    for row in drawn.connectors[drawn.connectors["layer"] == "seed"].itertuples():
        place = world.X.index.get_loc(row.instance)
        point = found.array("point")[row.seed - 10, place, row.candidate]
        start = world.rows[place]
        step = (point - start) / world.spread
        step[3] = point[3] != start[3]
        tip = np.array([row.x, row.y]) + step @ P
        np.testing.assert_allclose([row.x2, row.y2], tip)
        np.testing.assert_allclose([row.flip_x, row.flip_y], np.mean([[row.x, row.y], tip], axis=0))
        seen = np.linalg.norm(step @ P) / np.linalg.norm(step)
        assert row.foreshortening == pytest.approx(seen)
        for name, moved in zip("abcd", point != start, strict=True):
            assert (name in row.text.replace("→", "").split(" ") or f"{name}:" in row.text) == moved


def test_axes_are_steps_of_one_standard_deviation(make, world):
    for view in (("a", "b"), "pca"):
        drawn = scene(world.shap(), view=view)
        rows = drawn.view.projection[:3]
        assert drawn.axes["feature"].tolist() == ["a", "b", "c"]
        np.testing.assert_allclose(drawn.axes[["x", "y"]], rows * drawn.view.scale)
        np.testing.assert_allclose(drawn.axes["length"], np.linalg.norm(rows, axis=1))


@settings(deadline=None, max_examples=6)
@given(scale=st.floats(1e-2, 1e2), shift=st.floats(-100, 100), seed=st.integers(0, 50))
def test_nothing_but_original_units_depends_on_units(make, scale, shift, seed):
    """Rescaling a column leaves every mark of every plane where it is."""
    world = make.world(seed, n_outputs=3)
    other = make.replace(world, X=world.X.assign(b=world.X["b"] * scale + shift))
    lower, upper = (make.boxes(world).array(name) for name in ("lower", "upper"))
    allowed = make.boxes(world).array("allowed")
    moved = [array.copy() for array in (lower, upper)]
    points = make.points(world)
    point = points.copy()
    for array in (*moved, point):
        array[..., 1] = array[..., 1] * scale + shift
    one = [world.lime(), world.shap(), world.anchors(lower, upper, allowed),
           world.counterfactuals(points)]  # fmt: skip
    two = [other.lime(), other.shap(), other.anchors(*moved, allowed), other.counterfactuals(point)]
    view = make.plane(world, seed)
    first, second = (scene(given_, view=view, staircase=True) for given_ in (one, two))
    for name, table in first.frames().items():
        numbers = [c for c in table if table[c].dtype == float and c != "slope"]
        np.testing.assert_allclose(
            second.frames()[name][numbers], table[numbers], rtol=1e-6, atol=1e-6, err_msg=name
        )
        flags = [c for c in table if table[c].dtype == bool]
        assert second.frames()[name][flags].equals(table[flags])


def test_identical_seeds_have_no_spread(make):
    world = make.world(identical=True, n_seeds=8)
    point = np.repeat(make.points(world)[:1], 8, axis=0)
    drawn = scene([world.lime(), world.shap(), world.counterfactuals(point)], view="pca")
    np.testing.assert_allclose(drawn.ellipses[["semi_major", "semi_minor"]], 0.0, atol=1e-9)
    middle = drawn.vectors[(drawn.vectors["layer"] == "consensus")].dropna(subset=["feature"])
    np.testing.assert_allclose(middle["low"], middle["high"])
    np.testing.assert_allclose(middle[["low_x", "low_y"]], middle[["x2", "y2"]])
    cone = drawn.cones.groupby(["instance", "predicted"])[["x", "y"]]
    tips = drawn.normals[drawn.normals["layer"] == "consensus"].set_index("instance")
    for (instance, _), outline in cone:
        far = np.hypot(
            outline["x"] - tips.loc[instance, "x"], outline["y"] - tips.loc[instance, "y"]
        )
        whole = tips.loc[instance, "length"] * tips.loc[instance, "share_in_view"]
        assert far.max() == pytest.approx(whole, rel=1e-2)


def test_one_seed_and_one_instance_make_a_scene(make):
    world = make.world(n_seeds=1, n_instances=1)
    drawn = scene(make.everything(world), view="pca", staircase=True)
    for name, table in drawn.frames().items():
        assert bool(len(table)) == (name not in {"degenerate", "coverage_cells"}) or name in {
            "patches", "patch_outlines"
        }, name  # fmt: skip
    assert repr(drawn).startswith("Scene(PCA: 30 points, 1 instances")
    assert "PC 1" in drawn._repr_html_()


def test_an_empty_table_has_the_columns_of_a_full_one(make, world):
    found = make.everything(world)
    full = scene(found, view="pca", staircase=True).frames()
    pair = scene(found, view=("a", "b")).frames()
    for one in found:
        for name, table in scene(one, view="pca").frames().items():
            assert list(table.columns) == list(full[name].columns) == list(pair[name].columns)
            numbers = [c for c in table if c not in ("instance", "predicted")]  # labels keep theirs
            assert table[numbers].dtypes.equals(pair[name][numbers].dtypes), name
