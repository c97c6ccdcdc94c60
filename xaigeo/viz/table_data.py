"""Tables put into charts whose layers name them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, TypeVar, cast

import altair as alt
import pandas as pd

from xaigeo.viz.records import csv_format, csv_text, records

Chart = TypeVar("Chart")
# Beyond this a table travels as CSV, which takes a third of the room of records.
LONG = 400


def with_tables(chart: Chart, tables: Mapping[str, pd.DataFrame]) -> Chart:
    """Return a chart in which each named table is there itself.

    Layers are written over ``alt.NamedData(name)``, so that a page can hand them rows by name.
    A chart that stands alone holds its rows, under names made of what they hold: two charts with
    a table of the same name can then be joined.

    Parameters
    ----------
    chart : altair chart
    tables : mapping from name to DataFrame
        Names that no layer has are passed over; layers whose table is not given stay as they are.
    """
    made = {name: inline(name, table) for name, table in tables.items()}
    return cast(Chart, _bound(chart, made))


class TableData(alt.InlineData):
    """Rows that stand once among the data sets of the outermost chart.

    Altair copies, checks and converts all of a chart many times while parts are put together.
    Rows from `inline` are plain already, so copies share them and only the name is converted.
    """

    _class_is_valid_at_instantiation = False

    def __deepcopy__(self, memo: Any = None) -> TableData:
        """Return another object, since Altair tells data apart by identity, with the same rows."""
        return TableData(**self._kwds)

    def to_dict(
        self,
        validate: bool = True,
        *,
        ignore: list[str] | None = None,
        context: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return the name, and leave the rows in the context."""
        if context is None or "datasets" not in context:
            return super().to_dict(validate, ignore=ignore, context=context)
        made = super().to_dict(False, ignore=[*(ignore or ()), "values"], context=context)
        rows = self._kwds["values"]
        held = rows if isinstance(rows, str) else [dict(row) for row in rows]
        context["datasets"][made["name"]] = held
        return made


def inline(name: str, table: pd.DataFrame) -> TableData:
    """Return a table as rows that travel with the chart, under a name of its own."""
    held: dict[str, Any] = {"values": records(table)}
    if len(table) > LONG:
        held = {"values": csv_text(table), "format": csv_format(table)}
    written = json.dumps(held["values"], sort_keys=True, ensure_ascii=True)
    digest = hashlib.sha256(written.encode()).hexdigest()[:8]
    return TableData(name=f"{name}_{digest}", **held)


def _bound(part: Any, tables: Mapping[str, TableData]) -> Any:
    part = part.copy(deep=False)
    name = getattr(getattr(part, "data", alt.Undefined), "name", alt.Undefined)
    if isinstance(name, str) and name in tables:
        part.data = tables[name]
    for parts in ("layer", "hconcat", "vconcat", "concat"):
        if isinstance(found := part._kwds.get(parts), list):
            part[parts] = [_bound(one, tables) for one in found]
    if isinstance(inner := part._kwds.get("spec"), alt.TopLevelMixin):
        part["spec"] = _bound(inner, tables)
    if isinstance(steps := part._kwds.get("transform"), list):
        part["transform"] = [_looked_up(step, tables) for step in steps]
    return part


def _looked_up(step: Any, tables: Mapping[str, TableData]) -> Any:
    source = step._kwds.get("from", alt.Undefined)
    if not isinstance(source, alt.LookupData):
        return step
    step = step.copy(deep=False)
    step["from"] = _bound(source, tables)
    return step
