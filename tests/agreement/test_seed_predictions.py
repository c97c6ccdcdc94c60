from dataclasses import replace

import numpy as np
import pytest

from xaigeo.agreement.prediction_deviation import prediction_deviation
from xaigeo.agreement.prediction_spread import prediction_spread
from xaigeo.agreement.residuals import residual_table
from xaigeo.agreement.seed_predictions import check_evaluation, output_place, seed_predictions
from xaigeo.ensemble import Evaluation
from xaigeo.errors import InputError


@pytest.fixture
def evaluation(rng):
    return Evaluation(
        name="test",
        seeds=np.array([4, 9]),
        classes=("a", "b", "c"),
        task="classification",
        rows=np.zeros((6, 2)),
        labels=rng.integers(0, 3, 6),
        prediction=rng.dirichlet([1, 1, 1], size=(2, 6)),
    )


def test_an_evaluation_and_an_explanation_give_the_same_shape(evaluation, make_attributions):
    given = seed_predictions(evaluation)
    assert given.outputs == ("a", "b", "c")
    assert given.rows.tolist() == list(range(6))
    assert given.name == "test"
    explanation = make_attributions()
    other = seed_predictions(explanation)
    assert other.truth is None
    np.testing.assert_array_equal(other.prediction, explanation.array("prediction"))
    np.testing.assert_array_equal(other.rows, explanation.instances)


def test_rows_are_called_as_in_the_frame(evaluation):
    labelled = replace(evaluation, instances=np.array(["a", "b", "c", "d", "e", "f"], dtype=object))
    assert seed_predictions(labelled).rows.tolist() == ["a", "b", "c", "d", "e", "f"]
    rows, _ = prediction_spread(labelled)
    for row in rows.itertuples():
        own = labelled.prediction[:, "abcdef".index(row.instance)]
        assert row.width == np.ptp(own[:, "abc".index(row.majority)])
    assert prediction_deviation(labelled).rows["instance"].tolist() == list("abcdef")
    values = replace(labelled, task="regression", labels=np.arange(6.0))
    assert residual_table(values)["instance"].tolist() == list("abcdef")


def test_the_majority_has_its_probability(evaluation):
    given = seed_predictions(evaluation)
    for row, place in enumerate(given.majority()):
        assert given.of_majority()[:, row].tolist() == given.prediction[:, row, place].tolist()


def test_messages(evaluation):
    with pytest.raises(InputError, match=r"an Evaluation or an explanation, got str"):
        seed_predictions("scores")
    with pytest.raises(InputError, match=r"an Evaluation for a chart, got list"):
        check_evaluation([], "a chart")
    with pytest.raises(InputError, match=r"evaluation of a regression for a chart, got that of a"):
        check_evaluation(evaluation, "a chart", "regression")
    with pytest.raises(
        InputError, match=r"an output of the models \(low, high\), got 'hihg'.*high"
    ):
        output_place(("low", "high"), "hihg")


def test_an_explanation_of_logits_is_refused(make_attributions):
    explanation = make_attributions()
    parameters = explanation.provenance["parameters"] | {"scale": "logit"}
    logits = replace(explanation, provenance=explanation.provenance | {"parameters": parameters})
    with pytest.raises(InputError, match=r"got an explanation of logits \(kernel_shap\)"):
        seed_predictions(logits)
