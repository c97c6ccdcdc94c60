"""Tables as short JSON: by column, each repeated value written once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

import pandas as pd

from xaigeo.viz.records import plain

DIGITS = 4
LONGEST_PERIOD = 128


def columnar(frame: pd.DataFrame, *, digits: int = DIGITS) -> dict[str, Any]:
    """Return a table as ``{"n": rows, "columns": {name: column}}``.

    A column is the shortest of ``{"v": [values]}``; ``{"d": [values], "i": [places]}``;
    ``{"d": [values], "r": [place, times, place, times, ...]}`` for runs; and, when the first
    values come again and again in order, ``{"t": [values]}``. Floats keep `digits` significant
    digits, more than a screen can show.

    Examples
    --------
    >>> columnar(pd.DataFrame({"x": [1.23456, 2.5], "m": ["a", "a"]}))["columns"]
    {'x': {'v': [1.235, 2.5]}, 'm': {'t': ['a']}}
    """
    return {
        "n": len(frame),
        "columns": {str(name): column(frame[name], digits=digits) for name in frame.columns},
    }


def column(listed: Iterable[Any], *, digits: int = DIGITS) -> dict[str, list[Any]]:
    """Return one column in the shortest of the forms of `columnar`."""
    values = [plain(value, digits) for value in listed]
    places: dict[Any, int] = {}
    # True equals 1 in Python and not in JSON, so the type is part of the key.
    codes = [places.setdefault((type(value), value), len(places)) for value in values]
    period = _period(codes)
    if period < len(values):
        return {"t": values[:period]}
    known = [value for _, value in places]
    runs = [n for code, run in groupby(codes) for n in (code, len(list(run)))]
    forms = ({"v": values}, {"d": known, "i": codes}, {"d": known, "r": runs})
    return min(forms, key=lambda form: sum(_length(part) for part in form.values()))


def replace_values(table: Any, name: str, by: Mapping[Any, Any]) -> None:
    """Replace the values of a column, if there is one, in a list of rows or a `columnar` table.

    Examples
    --------
    >>> table = columnar(pd.DataFrame({"m": ["a", "a", "b"]}))
    >>> replace_values(table, "m", {"a": "lime", "b": "shap"})
    >>> table["columns"]
    {'m': {'v': ['lime', 'lime', 'shap']}}
    """
    if isinstance(table, list):
        for row in table:
            if name in row:
                row[name] = by[row[name]]
        return
    form = table["columns"].get(name, {})
    for values in (form[key] for key in ("v", "d", "t") if key in form):
        values[:] = [by[value] for value in values]


def _period(codes: list[int]) -> int:
    """Return how many first codes, repeated in order, make all of them."""
    for period in range(1, min(len(codes) // 2, LONGEST_PERIOD) + 1):
        # Only where the first code comes again can a period begin.
        if codes[period] == codes[0] and codes[period:] == codes[:-period]:
            return period
    return len(codes)


def _length(values: list[Any]) -> int:
    return sum(len(str(value)) + 1 for value in values)
