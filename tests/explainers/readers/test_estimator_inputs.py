from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    OneHotEncoder,
    PolynomialFeatures,
    StandardScaler,
)

import xaigeo as xg
from xaigeo.ensemble.estimator_members import last_step
from xaigeo.errors import InputError
from xaigeo.explainers.readers import estimator_inputs
from xaigeo.explainers.readers.estimator_inputs import EstimatorInputs, estimator_members


@pytest.fixture(scope="module")
def frame():
    random = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "a": random.normal(size=80),
            "colour": random.choice(["red", "green", "blue"], 80),
            "b": random.normal(5, 3, size=80),
            "c": random.normal(size=80),
        }
    )
    return X, (X.a + X.b / 3 + (X.colour == "red") > 2).astype(int)


def inputs_of(steps, frame):
    X, y = frame
    pipeline = make_pipeline(*steps, LogisticRegression()).fit(X, y)
    ensemble = xg.SeedEnsemble.wrap([pipeline] * 2, schema=X)
    rows = ensemble.schema.encode(X)
    return EstimatorInputs.of(estimator_members(ensemble, "test"), 0, rows), pipeline, rows


def test_each_input_goes_back_to_its_column(frame):
    columns = make_column_transformer(
        (StandardScaler(), ["c", "a"]), (OneHotEncoder(), ["colour"]), remainder="passthrough"
    )
    found, pipeline, rows = inputs_of([columns], frame)
    # c and a in the order of the transformer, three colours, b passed through.
    assert found.owners.tolist() == [3, 0, 1, 1, 1, 2]
    assert not found.one_each
    np.testing.assert_array_equal(found.matrix(rows), pipeline[:-1].transform(frame[0]))


def test_several_steps_and_nested_pipelines_are_followed(frame):
    numbers = make_pipeline(StandardScaler(), KBinsDiscretizer(3, encode="onehot"))
    columns = make_column_transformer(
        (OneHotEncoder(drop="first"), ["colour"]), (numbers, ["b"]), ("passthrough", ["a"])
    )
    found, pipeline, rows = inputs_of(
        [make_pipeline(columns), StandardScaler(with_mean=False)], frame
    )
    assert found.owners.tolist() == [1, 1, 2, 2, 2, 0]
    assert found.model is last_step(pipeline)
    assert found.matrix(rows).shape == (80, 6)


def test_inputs_without_a_column_are_constants(frame):
    def with_ones(X):
        return np.column_stack([np.ones(len(X)), X[["a", "b"]].to_numpy()])

    found, _, _ = inputs_of([FunctionTransformer(with_ones)], frame)
    assert found.owners.tolist() == [4, 0, 2]
    sums = found.sums(np.arange(6.0).reshape(1, 3, 2), 4)
    np.testing.assert_array_equal(sums[0], [[2, 3], [0, 0], [4, 5], [0, 0]])


@pytest.mark.parametrize(
    "mixing",
    [
        PCA(2),
        PolynomialFeatures(interaction_only=True),
        FunctionTransformer(lambda X: X[:, :1] * X[:, 1:]),
    ],
    ids=["PCA", "products", "a product"],
)
def test_steps_that_mix_columns_are_told(mixing, frame):
    X, y = frame
    numbers = X[["a", "b", "c"]].to_numpy()
    pipeline = make_pipeline(mixing, LogisticRegression()).fit(numbers, y)
    ensemble = xg.SeedEnsemble.wrap([pipeline] * 2, schema=numbers)
    with pytest.raises(
        InputError, match=r"each input of the model from one column, got inputs tha"
    ):
        EstimatorInputs.of(ensemble.members, 0, numbers)


def test_a_product_that_is_flat_at_the_first_row_is_found(frame):
    X, y = frame
    numbers = X[["a", "b"]].to_numpy().copy()
    numbers[0] = 0.0  # changing one column alone moves nothing here
    product = FunctionTransformer(lambda rows: rows[:, :1] * rows[:, 1:])
    pipeline = make_pipeline(product, LogisticRegression()).fit(numbers, y)
    ensemble = xg.SeedEnsemble.wrap([pipeline] * 2, schema=numbers)
    with pytest.raises(InputError, match=r"got inputs that depend on several columns\. Leave"):
        EstimatorInputs.of(ensemble.members, 0, numbers)


def test_dropped_columns_own_nothing(frame):
    X, y = frame
    numbers = X[["a", "b", "c"]].to_numpy()
    pipeline = make_pipeline(SelectKBest(k=2), RandomForestClassifier(2)).fit(numbers, y)
    ensemble = xg.SeedEnsemble.wrap([pipeline] * 2, schema=numbers)
    found = EstimatorInputs.of(ensemble.members, 0, numbers)
    assert found.owners.tolist() == [0, 1]
    tree = xg.explain(ensemble, numbers[:2], "tree_shap", background=numbers)
    assert (tree.array("attribution")[:, :, 2] == 0).all()


def test_other_members_are_told():
    functions = [lambda rows: rows[:, :1] > 0] * 2
    ensemble = xg.SeedEnsemble.wrap(functions, schema=np.eye(3))
    with pytest.raises(
        InputError, match=r"fitted estimators for this, which reads their parts, got"
    ):
        estimator_members(ensemble, "this")


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_columns_are_tried_some_at_a_time(at_once, frame, monkeypatch):
    monkeypatch.setattr(estimator_inputs, "AT_ONCE", at_once)
    columns = make_column_transformer((OneHotEncoder(), ["colour"]), remainder="passthrough")
    found, _, _ = inputs_of([columns], frame)
    assert found.owners.tolist() == [1, 1, 1, 0, 2, 3]
