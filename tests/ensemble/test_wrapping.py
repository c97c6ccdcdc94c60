from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from torch import nn

from xaigeo.ensemble import SeedEnsemble
from xaigeo.errors import InputError, SingleSeedWarning


def networks(n_inputs: int, n_outputs: int, n: int = 3) -> list[nn.Module]:
    torch.manual_seed(0)
    return [
        nn.Sequential(nn.Linear(n_inputs, 5), nn.Tanh(), nn.Linear(5, n_outputs)) for _ in range(n)
    ]


class Several(nn.Module):
    """A module that returns a dict, a tuple or an object."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.linear = nn.Linear(2, 3)

    def forward(self, x):
        logits = self.linear(x)
        return {
            "dict": {"logits": logits, "hidden": x},
            "tuple": (x, logits),
            "object": SimpleNamespace(logits=logits),
        }[self.kind]


def raw(modules, X):
    with torch.no_grad():
        return np.stack([m(torch.as_tensor(X, dtype=torch.float32)).numpy() for m in modules])


def test_modules_of_common_layers_are_stacked(plane):
    X, _ = plane
    modules = networks(2, 3)
    ensemble = SeedEnsemble.wrap(modules, schema=X)
    assert ensemble.members.network.engine == "stacked"
    assert (ensemble.seeds, ensemble.classes) == ((0, 1, 2), (0, 1, 2))
    np.testing.assert_allclose(ensemble.logits(X), raw(modules, X), atol=1e-6)
    assert ensemble.record["data_sha256"] is None
    assert ensemble.record["config_sha256"] is None
    assert len(set(ensemble.record["architecture_sha256"])) == 1


def test_modules_of_several_architectures_are_asked_in_turn(plane):
    X, _ = plane
    modules = [nn.Linear(2, 2), networks(2, 2)[0]]
    ensemble = SeedEnsemble.wrap(modules, schema=X, seeds=[10, 20], classes=["a", "b"])
    assert ensemble.members.network.engine == "looped"
    np.testing.assert_allclose(ensemble.logits(X), raw(modules, X), atol=1e-6)
    assert len(set(ensemble.record["architecture_sha256"])) == 2
    np.testing.assert_allclose(ensemble.select([20]).logits(X)[0], raw(modules, X)[1], atol=1e-6)


def test_wrapping_copies_modules_and_predicts_without_dropout(plane):
    X, _ = plane
    modules = [nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.9)).train() for _ in range(2)]
    ensemble = SeedEnsemble.wrap(modules, schema=X)
    assert modules[0].training
    first = ensemble.logits(X)
    np.testing.assert_array_equal(first, ensemble.logits(X))
    nn.init.zeros_(modules[0][0].weight)
    np.testing.assert_array_equal(first, ensemble.logits(X))


def test_a_single_logit_means_two_classes(plane):
    X, _ = plane
    modules = networks(2, 1)
    ensemble = SeedEnsemble.wrap(modules, schema=X, classes=["no", "yes"])
    expected = 1 / (1 + np.exp(-raw(modules, X)[..., 0]))
    np.testing.assert_allclose(ensemble.predict_proba(X)[..., 1], expected, atol=1e-6)


def test_regression_modules(plane):
    X, _ = plane
    modules = networks(2, 1)
    ensemble = SeedEnsemble.wrap(modules, schema=X, task="regression", classes=["price"])
    np.testing.assert_allclose(ensemble.predict(X), raw(modules, X)[..., 0], atol=1e-6)
    assert ensemble.output_names == ["price"]


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_modules_that_give_probabilities(plane, n_outputs):
    X, _ = plane
    last = nn.Sigmoid() if n_outputs == 1 else nn.Softmax(dim=1)
    modules = [nn.Sequential(m, last) for m in networks(2, n_outputs)]
    ensemble = SeedEnsemble.wrap(modules, schema=X, gives="probability")
    expected = raw(modules, X)
    expected = np.concatenate([1 - expected, expected], axis=-1) if n_outputs == 1 else expected
    np.testing.assert_allclose(ensemble.predict_proba(X), expected, atol=1e-6)
    with pytest.raises(InputError, match=r"ends in logits or values.*gives='probability'"):
        SeedEnsemble.wrap(modules, schema=X)


@pytest.mark.parametrize(
    ("kind", "output"),
    [
        ("dict", "logits"),
        ("tuple", 1),
        ("tuple", -1),
        ("object", "logits"),
        ("dict", lambda answer: answer["logits"]),
    ],
)
def test_one_of_several_outputs_is_read(plane, kind, output):
    X, _ = plane
    modules = [Several(kind) for _ in range(2)]
    ensemble = SeedEnsemble.wrap(modules, schema=X, output=output)
    expected = raw([m.linear for m in modules], X)
    np.testing.assert_allclose(ensemble.logits(X), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "output", "message"),
    [
        ("dict", "logit", "output among 'logits', 'hidden', got 'logit'. Did you mean 'logits'"),
        ("tuple", 2, "output among 0, 1, got 2"),
        ("object", "scores", "output among 'SimpleNamespace', got 'scores'"),
        ("dict", None, "a dict with 'logits', 'hidden'. Name one output with output="),
        ("tuple", None, "a tensor as the module's output, got a tuple of 2"),
        ("tuple", "logits", "got 'logits' for a tuple of 2. Pass an index from 0 to 1"),
    ],
)
def test_a_missing_output_is_told(plane, kind, output, message):
    with pytest.raises(InputError, match=message):
        SeedEnsemble.wrap([Several(kind)] * 2, schema=plane[0], output=output)


def test_modules_behind_a_fitted_transformer(mixed):
    X, _ = mixed
    columns = ColumnTransformer(
        [
            ("categories", OneHotEncoder(), ["island"]),
            ("numbers", StandardScaler(), ["length", "mass"]),
        ]
    ).fit(X)
    modules = networks(5, 3)
    ensemble = SeedEnsemble.wrap(modules, schema=X, preprocess=columns)
    expected = raw(modules, columns.transform(X))
    np.testing.assert_allclose(ensemble.logits(X), expected, atol=1e-5)
    again = SeedEnsemble.wrap(modules, schema=X, preprocess=columns.transform)
    np.testing.assert_array_equal(again.logits(X), ensemble.logits(X))


def test_estimators_bring_their_classes_and_may_order_them_differently(plane):
    X, y = plane
    labels = np.array(["no", "yes"])[y]
    forests = [RandomForestClassifier(3, random_state=s).fit(X, labels) for s in (1, 2)]
    ensemble = SeedEnsemble.wrap(forests, schema=X)
    assert ensemble.classes == ("no", "yes")
    np.testing.assert_array_equal(ensemble.predict_proba(X)[1], forests[1].predict_proba(X))
    turned = SeedEnsemble.wrap(forests, schema=X, classes=["yes", "no"])
    np.testing.assert_array_equal(turned.predict_proba(X), ensemble.predict_proba(X)[..., ::-1])
    np.testing.assert_array_equal(turned.predict(X), ensemble.predict(X))


def test_estimators_fitted_on_frames_get_frames(mixed):
    X = mixed[0][["mass", "length"]]
    forests = [RandomForestRegressor(3, random_state=s).fit(X, X.mass) for s in (1, 2)]
    ensemble = SeedEnsemble.wrap(forests, schema=X)
    assert ensemble.task == "regression"
    np.testing.assert_array_equal(ensemble.predict(X)[0], forests[0].predict(X))
    arrays = [RandomForestRegressor(3).fit(X.to_numpy(), X.mass) for _ in range(2)]
    assert SeedEnsemble.wrap(arrays, schema=X).predict(X).shape == (2, 90)


@pytest.mark.filterwarnings("ignore:All . models answer alike")
def test_callables_answer_for_the_rows_they_know(mixed):
    X, _ = mixed

    def model(rows):
        assert list(rows.columns) == list(X.columns)
        p = (rows.island == "Dream").to_numpy() * 0.8 + 0.1
        return np.column_stack([1 - p, p])

    ensemble = SeedEnsemble.wrap([model, model], schema=X, classes=["no", "yes"])
    assert set(ensemble.predict(X)[0][X.island == "Dream"]) == {"yes"}
    assert ensemble.record["architecture_sha256"] is None


def test_a_lone_model_is_warned_about(plane):
    with pytest.warns(SingleSeedWarning, match=r"One seed only \(0\)") as told:
        SeedEnsemble.wrap(networks(2, 2, n=1), schema=plane[0])
    assert told[0].filename == __file__


def fitted(X, y):
    return RandomForestClassifier(2, random_state=0).fit(X, y)


@pytest.mark.parametrize(
    ("models", "options", "message"),
    [
        (lambda X, y: [], {}, "models of one kind.*got no models"),
        (lambda X, y: [nn.Linear(2, 2), len], {}, "one kind.*got Linear, builtin_function"),
        (lambda X, y: [3, 4], {}, "one kind.*got int"),
        (lambda X, y: networks(2, 2), {"seeds": [1]}, "one seed for each of the 3 models, got 1"),
        (lambda X, y: networks(2, 2), {"seeds": [1, 1, 2]}, "all different"),
        (lambda X, y: networks(2, 3), {"classes": ["a", "b"]}, r"\(n_rows, 2\): one logit a class"),
        (lambda X, y: networks(2, 2), {"classes": ["a", "a"]}, "2 different labels, one an output"),
        (lambda X, y: networks(2, 2), {"classes": [1, "1"]}, "differently as text, got 1 and '1'"),
        (lambda X, y: networks(4, 2), {}, r"takes 2 inputs \(2 columns, 2 numbers"),
        (
            lambda X, y: networks(2, 2),
            {"task": "regression", "classes": ["price"]},
            r"\(n_rows, 1\): one value",
        ),
        (lambda X, y: networks(2, 2), {"task": "rank"}, "task to be one of"),
        (lambda X, y: networks(2, 2), {"gives": "odds"}, "gives to be one of 'logit', 'prob"),
        (lambda X, y: networks(2, 2), {"preprocess": 3}, "fitted transformer, a callable or an"),
        (
            lambda X, y: [nn.Linear(2, 2), nn.Linear(2, 3)],
            {},
            "return outputs of one shape, got 2, 3 outputs",
        ),
        (
            lambda X, y: [RandomForestClassifier()] * 2,
            {},
            "fitted estimators, got RandomForestClassifier at place 0, which is not fitted",
        ),
        (
            lambda X, y: [fitted(X, y), fitted(X, y + 1)],
            {},
            "every model to know the classes 0, 1, got 1, 2 in model 1",
        ),
        (
            lambda X, y: [fitted(np.hstack([X, X]), y)] * 2,
            {},
            "columns of model 0: 4 columns, got x0, x1",
        ),
        (
            lambda X, y: [fitted(X, y)] * 2,
            {"output": "logits"},
            "with torch modules only, not with estimators, got output",
        ),
        (
            lambda X, y: [
                lambda rows: rows[:, :1] * 0 + 0.5,
                lambda rows: np.full((len(rows), 3), 1 / 3),
            ],
            {},
            "return outputs of one shape",
        ),
        (
            lambda X, y: [lambda rows: np.full((len(rows), 3), 1 / 3)] * 2,
            {"classes": ["a", "b"]},
            "classes with 3 different labels, one an output, got a, b",
        ),
        (lambda X, y: [lambda rows: rows * 9] * 2, {}, "probabilities between 0 and 1 from model"),
        (lambda X, y: [lambda rows: rows[:1]] * 2, {}, "finite outputs of shape"),
        (lambda X, y: [lambda rows: [1, 2]] * 2, {}, r"outputs of shape \(7, n_outputs\)"),
        (
            lambda X, y: [lambda rows: [1, 2]] * 2,
            {"task": "regression"},
            r"outputs of shape \(7, n_outputs\) from model 0, got shape \(2, 1\)",
        ),
        (
            lambda X, y: [lambda rows: np.full((len(rows), 3), 0.5)] * 2,
            {},
            "add up to 1 in every row from model 0, got a row of 3 that adds up to 1.5",
        ),
        (
            lambda X, y: [fitted(X, y), LogisticRegression().fit(X, y)],
            {},
            "estimators of one class, got LogisticRegression, RandomForestClassifier. Seeds of",
        ),
        (
            lambda X, y: [fitted(X, y), make_pipeline(StandardScaler(), fitted(X, y))],
            {},
            r"one class, got Pipeline \(RandomForestClassifier\), RandomForestClassifier. Seeds of",
        ),
        (
            lambda X, y: [
                make_pipeline(StandardScaler(), kind.fit(X, y))
                for kind in (RandomForestClassifier(2), LogisticRegression())
            ],
            {},
            r"got Pipeline \(LogisticRegression\), Pipeline \(RandomForestClassifier\)",
        ),
    ],
)
def test_bad_input_is_told(models, options, message, plane):
    with pytest.raises(InputError, match=message):
        SeedEnsemble.wrap(models(*plane), schema=plane[0], **options)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (fitted, r"a list of models, got one RandomForestClassifier. Pass wrap\(\[model\], ...\)"),
        (lambda X, y: networks(2, 2)[0], "a list of models, got one Sequential"),
        (lambda X, y: make_pipeline(StandardScaler(), fitted(X, y)), "got one Pipeline"),
        (lambda X, y: len, "got one builtin_function_or_method"),
        (lambda X, y: {0: fitted(X, y)}, r"got one dict. Pass list\(models.values\(\)\)"),
        (lambda X, y: 3, "a list of models, got one int"),
    ],
)
def test_a_model_outside_a_list_is_told(model, message, plane):
    with pytest.raises(InputError, match=message):
        SeedEnsemble.wrap(model(*plane), schema=plane[0])


def test_a_module_list_is_a_list(plane):
    modules = networks(2, 2)
    ensemble = SeedEnsemble.wrap(nn.ModuleList(modules), schema=plane[0])
    np.testing.assert_allclose(ensemble.logits(plane[0]), raw(modules, plane[0]), atol=1e-6)


def test_categories_need_a_preprocess(mixed):
    with pytest.raises(InputError, match="got none, with categories in island"):
        SeedEnsemble.wrap(networks(3, 3), schema=mixed[0])
    codes = SeedEnsemble.wrap(networks(3, 3), schema=mixed[0], preprocess=nn.Identity())
    assert codes.predict(mixed[0]).shape == (3, 90)


def test_modules_may_give_several_targets(plane):
    X, _ = plane
    modules = networks(2, 2)
    ensemble = SeedEnsemble.wrap(modules, schema=X, task="regression")
    assert ensemble.classes == ("y0", "y1")
    expected = np.stack([m(torch.as_tensor(X, dtype=torch.float32)).detach() for m in modules])
    np.testing.assert_allclose(ensemble.predict(X), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.filterwarnings("ignore:All . models answer alike")
def test_callables_and_estimators_may_give_several_targets(plane):
    X, _ = plane
    ensemble = SeedEnsemble.wrap(
        [lambda rows: rows * 2, lambda rows: rows * 3], schema=X, task="regression"
    )
    assert ensemble.classes == ("y0", "y1")
    np.testing.assert_array_equal(ensemble.predict(X), np.stack([X * 2, X * 3]))
    forest = RandomForestRegressor(2, random_state=0).fit(X, X * 2)
    wrapped = SeedEnsemble.wrap([forest, forest], schema=X, classes=["u", "v"])
    assert wrapped.output_names == ["u", "v"]
    np.testing.assert_array_equal(wrapped.predict(X)[1], forest.predict(X))


@pytest.mark.filterwarnings("ignore:All . models answer alike")
def test_text_may_name_the_places_that_estimators_know(plane):
    X, y = plane
    ensemble = SeedEnsemble.wrap([fitted(X, y)] * 2, schema=X, classes=["no", "yes"])
    assert (
        ensemble.predict(X)[0].tolist() == np.where(fitted(X, y).predict(X), "yes", "no").tolist()
    )


@pytest.mark.filterwarnings("ignore:All . models answer alike")
def test_modules_may_have_no_weights(plane):
    X, _ = plane
    ensemble = SeedEnsemble.wrap([nn.Identity(), nn.Identity()], schema=X, classes=["u", "v"])
    assert ensemble.n_seeds == ensemble.members.n_members == 2
    logits = torch.as_tensor(X, dtype=torch.float32)
    np.testing.assert_allclose(ensemble.predict_proba(X)[1], logits.softmax(dim=1), rtol=1e-5)
    assert ensemble.select([1]).predict(X).shape == (1, len(X))
