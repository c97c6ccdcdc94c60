from importlib import import_module

import numpy as np
import pandas as pd
import pytest

from xaigeo.ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.geometry.decision_regions import decision_regions
from xaigeo.geometry.view import Projection

# By its name: the package may have a function called the same.
module = import_module("xaigeo.geometry.decision_regions")


@pytest.fixture
def data():
    rng = np.random.default_rng(3)
    X = pd.DataFrame(rng.normal(size=(30, 3)) * [1, 10, 3] + [0, 50, 5], columns=["a", "b", "c"])
    return X.assign(kind=rng.choice(["u", "v", "v"], 30))


def model(shift):
    def predict(X):
        score = X["a"] + (X["b"] - 50) / 10 + shift + (X["kind"] == "v") + 0.3 * (X["c"] - 5)
        p = 1 / (1 + np.exp(-score.to_numpy(dtype=float)))
        return np.column_stack([1 - p, p])

    return predict


@pytest.fixture
def ensemble(data):
    return SeedEnsemble.wrap(
        [model(s) for s in (0.0, 0.4, 1.0)], schema=data, classes=["no", "yes"], seeds=[5, 6, 7]
    )


def test_cells_are_the_models_own_answers(ensemble, data):
    found = decision_regions(ensemble, data, ("a", "b"), resolution=7)
    held = {"c": data["c"].median(), "kind": "v"}
    for i, b in enumerate(found.y):
        for j, a in enumerate(found.x):
            row = pd.DataFrame([{"a": a, "b": b} | held])[list(data.columns)]
            outputs = ensemble.predict_proba(row)[:, 0]
            np.testing.assert_allclose(found.mean[i, j], outputs.mean(axis=0))
            np.testing.assert_allclose(found.sd[i, j], outputs.std(axis=0, ddof=1))
            labels = outputs.argmax(axis=1)
            np.testing.assert_array_equal(found.predicted[:, i, j], labels)
            assert found.agreement[i, j] == np.bincount(labels).max() / 3
            assert found.majority[i, j] == np.bincount(labels).argmax()
    assert found.held == "medians and commonest categories"
    assert found.outputs == ("no", "yes")


def test_batches_change_nothing(ensemble, data, monkeypatch):
    whole = decision_regions(ensemble, data, ("a", "b"), resolution=6)
    monkeypatch.setattr(module, "BATCH_ROWS", 5)
    monkeypatch.setattr(module, "BATCH_BYTES", 8 * 3 * 2 * 2)
    parts = decision_regions(ensemble, data, ("a", "b"), resolution=6)
    for name in ("predicted", "mean", "sd", "agreement", "majority", "point_class"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))


def test_as_many_cells_as_outputs_are_not_confused(data):
    def four(X):
        return np.tile([0.1, 0.2, 0.3, 0.4], (len(X), 1))

    with pytest.warns(UserWarning, match="alike"):
        ensemble = SeedEnsemble.wrap([four] * 4, schema=data, classes=list("abcd"))
    found = decision_regions(ensemble, data, ("a", "b"), resolution=2)
    assert found.predicted.shape == (4, 2, 2)
    assert found.mean.shape == (2, 2, 4)


def test_a_plane_passes_through_the_mean_or_a_row(ensemble, data):
    rows = ensemble.schema.encode(data)
    location, scale = rows.mean(axis=0), rows.std(axis=0)
    P = np.zeros((4, 2))
    P[:3] = np.linalg.qr(np.array([[1.0, 2.0], [1.0, 0.0], [0.5, 1.0]]))[0]
    for at in (None, 4):
        found = decision_regions(ensemble, data, Projection(P), at=at, resolution=5)
        start = location if at is None else rows[4]
        z0 = ((start - location) / scale)[:3]
        for i, j in ((0, 0), (2, 3), (4, 1)):
            y = np.array([found.x[j], found.y[i]])
            z = z0 + P[:3] @ (y - P[:3].T @ z0)
            row = found.held_row.copy()
            row[:3] = location[:3] + z * scale[:3]
            expected = ensemble.outputs_encoded(row[None])[:, 0].mean(axis=0)
            np.testing.assert_allclose(found.mean[i, j], expected)
        assert found.held == ("means and commonest categories" if at is None else "row 4")
        assert found.held_row[3] == (1.0 if at is None else rows[4, 3])


def test_points_carry_true_or_predicted_classes(ensemble, data):
    y = ["yes", "no"] * 15
    given = decision_regions(ensemble, data, "pca", y=y, resolution=3)
    assert given.labelled
    assert given.point_class.tolist() == [1, 0] * 15
    own = decision_regions(ensemble, data, ("a", "b"), resolution=3)
    votes = ensemble.predict_proba(data).argmax(axis=-1)
    expected = [np.bincount(column, minlength=2).argmax() for column in votes.T]
    assert own.point_class.tolist() == expected
    np.testing.assert_allclose(own.points, data[["a", "b"]])


def test_a_regression_keeps_values(data):
    def value(shift):
        return lambda X: (X["a"] + shift).to_numpy(dtype=float)

    ensemble = SeedEnsemble.wrap(
        [value(0.0), value(2.0)], schema=data, task="regression", classes=["mass"]
    )
    found = decision_regions(ensemble, data, ("a", "b"), resolution=4)
    np.testing.assert_allclose(found.predicted[1] - found.predicted[0], 2.0)
    np.testing.assert_allclose(found.predicted[0], np.tile(found.x, (4, 1)))
    assert np.isnan(found.agreement).all()


def test_messages(ensemble, data):
    with pytest.raises(InputError, match=r"resolution to be a whole number of at least 2, got 1"):
        decision_regions(ensemble, data, ("a", "b"), resolution=1)
    with pytest.raises(InputError, match=r"the label of one row of X .* got 'z', which no rows"):
        decision_regions(ensemble, data, ("a", "b"), at="z")
    with pytest.raises(InputError, match=r"a SeedEnsemble, got DataFrame\. Pass the models"):
        decision_regions(data, data, ("a", "b"))
