import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from torch import nn

from xaigeo.datasets import penguins
from xaigeo.ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.runs.sources import sources_of_disagreement

COLUMNS = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
METHODS = {"lime": {"n_samples": 200}, "integrated_gradients": {}}
SMALL = {"n_explainer": 2, "n_background": 2, "background_rows": 20, "n_bootstrap": 20}


def make_model(n_inputs, n_outputs):
    return nn.Sequential(nn.Linear(n_inputs, 4), nn.Tanh(), nn.Linear(4, n_outputs))


@pytest.fixture(scope="module")
def data():
    birds = penguins()
    return birds.X[COLUMNS].iloc[::3], birds.y.iloc[::3], birds.X[COLUMNS].iloc[1:40:10]


def experiment(data, model=make_model, **changed):
    settings = {
        "methods": METHODS, "n_init": 2, "n_order": 3, "training": {"epochs": 5}, **SMALL,
    } | changed  # fmt: skip
    return sources_of_disagreement(model, *data, **settings)


@pytest.fixture(scope="module")
def found(data):
    return experiment(data)


def test_the_design_is_crossed(found):
    assert {name: len(levels) for name, levels in found.design.items()} == {
        "init": 2, "order": 3, "explainer": 2, "background": 2, "method": 2,
    }  # fmt: skip
    record = found.provenance["ensemble"]["record"]
    pairs = set(zip(record["init_seeds"], record["order_seeds"], strict=True))
    assert len(pairs) == 6
    assert pairs == {(i, o) for i in found.design["init"] for o in found.design["order"]}
    assert found.provenance["run"]["training"] == {"epochs": 5}
    assert found.provenance["run"]["explanations_of_a_model"] == 6 * (2 * 2 + 2)
    assert len({tuple(at) for at in found.provenance["run"]["background_places"]}) == 2
    assert found.n_instances == 4
    assert found.k == 3


def test_a_method_that_does_not_draw_says_so(found):
    table = found.table.set_index(["method", "source"])
    row = table.loc["integrated_gradients", "explainer"]
    assert row["note"] == "none: the method does not draw"
    assert (row["n_levels"], row["share"], row["feature_agreement"]) == (1, 0, 1)
    assert table.loc[("lime", "explainer"), "only_share"] > 0
    for method in ("lime", "integrated_gradients", "all methods"):
        shares = table.loc[method, "share"].drop("everything")
        assert shares.sum() == pytest.approx(1)


def test_equal_calls_give_equal_numbers_and_others_do_not(data, found):
    again = experiment(data)
    numbers = found.table.select_dtypes("number")
    np.testing.assert_array_equal(again.table[numbers.columns], numbers)
    assert experiment(data, random_state=1).design["init"] != found.design["init"]


def test_estimators_have_one_seed(data):
    forest = RandomForestClassifier(n_estimators=5)
    found = experiment(
        data, forest, n_init=None, n_order=None, n_models=3, methods=["tree_shap"], training=None
    )
    assert list(found.design) == ["model", "explainer", "background"]
    assert len(found.design["model"]) == 3
    assert found.table["source"].iloc[0] == "model"


def test_a_trained_ensemble_and_arrays(data):
    X, y, rows = (part.to_numpy() for part in data)
    ensemble = SeedEnsemble.train(make_model, X, y, seeds=range(3), epochs=3)
    found = experiment(
        (X, None, rows), ensemble, n_init=None, n_order=None, training=None, methods=["saliency"]
    )
    assert list(found.design) == ["model", "background"]


def test_messages(data):
    X, y, rows = data
    forest = RandomForestClassifier(n_estimators=2)
    cases = [
        ({"n_init": 1}, "n_init of at least 2, to see what varying it changes, got 1"),
        ({"n_explainer": 1}, "n_explainer of at least 2"),
        ({"n_background": 0}, "n_background to be a whole number of at least 1"),
        ({"n_models": 4}, "n_init and n_order for a factory of networks, got n_models=4"),
        ({"model": forest}, "n_models for an estimator, of which initial weights and batch order"),
        ({"model": 3}, "a factory of torch modules, a scikit-learn estimator or a Seed"),
        ({"methods": "lime"}, "a list of methods, or a dict .* got 'lime'"),
        ({"methods": []}, r"got \[\]"),
        ({"methods": ["lim"]}, "Did you mean 'lime'"),
        (
            {"methods": ["attention"]},
            r"a known method for tables .* got 'attention', which is for models of texts\. Choose",
        ),
        ({"methods": {"lime": {"samples": 1}}}, "arguments known to method 'lime'"),
        ({"methods": ["anchors"]}, "got 'anchors', which gives no attributions"),
        ({"methods": ["tree_shap"]}, "got 'tree_shap', which explains tree ensembles only"),
        ({"background_rows": 1}, "background_rows to be a whole number of at least 2"),
        ({"background_rows": len(X)}, f"background_rows below {len(X)}, the number of rows"),
        ({"random_state": -1}, "random_state to be a whole number of at least 0"),
        ({"scale": "norm"}, "scale to be one of 'unit_norm'"),
        ({"n_jobs": 0}, "n_jobs to be None or a whole number other than 0"),
        ({"progress": 1}, "progress to be True or False"),
        ({"random_state": None}, "random_state to be a whole number of at least 0"),
        ({"k": data[2].shape[1]}, "k below the number of features"),
        ({"k": 0}, "k to be a whole number of at least 1"),
        ({"n_bootstrap": -1}, "n_bootstrap to be a whole number of at least 0"),
        ({"max_runs": 35}, "at most max_runs=35 explanations of one model, got 36: 6 models, 6"),
        ({"training": {"seeds": [1]}}, "arguments known to training .* got 'seeds'"),
        ({"training": {"epoch": 1}}, "Did you mean 'epochs'"),
    ]
    for changed, message in cases:
        with pytest.raises(InputError, match=message):
            experiment(data, **changed)
    texts = pd.Series(["a film", "no film"])
    for what, given in (("X", (texts, y, rows)), ("rows", (X, y, ["a film"]))):
        with pytest.raises(InputError) as error:
            experiment(given)
        assert str(error.value) == (
            f"Expected {what} as a table, since sources of disagreement are told apart for models "
            f"of tables, got a {'Series' if what == 'X' else 'list'} of texts. For texts measure "
            "with xaigeo.agreement.summary how far seeds agree."
        )
    with pytest.raises(InputError, match="which needs gradients, which estimators do not have"):
        experiment(data, forest, n_init=None, n_order=None, methods=["saliency"])
    ensemble = SeedEnsemble.train(make_model, X, y, seeds=range(2), epochs=1)
    with pytest.raises(InputError, match="no numbers of models for an ensemble that is trained"):
        experiment(data, ensemble)
    with pytest.raises(InputError, match="the number of seeds of the ensemble of at least 2"):
        experiment(data, ensemble.select([0]), n_init=None, n_order=None)
