import numpy as np
import pytest

from xaigeo.agreement.calibration import calibration_error
from xaigeo.agreement.corrected_interval import corrected_interval
from xaigeo.agreement.model_difference import model_difference
from xaigeo.agreement.prediction_difference import prediction_difference
from xaigeo.agreement.predictions import ambiguity, churn_matrix, discrepancy
from xaigeo.agreement.rashomon_capacity import rashomon_capacity
from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.errors import InputError
from xaigeo.explanations.majority import majority

NAMES = [
    "accuracy_spread",
    "churn_pairs",
    "churn_ensemble",
    "ambiguity",
    "discrepancy",
    "rashomon_capacity",
    "prediction_deviation",
    "ece_mean",
    "ece_worst",
    "alpha_largest",
]


def made(prediction, labels, task="classification"):
    return Evaluation(
        name="test",
        seeds=np.arange(len(prediction)),
        classes=tuple("abc"[: prediction.shape[-1]]),
        task=task,
        rows=np.zeros((len(labels), 1)),
        labels=labels,
        prediction=prediction,
    )


@pytest.fixture
def three_classes(rng):
    truth = rng.integers(0, 3, 150)
    prediction = np.stack(
        [0.5 * np.eye(3)[truth] + 0.5 * rng.dirichlet([1, 1, 1], 150) for _ in range(4)]
    )
    return made(prediction, truth)


def by_name(evaluation):
    """Every measure but α̂ from its own function."""
    labels, truth = evaluation.predicted, evaluation.labels
    most = majority(evaluation.prediction)
    off = ~np.eye(len(labels), dtype=bool)
    errors = calibration_error(evaluation.prediction, truth)
    accuracies = (labels == truth).mean(axis=1)
    return {
        "accuracy_spread": accuracies.max() - accuracies.min(),
        "churn_pairs": churn_matrix(labels)[off].mean(),
        "churn_ensemble": (labels != most).mean(),
        "ambiguity": ambiguity(labels, most),
        "discrepancy": discrepancy(labels, most),
        "rashomon_capacity": rashomon_capacity(evaluation).mean,
        "prediction_deviation": np.mean(
            [evaluation.prediction[:, i, most[i]].std(ddof=1) for i in range(len(truth))]
        ),
        "ece_mean": errors.mean(),
        "ece_worst": errors.max(),
    }


def test_values_are_those_of_each_measure(three_classes):
    table = prediction_difference(three_classes, n_bootstrap=20).set_index("name")
    assert table.index.tolist() == NAMES
    for name, expected in by_name(three_classes).items():
        assert table.loc[name, "value"] == pytest.approx(expected), name
    largest = model_difference(three_classes, n_bootstrap=2).sizes.max()
    assert table.loc["alpha_largest", "value"] == pytest.approx(largest)
    assert (table["low"] <= table["high"]).all()
    assert (table["better"] == "lower").all()
    assert table.loc["rashomon_capacity", "range"] == "1 to 3"


def test_intervals_are_those_of_rows_drawn_again(three_classes):
    table = prediction_difference(three_classes, n_bootstrap=12, random_state=1)
    counts = np.random.default_rng(1).multinomial(150, np.full(150, 1 / 150), size=12)
    draws = []
    for count in counts:
        rows = np.repeat(np.arange(150), count)
        drawn = made(three_classes.prediction[:, rows], three_classes.labels[rows])
        draws.append(
            by_name(drawn) | {"alpha_largest": model_difference(drawn, n_bootstrap=2).sizes.max()}
        )
    for row in table.itertuples():
        # Rounded, so that a draw that equals the value but for the last bit counts as equal.
        own = np.round([[draw[row.name]] for draw in draws], 9)
        low, high = corrected_interval(np.round([row.value], 9), own)
        assert (row.low, row.high) == pytest.approx((low[0], high[0]), abs=1e-6), row.name


def test_regression_has_what_numbers_can_tell(rng):
    truth = rng.normal(5, 1, 120)
    values = truth + rng.normal(0, 0.3, (3, 120))
    evaluation = made(values[..., None], truth, "regression")
    table = prediction_difference(evaluation, n_bootstrap=20).set_index("name")
    assert table.index.tolist() == ["r2_spread", "prediction_deviation", "alpha_largest"]
    r2 = evaluation.scores["r2"]
    assert table.loc["r2_spread", "value"] == pytest.approx(r2.max() - r2.min())
    assert table.loc["prediction_deviation", "value"] == pytest.approx(
        values.std(axis=0, ddof=1).mean()
    )


def test_equal_models_differ_in_nothing(rng):
    prediction = np.repeat(rng.dirichlet([1, 1, 1], size=(1, 60)), 3, axis=0)
    table = prediction_difference(made(prediction, rng.integers(0, 3, 60)), n_bootstrap=20)
    table = table.set_index("name")
    own = table.drop(index=["ece_mean", "ece_worst", "rashomon_capacity"])
    assert (own[["value", "low", "high"]] < 1e-12).all(axis=None)
    assert table.loc["rashomon_capacity", "value"] == pytest.approx(1.0)


def test_what_cannot_be_compared_is_refused(rng, three_classes):
    one = made(rng.dirichlet([1, 1], size=(1, 20)), np.zeros(20, dtype=int))
    with pytest.raises(InputError, match="two seeds or more, got one, which has no other"):
        prediction_difference(one)
    with pytest.raises(InputError, match="an Evaluation for the difference of models, got list"):
        prediction_difference([])
    with pytest.raises(InputError, match="n_bootstrap to be a whole number of at least 2, got 0"):
        prediction_difference(three_classes, n_bootstrap=0)
