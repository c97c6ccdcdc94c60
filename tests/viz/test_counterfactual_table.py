from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import vl_convert

from xaigeo.errors import InputError
from xaigeo.viz.change_rows import change_table
from xaigeo.viz.counterfactual_table import (
    counterfactual_table,
    counterfactual_table_finding,
    counterfactual_table_tables,
)
from xaigeo.viz.theme import NEGATIVE, POSITIVE


@pytest.fixture(scope="module")
def found(study):
    return study.by_method["counterfactuals"]


def test_fields_are_there_and_it_compiles(found, make):
    for one, width in ((found, 620), (found, 380), (found.sel(seed=[1]), 500)):
        spec = counterfactual_table(one, width=width).to_dict()
        make.check_fields(spec, make.tables_of(spec))
        assert spec["width"] == width
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_every_changed_cell_is_marked_by_direction(found):
    table = change_table(found)
    cells = counterfactual_table_tables(table, width=900)["cells"]
    start = found.array("input")[0]
    ways = {f"way {k + 1}": row for k, row in enumerate(table.rows)}
    assert set(cells["line"]) == {"this row", *ways}
    for cell in cells.itertuples():
        j = found.schema.index(cell.feature)
        if cell.line == "this row":
            assert cell.way == "same"
            continue
        seed = int(ways[cell.line].seeds.replace("–", ",").split(",")[0].replace("all 5", "0"))
        end = found.array("point")[found.seeds.tolist().index(seed), 0, 0, j]
        if end == start[j]:
            assert (cell.way, cell.pale) == ("same", True)
        elif found.schema.features[j].kind == "categorical":
            assert cell.way == "other"
            assert " → " in cell.text or cell.text.startswith("→ ")
        else:
            up = end > start[j]
            assert cell.way == ("up" if up else "down")
            assert cell.text.startswith("▲" if up else "▼")


def test_directions_have_their_colours(found, make):
    units = make.units_of(counterfactual_table(found).to_dict())
    scale = next(
        u["encoding"]["color"]["scale"] for u in units if "scale" in u["encoding"].get("color", {})
    )
    colours = dict(zip(scale["domain"], scale["range"], strict=True))
    assert (colours["up"], colours["down"]) == (POSITIVE, NEGATIVE)


def test_cells_do_not_overlap_and_lie_within_the_width(found):
    for width in (300, 620):
        tables = counterfactual_table_tables(change_table(found), width=width)
        cells = tables["cells"]
        assert cells["x2"].max() <= width
        for _, line in cells.groupby("line"):
            assert (line["x1"].to_numpy()[1:] >= line["x2"].to_numpy()[:-1]).all()
        tops = cells.groupby("line", sort=False)["y1"].first().to_numpy()
        assert (np.diff(tops) > 22).all()
        assert tables["words"]["height"].iloc[0] >= cells["y2"].max()


def test_features_without_room_are_named_in_words(found):
    table = change_table(found)
    wide = counterfactual_table_tables(table, width=1200)
    narrow = counterfactual_table_tables(table, width=280)
    assert not wide["words"]["text"].str.startswith("also changes").any()
    shown = set(narrow["headers"]["feature"])
    assert len(shown) == 3
    said = " ".join(narrow["words"]["text"])
    hidden = {
        table.features[j].name
        for row in table.rows
        for j, cell in row.cells.items()
        if cell.way != "same" and table.features[j].name not in shown
    }
    assert hidden
    assert all(name in said for name in hidden)


def test_what_is_said_of_a_line(found):
    table = change_table(found)
    words = counterfactual_table_tables(table, width=900)["words"]
    row = table.rows[0]
    said = words.loc[words["line"] == 1, "text"].tolist()
    assert said[0].startswith(f"1. {row.answer} (seed")
    assert said[1] == (
        f"distance {row.distance}, {row.n_changed} changed, valid, also for {row.carries_over} of "
        "other seeds"
    )
    one = counterfactual_table_tables(change_table(found.sel(seed=[0])), width=900)["words"]
    assert "other seeds" not in " ".join(one["text"])
    assert one.loc[one["line"] == 1, "text"].iloc[0].endswith("(seed 0)")


def test_a_point_that_misses_is_told(found):
    data = found.data.copy(deep=True)
    data["valid"][:] = False
    missed = replace(found, data=data)
    words = counterfactual_table_tables(change_table(missed), width=900)["words"]["text"]
    assert words.str.contains("not valid, yet for").any()
    assert counterfactual_table_finding(missed).endswith(
        "no counterfactual that gives the wanted answer was found"
    )
    assert counterfactual_table(missed).to_dict()["layer"]


def test_a_point_made_for_all_seeds_says_so(found):
    data = found.data.copy(deep=True)
    for name in ("point", "changed", "distance", "n_changed", "target"):
        values = data[name].to_numpy()
        data[name] = (data[name].dims, np.broadcast_to(values[:1], values.shape).copy())
    data["price"] = (("seed", "instance", "candidate"), np.zeros((5, 6, 1)))
    joint = replace(found, data=data, method="robust_counterfactuals")
    words = counterfactual_table_tables(change_table(joint), width=900)["words"]["text"].tolist()
    assert any(text.endswith("(made for all 5 seeds)") for text in words)
    assert any(text.endswith("; valid for 5 of 5 seeds") for text in words)


def test_nothing_changed_has_no_columns(found, make):
    data = found.data.copy(deep=True)
    data["changed"][:] = False
    spec = counterfactual_table(replace(found, data=data)).to_dict()
    make.check_fields(spec, make.tables_of(spec))
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_many_seeds_and_long_names_fit(make):
    rng = np.random.default_rng(1)
    names = [f"a very long name of a column, number {j}" for j in range(30)]
    X = pd.DataFrame(rng.normal(size=(60, 30)), columns=names)
    y = pd.Series(np.where(X.sum(axis=1) > 0, "yes", "no"))
    found = make.all_methods(make.linear_seeds(X, y, n_seeds=20), X.iloc[:2], X)[4]
    tables = counterfactual_table_tables(change_table(found), width=380)
    assert (
        tables["headers"]["text"].str.split("\n").map(lambda lines: max(map(len, lines))).max() < 16
    )
    n_hidden = len(change_table(found).changed) - len(tables["headers"])
    assert n_hidden > 3
    assert tables["words"]["text"].str.contains("more").any()
    assert tables["words"]["text"].str.len().max() < 75
    spec = counterfactual_table(found, width=380).to_dict()
    assert max(map(len, spec["title"]["text"])) < 60


def test_charts_can_be_joined(found):
    spec = (counterfactual_table(found) & counterfactual_table(found, found.instances[1])).to_dict()
    assert len(spec["vconcat"]) == 2


def test_errors(study, found):
    with pytest.raises(
        InputError, match="Counterfactuals for a table of changes, got Attributions"
    ):
        counterfactual_table(study.by_method["lime"])
    with pytest.raises(InputError, match="max_rows"):
        counterfactual_table(found, max_rows="all")
