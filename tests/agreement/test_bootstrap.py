import numpy as np
import pytest

from xaigeo.agreement.bootstrap import mean_interval, percentile_interval, resampling_weights
from xaigeo.agreement.rank_correlation import mean_spearman
from xaigeo.agreement.top_k import mean_feature_agreement


def test_weights_resample_n_instances(rng):
    weights = resampling_weights(7, 100, rng)
    assert weights.shape == (100, 7)
    assert (weights.sum(axis=1) == 7).all()


def test_mean_interval_is_near_the_normal_one():
    values = np.random.default_rng(0).normal(size=400)
    low, high = mean_interval(values, n_bootstrap=4000, rng=np.random.default_rng(1))
    half = 1.96 * values.std(ddof=1) / 20
    np.testing.assert_allclose([low, high], [values.mean() - half, values.mean() + half], atol=0.01)


@pytest.mark.parametrize("name", ["feature_agreement", "spearman"])
def test_interval_covers_the_mean_of_a_score(rng, name):
    # Seeds that share a signal: the score is neither at an end of its range nor symmetric.
    n_repeats, n_rows = 1000, 50
    signal = rng.normal(size=(1, 100_000, 6))
    noise = rng.normal(size=(3, 100_000, 6))
    mean = {"feature_agreement": lambda v: mean_feature_agreement(v, 2), "spearman": mean_spearman}
    values = mean[name](signal + noise)
    truth = values[n_repeats * n_rows :].mean()
    covered = [
        low <= truth <= high
        for low, high in (
            mean_interval(sample, n_bootstrap=250, rng=rng)
            for sample in values[: n_repeats * n_rows].reshape(n_repeats, n_rows)
        )
    ]
    assert 0.92 <= np.mean(covered) <= 0.98


def test_undefined_values_are_left_out():
    values = np.array([1.0, np.nan, 1.0])
    assert mean_interval(values, n_bootstrap=50, rng=np.random.default_rng(0)) == (1.0, 1.0)


def test_one_instance_has_no_interval(rng):
    low, high = mean_interval(np.array([0.3]), n_bootstrap=50, rng=rng)
    assert np.isnan(low)
    assert np.isnan(high)


def test_draws_without_a_value_are_left_out(rng):
    def nothing(weights):
        return np.full(len(weights), np.nan)

    assert np.isnan(percentile_interval(5, nothing, n_bootstrap=20, rng=rng)).all()


def test_same_seed_same_interval():
    values = np.arange(10.0)
    runs = [mean_interval(values, n_bootstrap=100, rng=np.random.default_rng(3)) for _ in range(2)]
    assert runs[0] == runs[1]
