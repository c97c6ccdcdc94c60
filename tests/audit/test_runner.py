import subprocess
import sys
from datetime import datetime

import numpy as np
import pytest

import xaigeo
from xaigeo.audit.runner import audit, evaluation_digest
from xaigeo.errors import ConfigError, InputError
from xaigeo.store import digest

QUICK = {"settings": {"n_bootstrap": 20}}
EVALUATED = [
    "P1", "P2", "P3", "P4", "M1", "M2", "M3", "M4", "M5", "F1", "F2",
    "A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "C1", "C2", "C4",
]  # fmt: skip


def test_every_item_is_answered(everything, evaluation, registered):
    found = audit(
        everything, evaluation=evaluation, registration=registered(QUICK), thresholds=QUICK
    )
    status = {f.id: f.status for f in found.findings}
    assert [name for name, s in status.items() if s != "not_evaluated"] == EVALUATED
    assert "fail" not in status.values()
    assert all(f.reason for f in found.findings)


def test_nothing_passes_on_nothing(build, agreeing):
    one = audit(build.make_attributions(agreeing[:1, :1]), thresholds=QUICK)
    passed = [f.id for f in one.findings if f.status == "pass"]
    assert set(passed) <= {"C4"}  # hashes and date hold for one model too
    assert one["P1"].status == "fail"


def test_the_package_is_callable(build, agreeing):
    explanation = build.make_attributions(agreeing)
    found = xaigeo.audit(explanation, thresholds=QUICK)
    assert isinstance(found, xaigeo.audit.Audit)
    assert found["A1"] == audit(explanation, thresholds=QUICK)["A1"]
    with pytest.raises(TypeError):
        xaigeo.audit(explanation, treshold={})


def test_same_random_state_same_findings(everything):
    runs = [audit(everything, thresholds=QUICK, random_state=3).findings for _ in range(2)]
    assert runs[0] == runs[1]


def test_what_it_rests_on(everything, evaluation):
    found = audit(everything, evaluation=evaluation, thresholds=QUICK)
    assert datetime.fromisoformat(found.created_at).tzinfo is not None
    about = found.about
    assert [e["sha256"] for e in about["explanations"]] == [digest(e) for e in everything]
    assert about["ensemble"]["seeds"] == [0, 1, 2, 3, 4, 5]
    sha256 = evaluation_digest(evaluation)
    assert about["evaluation"] == {"name": "test", "n_rows": 100, "sha256": sha256}
    assert about["thresholds"]["values"]["settings"]["n_bootstrap"] == 20
    assert about["versions"]["xaigeo"] == xaigeo.__version__


def test_a_baseline_may_be_a_path(everything, tmp_path):
    earlier = [everything[0], everything[2]]  # an earlier run with the same numbers
    path = audit(earlier, thresholds=QUICK).save(tmp_path / "audit.json")
    found = audit(everything, thresholds=QUICK, baseline=path)
    assert found["C3"].status == "pass"
    assert found["C3"].value == pytest.approx(0.0)


def test_bad_arguments_raise(everything):
    with pytest.raises(ConfigError, match="audit items"):
        audit(everything, thresholds={"nothing": {}})
    with pytest.raises(InputError, match="random_state to be a whole number of at least 0, got -1"):
        audit(everything, random_state=-1)


def test_audit_needs_no_plotting_and_no_explainer_library():
    code = (
        "import sys, xaigeo.audit, xaigeo.agreement;"
        "print([m for m in ('torch', 'altair', 'shap', 'lime', 'captum') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"baseline": {}}, r"baseline to be an Audit or the path of an audit\.json, got dict"),
        ({"thresholds": [1]}, "thresholds to be a table or the path of a TOML file, got list"),
        ({"checks": 3}, "checks to be a sequence, got int"),
        ({"required": 3}, "required to be a sequence, got int"),
        ({"groups": 3}, "groups to be a sequence, got int"),
        ({"explanations": None}, "explanations to be a sequence, got NoneType"),
    ],
)
def test_arguments_of_another_kind_raise(build, agreeing, given, words):
    whole = {"explanations": build.make_attributions(agreeing)} | given
    with pytest.raises(InputError, match=words):
        audit(whole.pop("explanations"), **whole)


def test_numpy_integers_and_no_checks_are_taken(build, agreeing):
    explanation = build.make_attributions(agreeing)
    found = audit(explanation, thresholds=QUICK, checks=None, random_state=np.int64(3))
    assert found.findings == audit(explanation, thresholds=QUICK, random_state=3).findings
    assert type(found.about["random_state"]) is int


def test_as_many_top_features_as_there_are_raise(build, agreeing):
    with pytest.raises(ConfigError, match=r"settings\.k to be below the number of features \(5\)"):
        audit(build.make_attributions(agreeing), thresholds={"settings": {"k": 5}})
