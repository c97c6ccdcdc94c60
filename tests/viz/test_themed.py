from __future__ import annotations

import altair as alt
import pandas as pd
import pytest
import vl_convert

from xaigeo.viz.table_data import with_tables
from xaigeo.viz.theme import theme_config
from xaigeo.viz.themed import themed


def dots(values):
    chart = alt.layer(alt.Chart(alt.NamedData("dots")).mark_point().encode(x="a:Q"))
    return themed(with_tables(chart, {"dots": pd.DataFrame({"a": values})}))


@pytest.mark.parametrize("join", [lambda a, b: a | b, lambda a, b: a & b, lambda a, b: a + b])
def test_charts_join_and_keep_their_look_and_rows(join):
    plain = alt.Chart(pd.DataFrame({"a": [9.0]})).mark_tick().encode(x="a:Q")
    for chart in (
        join(dots([1.0]), dots([2.0])),
        join(dots([3.0]), plain),
        themed(join(plain, dots([3.0]))),
    ):
        spec = chart.to_dict()
        assert spec["config"] == spec["config"] | theme_config()
        assert str(spec).count("'config'") == 1
        held = [row["a"] for rows in spec["datasets"].values() for row in rows]
        assert sorted(held) in ([1, 2], [3, 9])
        assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


@pytest.mark.parametrize("join", [lambda a, b: a | b, lambda a, b: a & b, lambda a, b: a + b])
def test_charts_that_marimo_has_shown_join_too(join):
    shown = dots([1.0])
    shown.usermeta = {"embedOptions": {"actions": False}}
    assert "usermeta" in shown.to_dict()
    spec = join(dots([2.0]), shown).to_dict()
    assert "usermeta" not in str(spec)
    held = [row["a"] for rows in spec["datasets"].values() for row in rows]
    assert sorted(held) == [1, 2]
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_properties_and_layers_keep_the_look():
    chart = dots([1.0]).properties(width=77)
    assert chart.to_dict()["width"] == 77
    assert chart.to_dict()["config"]["title"]["anchor"] == "start"
    assert themed(chart) is chart


def test_equal_names_with_other_rows_do_not_overwrite_each_other():
    spec = (dots([1.0]) & dots([1.0]) & dots([2.0])).to_dict()
    assert len(spec["datasets"]) == 2
    names = [part["data"]["name"] for part in spec["vconcat"]]
    assert names[0] == names[1] != names[2]


def test_a_format_of_one_image_is_written_too(tmp_path):
    dots([1.0]).save(tmp_path / "dots.svg")
    dots([1.0]).save(tmp_path / "dots.png")
    assert (tmp_path / "dots.png").read_bytes().startswith(b"\x89PNG")
