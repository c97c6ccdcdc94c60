import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from xaigeo.agreement.score_change import score_change
from xaigeo.errors import InputError

Z = norm.ppf(0.975)


def bins(values, n, length, score="relative_entropy"):
    values, length = np.asarray(values, dtype=float), np.asarray(length, dtype=float)
    return pd.DataFrame(
        {
            "score": score,
            "low": np.arange(len(values)) / 10,
            "high": (np.arange(len(values)) + 1) / 10,
            "prediction": np.arange(len(values)) / 10 + 0.05,
            "n_rows": n,
            "n_defined": n,
            "value": values,
            "value_low": values - length / 2,
            "value_high": values + length / 2,
        }
    )


def test_change_of_the_mean_over_rows_against_a_loop():
    before, after = bins([0.5, 0.8], [10, 30], [0.2, 0.1]), bins([0.2, 0.3], [20, 20], [0.1, 0.1])
    row = score_change(before, after).iloc[0]
    assert row["before"] == pytest.approx((10 * 0.5 + 30 * 0.8) / 40)
    assert row["after"] == pytest.approx(0.25)
    assert row["change"] == pytest.approx(0.25 - 0.725)
    assert row["share"] == pytest.approx((0.25 - 0.725) / 0.725)
    variance = 0.0
    for n, length in ((10, 0.2), (30, 0.1)):
        variance += (n / 40) ** 2 * (length / (2 * Z)) ** 2
    for n, length in ((20, 0.1), (20, 0.1)):
        variance += (n / 40) ** 2 * (length / (2 * Z)) ** 2
    assert row["high"] - row["low"] == pytest.approx(2 * Z * variance**0.5)


def test_the_interval_is_that_of_a_bootstrap_of_the_rows():
    rng = np.random.default_rng(0)
    tables, drawn = [], []
    for shift in (0.0, 0.4):
        values = rng.normal(1 + shift, 0.5, (2, 200))
        ends = [
            np.quantile(rng.choice(one, (2000, 200)).mean(axis=1), [0.025, 0.975]) for one in values
        ]
        table = bins(values.mean(axis=1), [200, 200], [0, 0])
        table["value_low"], table["value_high"] = np.transpose(ends)
        tables.append(table)
        drawn.append(rng.choice(values.ravel(), (2000, 400)).mean(axis=1))
    row = score_change(*tables).iloc[0]
    wanted = np.quantile(drawn[1] - drawn[0], [0.025, 0.975])
    assert [row["low"], row["high"]] == pytest.approx(wanted, abs=0.015)


def test_a_bin_of_one_row_takes_the_others_variance():
    before = bins([0.5, 0.9], [9, 1], [0.2, np.nan])
    row = score_change(before, bins([0.5], [10], [0.2])).iloc[0]
    of_row = 9 * (0.2 / (2 * Z)) ** 2
    variance = 0.9**2 * of_row / 9 + 0.1**2 * of_row + (0.2 / (2 * Z)) ** 2
    assert row["high"] - row["low"] == pytest.approx(2 * Z * variance**0.5)
    # Where no bin has an interval there is none.
    alone = bins([0.5], [1], [np.nan])
    assert np.isnan(score_change(alone, alone).iloc[0][["low", "high"]].astype(float)).all()


def test_scores_in_common_and_nothing_to_compare_with():
    two = pd.concat([bins([0.0], [5], [0.0]), bins([0.4], [5], [0.1], "jaccard_distance")])
    changes = score_change(two, two)
    assert changes["score"].tolist() == ["relative_entropy", "jaccard_distance"]
    assert np.isnan(changes["share"].iloc[0])
    one = bins([0.4], [5], [0.1], "jaccard_distance")
    assert score_change(two, one)["score"].tolist() == ["jaccard_distance"]


def test_errors():
    own = bins([0.5], [5], [0.1])
    with pytest.raises(InputError, match=r"before as xaigeo\.agreement\.score_bins returns them"):
        score_change(own[["score", "value"]], own)
    with pytest.raises(InputError, match="after with at least one row, got an empty table"):
        score_change(own, own.iloc[:0])
    with pytest.raises(InputError, match="two tables of bins with a common score"):
        score_change(own, bins([0.5], [5], [0.1], "spearman"))
    with pytest.raises(InputError, match="got list"):
        score_change([1], own)
