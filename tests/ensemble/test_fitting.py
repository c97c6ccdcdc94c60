from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC

from xaigeo.ensemble import SeedEnsemble
from xaigeo.ensemble.members import Members
from xaigeo.errors import ConstantFeatureWarning, InputError, SingleSeedWarning


def pipeline(**options) -> Pipeline:
    columns = ColumnTransformer(
        [
            ("numbers", StandardScaler(), ["mass", "length"]),
            ("categories", OneHotEncoder(handle_unknown="ignore"), ["island"]),
        ]
    )
    return Pipeline([("columns", columns), ("forest", RandomForestClassifier(5, **options))])


def fit(estimator, X, y, **options):
    return SeedEnsemble.fit(estimator, X, y, **({"seeds": range(3)} | options))


def test_each_member_is_the_clone_fitted_with_its_seed(mixed):
    X, y = mixed
    ensemble = fit(pipeline(), X, y, seeds=[4, 9], validation_share=0)
    assert isinstance(ensemble.members, Members)
    for place, seed in enumerate((4, 9)):
        alone = pipeline(random_state=seed).fit(X, y)
        np.testing.assert_array_equal(ensemble.predict_proba(X)[place], alone.predict_proba(X))
        np.testing.assert_array_equal(ensemble.predict(X)[place], alone.predict(X))
        np.testing.assert_array_equal(
            ensemble.member_outputs_encoded(place, ensemble.schema.encode(X)),
            alone.predict_proba(X),
        )
    assert not np.array_equal(*ensemble.predict_proba(X))


@pytest.mark.filterwarnings("ignore:All . models answer alike")
def test_nested_random_states_are_all_set(mixed):
    from sklearn.calibration import CalibratedClassifierCV

    nested = CalibratedClassifierCV(GradientBoostingClassifier(n_estimators=3), cv=2)
    ensemble = fit(make_pipeline(nested), mixed[0][["mass", "length"]], mixed[1], seeds=[6, 7])
    for estimator, seed in zip(ensemble.members.estimators, (6, 7), strict=True):
        given = estimator.get_params()
        assert given["calibratedclassifiercv__estimator__random_state"] == seed


def test_regression_and_arrays(plane):
    X, _ = plane
    y = X[:, 0] * 2.0
    ensemble = fit(RandomForestRegressor(5), X, y, validation_share=0)
    alone = RandomForestRegressor(5, random_state=1).fit(X, y)
    np.testing.assert_array_equal(ensemble.predict(X)[1], alone.predict(X))
    assert ensemble.classes == ("y",)
    assert ensemble.task == "regression"
    with pytest.raises(InputError, match=r"classification ensemble for predict_proba"):
        ensemble.predict_proba(X)


def test_labels_keep_their_type(plane):
    X, y = plane
    ensemble = fit(RandomForestClassifier(3), X, y == 1)
    assert ensemble.classes == (False, True)
    assert ensemble.predict(X).dtype == bool
    assert fit(RandomForestClassifier(3), X, y).predict(X).dtype.kind == "i"


def test_workers_give_the_same_models(mixed):
    X, y = mixed
    one, two = fit(pipeline(), X, y), fit(pipeline(), X, y, n_jobs=2)
    np.testing.assert_array_equal(one.predict_proba(X), two.predict_proba(X))


def test_the_record_tells_that_only_the_seed_differs(mixed):
    X, y = mixed
    one, other = fit(pipeline(), X, y), fit(pipeline(random_state=3), X, y, seeds=[8, 9])
    record = json.loads(json.dumps(one.record))
    assert len(set(record["architecture_sha256"])) == 1
    assert record["architecture_sha256"][0] == other.record["architecture_sha256"][0]
    assert record["config_sha256"] == other.record["config_sha256"]
    assert record["data_sha256"] == other.record["data_sha256"]
    assert record["validation"]["n_rows"] == record["n_validation"] == 18
    deeper = fit(pipeline(max_depth=2), X, y)
    assert deeper.record["config_sha256"] != record["config_sha256"]
    assert deeper.record["architecture_sha256"][0] != record["architecture_sha256"][0]


def test_subset_keeps_these_members(mixed):
    X, y = mixed
    ensemble = fit(pipeline(), X, y)
    chosen = ensemble.select([2, 0])
    np.testing.assert_array_equal(chosen.predict_proba(X), ensemble.predict_proba(X)[[2, 0]])
    assert chosen.record["validation"]["scores"]["seed"] == [2, 0]


def test_a_lone_seed_and_a_constant_column_are_warned_about(mixed):
    X, y = mixed
    with pytest.warns(SingleSeedWarning, match="One seed only") as told:
        fit(pipeline(), X, y, seeds=[1])
    assert told[0].filename == __file__
    numbers = X[["mass"]].assign(year=2009)
    with pytest.warns(ConstantFeatureWarning, match="rows: year") as told:
        fit(RandomForestClassifier(2), numbers, y)
    assert told[0].filename == __file__


@pytest.mark.parametrize(
    ("estimator", "options", "message"),
    [
        (RandomForestClassifier(2), {}, r"text in island: put a ColumnTransformer with a OneHot"),
        (LinearRegression(), {}, "random_state parameter.*LinearRegression without any"),
        (SVC(), {}, "with predict_proba, got SVC without it.*CalibratedClassifierCV"),
        (StandardScaler(), {}, "got StandardScaler, a transformer or other estimator"),
        (RandomForestClassifier, {}, "got the class RandomForestClassifier"),
        (lambda: 1, {}, "classifier or regressor, got function.*SeedEnsemble.train"),
        (pipeline(), {"task": "regression"}, "for regression, got Pipeline, a classification"),
        (pipeline(), {"validation_share": 1.5}, "validation_share to be a number"),
        (pipeline(), {"n_jobs": 0}, "n_jobs to be None or a whole number other than 0, got 0"),
        (pipeline(), {"seeds": [1, 1]}, "seeds that are all different"),
    ],
)
def test_bad_input_is_told(estimator, options, message, mixed):
    with pytest.raises(InputError, match=message):
        fit(estimator, *mixed, **options)


@pytest.mark.parametrize("kind", [list, pd.Series, np.array])
def test_texts_are_sent_to_where_they_are_fitted(kind):
    texts, y = ["a film", "a plot", "an end"] * 4, ["good", "bad", "good"] * 4
    estimator = make_pipeline(TfidfVectorizer(), RandomForestClassifier())
    with pytest.raises(InputError, match=r"a table to fit on, .* of texts\. Call xaigeo\.") as told:
        SeedEnsemble.fit(estimator, kind(texts), y)
    assert "xaigeo.TextEnsemble.fit(estimator, texts, y) for an estimator" in told.value.do


def test_a_plain_estimator_takes_numeric_columns(mixed):
    X, y = mixed
    X = X[["mass", "length"]] / 1000
    ensemble = fit(MLPClassifier((4,), max_iter=1500, tol=0.01), X, y, seeds=[0, 1])
    assert ensemble.predict(X).shape == (2, 90)


def test_progress_is_shown_when_asked(mixed, capsys):
    fit(pipeline(), *mixed, progress=True)
    assert "fitting" in capsys.readouterr().err


@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
def test_boosting_takes_classes_of_any_name_frames_and_arrays(library, mixed):
    X, y = mixed
    name = {"xgboost": "XGBClassifier", "lightgbm": "LGBMClassifier"}[library]
    kind = getattr(pytest.importorskip(library, reason=f"needs {library}"), name)
    options = {}
    if library == "lightgbm":
        options = {"verbose": -1, "subsample_freq": 1, "min_child_samples": 3}
    model = kind(n_estimators=5, subsample=0.6, max_depth=3, n_jobs=1, **options)
    numbers = X[["mass", "length"]]
    by_frame = SeedEnsemble.fit(model, numbers, y, seeds=[3, 4])
    by_array = SeedEnsemble.fit(model, numbers.to_numpy(), y, seeds=[3, 4])
    assert by_frame.classes == ("large", "middle", "small")
    np.testing.assert_array_equal(
        by_frame.predict_proba(numbers), by_array.predict_proba(numbers.to_numpy())
    )
    assert (by_frame.predict(numbers) == y.to_numpy()).mean() > 0.7
    first, second = by_frame.predict_proba(numbers)
    assert np.abs(first - second).max() > 0.01  # rows are drawn by the seed
    columns = ColumnTransformer([("one", OneHotEncoder(), ["island"])], remainder="passthrough")
    piped = SeedEnsemble.fit(make_pipeline(columns, model), X, y, seeds=[3, 4])
    categories = X.astype({"island": "category"})
    if library == "xgboost":
        model.set_params(enable_categorical=True)
    native = SeedEnsemble.fit(model, categories, y, seeds=[3, 4])
    for ensemble, data in ((piped, X), (native, categories)):
        assert (ensemble.predict(data) == y.to_numpy()).mean() > 0.7
    assert native.select([4]).predict(categories).shape == (1, 90)


def test_several_targets_are_fitted_by_one_estimator(mixed):
    X, _ = mixed
    numbers = X[["mass", "length"]]
    Y = numbers.rename(columns={"mass": "heavy", "length": "long"})
    ensemble = SeedEnsemble.fit(RandomForestRegressor(5), numbers, Y, seeds=[0, 1])
    assert ensemble.task == "regression"
    assert ensemble.output_names == ["heavy", "long"]
    expected = [forest.predict(numbers) for forest in ensemble.members.estimators]
    np.testing.assert_array_equal(ensemble.predict(numbers), expected)
    assert "r2 of heavy" in ensemble.record["validation"]["scores"]
    turned = ensemble.evaluate(numbers, Y[["long", "heavy"]])
    np.testing.assert_array_equal(turned.labels, Y.to_numpy())
