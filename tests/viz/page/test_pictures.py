import altair as alt
import pandas as pd
import pytest

from xaigeo.viz import attribution_beeswarm, modes_map, precision_coverage, rank_flow
from xaigeo.viz.page import pictures
from xaigeo.viz.page.columnar import columnar
from xaigeo.viz.page.pictures import picture
from xaigeo.viz.page.sections import MOST_RULES, overview_pictures, reason_pictures
from xaigeo.viz.records import values
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.themed import themed


def rows_of(held):
    """Return a table of the page as rows, read as its script reads it."""
    if isinstance(held, list):
        return held
    columns = {}
    for name, column in held["columns"].items():
        if "v" in column:
            columns[name] = column["v"]
        elif "t" in column:
            columns[name] = [column["t"][k % len(column["t"])] for k in range(held["n"])]
        elif "i" in column:
            columns[name] = [column["d"][k] for k in column["i"]]
        else:
            pairs = zip(column["r"][::2], column["r"][1::2], strict=True)
            columns[name] = [column["d"][k] for k, n in pairs for _ in range(n)]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def test_the_words_of_a_chart_become_words_of_the_page(study):
    chart = rank_flow(study.by_method["kernel_shap"])
    found = picture(chart)
    assert found["finding"] == " ".join(chart.to_dict()["title"]["text"])
    assert found["reading"].startswith("Rank by size on the 6 rows")
    assert not {"title", "config", "description"} & set(found["spec"])
    assert found["spec"]["width"] == "container"


def test_long_tables_travel_by_column_and_stay_what_they_are(study):
    chart = precision_coverage(study.by_method["anchors"].sel(instance=study.X.index[:1].tolist()))
    plain = chart.to_dict()["datasets"]
    columns = {"a": [0.5, None], "b": ["x", 'y, "z"'], "c": [True, False]}
    table = pd.DataFrame({name: pair * 300 for name, pair in columns.items()})
    dots = alt.layer(alt.Chart(alt.NamedData("t")).mark_point().encode(x="a:Q", y="b:N"))
    (held,) = picture(themed(with_tables(dots, {"t": table})))["spec"]["datasets"].values()
    assert held["n"] == 600
    assert rows_of(held) == [
        dict(zip(table.columns, row, strict=True))
        for row in zip(*(values(table[name]) for name in table.columns), strict=True)
    ]
    same = picture(chart)["spec"]["datasets"]
    assert {name: rows_of(rows) for name, rows in same.items()} == plain


def test_a_step_becomes_a_height_since_the_width_follows_the_page(study):
    found = picture(attribution_beeswarm(study.by_method["kernel_shap"]))
    n = len(study.model.schema.names)
    assert found["spec"]["height"] == 34 * n


def test_the_chosen_row_is_ringed_where_it_is_drawn(study):
    shap = study.by_method["kernel_shap"]
    for found in overview_pictures(shap):
        text = str(found["spec"])
        assert "{'name': 'chosen'}" in text
        (first,) = found["spec"]["datasets"]["chosen"]
        assert first["instance"] == study.X.index[0]
        assert any("instance" in str(rows) for rows in found["spec"]["datasets"].values())


def test_many_rules_are_drawn_as_an_even_sample_and_the_finding_is_over_all(
    study, make, monkeypatch
):
    monkeypatch.setattr("xaigeo.viz.page.sections.MOST_RULES", 10)
    assert MOST_RULES > 10
    found = reason_pictures([study.by_method["anchors"]], None)[0]
    assert " of 30 rules " in found["finding"]
    assert found["reading"].endswith("Drawn: the rules at 2 of 6 rows, an even sample.")


@pytest.mark.parametrize("wide", [True, False])
def test_charts_of_several_views_keep_their_width(study, wide):
    from xaigeo.geometry import explanatory_modes

    shap = study.by_method["kernel_shap"]
    found = picture(modes_map(explanatory_modes(shap), shap), wide=wide)
    assert "width" not in found["spec"]
    assert found["wide"] is wide


def test_many_rows_are_held_by_column_but_for_rows_with_labels():
    many = [{"x": i / 3, "name": "a"} for i in range(40)]
    held = pictures._table(many, {})
    assert held == {"n": 40, "columns": columnar(pd.DataFrame(many))["columns"]}
    assert pictures._table(many[:39], {}) == many[:39]
    labelled = [row | {"instance": 0.123456789} for row in many]
    assert pictures._table(labelled, {}) is labelled
