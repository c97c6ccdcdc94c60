from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from xaigeo.ensemble import SeedEnsemble
from xaigeo.ensemble.estimator_members import EstimatorMembers
from xaigeo.ensemble.members import Members
from xaigeo.errors import InputError
from xaigeo.schema import FeatureSchema


def forests(X, y, n=2):
    return [RandomForestClassifier(3, random_state=seed).fit(X, y) for seed in range(n)]


def test_members_answer_in_the_order_of_the_classes(plane):
    X, y = plane
    fitted = forests(X, y)
    members = EstimatorMembers(fitted, FeatureSchema.from_data(X), (1, 0), "classification")
    assert isinstance(members, Members)
    assert not members.has_logits
    expected = np.stack([forest.predict_proba(X)[:, ::-1] for forest in fitted])
    np.testing.assert_array_equal(members.values(X, "probability"), expected)
    np.testing.assert_array_equal(members.member_values(1, X, "probability"), expected[1])
    chosen = members.subset([1])
    assert chosen.n_members == 1
    np.testing.assert_array_equal(chosen.values(X, "probability"), expected[1:])


def test_regression_values_are_one_output(plane):
    X, _ = plane
    forest = RandomForestRegressor(3, random_state=0).fit(X, X[:, 0])
    members = EstimatorMembers([forest], FeatureSchema.from_data(X), ("y",), "regression")
    np.testing.assert_array_equal(members.values(X, "value")[0, :, 0], forest.predict(X))


def test_frames_go_back_to_their_original_values(mixed):
    X, y = mixed
    columns = make_column_transformer((OneHotEncoder(), ["island"]), remainder="passthrough")
    pipeline = make_pipeline(columns, RandomForestClassifier(3, random_state=0)).fit(X, y)
    schema = FeatureSchema.from_data(X)
    members = EstimatorMembers([pipeline], schema, ("small", "middle", "large"), "classification")
    expected = pipeline.predict_proba(X)[:, [2, 1, 0]]
    np.testing.assert_array_equal(members.values(schema.encode(X), "probability")[0], expected)


def test_estimators_with_other_classes_are_told(plane):
    X, y = plane
    fitted = [*forests(X, y, n=1), *forests(X, y + 1, n=1)]
    with pytest.raises(InputError, match=r"know the classes 0, 1, got 1, 2 in model 1. Fit all"):
        EstimatorMembers(fitted, FeatureSchema.from_data(X), (0, 1), "classification")


def test_estimators_with_other_columns_are_told(mixed):
    X, y = mixed
    numbers = X[["mass", "length"]]
    fitted = forests(numbers, y, n=1)
    classes = tuple(sorted(set(y)))
    turned = FeatureSchema.from_data(numbers[["length", "mass"]])
    with pytest.raises(InputError, match="columns of model 0: mass, length, got length, mass"):
        EstimatorMembers(fitted, turned, classes, "classification")
    nameless = forests(numbers.to_numpy(), y, n=1)
    with pytest.raises(InputError, match=r"columns of model 0: 2 columns, got mass. Pass schema=X"):
        EstimatorMembers(nameless, FeatureSchema.from_data(X[["mass"]]), classes, "classification")


@pytest.mark.parametrize("wrapped", [False, True])
def test_lightgbm_may_rename_columns_with_spaces(plane, wrapped):
    lightgbm = pytest.importorskip("lightgbm", reason="needs lightgbm")
    X = pd.DataFrame(plane[0], columns=["mean radius", "worst area"])
    model = lightgbm.LGBMClassifier(n_estimators=2, min_child_samples=5, subsample=0.5, verbose=-1)
    model.set_params(subsample_freq=1)
    if wrapped:
        models = [clone(model).set_params(random_state=s).fit(X, plane[1]) for s in (1, 2)]
        ensemble = SeedEnsemble.wrap(models, schema=X)
    else:
        ensemble = SeedEnsemble.fit(model, X, plane[1], seeds=(1, 2))
    assert ensemble.members.estimators[0].feature_name_ == ["mean_radius", "worst_area"]
    expected = [model.predict_proba(X) for model in ensemble.members.estimators]
    np.testing.assert_array_equal(ensemble.predict_proba(X), expected)
    other = FeatureSchema.from_data(X.set_axis(["mean radius", "worst_AREA"], axis=1))
    with pytest.raises(InputError, match="columns of model 0: mean_radius, worst_area, got mean"):
        EstimatorMembers(ensemble.members.estimators, other, (0, 1), "classification")


def test_other_estimators_keep_their_names(plane):
    X = pd.DataFrame(plane[0], columns=["mean_radius", "area"])
    spaced = FeatureSchema.from_data(X.set_axis(["mean radius", "area"], axis=1))
    with pytest.raises(InputError, match="of model 0: mean_radius, area, got mean radius, area"):
        EstimatorMembers(forests(X, plane[1], n=1), spaced, (0, 1), "classification")


@pytest.mark.parametrize("as_frame", [False, True])
def test_pipelines_that_write_into_their_rows_harm_nobody(plane, as_frame):
    X = pd.DataFrame(plane[0] * 3 + 5, columns=["a", "b"])
    X = X if as_frame else X.to_numpy()
    models = [
        make_pipeline(StandardScaler(copy=False), LogisticRegression(C=c)).fit(X.copy(), plane[1])
        for c in (1.0, 0.1)
    ]
    schema = FeatureSchema.from_data(X)
    members = EstimatorMembers(models, schema, (0, 1), "classification")
    rows = schema.encode(X)
    expected = [model.predict_proba(X.copy()) for model in models]
    np.testing.assert_array_equal(members.values(rows, "probability"), expected)
    np.testing.assert_array_equal(members.member_values(1, rows, "probability"), expected[1])
    np.testing.assert_array_equal(rows, np.asarray(X))


def test_rows_are_decoded_once_for_all_estimators(mixed, monkeypatch):
    X, y = mixed
    numbers = X[["mass", "length"]]
    schema = FeatureSchema.from_data(numbers)
    members = EstimatorMembers(forests(numbers, y, n=3), schema, sorted(set(y)), "classification")
    calls = []
    decode = FeatureSchema.decode
    monkeypatch.setattr(
        FeatureSchema, "decode", lambda self, rows: calls.append(len(rows)) or decode(self, rows)
    )
    members.values(schema.encode(numbers), "probability")
    assert calls == [90]
