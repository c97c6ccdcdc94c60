import numpy as np
import pytest
from scipy.stats import spearmanr

from xaigeo.agreement.difference_correlations import difference_correlations, rank_correlation
from xaigeo.agreement.model_difference import model_difference
from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.errors import InputError


def biased(rng, shifts, n_rows=600):
    """Models of two classes whose logits are shifted, hence wrong the more the further."""
    truth = rng.integers(0, 2, n_rows)
    gap = 3.0 * (truth - 0.5) + rng.normal(0, 1, n_rows)
    logits = gap + np.asarray(shifts)[:, None] + 0.2 * rng.normal(size=(len(shifts), n_rows))
    p = 1 / (1 + np.exp(-logits))
    return Evaluation(
        name="test",
        seeds=np.arange(len(shifts)),
        classes=("no", "yes"),
        task="classification",
        rows=np.zeros((n_rows, 1)),
        labels=truth,
        prediction=np.stack([1 - p, p], axis=-1),
    )


def test_shifted_models_have_large_alpha_and_churn(rng):
    given = biased(rng, [0.0] * 6 + [0.0, 0.1, 0.2, 0.5, 1.0, 1.5, 2.0, 2.5])
    difference = model_difference(given, reference=range(6), n_bootstrap=5)
    table = difference_correlations(difference, by="distance", n_bootstrap=300).set_index("measure")
    for measure in ("churn_ensemble", "ece", "accuracy", "log_loss"):
        expected = spearmanr(difference.table["distance"], difference.table[measure]).statistic
        assert table.loc[measure, "rho"] == pytest.approx(expected)
    assert table.loc["churn_ensemble", "low"] > 0
    assert table.loc["accuracy", "high"] < 0
    assert (table["n_models"] == 8).all()


def test_the_interval_is_that_of_a_loop(rng):
    a, b = rng.integers(0, 4, 12).astype(float), rng.normal(size=12)
    found = rank_correlation(a, b, 200, np.random.default_rng(5))
    drawn = np.random.default_rng(5).integers(0, 12, (200, 12))
    draws = [spearmanr(a[d], b[d]).statistic for d in drawn]
    np.testing.assert_allclose([found.low, found.high], np.quantile(draws, [0.025, 0.975]))


def test_one_model_that_stands_out_shows_nothing(rng):
    a, b = np.zeros(12), rng.normal(size=12)
    a[3], b[3] = 1.0, 9.0
    found = rank_correlation(a, b, 400, rng)
    assert found.rho > 0.4
    assert found.low <= 0 < found.high


def test_no_alpha_counts_as_the_largest(rng):
    given = biased(rng, [0, 0, 0, 0, 0, 0, 0.8, 20.0])
    difference = model_difference(given, reference=range(3), n_bootstrap=5)
    assert not difference.table["accepts"].iloc[4]
    table = difference_correlations(difference, n_bootstrap=50).set_index("measure")
    expected = spearmanr(difference.table["alpha_hat"].fillna(1.0), difference.table["ece"])
    assert table.loc["ece", "rho"] == pytest.approx(expected.statistic)


def test_without_order_there_is_no_correlation(rng):
    equal = rank_correlation(np.zeros(9), rng.normal(size=9), 20, rng)
    few = rank_correlation(np.arange(4.0), np.arange(4.0), 20, rng)
    assert np.isnan([*equal, *few]).all()


def test_regression_goes_with_its_scores(rng):
    truth = rng.normal(size=300)
    values = truth + np.linspace(0, 2, 7)[:, None]
    given = Evaluation(
        name="test", seeds=np.arange(7), classes=("y",), task="regression",
        rows=np.zeros((300, 1)), labels=truth, prediction=values[..., None],
    )  # fmt: skip
    found = difference_correlations(model_difference(given, n_bootstrap=5), n_bootstrap=20)
    assert found["measure"].tolist() == ["r2", "rmse"]


def test_without_draws_there_is_no_interval(rng):
    difference = model_difference(biased(rng, range(6)), n_bootstrap=2)
    found = difference_correlations(difference, by="distance", n_bootstrap=0)
    assert found["rho"].notna().any()
    assert found["low"].isna().all()
    with pytest.raises(InputError, match="random_state to be a whole number of at least 0"):
        difference_correlations(difference, random_state=None)


def test_what_has_no_table_is_refused(rng):
    with pytest.raises(InputError, match=r"the difference of models, got int\. Pass the answer of"):
        difference_correlations(3)
    difference = model_difference(biased(rng, [0, 1, 2], 50), n_bootstrap=2)
    with pytest.raises(InputError, match="by to be one of 'alpha_hat', 'alpha_mean', 'distance'"):
        difference_correlations(difference, by="alpha")
