"""The audit as JUnit XML, which every CI server shows."""

from __future__ import annotations

import re
from datetime import datetime
from xml.etree import ElementTree

from xaigeo.audit.answer import Audit
from xaigeo.audit.finding import Finding

# XML 1.0 has no way to write these, not even as references.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
NAME = "xaigeo audit"


def audit_to_junit(audit: Audit) -> str:
    """Return one test case an item.

    A failed item is a failure, a warning a passing case with a note in system-out, an item not
    evaluated is skipped; a required item not evaluated, or of too few rows, is an error. Names are
    ``A1: Do the seeds agree on the numbers?`` and stay the same from run to run, so that servers
    can tell the history of an item.
    """
    counts = audit.counts
    errors = [name for name in audit.unanswered if audit[name].status != "fail"]
    skipped = [f for f in audit.findings if f.status == "not_evaluated" and f.id not in errors]
    totals = {
        "name": NAME,
        "tests": str(len(audit.findings)),
        "failures": str(counts["fail"]),
        "errors": str(len(errors)),
        "skipped": str(len(skipped)),
        "time": "0",
    }
    suites = ElementTree.Element("testsuites", totals)
    suite = ElementTree.SubElement(suites, "testsuite", totals | {"timestamp": _time(audit)})
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in _properties(audit).items():
        ElementTree.SubElement(properties, "property", {"name": name, "value": _text(value)})
    for finding in audit.findings:
        _add_case(suite, finding, lacking=finding.id in errors)
    ElementTree.SubElement(suite, "system-out").text = _text(audit.verdict_text)
    ElementTree.indent(suites)
    text = ElementTree.tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _properties(audit: Audit) -> dict[str, str]:
    thresholds = audit.about["thresholds"]
    return {
        "verdict": audit.verdict,
        "required": ", ".join(audit.required),
        "xaigeo": str(audit.about["versions"].get("xaigeo", "")),
        "seeds": ", ".join(map(str, audit.about["ensemble"]["seeds"])),
        "thresholds.sha256": thresholds["sha256"],
        "thresholds.source": thresholds["source"],
        "thresholds.registered_at": thresholds["registered_at"] or "",
    }


def _add_case(suite: ElementTree.Element, finding: Finding, *, lacking: bool) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        {
            "classname": f"xaigeo.audit.{finding.id}",
            "name": _text(f"{finding.id}: {finding.question}"),
            "time": "0",
        },
    )
    reason = _text(finding.reason)
    if lacking:
        error = {"message": reason, "type": "xaigeo.not_evaluated"}
        ElementTree.SubElement(case, "error", error).text = reason
        return
    if finding.status == "not_evaluated":
        ElementTree.SubElement(case, "skipped", {"message": reason})
        return
    note = _text(f"{finding.value_text}, threshold {finding.threshold_text}. {finding.reason}")
    if finding.status == "fail":
        failure = {"message": note, "type": "xaigeo.fail"}
        # Servers show the text where they show a trace.
        ElementTree.SubElement(case, "failure", failure).text = f"{finding.metric}: {note}"
    elif finding.status == "warn":
        ElementTree.SubElement(case, "system-out").text = f"WARN {note}"


def _time(audit: Audit) -> str:
    """Return the time without its zone, as the schema of JUnit wants it (in UTC)."""
    return datetime.fromisoformat(audit.created_at).replace(tzinfo=None).isoformat()


def _text(value: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", value)
