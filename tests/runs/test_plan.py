from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from xaigeo.datasets.dataset import Dataset
from xaigeo.errors import ConfigError, InputError
from xaigeo.runs.config import config_from_dict
from xaigeo.runs.plan import make_plan
from xaigeo.runs.table_study import TableStudy
from xaigeo.schema import FeatureSchema

DEFAULT_METHODS = TableStudy.default_methods


@pytest.fixture
def table(mixed_frame):
    def make(y):
        return Dataset(
            name="t",
            X=mixed_frame,
            y=pd.Series(y),
            schema=FeatureSchema.from_data(mixed_frame),
            source="",
            licence="",
        )

    return make


CLASSES = np.arange(40) % 2
VALUES = np.linspace(0, 1, 40)
FOREST = {"kind": "estimator", "estimator": "sklearn.ensemble.RandomForestClassifier"}


def config(**parts):
    return config_from_dict({"data": {"file": "t.csv", "target": "y"}} | parts)


@pytest.mark.parametrize(
    ("y", "model", "missing"),
    [
        (CLASSES, {}, set()),
        (CLASSES, FOREST, {"integrated_gradients"}),
        (VALUES, {}, {"counterfactuals"}),
    ],
)
def test_methods_left_out_are_those_that_do_not_fit(table, y, model, missing):
    told = config(model=model)
    plan = make_plan(told, TableStudy(told, table(y)))
    assert set(DEFAULT_METHODS) - set(plan.explainers) == missing


@pytest.mark.parametrize(
    ("y", "parts", "error", "text"),
    [
        (
            VALUES,
            {"explain": {"methods": ["counterfactuals"]}},
            ConfigError,
            "explain a regression without a target such as target=(None, 200.0), got",
        ),
        (
            CLASSES,
            {"explain": {"methods": ["tree_shap"]}},
            ConfigError,
            "explain torch networks, got 'tree_shap'",
        ),
        (
            CLASSES,
            {"explain": {"methods": ["attention"]}},
            InputError,
            "'attention', which is for models of texts. Choose one of the listed "
            "methods: this run is of tables",
        ),
        (
            CLASSES,
            {"model": FOREST, "explain": {"methods": ["saliency"]}},
            ConfigError,
            "models that are not torch networks, got 'saliency'",
        ),
        (
            CLASSES,
            {"explain": {"methods": ["lime"], "parameters": {"anchors": {}}}},
            ConfigError,
            "for methods that are run",
        ),
        (
            CLASSES,
            {"explain": {"parameters": {"lime": {"n_sample": 5}}}},
            InputError,
            "Did you mean 'n_samples'",
        ),
        (
            CLASSES,
            {"explain": {"parameters": {"lime": {"n_samples": -200}}}},
            ConfigError,
            "under explain.parameters.lime n_samples",
        ),
        (
            CLASSES,
            {"explain": {"parameters": {"counterfactuals": {"immutable": ["lenght"]}}}},
            InputError,
            "Did you mean 'length'",
        ),
        (
            CLASSES,
            {"report": {"views": [["length", "colour"]]}},
            ConfigError,
            "pairs of numeric columns, got colour",
        ),
        (CLASSES * 1.0, {}, ConfigError, 'task = "classification" or task = "regression"'),
        (CLASSES, {"thresholds": {"A99": {"pass": 1}}}, ConfigError, "A99"),
        (CLASSES, {"thresholds": {"M2": {"pass": 5, "warn": 15}}}, ConfigError, "M2.pass to be"),
        (CLASSES, {"thresholds": {"settings": {"k": 9}}}, ConfigError, "below the number of feat"),
        (CLASSES, {"model": FOREST | {"estimator": "no.Such"}}, ConfigError, "import path"),
    ],
)
def test_mistakes_are_told_before_the_training(table, y, parts, error, text):
    given = config(**parts)
    with pytest.raises(error) as told:
        make_plan(given, TableStudy(given, table(y)))
    assert text in str(told.value)
