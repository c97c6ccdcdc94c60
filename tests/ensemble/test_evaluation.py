from __future__ import annotations

import json
import warnings
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

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
    assert repr(evaluation) == "Evaluation(test, 1 seeds, 4 rows, classification)"
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


@pytest.fixture
def unequal():
    """Three seeds and classes of 30, 0, 4 and 6 rows; predictions reach all four."""
    rng = np.random.default_rng(3)
    labels = rng.permutation(np.repeat([0, 2, 3], [30, 4, 6]))
    return Evaluation(
        name="test",
        seeds=np.arange(3),
        classes=("a", "b", "c", "d"),
        task="classification",
        rows=np.zeros((40, 1)),
        labels=labels,
        prediction=rng.dirichlet([1, 1, 1, 1], size=(3, 40)),
    )


def test_balanced_accuracy_is_scikit_learns(unequal):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of predicted classes without rows
        expected = [balanced_accuracy_score(unequal.labels, own) for own in unequal.predicted]
    np.testing.assert_allclose(unequal.scores["balanced_accuracy"], expected)
    assert list(unequal.scores) == [
        "seed",
        "accuracy",
        "balanced_accuracy",
        "f1_macro",
        "log_loss",
    ]


def test_the_rarest_class_has_its_recall(unequal):
    name, recall, share = unequal.rarest_recall
    of_class = unequal.labels == 2
    hits = [sum(own[i] == 2 for i in np.flatnonzero(of_class)) / 4 for own in unequal.predicted]
    assert (name, share) == ("c", 0.1)
    assert recall == pytest.approx(sum(hits) / 3)
    assert unequal.rarest_recall.share == share


def test_a_regression_has_no_rarest_class(unequal):
    values = replace(unequal, task="regression", prediction=unequal.prediction[..., :1])
    assert values.rarest_recall is None


def test_rows_without_labels_are_told_by_their_place(unequal):
    assert unequal.row_labels.tolist() == list(range(40))
    assert replace(unequal, instances=np.arange(40) + 7).row_labels[0] == 7
