from dataclasses import replace

import numpy as np
import pytest

from xaigeo.agreement.compared_output import answer_of_most, outputs_compared, values_at
from xaigeo.errors import InputError


def test_the_answer_of_most_is_one_for_all_seeds(build, rng):
    labels = np.array([[0, 1, 1], [0, 1, 0], [1, 1, 0]])
    explanation = build.make_attributions(rng.normal(size=(3, 3, 5)), labels=labels)
    assert answer_of_most(explanation).tolist() == [0, 1, 0]
    assert outputs_compared(explanation).tolist() == [0, 1, 0]


def test_a_tie_of_votes_goes_to_the_larger_mean_output(build, rng):
    explanation = build.make_attributions(rng.normal(size=(2, 1, 5)), labels=[[0], [1]])
    prediction = np.array([[[0.6, 0.4]], [[0.1, 0.9]]])
    tied = explanation.data.assign(prediction=(("seed", "instance", "output"), prediction))
    assert answer_of_most(replace(explanation, data=tied)).tolist() == [1]


def test_a_regression_is_asked_for_its_first_target(build, rng):
    explanation = build.make_attributions(rng.normal(size=(2, 3, 4)), task="regression")
    assert (explanation.array("prediction").argmax(axis=-1) == 1).all()
    assert answer_of_most(explanation).tolist() == [0, 0, 0]
    assert (explanation.predicted == answer_of_most(explanation)).all()


def test_by_name_or_place(build, distinct):
    explanation = build.make_attributions(distinct)
    assert outputs_compared(explanation, "yes").tolist() == [1] * 7
    assert outputs_compared(explanation, 0).tolist() == [0] * 7


@pytest.mark.parametrize("output", ["maybe", 2, True])
def test_unknown_output_raises(build, distinct, output):
    with pytest.raises(InputError, match=r"an output \(no, yes\) or its place, got"):
        outputs_compared(build.make_attributions(distinct), output)


def test_values_are_of_the_output_at_each_row(build, distinct):
    explanation = build.make_attributions(distinct)
    places = np.array([0, 1, 1, 0, 1, 0, 0])
    got = values_at(explanation, places)
    for row, place in enumerate(places):
        expected = explanation.array("attribution")[:, row, :, place]
        np.testing.assert_array_equal(got[:, row], expected)


def test_rounding_is_zero(build):
    values = np.ones((2, 1, 3))
    values[0, 0, 1] = 1e-14
    assert values_at(build.make_attributions(values), np.array([1]))[0, 0, 1] == 0
