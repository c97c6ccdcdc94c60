import numpy as np
import pytest

from xaigeo.errors import InputError
from xaigeo.geometry import scene
from xaigeo.geometry.arrow_scale import round_below

VIEW = ("a", "b")


def test_most_components_span_at_most_the_declared_share_of_the_view(make):
    drawn = scene(make.world(n_seeds=20, n_instances=20).shap(), view=VIEW)
    limits = drawn.limits.iloc[0]
    parts = drawn.vectors[
        (drawn.vectors["layer"] == "seed") & (drawn.vectors["role"] == "component")
    ]
    across = (parts["x2"] - parts["x"]).abs() / (limits["x_high"] - limits["x_low"])
    along = (parts["y2"] - parts["y"]).abs() / (limits["y_high"] - limits["y_low"])
    spans = np.maximum(across, along)
    assert (spans <= 0.15 + 1e-9).mean() >= 0.95


def test_bars_are_as_long_as_their_value(make):
    world = make.world()
    drawn = scene(world.shap(), view=VIEW, scale=2.0)
    across, along = drawn.scale_bar.itertuples()
    assert (across.axis, along.axis) == ("x", "y")
    assert across.x2 - across.x == pytest.approx(2.0 * across.value * world.spread[0])
    assert across.y2 == across.y
    assert along.y2 - along.y == pytest.approx(2.0 * along.value * world.spread[1])
    assert along.x2 == along.x
    assert across.label == f"{across.value:g} logit"


def test_methods_with_one_unit_share_a_scale(make):
    world = make.world()
    small = world.shap("integrated_gradients")
    small.data["attribution"] *= 0.1
    small.provenance["additive"] = False
    drawn = scene([world.shap(), small], view=VIEW)
    assert drawn.arrow_scale["kernel_shap"] == drawn.arrow_scale["integrated_gradients"]
    other = world.shap("integrated_gradients")
    other.provenance["parameters"]["scale"] = "probability"
    other.data["attribution"] *= 0.1
    drawn = scene([world.shap(), other], view=VIEW)
    assert drawn.arrow_scale["integrated_gradients"] == pytest.approx(
        10 * drawn.arrow_scale["kernel_shap"]
    )


def test_a_scale_can_be_given_by_method(make):
    world = make.world()
    shaps = [world.shap(), world.shap("integrated_gradients")]
    drawn = scene(shaps, view=VIEW, scale={"kernel_shap": 3.0})
    assert drawn.arrow_scale["kernel_shap"] == 3.0
    assert drawn.arrow_scale["integrated_gradients"] != 3.0


def test_attributions_of_zero_still_have_a_scale(make):
    world = make.world()
    shap = world.shap()
    shap.data["attribution"] *= 0.0
    drawn = scene(shap, view=VIEW)
    assert np.isfinite(drawn.vectors[["x2", "y2"]]).all(axis=None)
    assert drawn.arrow_scale["kernel_shap"] > 0


@pytest.mark.parametrize("scale", [0, -1.0, float("nan"), float("inf"), "big", True])
def test_a_scale_that_is_not_positive_is_refused(make, scale):
    with pytest.raises(InputError, match="a positive scale, standard deviations for one output"):
        scene(make.world().shap(), view=VIEW, scale=scale)


def test_a_scale_of_an_unknown_method_is_refused(make):
    with pytest.raises(InputError, match=r"known to the arrows of the scene \(kernel_shap\)"):
        scene(make.world().shap(), view=VIEW, scale={"kernal_shap": 1.0})


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1.0, 1.0), (0.99, 0.5), (4.9, 2.0), (5.0, 5.0), (1e-7, 1e-7), (3e4, 2e4), (1000.0, 1000.0)],
)
def test_round_below(value, expected):
    assert round_below(value) == expected
