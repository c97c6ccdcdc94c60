from __future__ import annotations

import altair as alt
import pandas as pd
import pytest
import vl_convert

from xaigeo.errors import InputError
from xaigeo.geometry.modes import explanatory_modes
from xaigeo.viz.explanation_map import explanation_map
from xaigeo.viz.modes_map import modes_map
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.theme import theme_config
from xaigeo.viz.themed import OWN, themed


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


def squares(colours, **more):
    chart = alt.Chart(alt.NamedData("cells")).mark_rect()
    colour = alt.Color("a:Q", title=colours[0], scale=alt.Scale(range=colours))
    chart = chart.encode(x="a:O", y="b:N", yOffset="a:O", color=colour)
    table = pd.DataFrame({"a": [1.0, 2.0], "b": ["p", "q"]})
    return themed(with_tables(chart.properties(**more), {"cells": table}))


@pytest.mark.parametrize("join", [lambda a, b: a | b, lambda a, b: a & b])
def test_joined_charts_keep_colours_and_legends_of_their_own(join):
    joined = join(
        join(squares(["red", "blue"]), squares(["black", "white"])), squares(["pink", "lime"])
    )
    spec = joined.to_dict()
    parts = spec.get("hconcat") or spec["vconcat"]
    assert len(parts) == 3
    assert set(spec["resolve"]["scale"]) == set(OWN)
    vega = vl_convert.vegalite_to_vega(spec)
    legends = [one for group in vega["marks"] for one in group.get("legends", [])]
    assert [one["title"] for one in legends] == ["red", "black", "pink"]
    ranges = [one["range"] for one in vega["scales"] if one["name"].endswith("color")]
    assert ranges == [["red", "blue"], ["black", "white"], ["pink", "lime"]]
    assert sum(one["name"].endswith("yOffset") for one in vega["scales"]) == 3


def test_a_chart_of_several_stays_one_part_and_its_parts_go_on_sharing():
    inner = themed(alt.hconcat(squares(["red", "blue"]), squares(["red", "blue"])))
    spec = (inner.properties(title="both") | squares(["black", "white"])).to_dict()
    assert [len(part.get("hconcat", [1])) for part in spec["hconcat"]] == [2, 1]
    assert spec["hconcat"][0]["title"] == "both"
    assert "resolve" not in spec["hconcat"][0]
    assert (squares(["red"]) | inner).to_dict()["hconcat"][1]["hconcat"]
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_our_charts_with_selections_join(study, the_scene):
    explanation = study.by_method["kernel_shap"]
    modes = explanatory_modes(explanation)
    parts = explanation_map(the_scene), modes_map(modes, explanation), dots([1.0])
    for spec in ((parts[0] | parts[1]).to_dict(), (parts[0] & parts[2] & parts[1]).to_dict()):
        assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


JOIN = "Join charts with | (side by side) or & (one below the other); + lays them over one another."
LAYERS = "Expected two single charts with the same axes and size, one of them without selections"


@pytest.mark.parametrize(
    ("make_other", "arrived"),
    [
        (lambda: squares(["red"], height=50), "charts of height 40 and 50"),
        (lambda: squares(["red"], width=50), "charts of width 40 and 50"),
        (lambda: squares(["red"]).interactive(), "two charts with selections or sliders"),
        (lambda: themed(squares(["red"]) | squares(["red"])), "a JoinedHConcatChart"),
        (lambda: alt.vconcat(squares(["red"])), "a VConcatChart"),
        (lambda: 3, "a int"),
    ],
)
def test_what_cannot_be_laid_over_a_chart_is_refused(make_other, arrived):
    first = squares(["red"], width=40, height=40).interactive()
    with pytest.raises(InputError) as told:
        first + make_other()
    assert str(told.value) == f"{LAYERS}, got {arrived}. {JOIN}"


def test_a_layer_of_ones_own_is_laid_over_a_chart_with_selections():
    line = alt.Chart(pd.DataFrame({"a": [1.0]})).mark_rule().encode(x="a:O")
    spec = (squares(["red"], width=40, height=40).interactive() + line).to_dict()
    assert len(spec["layer"]) == 2
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


@pytest.mark.parametrize("join", [lambda a, b: a | b, lambda a, b: a & b])
def test_only_charts_are_joined(join):
    for first in (dots([1.0]), dots([1.0]) | dots([2.0]), dots([1.0]) & dots([2.0])):
        with pytest.raises(InputError, match=r"Expected charts on both sides of \| and &, got str"):
            join(first, "dots")


@pytest.mark.parametrize(("thing", "name"), [(3, "int"), ("chart", "str"), (alt.Chart, "type")])
def test_only_a_chart_can_have_the_look(thing, name):
    with pytest.raises(InputError, match=f"Expected an Altair chart, got {name}"):
        themed(thing)
