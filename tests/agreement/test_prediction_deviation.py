import numpy as np
import pytest

from xaigeo.agreement.prediction_deviation import prediction_deviation
from xaigeo.ensemble import Evaluation
from xaigeo.errors import InputError


def evaluation_of(prediction, task="classification", classes=("no", "yes")):
    n_seeds, n_rows = prediction.shape[:2]
    return Evaluation(
        name="test",
        seeds=np.arange(n_seeds),
        classes=classes,
        task=task,
        rows=np.zeros((n_rows, 1)),
        labels=np.zeros(n_rows),
        prediction=prediction,
    )


def test_equals_the_loop_over_bins(rng):
    prediction = rng.dirichlet([0.5, 0.5], size=(5, 80))
    found = prediction_deviation(evaluation_of(prediction), output="yes")
    mean, sd = prediction[..., 1].mean(axis=0), prediction[..., 1].std(axis=0, ddof=1)
    for low, row in zip(found.bins["low"], found.bins.itertuples(), strict=True):
        inside = (mean > low) & (mean <= low + 0.1)
        assert row.n_rows == inside.sum()
        assert row.sd == pytest.approx(sd[inside].mean())
        assert row.prediction == pytest.approx(mean[inside].mean())
        assert row.sd_high == pytest.approx(np.quantile(sd[inside], 0.9))
    assert found.bins["n_rows"].sum() == 80


def test_confidence_is_of_the_majority(rng):
    prediction = rng.dirichlet([1, 1], size=(5, 40))
    found = prediction_deviation(evaluation_of(prediction))
    votes = (prediction[..., 1] > 0.5).sum(axis=0) > 2
    expected = np.where(votes, prediction[..., 1].mean(axis=0), prediction[..., 0].mean(axis=0))
    np.testing.assert_allclose(found.rows["prediction"], expected)
    assert found.output is None


def test_regression_bins_span_the_predictions(rng):
    values = rng.normal(100, 20, size=(4, 30, 1))
    found = prediction_deviation(evaluation_of(values, "regression", ("mass",)), n_bins=5)
    mean = values[..., 0].mean(axis=0)
    assert found.bins["low"].iloc[0] == pytest.approx(mean.min())
    assert found.bins["high"].iloc[-1] == pytest.approx(mean.max())
    assert found.bins["n_rows"].sum() == 30
    assert found.output == "mass"


def test_like_seeds_do_not_deviate():
    same = np.full((3, 10, 2), 0.1) + np.array([0.0, 0.8])
    assert not prediction_deviation(evaluation_of(same)).rows["sd"].any()
    flat = np.full((3, 10, 1), 7.0)
    found = prediction_deviation(evaluation_of(flat, "regression", ("mass",)))
    assert found.bins["n_rows"].tolist() == [10]


def test_messages(rng):
    prediction = rng.dirichlet([1, 1], size=(1, 5))
    with pytest.raises(InputError, match=r"two seeds or more, got one, between which nothing"):
        prediction_deviation(evaluation_of(prediction))
    several = evaluation_of(rng.dirichlet([1, 1], size=(2, 5)))
    with pytest.raises(InputError, match=r"an output of the models \(no, yes\), got 'maybe'"):
        prediction_deviation(several, output="maybe")
    with pytest.raises(InputError, match=r"n_bins to be a whole number of at least 1, got 0"):
        prediction_deviation(several, n_bins=0)
