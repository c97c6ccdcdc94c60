"""Charts as parts of the page: the finding as words, the picture without them."""

from __future__ import annotations

import io
from typing import Any

import altair as alt
import pandas as pd

from xaigeo import dims
from xaigeo.viz.page.columnar import columnar
from xaigeo.viz.records import records
from xaigeo.viz.theme import INK

Picture = dict[str, Any]
# Charts of several views keep the width they were made with; this one fits a phone.
WIDTH = 330
# So many rows are shorter by column.
MANY = 40
RING: dict[str, Any] = {"color": INK, "strokeWidth": 2, "tooltip": None}


def picture(chart: Any, *, name: str = "", wide: bool = False, ringed: bool = False) -> Picture:
    """Return a chart's finding, how it is read, its words for screen readers and its spec.

    Parameters
    ----------
    chart : altair chart
        Made by this library: its title states the finding, its subtitle how to read it.
    name : str
        What links to it call it, as in ``#picture-reliability_diagram``.
    wide : bool
        Whether it takes a whole row of the page.
    ringed : bool
        Whether the page's script rings the chosen row in it: it puts that row of the chart's own
        tables into a table `chosen`.
    """
    spec = chart.to_dict(validate=False)
    spec.pop("config", None)  # the page holds the theme once
    title = spec.pop("title", {})
    finding, reading = _words(title)
    # Readers of a page cannot call the function again.
    reading = reading.replace("; name another with output", "")
    if ringed:
        _ring(spec)
        spec["datasets"]["chosen"] = _first_row(spec["datasets"])
    if isinstance(spec.get("height"), dict):
        # Vega-Lite warns of a step beside a width that follows the page.
        spec["height"] = spec["height"]["step"] * _n_categories(spec)
    spec["datasets"] = {
        name: _table(held, types)
        for (name, held), types in zip(spec.get("datasets", {}).items(), _types(spec), strict=True)
    }
    spec["padding"] = {"left": 2, "top": 6, "right": 8, "bottom": 4}
    if isinstance(chart, alt.LayerChart | alt.Chart):
        spec["width"] = "container"
        spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    return {
        "finding": finding,
        "reading": reading,
        "description": spec.pop("description", finding),
        "spec": spec,
        "wide": wide,
        "name": name,
    }


def _words(title: Any) -> tuple[str, str]:
    """Return title and subtitle as running text; charts break them to fit their width."""
    if not isinstance(title, dict):
        return _joined(title), ""
    return _joined(title.get("text", "")), _joined(title.get("subtitle", ""))


def _joined(lines: Any) -> str:
    return lines if isinstance(lines, str) else " ".join(lines)


def _first_row(tables: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the first row of the table of instances: axes have no end over an empty table."""
    for held in tables.values():
        frame = (
            pd.read_csv(io.StringIO(held), nrows=1) if isinstance(held, str) else pd.DataFrame(held)
        )
        if "instance" in frame and len(frame):
            return records(frame.head(1))
    return []


def _ring(part: dict[str, Any]) -> None:
    """Add to each view a ring over the table `chosen`, where its points are."""
    for inner in (one for name in ("hconcat", "vconcat") for one in part.get(name, [])):
        _ring(inner)
    points = [
        layer
        for layer in part.get("layer", [])
        if layer.get("mark", {}).get("type") in ("point", "circle")
        and "field" in layer.get("encoding", {}).get("x", {})
    ]
    if points:
        where = {
            k: points[-1]["encoding"][k]
            for k in ("x", "y", "yOffset")
            if k in points[-1]["encoding"]
        }
        part["layer"].append(
            {
                "data": {"name": "chosen"},
                "mark": {"type": "point", "filled": False, "shape": "circle", "size": 170, **RING},
                "encoding": where,
            }
        )


def _n_categories(spec: dict[str, Any]) -> int:
    """Return how many categories stand one above the other."""
    most = 1
    for part in [spec, *spec.get("layer", [])]:
        field = part.get("encoding", {}).get("y", {}).get("field")
        data = part.get("data", spec.get("data", {})).get("name")
        held = spec.get("datasets", {}).get(data)
        if field and held is not None:
            rows = pd.read_csv(io.StringIO(held)) if isinstance(held, str) else pd.DataFrame(held)
            most = max(most, rows[field].nunique() if field in rows else 0)
    return most


def _types(spec: dict[str, Any]) -> list[dict[str, str]]:
    """Return the types of the columns of each data set that is written as CSV."""
    found: dict[str, dict[str, str]] = {}

    def look(part: Any) -> None:
        if isinstance(part, dict):
            if "name" in part and "format" in part:
                found[part["name"]] = part.pop("format").get("parse", {})
            for value in part.values():
                look(value)
        elif isinstance(part, list):
            for value in part:
                look(value)

    look({name: value for name, value in spec.items() if name != "datasets"})
    return [found.get(name, {}) for name in spec.get("datasets", {})]


def _table(held: Any, types: dict[str, str]) -> Any:
    """Return few rows as they are, and many, or CSV, as a table by column.

    Vega would read CSV by making code; by column names are written once. Rows with labels stay,
    since a table by column keeps four digits of a label that is a number.
    """
    if not isinstance(held, str):
        named = len(held) < MANY or dims.INSTANCE in held[0]
        return held if named else columnar(pd.DataFrame(held, dtype=object))
    frame = pd.read_csv(io.StringIO(held), dtype=str, keep_default_na=False, na_values=[""])
    for name, kind in types.items():
        column = frame[name]
        known = column.notna()
        values = column.astype(object).where(known, None)
        if kind == "number":
            values[known] = column[known].astype(float)
        elif kind == "boolean":
            values[known] = column[known] == "true"
        frame[name] = values
    return columnar(frame)
