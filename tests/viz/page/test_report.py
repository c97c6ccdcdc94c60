import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import xaigeo as xg
from tests.drawn_charts import wait_for_charts
from xaigeo.audit import Audit
from xaigeo.audit.finding import Finding
from xaigeo.checks import Check
from xaigeo.checks.check import SHAPES
from xaigeo.errors import InputError
from xaigeo.explanations import Anchors, Counterfactuals
from xaigeo.viz import report
from xaigeo.viz.map_tables import drawn_tables
from xaigeo.viz.method_words import written_rule

NASTY = "</script><script>window.hacked=1</script>"
LIMIT = 3_000_000
# The table of each method, the layer that draws a mark for each of its rows, and its element.
MARKS = {
    "lime": ("lines", "g.lines_marks > line"),
    "kernel_shap": ("vectors", "g.shafts_marks > line"),
    "integrated_gradients": ("vectors", "g.shafts_marks > line"),
    "anchors": ("boxes", "g.boxes_marks > path"),
    "counterfactuals": ("connectors", "g.ways_marks > line"),
}


def settle(page, **state):
    """Wait until the page shows a state."""
    wanted = {name: json.dumps(value) for name, value in state.items()}
    conditions = " && ".join(f"shown.{name} === {value}" for name, value in wanted.items())
    page.wait_for_function(
        f"() => {{ const shown = JSON.parse(document.body.dataset.shown ?? '{{}}');"
        f" return {conditions or 'shown.row !== undefined'}; }}",
        polling=100,
    )


def come_to_rest(page):
    """Wait until the page shows a state, and all its charts."""
    settle(page)
    wait_for_charts(page)


@pytest.fixture
def opened(written, open_page):
    opened = open_page(written)
    come_to_rest(opened.page)
    return opened


@pytest.mark.browser
def test_no_error_and_no_request_but_the_file(opened, written):
    opened.page.wait_for_timeout(300)
    assert opened.problems == []
    assert opened.requests == [f"file://{written}"]


@pytest.mark.browser
def test_every_chart_is_drawn(opened):
    assert opened.page.locator("[data-chart] svg.marks").count() >= 10


@pytest.mark.browser
@pytest.mark.parametrize("method", MARKS)
def test_marks_are_the_rows_of_the_scene(opened, study, the_scene, method):
    place = [e.method for e in study.explanations].index(method)
    row = study.X.index[2]
    page = opened.page
    page.locator(f"[data-method='{place}']").click()
    page.locator("#row").select_option("2")
    settle(page, method=place, row=2)
    name, element = MARKS[method]
    table = drawn_tables(the_scene)[name]
    own = table[(table["method"] == method) & (table["instance"] == row)]
    assert len(own) > 0
    assert page.locator(element).count() == len(own)
    page.locator("#seed").select_option("consensus")
    settle(page, seeds="consensus")
    assert page.locator(element).count() == (own["layer"] != "seed").sum()
    page.locator("#seed").select_option("3")
    settle(page, seeds="3")
    assert page.locator(element).count() == (own["seed"] == 3).sum()


@pytest.mark.browser
def test_rows_that_obey_the_rule_stand_out(opened, study, the_scene):
    page = opened.page
    page.locator("[data-method='3']").click()
    page.locator("#row").select_option("2")
    settle(page, method=3, row=2)
    members = the_scene.box_members
    own = members[members["instance"] == study.X.index[2]]

    def strong():
        return page.evaluate(
            "[...document.querySelectorAll('g.data_marks > path')].flatMap((e, n) =>"
            " Number(e.getAttribute('opacity')) > 0.5 ? [n] : [])"
        )

    common = own[own["layer"] == "intersection"]
    assert len(common) == 1
    assert strong() == list(common["background_rows"].iloc[0])
    page.locator("#seed").select_option("3")
    settle(page, seeds="3")
    assert strong() == list(own[own["seed"] == 3]["background_rows"].iloc[0])
    page.locator("[data-method='0']").click()
    settle(page, method=0)
    assert strong() == []


@pytest.mark.browser
def test_hiding_seeds_warns_of_nothing(opened):
    page = opened.page
    for method in (0, 1, 2):
        page.locator(f"[data-method='{method}']").click()
        for seeds in ("consensus", "1", "all"):
            page.locator("#seed").select_option(seeds)
            settle(page, method=method, seeds=seeds)
    page.wait_for_timeout(300)
    assert opened.problems == []


@pytest.mark.browser
def test_paper_shows_what_is_folded(opened):
    page = opened.page
    folded = page.locator("details:not([open])").count()
    assert folded > 0
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    assert page.locator("#all-rows tbody tr").count() > 0
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("details:not([open])").count() == folded


@pytest.mark.browser
def test_all_methods_together(opened, study, the_scene):
    opened.page.locator("[data-method='-1']").click()
    settle(opened.page, method=-1)
    one = int(opened.page.locator("#row").input_value())
    for method, (name, element) in MARKS.items():
        table = drawn_tables(the_scene)[name]
        count = (table["instance"] == study.X.index[one]).sum()
        assert opened.page.locator(element).count() == count, method


@pytest.mark.browser
def test_picking_by_list_changes_map_and_panels(opened, study):
    page = opened.page
    page.locator("#row").select_option("4")
    settle(page, row=4)
    label = study.X.index[4]
    assert page.locator("#row-sentence").inner_text().startswith(f"Row {label}. ")
    values = page.locator("#values dd").all_inner_texts()
    assert values[0] == f"{study.X['bill_length_mm'].iloc[4]:.4g} mm"
    ring = page.locator("g.ring_marks > path")
    assert ring.count() == 1
    chosen = page.locator("g.rows_marks > path").nth(4)
    assert ring.get_attribute("transform") == chosen.get_attribute("transform")
    assert f"Row {label}." in page.locator("#map").get_attribute("aria-label")


@pytest.mark.browser
def test_picking_by_click_changes_the_list_and_the_panels(opened, study):
    page = opened.page
    first = int(page.locator("#row").input_value())
    other = next(i for i in (5, 3) if i != first)
    page.locator("g.rows_marks > path").nth(other).click()
    settle(page, row=other)
    assert page.locator("#row").input_value() == str(other)
    assert page.locator("#row-sentence").inner_text().startswith(f"Row {study.X.index[other]}. ")


@pytest.mark.browser
def test_the_keyboard_reaches_everything(opened):
    page = opened.page
    page.locator("#row").focus()
    before = page.locator("#row").input_value()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "previous"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("#row").input_value() != before
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.locator("[data-method='1']").get_attribute("aria-pressed") == "true"
    assert page.locator("[data-method='0']").get_attribute("aria-pressed") == "false"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


@pytest.mark.browser
def test_the_strip_shows_a_dot_a_seed_and_feature(opened, study):
    page = opened.page
    n = len(study.model.schema.names)
    page.locator("#strip path").first.wait_for(state="attached")
    dots = page.locator("#strip g.mark-symbol.role-mark > path")
    assert dots.count() == n * study.model.n_seeds
    page.locator("#seed").select_option("consensus")
    settle(page, seeds="consensus")
    page.wait_for_function(
        "() => document.querySelectorAll('#strip g.mark-symbol.role-mark > path').length === 0"
    )


@pytest.mark.browser
def test_the_strip_keeps_features_in_falling_order(opened, study):
    page = opened.page
    shap = study.by_method["kernel_shap"]
    page.locator("[data-method='1']").click()
    for place in (0, 1, 2, 1):
        page.locator("#row").select_option(str(place))
        settle(page, row=place, method=1)
        output = np.bincount(shap.predicted[:, place]).argmax()
        median = np.median(shap.array("attribution")[:, place, :, output], axis=0)
        wanted = [shap.features[j] for j in np.argsort(-np.abs(median))]
        page.wait_for_function(
            "(wanted) => [...document.querySelectorAll('#strip g.role-axis-label text')]"
            ".map((e) => [new DOMMatrix(getComputedStyle(e).transform).f, e.textContent])"
            ".filter(([, text]) => text.includes(' = ')).sort((a, b) => a[0] - b[0])"
            ".map(([, text]) => text.split(' = ')[0]).join() === wanted.join()",
            arg=wanted,
        )


@pytest.mark.browser
def test_axes_change_with_the_columns(opened, study):
    page = opened.page
    page.locator("#x").select_option("1")
    page.locator("#y").select_option("3")
    settle(page, x=1, y=3)
    titles = page.locator("#map g.role-axis-title text").all_text_contents()
    assert sorted(titles) == ["bill_depth_mm (mm)", "body_mass_g (g)"]
    page.locator("[data-method='3']").click()
    settle(page, method=3)
    scene = xg.scene(study.explanations, view=("bill_depth_mm", "body_mass_g"))
    row = study.X.index[int(page.locator("#row").input_value())]
    boxes = drawn_tables(scene)["boxes"]
    assert page.locator("g.boxes_marks > path").count() == (boxes["instance"] == row).sum()
    # The same column twice is no plane: the two change places.
    page.locator("#x").select_option("3")
    settle(page, x=3, y=1)
    assert opened.problems == []


@pytest.mark.browser
def test_a_tour_moves_points_and_marks_and_stops(opened):
    page = opened.page
    page.locator("[data-method='1']").click()
    page.locator("#view").select_option("tour:0")
    settle(page, view="tour:0", frame=0)
    assert page.locator("#pair").is_hidden()

    def places():
        return page.evaluate(
            "[...document.querySelectorAll('g.data_marks > path, g.shafts_marks > line')]"
            ".map((e) => e.getAttribute('transform') + e.getAttribute('x2'))"
        )

    start = places()
    page.locator("#frame").fill("20")
    settle(page, frame=20)
    moved = places()
    assert len(moved) == len(start)
    assert sum(a != b for a, b in zip(start, moved, strict=True)) > 0.9 * len(start)
    page.locator("#play").click()
    page.wait_for_function("() => JSON.parse(document.body.dataset.shown).frame > 22")
    page.locator("#play").click()
    assert page.locator("#play").get_attribute("aria-pressed") == "false"
    page.wait_for_timeout(300)
    still = page.evaluate("xaigeoReport.state.frame")
    page.wait_for_timeout(300)
    assert page.evaluate("xaigeoReport.state.frame") == still
    assert float(page.locator("#frame").input_value()) == pytest.approx(still, abs=0.5)
    page.locator("#frame").fill("0")
    settle(page, frame=0)
    assert places() == start
    assert page.locator("#plane-axes").inner_text().startswith("→ ")
    assert opened.problems == []


@pytest.mark.browser
def test_every_view_draws_every_method(opened):
    page = opened.page
    views = page.locator("#view option").evaluate_all("(all) => all.map((e) => e.value)")
    assert {"pair", "pca", "explanations", "tour:0"} <= set(views)
    for view in views:
        page.locator("#view").select_option(view)
        for method in (-1, 0, 1, 3, 4):
            page.locator(f"[data-method='{method}']").click()
            settle(page, view=view, method=method)
    assert opened.problems == []


@pytest.mark.browser
def test_an_answer_can_be_named(opened, study):
    page = opened.page
    page.locator("[data-method='1']").click()
    page.locator("#row").select_option("2")
    page.locator("#output").select_option("1")
    settle(page, output=1, row=2, method=1)
    shap = study.by_method["kernel_shap"]
    values = shap.array("attribution")[:, 2, 0, 1]
    drawn = page.evaluate(
        "xaigeoReport.drawnTables().tables.vectors.filter((v) => v.layer === 'seed'"
        " && v.feature === 'bill_length_mm').map((v) => v.attribution)"
    )
    assert drawn == pytest.approx(values.tolist(), abs=1e-4)
    assert f"“{study.model.classes[1]}”" in page.locator("#why-title").inner_text()


@pytest.mark.browser
@pytest.mark.parametrize("view", ["pair", "pca"])
def test_zooming_in_shows_the_same_marks_larger(opened, view):
    page = opened.page
    page.locator("#view").select_option(view)
    for method in (1, 4):
        page.locator(f"[data-method='{method}']").click()
        settle(page, view=view, method=method)
        whole = page.evaluate("xaigeoReport.drawnTables()")
        page.locator("#zoom").click()
        settle(page, zoom=True)
        near = page.evaluate("xaigeoReport.drawnTables()")
        (x1, y1), (x2, y2) = near["limits"]
        assert x2 - x1 < whole["limits"][1][0] - whole["limits"][0][0]
        name = "vectors" if method == 1 else "connectors"
        assert near["tables"][name] == whole["tables"][name]
        for row in near["tables"][name]:
            assert x1 <= row["x2"] <= x2
            assert y1 <= row["y2"] <= y2
        page.locator("#zoom").click()
        settle(page, zoom=False)
    assert opened.problems == []


@pytest.mark.browser
def test_a_click_on_a_tile_leads_to_its_row(opened, study):
    page = opened.page
    tile = page.locator("#differences .mark-text:not(.role-legend-label) text").first
    tile.wait_for(state="attached")
    drawn = page.evaluate(
        "Object.values(JSON.parse(document.getElementById('report-data').textContent)"
        ".charts['differences-pictures-0'].datasets).flat().find((r) => r.letter).instance"
    )
    tile.click()
    page.wait_for_function(
        f"() => document.getElementById('row-sentence').textContent.startsWith('Row {drawn}. ')"
    )


@pytest.mark.browser
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


@pytest.mark.browser
def test_all_rows_as_a_table(opened, study):
    page = opened.page
    page.locator("#everything > summary").click()
    lines = page.locator("#all-rows tbody tr")
    lines.first.wait_for()
    assert lines.count() == len(study.X)
    page.get_by_role("button", name="bill_length_mm (mm)").click()
    place = page.locator("#all-rows thead th").all_inner_texts().index("bill_length_mm (mm) ↑")
    shown = [
        float(t)
        for t in page.locator(f"#all-rows tbody td:nth-child({place + 1})").all_inner_texts()
    ]
    assert shown == pytest.approx(sorted(study.X["bill_length_mm"]))
    first = lines.first.locator("button")
    label = first.inner_text()
    first.click()
    assert page.locator("#row-sentence").inner_text().startswith(f"Row {label}. ")
    assert page.locator("#all-rows tr[aria-current]").count() == 1
    page.locator("#filter").fill("nothing is called this")
    assert lines.count() == 0
    assert page.locator("#n-rows").inner_text() == f"0 of {len(study.X)} rows"
    page.locator("#filter").fill("")
    with page.expect_download() as download:
        page.locator("#save-rows").click()
    saved = download.value.path().read_text().splitlines()
    assert len(saved) == len(study.X) + 1
    assert '"Row"' in saved[0]
    assert opened.problems == []


@pytest.mark.browser
def test_arrow_keys_on_the_map_go_from_row_to_row(opened):
    page = opened.page
    before = page.locator("#row").input_value()
    page.locator("#map").focus()
    page.keyboard.press("ArrowRight")
    after = page.locator("#row").input_value()
    assert after != before
    page.keyboard.press("ArrowLeft")
    assert page.locator("#row").input_value() == before


@pytest.mark.browser
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


@pytest.mark.browser
def test_rules_and_changes_are_said_in_words(opened, study):
    page = opened.page
    page.locator("#seed").select_option("1")
    page.locator("[data-method='3']").click()
    page.locator("#row").select_option("0")
    settle(page, method=3, row=0, seeds="1")
    label = study.X.index[0]
    rule = study.by_method["anchors"].rule(1, label)
    assert page.locator("#why-table .text").all_inner_texts() == [written_rule(rule)]
    page.locator("[data-method='4']").click()
    settle(page, method=4)
    said = page.locator("#why-table .text").inner_text()
    found = study.by_method["counterfactuals"]
    changed = np.flatnonzero(found.array("changed")[1, 0, 0])
    assert said.count("→") == len(changed)
    assert all(found.features[j] in said for j in changed)


@pytest.mark.browser
def test_a_flagged_row_leads_to_the_explorer(study, make, open_page, tmp_path):
    model = make.linear_seeds(study.data.X, study.data.y, wobble=0.8)
    shap = make.attributions(model, study.data.X.iloc[::9], study.background, "kernel_shap")
    opened = open_page(report(shap, tmp_path / "r.html", views=[make.view]))
    come_to_rest(opened.page)
    link = opened.page.locator("[data-row]").last
    label = link.inner_text()
    link.click()
    opened.page.wait_for_function(
        f"() => document.getElementById('row-sentence').textContent.startsWith('Row {label}.')"
    )
    assert opened.page.locator("optgroup").first.get_attribute("label") == (
        "Same answer, different reasons"
    )


@pytest.mark.browser
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


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 768, 835, 960, 1100, 1125, 1400])
def test_nothing_sticks_out(written, open_page, width):
    opened = open_page(written, width=width, height=800)
    come_to_rest(opened.page)
    opened.page.wait_for_timeout(200)
    for k in range(-1, 5):
        opened.page.locator(f"[data-method='{k}']").click()
        settle(opened.page, method=k)
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
def test_markup_in_names_stays_text(make, study, open_page, tmp_path):
    column = f"bill {NASTY}"
    X = study.data.X.rename(columns={"bill_length_mm": column})
    X["island"] = X["island"].replace("Torgersen", NASTY)
    y = study.data.y.replace("Adelie", NASTY)
    model = make.linear_seeds(X, y)
    explanations = make.all_methods(model, X.iloc[::60], X.iloc[::4])
    audit = Audit(
        findings=(
            Finding(
                id="A1",
                question=NASTY,
                metric="m",
                status="fail",
                value=0.1,
                low=None,
                high=None,
                null=None,
                basis="own",
                source="s",
                maps_to=(NASTY,),
                unit="number",
                threshold={"pass": 1, "warn": None, "better": "higher", "settings": {}},
                reason=NASTY,
                evidence={},
            ),
        ),
        required=(),
        created_at="2026-01-01T00:00:00+00:00",
        about={},
    )
    path = report(
        explanations,
        tmp_path / "nasty.html",
        evaluation=make.evaluation_of(model, X, y),
        audit=audit,
        views=[(column, "flipper_length_mm")],
        title=NASTY,
        notes=NASTY,
    )
    opened = open_page(path)
    page = opened.page
    come_to_rest(page)
    for k in range(-1, 5):
        page.locator(f"[data-method='{k}']").click()
        settle(page, method=k)
        page.locator("#map g.rows_marks > path").first.hover()
    page.locator("#vg-tooltip-element.visible").wait_for()
    assert NASTY in page.locator("#vg-tooltip-element").inner_text()
    assert page.title() == NASTY
    assert page.locator("h1").inner_text() == NASTY
    assert page.evaluate("window.hacked") is None
    assert page.locator("script").count() == 3
    assert opened.problems == []


@pytest.mark.browser
def test_one_method_alone(study, make, open_page, tmp_path):
    for method in ("lime", "anchors", "counterfactuals"):
        explanation = study.by_method[method]
        opened = open_page(report(explanation, tmp_path / f"{method}.html"))
        come_to_rest(opened.page)
        assert opened.page.locator("#methods button").count() == 1
        assert opened.problems == []
    told = opened.page.locator(".finding").all_inner_texts()
    assert "Not told: the report was made without an audit." in told
    assert "Not told: the report was made without an evaluation on labelled rows." in told


@pytest.mark.browser
def test_regression(make, study, open_page, tmp_path):
    X = study.data.X[["bill_length_mm", "bill_depth_mm", "flipper_length_mm"]]
    model = make.regression_seeds(X)
    explanations = make.all_methods(model, X.iloc[:5], X.iloc[::5])
    evaluation = make.evaluation_of(model, X, study.data.X["body_mass_g"])
    opened = open_page(report(explanations, tmp_path / "r.html", evaluation=evaluation))
    come_to_rest(opened.page)
    assert opened.page.locator("#row-sentence").inner_text().startswith("Row ")
    assert "The seeds predict" in opened.page.locator("#row-sentence").inner_text()
    assert opened.page.locator("#answers tbody tr").count() == model.n_seeds
    assert opened.problems == []


@pytest.mark.browser
def test_without_two_numeric_columns_there_are_words_and_no_map(make, study, open_page, tmp_path):
    X = study.data.X[["bill_length_mm", "island", "sex"]]
    model = make.linear_seeds(X, study.data.y)
    explanations = make.all_methods(model, X.iloc[:5], X.iloc[::5])
    page = (opened := open_page(report(explanations, tmp_path / "r.html"))).page
    come_to_rest(page)
    assert page.locator("#map").count() == 0
    assert "only bill_length_mm is numeric" in page.locator("#reading").inner_text()
    for k, explanation in enumerate(explanations):
        page.locator("#methods button").nth(k).click()
        settle(page, method=k)
        if isinstance(explanation, Anchors):
            place = int(page.locator("#row").input_value())
            label = explanation.instances[place]
            rules = {written_rule(explanation.rule(seed, label)) for seed in explanation.seeds}
            said = set(page.locator("#why-table .text").all_text_contents())
            assert rules <= said
            assert len(said - rules) <= len(explanation.outputs)  # what all seeds share
        elif isinstance(explanation, Counterfactuals):
            assert page.locator("#why-table .text").count() > 0
        else:
            assert page.locator("#strip svg").count() == 1
    page.get_by_role("button", name="Next row").click()
    assert opened.problems == []


@pytest.mark.browser
def test_one_seed(study, make, open_page, tmp_path):
    lone = [e.sel(seed=[2]) for e in study.explanations]
    opened = open_page(report(lone, tmp_path / "one.html", views=[make.view]))
    come_to_rest(opened.page)
    assert "agreement needs at least two" in opened.page.locator("#reasons").inner_text()
    assert opened.problems == []


def test_twenty_seeds_and_a_hundred_rows_stay_small(make, study, tmp_path):
    model = make.linear_seeds(study.data.X, study.data.y, n_seeds=20)
    given = make.all_methods(model, study.data.X.iloc[:300:3], study.data.X.iloc[::2])
    path = report(given, tmp_path / "large.html", views=[make.view])
    assert path.stat().st_size < LIMIT


def test_explanations_of_other_columns_are_refused_before_anything_is_drawn(study, make, tmp_path):
    fewer = study.data.X.iloc[:, :3]
    model = make.linear_seeds(fewer, study.data.y)
    X, background = fewer.loc[study.X.index], fewer.loc[study.background.index]
    other = make.attributions(model, X, background, "lime")
    with pytest.raises(InputError, match="explanations of one ensemble, with the same features"):
        report([study.by_method["kernel_shap"], other], tmp_path / "r.html")


def test_errors(study, make, tmp_path):
    path = tmp_path / "r.html"
    for stranger, said in (([], "none"), (["lime"], "str"), ("lime", "str"), (None, "NoneType")):
        with pytest.raises(InputError, match=rf"one or more explanations \(.*, got {said}"):
            report(stranger, path)
    shap = study.by_method["kernel_shap"]
    for name, value, said in (
        ("evaluation", shap, "an Evaluation, from .* got Attributions"),
        ("audit", "yes", "an Audit, from .* got str"),
        ("title", 3, "plain text, got int"),
        ("notes", ["a"], "plain text, got list"),
    ):
        with pytest.raises(InputError, match=f"Expected {name} to be {said}"):
            report(shap, path, **{name: value})
    with pytest.raises(InputError, match="path to be the path of an HTML file, got NoneType"):
        report(shap, None)
    for views in (make.view, 3, "pca", [None]):
        with pytest.raises(InputError, match="views to be a list of pairs of numeric columns"):
            report(shap, path, views=views)
    other = make.linear_seeds(study.data.X, study.data.y, n_seeds=3)
    evaluation = make.evaluation_of(other, study.data.X, study.data.y)
    with pytest.raises(InputError, match=r"an evaluation of the explained seeds .*\[0, 1, 2\]"):
        report(study.explanations, path, evaluation=evaluation)
    three = make.attributions(other, study.X, study.background, "kernel_shap")
    with pytest.raises(InputError, match="audit"):
        report(study.explanations, path, audit=xg.audit(three))
    with pytest.raises(InputError, match="got the folder"):
        report(shap, tmp_path)
    with pytest.raises(InputError, match="a view of two numeric columns"):
        report(study.explanations, path, views=[("island", "sex")])
    assert not path.exists()


def _check(kind, explanation):
    """A check with numbers at random, of the models that were explained."""
    sizes = {"seed": len(explanation.seeds), "instance": len(explanation.instances)}
    sizes |= {"step": 4, "draw": 3, "layer": 3}
    rng = np.random.default_rng(0)
    arrays = {n: (d, rng.random([sizes[one] for one in d])) for n, d in SHAPES[kind].items()}
    coordinates = {
        "seed": explanation.seeds,
        "instance": explanation.instances,
        "step": np.linspace(0, 1, 4),
        "layer": ["2", "0", "all"],
    }
    used = {one for d in SHAPES[kind].values() for one in d}
    return Check(
        kind=kind,
        method=explanation.method,
        data=xr.Dataset(arrays, coords={n: v for n, v in coordinates.items() if n in used}),
        seeds=explanation.seeds,
        provenance={"ensemble": explanation.provenance["ensemble"], "parameters": {}},
    )


def test_checks_are_drawn_beside_the_reasons(study, tmp_path):
    found = next(e for e in study.explanations if e.method == "kernel_shap")
    checks = [_check(kind, found) for kind in ("deletion", "insertion", "randomisation")]
    text = report(found, tmp_path / "with.html", checks=checks).read_text()
    assert "Do the reasons describe the models?" in text
    for kind in ("deletion", "insertion", "randomisation"):
        assert f'id="picture-{kind}"' in text
    without = report(found, tmp_path / "without.html").read_text()
    assert "Do the reasons describe the models?" not in without
    with pytest.raises(InputError, match=r"checks to be made by xaigeo\.faithfulness, got str"):
        report(found, tmp_path / "with.html", checks=["deletion"])
    other = replace(checks[0], method="lime")
    with pytest.raises(InputError, match=r"explanations that were passed \(kernel_shap\)"):
        report(found, tmp_path / "with.html", checks=other)
    with pytest.raises(InputError, match="one check of each kind and method"):
        report(found, tmp_path / "with.html", checks=[checks[0], replace(checks[0])])
