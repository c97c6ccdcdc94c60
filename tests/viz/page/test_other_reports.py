"""Reports of other results than the usual ones, opened in a real browser."""

import pytest

from tests.drawn_charts import come_to_rest, settle
from xaigeo.audit import Audit
from xaigeo.audit.finding import Finding
from xaigeo.explanations import Anchors, Counterfactuals
from xaigeo.viz import report
from xaigeo.viz.method_words import written_rule

pytestmark = pytest.mark.browser

NASTY = "</script><script>window.hacked=1</script>"


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


def test_one_seed(study, make, open_page, tmp_path):
    lone = [e.sel(seed=[2]) for e in study.explanations]
    opened = open_page(report(lone, tmp_path / "one.html", views=[make.view]))
    come_to_rest(opened.page)
    assert "agreement needs at least two" in opened.page.locator("#reasons").inner_text()
    assert opened.problems == []
