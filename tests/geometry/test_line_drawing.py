import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xaigeo.geometry import scene

VIEW = ("a", "b")


def draw(world, **change):
    return scene(world.lime(**change), view=VIEW)


def seeds_of(frame):
    return frame[frame["layer"] == "seed"]


def consensus_of(frame):
    return frame[frame["layer"] == "consensus"]


def row_with(world, instance, x, y):
    """The instance with its a and b replaced."""
    row = world.rows[world.X.index.get_loc(instance)].copy()
    row[:2] = x, y
    return row


@pytest.mark.parametrize("n_outputs", [2, 3])
def test_segments_lie_on_the_true_boundary_with_the_others_held(make, n_outputs):
    world = make.world(n_outputs=n_outputs, radius=50.0)
    lines = seeds_of(draw(world).lines)
    assert lines["boundary"].all()
    for row in lines.itertuples():
        chosen, rival = (world.outputs.index(name) for name in row.output.split(" vs "))
        for x, y in ((row.x1, row.y1), (row.x2, row.y2), (row.foot_x, row.foot_y)):
            values = world.values(row_with(world, row.instance, x, y)[None])[row.seed - 10, 0]
            assert values[chosen] == pytest.approx(values[rival], abs=1e-9)


def test_segments_end_on_the_circle_of_the_kernel_radius(make):
    world = make.world(radius=2.0)
    for row in draw(world).lines.itertuples():
        start = world.X.loc[row.instance, ["a", "b"]].to_numpy(float)
        for end in ((row.x1, row.y1), (row.x2, row.y2)):
            assert np.linalg.norm((np.array(end) - start) / world.spread[:2]) == pytest.approx(2.0)


def test_a_vertical_and_a_horizontal_boundary(make):
    world = make.world(radius=50.0, categorical=False)
    world.weights[0] = [[-1, 1], [0, 0], [0, 0]]
    world.weights[1] = [[0, 0], [-1, 1], [0, 0]]
    lines = seeds_of(draw(world).lines)
    vertical = lines[lines["seed"] == 10]
    np.testing.assert_allclose(vertical["x1"], vertical["x2"])
    np.testing.assert_allclose(vertical["x1"], world.location[0])
    horizontal = lines[lines["seed"] == 11]
    np.testing.assert_allclose(horizontal["y1"], world.location[1])
    np.testing.assert_allclose(horizontal["y2"], world.location[1])


def test_a_boundary_out_of_reach_becomes_the_level_line_through_the_instance(make):
    world = make.world(radius=1e-3)
    drawn = draw(world)
    assert not drawn.lines["boundary"].any()
    for row in drawn.lines.itertuples():
        start = world.X.loc[row.instance, ["a", "b"]].to_numpy(float)
        np.testing.assert_allclose([row.foot_x, row.foot_y], start)
        np.testing.assert_allclose([(row.x1 + row.x2) / 2, (row.y1 + row.y2) / 2], start)
    for row in seeds_of(drawn.lines).itertuples():
        chosen = world.outputs.index(row.output.split(" vs ")[0])
        ends = [
            row_with(world, row.instance, row.x1, row.y1),
            row_with(world, row.instance, row.x2, row.y2),
        ]
        low, high = world.values(np.array(ends))[row.seed - 10, :, chosen]
        assert low == pytest.approx(high)


def test_distance_is_signed_and_in_the_plane(make):
    world = make.world(radius=50.0)
    for row in seeds_of(draw(world).lines).itertuples():
        start = world.X.loc[row.instance, ["a", "b"]].to_numpy(float)
        step = (np.array([row.foot_x, row.foot_y]) - start) / world.spread[:2]
        assert step @ [row.normal_x, row.normal_y] == pytest.approx(row.distance)
        assert abs(row.distance) >= abs(row.distance_all)
        assert row.angle == pytest.approx(np.degrees(np.arctan2(row.normal_y, row.normal_x)))


def test_surrogate_agrees_when_it_gives_the_models_class(make):
    world = make.world()
    lines = seeds_of(draw(world).lines)
    assert lines["surrogate_agrees"].all()  # exact linear models
    assert (lines["distance"] <= 0).all()  # so the boundary lies against the normal
    other = draw(make.replace(world, prediction=-world.values(world.rows[world.places])))
    assert not seeds_of(other.lines)["surrogate_agrees"].any()


def test_identical_seeds_agree_fully(make):
    world = make.world(identical=True, n_seeds=20)
    drawn = draw(world)
    consensus = consensus_of(drawn.lines).reset_index(drop=True)
    assert len(consensus) == 3
    np.testing.assert_allclose(consensus["resultant_length"], 1.0, atol=1e-12)
    np.testing.assert_allclose(consensus["resultant_length_all"], 1.0, atol=1e-12)
    np.testing.assert_allclose(consensus["cone_degrees"], 0.0, atol=1e-9)
    np.testing.assert_allclose(consensus["distance_low"], consensus["distance_high"])
    one = drawn.lines[drawn.lines["seed"] == 10].reset_index(drop=True)
    for column in ("x1", "y1", "x2", "y2", "distance", "angle"):
        np.testing.assert_allclose(one[column], consensus[column], atol=1e-9)


def test_consensus_equals_a_naive_mean_within_each_predicted_class(make):
    world = make.world(3, n_outputs=3, n_seeds=12)
    lines = draw(world).lines
    seeds, consensus = seeds_of(lines), consensus_of(lines)
    keys = ["instance", "predicted", "output"]
    assert len(consensus) == seeds.groupby(keys).ngroups
    for row in consensus.itertuples():
        own = seeds[(seeds[keys] == [row.instance, row.predicted, row.output]).all(axis=1)]
        total = own[["normal_x", "normal_y"]].sum()
        assert row.resultant_length == pytest.approx(np.hypot(*total) / len(own))
        assert row.angle == pytest.approx(np.degrees(np.arctan2(total.iloc[1], total.iloc[0])))
        assert row.distance == pytest.approx(own["distance"].median())
        assert (row.n_seeds, row.share) == (len(own), len(own) / 12)


def test_flat_seeds_are_counted_apart(make):
    world = make.world(identical=True)
    world.weights[2] = 0.0
    prediction = np.repeat(world.values(world.rows[world.places])[:1], 4, axis=0)
    drawn = draw(make.replace(world, prediction=prediction))
    assert 12 not in seeds_of(drawn.lines)["seed"].tolist()
    consensus = consensus_of(drawn.lines)
    assert consensus["n_degenerate"].tolist() == [1, 1, 1]
    assert consensus["n_seeds"].tolist() == [4, 4, 4]
    np.testing.assert_allclose(consensus["resultant_length"], 1.0)
    assert drawn.degenerate["seed"].tolist() == [12, 12, 12]
    assert set(drawn.degenerate["reason"]) == {"the surrogate is flat"}


def test_a_surrogate_flat_in_the_view_alone_says_so(make):
    world = make.world()
    world.weights[1, :2] = 0.0
    degenerate = draw(world).degenerate
    assert set(degenerate["seed"]) == {11}
    assert set(degenerate["reason"]) == {"the surrogate is flat in this view"}
    assert (degenerate["norm"] == 0).all()


def test_directions_that_cancel_have_no_consensus(make):
    world = make.world(n_seeds=2, n_instances=1)
    world.weights[1] = -world.weights[0]
    prediction = np.tile([0.2, 0.8], (2, 1, 1))
    drawn = draw(make.replace(world, prediction=prediction))
    assert len(consensus_of(drawn.lines)) == 0
    assert len(drawn.cones) == 0
    assert drawn.degenerate["layer"].tolist() == ["consensus"]
    assert drawn.degenerate["reason"].item() == "the seeds' directions cancel, so they have no mean"


def test_cones_are_bow_ties_about_the_consensus(make):
    world = make.world(n_seeds=9, radius=2.0)
    drawn = draw(world)
    lines = consensus_of(drawn.lines)
    assert len(drawn.cones) == 2 * 11 * len(lines)
    row = lines.iloc[0]
    own = drawn.cones[
        (drawn.cones["instance"] == row["instance"]) & (drawn.cones["output"] == row["output"])
    ]
    for side in (0, 1):
        half = own[own["side"] == side].sort_values("order")
        outline = half[["x", "y"]].to_numpy()
        foot = row[["foot_x", "foot_y"]].to_numpy(float)
        np.testing.assert_allclose(outline[0], foot)
        np.testing.assert_allclose(outline[-1], foot)
        arms = (outline[1:-1] - foot) / world.spread[:2]
        np.testing.assert_allclose(np.linalg.norm(arms, axis=1), np.linalg.norm(arms[0]), rtol=1e-9)
        opening = np.degrees(np.arccos(arms[0] @ arms[-1] / (arms[0] @ arms[0])))
        expected = 2 * min(row["cone_degrees"], 90)
        assert opening == pytest.approx(min(expected, 360 - expected), abs=1e-6)
        middle = foot + arms[4] * world.spread[:2]
        end = row[["x2", "y2"] if side == 0 else ["x1", "y1"]].to_numpy(float)
        if row["boundary"]:
            np.testing.assert_allclose(middle, end)


def test_a_regression_has_level_lines_and_no_boundary(make):
    world = make.world(n_outputs=1, task="regression", scale="value")
    lines = draw(world).lines
    assert not lines["boundary"].any()
    assert lines["distance"].isna().all()
    assert set(lines["predicted"]) == {"k0"}


@settings(deadline=None, max_examples=15)
@given(scale=st.floats(1e-3, 1e3), shift=st.floats(-100, 100))
def test_lines_do_not_depend_on_units(make, scale, shift):
    world = make.world(n_outputs=3)
    other = make.replace(world, X=world.X.assign(a=world.X["a"] * scale + shift))
    first, second = draw(world), draw(other)
    for name, columns in (("lines", ("x1", "x2", "foot_x")), ("cones", ("x",))):
        one, two = first.frames()[name], second.frames()[name]
        for column in columns:
            np.testing.assert_allclose(
                (two[column] - shift) / scale, one[column], rtol=1e-6, atol=1e-6
            )
        rest = [c for c in one if one[c].dtype == float and c not in columns]
        np.testing.assert_allclose(two[rest], one[rest], rtol=1e-6, atol=1e-6)
