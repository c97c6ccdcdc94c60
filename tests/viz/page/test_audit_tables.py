"""What the checklist rests on and no picture shows, as tables."""

from dataclasses import replace

from xaigeo.viz.page.audit_links import with_links
from xaigeo.viz.page.audit_tables import audit_tables

EVIDENCE = {
    "P3": {"largest_relative_difference": {"lime": 0.25}, "not_covered": []},
    "P4": {"started_at": "2026-01-02T00:00:00+00:00"},
    "F2": {"lime": {"ratio": 0.125, "repeats": 2}},
    "F5": {"method": "lime", "n_backgrounds": 2},
    "R1": {
        "recall_by_way": {"beyond": 1.0, "uniform": 0.5},
        "judged": ["beyond"],
        "false_alarm_rate": 0.03,
    },
}


def told(audit, evidence=EVIDENCE):
    """Return an audit in which these items were answered."""
    findings = tuple(
        replace(f, status="pass", value=0.9, evidence=evidence[f.id])
        if f.id in evidence
        else replace(f, status="not_evaluated", value=None)
        for f in audit.findings
    )
    once = {"method": "lime", "random_state": 0}
    about = dict(audit.about) | {
        "explanations": [once, once, once | {"random_state": 1}, once | {"method": "anchors"}],
        "registration": {
            "thresholds_sha256": "a" * 64,
            "registered_at": "2026-01-01T00:00:00+00:00",
        },
    }
    return replace(audit, findings=findings, about=about)


def test_each_item_finds_its_numbers(the_audit):
    tables = {one["id"]: dict(one["rows"]) for one in audit_tables(told(the_audit))}
    assert tables["made-registration"] == {
        "Laid down (SHA-256)": "a" * 64,
        "Used (SHA-256)": the_audit.about["thresholds"]["sha256"],
        "Laid down at": "2026-01-01T00:00:00+00:00",
        "Run started at": "2026-01-02T00:00:00+00:00",
    }
    assert tables["made-repeats"] == {
        "lime, results": "3, of random state 0 and 1",
        "lime, noise over spread between models": "0.125",
        "lime, largest difference of a second run": "0.25",
        "lime, agreement of 2 backgrounds": "ICC 0.9",
    }
    assert tables["made-off-support"] == {
        "Noticed, beyond": "100.0%",
        "Noticed, uniform (not judged)": "50.0%",
        "False alarms on rows of the data": "3.0%",
    }


def test_what_was_not_measured_has_no_table_and_no_link(the_audit):
    bare = told(the_audit, {})
    bare = replace(bare, about=dict(bare.about) | {"explanations": [], "registration": None})
    assert audit_tables(bare) == []
    page = {"performance": None, "reasons": None, "differences": None, "overview": []}
    rows = [{"id": name} for name in ("P3", "P4", "F2", "F5", "R1")]
    assert all(not row["links"] for row in with_links(rows, page | {"provenance": []}))
    tables = page | {"provenance": audit_tables(told(the_audit))}
    assert [row["links"][0][0] for row in with_links(rows, tables)] == [
        "#made-repeats",
        "#made-registration",
        "#made-repeats",
        "#made-repeats",
        "#made-off-support",
    ]
