"""What an audit says of seeds that all have one and the same model."""

import warnings

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import xaigeo as xg
from xaigeo.audit.item import Missing

SAYS_NOTHING = (
    "All models give the same answers, so the seed changes nothing about them and their agreement "
    "says nothing."
)
COMPARED = (
    "M1",
    "M2",
    "M3",
    "M5",
    "F2",
    "A1",
    "A2",
    "A3",
    "A4",
    "A5",
    "A6",
    "A7",
    "A8",
    "A9",
    "C2",
)


@pytest.fixture
def same(everything, record):
    """All kinds of results, whose record says that the models are the same."""
    for explanation in everything:
        explanation.provenance["ensemble"]["record"] = record | {"identical": True}
    return everything


def test_items_that_compare_models_are_not_evaluated(same, evidence, evaluation):
    found = evidence(*same, evaluation=evaluation)
    assert found.identical
    for name in COMPARED:
        assert found.outcome(name) == Missing(SAYS_NOTHING), name
    for name in ("P2", "C1"):
        assert found.outcome(name) == Missing(SAYS_NOTHING)


def test_items_on_one_model_still_are(same, evidence, evaluation):
    found = evidence(*same, evaluation=evaluation)
    for name in ("P3", "M4", "F1", "C4"):
        assert not isinstance(found.outcome(name), Missing), name


def test_they_count_as_one_model(same):
    audit = xg.audit(same)
    assert (audit["P1"].status, audit["P1"].value) == ("fail", 1)
    assert audit["P1"].reason == (
        f"6 models were compared, but they count as one. {SAYS_NOTHING} Let the model draw at "
        "random, or explain one model."
    )
    assert audit.verdict == "fail"
    assert not audit.tells_of_agreement


def test_other_hashes_are_told_before(same, evidence):
    ensemble = same[0].provenance["ensemble"]
    ensemble["record"] = ensemble["record"] | {"data_sha256": "0" * 64}
    assert "do not match in the training data" in evidence(*same).outcome("P2").reason


def test_models_that_differ_are_compared(everything, evidence):
    found = evidence(*everything)
    assert not found.identical
    assert found.outcome("P1").value == 6
    assert not isinstance(found.outcome("A1"), Missing)


@pytest.mark.parametrize("wrapped", [False, True])
def test_an_estimator_that_takes_no_notice_of_its_seed(wrapped):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    y = (X[:, 0] > 0).astype(int)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ensemble = xg.SeedEnsemble.fit(LogisticRegression(), X, y, seeds=range(5))
        if wrapped:  # from a schema alone, so that no answers are compared on the way
            models = [LogisticRegression().fit(X, y) for _ in range(5)]
            ensemble = xg.SeedEnsemble.wrap(models, schema=ensemble.schema)
            assert "identical" not in ensemble.record
        found = [
            xg.explain(ensemble, X[:12], method=method, background=X, random_state=0)
            for method in ("kernel_shap", "lime")
        ]
    audit = xg.audit(found)
    assert audit["P1"].status == "fail"
    assert {audit[f"A{k}"].status for k in range(1, 10)} == {"not_evaluated"}
