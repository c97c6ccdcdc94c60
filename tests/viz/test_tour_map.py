import re
import sys
from dataclasses import replace

import altair as alt
import numpy as np
import pandas as pd
import pytest
import vl_convert

from xaigeo.errors import InputError
from xaigeo.geometry import animate, grand_tour
from xaigeo.viz import tour_tables
from xaigeo.viz.map_layers import COLUMNS, MORE_COLUMNS
from xaigeo.viz.themed import themed
from xaigeo.viz.tour_map import tour_map

N = 3


@pytest.fixture(scope="module")
def animation(study):
    lime, *others = study.explanations
    radius = lime.data["kernel_radius"] * 7.0  # wide enough to hold the boundaries
    given = [replace(lime, data=lime.data.assign(kernel_radius=radius)), *others]
    tour = grand_tour(given, random_state=0)
    return animate(given, tour, n_frames=N, instances=[study.X.index[1]])


@pytest.fixture(scope="module")
def chart(animation):
    return tour_map(animation)


@pytest.fixture(scope="module")
def ticks():
    return themed(alt.Chart(pd.DataFrame({"a": [9.0]})).mark_tick().encode(x="a:Q"))


@pytest.fixture(scope="module")
def spec(chart):
    return chart.to_dict()


@pytest.fixture(scope="module")
def tables(spec, make):
    return {name: pd.DataFrame(rows) for name, rows in make.tables_of(spec).items()}


def test_every_field_is_in_the_data(spec, make):
    make.check_fields(spec, make.tables_of(spec))


def test_marks_are_where_each_frame_has_them(tables, animation):
    label = animation.first.instances["instance"][0]
    for number in range(N):
        shown = animation.scene(number)
        for name in ("vectors", "normals", "connectors", "staircases"):
            table = getattr(shown, name)
            lone = (table["layer"] != "seed") & (table["n_seeds"] == 1)
            kept = table[(table["instance"] == label) & ~lone]
            if not len(kept):
                assert name not in tables
                continue
            moving = tables[name].astype({"frame": int})
            moving = moving[moving["frame"] == number + 1]
            assert len(moving) == len(kept), name
            drawn = moving["x2"].astype(float).tolist()
            assert drawn == pytest.approx(kept["x2"].tolist(), rel=1e-3, abs=1e-3)


def test_every_table_with_rows_is_drawn(spec, make, animation):
    names = {make.table_name(unit["data"]["name"]) for unit in make.units_of(spec)}
    told = {"boxes", "box_members", "limits", "axes", "ellipse_outlines", "patch_outlines"}
    filled = {name for name, table in animation.first.frames().items() if len(table)} - told
    filled -= set() if (~animation.first.lines["boundary"]).any() else {"lines"}
    assert filled <= names
    assert {"compass", "whiskers", "frames", "patches", "box_outlines"} <= names


def test_columns_that_no_frame_changes_are_written_once(tables):
    assert {"feature", "attribution", "output"} <= set(tables["vectors_still"])
    assert not {"feature", "attribution"} & set(tables["vectors"])
    assert len(tables["vectors"]) == N * len(tables["vectors_still"])
    for name in ("vectors", "normals", "points", "box_outlines"):
        columns = {*tables[name], *tables[f"{name}_still"]} - {"row", "frame", "obeys", "mark"}
        assert columns == set((COLUMNS | MORE_COLUMNS)[name]) - {"mark"}, name


def test_axes_are_called_by_what_each_frame_shows(tables, animation):
    assert tables["frames"]["x_label"].tolist() == [v.x_label for v in animation.views]


def test_the_slider_counts_the_frames_and_starts_at_the_best(spec, animation):
    slider, play = (
        next(p for p in spec["params"] if p["name"].startswith(name))
        for name in ("tour_frame", "tour_play")
    )
    assert slider["bind"] == {"input": "range", "min": 1, "max": N, "step": 1, "name": "Frame "}
    assert (play["value"], play["bind"]["input"]) == (False, "checkbox")
    shares = []
    for number in range(N):
        normals = animation.scene(number).normals
        groups = normals[normals["layer"] != "seed"]
        shares.append(groups["share_in_view"].loc[groups["n_seeds"].idxmax()])
    assert slider["value"] == 1 + int(np.argmax(shares))
    label = animation.first.instances["instance"][0]
    assert " ".join(spec["title"]["text"]) == (
        f"Row {label}: of 3 frames of a grand tour, frame {slider['value']} shows the most of "
        f"LIME ({max(shares):.0%})"
    )


def test_the_timer_moves_the_slider(spec):
    slider = next(p for p in spec["params"] if p["name"].startswith("tour_frame"))
    (handler,) = slider["on"]
    assert handler["events"]["type"] == "timer"
    assert handler["update"] == f"tour_play ? {slider['name']} % 3 + 1 : {slider['name']}"


@pytest.mark.parametrize("join", [lambda a, b: a | b, lambda a, b: b & a])
def test_a_joined_tour_keeps_its_timer(join, chart, spec, ticks):
    joined = join(chart, ticks).to_dict()
    (slider,) = (p for p in joined["params"] if p["name"].startswith("tour_frame"))
    assert slider["on"] == next(p["on"] for p in spec["params"] if p["name"] == slider["name"])
    assert vl_convert.vegalite_to_svg(joined).startswith("<svg")


def test_vega_draws_the_frame(spec):
    svg = vl_convert.vegalite_to_svg(spec)
    assert svg.startswith("<svg")
    assert "LIME: a patch" in svg


def test_rules_alone_have_no_share_to_tell(study, make):
    given = [study.by_method["anchors"]]
    tour = grand_tour(given, random_state=0)
    spec = tour_map(given, tour, study.X.index[0], n_frames=2).to_dict()
    assert " ".join(spec["title"]["text"]) == (
        f"Row {study.X.index[0]}'s rules in 2 frames of a grand tour"
    )
    points = make.tables_of(spec)["points_still"]
    assert {str(row["obeys"]).lower() for row in points} == {"true", "false"}


def test_of_many_points_and_seeds_some_are_drawn_and_it_is_said(study, monkeypatch, make):
    monkeypatch.setattr(tour_tables, "MOST_POINTS", 20)
    monkeypatch.setattr(tour_tables, "MOST_SEEDS", 2)
    shap = study.by_method["kernel_shap"]
    tour = grand_tour(shap, random_state=0)
    spec = tour_map(shap, tour, n_frames=2).to_dict()
    tables = make.tables_of(spec)
    assert len(tables["points_still"]) == 20
    seeds = {row["seed"] for row in tables["vectors_still"] if row["layer"] == "seed"}
    assert seeds == {0, 1} or seeds == {"0", "1"}
    said = " ".join(spec["title"]["subtitle"])
    n = len(shap.array("background"))
    assert f"Drawn: 2 of 5 seeds (the consensus is of all) and 20 of {n} rows of the data" in said


def test_a_chart_too_large_says_what_to_cut(study, monkeypatch):
    monkeypatch.setattr(sys.modules[tour_map.__module__], "MOST_BYTES", 20_000)
    shap = study.by_method["kernel_shap"]
    tour = grand_tour(shap, random_state=0)
    with pytest.raises(InputError, match=r"at most 0 MB, got 0\.\d MB in 12 frames.*n_frames=\d"):
        tour_map(shap, tour, n_frames=12)


def test_what_is_not_a_tour_is_refused(study, animation):
    shap = study.by_method["kernel_shap"]
    for stranger in (None, "grand"):
        with pytest.raises(InputError, match=r"a Tour .* got (NoneType|str).*grand_tour"):
            tour_map(shap, stranger)
    with pytest.raises(InputError, match="Leave the tour out"):
        tour_map(animation, animation.tour)
    with pytest.raises(InputError, match=r"an instance of the scene .* got 'nobody'"):
        tour_map(animation, instance="nobody")


@pytest.mark.browser
def test_it_slides_plays_and_pauses(chart, spec, open_page, tmp_path):
    page = tmp_path / "tour.html"
    chart.save(page, inline=True, embed_options={"renderer": "svg"})
    opened = open_page(page)
    slider, box = (opened.page.locator(f"input[type={kind}]") for kind in ("range", "checkbox"))
    slider.wait_for()
    first = slider.input_value()
    picture = opened.page.locator("svg.marks")
    before = picture.inner_html()
    other = str(int(first) % N + 1)
    slider.fill(other)
    opened.page.wait_for_timeout(300)
    assert slider.input_value() == other
    moved = picture.inner_html()
    assert moved != before
    box.check()
    opened.page.wait_for_function(
        f"document.querySelector('input[type=range]').value !== '{other}'"
    )
    box.uncheck()
    opened.page.wait_for_timeout(200)
    paused = slider.input_value()
    opened.page.wait_for_timeout(500)
    assert slider.input_value() == paused
    assert re.search("role-mark", picture.inner_html())
    assert opened.problems == []
