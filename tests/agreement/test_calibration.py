import numpy as np
import pytest

from xaigeo.agreement.calibration import (
    calibration_error,
    calibration_gaps,
    class_calibration_error,
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


def test_confidence_on_an_edge_lies_in_the_bin_below():
    # 0.7 * 10 and 0.29 * 100 are no whole numbers in floating point.
    for n_bins, edge in ((10, 0.7), (100, 0.58), (15, 0.6), (3, 2 / 3)):
        prediction = np.array([[[edge, 1 - edge]]])
        table = reliability(prediction, np.array([0]), np.array([0]), n_bins)
        assert table["high"].tolist() == [pytest.approx(edge)]
        assert calibration_error(prediction, np.array([0]), n_bins)[0] == pytest.approx(1 - edge)


def test_gaps_of_rows_add_up_to_the_error_also_of_drawn_rows(rng):
    prediction = rng.dirichlet([1, 1, 1], size=(3, 80))
    truth = rng.integers(0, 3, 80)
    gaps = calibration_gaps(prediction, truth)
    np.testing.assert_allclose(
        np.abs(gaps.sum(axis=1)).sum(axis=-1) / 80, calibration_error(prediction, truth)
    )
    drawn = rng.integers(0, 80, 80)
    weights = np.bincount(drawn, minlength=80)
    np.testing.assert_allclose(
        np.abs((weights[:, None] * gaps).sum(axis=1)).sum(axis=-1) / 80,
        calibration_error(prediction[:, drawn], truth[drawn]),
    )


@pytest.mark.parametrize("given", ["label", "output"])
def test_classes_by_a_loop_over_rows(rng, given):
    prediction = rng.dirichlet([1, 1, 1, 1], size=(2, 90))
    truth = rng.integers(0, 3, 90)  # nobody belongs to the fourth class
    found = class_calibration_error(prediction, truth, 5, given=given)
    for s in range(2):
        for c in range(4):
            sums, n = [0.0] * 5, 0
            for i in range(90):
                if given == "label" and truth[i] != c:
                    continue
                p = prediction[s, i]
                said = p.max() if given == "label" else p[c]
                right = p.argmax() == c if given == "label" else truth[i] == c
                place = next(b for b in range(5) if said <= (b + 1) / 5)
                sums[place] += right - said
                n += 1
            expected = sum(map(abs, sums)) / n if n else np.nan
            assert found[s, c] == pytest.approx(expected, nan_ok=True)
    with pytest.raises(InputError, match=r"given to be one of 'label', 'output', got 'row'"):
        class_calibration_error(prediction, truth, given="row")


def test_two_classes_as_in_the_source(rng):
    """Jain (2019), section 3.3.1: p for the positive label, 1 − p bucketed where p < .5."""
    p = rng.uniform(size=200)
    target = rng.integers(0, 2, 200)
    table = class_reliability(
        np.stack([1 - p, p], axis=-1)[None], target, np.array([0]), ("negative", "positive"), 10
    )
    for row in table.itertuples():
        positive = row[1] == "positive"
        bucketed = np.where(p < 0.5, 1 - p, p)
        inside = (bucketed > row.low) & (bucketed <= row.high) & (target == positive)
        correct = (p > 0.5) if positive else (p < 0.5)
        assert row.n_rows == inside.sum()
        assert row.accuracy == pytest.approx(correct[inside].mean())
    assert table["low"].min() == 0.5  # the axis starts there
