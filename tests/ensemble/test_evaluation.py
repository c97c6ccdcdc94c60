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


def test_several_targets_are_scored_each_and_together():
    rng = np.random.default_rng(0)
    labels = rng.normal(size=(20, 2)) * [1.0, 100.0]
    prediction = labels + rng.normal(size=(3, 20, 2)) * [0.1, 30.0]
    evaluation = Evaluation(
        name="test",
        seeds=np.arange(3),
        classes=("u", "v"),
        task="regression",
        rows=np.zeros((20, 1)),
        labels=labels,
        prediction=prediction,
    )
    np.testing.assert_array_equal(evaluation.predicted, prediction)
    wrong = prediction - labels
    by_hand = {
        "r2": 1 - (wrong**2).sum(axis=1) / ((labels - labels.mean(axis=0)) ** 2).sum(axis=0),
        "rmse": np.sqrt((wrong**2).mean(axis=1)),
        "mae": np.abs(wrong).mean(axis=1),
    }
    for name, expected in by_hand.items():
        for place, target in enumerate(("u", "v")):
            np.testing.assert_allclose(evaluation.scores[f"{name} of {target}"], expected[:, place])
        np.testing.assert_allclose(evaluation.scores[name], expected.mean(axis=1))
    json.dumps(evaluation.to_dict())
