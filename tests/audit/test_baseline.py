import json
import math
from dataclasses import replace

import numpy as np
import pytest

from xaigeo.audit.baseline import _apart, drop_interval
from xaigeo.audit.item import Missing
from xaigeo.audit.runner import audit
from xaigeo.audit.thresholds import read_thresholds
from xaigeo.errors import StoreError

QUICK = read_thresholds({"settings": {"n_bootstrap": 50}})


@pytest.fixture
def compare(evidence, as_earlier):
    """Return a maker of C3's answer to explanations after others, and of the audit of those."""

    def make(before, *now, thresholds=QUICK):
        baseline = as_earlier(audit(before, thresholds=QUICK))
        return evidence(*now, baseline=baseline, thresholds=thresholds).outcome("C3"), baseline

    return make


def test_the_same_results_do_not_drop(build, agreeing, compare):
    explanation = build.make_attributions(agreeing)
    found, _ = compare(explanation, explanation)
    assert found.value == 0.0
    assert (found.at_best, found.n_rows) == ("pass", 12)
    assert found.low <= 0 <= found.high


def test_the_interval_is_that_of_a_difference(build, agreeing, unrelated, evidence, compare):
    found, before = compare(build.make_attributions(agreeing), build.make_attributions(unrelated))
    name = max(found.evidence["drops"], key=lambda n: found.evidence["drops"][n])
    then = before[name]
    now = evidence(build.make_attributions(unrelated), thresholds=QUICK).outcome(name)
    assert found.value == pytest.approx(then.value - now.value)
    assert found.low == pytest.approx(
        found.value - math.hypot(then.value - then.low, now.high - now.value)
    )
    assert found.high == pytest.approx(
        found.value + math.hypot(then.high - then.value, now.value - now.low)
    )


def test_the_interval_of_a_difference_of_two_normal_means_is_the_textbook_one():
    half = [1.96 * 0.3, 1.96 * 0.4]
    found = drop_interval(1.0, (1 - half[0], 1 + half[0]), 0.2, (0.2 - half[1], 0.2 + half[1]))
    assert found == pytest.approx((0.8 - 1.96 * 0.5, 0.8 + 1.96 * 0.5))
    assert drop_interval(1.0, (None, None), 0.2, (0.1, 0.3)) == (None, None)


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (
            {"outputs": ("a", "b")},
            "its outputs are 2, here 2: 2 only there (a, b), 2 only here (no, yes)",
        ),
        ({"features": 4}, "its features are 4, here 5: 1 only here (x4)"),
        ({"task": "regression"}, "its task is regression, here classification"),
    ],
)
def test_audits_of_other_things_cannot_be_compared(build, agreeing, compare, before, words):
    changes = dict(before)
    values = agreeing[..., : changes.pop("features", 5)]
    found, _ = compare(
        build.make_attributions(values, **changes), build.make_attributions(agreeing)
    )
    assert isinstance(found, Missing)
    assert found.reason.startswith("The baseline cannot be compared with this audit: ")
    assert words in found.reason


def test_texts_and_a_table_cannot_be_compared(build, agreeing, evidence, as_earlier):
    explanation = build.make_attributions(agreeing)
    earlier = as_earlier(audit(explanation, thresholds=QUICK))
    listed = [one | {"kind": "token_attributions"} for one in earlier.about["explanations"]]
    baseline = replace(earlier, about=earlier.about | {"explanations": listed})
    found = evidence(explanation, baseline=baseline, thresholds=QUICK).outcome("C3")
    assert found.reason == (
        "The baseline cannot be compared with this audit: it is of texts, this one of a table."
    )


def test_another_method_or_k_cannot_be_compared(build, agreeing, compare):
    shap = build.make_attributions(agreeing)
    lime = build.make_attributions(agreeing, method="lime")
    found, _ = compare(lime, shap)
    assert isinstance(found, Missing)
    assert "A1: method lime in the baseline, kernel_shap now" in found.reason
    k = read_thresholds({"settings": {"k": 2, "n_bootstrap": 50}})
    found, _ = compare(shap, shap, thresholds=k)
    assert list(found.evidence["drops"]) == ["A1"]
    assert found.at_best == "warn"
    assert "A2 cannot be compared (k 3 in the baseline, 2 now)" in found.reason


def test_a3_depends_on_the_number_of_seeds(build, agreeing, compare):
    found, _ = compare(build.make_attributions(agreeing[:5]), build.make_attributions(agreeing))
    assert list(found.evidence["drops"]) == ["A1", "A2"]
    assert "A3 cannot be compared (5 seeds in the baseline, 6 now" in found.reason


def test_other_parameters_cannot_pass(build, agreeing, compare):
    scale = {"scale": "probability"}
    before = build.make_attributions(agreeing, parameters=scale | {"n_samples": 100})
    now = build.make_attributions(agreeing, parameters=scale | {"n_samples": 200})
    found, _ = compare(before, now)
    assert (found.value, found.at_best) == (0.0, "warn")
    assert "kernel_shap ran with other parameters than in the baseline" in found.reason


def test_an_altered_baseline_is_refused(build, agreeing, tmp_path):
    explanation = build.make_attributions(agreeing)
    path = audit(explanation, thresholds=QUICK).save(tmp_path / "audit.json")
    body = json.loads(path.read_text())
    body["findings"][-3]["value"] = 0.5
    path.write_text(json.dumps(body))
    with pytest.raises(StoreError, match="altered contents"):
        audit(explanation, thresholds=QUICK, baseline=path)


def test_a_drop_fails(build, agreeing, unrelated):
    before = audit(build.make_attributions(agreeing), thresholds=QUICK)
    now = build.make_attributions(unrelated)
    assert audit(now, thresholds=QUICK, baseline=before)["C3"].status == "fail"
    assert np.isfinite(audit(now, thresholds=QUICK, baseline=before)["C3"].low)


def test_the_very_results_are_no_baseline_of_themselves(build, agreeing):
    explanation = build.make_attributions(agreeing)
    # Further results beside them make no earlier ones of those that are judged.
    both = [explanation, build.make_attributions(agreeing, method="lime")]
    found = audit(both, thresholds=QUICK, baseline=audit(explanation, thresholds=QUICK))["C3"]
    assert found.status == "not_evaluated"
    assert found.reason.startswith("The baseline is of these very results")


def test_of_many_other_names_the_first_are_told():
    then, now = [f"a{n}" for n in range(30)], ["b0", "a0"]
    assert _apart(then, now) == ": 29 only there (a1, a2, a3, ...), 1 only here (b0)"
    assert _apart(then, then[::-1]) == ", in another order"
