from dataclasses import replace

import pytest

from xaigeo.audit.finding import Finding, beyond_chance, number, reaches
from xaigeo.audit.item import ITEMS, Measured, Missing
from xaigeo.audit.thresholds import read_thresholds


def finding(name, outcome):
    """Return the finding on as many rows as it takes, unless their number is told."""
    if isinstance(outcome, Measured) and outcome.n_rows is None:
        outcome = replace(outcome, n_rows=100)
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


@pytest.mark.parametrize(
    ("value", "unit", "limits", "text"),
    [
        (0.99967, "share", (), "99.97%"),
        (0.99996, "share", (), "99.996%"),
        (1.0, "share", (), "100%"),
        (0.0, "share", (), "0%"),
        (0.8996, "share", (0.9, 0.75), "89.96%"),
        (0.9, "share", (0.9,), "90%"),
        (0.74996, "number", (0.75, 0.4), "0.74996"),
        (0.0500001, "number", (0.05, None), "0.0500001"),
        (0.327, "number", (0.1, 0.3), "0.327"),
        (3.27, "share", (0.1, 0.3), "327%"),
        (123456.0, "number", (), "123000"),
    ],
)
def test_numbers_are_not_rounded_across_a_limit(value, unit, limits, text):
    assert number(value, unit, limits) == text


@pytest.mark.parametrize(
    ("value", "low", "null", "status"),
    [
        (1.0, 1.0, 0.9, "pass"),
        (1.0, 0.85, 0.9, "warn"),  # the interval reaches down to chance
        (0.95, None, 0.95, "warn"),
        (0.95, None, 0.97, "warn"),
        (0.95, None, None, "pass"),
        (0.5, 0.4, 0.6, "fail"),
    ],
)
def test_nothing_passes_at_chance(value, low, null, status):
    found = finding("A3", Measured(value=value, low=low, high=None, null=null, reason="r."))
    assert found.status == status
    chance = null is not None and (value if low is None else low) <= null
    assert (f"Not beyond chance ({null:.0%})." in found.reason) if chance else found.reason == "r."


def test_chance_of_an_item_for_which_less_is_better():
    at = {"value": 0.2, "low": 0.1, "null": 0.25}
    assert beyond_chance(**at, high=0.24, better="lower")
    assert not beyond_chance(**at, high=0.25, better="lower")


@pytest.mark.parametrize(
    ("name", "n_rows", "status", "note"),
    [
        ("M3", 10, "pass", ""),
        ("M3", 9, "warn", " 9 rows are too few to pass."),
        ("M3", 1, "warn", " 1 row is too few to pass."),
        ("M3", None, "warn", " How many rows that rests on is not known, so it cannot pass."),
        ("M3", 0, "not_evaluated", " No row was left to tell it by."),
        ("P3", 2, "pass", ""),
        ("P3", 1, "warn", " 1 row is too few to pass."),
        ("C4", None, "pass", ""),  # not about rows
    ],
)
def test_few_rows_cannot_pass_and_none_is_no_answer(name, n_rows, status, note):
    value = 1.0 if name == "C4" else 0.0
    outcome = Measured(value=value, n_rows=n_rows, reason="r.")
    found = Finding.of(ITEMS.get(name), outcome, read_thresholds(None)[name])
    assert (found.status, found.reason) == (status, f"r.{note}")
    assert found.status in found.possible
    assert (found.value is None) == (n_rows == 0)


@pytest.mark.parametrize("name", ["R2", "F3"])
def test_chance_is_told_but_does_not_bar_where_it_is_hoped_for(name):
    found = finding(name, Measured(value=0.01, low=0.0, high=0.02, null=0.01, reason="r."))
    assert (found.status, found.null, found.reason) == ("pass", 0.01, "r.")
    assert not found.beyond_null
    assert found.possible == ("pass",)


def test_numbers_settle_the_status():
    found = finding("A2", Measured(value=0.9, n_rows=100, reason="r."))
    assert found.possible == ("pass",)
    assert replace(found, value=0.5).possible == ("warn",)
    assert replace(found, n_rows=3).possible == ("warn",)
    assert replace(found, value=None).possible == ("not_evaluated", "fail")


def test_a_share_next_to_the_whole_is_not_told_in_ten_digits():
    assert number(0.9999999, "share", (0.95, 0.8)) == "100%"
    assert number(0.9999999, "share", (1.0, 0.95)) == "99.99999%"
    assert number(0.99999, "share") == "99.999%"
    assert number(0.9997, "share") == "99.97%"
    assert number(1e-5, "share") == "0.001%"
