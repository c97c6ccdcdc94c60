import json

import numpy as np
import pandas as pd

from xaigeo.viz.records import csv_format, csv_text, plain, records


def test_records_are_json_and_hold_none_for_what_is_missing():
    frame = pd.DataFrame(
        {
            "seed": pd.array([1, None], dtype="Int64"),
            "x": [1.23456789, np.inf],
            "met": np.array([True, False]),
            "rule": ["a <= 1", None],
        }
    )
    rows = records(frame)
    assert rows == [
        {"seed": 1, "x": 1.2346, "met": True, "rule": "a <= 1"},
        {"seed": None, "x": None, "met": False, "rule": None},
    ]
    assert json.loads(json.dumps(rows, allow_nan=False)) == rows


def test_whole_floats_become_short_and_bools_stay_bools():
    assert plain(np.float64(3.0)) == 3
    assert isinstance(plain(np.float64(3.0)), int)
    assert plain(np.bool_(True)) is True
    assert plain(0.000123456, 3) == 0.000123


def test_csv_writes_bools_as_vega_reads_them():
    frame = pd.DataFrame({"open": [True, False], "text": ['say "a, b"', None]})
    assert csv_text(frame) == 'open,text\ntrue,"say ""a, b"""\nfalse,\n'


def test_csv_format_names_the_type_of_every_column():
    frame = pd.DataFrame(
        {
            "instance": [3, 5],
            "label": ["3", "5"],
            "met": [True, False],
            "low": [np.nan, np.nan],
        }
    )
    assert csv_format(frame).to_dict() == {
        "type": "csv",
        "parse": {"instance": "number", "label": "string", "met": "boolean", "low": "number"},
    }
