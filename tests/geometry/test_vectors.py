from dataclasses import replace

import numpy as np
import pytest

from xaigeo.geometry.standard_frame import StandardFrame
from xaigeo.geometry.vectors import Vectors


def build(world, **change):
    frame = StandardFrame.from_rows(world.columns, world.rows)
    return Vectors.from_attributions(world.shap(), frame=frame, **change)


def test_slope_form_of_a_linear_model_gives_its_weights(make):
    world = make.world(n_outputs=3)
    vectors = build(world)
    for s in range(4):
        for i in range(3):
            weights = world.weights[s, :3, vectors.chosen[s, i]] / world.spread[:3]
            np.testing.assert_allclose(vectors.slopes[s, i, :3], weights)
    assert np.isnan(vectors.slopes[..., 3]).all()  # a category has no slope


def test_slope_form_is_undefined_on_the_mean(make):
    world = make.world(categorical=False)
    world.X.iloc[0, 0] = world.X["a"].iloc[1:].mean()
    slopes = build(world).slopes
    assert np.isnan(slopes[:, 0, 0]).all()
    assert np.isfinite(slopes[:, 0, 1:]).all()


def test_a_gradient_keeps_its_slope_and_gets_its_sign_back(make):
    world = make.world()
    shap = world.shap("saliency")
    slope = np.broadcast_to(
        (world.weights / world.spread[:, None])[:, None], shap.array("attribution").shape
    ).copy()
    slope[:, :, 3] = np.nan
    signed = np.broadcast_to(world.weights[:, None], slope.shape)
    data = shap.data.assign(
        attribution=(shap.data["attribution"].dims, np.abs(signed)),
        slope=(shap.data["attribution"].dims, slope),
    )
    parameters = {"parameters": {"scale": "logit", "absolute": True}, "additive": False}
    gradient = make.replace(shap, data=data, provenance=shap.provenance | parameters)
    vectors = Vectors.from_attributions(
        gradient, frame=StandardFrame.from_rows(world.columns, world.rows), output="yes"
    )
    np.testing.assert_allclose(vectors.attribution[..., :3], signed[..., :3, 1])
    np.testing.assert_allclose(vectors.attribution[..., 3], np.abs(signed[..., 3, 1]))
    np.testing.assert_allclose(vectors.slopes, slope[..., 1])
    assert vectors.unit == "logit per SD"


def test_each_seed_explains_its_own_class_unless_one_is_named(make):
    world = make.world(n_outputs=3, n_seeds=8)
    own = build(world)
    np.testing.assert_array_equal(own.chosen, world.predicted)
    attribution = world.shap().array("attribution")
    for s in range(8):
        for i in range(3):
            np.testing.assert_array_equal(
                own.attribution[s, i], attribution[s, i, :, world.predicted[s, i]]
            )
    np.testing.assert_array_equal(build(world, output="k2").attribution, attribution[..., 2])


def test_base_and_attributions_sum_to_the_explained_value(make):
    vectors = build(make.world())
    np.testing.assert_allclose(vectors.completeness_gap, 0.0, atol=1e-12)


def test_a_gap_is_reported_and_not_hidden(make):
    world = make.world()
    shap = world.shap()
    shap.data["explained_value"] += 0.25
    frame = StandardFrame.from_rows(world.columns, world.rows)
    vectors = Vectors.from_attributions(shap, frame=frame)
    np.testing.assert_allclose(vectors.completeness_gap, 0.25)


def test_methods_that_promise_no_sum_have_no_gap(make):
    world = make.world()
    shap = world.shap()
    shap.provenance["additive"] = False
    frame = StandardFrame.from_rows(world.columns, world.rows)
    assert np.isnan(Vectors.from_attributions(shap, frame=frame).completeness_gap).all()


def test_exact_frame(make):
    vectors = build(make.world())
    frame = vectors.to_frame()
    one = frame[(frame["seed"] == 12) & (frame["instance"] == "row 1")]
    np.testing.assert_array_equal(one["attribution"], vectors.attribution[2, 1])
    assert one["output"].unique().tolist() == [vectors.outputs[vectors.chosen[2, 1]]]
    assert one["slope"].iloc[0] == pytest.approx(vectors.slopes[2, 1, 0])


def test_the_slope_form_of_squares_is_not_squared(make):
    world = make.world()
    shap = world.shap("smooth_grad")
    slope = np.ones(shap.array("attribution").shape)
    data = shap.data.assign(slope=(shap.data["attribution"].dims, slope))
    provenance = shap.provenance | {
        "parameters": shap.provenance["parameters"] | {"absolute": True, "nt_type": "vargrad"}
    }
    frame = StandardFrame.from_rows(world.columns, world.rows)
    vectors = Vectors.from_attributions(
        replace(shap, data=data, provenance=provenance), frame=frame
    )
    slopes = vectors.in_slope_form()
    assert vectors.unit == f"({slopes.unit})²"
    assert slopes.unit.endswith(" per SD")
    np.testing.assert_allclose(slopes.attribution[0, 0, :3], frame.scale[:3])
