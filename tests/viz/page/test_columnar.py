import pandas as pd
import pytest

from xaigeo.viz.page.columnar import columnar, replace_values


def expanded(column, n):
    """What the page's script does, in the plainest Python."""
    if "v" in column:
        return column["v"]
    if "t" in column:
        return [column["t"][k % len(column["t"])] for k in range(n)]
    if "i" in column:
        return [column["d"][place] for place in column["i"]]
    out = []
    for place, times in zip(column["r"][::2], column["r"][1::2], strict=True):
        out += [column["d"][place]] * times
    return out


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (["lime"] * 7, {"t"}),
        ([0, 1, 2, 0, 1, 2, 0, 1, 2], {"t"}),
        ([0, 1, 2, 0, 1, 2, 0], {"t"}),
        (["a long name"] * 50 + ["another"] * 50, {"d", "r"}),
        (["a long name", "another", "another", "a long name", "another"] * 2 + ["x"], {"d", "i"}),
        ([1.5, 2.5, 3.5], {"v"}),
        ([], {"v"}),
        ([5], {"v"}),
    ],
)
def test_each_form_comes_back_whole(values, form):
    table = columnar(pd.DataFrame({"x": values}))
    column = table["columns"]["x"]
    assert set(column) == form
    assert table["n"] == len(values)
    assert expanded(column, table["n"]) == values


def test_true_and_one_are_not_mixed_up():
    column = columnar(pd.DataFrame({"x": [True, 1, True, True, 1]}, dtype=object))["columns"]["x"]
    back = expanded(column, 5)
    assert [type(value) for value in back] == [bool, int, bool, bool, int]


def test_missing_values_travel_as_none_and_floats_keep_four_digits():
    column = columnar(pd.DataFrame({"x": [float("nan"), 123456.0, 0.000123456]}))["columns"]["x"]
    assert expanded(column, 3) == [None, 123500, 0.0001235]


@pytest.mark.parametrize("values", [["a", "b", "c"], ["a", "b"] * 9, ["a"] * 9 + ["b"] * 9, []])
def test_values_are_replaced_in_every_form(values):
    by = {"a": "anchors", "b": "beam", "c": "column"}
    table = columnar(pd.DataFrame({"x": values, "y": values}))
    replace_values(table, "x", by)
    columns = table["columns"]
    assert expanded(columns["x"], table["n"]) == [by[value] for value in values]
    assert expanded(columns["y"], table["n"]) == values
    replace_values(table, "z", by)
