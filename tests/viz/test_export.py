import io
import json
import re
from types import SimpleNamespace

import altair as alt
import numpy as np
import pandas as pd
import pytest
import vl_convert
from PIL import Image

from xaigeo.errors import InputError
from xaigeo.viz import attribution_strip, explanation_map, seed_agreement_heatmap
from xaigeo.viz.chart_page import title_of
from xaigeo.viz.checklist import Checklist
from xaigeo.viz.dark import DARK_PAPER
from xaigeo.viz.export import png_picture, save, svg_picture
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.themed import themed

ROW = {
    "id": "A1",
    "question": "Do the <seeds> agree?",
    "status": "pass",
    "icon": "✓",
    "word": "pass",
    "value": "0.9",
    "interval": "",
    "null": "–",
    "threshold": "at least 0.8",
    "basis": "",
    "reason": "",
    "maps_to": "",
}


@pytest.fixture(scope="module")
def strip(study):
    return attribution_strip(study.by_method["kernel_shap"])


def png_size(content):
    return tuple(int.from_bytes(content[at : at + 4], "big") for at in (16, 20))


def svg_size(text):
    found = re.search(r'width="([\d.]+)" height="([\d.]+)" viewBox="0 0 ([\d.]+) ([\d.]+)"', text)
    return tuple(map(float, found.groups()))


def test_a_png_has_scale_pixels_for_each_of_the_chart(strip, tmp_path):
    width, height, *_ = svg_size(svg_picture(strip.to_dict()))
    path = save(strip, tmp_path / "made" / "strip.png")
    assert path == tmp_path / "made" / "strip.png"
    assert path.read_bytes().startswith(b"\x89PNG")
    assert png_size(path.read_bytes()) == pytest.approx((2 * width, 2 * height), abs=1)
    single = save(strip, tmp_path / "single.PNG", scale=1).read_bytes()
    assert png_size(single) == pytest.approx((width, height), abs=1)


def test_a_png_is_packed_again_and_stays_the_same(strip, tmp_path):
    svg = svg_picture(strip.to_dict())
    plain, packed = vl_convert.svg_to_png(svg, scale=1), png_picture(svg)
    assert len(packed) < len(plain) / 2
    pixels = [np.asarray(Image.open(io.BytesIO(png))) for png in (plain, packed)]
    assert np.array_equal(*pixels)


def test_pictures_are_as_wide_as_is_asked(strip, tmp_path):
    plain = svg_size(save(strip, tmp_path / "plain.svg").read_text())
    sized = svg_size(save(strip, tmp_path / "sized.svg", width=1000).read_text())
    assert plain[:2] == plain[2:]
    assert sized[0] == 1000
    assert sized[2:] == plain[2:]
    assert sized[1] / sized[0] == pytest.approx(plain[1] / plain[0], rel=1e-4)
    assert png_size(save(strip, tmp_path / "a.png", width=1000).read_bytes())[0] == 1000
    pdf = save(strip, tmp_path / "a.pdf", width=400).read_bytes()
    assert pdf.startswith(b"%PDF")
    assert float(re.search(rb"MediaBox *\[0 0 ([\d.]+)", pdf)[1]) == pytest.approx(400, abs=1)


def test_the_specification_is_the_charts(strip, tmp_path):
    assert json.loads(save(strip, tmp_path / "a.json").read_text()) == strip.to_dict()


@pytest.mark.parametrize("sign", ["\x00", "\x1b", "\x0b", "\ufffe", "\uffff"])
def test_signs_that_svg_cannot_hold_are_replaced(sign, tmp_path):
    frame = pd.DataFrame({"word": [f"fo{sign}od", "good"], "value": [1, 2]})
    chart = alt.Chart(frame).mark_bar().encode(x="value:Q", y="word:N")
    svg = save(chart, tmp_path / "chart.svg").read_text()
    assert "fo\ufffdod" in svg
    assert sign not in svg
    assert save(chart, tmp_path / "chart.png").stat().st_size > 0


def test_dark_is_dark_in_every_format(strip, tmp_path):
    spec = json.loads(save(strip, tmp_path / "a.json", dark=True).read_text())
    assert spec["config"]["background"] == DARK_PAPER
    assert f'fill="{DARK_PAPER}"' in save(strip, tmp_path / "a.svg", dark=True).read_text()
    page = save(strip, tmp_path / "a.html", dark=True).read_text()
    assert "color-scheme: dark" in page
    assert "color-scheme: light" in save(strip, tmp_path / "b.html").read_text()


def test_joined_charts_are_one(strip, study, tmp_path):
    both = strip & seed_agreement_heatmap(study.by_method["kernel_shap"])
    assert (
        svg_size(save(both, tmp_path / "a.svg").read_text())[1]
        > svg_size(save(strip, tmp_path / "b.svg").read_text())[1]
    )
    said = strip.to_dict()["title"]["text"]
    title = re.search("<title>(.*)</title>", save(both, tmp_path / "a.html").read_text())[1]
    assert title == (said if isinstance(said, str) else " ".join(said))


def test_titles_are_found():
    assert title_of({"title": "Plain"}) == "Plain"
    assert title_of({"vconcat": [{}, {"hconcat": [{"title": {"text": "Inside"}}]}]}) == "Inside"
    assert title_of({}) == ""


@pytest.mark.parametrize("name", ["chart", "chart.jpg", "chart.html.txt"])
def test_other_endings_are_refused(strip, tmp_path, name):
    with pytest.raises(InputError, match=r"ends in \.png, \.svg, \.pdf, \.html, \.json, got"):
        save(strip, tmp_path / name)
    assert not (tmp_path / name).exists()


def test_what_is_no_chart_is_refused(tmp_path):
    for thing in (3, [1], Checklist, None):
        with pytest.raises(InputError, match=r"Expected a chart, or a table.*join several"):
            save(thing, tmp_path / "a.html")


def test_wrong_measures_are_refused(strip, tmp_path):
    with pytest.raises(InputError, match="scale to be a finite number above zero"):
        save(strip, tmp_path / "a.png", scale=0)
    with pytest.raises(InputError, match="width to be a finite number above zero"):
        save(strip, tmp_path / "a.png", width=-3)
    with pytest.raises(InputError, match=r"width for a picture.*got width=300 for a \.html file"):
        save(strip, tmp_path / "a.html", width=300)
    with pytest.raises(InputError, match="dark to be True or False"):
        save(strip, tmp_path / "a.png", dark="yes")


def test_a_checklist_is_a_page_only(tmp_path):
    table = Checklist([ROW])
    page = save(table, tmp_path / "list.html").read_text()
    assert "<title>Checklist: 1 passed</title>" in page
    assert "Do the &lt;seeds&gt; agree?" in page
    assert "script-src &#39;none&#39;" in page
    with pytest.raises(InputError, match=r"ends in \.html and light paper for a Checklist, got"):
        save(table, tmp_path / "list.png")
    with pytest.raises(InputError, match=r"got dark=True\. Write it as a page"):
        save(table, tmp_path / "list.html", dark=True)


def test_other_html_is_a_page_too(tmp_path):
    table = SimpleNamespace(_repr_html_=lambda: "<p>Here</p>")
    assert "<p>Here</p>" in save(table, tmp_path / "a.html").read_text()


def test_words_cannot_leave_their_place_in_the_page(tmp_path):
    chart = alt.Chart(
        alt.InlineData(values=[{"a": "</script><b>", "n": 1}]),
        title="</title><script>alert(1)</script>",
        description='"><script>',
    ).mark_point()
    page = save(chart.encode(x="a:N"), tmp_path / "a.html").read_text()
    assert "<script>alert" not in page
    assert "</script><b>" not in page
    assert '"><script>' not in page


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True])
def test_the_page_is_live_and_asks_no_one(open_page, tmp_path, dark):
    rows = pd.DataFrame({"kind": list("aabbb"), "x": range(5)})
    kind = alt.param(value="a", bind=alt.binding_select(options=["a", "b"], name="Kind "))
    points = alt.Chart(alt.NamedData("rows"), title="Points", width=900).mark_point(size=200)
    points = points.encode(x="x:Q", tooltip=["kind:N", alt.Tooltip("x:Q", title="Value of x")])
    points = points.add_params(kind).transform_filter(f"datum.kind === {kind.name}")
    chart = themed(with_tables(points, {"rows": rows}))
    opened = open_page(save(chart, tmp_path / "a.html", dark=dark), width=400)
    marks = opened.page.locator("g.mark-symbol path")
    marks.nth(1).wait_for()
    assert marks.count() == 2
    opened.page.locator("select").select_option("b")
    marks.nth(2).wait_for()
    marks.first.hover()
    tooltip = opened.page.locator("#vg-tooltip-element.visible")
    assert "Value of x" in tooltip.inner_text()
    paper = tooltip.evaluate("e => getComputedStyle(e).backgroundColor")
    assert paper == ("rgb(23, 23, 26)" if dark else "rgb(255, 255, 255)")
    # What is wider than the window scrolls inside of it.
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 400
    assert opened.problems == []
    assert [url for url in opened.requests if not url.startswith(("file:", "data:"))] == []


NOTE = "How to read it: every dot is a seed, and those of one row stand beside one another."
FINDING = ["The seeds agree on the sign of all attributions but", "not on their order"]
# Where the lines of titles end, in pixels from the left of the window, and what they say.
TITLE_LINES = (
    """lines => lines.map(line => [line.getBoundingClientRect().right, line.textContent])"""
)


def titled_chart(width):
    title = alt.Title(FINDING, subtitle=[NOTE, "Dark: all."])
    points = alt.Chart(alt.NamedData("rows"), title=title, width=width).mark_point()
    return with_tables(points.encode(x="x:Q"), {"rows": pd.DataFrame({"x": range(5)})})


def title_lines(opened):
    opened.page.locator(".role-title-text").first.wait_for()
    found = opened.page.locator(".role-title tspan").evaluate_all(TITLE_LINES)
    return [end for end, _ in found], " ".join(line for _, line in found)


@pytest.mark.browser
@pytest.mark.parametrize("joined", [False, True])
def test_a_narrow_window_breaks_titles_and_scrolls_the_chart(open_page, tmp_path, joined):
    chart = themed(titled_chart(520))
    path = save(chart & themed(titled_chart(300)) if joined else chart, tmp_path / "a.html")
    opened = open_page(path, width=400)
    ends, told = title_lines(opened)
    assert max(ends) <= 400
    assert told == " ".join([*FINDING, NOTE, "Dark: all."] * (1 + joined))
    hint = opened.page.locator("#wider")
    assert hint.is_visible()
    frame = opened.page.locator("#chart")
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 400
    frame.evaluate("frame => frame.scrollTo(10000, 0)")
    end = opened.page.locator("#chart svg").evaluate("e => e.getBoundingClientRect().right")
    assert end <= 400
    opened.page.set_viewport_size({"width": 1100, "height": 800})
    hint.wait_for(state="hidden")
    title = opened.page.locator(".role-title-text").first
    assert title.locator("tspan").all_text_contents() == FINDING
    assert opened.problems == []


@pytest.mark.browser
def test_the_map_of_all_methods_is_live_as_a_page(the_scene, open_page, tmp_path):
    opened = open_page(save(explanation_map(the_scene), tmp_path / "map.html"))
    opened.page.locator("#chart svg").wait_for()
    assert opened.page.locator("#chart select").count() >= 1
    assert [said for said in opened.problems if not said.startswith("WARN")] == []


@pytest.mark.browser
def test_the_page_reads_long_tables_as_vega_does(open_page, tmp_path):
    # A long table travels as CSV, which Vega reads by making code: the policy forbids that.
    names = ["plain", 'with "quotes", and a comma', "two\nlines", " ends in space "] * 150
    table = pd.DataFrame({"name": names, "x": [1.5, None, -2.25e-7, 40] * 150, "on": [True] * 600})
    table["y"] = range(600)
    encoded = {"x": "x:Q", "y": "y:Q", "description": alt.Description("name:N")}
    points = alt.Chart(alt.NamedData("points")).mark_point().encode(**encoded)
    chart = themed(with_tables(points.transform_filter("datum.on"), {"points": table}))
    path = save(chart, tmp_path / "long.html")
    assert '"type":"csv"' in path.read_text()
    opened = open_page(path)
    marks = opened.page.locator("g.mark-symbol path")
    marks.first.wait_for(state="attached")
    assert marks.count() == int(table["x"].notna().sum())
    said = marks.evaluate_all("marks => marks.slice(0, 3).map((m) => m.getAttribute('aria-label'))")
    assert said == [names[0], names[2], names[3]]
    assert opened.problems == []


@pytest.mark.browser
def test_a_checklist_opens_without_complaint(open_page, tmp_path):
    opened = open_page(save(Checklist([ROW]), tmp_path / "list.html"))
    badge = opened.page.locator(".badge").first
    assert badge.evaluate("e => getComputedStyle(e).color") == "rgb(29, 107, 74)"
    assert opened.problems == []
