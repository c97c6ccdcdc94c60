from __future__ import annotations

import importlib
from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

import xaigeo as xg
from xaigeo.errors import InputError

SMALL = {"n_estimators": 5}
SKLEARN = {
    "tree": DecisionTreeClassifier(max_depth=4),
    "extra tree": ExtraTreeClassifier(max_depth=4),
    "forest": RandomForestClassifier(**SMALL),
    "extra trees": ExtraTreesClassifier(max_depth=5, **SMALL),
    "boosting": GradientBoostingClassifier(subsample=0.7, **SMALL),
    "histograms": HistGradientBoostingClassifier(max_iter=5, max_features=0.5),
    "tree of values": DecisionTreeRegressor(max_depth=4),
    "extra tree of values": ExtraTreeRegressor(max_depth=4),
    "forest of values": RandomForestRegressor(**SMALL),
    "extra trees of values": ExtraTreesRegressor(max_depth=5, **SMALL),
    "boosting of values": GradientBoostingRegressor(subsample=0.7, **SMALL),
    "histograms of values": HistGradientBoostingRegressor(max_iter=5, max_features=0.5),
}
BOOSTERS = {
    "xgboost": ("xgboost", "XGBClassifier", {"subsample": 0.7, "max_depth": 4}),
    "xgboost dart": ("xgboost", "XGBClassifier", {"booster": "dart", "rate_drop": 0.5}),
    "xgboost forest": ("xgboost", "XGBRFClassifier", {}),
    "xgboost of values": ("xgboost", "XGBRegressor", {"subsample": 0.7, "max_depth": 4}),
    "lightgbm": ("lightgbm", "LGBMClassifier", {"min_child_samples": 5, "verbose": -1}),
    "lightgbm forest": (
        "lightgbm",
        "LGBMClassifier",
        {"boosting_type": "rf", "subsample": 0.7, "subsample_freq": 1, "verbose": -1},
    ),
    "lightgbm of values": ("lightgbm", "LGBMRegressor", {"min_child_samples": 5, "verbose": -1}),
}
# What shap 0.51 reads as another model than predicts, or not at all; see the docstring.
SHAP_CANNOT = {
    ("boosting", 3),
    ("xgboost", 3),
    ("xgboost dart", 2),
    ("xgboost dart", 3),
    ("xgboost forest", 2),
    ("xgboost forest", 3),
    ("lightgbm forest", 2),
    ("lightgbm forest", 3),
}


def model_of(name):
    if name in SKLEARN:
        return clone(SKLEARN[name])
    library, kind, options = BOOSTERS[name]
    module = pytest.importorskip(library, reason=f"needs {library}")
    return getattr(module, kind)(n_estimators=5, n_jobs=1, **options)


def cases():
    """Return the name of every kind of model with 1 (values), 2 and 3 outputs."""
    names = [*SKLEARN, *BOOSTERS]
    return [(n, k) for n in names for k in ((1,) if n.endswith("values") else (2, 3))]


@pytest.fixture(scope="module")
def points():
    """140 rows of four numbers on scales that differ, and targets for 1, 2 and 3 outputs."""
    random = np.random.default_rng(0)
    X = random.normal(size=(140, 4)) * [1.0, 100.0, 0.01, 1.0]
    score = X[:, 0] + X[:, 1] / 100 * np.sign(X[:, 2]) + 0.3 * X[:, 3]
    return X, {1: score, 2: (score > 0).astype(int), 3: np.digitize(score, [-0.5, 0.7])}


@pytest.fixture(scope="module")
def ensemble_of(points):
    """Return a maker of ensembles of two seeds, kept for the module."""
    X, targets = points
    kept = {}

    def make(name, n_outputs):
        if (name, n_outputs) not in kept:
            models = [
                model_of(name).set_params(random_state=seed).fit(X, targets[n_outputs])
                for seed in (0, 1)
            ]
            kept[name, n_outputs] = xg.SeedEnsemble.wrap(models, schema=X)
        return kept[name, n_outputs]

    return make


def explain(ensemble, X, **options):
    options = {"background": X[20:50], "random_state": 0} | options
    return xg.explain(ensemble, X[:6], method="tree_shap", **options)


def margins(model, X):
    """Return what a model's trees add up to, from its own functions, (n_rows, n_outputs)."""
    library = type(model).__module__.split(".")[0]
    if not hasattr(model, "predict_proba"):
        raw = model.predict(X)
    elif library == "xgboost":
        raw = model.predict(X, output_margin=True)
    elif library == "lightgbm":
        raw = model.predict(X, raw_score=True)
        if model.boosting_type == "rf":
            raw = raw / model.n_estimators  # lightgbm averages on the way to probabilities only
    elif hasattr(model, "decision_function"):
        raw = model.decision_function(X)
    else:
        return model.predict_proba(X)
    raw = np.asarray(raw, dtype=np.float64)
    if raw.ndim == 2:
        return raw
    return raw[:, None] if not hasattr(model, "predict_proba") else np.stack([-raw, raw], axis=1)


def shapley_by_definition(worth, n_players):
    """Return Shapley values of a function of sets of players."""
    worths = {
        frozenset(chosen): worth(list(chosen))
        for size in range(n_players + 1)
        for chosen in combinations(range(n_players), size)
    }
    values = []
    for player in range(n_players):
        total = 0.0
        for chosen, value in worths.items():
            if player not in chosen:
                n = len(chosen)
                weight = factorial(n) * factorial(n_players - n - 1) / factorial(n_players)
                total = total + weight * (worths[chosen | {player}] - value)
        values.append(total)
    return np.stack(values)


def interventional_by_definition(answer, row, background):
    def worth(chosen):
        mixed = background.copy()
        mixed[:, chosen] = row[chosen]
        return answer(mixed).mean(axis=0)

    return shapley_by_definition(worth, len(row))


@pytest.mark.parametrize(("name", "n_outputs"), cases())
def test_values_are_shapley_values_of_the_mean_over_the_background(
    name, n_outputs, ensemble_of, points
):
    X, _ = points
    ensemble = ensemble_of(name, n_outputs)
    found = explain(ensemble, X)
    # xgboost answers in float32.
    precision = 2e-5 if name.startswith("xgboost") else 1e-9
    for place, model in enumerate(ensemble.members.estimators):
        for i in (0, 5):
            expected = interventional_by_definition(
                lambda r, m=model: margins(m, r), X[i], X[20:50]
            )
            np.testing.assert_allclose(
                found.array("attribution")[place, i], expected, rtol=1e-5, atol=precision
            )
        expected = margins(model, X[:6])
        np.testing.assert_allclose(
            found.array("explained_value")[place], expected, rtol=1e-5, atol=precision
        )
    assert found.scale == (
        "value" if n_outputs == 1 else "probability" if _holds_probabilities(name) else "logit"
    )


def _holds_probabilities(name):
    return name in ("tree", "extra tree", "forest", "extra trees")


@pytest.mark.parametrize("perturbation", ["interventional", "path_dependent"])
@pytest.mark.parametrize(("name", "n_outputs"), cases())
def test_values_add_up_and_are_those_of_shap(name, n_outputs, perturbation, ensemble_of, points):
    X, _ = points
    ensemble = ensemble_of(name, n_outputs)
    own = explain(ensemble, X, perturbation=perturbation)
    total = own.array("base_value") + own.array("attribution").sum(axis=2)
    np.testing.assert_allclose(total, own.array("explained_value"), rtol=0, atol=1e-12)
    against = perturbation == "interventional"
    wrongly_based = (name, n_outputs) in SHAP_CANNOT and (against or "xgboost" not in name)
    if wrongly_based or (name, n_outputs) == ("boosting", 3):
        with pytest.raises(InputError, match=r"that shap.TreeExplainer reads as it predicts, got"):
            explain(ensemble, X, perturbation=perturbation, engine="upstream")
        return
    theirs = explain(ensemble, X, perturbation=perturbation, engine="upstream")
    for array in ("attribution", "base_value", "explained_value"):
        # shap keeps some weights in float32, and xgboost its own values.
        np.testing.assert_allclose(own.array(array), theirs.array(array), rtol=0, atol=1e-6)


def path_worth(tree, row, node, chosen):
    """Return a tree's mean over training rows given the chosen columns, by definition."""
    if tree.children_left[node] < 0:
        return tree.value[node].reshape(-1)
    left, right = tree.children_left[node], tree.children_right[node]
    if tree.feature[node] in chosen:
        goes = np.float32(row[tree.feature[node]]) <= tree.threshold[node]
        return path_worth(tree, row, left if goes else right, chosen)
    cover = tree.weighted_n_node_samples
    return (
        cover[left] * path_worth(tree, row, left, chosen)
        + cover[right] * path_worth(tree, row, right, chosen)
    ) / cover[node]


def test_path_dependent_values_follow_their_definition(ensemble_of, points):
    X, _ = points
    ensemble = ensemble_of("forest", 3)
    found = explain(ensemble, X, perturbation="path_dependent")
    for place, forest in enumerate(ensemble.members.estimators):
        trees = [each.tree_ for each in forest.estimators_]

        def worth(chosen, trees=trees):
            return np.mean([path_worth(tree, X[2], 0, chosen) for tree in trees], axis=0)

        expected = shapley_by_definition(worth, 4)
        np.testing.assert_allclose(found.array("attribution")[place, 2], expected, atol=1e-12)
        np.testing.assert_allclose(found.array("base_value")[place, 2], worth([]), atol=1e-12)


@pytest.mark.parametrize("name", ["boosting", "histograms", "xgboost", "lightgbm"])
def test_log_odds_stretch_to_probabilities_as_in_shap(name, ensemble_of, points):
    X, _ = points
    ensemble = ensemble_of(name, 2)
    own = explain(ensemble, X, scale="probability")
    theirs = explain(ensemble, X, scale="probability", engine="upstream")
    for array in ("attribution", "base_value"):
        np.testing.assert_allclose(own.array(array), theirs.array(array), rtol=0, atol=1e-6)
    total = own.array("base_value") + own.array("attribution").sum(axis=2)
    np.testing.assert_allclose(total, ensemble.predict_proba(X[:6]), rtol=0, atol=1e-6)
    assert not own.provenance["resolved"]["exact"]
    assert explain(ensemble, X).provenance["resolved"]["exact"]


@pytest.fixture(scope="module")
def birds_frame():
    random = np.random.default_rng(1)
    n = 150
    frame = pd.DataFrame(
        {
            "mass": random.normal(4000, 800, n),
            "island": random.choice(["Biscoe", "Dream", "Torgersen"], n),
            "bill": random.normal(44, 5, n),
            "sex": random.choice(["female", "male"], n),
        }
    )
    score = (frame.mass - 4000) / 800 + (frame.island == "Dream") * (frame.bill - 44) / 5
    return frame, pd.Series(np.where(score > 0.2, "large", "small"))


def one_hot():
    return make_column_transformer(
        (OneHotEncoder(), ["island"]),
        (OrdinalEncoder(), ["sex"]),
        (StandardScaler(), ["bill"]),
        remainder="passthrough",
    )


@pytest.mark.parametrize("name", ["forest", "boosting", "histograms", "xgboost", "lightgbm"])
def test_a_one_hot_block_is_one_player(name, birds_frame):
    X, y = birds_frame
    ensemble = xg.SeedEnsemble.fit(make_pipeline(one_hot(), model_of(name)), X, y, seeds=[3, 4])
    found = xg.explain(ensemble, X[:4], "tree_shap", background=X[20:45], random_state=0)
    schema, rows = ensemble.schema, ensemble.schema.encode(X)
    for place, pipeline in enumerate(ensemble.members.estimators):

        def answer(encoded, pipeline=pipeline):
            data = pipeline[:-1].transform(schema.decode(encoded))
            return margins(pipeline[-1], np.asarray(data, dtype=np.float64))

        expected = interventional_by_definition(answer, rows[1], rows[20:45])
        np.testing.assert_allclose(found.array("attribution")[place, 1], expected, atol=2e-6)
    assert found.features == ["mass", "island", "bill", "sex"]


def test_inputs_as_players_are_summed_by_column_as_shap_gives_them(birds_frame):
    X, y = birds_frame
    ensemble = xg.SeedEnsemble.fit(make_pipeline(one_hot(), model_of("forest")), X, y, seeds=[3, 4])
    options = {"background": X[20:45], "random_state": 0, "players": "inputs"}
    for perturbation in ("interventional", "path_dependent"):
        own = xg.explain(ensemble, X[:4], "tree_shap", perturbation=perturbation, **options)
        theirs = xg.explain(
            ensemble, X[:4], "tree_shap", perturbation=perturbation, engine="upstream", **options
        )
        np.testing.assert_allclose(
            own.array("attribution"), theirs.array("attribution"), rtol=0, atol=1e-6
        )
    columns = xg.explain(ensemble, X[:4], "tree_shap", **(options | {"players": "columns"}))
    kernel = xg.explain(ensemble, X[:4], "kernel_shap", background=X[20:45], random_state=0)
    for array in ("attribution", "base_value", "explained_value"):
        np.testing.assert_allclose(columns.array(array), kernel.array(array), rtol=0, atol=1e-10)


def test_shap_cannot_join_a_one_hot_block(birds_frame):
    X, y = birds_frame
    ensemble = xg.SeedEnsemble.fit(make_pipeline(one_hot(), model_of("tree")), X, y, seeds=[3, 4])
    with pytest.raises(InputError, match=r"players='inputs' for engine='upstream' where an enc"):
        xg.explain(ensemble, X[:2], "tree_shap", background=X, engine="upstream")


@pytest.mark.parametrize("name", ["histograms", "xgboost", "lightgbm"])
def test_splits_by_category_are_read(name, birds_frame):
    frame, y = birds_frame
    X = frame.astype({"island": "category", "sex": "category"})
    model = model_of(name)
    if name == "xgboost":
        model.set_params(enable_categorical=True, max_cat_to_onehot=1)
    if name == "lightgbm":
        model.set_params(min_data_per_group=5, cat_smooth=1.0)
    ensemble = xg.SeedEnsemble.fit(model, X, y, seeds=[0, 1])
    found = xg.explain(ensemble, X[:4], "tree_shap", background=X[20:45], random_state=0)
    schema, rows = ensemble.schema, ensemble.schema.encode(X)
    for place, each in enumerate(ensemble.members.estimators):
        expected = interventional_by_definition(
            lambda r, m=each: margins(m, schema.decode(r)), rows[1], rows[20:45]
        )
        np.testing.assert_allclose(found.array("attribution")[place, 1], expected, atol=2e-6)
    assert np.abs(found.array("attribution")[:, :, 1]).max() > 0


def test_classes_keep_the_order_of_the_ensemble(points):
    X, targets = points
    y = np.where(targets[2] == 1, "yes", "no")
    models = [GradientBoostingClassifier(n_estimators=3, random_state=s).fit(X, y) for s in (0, 1)]
    plain = explain(xg.SeedEnsemble.wrap(models, schema=X), X)
    turned = explain(xg.SeedEnsemble.wrap(models, schema=X, classes=["yes", "no"]), X)
    for array in ("attribution", "base_value", "explained_value"):
        np.testing.assert_array_equal(plain.array(array), turned.array(array)[..., ::-1])


def test_several_targets(points):
    X, targets = points
    Y = np.column_stack([targets[1], 10 * X[:, 3] ** 2])
    forest = RandomForestRegressor(5)
    each = MultiOutputRegressor(GradientBoostingRegressor(n_estimators=5, subsample=0.7))
    for model in (forest, each):
        ensemble = xg.SeedEnsemble.fit(model, X, Y, seeds=[0, 1])
        found = explain(ensemble, X)
        expected = interventional_by_definition(
            ensemble.members.estimators[1].predict, X[4], X[20:50]
        )
        np.testing.assert_allclose(found.array("attribution")[1, 4], expected, atol=1e-9)
        assert found.outputs == ["y0", "y1"]
        assert found.scale == "value"


def test_the_background_is_drawn_once_for_all(ensemble_of, points):
    X, _ = points
    found = explain(ensemble_of("forest", 2), X, n_background=7)
    again = explain(ensemble_of("forest", 2), X[:2], n_background=7, background=X[20:50])
    np.testing.assert_array_equal(
        found.sel(instance=[0, 1]).array("attribution"), again.array("attribution")
    )
    resolved = found.provenance["resolved"]
    assert (resolved["n_background"], resolved["exact"]) == (7, False)
    whole = explain(ensemble_of("forest", 2), X)
    resolved = whole.provenance["resolved"]
    assert (resolved["n_background"], resolved["exact"]) == (30, True)
    path = explain(ensemble_of("forest", 2), X, perturbation="path_dependent")
    assert path.provenance["resolved"] == {"n_background": 0, "exact": True}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"perturbation": "marginal"}, "perturbation to be one of 'interventional', 'path_depe"),
        ({"players": "trees"}, "players to be one of 'columns', 'inputs'"),
        ({"n_background": 0}, "n_background to be a whole number of at least 1"),
        ({"scale": "odds"}, "scale to be one of"),
        ({"scale": "logit"}, r"scale='probability', which these trees add up to, got 'logit'"),
    ],
)
def test_options_that_do_not_fit_are_told(options, message, ensemble_of, points):
    with pytest.raises(InputError, match=message):
        explain(ensemble_of("forest", 2), points[0], **options)


def test_probabilities_of_boosting_need_a_background_and_two_classes(ensemble_of, points):
    message = r"scale='logit', which these trees add up to, got 'probability'. Leave scale out"
    with pytest.raises(InputError, match=message):
        explain(
            ensemble_of("boosting", 2),
            points[0],
            scale="probability",
            perturbation="path_dependent",
        )
    with pytest.raises(InputError, match=message):
        explain(ensemble_of("boosting", 3), points[0], scale="probability")


def test_models_without_trees_are_told(points):
    X, targets = points
    linear = xg.SeedEnsemble.wrap([LogisticRegression().fit(X, targets[2])] * 2, schema=X)
    with pytest.raises(InputError, match=r"models of trees: decision trees, .* got LogisticRegr"):
        explain(linear, X)
    functions = [lambda rows: rows[:, :1] > 0] * 2
    with pytest.raises(
        InputError, match=r"fitted estimators for tree_shap, .* got callable models"
    ):
        explain(xg.SeedEnsemble.wrap(functions, schema=X), X)


def test_inputs_that_mix_columns_are_told(points):
    X, targets = points
    mixing = make_pipeline(PCA(), RandomForestClassifier(2))
    ensemble = xg.SeedEnsemble.fit(mixing, X, targets[2], seeds=[0, 1])
    with pytest.raises(InputError, match=r"makes each input of the model from one column, got"):
        explain(ensemble, X)


def test_installed_boosters_are_named_in_the_record(points):
    X, targets = points
    for name in ("xgboost", "lightgbm"):
        if importlib.util.find_spec(name) is None:
            continue
        ensemble = xg.SeedEnsemble.fit(model_of(name), X, targets[2], seeds=[0, 1])
        assert name in "".join(ensemble.record["versions"])
