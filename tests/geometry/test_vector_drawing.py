import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xaigeo.geometry import scene

VIEW = ("a", "b")
KEYS = ["instance", "predicted"]


def draw(world, **change):
    return scene(world.shap(), view=VIEW, **change)


def layer(frame, name):
    return frame[frame["layer"] == name]


def test_tails_are_the_instance_and_components_run_along_their_axis(make):
    world = make.world()
    vectors = draw(world, scale=2.0).vectors
    for row in vectors.itertuples():
        assert [row.x, row.y] == pytest.approx(world.X.loc[row.instance, ["a", "b"]].tolist())
    for row in layer(vectors, "seed").itertuples():
        step = [row.x2 - row.x, row.y2 - row.y]
        if row.feature == "a":
            assert step == pytest.approx([2.0 * row.attribution * world.spread[0], 0.0])
        elif row.feature == "b":
            assert step == pytest.approx([0.0, 2.0 * row.attribution * world.spread[1]])


def test_the_resultant_is_the_sum_of_the_components(make):
    for _, own in draw(make.world()).vectors.groupby(["layer", "seed", *KEYS], dropna=False):
        total = own[own["role"] == "resultant"]
        parts = own[own["role"] == "component"]
        assert total["x2"].item() - total["x"].item() == pytest.approx(
            (parts["x2"] - parts["x"]).sum()
        )
        assert total["y2"].item() - total["y"].item() == pytest.approx(
            (parts["y2"] - parts["y"]).sum()
        )
        assert total["attribution"].item() == pytest.approx(np.hypot(*parts["attribution"]))
        assert total["feature"].item() is None


def test_consensus_is_the_median_with_quantiles_within_a_class(make):
    world = make.world(n_seeds=11, n_outputs=3)
    drawn = draw(world, scale=1.5)
    seeds = layer(drawn.vectors, "seed")
    consensus = layer(drawn.vectors, "consensus")
    assert consensus["n_seeds"].sum() == 11 * 3 * 3
    parts = consensus[consensus["role"] == "component"]
    for row in parts.itertuples():
        own = seeds[
            (seeds["instance"] == row.instance)
            & (seeds["predicted"] == row.predicted)
            & (seeds["feature"] == row.feature)
        ]["attribution"].to_numpy()
        assert row.attribution == pytest.approx(np.median(own))
        assert row.low == pytest.approx(np.quantile(own, 0.1))
        assert row.high == pytest.approx(np.quantile(own, 0.9))
        middle = np.sign(np.median(own))
        expected = 0.0 if middle == 0 else np.mean(np.sign(own) == middle)
        assert row.sign_agreement == pytest.approx(expected)
        spread, start = (world.spread[0], row.x) if row.feature == "a" else (world.spread[1], row.y)
        ends = (row.low_x, row.high_x) if row.feature == "a" else (row.low_y, row.high_y)
        assert ends == pytest.approx(
            (start + 1.5 * row.low * spread, start + 1.5 * row.high * spread)
        )
    whiskers = consensus[consensus["role"] == "resultant"][["low_x", "high_y"]]
    assert whiskers.isna().all(axis=None)


def test_identical_seeds_have_no_spread(make):
    drawn = draw(make.world(identical=True, n_seeds=20))
    consensus = layer(drawn.vectors, "consensus")
    np.testing.assert_allclose(consensus["low"], consensus["high"], atol=1e-12)
    parts = consensus[consensus["role"] == "component"]
    assert (parts["sign_agreement"] == 1).all()
    np.testing.assert_array_equal(drawn.ellipses[["semi_major", "semi_minor"]], 0.0)


def test_ellipse_is_that_of_the_tips(make):
    drawn = draw(make.world(n_seeds=9))
    tips = layer(drawn.vectors, "seed").query("role == 'resultant'")
    for row in drawn.ellipses.itertuples():
        own = tips[(tips["instance"] == row.instance) & (tips["predicted"] == row.predicted)]
        points = own[["x2", "y2"]].to_numpy()
        assert [row.cx, row.cy] == pytest.approx(points.mean(axis=0).tolist())
        axes = np.array([[row.x_major, row.y_major], [row.x_minor, row.y_minor]])
        # The axes' outer products add up to the covariance, scaled to the level.
        np.testing.assert_allclose(
            axes.T @ axes, -2 * np.log(0.1) * np.cov(points.T, bias=True), atol=1e-9
        )
        outline = drawn.ellipse_outlines.query(
            "instance == @row.instance and predicted == @row.predicted"
        )
        assert outline["order"].tolist() == list(range(33))
        ends = outline[["x", "y"]].to_numpy()
        np.testing.assert_allclose(ends[0], [row.cx + row.x_major, row.cy + row.y_major])
        np.testing.assert_allclose(ends[8], [row.cx + row.x_minor, row.cy + row.y_minor])


def test_share_in_view_tells_what_the_axes_hide(make):
    world = make.world()
    shap = world.shap()
    seeds = layer(draw(world).vectors, "seed")
    for row in seeds[seeds["role"] == "resultant"].itertuples():
        phi = shap.data["attribution"].sel(seed=row.seed, instance=row.instance, output=row.output)
        assert row.share_in_view == pytest.approx(float(np.abs(phi[:2]).sum() / np.abs(phi).sum()))


@settings(deadline=None, max_examples=15)
@given(scale=st.floats(1e-3, 1e3), shift=st.floats(-100, 100))
def test_arrows_do_not_depend_on_units(make, scale, shift):
    world = make.world(n_outputs=3)
    other = make.replace(world, X=world.X.assign(a=world.X["a"] * scale + shift))
    first, second = draw(world), draw(other)
    assert first.arrow_scale["kernel_shap"] == pytest.approx(second.arrow_scale["kernel_shap"])
    one, two = first.vectors, second.vectors
    for column in ("x", "x2", "low_x", "high_x"):
        np.testing.assert_allclose((two[column] - shift) / scale, one[column], rtol=1e-6, atol=1e-6)
    same = ["y", "y2", "attribution", "low", "high", "share_in_view", "sign_agreement"]
    np.testing.assert_allclose(two[same], one[same], rtol=1e-6, atol=1e-6)
    shape = ["semi_major", "semi_minor"]
    np.testing.assert_allclose(second.ellipses[shape], first.ellipses[shape], atol=1e-6)


def test_top_share_counts_the_seeds_to_whom_a_feature_counts_most(make):
    world = make.world(n_seeds=7, n_outputs=3)
    shap = world.shap()
    drawn = scene(shap, view=VIEW).vectors
    middle = drawn[(drawn["layer"] == "consensus") & (drawn["role"] == "component")]
    for row in middle.itertuples():
        place = world.X.index.get_loc(row.instance)
        output = world.outputs.index(row.predicted)
        seeds = np.flatnonzero(world.predicted[:, place] == output)
        sizes = np.abs(shap.array("attribution")[seeds, place, :, output])
        top = [shap.features[one.argmax()] for one in sizes]
        assert row.top_share == pytest.approx(np.mean([name == row.feature for name in top]))
    rest = drawn[(drawn["layer"] == "seed") | (drawn["role"] == "resultant")]
    assert rest["top_share"].isna().all()
