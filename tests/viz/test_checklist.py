import re
from types import SimpleNamespace

import pytest

from xaigeo.audit.finding import Finding
from xaigeo.viz import checklist
from xaigeo.viz.checklist import STATUS


def finding(**changes):
    entry = {
        "id": "A1",
        "question": "Do the seeds agree?",
        "metric": "icc",
        "status": "warn",
        "value": 0.61,
        "low": 0.55,
        "high": 0.7,
        "null": 0.02,
        "threshold": {"pass": 0.75, "warn": 0.5, "better": "higher", "settings": {}},
        "basis": "literature",
        "source": "s",
        "maps_to": ("MS2.5",),
        "unit": "number",
        "reason": "They do in part.",
        "evidence": {},
    }
    return Finding(**(entry | changes))


@pytest.fixture
def audit():
    gone = {"value": None, "low": None, "high": None, "null": None, "status": "not_evaluated"}
    return SimpleNamespace(
        findings=[finding(), finding(id="M1", status="fail"), finding(id="R1", **gone)]
    )


def test_rows_hold_all_that_is_needed_to_check(audit):
    row = checklist(audit).rows[0]
    assert row == {
        "id": "A1",
        "question": "Do the seeds agree?",
        "status": "warn",
        "icon": "!",
        "word": "warning",
        "value": "0.61",
        "interval": "0.55 to 0.7",
        "null": "0.02",
        "threshold": "≥ 0.75 (warn ≥ 0.5)",
        "basis": "literature",
        "reason": "They do in part.",
        "maps_to": "MS2.5",
    }


def test_tally_puts_the_worst_first(audit):
    assert checklist(audit).tally == "1 failed, 1 with a warning, 1 not evaluated"


def test_html_says_status_by_icon_and_word_and_sets_unanswered_apart(audit):
    html = checklist(audit)._repr_html_()
    answered, unanswered = html.split("<details>")
    assert answered.count('class="badge"') == 2
    assert unanswered.count('class="badge"') == 1
    for icon, word in (STATUS["warn"], STATUS["fail"]):
        assert f'<span aria-hidden="true">{icon}</span> {word}' in answered


def test_no_colour_of_text_or_paper_is_fixed_so_that_light_and_dark_notebooks_can_show_it(audit):
    html = checklist(audit).to_html()
    style = html.split("<style>")[1].split("</style>")[0]
    assert not re.search(r"#[0-9a-f]{3}|[{;]color:", style)
    for status in ("pass", "warn", "fail"):
        (alpha,) = re.findall(rf"\.{status} \.badge{{background:rgba\([\d,]+,(\.\d+)\)", style)
        assert 0.2 <= float(alpha) <= 0.4


def test_text_is_escaped():
    nasty = "</script><script>window.hacked=1</script>"
    html = checklist(SimpleNamespace(findings=[finding(reason=nasty)])).to_html()
    assert "<script>" not in html
    assert "&lt;script&gt;window.hacked=1" in html
