import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import xaigeo as xg
from xaigeo.audit.finding import Finding
from xaigeo.errors import InputError
from xaigeo.viz import checklist
from xaigeo.viz.checklist import STATUS

BUILDERS = Path(__file__).parents[1] / "agreement" / "builders.py"


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
        "n_rows": 12,
        "evidence": {"method": "lime"},
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
        "evidence": [
            {"name": "measured", "text": "icc"},
            {"name": "rows it rests on", "text": "12"},
            {"name": "method", "text": "lime"},
        ],
        "links": [],
    }


def test_tally_puts_the_worst_first(audit):
    assert checklist(audit).tally == "1 failed, 1 with a warning, 1 not evaluated"


def test_html_says_status_by_icon_and_word_and_sets_unanswered_apart(audit):
    html = checklist(audit)._repr_html_()
    answered, unanswered = html.split("<details>")  # evidence has a class
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


@pytest.fixture(scope="module")
def real():
    """An audit of explanations made by hand, with a name that tries to break out."""
    spec = spec_from_file_location("builders", BUILDERS)
    build = module_from_spec(spec)
    spec.loader.exec_module(build)
    values = np.random.default_rng(0).normal(size=(6, 12, 5))
    attributions = build.make_attributions(values, method="<b>x</b>")
    return xg.audit(attributions, thresholds={"settings": {"n_bootstrap": 20}}, required=["A8"])


def test_a_page_needs_no_script_and_says_by_which_thresholds(real, tmp_path):
    path = checklist(real).save(tmp_path / "deep" / "checklist.html")
    page = path.read_text(encoding="utf-8")
    assert "<script" not in page
    assert "<b>x</b>" not in page
    assert "prefers-color-scheme: dark" in page
    assert "default-src &#39;none&#39;; script-src &#39;none&#39;" in page
    for said in (real.verdict_text, real.created_at, real.about["thresholds"]["sha256"][:12]):
        assert said in page
    assert "a table given to the audit" in page
    assert "not known to have been laid down before the run" in page
    assert "Required: A8." in page
    assert page.count('id="item-') == len([f for f in real.findings if f.value is not None])


def test_a_page_ends_in_html(real, tmp_path):
    with pytest.raises(InputError, match=r"a path that ends in \.html, got .*list\.pdf"):
        checklist(real).save(tmp_path / "list.pdf")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_opens_in_both_schemes_and_fits_a_phone(real, open_page, tmp_path, scheme):
    opened = open_page(checklist(real).save(tmp_path / "checklist.html"))
    opened.page.emulate_media(color_scheme=scheme)
    opened.page.set_viewport_size({"width": 400, "height": 800})
    opened.page.evaluate("() => document.querySelectorAll('details').forEach((d) => d.open = true)")
    assert opened.problems == []
    wide = opened.page.evaluate("() => document.documentElement.scrollWidth")
    assert wide <= 400
    paper = opened.page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(255, 254, 251)" if scheme == "light" else "rgb(23, 23, 26)")
