from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from torch import nn

from xaigeo.ensemble import SeedEnsemble
from xaigeo.ensemble.identical import answer_alike
from xaigeo.ensemble.members import CallableMembers
from xaigeo.errors import IdenticalModelsWarning
from xaigeo.schema import FeatureSchema

MESSAGE = r"All 3 models answer alike on the rows given: the seed changes nothing about them"


@pytest.mark.parametrize(
    "estimator",
    [
        make_pipeline(StandardScaler(), LogisticRegression()),
        GradientBoostingClassifier(n_estimators=2, max_features=None),
    ],
)
def test_estimators_that_draw_nothing_are_told(plane, estimator):
    with pytest.warns(IdenticalModelsWarning, match=MESSAGE) as told:
        ensemble = SeedEnsemble.fit(estimator, *plane, seeds=range(3))
    assert told[0].filename == __file__
    assert ensemble.record["identical"] is True
    assert ensemble.select([2, 0]).record["identical"] is True
    assert "identical" not in ensemble.select([1]).record


def test_one_model_wrapped_over_and_over_is_told(plane):
    X, y = plane
    model = LogisticRegression().fit(X, y)
    with pytest.warns(IdenticalModelsWarning, match=MESSAGE) as told:
        ensemble = SeedEnsemble.wrap([model] * 3, schema=X)
    assert told[0].filename == __file__
    assert ensemble.record["identical"] is True


def test_networks_of_one_start_and_order_are_told(plane):
    with pytest.warns(IdenticalModelsWarning, match=MESSAGE) as told:
        ensemble = SeedEnsemble.train(
            lambda: nn.Linear(2, 2), *plane, seeds=range(3), init_seeds=0, order_seeds=0, epochs=1
        )
    assert told[0].filename == __file__
    assert ensemble.record["identical"] is True


def test_without_rows_nothing_is_said(plane):
    X, y = plane
    model = LogisticRegression().fit(X, y)
    ensemble = SeedEnsemble.wrap([model] * 2, schema=FeatureSchema.from_data(X))
    assert "identical" not in ensemble.record


def test_trees_that_know_their_rows_by_heart_differ_between_them():
    X = np.random.default_rng(0).normal(size=(40, 6))
    y = (X[:, 0] > 0).astype(int) ^ (X[:, 1] > 0)
    ensemble = SeedEnsemble.fit(
        DecisionTreeClassifier(max_features=1), X, y, seeds=range(3), validation_share=0
    )
    assert len(np.unique(ensemble.predict_proba(X), axis=0)) == 1
    assert "identical" not in ensemble.record


@pytest.mark.parametrize(("distance", "alike"), [(0.0, True), (1e-8, True), (1e-4, False)])
def test_rounding_is_no_difference(plane, distance, alike):
    X, _ = plane
    functions = [lambda rows: rows[:, 0], lambda rows: rows[:, 0] * (1 + distance)]
    members = CallableMembers(functions, FeatureSchema.from_data(X), classification=False)
    assert answer_alike(members, X, "regression") is alike
    assert not answer_alike(members.subset([0]), X, "regression")
