from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression
from sklearn.multioutput import MultiOutputRegressor

import xaigeo as xg
from xaigeo.errors import InputError
from xaigeo.explainers.readers.forest_readers import read_forest, read_forests


@pytest.fixture(scope="module")
def points():
    random = np.random.default_rng(0)
    X = random.normal(size=(100, 3))
    return X, X[:, 0] + X[:, 1] * X[:, 2]


@pytest.mark.parametrize("start", ["zero", None])
def test_boosting_starts_where_the_model_does(start, points):
    X, y = points
    model = GradientBoostingRegressor(n_estimators=4, init=start).fit(X, y)
    forest = read_forest(model)
    np.testing.assert_allclose(
        forest.outputs(forest.compared(X))[:, 0], model.predict(X), rtol=1e-12
    )


def test_the_exponential_loss_is_half_the_log_odds(points):
    X, y = points
    model = GradientBoostingClassifier(n_estimators=4, loss="exponential").fit(X, y > 0)
    forest = read_forest(model)
    odds = model.predict_proba(X)
    np.testing.assert_allclose(
        forest.outputs(forest.compared(X))[:, 0], np.log(odds[:, 1] / odds[:, 0]), rtol=1e-9
    )
    assert forest.link == "logistic"


def test_inputs_are_compared_as_the_model_does(points):
    X, y = points
    forest = read_forest(RandomForestRegressor(2).fit(X, y))
    np.testing.assert_array_equal(forest.compared(X), X.T.astype(np.float32))
    with pytest.raises(InputError, match=r"finite inputs of the trees, got 1 missing or infinite"):
        forest.compared(np.array([[1.0, np.nan, 2.0]]))


def test_targets_of_several_estimators_are_joined(points):
    X, y = points
    Y = np.column_stack([y, X[:, 0] ** 2])
    model = MultiOutputRegressor(HistGradientBoostingRegressor(max_iter=3)).fit(X, Y)
    forest = read_forest(model)
    assert len(forest.nodes.roots) == 6
    np.testing.assert_allclose(forest.outputs(forest.compared(X)), model.predict(X), rtol=1e-12)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda X, y: LinearRegression().fit(X, y), "random forests.* got LinearRegression. Expl"),
        (
            lambda X, y: HistGradientBoostingRegressor(loss="poisson", max_iter=2).fit(
                X, np.exp(y)
            ),
            "HistGradientBoostingRegressor whose trees add up to its values or log-odds .* poisson",
        ),
        (
            lambda X, y: GradientBoostingRegressor(init=LinearRegression()).fit(X, y),
            "gradient boosting that starts from a constant, got init=LinearRegression",
        ),
        (
            lambda X, y: RandomForestClassifier(2).fit(X, np.column_stack([y > 0, y > 1])),
            "classifiers of one label, got one of 2 labels",
        ),
    ],
)
def test_models_that_cannot_be_read_are_told(make, message, points):
    with pytest.raises(InputError, match=message):
        read_forest(make(*points))


def test_trees_are_read_once_and_go_with_their_members(points):
    X, y = points
    ensemble = xg.SeedEnsemble.fit(RandomForestRegressor(2), X, y, seeds=[0, 1])
    first = read_forests(ensemble.members)
    assert read_forests(ensemble.members) is first
    gone = weakref.ref(ensemble.members)
    del ensemble
    gc.collect()
    assert gone() is None
