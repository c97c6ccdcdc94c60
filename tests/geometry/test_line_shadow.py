import numpy as np
import pytest

from xaigeo.geometry import Projection, scene


def seeds_of(frame):
    return frame[frame["layer"] == "seed"].reset_index(drop=True)


def consensus_of(frame):
    return frame[frame["layer"] == "consensus"].reset_index(drop=True)


def weights_of(world, row):
    """Contrast that a row of a table speaks of, standardised, and its value at a place z."""
    chosen, rival = (world.outputs.index(name) for name in row.output.split(" vs "))
    w = world.weights[row.seed - 10]
    return w[:, chosen] - w[:, rival], world.bias[chosen] - world.bias[rival]


@pytest.mark.parametrize("n_features", [3, 5])
def test_patches_are_shadows_of_the_true_boundary(make, n_features):
    """Every point of the boundary within the radius is in the patch, which reaches no farther."""
    world = make.wide(n_features, radius=3.0)
    view = make.plane(world)
    drawn = scene(world.lime(), view=view)
    lines = seeds_of(drawn.lines)
    assert lines["boundary"].any()
    outlines = seeds_of(drawn.patch_outlines)
    rng = np.random.default_rng(0)
    for row in lines[lines["boundary"]].itertuples():
        w, b = weights_of(world, row)
        z = world.z(world.rows[[world.X.index.get_loc(row.instance)]])[0]
        foot = z - (b + w @ z) / (w @ w) * w
        np.testing.assert_allclose([row.foot_x, row.foot_y], foot @ view.projection, atol=1e-9)
        assert np.linalg.norm(foot - z) == pytest.approx(abs(row.distance))
        rho = np.sqrt(9.0 - row.distance**2)
        own = outlines[(outlines["seed"] == row.seed) & (outlines["instance"] == row.instance)]
        outline = own.sort_values("order")[["x", "y"]].to_numpy() - [row.foot_x, row.foot_y]
        ball = rng.normal(size=(400, n_features))
        ball -= np.outer(ball @ w, w) / (w @ w)
        ball *= rho / np.linalg.norm(ball, axis=1, keepdims=True)
        for turn in np.linspace(0, 2 * np.pi, 32, endpoint=False):
            u = np.array([np.cos(turn), np.sin(turn)])
            lifted = view.projection @ u
            far = rho * np.linalg.norm(lifted - w * (w @ lifted) / (w @ w))
            assert (ball @ view.projection @ u).max() <= far + 1e-9
            assert far * np.cos(np.pi / 16) - 1e-9 <= (outline @ u).max() <= far + 1e-9


def test_a_normal_in_the_view_gives_the_segment_of_the_boundary(make):
    world = make.wide(4, radius=5.0, n_seeds=1)
    w = world.weights[0, :, 1]
    other = np.array([w[1], -w[0], 0.0, 0.0])
    P = np.column_stack([w / np.linalg.norm(w), other / np.linalg.norm(other)])
    drawn = scene(world.lime(), view=Projection(P))
    patches = seeds_of(drawn.patches)
    assert len(patches)
    np.testing.assert_allclose(patches[["x_minor", "y_minor"]], 0.0, atol=1e-6)
    lines = seeds_of(drawn.lines)
    for row in lines[lines["boundary"]].itertuples():
        for x in (row.x1, row.x2):
            assert x * np.linalg.norm(w) == pytest.approx(0.0, abs=1e-6)  # w·z = 0 there
        assert abs(row.y2 - row.y1) == pytest.approx(2 * np.sqrt(25.0 - row.distance**2))
    np.testing.assert_allclose(seeds_of(drawn.normals)["share_in_view"], 1.0)


def test_a_boundary_out_of_reach_becomes_a_level_line_through_the_instance(make):
    world = make.wide(4, radius=1e-3)
    drawn = scene(world.lime(), view=make.plane(world))
    assert not drawn.lines["boundary"].any()
    assert drawn.patches.empty
    assert drawn.patch_outlines.empty
    at = drawn.instances.set_index("instance")
    for row in drawn.lines.itertuples():
        start = at.loc[row.instance, ["x", "y"]].to_numpy(float)
        np.testing.assert_allclose([row.foot_x, row.foot_y], start)
        along = np.array([row.x2 - row.x1, row.y2 - row.y1])
        assert np.linalg.norm(along) == pytest.approx(2e-3)
        assert along @ [row.normal_x, row.normal_y] == pytest.approx(0.0, abs=1e-12)


def test_cones_hold_nine_in_ten_of_the_seeds_arrows(make):
    world = make.wide(4, n_seeds=20)
    rng = np.random.default_rng(1)
    near = world.weights[:1] + 0.4 * rng.normal(size=world.weights.shape) * [[[1.0, 0.0]]]
    near[..., 0] = -near[..., 1]
    world = make.replace(world, weights=near)
    drawn = scene(world.lime(), view=make.plane(world))
    for row in consensus_of(drawn.normals).itertuples():
        cone = drawn.cones[
            (drawn.cones["instance"] == row.instance) & (drawn.cones["predicted"] == row.predicted)
        ].sort_values("order")
        assert (cone["side"] == 0).all()
        outline = cone[["x", "y"]].to_numpy()
        tips = seeds_of(drawn.normals)
        tips = tips[(tips["instance"] == row.instance) & (tips["predicted"] == row.predicted)]
        inside = [_inside(outline, tip) for tip in tips[["x2", "y2"]].to_numpy()]
        assert np.mean(inside) >= 0.9 - 1 / len(tips)
        assert _inside(outline, [row.x2, row.y2])
        assert np.abs(outline - [row.x, row.y]).max() <= row.length + 1e-9


def _inside(outline, point, tolerance=1e-2):
    """Whether a point is on the left of every side of a counter-clockwise outline."""
    steps, to = np.diff(outline, axis=0), np.asarray(point) - outline[:-1]
    return (steps[:, 0] * to[:, 1] - steps[:, 1] * to[:, 0] >= -tolerance).all()


def test_identical_seeds_agree_fully(make):
    world = make.wide(4, n_seeds=1)
    world = make.replace(world, weights=np.repeat(world.weights, 20, axis=0))
    drawn = scene(world.lime(), view=make.plane(world))
    consensus = consensus_of(drawn.lines)
    assert len(consensus) == 3
    np.testing.assert_allclose(consensus["resultant_length"], 1.0)
    np.testing.assert_allclose(consensus["cone_degrees"], 0.0, atol=1e-6)
    one = drawn.lines[drawn.lines["seed"] == 10].reset_index(drop=True)
    for column in ("x1", "y1", "x2", "y2", "foot_x", "distance", "angle", "distance_low"):
        if column != "distance_low":
            np.testing.assert_allclose(one[column], consensus[column], atol=1e-9)
    np.testing.assert_allclose(consensus["distance_low"], consensus["distance_high"])


def test_a_normal_across_the_view_leaves_a_disc_and_no_angle(make):
    world = make.wide(4, radius=5.0, n_seeds=1)
    weights = np.zeros_like(world.weights)
    weights[0, 3] = [-1.0, 1.0]
    world = make.replace(world, weights=weights)
    drawn = scene(world.lime(), view=Projection(np.eye(4)[:, :2]))
    lines = seeds_of(drawn.lines)
    assert lines[["normal_x", "normal_y", "angle"]].isna().all(axis=None)
    np.testing.assert_allclose(seeds_of(drawn.normals)["share_in_view"], 0.0)
    patches = seeds_of(drawn.patches)
    np.testing.assert_allclose(np.hypot(patches["x_minor"], patches["y_minor"]), patches["radius"])


def test_a_regression_has_level_lines_and_no_patch(make):
    world = make.world(n_outputs=1, task="regression", scale="value")
    drawn = scene(world.lime(), view="pca")
    assert not drawn.lines["boundary"].any()
    assert drawn.patches.empty
    assert drawn.lines["distance"].isna().all()


def test_another_background_of_lime_moves_no_boundary(make):
    """The surrogate's own frame says where its boundary is; the scene's only draws it."""
    world = make.wide(4, radius=4.0)
    lime = world.lime()
    other = lime.data.assign_coords({})
    rows = other["background"].isel(background_row=slice(0, 15))
    narrow = make.replace(lime, data=other.isel(background_row=range(15)))
    view = make.plane(world)
    drawn = scene(narrow, view=view)
    location, spread = rows.values.mean(axis=0), rows.values.std(axis=0)
    for row in seeds_of(drawn.lines)[seeds_of(drawn.lines)["boundary"]].itertuples():
        w, b = weights_of(world, row)
        z = world.z(world.rows[[world.X.index.get_loc(row.instance)]])[0]
        foot = world.location + world.spread * (z - (b + w @ z) / (w @ w) * w)
        np.testing.assert_allclose(
            [row.foot_x, row.foot_y], (foot - location) / spread @ view.projection
        )
