import re
from xml.etree import ElementTree

import pytest

from xaigeo.audit.runner import audit


@pytest.fixture
def suite(build, agreeing, out_of_reach):
    found = audit(
        build.make_attributions(agreeing, method="a\x00b<&\ud800"),
        thresholds=out_of_reach,
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


def test_a_required_item_of_too_few_rows_is_an_error(build, agreeing):
    few = build.make_attributions(agreeing[:, :5])
    found = audit(few, thresholds={"settings": {"n_bootstrap": 20}}, required=["A2", "A8"])
    element = ElementTree.fromstring(found.to_junit().encode()).find("testsuite")
    assert int(element.get("errors")) == len(element.findall("testcase/error")) == 2
    case = element.find("testcase[@classname='xaigeo.audit.A2']")
    assert [child.tag for child in case] == ["error"]
    assert "5 rows are too few to pass." in case.find("error").get("message")
    assert int(element.get("skipped")) == len(element.findall("testcase/skipped"))
    text = found.to_markdown()
    assert text.count("**A2 warn** on too few rows though required") == 1
    assert text.count("- ⚠️ **A2 warn**") == 1


def test_a_pass_is_silent(suite):
    assert not list(suite[1].find("testcase[@classname='xaigeo.audit.P1']"))


def test_characters_that_xml_cannot_hold_are_replaced(suite):
    message = suite[1].find("testcase[@classname='xaigeo.audit.C2']")
    assert message is not None  # parsing the whole document is the proof


# Which children an element may have and which attributes it must and may have: the widely used
# schema of Jenkins' xunit plugin (junit-10.xsd), as far as this file uses it.
ALLOWED = {
    "testsuites": (
        {"testsuite", "properties"},
        {"name"},
        {"tests", "failures", "errors", "time", "skipped"},
    ),
    "testsuite": (
        {"properties", "testcase", "system-out", "system-err"},
        {"name", "tests", "failures", "errors"},
        {"time", "timestamp", "skipped", "hostname", "id", "package", "file"},
    ),
    "properties": ({"property"}, set(), set()),
    "property": (set(), {"name", "value"}, set()),
    "testcase": (
        {"skipped", "error", "failure", "system-out", "system-err"},
        {"name", "classname"},
        {"time", "assertions", "status", "file"},
    ),
    "failure": (set(), {"message", "type"}, set()),
    "error": (set(), {"message", "type"}, set()),
    "skipped": (set(), set(), {"message", "type"}),
    "system-out": (set(), set(), set()),
}


def test_the_structure_is_that_of_the_usual_schema(suite):
    root = ElementTree.fromstring(suite[0].to_junit().encode())
    assert root.tag == "testsuites"
    for element in root.iter():
        children, needed, optional = ALLOWED[element.tag]
        assert {child.tag for child in element} <= children
        assert needed <= set(element.keys()) <= needed | optional
    inner = root.find("testsuite")
    for name in ("tests", "failures", "errors"):
        assert root.get(name) == inner.get(name)
    # xs:dateTime of that schema has no zone and no fraction.
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", inner.get("timestamp"))


def test_names_stay_the_same_and_are_unique(suite):
    cases = suite[1].findall("testcase")
    names = [case.get("name") for case in cases]
    assert names[0] == "P1: Are there enough seeds?"
    assert len(set(names)) == len(names)
    assert all(float(case.get("time")) == 0 for case in cases)


def test_failures_have_a_type_and_properties_tell_the_thresholds(suite):
    found, element = suite
    failure = element.find("testcase/failure")
    assert failure.get("type") == "xaigeo.fail"
    assert failure.text.startswith("share of seeds with the majority's sign")
    told = {one.get("name"): one.get("value") for one in element.find("properties")}
    assert told["thresholds.sha256"] == found.about["thresholds"]["sha256"]
    assert (told["verdict"], told["required"]) == ("fail", "A8")
