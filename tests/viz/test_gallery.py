import ast
import importlib.util
import inspect
import sys
from pathlib import Path

import pytest

import xaigeo.viz

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(p for p in (ROOT / "examples" / "gallery").glob("*.py") if p.stem != "study")
# Public functions that draw nothing of their own.
NO_CHARTS = {"enable_notebook", "report", "save", "themed", "darkened"}


@pytest.fixture(scope="module")
def gallery():
    spec = importlib.util.spec_from_file_location("gallery", ROOT / "scripts" / "gallery.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["gallery"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["gallery"]


@pytest.fixture(scope="module")
def built(gallery, tmp_path_factory):
    """The whole gallery: that it can be built is the test of every example."""
    folder = tmp_path_factory.mktemp("gallery")
    with pytest.MonkeyPatch.context() as patch:
        # Pixels take half of the time; `test_chosen_examples_alone` has all of them.
        patch.setattr(gallery, "SCALE", 0.25)
        assert gallery.main(["--to", str(folder)]) == 0
    return folder


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_asks_a_question_and_draws_its_answer(path):
    tree = ast.parse(path.read_text())
    question, *reading = (ast.get_docstring(tree) or "").splitlines()
    assert question.endswith("?")
    assert len(" ".join(reading)) > 40
    drawn = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert [node.name for node in drawn if node.name == "draw"] == ["draw"]
    assert [argument.arg for argument in drawn[-1].args.args] == ["study"]


def test_every_public_chart_has_an_example():
    public = {
        name
        for name in xaigeo.viz.__all__
        if inspect.isfunction(getattr(xaigeo.viz, name)) and name not in NO_CHARTS
    }
    used = {
        getattr(node.func, "attr", getattr(node.func, "id", None))
        for path in EXAMPLES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
    }
    assert public - used == set()


def test_the_contents_name_examples_that_exist_once(gallery):
    placed = [name for names in gallery.PARTS.values() for name in names]
    assert len(placed) == len(set(placed))
    assert set(placed) <= {path.stem for path in EXAMPLES}
    found = [entry.name for entry in gallery.find_entries()]
    assert [name for name in found if name in placed] == placed


def test_chosen_examples_alone(gallery, tmp_path, capsys):
    assert gallery.main(["--only", "seed_accuracies", "checklist", "--to", str(tmp_path)]) == 0
    page = (tmp_path / "index.html").read_text()
    assert 'id="seed_accuracies"' in page
    assert 'id="attribution_strip"' not in page
    assert (tmp_path / "png" / "seed_accuracies-dark.png").stat().st_size > 1000
    assert (tmp_path / "html" / "checklist.html").stat().st_size > 1000
    assert gallery.main(["--only", "no_such", "--to", str(tmp_path)]) == 1
    assert "No example no_such. There are: explanation_map" in capsys.readouterr().err


def test_the_page_holds_questions_code_and_pictures(gallery, built):
    page = (built / "index.html").read_text()
    for entry in gallery.find_entries():
        assert page.count(f'href="#{entry.name}"') == 2
        assert f'id="{entry.name}"' in page
        assert "def draw(study):" in entry.code
    for address in {part.split('"')[0] for part in page.split('<a href="')[1:]}:
        assert address.startswith("#") or (built / address).stat().st_size > 500
    assert "`" not in page.split("<script")[0].replace("<pre", "")


@pytest.mark.browser
def test_the_page_draws_what_comes_near_and_asks_no_one(built, open_page):
    opened = open_page(built / "index.html")
    places = opened.page.locator("[data-chart]")
    assert places.locator("svg.marks").count() < places.count()
    for at in range(places.count()):
        places.nth(at).scroll_into_view_if_needed()
        places.nth(at).locator("svg.marks").first.wait_for(state="attached")
    for width in (1280, 400):
        opened.page.set_viewport_size({"width": width, "height": 900})
        needed = opened.page.evaluate("document.documentElement.scrollWidth")
        assert needed <= width, f"at a width of {width}"
    assert [said for said in opened.problems if not said.startswith("WARN")] == []
    assert [url for url in opened.requests if not url.startswith(("file:", "data:"))] == []


@pytest.mark.browser
def test_charts_follow_the_colour_scheme(built, open_page):
    opened = open_page(built / "index.html")
    title = opened.page.locator("#attribution_strip text", has_text="Row").first
    opened.page.locator("#attribution_strip").scroll_into_view_if_needed()
    assert title.get_attribute("fill") == "#1c1b19"
    opened.page.emulate_media(color_scheme="dark")
    opened.page.locator("#attribution_strip text[fill='#f2efe9']").first.wait_for()
    background = opened.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(23, 23, 26)"
    assert [said for said in opened.problems if not said.startswith("WARN")] == []
