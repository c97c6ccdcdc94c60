"""The report in light and dark, on paper and at every width, in a real browser."""

import os
from pathlib import Path

import pytest

from tests.drawn_charts import come_to_rest, settle

pytestmark = pytest.mark.browser

MAP_FILLS_ITS_PLACE = """() => {
  const place = document.getElementById("map");
  const drawn = place.querySelector("svg").getBoundingClientRect().width;
  return Math.abs(drawn - place.clientWidth) < 2;
}"""


def test_dark_pages_print_light_and_are_dark_again(written, open_page):
    opened = open_page(written)
    page = opened.page
    come_to_rest(page)
    ink = "document.querySelector('#map g.ring_marks > path')?.getAttribute('stroke')"
    page.locator("#theme").click()
    page.wait_for_function(f"() => {ink} && {ink} !== '#1c1b19'")
    paper = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(paper), page.evaluate(ink)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(paper) == "rgb(255, 254, 251)"
    assert page.evaluate(ink) == "#1c1b19"
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert (page.evaluate(paper), page.evaluate(ink)) == dark


def test_dark_and_light(written, open_page):
    opened = open_page(written)
    page = opened.page
    come_to_rest(page)

    def paper():
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    def ink():
        return page.locator("#map g.ring_marks > path").get_attribute("stroke")

    light = paper(), ink()

    def wait_for_ink(comparison):
        ring = "document.querySelector('#map g.ring_marks > path')?.getAttribute('stroke')"
        page.wait_for_function(f"() => {ring} {comparison} {light[1]!r}")

    page.locator("#theme").click()
    wait_for_ink("!==")
    assert paper() != light[0]
    page.locator("#theme").click()
    wait_for_ink("===")
    assert paper() == light[0]
    page.emulate_media(color_scheme="dark")
    page.reload()
    come_to_rest(page)
    assert paper() == light[0] or paper() == "rgb(23, 23, 26)"
    assert opened.problems == []


@pytest.mark.skipif("XAIGEO_SCREENSHOTS" not in os.environ, reason="no folder for pictures named")
@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures_of_the_page(written, chromium, width, theme):
    folder = Path(os.environ["XAIGEO_SCREENSHOTS"])
    folder.mkdir(parents=True, exist_ok=True)
    page = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=theme)
    page.goto(f"file://{written}")
    come_to_rest(page)
    picture = folder / f"report-{width}-{theme}.png"
    page.screenshot(path=picture, full_page=True)
    page.close()
    assert picture.stat().st_size > 50_000


def test_nothing_sticks_out(written, open_page):
    # What a narrow page has room for, a wide one might not: charts fill what they are given.
    page = open_page(written, width=360, height=800).page
    come_to_rest(page)
    for width in (360, 768, 835, 960, 1100, 1125, 1400):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function(MAP_FILLS_ITS_PLACE)
        for k in range(-1, 5):
            page.locator(f"[data-method='{k}']").click()
            settle(page, method=k)
            needed = page.evaluate("document.documentElement.scrollWidth")
            assert needed <= width, f"method {k} at a width of {width}"
