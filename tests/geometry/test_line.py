import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xaigeo.errors import InputError
from xaigeo.geometry.line import Line


def decision(world, s, i, z):
    """The contrast of the two leading outputs of seed s, as a naive function of z."""
    values = world.bias + z @ world.weights[s]
    order = np.argsort(-world.values(world.rows[world.places])[s, i])
    if len(world.outputs) == 2:
        return values[order[0]] - (0.5 if world.scale == "probability" else 0.0)
    return values[order[0]] - values[order[1]]


@pytest.mark.parametrize("n_outputs", [2, 3])
@pytest.mark.parametrize("categorical", [False, True])
def test_foot_is_on_the_boundary_and_nearest(make, n_outputs, categorical):
    world = make.world(n_outputs=n_outputs, categorical=categorical)
    line = Line.from_attributions(world.lime())
    discrete = world.columns.discrete
    for s in range(4):
        for i in range(3):
            start = world.z(world.rows)[world.places][i]
            step = line.foot[s, i] - line.origin[i]
            assert decision(world, s, i, start + step) == pytest.approx(0.0, abs=1e-12)
            assert abs(line.distance[s, i]) == pytest.approx(np.linalg.norm(step))
            np.testing.assert_allclose(np.linalg.norm(line.normal[s, i]), 1.0)
    assert (line.origin[:, discrete] == 0).all()


@pytest.mark.parametrize("n_outputs", [2, 3])
def test_normal_points_towards_the_predicted_class(make, n_outputs):
    world = make.world(n_outputs=n_outputs)
    line = Line.from_attributions(world.lime())
    start = world.z(world.rows)[world.places]
    for s in range(4):
        for i in range(3):
            here = decision(world, s, i, start[i])
            there = decision(world, s, i, start[i] + 0.1 * line.normal[s, i])
            assert there > here


@settings(deadline=None, max_examples=25)
@given(scale=st.floats(1e-3, 1e3), seed=st.integers(0, 100))
def test_normal_and_distance_do_not_depend_on_units(make, scale, seed):
    world = make.world(seed)
    other = make.replace(world, X=world.X.assign(a=world.X["a"] * scale))
    first, second = (Line.from_attributions(w.lime()) for w in (world, other))
    np.testing.assert_allclose(first.normal, second.normal, atol=1e-9)
    np.testing.assert_allclose(first.distance, second.distance, rtol=1e-6, atol=1e-9)


def test_probabilities_of_two_classes_meet_at_one_half(make):
    world = make.world(scale="probability", bias=np.array([0.5, 0.5]))
    line = Line.from_attributions(world.lime())
    logits = Line.from_attributions(make.world().lime())
    np.testing.assert_allclose(line.distance, logits.distance)


def test_a_flat_surrogate_has_no_normal(make):
    world = make.world()
    world.weights[1] = 0.0
    line = Line.from_attributions(world.lime())
    assert np.isnan(line.normal[1]).all()
    assert np.isnan(line.distance[1]).all()
    assert np.isfinite(line.normal[[0, 2, 3]]).all()


def test_exact_frame_has_a_row_a_feature(make):
    world = make.world()
    line = Line.from_attributions(world.lime())
    frame = line.to_frame()
    assert len(frame) == 4 * 3 * 4
    one = frame[(frame["seed"] == 11) & (frame["instance"] == "row 2")]
    np.testing.assert_array_equal(one["normal"], line.normal[1, 2])
    np.testing.assert_array_equal(one["foot"], line.foot[1, 2])
    assert one["feature"].tolist() == ["a", "b", "c", "d"]


def test_a_discretised_surrogate_is_refused(make):
    with pytest.raises(
        InputError,
        match="got 'lime' without slopes, as a discretised surrogate gives"
        r"\. It is piecewise constant and has no boundary line",
    ):
        Line.from_attributions(make.world().lime(slope=None))
    world = make.world()
    with pytest.raises(InputError, match="as a discretised surrogate gives"):
        Line.from_attributions(world.lime(**world.bins()))


def test_a_surrogate_without_its_kernel_is_refused(make):
    with pytest.raises(InputError, match=r"got one without kernel_radius\. Make it with"):
        Line.from_attributions(make.world().lime(kernel_radius=None))


def test_the_normal_is_parallel_to_the_weights_of_a_linear_model(make):
    world = make.world(categorical=False)
    line = Line.from_attributions(world.lime())
    for s in range(4):
        for i in range(3):
            w = world.weights[s, :, world.predicted[s, i]]
            np.testing.assert_allclose(line.normal[s, i], w / np.linalg.norm(w))
