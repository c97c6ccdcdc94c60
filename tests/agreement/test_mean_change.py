import numpy as np
import pytest

from xaigeo.agreement.mean_change import MeanChange, mean_change
from xaigeo.errors import InputError


def test_means_and_change():
    change = mean_change(np.array([1.0, 3.0]), np.array([1.0, 2.0]), paired=True)
    assert (change.before, change.after) == (2.0, 1.5)
    assert change.change == -0.5
    assert change.share == -0.25


def test_pairs_against_a_loop():
    rng = np.random.default_rng(3)
    before = rng.normal(size=30)
    after = before - 0.3 + 0.1 * rng.normal(size=30)
    change = mean_change(before, after, paired=True, n_bootstrap=200, random_state=7)
    weights = np.random.default_rng(7).multinomial(30, np.full(30, 1 / 30), size=200)
    drawn = [np.repeat(after - before, w).mean() for w in weights]
    assert [change.low, change.high] == pytest.approx(np.quantile(drawn, [0.025, 0.975]))
    assert change.clear
    # Rows that are not told to be the same hide it.
    apart = mean_change(before, after, paired=False, n_bootstrap=200, random_state=7)
    assert apart.change == pytest.approx(change.change)
    assert apart.high - apart.low > 3 * (change.high - change.low)


def test_no_change_is_not_clear():
    values = np.array([0.1, 0.4, 0.2])
    change = mean_change(values, values, paired=True)
    assert (change.low, change.high) == (0.0, 0.0)
    assert not change.clear


def test_undefined_rows_are_left_out_in_both():
    change = mean_change(np.array([1.0, np.nan, 3.0]), np.array([2.0, 5.0, np.nan]), paired=True)
    assert (change.before, change.after) == (1.0, 2.0)
    assert np.isnan([change.low, change.high]).all()
    assert not change.clear


def test_a_share_of_nothing_is_undefined():
    assert np.isnan(MeanChange(0.0, 1.0, 0.5, 1.5).share)


def test_errors():
    with pytest.raises(InputError, match="as many rows before as after, got 1 and 2"):
        mean_change(np.ones(1), np.ones(2), paired=True)
    with pytest.raises(InputError, match="at least one row with a number before and after"):
        mean_change(np.array([np.nan]), np.ones(1), paired=True)
    with pytest.raises(InputError, match="paired to be True or False"):
        mean_change(np.ones(1), np.ones(1), paired=1)
