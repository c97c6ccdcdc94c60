"""The audit as JUnit XML, which every CI server shows."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from xaigeo.audit.answer import Audit
from xaigeo.audit.finding import Finding

# XML 1.0 has no way to write these, not even as references.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def audit_to_junit(audit: Audit) -> str:
    """Return one test case an item.

    A failed item is a failure, a warning a passing case with a note in system-out, an item not
    evaluated is skipped; a required item not evaluated is an error.
    """
    counts, errors = audit.counts, len(audit.unanswered)
    totals = {
        "name": "xaigeo audit",
        "tests": str(len(audit.findings)),
        "failures": str(counts["fail"]),
        "errors": str(errors),
        "skipped": str(counts["not_evaluated"] - errors),
        "timestamp": audit.created_at,
    }
    suites = ElementTree.Element("testsuites")
    suite = ElementTree.SubElement(suites, "testsuite", totals)
    for finding in audit.findings:
        _add_case(suite, finding, required=finding.id in audit.required)
    ElementTree.indent(suites)
    text = ElementTree.tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _add_case(suite: ElementTree.Element, finding: Finding, *, required: bool) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        {"classname": f"xaigeo.audit.{finding.id}", "name": _text(finding.question), "time": "0"},
    )
    reason = _text(finding.reason)
    if finding.status == "not_evaluated":
        kind = "error" if required else "skipped"
        ElementTree.SubElement(case, kind, {"message": reason})
        return
    note = f"{finding.value_text}, threshold {finding.threshold_text}. {reason}"
    if finding.status == "fail":
        ElementTree.SubElement(case, "failure", {"message": _text(note)})
    elif finding.status == "warn":
        ElementTree.SubElement(case, "system-out").text = _text(f"WARN {note}")


def _text(value: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", value)
