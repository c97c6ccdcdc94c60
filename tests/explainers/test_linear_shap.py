from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor, Ridge
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, SplineTransformer, StandardScaler
from torch import nn

import xaigeo as xg
from xaigeo.errors import InputError


@pytest.fixture(scope="module")
def table():
    random = np.random.default_rng(0)
    n = 120
    X = pd.DataFrame(
        {
            "mass": random.normal(4000, 800, n),
            "island": random.choice(["Biscoe", "Dream", "Torgersen"], n),
            "bill": random.normal(44, 5, n),
            "depth": random.normal(17, 2, n),
        }
    )
    X["depth"] += (X.bill - 44) / 5
    score = (X.mass - 4000) / 800 + (X.island == "Dream") + (X.bill - 44) / 5
    return X, {1: score, 2: np.where(score > 0, "yes", "no"), 3: np.digitize(score, [-0.5, 0.7])}


def columns():
    return make_column_transformer(
        (StandardScaler(), ["bill", "mass"]),
        (OneHotEncoder(), ["island"]),
        (SplineTransformer(n_knots=3), ["depth"]),
    )


@pytest.fixture(scope="module")
def ensemble_of(table):
    """Return a maker of two linear models, fitted on different rows."""
    X, targets = table

    def make(kind, n_outputs):
        y = targets[n_outputs]
        if kind == "torch":
            return xg.SeedEnsemble.train(
                lambda n_inputs, n_outputs: nn.Linear(n_inputs, n_outputs),
                X,
                y,
                seeds=[0, 1],
                epochs=3,
                dtype="float64",
            )
        last = LinearRegression() if n_outputs == 1 else LogisticRegression()
        models = [make_pipeline(columns(), type(last)()).fit(X[k:], y[k:]) for k in (0, 40)]
        return xg.SeedEnsemble.wrap(models, schema=X)

    return make


def explain(ensemble, X, method="linear_shap", **options):
    options = {"background": X[30:70], "random_state": 0} | options
    return xg.explain(ensemble, X[:5], method=method, **options)


CASES = [(kind, n) for kind in ("sklearn", "torch") for n in (1, 2, 3)]


@pytest.mark.parametrize(("kind", "n_outputs"), CASES)
def test_values_are_coefficients_times_the_way_from_the_mean(kind, n_outputs, ensemble_of, table):
    X, _ = table
    ensemble = ensemble_of(kind, n_outputs)
    found = explain(ensemble, X)
    total = found.array("base_value") + found.array("attribution").sum(axis=2)
    np.testing.assert_allclose(total, found.array("explained_value"), atol=1e-12)
    if kind == "torch":
        # The definition, asked of the models: every subset of columns, on the same scale.
        exact = explain(ensemble, X, "exact_shap", scale=found.scale)
        for array in ("attribution", "base_value", "explained_value"):
            np.testing.assert_allclose(found.array(array), exact.array(array), atol=1e-9)
        return
    for place, pipeline in enumerate(ensemble.members.estimators):
        coefficients = np.atleast_2d(pipeline[-1].coef_)
        if n_outputs == 2:
            coefficients = np.concatenate([-coefficients, coefficients])
        inputs = pipeline[:-1].transform(X)
        away = inputs[:5] - inputs[30:70].mean(axis=0)
        each = away[:, :, None] * coefficients.T
        blocks = {"bill": [0], "mass": [1], "island": [2, 3, 4]}
        blocks["depth"] = list(range(5, inputs.shape[1]))
        for column, places in blocks.items():
            np.testing.assert_allclose(
                found.array("attribution")[place, :, found.features.index(column)],
                each[:, places].sum(axis=1),
                atol=1e-12,
            )


@pytest.mark.parametrize("perturbation", ["interventional", "correlation_dependent"])
@pytest.mark.parametrize(("kind", "n_outputs"), CASES)
def test_values_are_those_of_shap(kind, n_outputs, perturbation, ensemble_of, table):
    X, _ = table
    ensemble = ensemble_of(kind, n_outputs)
    own, theirs = (
        explain(ensemble, X, perturbation=perturbation, n_orders=20, engine=engine)
        for engine in ("batched", "upstream")
    )
    for array in ("attribution", "base_value", "explained_value"):
        np.testing.assert_allclose(own.array(array), theirs.array(array), rtol=0, atol=1e-8)
    total = own.array("base_value") + own.array("attribution").sum(axis=2)
    np.testing.assert_allclose(total, own.array("explained_value"), atol=1e-8)
    assert own.provenance["resolved"]["exact"] == (perturbation == "interventional")


def test_linear_values_equal_kernel_values_of_the_amount(ensemble_of, table):
    X, _ = table
    ensemble = ensemble_of("sklearn", 1)
    own, kernel = explain(ensemble, X), explain(ensemble, X, "kernel_shap")
    np.testing.assert_allclose(own.array("attribution"), kernel.array("attribution"), atol=1e-9)


def test_slopes_are_per_original_unit(ensemble_of, table):
    X, _ = table
    for kind in ("sklearn", "torch"):
        ensemble = ensemble_of(kind, 1)
        found = explain(ensemble, X)
        slope = found.array("slope")[:, 0, :, 0]
        moved = X[:1].assign(mass=X.mass[0] + 10.0)
        rise = (ensemble.predict(moved) - ensemble.predict(X[:1]))[:, 0] / 10.0
        np.testing.assert_allclose(slope[:, found.features.index("mass")], rise, rtol=1e-6)
        assert np.isnan(slope[:, found.features.index("island")]).all()
    bent = explain(ensemble_of("sklearn", 3), X).array("slope")[..., 3, :]
    assert np.isnan(bent).all()  # splines have no one slope


def test_several_targets(table):
    X, targets = table
    Y = pd.DataFrame({"size": targets[1], "mass": 3.0 * X.mass})
    for last in (Ridge(), MultiOutputRegressor(Ridge())):
        models = [make_pipeline(columns(), last).fit(X, Y)] * 2
        ensemble = xg.SeedEnsemble.wrap(models, schema=X, classes=["size", "mass"])
        own, kernel = explain(ensemble, X), explain(ensemble, X, "kernel_shap")
        assert own.outputs == ["size", "mass"]
        np.testing.assert_allclose(own.array("attribution"), kernel.array("attribution"), atol=1e-7)
    networks = xg.SeedEnsemble.train(
        lambda n_inputs, n_outputs: nn.Linear(n_inputs, n_outputs), X, Y, seeds=[0, 1], epochs=2
    )
    own, kernel = explain(networks, X), explain(networks, X, "kernel_shap")
    np.testing.assert_allclose(
        own.array("attribution"), kernel.array("attribution"), rtol=1e-4, atol=2e-2
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"perturbation": "marginal"}, "perturbation to be one of 'interventional', 'correl"),
        ({"n_orders": 0}, "n_orders to be a whole number of at least 1"),
        ({"n_background": 1}, "n_background to be a whole number of at least 2"),
        ({"scale": "odds"}, "scale to be one of"),
        ({"scale": "probability"}, r"scale='value', in which these models are linear, got 'prob"),
    ],
)
def test_options_that_do_not_fit_are_told(options, message, ensemble_of, table):
    with pytest.raises(InputError, match=message):
        explain(ensemble_of("sklearn", 1), table[0], **options)


def test_models_that_are_not_linear_are_told(table):
    X, targets = table
    numbers = X[["mass", "bill"]].to_numpy()
    forests = [RandomForestRegressor(2).fit(numbers, targets[1])] * 2
    with pytest.raises(InputError, match=r"linear models for linear_shap: .* got estimator models"):
        explain(xg.SeedEnsemble.wrap(forests, schema=numbers), numbers)
    curved = [PoissonRegressor().fit(numbers / [800.0, 5.0], np.exp(targets[1]))] * 2
    with pytest.raises(InputError, match=r"got answers that are up to .* away from the value of"):
        explain(xg.SeedEnsemble.wrap(curved, schema=numbers / [800.0, 5.0]), numbers / [800.0, 5.0])
    deep = [nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2)) for _ in range(2)]
    with pytest.raises(InputError, match=r"or networks of one nn.Linear, got torch models"):
        explain(xg.SeedEnsemble.wrap(deep, schema=numbers), numbers)
    functions = [lambda rows: rows[:, 0]] * 2
    with pytest.raises(InputError, match="got callable models of another kind"):
        explain(xg.SeedEnsemble.wrap(functions, schema=numbers, task="regression"), numbers)
