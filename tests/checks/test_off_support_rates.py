import numpy as np
import pytest
import xarray as xr
from scipy.stats import binomtest

from xaigeo.checks import Check, off_support_rates, share_interval
from xaigeo.errors import InputError


def make_check():
    flagged = np.zeros((2, 8), dtype=bool)
    flagged[0, :6] = flagged[1] = True
    data = xr.Dataset(
        {"flagged": (("way", "row"), flagged), "false_alarm": ("row", np.zeros(8, dtype=bool))},
        coords={"way": ["uniform", "beyond"], "row": np.arange(8)},
    )
    return Check(kind="off_support", method="", data=data, seeds=np.arange(2))


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_rates_and_exact_intervals(level):
    found = off_support_rates(make_check(), level=level)
    assert found["way"].tolist() == ["uniform", "beyond", "false alarm"]
    assert found["n_flagged"].tolist() == [6, 8, 0]
    assert found["rate"].tolist() == [0.75, 1.0, 0.0]
    for _, row in found.iterrows():
        exact = binomtest(row["n_flagged"], row["n"]).proportion_ci(level, method="exact")
        assert (row["low"], row["high"]) == pytest.approx((exact.low, exact.high))


def test_interval_of_arrays():
    low, high = share_interval(np.array([0, 50, 100]), np.array([100, 100, 100]))
    assert low[0] == 0.0
    assert high[2] == 1.0
    assert (low <= [0, 0.5, 1]).all()
    assert (high >= [0, 0.5, 1]).all()


def test_messages():
    with pytest.raises(InputError, match="level between 0 and 1"):
        off_support_rates(make_check(), level=95)
    data = xr.Dataset(
        {"r2": (("seed", "instance"), [[1.0]]), "rmse": (("seed", "instance"), [[0.0]])},
        coords={"seed": [0], "instance": [0]},
    )
    check = Check(kind="local_fidelity", method="lime", data=data, seeds=np.arange(1))
    with pytest.raises(InputError, match="Expected a check of off_support"):
        off_support_rates(check)
