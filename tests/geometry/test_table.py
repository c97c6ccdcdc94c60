import numpy as np
import pandas as pd

from xaigeo.geometry.table import labels, stack, table

COLUMNS = {
    "seed": "Int64",
    "instance": "label",
    "n": "int64",
    "x": "float64",
    "ok": "bool",
    "text": "text",
}


def rows(n, seed):
    return table(
        COLUMNS,
        {
            "seed": seed,
            "instance": np.arange(n),
            "n": 1,
            "x": np.zeros(n),
            "ok": True,
            "text": "word",
        },
    )


def test_scalars_are_repeated_and_types_declared():
    frame = rows(3, np.arange(3))
    assert frame.dtypes.astype(str).tolist() == [
        "Int64",
        "int64",
        "int64",
        "float64",
        "bool",
        "object",
    ]
    assert frame["text"].tolist() == ["word"] * 3


def test_missing_seeds_do_not_change_types():
    frame = stack(COLUMNS, [rows(2, np.arange(2)), rows(1, pd.NA)])
    assert frame.dtypes.equals(rows(3, np.arange(3)).dtypes)
    assert frame["seed"].isna().tolist() == [False, False, True]


def test_empty_tables_have_all_columns():
    for empty in (stack(COLUMNS, []), rows(0, pd.NA), stack(COLUMNS, [rows(0, pd.NA)])):
        assert list(empty.columns) == list(COLUMNS)
        assert len(empty) == 0
        assert empty["x"].dtype == np.float64
        assert empty["ok"].dtype == bool


def test_labels_look_names_up():
    assert labels(["a", "b"], np.array([[1, 0], [1, 1]])).tolist() == [["b", "a"], ["b", "b"]]
