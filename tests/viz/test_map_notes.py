from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import vl_convert

from xaigeo.geometry import scene
from xaigeo.viz import explanation_map
from xaigeo.viz.map_axes import Frame
from xaigeo.viz.map_notes import compass_at, compass_table, seen_best
from xaigeo.viz.map_tables import common_members, every_table, mode_labels, short_change

FRAME = Frame("x", "y", (-2.0, 2.0), (-1.0, 1.0), 400, 200)


def axes(steps):
    steps = np.asarray(steps, dtype=float)
    names = [f"column_{k}" for k in range(len(steps))]
    return pd.DataFrame(
        {
            "feature": names,
            "label": names,
            "x": steps[:, 0],
            "y": steps[:, 1],
            "length": np.linalg.norm(steps, axis=1),
        }
    )


def pixels(table):
    x = (table["x2"] - table["x"]) * 400 / 4
    y = (table["y2"] - table["y"]) * 200 / 2
    return np.column_stack([x, y])


def test_arrows_lead_where_columns_lead_and_the_longest_takes_the_room():
    table = compass_at(axes([[0.6, 0.0], [0.0, -0.3], [0.2, 0.2]]), FRAME, (1.0, 1.0))
    arrows = table[table["length"] > 0]
    assert arrows["feature"].tolist() == ["column_0", "column_1", "column_2"]
    assert pixels(arrows) == pytest.approx(np.array([[20, 0], [0, -10], [20 / 3, 20 / 3]]))
    assert table["feature"].tolist()[-1] == "Directions of columns"


def test_columns_that_cannot_be_seen_have_no_arrow():
    table = compass_at(axes([[0.6, 0.0], [0.05, 0.0]]), FRAME, (0.0, 1.0))
    assert table["feature"].tolist() == ["column_0", "Directions of 1 of 2 columns"]


def test_of_many_columns_none_is_drawn_beside_another():
    size = np.linspace(0.9, 0.5, 8)
    angles = np.radians([0, 2, 4, 90, 93, 180, 270, 45])
    found = seen_best(axes(np.column_stack([np.cos(angles), np.sin(angles)]) * size[:, None]))
    assert found == [0, 3, 5, 6, 7]
    few = seen_best(axes([[0.9, 0.0], [0.8, 0.01]]))
    assert few == [0, 1]


def test_names_do_not_lie_on_each_other():
    table = compass_at(axes([[0.9, 0.0], [0.9, 0.01], [0.9, 0.02]]), FRAME, (1.0, 1.0))
    heights = np.sort(table.loc[table["length"] > 0, "text_y"].to_numpy() * 100)
    assert np.diff(heights).min() >= 10


def test_it_stands_where_the_fewest_points_are():
    points = pd.DataFrame({"x": np.full(5, 1.8), "y": np.full(5, 0.9)})
    table = compass_table(axes([[0.9, 0.0]]), FRAME, points)
    assert table["x"].iloc[0] < 0 < table["y"].iloc[0]


def test_it_leaves_the_corner_of_the_marks_shown_first():
    points = pd.DataFrame({"x": np.full(5, 1.8), "y": np.full(5, 0.9)})
    without = compass_table(axes([[0.9, 0.0]]), FRAME, points)
    taken = without[["x", "y"]].iloc[[0]]
    table = compass_table(axes([[0.9, 0.0]]), FRAME, points, [taken, taken.head(0)])
    assert (table["x"].iloc[0], table["y"].iloc[0]) != (taken["x"].iloc[0], taken["y"].iloc[0])
    assert table["y"].iloc[0] < 0 or table["x"].iloc[0] < 0


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("mass −300 g", "mass −300 g"),
        ("sex: male → female, mass −300 g", "sex: male → female, mass −300 g"),
        ("sex: male → female, mass −300 g, age +2", "sex: male → female, mass −300 g +1"),
    ],
)
def test_a_change_is_said_in_short(text, short):
    assert short_change(text) == short


def test_changes_stand_in_the_middle_of_the_consensus(the_scene):
    tables = every_table(the_scene, FRAME)
    drawn = tables["connectors"]
    drawn = drawn[(drawn["layer"] != "seed") & (drawn["text"] != "")]
    labels = tables["change_labels"]
    assert len(labels) == len(drawn) > 0
    assert labels["x"].tolist() == pytest.approx(((drawn["x"] + drawn["x2"]) / 2).tolist())
    for text, label in zip(labels["text"], labels["label"], strict=True):
        assert text.startswith(label.split(" +")[0][:10])


def test_whiskers_run_between_the_quantiles(the_scene):
    tables = every_table(the_scene, FRAME)
    vectors = tables["vectors"]
    known = vectors[vectors["low_x"].notna()]
    assert tables["whiskers"][["x", "y", "x2", "y2"]].to_numpy() == pytest.approx(
        known[["low_x", "low_y", "high_x", "high_y"]].to_numpy()
    )
    assert set(known["layer"]) == {"consensus"}
    assert set(known["role"]) == {"component"}


def test_several_modes_are_numbered(the_scene, make):
    tables = every_table(the_scene, FRAME)
    assert mode_labels(tables).empty
    vectors = the_scene.vectors.assign(mode=0)
    group = (vectors["layer"] != "seed") & (vectors["n_seeds"] > 1)
    one = vectors[group & (vectors["method"] == "kernel_shap")]
    other = one.assign(mode=1)
    split = replace(the_scene, vectors=pd.concat([vectors, other], ignore_index=True))
    labels = every_table(split, FRAME)["mode_labels"]
    ends = pd.concat([one, other])
    ends = ends[ends["role"] == "resultant"]
    assert len(labels) == len(ends)
    assert set(labels["label"]) == {"1", "2"}
    assert set(labels["method"]) == {"kernel_shap"}
    spec = explanation_map(split).to_dict()
    assert "Numbers: modes" in " ".join(spec["title"]["subtitle"])
    make.check_fields(spec, make.tables_of(spec))
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_the_rule_of_a_single_seed_has_members(study, make):
    one = scene(study.by_method["anchors"], view=make.view, seeds=[1])
    members = one.box_members
    own = members[members["layer"] == "seed"]
    found = common_members(one)
    for label, rows in zip(own["instance"], own["background_rows"], strict=True):
        assert set(found.loc[found["instance"] == label, "place"]) == set(rows)
