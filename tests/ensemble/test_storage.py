from __future__ import annotations

import json
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from torch import nn

from xaigeo.ensemble import SeedEnsemble
from xaigeo.errors import InputError, StoreError
from xaigeo.schema import Feature, FeatureSchema


def network(n_inputs: int, n_outputs: int) -> nn.Module:
    inner = nn.Sequential(nn.BatchNorm1d(6), nn.GELU("tanh"), nn.Dropout(0.1), nn.LayerNorm(6))
    return nn.Sequential(nn.Linear(n_inputs, 6), inner, nn.Linear(6, n_outputs))


class Gated(nn.Module):
    def __init__(self, n_inputs: int, n_outputs: int) -> None:
        super().__init__()
        self.value, self.gate = nn.Linear(n_inputs, n_outputs), nn.Linear(n_inputs, n_outputs)
        self.register_buffer("shift", torch.rand(n_outputs), persistent=False)

    def forward(self, x):
        return self.value(x) * torch.sigmoid(self.gate(x)) + self.shift


class Named(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(2, 2)

    def forward(self, x):
        return {"logits": self.linear(x)}


@pytest.fixture
def trained(mixed):
    return SeedEnsemble.train(network, *mixed, seeds=[3, 1], epochs=2, batch_size=10)


def test_common_layers_come_back_without_a_factory(trained, mixed, tmp_path):
    loaded = SeedEnsemble.load(trained.save(tmp_path / "ensemble"))
    X = mixed[0]
    np.testing.assert_array_equal(loaded.predict_proba(X), trained.predict_proba(X))
    assert (loaded.seeds, loaded.classes, loaded.task) == ((3, 1), trained.classes, trained.task)
    assert loaded.schema == trained.schema
    assert loaded.record == trained.record
    assert loaded.members.network.engine == "stacked"
    names = {file.name for file in (tmp_path / "ensemble").iterdir()}
    assert names == {"ensemble.json", "weights.safetensors"}


def test_regression_targets_come_back_in_their_units(plane, tmp_path):
    X, _ = plane
    ensemble = SeedEnsemble.train(network, X, 100 + 9 * X[:, 0], seeds=[0, 1], epochs=2)
    loaded = SeedEnsemble.load(ensemble.save(tmp_path / "ensemble"))
    np.testing.assert_array_equal(loaded.predict(X), ensemble.predict(X))


def test_several_targets_come_back_in_their_units(plane, tmp_path):
    X, _ = plane
    Y = pd.DataFrame({"near": X[:, 0], "far": 1000.0 + 100.0 * X[:, 1]})
    for engine in ("stacked", "functional"):
        ensemble = SeedEnsemble.train(
            lambda n_inputs, n_outputs: nn.Linear(n_inputs, n_outputs),
            X,
            Y,
            seeds=[0, 1],
            epochs=60,
            learning_rate=0.1,
            engine=engine,
        )
        assert ensemble.predict(X).shape == (2, 60, 2)
        assert (ensemble.evaluate(X, Y).scores[["r2 of near", "r2 of far"]] > 0.99).all(axis=None)
        ensemble.save(tmp_path / engine)
        loaded = SeedEnsemble.load(
            tmp_path / engine, make_model=lambda n_inputs, n_outputs: nn.Linear(n_inputs, n_outputs)
        )
        np.testing.assert_array_equal(loaded.predict(X), ensemble.predict(X))
        assert loaded.output_names == ["near", "far"]
        assert loaded.record == ensemble.record
        with pytest.raises(InputError, match=r"y with 2 columns \(near, far\), got 1"):
            loaded.evaluate(X, Y["near"])


@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
def test_boosted_trees_come_back(library, plane, tmp_path):
    X, y = plane
    name = {"xgboost": "XGBClassifier", "lightgbm": "LGBMClassifier"}[library]
    kind = getattr(pytest.importorskip(library, reason=f"needs {library}"), name)
    options = {}
    if library == "lightgbm":
        options = {"verbose": -1, "subsample_freq": 1, "min_child_samples": 3}
    ensemble = SeedEnsemble.fit(
        kind(n_estimators=4, subsample=0.6, n_jobs=1, **options),
        X,
        np.where(y == 1, "yes", "no"),
        seeds=[0, 1],
    )
    ensemble.save(tmp_path / "boosted")
    loaded = SeedEnsemble.load(tmp_path / "boosted", trust_estimators=True)
    np.testing.assert_array_equal(loaded.predict_proba(X), ensemble.predict_proba(X))
    assert (loaded.predict(X) == ensemble.predict(X)).all()
    assert set(loaded.predict(X).ravel()) == {"no", "yes"}


def test_other_modules_come_back_with_their_factory(mixed, tmp_path):
    X, y = mixed
    ensemble = SeedEnsemble.train(Gated, X, y, seeds=range(3), epochs=2)
    path = ensemble.save(tmp_path / "ensemble")
    loaded = SeedEnsemble.load(path, make_model=Gated)
    np.testing.assert_array_equal(loaded.predict_proba(X), ensemble.predict_proba(X))
    with pytest.raises(InputError, match=r"make_model for modules of other than the common"):
        SeedEnsemble.load(path)
    with pytest.raises(StoreError, match=r"stored architecture \(5 tensors\), got another one"):
        SeedEnsemble.load(path, make_model=nn.Linear)


def test_wrapped_modules_come_back_with_the_output_they_were_read_by(plane, tmp_path):
    X, _ = plane
    ensemble = SeedEnsemble.wrap([Named(), Named()], schema=X, output="logits")
    loaded = SeedEnsemble.load(ensemble.save(tmp_path / "ensemble"), make_model=Named)
    np.testing.assert_array_equal(loaded.logits(X), ensemble.logits(X))


def test_pipelines_come_back(mixed, tmp_path):
    X, y = mixed
    columns = ColumnTransformer([("all", OneHotEncoder(), ["island"])], remainder="passthrough")
    pipeline = make_pipeline(columns, RandomForestClassifier(3))
    ensemble = SeedEnsemble.fit(pipeline, X, y, seeds=[5, 6])
    path = ensemble.save(tmp_path / "ensemble")
    loaded = SeedEnsemble.load(path, trust_estimators=["sklearn.tree._tree.Tree"])
    np.testing.assert_array_equal(loaded.predict_proba(X), ensemble.predict_proba(X))
    assert loaded.record == ensemble.record


@pytest.mark.filterwarnings("ignore:All . models answer alike")
def test_types_that_are_not_trusted_are_named(mixed, tmp_path):
    X, y = mixed
    boosting = HistGradientBoostingClassifier(max_iter=2)
    ensemble = SeedEnsemble.fit(boosting, X[["mass"]], y, seeds=[0, 1])
    path = ensemble.save(tmp_path / "ensemble")
    with pytest.raises(StoreError, match=r"knows to be safe.*trust_estimators=True") as refused:
        SeedEnsemble.load(path)
    for trust in (True, refused.value.arrived.split(", ")):
        loaded = SeedEnsemble.load(path, trust_estimators=trust)
        np.testing.assert_array_equal(
            loaded.predict_proba(X[["mass"]]), ensemble.predict_proba(X[["mass"]])
        )


def test_without_skops_estimators_cannot_be_saved(mixed, tmp_path, monkeypatch):
    ensemble = SeedEnsemble.fit(
        RandomForestClassifier(2), mixed[0][["mass"]], mixed[1], seeds=[0, 1]
    )
    monkeypatch.setitem(sys.modules, "skops", None)
    monkeypatch.setitem(sys.modules, "skops.io", None)
    with pytest.raises(InputError, match=r"package skops.*pip install 'xaigeo\[estimators\]'"):
        ensemble.save(tmp_path / "ensemble")
    assert not list(tmp_path.iterdir())


@pytest.mark.filterwarnings("ignore:All . models answer alike")
def test_what_is_code_cannot_be_saved(plane, tmp_path):
    X, _ = plane
    half = SeedEnsemble.wrap([lambda rows: np.full((len(rows), 2), 0.5)] * 2, schema=X)
    with pytest.raises(InputError, match="one of callable models, which are code"):
        half.save(tmp_path / "a")
    foreign = SeedEnsemble.wrap([nn.Linear(2, 2)] * 2, schema=X, preprocess=lambda rows: rows * 2)
    with pytest.raises(InputError, match="a preprocessor that is code"):
        foreign.save(tmp_path / "b")
    assert not list(tmp_path.iterdir())


def pairs(n):
    labels = np.empty(n, dtype=object)
    labels[:] = [("a", i % 2) for i in range(n)]
    return labels


def test_labels_that_json_would_change_are_refused(plane, tmp_path):
    X, _ = plane
    ensemble = SeedEnsemble.train(network, X, pairs(len(X)), seeds=[0, 1], epochs=1)
    assert ensemble.predict(X)[0, 0] in ensemble.classes
    message = r"booleans as classes to save, got tuple such as \('a', 0\).*labels as text"
    with pytest.raises(InputError, match=message):
        ensemble.save(tmp_path / "ensemble")
    schema = FeatureSchema((Feature("g", "categorical", 0.0, 1.0, (("a", 0), ("a", 1))),))
    wrapped = SeedEnsemble.wrap([nn.Linear(1, 2)] * 2, schema=schema, preprocess=nn.Identity())
    with pytest.raises(InputError, match="booleans as categories of 'g' to save, got tuple"):
        wrapped.save(tmp_path / "ensemble")
    assert not list(tmp_path.iterdir())


def test_the_record_must_fit_into_json(trained, tmp_path):
    with pytest.raises(InputError, match=r"a record that JSON can hold, got .*complex"):
        replace(trained, record={"mine": 1j}).save(tmp_path / "ensemble")


@pytest.mark.filterwarnings("ignore:All . models answer alike")
def test_mixed_and_numpy_labels_come_back(plane, tmp_path):
    X, _ = plane
    for classes in ([1, "no"], np.array([4, 5])):
        ensemble = SeedEnsemble.wrap([nn.Linear(2, 2)] * 2, schema=X, classes=classes)
        loaded = SeedEnsemble.load(ensemble.save(tmp_path / "ensemble"))
        assert loaded.classes == tuple(classes)
        assert loaded.predict(X).tolist() == ensemble.predict(X).tolist()
        assert set(loaded.predict(X).ravel().tolist()) <= set(classes)


def test_an_ensemble_may_be_replaced_but_nothing_else(trained, tmp_path):
    path = trained.save(tmp_path / "ensemble")
    trained.select([1]).save(path)
    assert SeedEnsemble.load(path).seeds == (1,)
    (tmp_path / "other").mkdir()
    with pytest.raises(StoreError, match="got a folder with other things"):
        trained.save(tmp_path / "other")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StoreError, match="got a file"):
        trained.save(tmp_path / "file")
    assert {p.name for p in tmp_path.iterdir()} == {"ensemble", "other", "file"}


def flip_last_byte(path):
    contents = bytearray(path.read_bytes())
    contents[-1] ^= 1
    path.write_bytes(contents)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda p: flip_last_byte(p / "weights.safetensors"), "altered after it was written"),
        (lambda p: (p / "weights.safetensors").unlink(), "file weights.safetensors in .* got none"),
        (lambda p: (p / "ensemble.json").write_text("{"), "JSON in .*ensemble.json"),
        (lambda p: (p / "ensemble.json").unlink(), "ensemble.json at .*got no manifest"),
        (lambda p: edit(p, seeds=[8, 9]), "ensemble.json with SHA-256 .* altered"),
        (lambda p: edit(p, format=99), "ensemble of format 1 .* got 99|format 99"),
    ],
)
def test_a_damaged_store_is_told(trained, tmp_path, damage, message):
    path = trained.save(tmp_path / "ensemble")
    damage(path)
    with pytest.raises(StoreError, match=message):
        SeedEnsemble.load(path)


def test_a_missing_store_is_told(tmp_path):
    with pytest.raises(StoreError, match=r"got no such folder. Pass the path that was given"):
        SeedEnsemble.load(tmp_path / "nowhere")


def edit(path, **changes):
    manifest = json.loads((path / "ensemble.json").read_text())
    (path / "ensemble.json").write_text(json.dumps(manifest | changes))
