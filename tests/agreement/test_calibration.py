import numpy as np
import pytest

from xaigeo.agreement.calibration import (
    calibration_error,
    class_reliability,
    pooled_reliability,
    reliability,
    wilson_interval,
)
from xaigeo.errors import InputError


def naive(confidence, correct, n_bins):
    total = 0.0
    for b in range(n_bins):
        inside = (confidence > b / n_bins) & (confidence <= (b + 1) / n_bins)
        if inside.any():
            total += inside.mean() * abs(correct[inside].mean() - confidence[inside].mean())
    return total


def test_equals_the_loop_over_bins(rng):
    prediction = rng.dirichlet([1, 1, 1], size=(3, 200))
    truth = rng.integers(0, 3, 200)
    expected = [
        naive(p.max(axis=1), (p.argmax(axis=1) == truth).astype(float), 15) for p in prediction
    ]
    np.testing.assert_allclose(calibration_error(prediction, truth), expected)


def test_sure_and_right_is_calibrated_and_sure_and_wrong_is_not():
    sure = np.tile([1.0, 0.0], (1, 10, 1))
    assert calibration_error(sure, np.zeros(10, dtype=int)) == pytest.approx([0.0])
    assert calibration_error(sure, np.ones(10, dtype=int)) == pytest.approx([1.0])


def test_reliability_rebuilds_the_error(rng):
    prediction = rng.dirichlet([1, 1], size=(2, 100))
    truth = rng.integers(0, 2, 100)
    table = reliability(prediction, truth, np.array([3, 8]))
    gaps = table["n_rows"] / 100 * (table["accuracy"] - table["confidence"]).abs()
    rebuilt = gaps.groupby(table["seed"]).sum()
    np.testing.assert_allclose(rebuilt.to_numpy(), calibration_error(prediction, truth))
    assert ((table["low"] <= table["confidence"]) & (table["confidence"] <= table["high"])).all()


def test_classes_by_true_label_against_a_loop(rng):
    prediction = rng.dirichlet([1, 1, 1], size=(2, 120))
    truth = rng.integers(0, 3, 120)
    table = class_reliability(prediction, truth, np.array([3, 8]), "abc", n_bins=5)
    for row in table.itertuples():
        own = truth == "abc".index(row[1])
        said = prediction[[3, 8].index(row.seed)][own]
        inside = (said.max(axis=1) > row.low) & (said.max(axis=1) <= row.high)
        assert row.n_rows == inside.sum()
        right = said.argmax(axis=1)[inside] == "abc".index(row[1])
        assert row.accuracy == pytest.approx(right.mean())
        assert row.confidence == pytest.approx(said.max(axis=1)[inside].mean())


def test_classes_by_output_use_every_row(rng):
    prediction = rng.dirichlet([1, 1, 1], size=(1, 200))
    truth = rng.integers(0, 3, 200)
    table = class_reliability(prediction, truth, np.array([0]), "abc", 4, given="output")
    assert table.groupby("class")["n_rows"].sum().tolist() == [200] * 3
    own = table[table["class"] == "b"]
    assert (own["n_rows"] * own["accuracy"]).sum() == pytest.approx((truth == 1).sum())


def test_a_class_without_rows_has_no_bins(rng):
    prediction = rng.dirichlet([1, 1], size=(2, 10))
    table = class_reliability(prediction, np.zeros(10, dtype=int), np.array([0, 1]), "ab")
    assert set(table["class"]) == {"a"}
    with pytest.raises(InputError, match=r"given to be one of 'label', 'output', got 'class'"):
        class_reliability(prediction, np.zeros(10), np.array([0, 1]), "ab", given="class")


def test_all_seeds_together_against_a_loop(rng):
    prediction = rng.dirichlet([1, 1, 1], size=(3, 100))
    truth = rng.integers(0, 3, 100)
    pooled = pooled_reliability(prediction, truth, 6)
    assert pooled["n_answers"].sum() == 300
    for row in pooled.itertuples():
        inside = (prediction.max(axis=-1) > row.low) & (prediction.max(axis=-1) <= row.high)
        right = (prediction.argmax(axis=-1) == truth)[inside]
        assert row.n_answers == inside.sum()
        assert row.n_rows == inside.any(axis=0).sum()
        assert row.accuracy == pytest.approx(right.mean())
        assert row.confidence == pytest.approx(prediction.max(axis=-1)[inside].mean())
        assert row.accuracy_low <= row.accuracy <= row.accuracy_high


def test_wilson_interval_is_that_of_scipy():
    from scipy.stats import binomtest

    for right, n in ((0, 1), (7, 9), (40, 40)):
        low, high = wilson_interval(np.array([right / n]), np.array([n]))
        expected = binomtest(right, n).proportion_ci(method="wilson")
        assert low[0] == pytest.approx(expected.low, abs=1e-12)
        assert high[0] == pytest.approx(expected.high, abs=1e-12)
