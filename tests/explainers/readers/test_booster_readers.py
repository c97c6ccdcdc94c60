from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from xaigeo.errors import InputError
from xaigeo.explainers.readers.forest_readers import read_forest


@pytest.fixture(scope="module")
def points():
    random = np.random.default_rng(0)
    X = random.normal(size=(120, 3)).astype(np.float32).astype(np.float64)
    return X, X[:, 0] + X[:, 1] * X[:, 2]


@pytest.fixture(scope="module")
def xgboost():
    return pytest.importorskip("xgboost", reason="needs xgboost")


@pytest.fixture(scope="module")
def lightgbm():
    return pytest.importorskip("lightgbm", reason="needs lightgbm")


def test_xgboost_compares_in_float32(xgboost, points):
    X, y = points
    model = xgboost.XGBRegressor(n_estimators=4).fit(X, y)
    forest = read_forest(model)
    # Just below and just above each threshold, where float64 would go another way.
    edges = np.repeat(X[:1], 40, axis=0)
    edges[:, 0] = np.nextafter(X[:40, 0].astype(np.float32), np.float32(np.inf))
    near = np.vstack([X, edges, edges - 1e-9])
    np.testing.assert_allclose(
        forest.outputs(forest.compared(near))[:, 0], model.predict(near), atol=1e-5
    )


def test_xgboost_uses_its_best_iteration(xgboost, points):
    X, y = points
    model = xgboost.XGBRegressor(n_estimators=60, early_stopping_rounds=2, learning_rate=0.9)
    model.fit(X[:60], y[:60], eval_set=[(X[60:], y[60:])], verbose=False)
    forest = read_forest(model)
    assert len(forest.nodes.roots) == model.best_iteration + 1 < 60
    np.testing.assert_allclose(
        forest.outputs(forest.compared(X))[:, 0], model.predict(X), atol=1e-5
    )


def test_xgboost_of_several_targets(xgboost, points):
    X, y = points
    Y = np.column_stack([y, 50 + 10 * X[:, 0] ** 2])
    model = xgboost.XGBRegressor(n_estimators=4).fit(X, Y)
    forest = read_forest(model)
    np.testing.assert_allclose(forest.outputs(forest.compared(X)), model.predict(X), rtol=1e-4)
    vectors = xgboost.XGBRegressor(n_estimators=2, multi_strategy="multi_output_tree").fit(X, Y)
    with pytest.raises(InputError, match=r"one output each, got multi_strategy='multi_output_tr"):
        read_forest(vectors)


def test_xgboost_that_cannot_be_read_is_told(xgboost, points):
    X, y = points
    linear = xgboost.XGBRegressor(booster="gblinear", n_estimators=2, updater="coord_descent")
    with pytest.raises(InputError, match="xgboost models of trees, got booster='gblinear'"):
        read_forest(linear.fit(X, y))
    counts = xgboost.XGBRegressor(objective="count:poisson", n_estimators=2).fit(X, np.abs(y))
    with pytest.raises(InputError, match=r"XGBRegressor whose trees add up to .* got count:poiss"):
        read_forest(counts)


def test_lightgbm_reads_a_stump_and_its_categories(lightgbm, points):
    X, y = points
    stump = lightgbm.LGBMRegressor(n_estimators=1, min_child_samples=1000, verbose=-1).fit(X, y)
    forest = read_forest(stump)
    np.testing.assert_allclose(
        forest.outputs(forest.compared(X))[:, 0], stump.predict(X), rtol=1e-9, atol=1e-12
    )
    codes = np.random.default_rng(1).integers(0, 5, 120)
    frame = pd.DataFrame({"a": X[:, 0], "c": pd.Categorical.from_codes(codes, list("vwxyz"))})
    model = lightgbm.LGBMRegressor(
        n_estimators=3, min_child_samples=5, min_data_per_group=5, cat_smooth=1.0, verbose=-1
    ).fit(frame, y + 3.0 * np.isin(codes, [0, 3]))
    forest = read_forest(model)
    assert forest.nodes.goes_left.shape[0] > 0
    inputs = np.column_stack([X[:, 0], codes])
    np.testing.assert_allclose(
        forest.outputs(forest.compared(inputs))[:, 0], model.predict(frame), rtol=1e-9
    )


def test_lightgbm_that_cannot_be_read_is_told(lightgbm, points):
    X, y = points
    linear = lightgbm.LGBMRegressor(n_estimators=2, linear_tree=True, verbose=-1).fit(X, y)
    with pytest.raises(InputError, match="trees with constant leaves, got linear_tree=True"):
        read_forest(linear)
    counts = lightgbm.LGBMRegressor(objective="poisson", n_estimators=2, verbose=-1)
    with pytest.raises(InputError, match=r"LGBMRegressor whose trees add up .* got poisson. Expl"):
        read_forest(counts.fit(X, np.abs(y)))
