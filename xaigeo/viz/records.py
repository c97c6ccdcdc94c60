"""Data frames as the plain values that JSON and Vega can hold."""

from __future__ import annotations

import math
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

DIGITS = 5


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return one dict a row: Python values, floats rounded, missing values as None.

    Examples
    --------
    >>> records(pd.DataFrame({"x": [1.23456789, float("nan")], "name": ["a", None]}))
    [{'x': 1.2346, 'name': 'a'}, {'x': None, 'name': None}]
    """
    names = [str(name) for name in frame.columns]
    columns = [values(frame[name]) for name in frame.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def of_row(table: pd.DataFrame, label: Any) -> np.ndarray:
    """Return which rows of a table are of an instance, shape (n_rows,).

    The label may be written as charts do; pandas cannot look for one of several levels.
    """
    return np.array([plain(one) == plain(label) for one in table["instance"]], dtype=bool)


def csv_text(frame: pd.DataFrame) -> str:
    """Return a frame as CSV: long tables take a third of the room that records take."""
    # Vega reads "false" as false but Python's "False" as true.
    rounded = {
        str(name): [str(v).lower() if isinstance(v, bool) else v for v in values(frame[name])]
        for name in frame.columns
    }
    return pd.DataFrame(rounded, dtype=object).to_csv(index=False, lineterminator="\n")


def csv_format(frame: pd.DataFrame) -> alt.CsvDataFormat:
    """Return how Vega shall read `csv_text`: the type of every column, nothing guessed."""
    return alt.CsvDataFormat(
        type="csv", parse={str(name): _vega_type(frame[name]) for name in frame.columns}
    )


def _vega_type(column: pd.Series) -> str:
    known = [value for value in values(column) if value is not None]
    if known and all(isinstance(value, bool) for value in known):
        return "boolean"
    # A column of missing values has no type of its own; as numbers they become null.
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in known):
        return "number"
    return "string"


def values(column: pd.Series) -> list[Any]:
    """Return a column as plain Python values."""
    return [plain(value) for value in column.tolist()]


def plain(value: Any, digits: int = DIGITS) -> Any:
    """Return one value as JSON can hold it; infinities, like missing values, become None."""
    if value is None or value is pd.NA:
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, tuple):  # a label of several levels
        value = tuple(v.item() if isinstance(v, np.generic) else v for v in value)
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        rounded = float(f"{value:.{digits}g}")
        return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded
    return str(value)
