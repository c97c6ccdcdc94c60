"""Items of the checklist lead to what they rest on."""

import re

import pytest

from tests.drawn_charts import wait_for_charts
from xaigeo.audit.item import CHECKLIST
from xaigeo.viz.page.audit_links import PLACES, with_links

BARE = {"performance": None, "reasons": None, "differences": None, "overview": []}


def test_every_item_has_a_place():
    assert set(PLACES) == set(CHECKLIST)


def test_places_that_a_page_lacks_are_left_out():
    rows = [{"id": "A1"}, {"id": "M4"}, {"id": "A8"}, {"id": "third.party"}]
    found = {row["id"]: row["links"] for row in with_links(rows, BARE)}
    assert found == {
        "A1": [("#reasons", "the scores of agreement")],
        "M4": [],
        "A8": [],
        "third.party": [],
    }
    page = BARE | {
        "performance": {"pictures": [{"name": "reliability_diagram"}, {"name": ""}]},
        "reasons": {"methods": [{"name": "anchors"}], "pictures": [], "heatmap": None},
    }
    found = {row["id"]: row["links"] for row in with_links(rows, page)}
    assert found["M4"] == [("#picture-reliability_diagram", "the reliability diagram")]
    assert found["A8"] == [("#method-anchors", "scores of the rules")]


def test_the_report_has_the_places_that_its_items_name(written):
    html = written.read_text(encoding="utf-8")
    checklist = html[html.index('<section id="audit">') :]
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    links = re.findall(r'<a href="#([^"]+)">', checklist)
    assert {"reasons", "picture-reliability_diagram", "picture-divided_rows"} <= set(links)
    assert set(links) <= set(ids)
    assert "Thresholds: the defaults, SHA-256" in checklist


@pytest.mark.browser
def test_rows_named_by_the_checklist_choose_themselves_in_the_explorer(opened, written):
    page = opened.page
    links = page.locator("#audit a[data-row]")
    label = links.last.get_attribute("data-row")
    page.evaluate("() => document.querySelectorAll('#audit details').forEach((d) => d.open = true)")
    links.last.click()
    chosen = "() => document.querySelector('#row').selectedOptions[0].textContent"
    assert page.evaluate(chosen).startswith(f"{label}:")
    # So does an address that ends in the row.
    other = page.locator("#row option").nth(2).text_content().split(":")[0]
    page.goto(f"file://{written}#row={other}")
    page.wait_for_function(f"() => ({chosen})().startsWith('{other}:')")
    page.goto("about:blank")
    page.goto(f"file://{written}#row={other}")
    page.wait_for_function("() => window.xaigeoReport")
    wait_for_charts(page)
    assert page.evaluate(chosen).startswith(f"{other}:")
    assert opened.problems == []


@pytest.mark.browser
def test_links_unfold_what_they_lead_to_and_rows_stand_in_the_address(opened):
    page = opened.page
    page.evaluate("() => document.querySelectorAll('#audit details').forEach((d) => d.open = true)")
    page.locator('#audit a[href="#everything"]').first.click()
    page.wait_for_function("() => document.querySelector('#all-rows tr')")
    assert page.evaluate("() => document.querySelector('#everything').open")
    # Folded again, the same link, to an address that does not change, unfolds it again.
    page.evaluate("() => { document.querySelector('#everything').open = false; }")
    page.locator('#audit a[href="#everything"]').first.click()
    page.wait_for_function("() => document.querySelector('#everything').open")
    row = page.locator("#audit a[data-row]").last
    row.click()
    assert page.evaluate("() => location.hash") == row.get_attribute("href")
    assert opened.problems == []
