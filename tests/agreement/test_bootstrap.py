import numpy as np

from xaigeo.agreement.bootstrap import mean_interval, percentile_interval, resampling_weights


def test_weights_resample_n_instances(rng):
    weights = resampling_weights(7, 100, rng)
    assert weights.shape == (100, 7)
    assert (weights.sum(axis=1) == 7).all()


def test_mean_interval_is_near_the_normal_one():
    values = np.random.default_rng(0).normal(size=400)
    low, high = mean_interval(values, n_bootstrap=4000, rng=np.random.default_rng(1))
    half = 1.96 * values.std(ddof=1) / 20
    np.testing.assert_allclose([low, high], [values.mean() - half, values.mean() + half], atol=0.01)


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
