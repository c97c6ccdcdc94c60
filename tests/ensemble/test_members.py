from __future__ import annotations

import numpy as np
import pytest

from xaigeo.ensemble.members import CallableMembers, Members, as_outputs
from xaigeo.errors import InputError
from xaigeo.schema import FeatureSchema

X = np.arange(6.0).reshape(3, 2)


def members(*functions, classification=True) -> CallableMembers:
    return CallableMembers(functions, FeatureSchema.from_data(X), classification=classification)


def test_a_lone_probability_is_that_of_the_second_class():
    both = members(lambda rows: rows[:, 0] / 10, lambda rows: rows[:, :1] / 20)
    assert isinstance(both, Members)
    values = both.values(X, "probability")
    np.testing.assert_allclose(values[0], [[1.0, 0.0], [0.8, 0.2], [0.6, 0.4]])
    np.testing.assert_allclose(values[1, :, 1], X[:, 0] / 20)
    np.testing.assert_array_equal(both.member_values(1, X, "probability"), values[1])
    np.testing.assert_array_equal(both.subset([1]).values(X, "probability"), values[[1]])


def test_regression_values_pass_as_they_are():
    values = members(lambda rows: rows[:, 1] * 9, classification=False).values(X, "value")
    np.testing.assert_array_equal(values, X[None, :, 1:] * 9)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (np.ones((2, 2)), r"outputs of shape \(3, n_outputs\) from model 4, got shape \(2, 2\)"),
        (np.full((3, 2), np.nan), r"got shape \(3, 2\) with values that are not finite"),
        (np.ones((3, 1, 1)), r"got shape \(3, 1, 1\)"),
        (
            np.array([[0.5, 0.5], [0.2, 0.4], [0.4, 0.5]]),
            r"add up to 1 in every row from model 4, got a row of 2 that adds up to 0.6. Return",
        ),
        (np.full((3, 3), 0.5), r"got a row of 3 that adds up to 1.5"),
        (np.full((3, 2), 1.5), r"between 0 and 1 from model 4, got values from 1.5 to 1.5"),
    ],
)
def test_answers_that_are_no_probabilities_are_told(answer, message):
    with pytest.raises(InputError, match=message):
        as_outputs(answer, 3, classification=True, place=4)


def test_sums_may_be_rounded():
    thirds = np.full((3, 3), 0.3333)
    np.testing.assert_array_equal(as_outputs(thirds, 3, classification=True, place=0), thirds)


def test_models_with_other_outputs_are_told():
    two, three = (lambda rows, k=k: np.full((len(rows), k), 1 / k) for k in (2, 3))
    with pytest.raises(
        InputError, match=r"outputs of one shape, got shapes \[\(3, 2\), \(3, 3\)\]"
    ):
        members(two, three).values(X, "probability")
