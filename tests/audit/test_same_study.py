from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

import xaigeo as xg
from xaigeo.audit import Audit, check_same_study
from xaigeo.errors import InputError


def fit(X, y, seeds=range(3), **settings):
    return xg.SeedEnsemble.fit(
        DecisionTreeClassifier(max_features=1, **settings), X, y, seeds=seeds
    )


def explain(ensemble, X, method="lime"):
    return xg.explain(ensemble, X[:6], method=method, background=X, random_state=0)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    return X, (X[:, 0] + X[:, 1] > 0).astype(int)


@pytest.fixture(scope="module")
def ensemble(data):
    return fit(*data, max_depth=2)


@pytest.fixture(scope="module")
def explained(ensemble, data):
    return explain(ensemble, data[0])


@pytest.fixture(scope="module")
def audit(explained):
    return xg.audit(explained)


def test_an_audit_of_the_same_models_is_taken(audit, ensemble, explained, data, tmp_path):
    other = explain(ensemble, data[0], "anchors")
    check_same_study(audit, explained)
    check_same_study(audit, [other])
    again = Audit.load(audit.save(tmp_path / "audit.json"))
    check_same_study(again, [explained, other])
    assert again.about["ensemble"]["kind"] == ensemble.members.kind


def test_other_seeds_are_refused(audit, data):
    other = explain(fit(*data, seeds=range(10, 13), max_depth=2), data[0])
    with pytest.raises(
        InputError,
        match=r"an audit of the models that were explained, got one with the seeds \[0, 1, 2\], "
        r"where those explained are \[10, 11, 12\]\. Pass the answer of xaigeo\.audit\(",
    ):
        check_same_study(audit, other)


def test_other_classes_are_refused(audit, data):
    X, y = data
    other = explain(fit(X, np.array(["no", "yes"])[y], max_depth=2), X)
    with pytest.raises(InputError, match=r"one with the outputs \['0', '1'\], where"):
        check_same_study(audit, other)


def test_other_data_and_settings_are_refused(audit, data):
    X, y = data
    with pytest.raises(InputError, match=r"differ from them in the training data and "):
        check_same_study(audit, explain(fit(X + 1.0, y, max_depth=2), X))
    with pytest.raises(InputError, match=r"differ from them in .*the configuration"):
        check_same_study(audit, explain(fit(X, y, max_depth=3), X))


def test_what_is_not_known_does_not_count(audit, data, explained):
    X, y = data
    models = [LogisticRegression(C=c).fit(X, y) for c in (0.1, 1.0, 10.0)]
    wrapped = xg.SeedEnsemble.wrap(models, schema=X)
    check_same_study(xg.audit(explain(wrapped, X)), explain(wrapped, X, "anchors"))
    about = dict(audit.about["ensemble"])
    for name in ("kind", "architecture_sha256"):  # as in audits of earlier versions
        about.pop(name)
    check_same_study(replace(audit, about=audit.about | {"ensemble": about}), explained)


def test_other_features_are_refused_where_the_data_is_unknown(data):
    X, y = data
    found = []
    for n in (2, 3):
        models = [LogisticRegression(C=c).fit(X[:, :n], y) for c in (0.1, 1.0, 10.0)]
        found.append(explain(xg.SeedEnsemble.wrap(models, schema=X[:, :n]), X[:, :n]))
    with pytest.raises(InputError, match=r"one with the features \['x0', 'x1'\], where"):
        check_same_study(xg.audit(found[0]), found[1])


def test_an_audit_refuses_the_evaluation_of_other_models(data, explained, ensemble):
    X, y = data
    assert xg.audit(explained, evaluation=ensemble.evaluate(X, y))["M1"].status != "not_evaluated"
    other = fit(X, y, max_depth=3).evaluate(X, y)
    with pytest.raises(InputError, match="an evaluation of the models that were explained"):
        xg.audit(explained, evaluation=other)
