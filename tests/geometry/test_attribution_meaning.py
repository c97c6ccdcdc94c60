import pytest

from xaigeo.geometry.attribution_meaning import attribution_meaning, has_boundary_line


def gradient(world, **parameters):
    found = world.shap("saliency")
    found.provenance["parameters"].update(parameters)
    return found


def test_a_local_model_says_a_change_and_has_its_sign(make):
    meaning = attribution_meaning(make.world().lime())
    assert (meaning.says, meaning.local_model, meaning.signed) == ("change", True, True)
    assert meaning.unit == f"{meaning.scale} per SD"


@pytest.mark.parametrize("absolute", [True, False])
def test_a_gradient_says_a_change_and_may_have_lost_its_sign(make, absolute):
    meaning = attribution_meaning(gradient(make.world(), absolute=absolute))
    assert (meaning.says, meaning.local_model, meaning.signed) == ("change", False, not absolute)
    assert meaning.unit == f"{meaning.scale} per SD"


@pytest.mark.parametrize("method", ["kernel_shap", "integrated_gradients", "input_x_gradient"])
def test_shares_of_an_output_are_contributions_in_its_unit(make, method):
    meaning = attribution_meaning(make.world().shap(method))
    assert (meaning.says, meaning.local_model, meaning.signed) == ("contribution", False, True)
    assert meaning.unit == meaning.scale


def test_a_local_model_over_bins_says_what_the_bin_contributes(make):
    world = make.world()
    lime = world.lime(**world.bins())
    meaning = attribution_meaning(lime)
    assert (meaning.says, meaning.local_model, meaning.binned) == ("contribution", True, True)
    assert meaning.unit == meaning.scale
    assert not has_boundary_line(lime)


def test_a_line_needs_slopes_and_a_distance(make):
    world = make.world()
    assert has_boundary_line(world.lime())
    assert not has_boundary_line(world.lime(slope=None))
    assert not has_boundary_line(world.lime(kernel_radius=None))
    assert not has_boundary_line(world.shap())
