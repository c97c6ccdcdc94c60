from __future__ import annotations

import numpy as np
import pytest
from torch import nn

from xaigeo.errors import ConfigError
from xaigeo.runs.models import estimator_pipeline, network_factory


def test_a_network_of_dense_layers():
    model = network_factory([8, 4], "tanh", dropout=0.2)(5, 3)
    kinds = [type(layer) for layer in model]
    assert kinds == [nn.Linear, nn.Tanh, nn.Dropout, nn.Linear, nn.Tanh, nn.Dropout, nn.Linear]
    assert (model[0].in_features, model[3].out_features, model[-1].out_features) == (5, 4, 3)


def test_an_estimator_takes_mixed_columns(mixed_frame, mixed_schema):
    pipeline = estimator_pipeline(
        "sklearn.ensemble.RandomForestClassifier", {"n_estimators": 5}, mixed_schema
    )
    labels = np.arange(len(mixed_frame)) % 2
    assert pipeline.fit(mixed_frame, labels).predict_proba(mixed_frame).shape == (40, 2)


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("sklearn.ensemble.NoSuchThing", {}),
        ("nowhere.Thing", {}),
        ("Thing", {}),
        ("sklearn.ensemble.RandomForestClassifier", {"trees": 3}),
    ],
)
def test_an_estimator_that_is_none(path, parameters, mixed_schema):
    with pytest.raises(ConfigError, match=r"model.estimator to be the import path"):
        estimator_pipeline(path, parameters, mixed_schema)


@pytest.mark.parametrize(
    ("path", "parameters", "what"),
    [
        ("os.mkdir", {"path": "made"}, "a builtin_function_or_method"),
        ("subprocess.Popen", {"args": ["mkdir", "made"]}, "a class of another kind"),
        ("sklearn.linear_model", {}, "a module"),
        ("sklearn.preprocessing.StandardScaler", {}, "a class of scikit-learn that does not"),
    ],
)
def test_what_is_no_estimator_is_not_called(
    path, parameters, what, mixed_schema, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=rf"that predicts, got {path}, {what}"):
        estimator_pipeline(path, parameters, mixed_schema)
    assert not (tmp_path / "made").exists()
