import numpy as np
import pytest

from xaigeo.audit.item import Missing
from xaigeo.audit.runner import audit
from xaigeo.audit.thresholds import read_thresholds
from xaigeo.store import digest

QUICK = read_thresholds({"settings": {"n_bootstrap": 20}})


def test_c1_counts_intervals(everything, build, agreeing, evidence):
    found = evidence(*everything).outcome("C1")
    assert found.value == 1.0
    assert found.reason.startswith("240 of 240 attributions")
    assert evidence(build.make_attributions(agreeing[:1])).outcome("C1").value == 0.0
    assert isinstance(evidence(everything[4]).outcome("C1"), Missing)


def test_c2_carries_the_list(build, agreeing, evidence):
    values = agreeing.copy()
    values[:3, :, 0] *= -1
    found = evidence(build.make_attributions(values)).outcome("C2")
    assert found.value == 1
    assert found.evidence["features"] == ["x0"]
    assert "1 of 5 features (x0) and 0 of 12 rows" in found.reason
    assert found.reason.endswith("are listed in the evidence of this finding in audit.json.")


def test_c2_needs_seeds_and_attributions(build, agreeing, everything, evidence):
    assert isinstance(evidence(build.make_attributions(agreeing[:1])).outcome("C2"), Missing)
    assert isinstance(evidence(everything[4]).outcome("C2"), Missing)


def test_c3_is_the_largest_drop(build, agreeing, unrelated, evidence):
    before = audit(build.make_attributions(agreeing), thresholds=QUICK)
    now = evidence(build.make_attributions(unrelated), baseline=before, thresholds=QUICK)
    found = now.outcome("C3")
    drops = {name: before[name].value - now.outcome(name).value for name in ("A1", "A2", "A3")}
    assert found.value == pytest.approx(max(drops.values()))
    assert found.at_best == "pass"


def test_c3_cannot_pass_on_a_part(build, agreeing, evidence):
    # With k = p nothing is selected and A2 is undefined.
    whole = read_thresholds({"settings": {"k": 5, "n_bootstrap": 20}})
    explanation = build.make_attributions(agreeing)
    before = audit(build.make_attributions(agreeing, random_state=1), thresholds=QUICK)
    found = evidence(explanation, baseline=before, thresholds=whole).outcome("C3")
    assert found.at_best == "warn"
    assert (
        "A2 cannot be compared (not evaluated now); A3 cannot be compared (k 3 in the baseline, "
        "5 now), so this cannot pass" in found.reason
    )


def test_c3_needs_a_baseline_with_attributions(everything, evidence):
    assert evidence(*everything).outcome("C3").reason == "No earlier audit was passed as baseline."
    before = audit(everything[4], thresholds=QUICK)
    found = evidence(*everything, baseline=before).outcome("C3")
    assert found.reason.startswith("None of A1, A2 and A3 can be compared with the baseline (A1: ")


def test_c4_compares_with_what_was_stored(build, agreeing, evidence, evaluation):
    explanation = build.make_attributions(agreeing)
    found = evidence(explanation, evaluation=evaluation).outcome("C4")
    assert "carries the hashes of 1 explanation and the evaluation." in found.reason
    assert "Nothing stored was compared: the results came from memory" in found.reason
    assert found.at_best == "warn"
    found = evidence(explanation, stored=[digest(explanation)]).outcome("C4")
    assert (found.value, found.at_best) == (1, "pass")
    assert "The explanations are those that were stored" in found.reason
    found = evidence(explanation, stored=["0" * 64]).outcome("C4")
    assert found.value == 0
    assert found.reason == "Hashes do not hold: kernel_shap are not what was stored."
    told = audit(explanation, stored=["0" * 64], thresholds=QUICK).about["explanations"]
    assert told[0]["stored"] is False


def test_c1_c2_say_nothing_of_constants(build, evidence):
    found = evidence(build.make_attributions(np.ones((6, 12, 5))))
    for name in ("C1", "C2"):
        assert isinstance(found.outcome(name), Missing)


def test_c4_recomputes_the_hashes(build, agreeing, everything, evidence):
    assert evidence(*everything).outcome("C4").value == 1
    altered = build.make_attributions(agreeing, background_sha256="0" * 64)
    found = evidence(altered).outcome("C4")
    assert found.value == 0
    assert "the background rows of kernel_shap do not match their recorded hashes" in found.reason
    unknown = build.make_attributions(agreeing, background_sha256=None)
    assert isinstance(evidence(unknown).outcome("C4"), Missing)
