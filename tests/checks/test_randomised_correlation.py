import numpy as np
import pytest
import xarray as xr

from xaigeo.checks import Check
from xaigeo.checks.randomised_correlation import randomised_correlation
from xaigeo.errors import InputError

RANK = np.array([[[0.9, 0.2], [0.8, np.nan]], [[0.7, 0.4], [0.6, np.nan]]])


def make(*, between=None, own=None, layers=("2", "all")):
    arrays = {"rank_correlation": (("seed", "instance", "layer"), RANK)}
    for name, values in (("between_random", between), ("self_correlation", own)):
        if values is not None:
            arrays[name] = (("seed", "instance"), values)
    data = xr.Dataset(arrays, coords={"seed": [0, 1], "instance": [5, 6], "layer": list(layers)})
    return Check(kind="randomisation", method="lime", data=data, seeds=np.array([0, 1]))


def test_the_last_step_is_judged_by_row():
    judged = randomised_correlation(make(between=np.array([[0.1, np.nan], [0.3, 0.5]])))
    np.testing.assert_allclose(judged.value, [0.3, np.nan])
    np.testing.assert_allclose(judged.between_random, [0.2, 0.5])
    assert judged.layer == "all"
    assert randomised_correlation(make(layers=("2", "labels"))).layer == "labels"


def test_references():
    bare = randomised_correlation(make())
    assert np.isnan([bare.between_random, bare.own]).all()
    judged = randomised_correlation(make(own=np.array([[0.9, np.nan], [0.7, np.nan]])))
    np.testing.assert_allclose(judged.own, [0.8, np.nan])


def test_another_kind_is_refused():
    data = xr.Dataset(
        {name: (("seed", "instance"), np.ones((1, 1))) for name in ("largest", "mean")},
        coords={"seed": [0], "instance": [5]},
    )
    other = Check(kind="sensitivity", method="lime", data=data, seeds=np.array([0]))
    with pytest.raises(InputError, match=r"of the kind 'randomisation'.*'sensitivity'"):
        randomised_correlation(other)
