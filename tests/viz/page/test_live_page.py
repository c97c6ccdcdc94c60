"""What a reader can do on a report in a real browser; one page serves all of these tests."""

import numpy as np
import pytest

import xaigeo as xg
from tests.drawn_charts import come_to_rest, settle
from xaigeo.viz.map_tables import drawn_tables
from xaigeo.viz.method_words import written_rule

pytestmark = pytest.mark.browser

# The table of each method, the layer that draws a mark for each of its rows, and its element.
MARKS = {
    "lime": ("lines", "g.lines_marks > line"),
    "kernel_shap": ("vectors", "g.shafts_marks > line"),
    "integrated_gradients": ("vectors", "g.shafts_marks > line"),
    "anchors": ("boxes", "g.boxes_marks > path"),
    "counterfactuals": ("connectors", "g.ways_marks > line"),
}


def test_no_error_and_no_request_but_the_file(opened, written):
    opened.page.wait_for_timeout(300)
    assert opened.problems == []
    assert opened.requests == [f"file://{written}"]


def test_every_chart_is_drawn(opened):
    assert opened.page.locator("[data-chart] svg.marks").count() >= 10


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


def test_hiding_seeds_warns_of_nothing(opened):
    page = opened.page
    for method in (0, 1, 2):
        page.locator(f"[data-method='{method}']").click()
        for seeds in ("consensus", "1", "all"):
            page.locator("#seed").select_option(seeds)
            settle(page, method=method, seeds=seeds)
    page.wait_for_timeout(300)
    assert opened.problems == []


def test_paper_shows_what_is_folded(opened):
    page = opened.page
    folded = page.locator("details:not([open])").count()
    assert folded > 0
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    assert page.locator("#all-rows tbody tr").count() > 0
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("details:not([open])").count() == folded


def test_all_methods_together(opened, study, the_scene):
    opened.page.locator("[data-method='-1']").click()
    settle(opened.page, method=-1)
    one = int(opened.page.locator("#row").input_value())
    for method, (name, element) in MARKS.items():
        table = drawn_tables(the_scene)[name]
        count = (table["instance"] == study.X.index[one]).sum()
        assert opened.page.locator(element).count() == count, method


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


def test_picking_by_click_changes_the_list_and_the_panels(opened, study):
    page = opened.page
    first = int(page.locator("#row").input_value())
    other = next(i for i in (5, 3) if i != first)
    page.locator("g.rows_marks > path").nth(other).click()
    settle(page, row=other)
    assert page.locator("#row").input_value() == str(other)
    assert page.locator("#row-sentence").inner_text().startswith(f"Row {study.X.index[other]}. ")


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


def test_every_view_draws_every_method(opened):
    page = opened.page
    views = page.locator("#view option").evaluate_all("(all) => all.map((e) => e.value)")
    assert {"pair", "pca", "explanations", "tour:0"} <= set(views)
    for view in views:
        page.locator("#view").select_option(view)
        for method in (-1, 0, 1, 3, 4):
            page.evaluate("(method) => xaigeoReport.choose({ method })", method)
            settle(page, view=view, method=method)
    assert opened.problems == []


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


def test_all_rows_as_a_table(written, open_page, study):
    opened = open_page(written)  # the table keeps its order
    page = opened.page
    come_to_rest(page)
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


def test_arrow_keys_on_the_map_go_from_row_to_row(opened):
    page = opened.page
    before = page.locator("#row").input_value()
    page.locator("#map").focus()
    page.keyboard.press("ArrowRight")
    after = page.locator("#row").input_value()
    assert after != before
    page.keyboard.press("ArrowLeft")
    assert page.locator("#row").input_value() == before


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
