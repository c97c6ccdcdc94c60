import numpy as np
import pytest
from scipy import stats

from xaigeo.agreement import seed_intervals
from xaigeo.agreement.intervals import spread_over_seeds
from xaigeo.errors import InputError


def test_one_row_an_attribution(build, distinct):
    table = seed_intervals(build.make_attributions(distinct))
    assert len(table) == 7 * 6 * 2
    row = table[(table.instance == 3) & (table.feature == "x2") & (table.output == "yes")].iloc[0]
    values = distinct[:, 3, 2]
    half = stats.t.ppf(0.975, 4) * values.std(ddof=1) * np.sqrt(1 + 1 / 5)
    assert row["mean"] == pytest.approx(values.mean())
    assert row["low"] == pytest.approx(values.mean() - half)
    assert row["high"] == pytest.approx(values.mean() + half)
    assert row["sign_share"] == max((values > 0).mean(), (values < 0).mean())


def test_a_new_seed_falls_in_as_often_as_stated(rng):
    values = rng.normal(size=(8, 20000))
    mean, _, half = spread_over_seeds(values[:7], level=0.9)
    inside = np.abs(values[7] - mean) <= half
    assert inside.mean() == pytest.approx(0.9, abs=0.01)


def test_one_seed_has_no_interval(build, distinct):
    table = seed_intervals(build.make_attributions(distinct[:1]))
    assert table[["sd", "low", "high"]].isna().all().all()
    assert (table["n_seeds"] == 1).all()


def test_other_results_and_levels_raise(build, distinct):
    with pytest.raises(InputError, match="Expected Attributions, got Anchors"):
        seed_intervals(build.make_anchors(np.zeros((2, 3, 2)), np.ones((2, 3, 2))))
    with pytest.raises(InputError, match="level between 0 and 1, got 95"):
        seed_intervals(build.make_attributions(distinct), level=95)
