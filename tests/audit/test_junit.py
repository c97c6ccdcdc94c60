from xml.etree import ElementTree

import pytest

from xaigeo.audit.runner import audit

THRESHOLDS = {
    "settings": {"n_bootstrap": 20},
    "A2": {"pass": 2, "warn": -1},  # always a warning
    "A3": {"pass": 2, "warn": 2},  # always a failure
}


@pytest.fixture
def suite(build, agreeing):
    found = audit(
        build.make_attributions(agreeing, method="a\x00b<&\ud800"),
        thresholds=THRESHOLDS,
        required=["A8"],
    )
    root = ElementTree.fromstring(found.to_junit().encode())
    return found, root.find("testsuite")


def test_totals(suite):
    found, element = suite
    cases = element.findall("testcase")
    assert int(element.get("tests")) == len(cases) == 29
    assert int(element.get("failures")) == len(element.findall("testcase/failure")) == 1
    assert int(element.get("errors")) == len(element.findall("testcase/error")) == 1
    skipped = element.findall("testcase/skipped")
    assert int(element.get("skipped")) == len(skipped) == found.counts["not_evaluated"] - 1


def test_a_warning_is_a_passing_case_with_a_note(suite):
    case = suite[1].find("testcase[@classname='xaigeo.audit.A2']")
    assert [child.tag for child in case] == ["system-out"]
    assert case.find("system-out").text.startswith("WARN ")


def test_failures_and_gaps_carry_their_reason(suite):
    element = suite[1]
    failure = element.find("testcase[@classname='xaigeo.audit.A3']/failure").get("message")
    assert "threshold ≥ 200%" in failure
    error = element.find("testcase[@classname='xaigeo.audit.A8']/error").get("message")
    assert error == "No anchors of each seed's own were passed."


def test_a_pass_is_silent(suite):
    assert not list(suite[1].find("testcase[@classname='xaigeo.audit.P1']"))


def test_characters_that_xml_cannot_hold_are_replaced(suite):
    message = suite[1].find("testcase[@classname='xaigeo.audit.C2']")
    assert message is not None  # parsing the whole document is the proof
