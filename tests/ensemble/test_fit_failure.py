from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

import xaigeo as xg
from xaigeo.ensemble.fit_failure import fit_failure
from xaigeo.errors import InputError

TEXTS = [f"a film of its own, number {place}, " + "and so on " * 20 for place in range(60)]
Y = ["good", "bad"] * 30
ADVICE = "put a TfidfVectorizer or another vectoriser before the estimator"


def of_text(estimator) -> str:
    with pytest.raises(InputError) as told:
        xg.TextEnsemble.fit(estimator, TEXTS, Y, seeds=[3, 4])
    return str(told.value)


class Failing(TransformerMixin, BaseEstimator):
    """Raises an error of any kind."""

    def __init__(self, error=None):
        self.error = error

    def fit(self, X, y=None):
        raise self.error

    def transform(self, X):
        return X


@pytest.mark.parametrize(
    "kind", [AttributeError, KeyError, IndexError, RuntimeError, AssertionError, NameError]
)
def test_any_error_of_the_estimator_is_told(kind, plane):
    estimator = make_pipeline(Failing(kind("bad")), RandomForestClassifier())
    message = rf"fitted on, got {kind.__name__}: .?bad.? \(seed 3\)\. Adapt"
    with pytest.raises(InputError, match=message):
        xg.SeedEnsemble.fit(estimator, *plane, seeds=[3, 4])
    with pytest.raises(InputError, match=message):
        xg.TextEnsemble.fit(estimator, TEXTS, Y, seeds=[3, 4])


def test_errors_come_from_other_processes_too(plane):
    estimator = make_pipeline(Failing(KeyError("bad")), RandomForestClassifier())
    with pytest.raises(InputError, match=r"fitted on, got KeyError: 'bad' \(seed [34]\)\. Adapt"):
        xg.SeedEnsemble.fit(estimator, *plane, seeds=[3, 4], n_jobs=2)


def test_a_function_that_wants_a_series_is_told_what_it_was_given():
    lower = FunctionTransformer(lambda series: series.str.lower())
    told = of_text(make_pipeline(lower, TfidfVectorizer(), SGDClassifier(loss="log_loss")))
    assert "got AttributeError: 'list' object has no attribute 'str' (seed 3). Adapt" in told
    assert told.endswith("Adapt the estimator or the data. It was given a list of texts.")


def test_a_message_that_holds_the_data_is_cut():
    columns = ColumnTransformer([("a", TfidfVectorizer(), "text")])
    estimator = make_pipeline(columns, SGDClassifier(loss="log_loss"))
    told = of_text(estimator)
    assert len(told) < 600
    assert "... (seed 3). Adapt the estimator or the data. It was given a list of" in told
    with pytest.raises(InputError) as raised:
        xg.TextEnsemble.fit(estimator, TEXTS, Y, seeds=[3, 4])
    # Nor does it stand above the error.
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


class Own(Failing):
    """A step of other code, which may well take texts."""


@pytest.mark.parametrize(
    ("estimator", "advised"),
    [
        (RandomForestClassifier(), True),
        (make_pipeline(StandardScaler(), RandomForestClassifier()), True),
        (make_pipeline(TfidfVectorizer(min_df=1000), RandomForestClassifier()), False),
        (make_pipeline(HashingVectorizer(), HistGradientBoostingClassifier()), False),
        (make_pipeline(Own(ValueError("no")), RandomForestClassifier()), False),
    ],
)
def test_a_vectoriser_is_advised_where_no_step_takes_texts(estimator, advised):
    told = of_text(estimator)
    assert (ADVICE in told) is advised
    assert "It was given a list of texts" in told


def test_an_encoder_is_advised_for_columns_of_text_alone():
    forest, error = make_pipeline(OneHotEncoder(), RandomForestClassifier()), ValueError("no")
    frame = pd.DataFrame({"island": ["Dream"], "mass": [1.0]})
    assert "text in island: put a ColumnTransformer" in fit_failure(error, forest, frame, 1).do
    for data in (frame[["mass"]], np.ones((1, 1))):
        assert fit_failure(error, forest, data, 1).do == "Adapt the estimator or the data."
