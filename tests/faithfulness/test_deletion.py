import numpy as np
import pandas as pd
from sklearn.ensemble import GradientBoostingClassifier

import xaigeo as xg
from xaigeo.checks import beats_random
from xaigeo.faithfulness import deletion


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
