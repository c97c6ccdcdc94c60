from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.inspection import partial_dependence as reference

from xaigeo.ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.geometry.partial_dependence import partial_dependence

# By its name: the package may have a function called the same.
module = import_module("xaigeo.geometry.partial_dependence")


@pytest.fixture(scope="module")
def forest():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {"a": rng.integers(0, 12, 80).astype(float), "b": rng.normal(size=80), "c": rng.random(80)}
    )
    y = np.array(["no", "yes"])[(X["a"] + 3 * X["b"] > 6).astype(int)]
    models = [RandomForestClassifier(8, max_depth=4, random_state=s).fit(X, y) for s in (1, 2)]
    return X, models, SeedEnsemble.wrap(models, schema=X)


def test_equals_scikit_learn(forest):
    X, models, ensemble = forest
    found = partial_dependence(ensemble, X, "a", n_values=200)
    for own, fitted in zip(found.mean, models, strict=True):
        expected = reference(fitted, X, ["a"], method="brute", kind="both", grid_resolution=200)
        np.testing.assert_allclose(found.values, expected["grid_values"][0])
        np.testing.assert_allclose(own[:, 1], expected["average"][0])
    np.testing.assert_allclose(
        found.ice[1][..., 1], expected["individual"][0][np.isin(X.index, found.ice_rows)]
    )


def test_parts_change_nothing(forest, monkeypatch):
    X, _, ensemble = forest
    whole = partial_dependence(ensemble, X, "b", n_values=6, n_ice=7)
    monkeypatch.setattr(module, "BATCH_BYTES", 8 * 6 * (3 + 4) * 9)
    parts = partial_dependence(ensemble, X, "b", n_values=6, n_ice=7)
    np.testing.assert_allclose(parts.mean, whole.mean)
    np.testing.assert_array_equal(parts.ice, whole.ice)


def test_values_are_quantiles_of_the_data(forest):
    X, _, ensemble = forest
    found = partial_dependence(ensemble, X, "b", n_values=5, n_ice=0)
    assert set(found.values) <= set(X["b"])
    assert (found.values[0], found.values[-1]) == (X["b"].min(), X["b"].max())
    assert len(found.values) == 5
    assert found.ice.shape[1] == 0


def test_categories_in_their_order(mixed_frame):
    def predicting(share):
        def predict(X):
            p = X["size"].map({"small": 0.1, "medium": 0.4, "large": 0.8}).to_numpy(dtype=float)
            return np.column_stack([share * p, 1 - share * p])

        return predict

    models = [predicting(1.0), predicting(0.5)]
    ensemble = SeedEnsemble.wrap(models, schema=mixed_frame, classes=["x", "y"])
    found = partial_dependence(ensemble, mixed_frame, "size", n_ice=3)
    np.testing.assert_allclose(found.mean[0, :, 0], [0.1, 0.4, 0.8])
    assert found.ice_rows.tolist() == [0, 20, 39]
    np.testing.assert_allclose(found.ice[0, :, :, 0], np.tile([0.1, 0.4, 0.8], (3, 1)))


def test_messages(forest):
    X, _, ensemble = forest
    with pytest.raises(InputError, match=r"a column of the schema \(a, b, c\), got 'd'"):
        partial_dependence(ensemble, X, "d")
    with pytest.raises(InputError, match=r"n_values to be a whole number of at least 2, got 1"):
        partial_dependence(ensemble, X, "a", n_values=1)
    with pytest.raises(InputError, match=r"n_ice to be a whole number of at least 0, got -1"):
        partial_dependence(ensemble, X, "a", n_ice=-1)
    with pytest.raises(InputError, match=r"a SeedEnsemble, got DataFrame\. Pass the models"):
        partial_dependence(X, X, "a")
