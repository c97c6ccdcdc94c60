"""Rows in a chart: shared by its copies, and never those of a specification."""

import altair as alt
import pandas as pd
import pytest

from xaigeo.viz.table_data import LONG, TableData, inline, with_tables


@pytest.fixture
def rows():
    return pd.DataFrame({"x": [1.0, 2.0], "name": ["a", None]})


@pytest.fixture
def chart(rows):
    layers = [alt.Chart(alt.NamedData("rows")).mark_point().encode(x="x:Q") for _ in range(2)]
    return with_tables(alt.layer(*layers), {"rows": rows})


def test_copies_of_a_chart_share_its_rows(chart):
    copied = chart.copy()
    tables = [layer.data for layer in (*chart.layer, *copied.layer)]
    assert {type(table) for table in tables} == {TableData}
    assert tables[0] is not tables[2]  # Altair tells data apart by identity
    assert len({id(table["values"]) for table in tables}) == 1
    assert copied.to_dict()["datasets"] == chart.to_dict()["datasets"]


def test_rows_stand_once_and_a_specification_has_its_own(chart):
    spec = chart.to_dict()
    ((name, held),) = spec["datasets"].items()
    assert name.startswith("rows_")
    assert held == [{"x": 1, "name": "a"}, {"x": 2, "name": None}]
    held[0]["x"] = 7
    assert chart.to_dict()["datasets"][name][0] == {"x": 1, "name": "a"}


def test_outside_of_a_chart_the_rows_are_written_with_the_name(rows):
    alone = inline("rows", rows).to_dict()
    assert set(alone) == {"name", "values"}
    assert alone["values"] == [{"x": 1, "name": "a"}, {"x": 2, "name": None}]


def test_long_tables_travel_as_text():
    table = pd.DataFrame({"x": range(LONG + 1)})
    chart = alt.Chart(alt.NamedData("rows")).mark_point().encode(x="x:Q")
    spec = with_tables(chart, {"rows": table}).to_dict()
    (held,) = spec["datasets"].values()
    assert held.splitlines()[:3] == ["x", "0", "1"]
    assert spec["data"]["format"] == {"type": "csv", "parse": {"x": "number"}}
