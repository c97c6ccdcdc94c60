import numpy as np
import pytest
from sklearn import metrics

from xaigeo.agreement.discrimination import precision_at, roc_at, threshold_curves
from xaigeo.ensemble import Evaluation
from xaigeo.errors import InputError


def evaluation_of(prediction, labels):
    return Evaluation(
        name="test",
        seeds=np.arange(len(prediction)),
        classes=tuple("abc"[: prediction.shape[-1]]),
        task="classification",
        rows=np.zeros((len(labels), 1)),
        labels=labels,
        prediction=prediction,
    )


@pytest.fixture
def three(rng):
    return evaluation_of(rng.dirichlet([1, 1, 1], size=(4, 90)), rng.integers(0, 3, 90))


def test_areas_are_those_of_scikit_learn(three):
    for curve, score in (
        ("roc", metrics.roc_auc_score),
        ("precision_recall", metrics.average_precision_score),
    ):
        found = threshold_curves(three, "b", curve=curve)[0]
        truth = three.labels == 1
        expected = [score(truth, outputs[:, 1]) for outputs in three.prediction]
        np.testing.assert_allclose(found.areas["area"], expected)
        assert found.prevalence == truth.mean()


def test_mean_curve_against_a_loop(three):
    found = threshold_curves(three, "a")[0]
    truth = three.labels == 0
    for x, y in zip(found.mean["x"][1:], found.mean["y"][1:], strict=True):
        heights = []
        for outputs in three.prediction:
            rates = metrics.roc_curve(truth, outputs[:, 0], drop_intermediate=False)[:2]
            left = max(np.flatnonzero(rates[0] <= x + 1e-12))
            right = min(left + 1, len(rates[0]) - 1)
            gap = rates[0][right] - rates[0][left]
            share = (x - rates[0][left]) / gap if gap > 0 else 0.0
            heights.append(rates[1][left] + share * (rates[1][right] - rates[1][left]))
        assert y == pytest.approx(np.mean(heights), abs=1e-9)
    assert found.mean.iloc[0].tolist() == [0.0, 0.0, 0.0, 0.0]


def test_precision_is_that_of_the_threshold_reaching_the_recall(three):
    found = threshold_curves(three, "a", curve="precision_recall")[0]
    truth = three.labels == 0
    outputs = three.prediction[0][:, 0]
    order = np.argsort(-outputs)
    hits = np.cumsum(truth[order])
    recall, precision = hits / truth.sum(), hits / np.arange(1, len(hits) + 1)
    own = found.seeds[found.seeds["seed"] == 0]
    got = precision_at(own["x"].to_numpy(), own["y"].to_numpy(), np.array([0.5, 1.0]))
    for share, value in zip((0.5, 1.0), got, strict=True):
        assert value == pytest.approx(precision[np.flatnonzero(recall >= share - 1e-12)[0]])


def test_a_perfect_model_and_a_steep_curve():
    assert roc_at(np.array([0, 0, 1.0]), np.array([0, 1, 1.0]), np.array([0.0, 0.5])).tolist() == [
        1.0,
        1.0,
    ]


def test_long_curves_are_drawn_on_the_grid(rng):
    labels = rng.integers(0, 2, 3000)
    found = threshold_curves(evaluation_of(rng.dirichlet([1, 1], size=(2, 3000)), labels))
    assert [one.output for one in found] == ["b"]
    assert found[0].seeds.groupby("seed").size().max() == 102


def test_classes_without_rows_are_left_out_or_refused(rng):
    lacking = evaluation_of(rng.dirichlet([1, 1, 1], size=(2, 30)), rng.integers(0, 2, 30))
    assert [one.output for one in threshold_curves(lacking)] == ["a", "b"]
    with pytest.raises(InputError, match=r"inside and outside of the class, got 0 of 30 rows of"):
        threshold_curves(lacking, "c")
    one_class = evaluation_of(rng.dirichlet([1, 1], size=(2, 5)), np.zeros(5, dtype=int))
    with pytest.raises(InputError, match=r"got 5 of 5 rows of 'a'"):
        threshold_curves(one_class)
    with pytest.raises(InputError, match=r"curve to be one of 'roc', 'precision_recall'"):
        threshold_curves(lacking, curve="pr")
