import pytest

from xaigeo.audit.finding import Finding, number, reaches
from xaigeo.audit.item import ITEMS, Measured, Missing
from xaigeo.audit.thresholds import read_thresholds


def finding(name, outcome):
    return Finding.of(ITEMS.get(name), outcome, read_thresholds(None)[name])


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("A2", 0.75, "pass"),
        ("A2", 0.74, "warn"),
        ("A2", 0.40, "warn"),
        ("A2", 0.39, "fail"),
        ("M1", 0.01, "pass"),
        ("M1", 0.90 - 0.89, "pass"),  # 0.010000000000000009
        ("M1", 0.05, "warn"),
        ("M1", 0.06, "fail"),
        ("P2", 1, "pass"),
        ("P2", 0, "fail"),
    ],
)
def test_status(name, value, status):
    assert finding(name, Measured(value=value, reason="r")).status == status


def test_a_bound_may_be_judged_in_place_of_the_value():
    found = finding("A1", Measured(value=0.8, low=0.6, high=0.9, judged=0.6, reason="r"))
    assert (found.status, found.value) == ("warn", 0.8)


def test_evidence_may_be_too_thin_to_pass():
    assert finding("A8", Measured(value=1.0, at_best="warn", reason="r")).status == "warn"
    assert finding("A8", Measured(value=0.0, at_best="warn", reason="r")).status == "fail"


def test_what_is_missing_is_not_evaluated():
    found = finding("A8", Missing("No anchors."))
    assert (found.status, found.value, found.reason) == ("not_evaluated", None, "No anchors.")
    assert found.value_text == "–"


def test_infinity_fails_and_is_no_number():
    found = finding("F2", Measured(value=float("inf"), reason="r"))
    assert (found.status, found.value) == ("fail", None)


def test_nan_is_a_programming_error():
    with pytest.raises(ValueError, match="A2 measured NaN; an evaluator must say Missing"):
        finding("A2", Measured(value=float("nan"), reason="r"))


def test_texts():
    found = finding("A3", Measured(value=0.9123, low=0.9, high=0.95, reason="r"))
    assert found.value_text == "91.2% [90%, 95%]"
    assert found.threshold_text == "≥ 90% (warn ≥ 75%)"
    assert finding("M5", Missing("r")).threshold_text == "≤ 0.05 (warn ≤ 0.15)"
    assert finding("P4", Measured(value=1, reason="r")).threshold_text == "yes"
    assert number(0.0, "yes_no") == "no"


def test_reaches_forgives_rounding_alone():
    assert reaches(0.1 + 0.2, 0.3, "lower")
    assert not reaches(0.3001, 0.3, "lower")
