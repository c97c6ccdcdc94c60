import numpy as np
import pytest

from xaigeo.errors import InputError
from xaigeo.geometry import scene
from xaigeo.geometry.output_choice import contrast, pick


def test_several_classes_are_contrasted_with_the_runner_up(make):
    world = make.world(n_outputs=4, n_seeds=3)
    lime = world.lime()
    found = contrast(lime)
    prediction = lime.array("prediction")
    for s in range(3):
        for i in range(3):
            order = np.argsort(-prediction[s, i])
            assert found.chosen[s, i] == order[0]
            assert found.rival[s, i] == order[1]
            assert found.texts()[s, i] == f"k{order[0]} vs k{order[1]}"
            assert found.of(prediction)[s, i] == (
                prediction[s, i, order[0]] - prediction[s, i, order[1]]
            )
            assert found.least(prediction)[s, i] == prediction[s, i, order[1]]
    assert (found.threshold, found.paired) == (0.0, True)


@pytest.mark.parametrize(("scale", "threshold"), [("probability", 0.5), ("logit", 0.0)])
def test_two_classes_have_a_threshold(make, scale, threshold):
    lime = make.world(scale=scale).lime()
    found = contrast(lime)
    assert (found.threshold, found.paired) == (threshold, False)
    prediction = lime.array("prediction")
    np.testing.assert_array_equal(found.of(prediction), prediction.max(axis=-1))
    np.testing.assert_array_equal(found.least(prediction), prediction.max(axis=-1))


def test_a_regression_has_no_rival_and_no_threshold(make):
    found = contrast(make.world(n_outputs=1, task="regression", scale="value").lime())
    assert np.isnan(found.threshold)
    assert found.texts()[0, 0] == "k0"


def test_targets_of_a_regression_are_no_rivals(make):
    lime = make.world(n_outputs=3, task="regression", scale="value").lime()
    found = contrast(lime)
    assert (found.chosen == 0).all()
    assert not found.paired
    assert np.isnan(found.threshold)
    assert found.texts()[0, 0] == "k0"
    other = contrast(lime, "k2")
    np.testing.assert_array_equal(
        other.of(lime.array("prediction")), lime.array("prediction")[..., 2]
    )
    assert other.texts()[0, 0] == "k2"


def test_a_named_output_is_set_against_its_strongest_rival(make):
    lime = make.world(n_outputs=3).lime()
    found = contrast(lime, "k1")
    prediction = lime.array("prediction")
    assert (found.chosen == 1).all()
    np.testing.assert_array_equal(
        found.rival, np.where(prediction[..., 0] > prediction[..., 2], 0, 2)
    )


def test_an_unknown_output_is_refused(make):
    with pytest.raises(
        InputError,
        match=r"an output of the explanation \(no, yes\), got 'yess'. Did you mean 'yes'",
    ):
        contrast(make.world().lime(), "yess")


def test_pick_takes_one_output():
    values = np.arange(12).reshape(2, 2, 3)
    assert pick(values, np.array([[0, 1], [2, 0]])).tolist() == [[0, 4], [8, 9]]


def test_a_regression_s_scene_is_of_one_target(make):
    world = make.world(task="regression", n_outputs=2)
    first, second = world.shap().outputs
    for output, place in ((None, 0), (second, 1)):
        drawn = scene(world.shap(), view=("a", "b"), output=output)
        assert drawn.target == (first, second)[place]
        mean = world.shap().array("prediction")[..., place].mean(axis=0)
        np.testing.assert_allclose(drawn.instances["predicted"].astype(float), mean)
    assert scene(make.world().shap(), view=("a", "b")).target == ""
