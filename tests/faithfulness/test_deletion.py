import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor

import xaigeo as xg
from xaigeo.checks import beats_random
from xaigeo.errors import InputError
from xaigeo.faithfulness import deletion, infidelity, local_fidelity, randomisation, sensitivity

TREES = GradientBoostingClassifier(n_estimators=5, max_depth=2, subsample=0.7)


@pytest.fixture(scope="module")
def rows():
    return pd.DataFrame(np.random.default_rng(3).normal(size=(60, 3)), columns=["a", "b", "c"])


def boosted(rows, labels):
    """Return trees and TreeSHAP of some rows."""
    ensemble = xg.SeedEnsemble.fit(TREES, rows, labels, seeds=range(2), validation_share=0)
    return ensemble, xg.explain(
        ensemble, rows.head(6), method="tree_shap", background=rows.head(30), random_state=0
    )


def test_margins_of_trees_are_followed_as_probabilities():
    """TreeSHAP explains what boosted trees add up; asked again, they tell probabilities."""
    rng = np.random.default_rng(3)
    X = pd.DataFrame(rng.normal(size=(60, 3)), columns=["a", "b", "c"])
    y = np.where(X["a"] + 0.3 * rng.normal(size=60) > 0, "yes", "no")
    trees = GradientBoostingClassifier(n_estimators=5, max_depth=2, subsample=0.7)
    ensemble = xg.SeedEnsemble.fit(trees, X, y, seeds=range(2), validation_share=0)
    found = xg.explain(
        ensemble, X.head(12), method="tree_shap", background=X.head(30), random_state=0
    )
    assert found.provenance["parameters"]["scale"] == "logit"
    check = deletion(found, ensemble, random_state=0)
    assert check.provenance["parameters"]["scale"] == "probability"
    whole = ensemble.predict_proba(X.head(12))
    classes = found.outputs
    for i, name in enumerate(check.provenance["parameters"]["outputs"]):
        np.testing.assert_allclose(check.array("curve")[:, i, 0], whole[:, i, classes.index(name)])
    assert beats_random(check).mean() > 0.9


def test_margins_of_two_classes_are_compared_as_log_odds(rows):
    """Trees that go by one column add up: what is said is near what the models answer."""
    labels = np.where(rows["a"] > 0.2, "yes", "no")
    ensemble, found = boosted(rows, labels)
    proba = ensemble.predict_proba(rows.head(6))
    place = found.outputs.index("yes")
    whole = found.array("base_value") + found.array("attribution").sum(axis=2)
    np.testing.assert_allclose(
        whole[..., place], np.log(proba[..., place] / (1 - proba[..., place])), atol=1e-6
    )
    fit = local_fidelity(found, ensemble, n_samples=60)
    assert fit.provenance["parameters"]["scale"] == "logit"
    assert (fit.array("r2") > 0.9).all()
    error = infidelity(found, ensemble, n_samples=60)
    np.testing.assert_allclose(error, fit.array("rmse") ** 2, rtol=1e-6)
    assert np.isfinite(sensitivity(found, ensemble, n_samples=2).array("mean")).all()
    check = randomisation(
        found, ensemble, mode="labels", y=labels, refit=lambda y: boosted(rows, y)[0], n_repeats=2
    )
    assert check.array("rank_correlation").shape == (2, 6, 1)


def test_margins_of_more_classes_are_refused(rows):
    ensemble, found = boosted(rows, np.array(["u", "v", "w"])[np.arange(60) % 3])
    for ask in (local_fidelity, infidelity):
        with pytest.raises(InputError, match=r"of 3 classes.*again with scale='probability'"):
            ask(found, ensemble, n_samples=10)


def test_shuffled_values_may_come_without_a_name(rows):
    trees = GradientBoostingRegressor(n_estimators=3, subsample=0.7)
    y = (rows["a"] + rows["b"]).rename("amount")

    def fit(values):
        return xg.SeedEnsemble.fit(trees, rows, values, seeds=range(2), validation_share=0)

    ensemble = fit(y)
    found = xg.explain(ensemble, rows.head(3), method="tree_shap", background=rows.head(9))
    asked = {"mode": "labels", "n_repeats": 2, "control": False}
    check = randomisation(found, ensemble, y=y.to_numpy(), refit=fit, **asked)
    assert check.array("rank_correlation").shape == (2, 3, 1)
    two = xg.SeedEnsemble.wrap(
        [lambda X: X[["a", "b"]].to_numpy(), lambda X: X[["b", "c"]].to_numpy()],
        schema=rows,
        task="regression",
    )
    with pytest.raises(InputError, match="refit to give an ensemble like the explained one"):
        randomisation(found, ensemble, y=y.to_numpy(), refit=lambda _: two, **asked)
