import numpy as np
from scipy.stats import norm

from xaigeo.agreement.corrected_interval import corrected_interval


def test_draws_around_their_value_give_percentiles(rng):
    draws = rng.normal(size=(501, 1))
    low, high = corrected_interval(np.median(draws, axis=0), draws)
    np.testing.assert_allclose([low[0], high[0]], np.quantile(draws, [0.025, 0.975]))


def test_draws_above_their_value_are_moved_down():
    # Of 1,000 draws 10 % lie below the value: z₀ = Φ⁻¹(.1).
    draws = np.linspace(0, 1, 1000)[:, None]
    low, high = corrected_interval(np.array([0.1]), draws)
    shift = 2 * norm.ppf(0.1)
    np.testing.assert_allclose(
        [low[0], high[0]], norm.cdf([shift - norm.ppf(0.975), shift + norm.ppf(0.975)]), atol=1e-3
    )


def test_draws_that_are_all_the_value_leave_no_interval():
    low, high = corrected_interval(np.array([0.0, 1.0]), np.tile([0.0, 1.0], (50, 1)))
    assert low.tolist() == high.tolist() == [0.0, 1.0]


def test_covers_a_biased_value_better_than_plain_percentiles():
    # The largest absolute mean of eight columns, whose truth is 0.5: resampling inflates it.
    rng, held = np.random.default_rng(3), {"plain": 0, "corrected": 0}
    for _ in range(120):
        rows = rng.normal([0.5, *[0.42] * 7], 1.0, (60, 8))
        weights = rng.multinomial(60, np.full(60, 1 / 60), size=200)
        draws = np.abs(weights @ rows / 60).max(axis=1)
        value = np.abs(rows.mean(axis=0)).max()
        low, high = corrected_interval(np.array([value]), draws[:, None])
        held["corrected"] += low[0] <= 0.5 <= high[0]
        held["plain"] += bool(np.prod(np.quantile(draws, [0.025, 0.975]) - 0.5) <= 0)
    assert held["corrected"] > held["plain"] + 10
