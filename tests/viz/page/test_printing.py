"""What stands on paper, whenever the reader prints."""

from __future__ import annotations

import pytest

from tests.drawn_charts import wait_for_charts

DRAWN = """() => [...document.querySelectorAll('[data-chart]')].map(
    (part) => Boolean(part.querySelector('svg')))"""
# Gradients have names of their own in every drawing.
CELLS = """() => [...document.querySelectorAll('[data-chart] .mark-rect path')].map(
    (cell) => cell.getAttribute('fill')?.replace(/^url.*/, 'gradient'))"""


@pytest.mark.browser
def test_charts_that_are_not_drawn_yet_are_drawn_for_paper(written, open_page):
    opened = open_page(written)
    page = opened.page
    # Nothing comes near the window and there is never time to draw the rest.
    page.add_init_script(
        "window.IntersectionObserver = class { observe() {} unobserve() {} };"
        "window.requestIdleCallback = () => 0;"
    )
    page.reload()
    page.evaluate(f"() => window.addEventListener('afterprint', () => {{ told = ({DRAWN})(); }})")
    assert not all(page.evaluate(DRAWN))
    page.pdf()
    assert all(page.evaluate("told"))
    assert opened.problems == []


@pytest.mark.browser
def test_colours_of_paper_are_those_of_a_light_page(written, open_page):
    opened = open_page(written)
    page = opened.page
    wait_for_charts(page)
    light = page.evaluate(CELLS)
    page.emulate_media(color_scheme="dark")
    page.reload()
    wait_for_charts(page)
    dark = page.evaluate(CELLS)
    assert dark != light
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(CELLS) == light
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    same = f"(dark) => JSON.stringify(({CELLS})()) === JSON.stringify(dark)"
    page.wait_for_function(same, arg=dark)
    assert opened.problems == []
