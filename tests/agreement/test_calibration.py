import numpy as np
import pytest

from xaigeo.agreement.calibration import calibration_error, reliability


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
