import base64
import re
import sys
from types import ModuleType, SimpleNamespace

import altair as alt
import pytest

from xaigeo.errors import InputError
from xaigeo.viz import attribution_strip, enable_notebook, explanation_map
from xaigeo.viz.dark import DARK_PAPER
from xaigeo.viz.notebook import bundle_html, chart_html, notebook_renderer


@pytest.fixture
def renderer_restored():
    with alt.renderers.enable("html"):
        yield


@pytest.fixture
def shown(monkeypatch, renderer_restored):
    """What a notebook was given to display."""
    outputs = []
    display = ModuleType("IPython.display")
    display.HTML = lambda text: text
    display.display = outputs.append
    monkeypatch.setitem(sys.modules, "IPython", ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    return outputs


@pytest.fixture
def strip(study):
    return attribution_strip(study.by_method["kernel_shap"])


def write(path, *parts):
    path.write_text(f"<!doctype html><meta charset=utf-8><body>{''.join(parts)}</body>")
    return path


def test_outside_of_a_notebook_it_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython.display", None)
    with pytest.raises(InputError, match=r"Expected a notebook.*xaigeo\.viz\.save\(chart"):
        enable_notebook()


def test_unknown_options_are_refused():
    with pytest.raises(InputError, match="script to be one of 'once', 'every_chart'"):
        enable_notebook(script="never")
    with pytest.raises(InputError, match="dark to be True or False"):
        enable_notebook(dark=1)


def test_enabling_shows_the_script_once_and_sets_the_renderer(shown):
    enable_notebook()
    assert alt.renderers.active == "xaigeo"
    assert shown == [bundle_html()]


def test_the_script_of_every_chart_stands_in_it(shown, strip):
    enable_notebook(script="every_chart")
    assert shown == []
    alone = strip._repr_mimebundle_()[0]["text/html"]
    assert len(alone) > 500_000
    enable_notebook()
    assert len(strip._repr_mimebundle_()[0]["text/html"]) < 100_000


def test_dark_charts_are_dark(shown, strip):
    enable_notebook(dark=True)
    html = strip._repr_mimebundle_()[0]["text/html"]
    assert DARK_PAPER in base64.b64decode(re.search('base64,([^"]+)', html)[1]).decode()
    assert f'"background":"{DARK_PAPER}"' in html


@pytest.mark.parametrize("running", [True, False])
def test_marimo_draws_by_itself(monkeypatch, shown, running):
    marimo = SimpleNamespace(running_in_notebook=lambda: running)
    monkeypatch.setitem(sys.modules, "marimo", marimo)
    enable_notebook()
    assert (alt.renderers.active == "xaigeo") is not running
    assert bool(shown) is not running


def test_a_chart_is_a_picture_with_its_words(the_scene):
    spec = explanation_map(the_scene, methods=["lime"]).to_dict()
    output, metadata = notebook_renderer(spec)
    assert output["text/plain"] == spec["description"]
    assert 'src="data:image/svg+xml;base64,' in output["text/html"]
    assert "http://" not in output["text/html"].replace("http://www.w3.org", "")
    png = base64.b64decode(output["image/png"])
    assert png.startswith(b"\x89PNG")
    assert metadata["image/png"]["width"] == int.from_bytes(png[16:20], "big") // 2


def test_joined_charts_are_described_by_their_parts(strip):
    output, _ = notebook_renderer((strip | strip).to_dict())
    said = strip.to_dict()["description"]
    assert output["text/plain"] == f"{said} {said}"
    assert f'alt="{said} {said}"' in output["text/html"]


def test_words_cannot_leave_their_place(strip):
    spec = strip.to_dict() | {"description": '"><script>alert(1)</script>'}
    html = chart_html(spec)
    assert "<script>alert" not in html
    assert html.count("</script>") == 2


@pytest.mark.browser
@pytest.mark.parametrize("first", ["chart", "script"])
def test_a_chart_comes_alive_without_a_network(the_scene, study, open_page, tmp_path, first):
    spec = explanation_map(the_scene, instance=study.X.index[0], methods=["lime"]).to_dict()
    # A front end may draw its cells in any order.
    parts = [chart_html(spec), bundle_html()]
    opened = open_page(write(tmp_path / "notebook.html", *parts[:: 1 if first == "chart" else -1]))
    # Marks are called by the place of their layer, choices by a name that no other chart has.
    names = [unit["data"]["name"] for unit in spec["layer"]]
    place = next(k for k, name in enumerate(names) if name.startswith("lines_"))
    pick = next(p for p in spec["params"] if "select" in p)
    lines = opened.page.locator(f"g.layer_{place}_marks > line")
    lines.first.wait_for(state="attached")
    own = the_scene.lines["instance"].eq(study.X.index[0]).sum()
    assert lines.count() == own
    other = study.X.index[3]
    listed = f"select[name={pick['name']}_instance]"
    opened.page.locator(listed).select_option(str(other))
    opened.page.wait_for_function(
        f"document.querySelectorAll('g.layer_{place}_marks > line').length"
        f" === {the_scene.lines['instance'].eq(other).sum()}"
    )
    third = list(the_scene.instances["instance"]).index(study.X.index[2])
    opened.page.locator(f"g.{pick['views'][0]}_marks > path").nth(third).click()
    opened.page.wait_for_function(
        f"document.querySelector('{listed}').selectedOptions[0].text === '{study.X.index[2]}'"
    )
    assert opened.problems == []
    assert [url for url in opened.requests if not url.startswith(("file:", "data:"))] == []


@pytest.mark.browser
def test_several_charts_wait_for_the_script(strip, open_page, tmp_path):
    charts = [chart_html(strip.to_dict()) for _ in range(3)]
    opened = open_page(write(tmp_path / "a.html", *charts[:2], charts[1], bundle_html(), charts[2]))
    opened.page.locator("div[data-xaigeo] svg").nth(3).wait_for()
    # The second output is shown twice, as in a second view of the same notebook.
    assert opened.page.locator("div[data-xaigeo] svg").count() == 4
    assert opened.page.locator("div[data-xaigeo] img").count() == 0
    assert opened.page.locator("[data-xaigeo-said]").inner_text() == "Charts are live."
    assert opened.problems == []


@pytest.mark.browser
def test_without_the_script_the_picture_stays(strip, open_page, tmp_path):
    opened = open_page(write(tmp_path / "a.html", chart_html(strip.to_dict())))
    picture = opened.page.locator("div[data-xaigeo] img")
    assert picture.evaluate("e => e.complete && e.naturalWidth") > 300
    assert opened.problems == []


@pytest.mark.browser
def test_a_chart_with_its_own_script_needs_no_other(strip, open_page, tmp_path):
    html = chart_html(strip.to_dict(), script="every_chart")
    opened = open_page(write(tmp_path / "a.html", html))
    opened.page.locator("div[data-xaigeo] svg").wait_for()
    assert opened.problems == []
