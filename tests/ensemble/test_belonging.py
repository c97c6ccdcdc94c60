from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

import xaigeo as xg
from xaigeo.ensemble.fingerprint import fingerprint, fingerprint_differences
from xaigeo.errors import InputError
from xaigeo.store import load_evaluation, save_evaluation


@pytest.fixture
def ensemble(plane):
    return xg.SeedEnsemble.fit(DecisionTreeClassifier(max_features=1), *plane, seeds=range(3))


@pytest.fixture
def explained(ensemble, plane):
    X, _ = plane
    return xg.explain(ensemble, X[:4], method="lime", background=X[:30], random_state=0)


def wrapped(plane, starts):
    """Models of which nothing is known, each fitted to the rows from a place on."""
    X, y = plane
    models = [LogisticRegression().fit(X[start:], y[start:]) for start in starts]
    return xg.SeedEnsemble.wrap(models, schema=X)


def test_its_own_evaluation_belongs(ensemble, explained, plane, tmp_path):
    own = ensemble.evaluate(*plane)
    own.check_belongs(explained)
    own.check_belongs([explained, explained])
    load_evaluation(save_evaluation(own, tmp_path / "e.npz")).check_belongs(explained)
    reloaded = xg.SeedEnsemble.load(ensemble.save(tmp_path / "models"), trust_estimators=True)
    reloaded.evaluate(*plane).check_belongs(explained)


def test_other_kinds_of_model_are_refused(explained, plane):
    other = xg.SeedEnsemble.fit(
        DecisionTreeClassifier(max_features=1, max_depth=1), *plane, seeds=range(3)
    )
    with pytest.raises(
        InputError,
        match=r"an evaluation of the models that were explained, got one of models that differ "
        r"from them in .*the configuration.*Evaluate the ensemble that was explained",
    ):
        other.evaluate(*plane).check_belongs(explained)


def test_other_predictions_at_the_same_rows_are_refused(plane):
    X, y = plane
    one, two = wrapped(plane, (0, 10)), wrapped(plane, (30, 40))
    explained = xg.explain(one, X[:4], method="lime", background=X[:30], random_state=0)
    one.evaluate(X, y).check_belongs(explained)
    gap = np.abs(one.predict_proba(X[:30]) - two.predict_proba(X[:30])).max()
    with pytest.raises(
        InputError, match=rf"rows that were explained too differ by up to {gap:.3g} from"
    ):
        two.evaluate(X, y).check_belongs(explained)
    # No row in common: nothing is known, nothing is refused.
    two.evaluate(X[30:], y[30:]).check_belongs(explained)


def test_of_two_runs_it_may_belong_to_either(plane):
    X, y = plane
    one, two = wrapped(plane, (0, 10)), wrapped(plane, (30, 40))
    both = [
        xg.explain(each, X[:4], method="lime", background=X[:30], random_state=0)
        for each in (one, two)
    ]
    two.evaluate(X, y).check_belongs(both)


def test_other_labels_are_refused(ensemble, explained, plane):
    own = ensemble.evaluate(*plane)
    with pytest.raises(InputError, match=r"an evaluation of the explained seeds \[0, 1, 2\], got"):
        replace(own, seeds=np.array([0, 1, 5])).check_belongs(explained)
    with pytest.raises(InputError, match=r"evaluation of a classification with 2 outputs, got a r"):
        replace(own, task="regression").check_belongs(explained)
    with pytest.raises(InputError, match=r"an evaluation with the outputs 0, 1, got no, yes\."):
        replace(own, classes=("no", "yes")).check_belongs(explained)


def test_what_either_lacks_does_not_count():
    one = fingerprint({"kind": "torch", "record": {"data_sha256": "a", "config_sha256": None}})
    other = fingerprint({"kind": "torch", "record": {"config_sha256": "c"}})
    assert fingerprint_differences(one, other) == ""
    assert fingerprint_differences({}, fingerprint({})) == ""
    partly = one | {"architecture_sha256": ["x", None]}
    assert fingerprint_differences(partly, other | {"architecture_sha256": ["x", "y"]}) == ""
    assert fingerprint_differences(one | {"order_seeds": [1, 2]}, {"order_seeds": (1, 3)}) == (
        "the seeds of the order of rows"
    )
    assert fingerprint_differences(
        one | {"init_seeds": [0]}, {"kind": "estimator", "data_sha256": "b", "init_seeds": [1]}
    ) == ("the kind of model, the training data and the seeds of the initial weights")
