import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xaigeo.errors import InputError
from xaigeo.geometry import explanation_plane, scene
from xaigeo.geometry.geometric_median import geometric_median


def spanned(P, vector):
    """Share of a vector's length that lies in the plane."""
    return np.linalg.norm(P.T @ vector) / np.linalg.norm(vector)


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


def test_both_directions_of_a_seed_lie_in_the_plane(world, everything):
    view = explanation_plane(everything, instance="row 1", seed=12)
    P, numeric = view.projection, slice(0, 3)
    np.testing.assert_allclose(P.T @ P, np.eye(2), atol=1e-14)
    values = world.values(world.rows[[1]])[2, 0]
    best, rival = np.argsort(-values)[:2]
    normal = (world.weights[2, :, best] - world.weights[2, :, rival])[numeric]
    phi = (world.weights[2, :, best] * world.z(world.rows[[1]])[0])[numeric]
    assert spanned(P[numeric], normal) == pytest.approx(1.0)
    assert spanned(P[numeric], phi) == pytest.approx(1.0)
    np.testing.assert_allclose(P[numeric, 0], normal / np.linalg.norm(normal))
    assert phi @ P[numeric, 1] > 0
    np.testing.assert_array_equal(P[3], 0.0)
    assert (view.x_label, view.y_label) == ("along lime (SD)", "what kernel_shap adds (SD)")
    assert view.label == "plane of lime and kernel_shap at row 1"


def test_the_counterfactual_step_lies_in_its_plane(world, everything):
    found = everything[3]
    P = explanation_plane(
        everything, ("counterfactuals", "lime"), instance="row 0", seed=11
    ).projection
    nearest = found.array("distance")[1, 0].argmin()
    step = (found.array("point")[1, 0, nearest] - world.rows[0]) / world.spread
    step[3] = 0.0
    np.testing.assert_allclose(P[:, 0], step / np.linalg.norm(step))


def test_the_consensus_is_that_of_most_seeds(make):
    world = make.world(4, n_outputs=3, n_seeds=9)
    given_ = [world.shap(), world.counterfactuals(make.points(world))]
    P = explanation_plane(given_, instance="row 2").projection
    votes = np.bincount(world.predicted[:, 2], minlength=3)
    own = world.predicted[:, 2] == votes.argmax()
    assert 1 < own.sum() < 9
    phi = given_[0].array("attribution")[own, 2, :3, votes.argmax()]
    median = np.median(phi, axis=0)
    np.testing.assert_allclose(P[:3, 0], median / np.linalg.norm(median))
    found = given_[1]
    nearest = found.array("distance")[:, 2].argmin(axis=1)
    point = found.array("point")[np.arange(9), 2, nearest]
    steps = (point - world.rows[2]) / world.spread
    steps[:, 3] = point[:, 3] != world.rows[2, 3]
    delta = geometric_median(steps[own])[:3]
    assert spanned(P[:3], delta) == pytest.approx(1.0)


def test_a_scene_draws_both_in_full(everything):
    view = explanation_plane(everything, instance="row 1", seed=12)
    drawn = scene(everything, view=view, seeds=[12], instances=["row 1"])
    normal = drawn.normals[drawn.normals["layer"] == "seed"]
    assert normal["share_in_view"].item() <= 1.0
    # The model has a category, whose part of the normal no plane shows.
    mark = drawn.marks[0].normal[0, 0]
    assert normal["share_in_view"].item() == pytest.approx(np.linalg.norm(mark[:3]))
    resultant = drawn.vectors[drawn.vectors["role"] == "resultant"].iloc[0]
    length = np.hypot(resultant["x2"] - resultant["x"], resultant["y2"] - resultant["y"])
    assert length == pytest.approx(resultant["attribution"] * drawn.arrow_scale["kernel_shap"])


@settings(deadline=None, max_examples=15)
@given(scale=st.floats(1e-3, 1e3), shift=st.floats(-100, 100))
def test_planes_do_not_depend_on_units(make, scale, shift):
    world = make.world(n_outputs=3)
    other = make.replace(world, X=world.X.assign(a=world.X["a"] * scale + shift))
    one, two = (explanation_plane([w.lime(), w.shap()], instance="row 0") for w in (world, other))
    np.testing.assert_allclose(one.projection, two.projection, atol=1e-7)


def test_parallel_directions_span_no_plane(world):
    lime, arrows = world.lime(), world.shap()
    best, rival = np.argsort(-world.values(world.rows[[0]])[0, 0])[:2]
    contrast = lime.array("attribution")[..., best] - lime.array("attribution")[..., rival]
    same = np.repeat(contrast[..., None], 3, axis=-1)
    arrows.data["attribution"] = (arrows.data["attribution"].dims, same)
    with pytest.raises(InputError, match="which are parallel at 'row 0'"):
        explanation_plane([lime, arrows], instance="row 0", seed=10)


def test_a_missing_direction_is_told(world, everything):
    flat = world.lime(attribution=np.zeros((5, 3, 4, 3)))
    with pytest.raises(InputError, match=r"a direction of 'lime' at 'row 0' .* got none"):
        explanation_plane([flat, everything[1]], instance="row 0")
    nowhere = everything[3]
    nowhere.data["valid"] = nowhere.data["valid"] & False
    with pytest.raises(InputError, match="a direction of 'counterfactuals' at 'row 0'"):
        explanation_plane([everything[0], nowhere], instance="row 0")


def test_anchors_have_no_direction(everything):
    with pytest.raises(InputError, match="Anchors are boxes and have no direction"):
        explanation_plane([everything[0], everything[2]], instance="row 0")
    with pytest.raises(InputError, match=r"two methods .* \(lime, kernel_shap, .*got 'anchors'"):
        explanation_plane(everything, ("lime", "anchors"), instance="row 0")


@pytest.mark.parametrize("span", ["lime", ("lime",), ("lime", "lime")])
def test_two_different_methods_are_needed(everything, span):
    with pytest.raises(InputError, match="two methods that have a direction"):
        explanation_plane(everything, span, instance="row 0")


def test_a_misspelt_method_is_corrected(everything):
    with pytest.raises(InputError, match="Did you mean 'kernel_shap'"):
        explanation_plane(everything, ("lime", "kernel_shpa"), instance="row 0")
