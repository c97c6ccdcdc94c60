from __future__ import annotations

import json

import numpy as np
import pytest

from xaigeo.ensemble import Evaluation


def test_classification_scores_equal_those_by_hand():
    labels = np.array([0, 0, 1, 1])
    prediction = np.array([[[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.3, 0.7]]])
    evaluation = Evaluation(
        name="test",
        seeds=np.array([5]),
        classes=("a", "b"),
        task="classification",
        rows=np.zeros((4, 1)),
        labels=labels,
        prediction=prediction,
    )
    row = evaluation.scores.iloc[0]
    assert row["seed"] == 5
    assert row["accuracy"] == pytest.approx(0.75)
    # F1 of a: precision 1, recall 1/2; of b: precision 2/3, recall 1.
    assert row["f1_macro"] == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert row["log_loss"] == pytest.approx(-np.log([0.9, 0.4, 0.8, 0.7]).mean())
    assert json.loads(json.dumps(evaluation.to_dict()))["scores"]["seed"] == [5]


def test_regression_scores_equal_those_by_hand():
    evaluation = Evaluation(
        name="test",
        seeds=np.array([0, 1]),
        classes=("y",),
        task="regression",
        rows=np.zeros((2, 1)),
        labels=np.array([1.0, 3.0]),
        prediction=np.array([[[1.0], [3.0]], [[2.0], [2.0]]]),
    )
    np.testing.assert_allclose(evaluation.scores["r2"], [1.0, 0.0])
    np.testing.assert_allclose(evaluation.scores["rmse"], [0.0, 1.0])
    np.testing.assert_allclose(evaluation.scores["mae"], [0.0, 1.0])
    np.testing.assert_array_equal(evaluation.predicted, [[1.0, 3.0], [2.0, 2.0]])
