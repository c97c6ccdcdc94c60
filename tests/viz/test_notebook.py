import sys
from types import ModuleType

import altair as alt
import pytest

from xaigeo.errors import InputError
from xaigeo.viz import enable_notebook, explanation_map
from xaigeo.viz.notebook import bundle_html, chart_html, notebook_renderer


@pytest.fixture
def renderer_restored():
    with alt.renderers.enable("html"):
        yield


def test_outside_of_a_notebook_it_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython.display", None)
    with pytest.raises(InputError, match=r"Expected a notebook.*chart\.save"):
        enable_notebook()


def test_enabling_shows_the_script_once_and_sets_the_renderer(monkeypatch, renderer_restored):
    shown = []
    display = ModuleType("IPython.display")
    display.HTML = lambda text: text
    display.display = shown.append
    monkeypatch.setitem(sys.modules, "IPython", ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    enable_notebook()
    assert alt.renderers.active == "xaigeo"
    assert shown == [bundle_html()]


def test_a_chart_is_a_picture_with_its_words(the_scene):
    spec = explanation_map(the_scene, methods=["lime"]).to_dict()
    output = notebook_renderer(spec)
    assert output["text/plain"] == spec["description"]
    assert 'src="data:image/svg+xml;base64,' in output["text/html"]
    assert "http://" not in output["text/html"].replace("http://www.w3.org", "")


@pytest.mark.browser
def test_a_chart_comes_alive_without_a_network(the_scene, study, open_page, tmp_path):
    spec = explanation_map(the_scene, instance=study.X.index[0], methods=["lime"]).to_dict()
    page = tmp_path / "notebook.html"
    # A notebook may show the chart before the script has come: the order is turned round.
    body = f"<body>{chart_html(spec)}{bundle_html()}</body>"
    page.write_text(f"<!doctype html><meta charset=utf-8>{body}")
    opened = open_page(page)
    lines = opened.page.locator("g.lines_marks > line")
    lines.first.wait_for(state="attached")
    own = the_scene.lines["instance"].eq(study.X.index[0]).sum()
    assert lines.count() == own
    other = study.X.index[3]
    opened.page.locator("select[name=pick_instance]").select_option(str(other))
    opened.page.wait_for_function(
        f"document.querySelectorAll('g.lines_marks > line').length"
        f" === {the_scene.lines['instance'].eq(other).sum()}"
    )
    third = list(the_scene.instances["instance"]).index(study.X.index[2])
    opened.page.locator("g.rows_marks > path").nth(third).click()
    opened.page.wait_for_function(
        "document.querySelector('select[name=pick_instance]').selectedOptions[0].text"
        f" === '{study.X.index[2]}'"
    )
    assert opened.problems == []
    assert [url for url in opened.requests if not url.startswith(("file:", "data:"))] == []
