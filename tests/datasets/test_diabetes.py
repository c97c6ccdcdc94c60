from __future__ import annotations

import numpy as np
from sklearn.datasets import load_diabetes

import xaigeo as xg


def test_columns_are_those_of_scikit_learn_in_their_own_units():
    data, table = xg.datasets.diabetes(), load_diabetes(scaled=False)
    numbers = data.X.assign(sex=data.X["sex"].str.removeprefix("sex ")).astype(float)
    np.testing.assert_array_equal(numbers.to_numpy(), table.data)
    np.testing.assert_array_equal(data.y, table.target)
    assert data.schema["bmi"].label == "bmi (kg/m²)"
    assert data.schema["age"].integer
    assert data.schema["sex"].categories == ("sex 1", "sex 2")
    assert data.protected == ("sex",)


def test_it_is_a_regression():
    data = xg.datasets.diabetes()
    assert data.y.dtype.kind == "f"
    assert (data.y.min(), data.y.max()) == (25, 346)
