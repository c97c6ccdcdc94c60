"""Ways to another answer, as a table that is a chart: what changes is marked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import altair as alt
import pandas as pd

from xaigeo.explanations import Counterfactuals
from xaigeo.viz.change_rows import MAX_ROWS, ChangeRow, ChangeTable, change_table
from xaigeo.viz.channels import layered
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.text_fit import LETTER, middle, titled, wrapped
from xaigeo.viz.theme import FAINT, INK, NEGATIVE, POSITIVE, SEED, SOFT_INK
from xaigeo.viz.themed import themed

WIDTH = 620
# Pixels: the narrowest column, a cell, a line of words, room between rows.
COLUMN, CELL, LINE, BETWEEN = 92, 22, 15, 11
SIZE = 11.0
# Mean width of a bold letter or digit, as a share of the size of the type.
BOLD = 0.6
# Of the changed features without a column, so many are named.
NAMED = 3
Tables = dict[str, pd.DataFrame]
Record = dict[str, Any]
COLOURS = {"up": POSITIVE, "down": NEGATIVE, "other": SEED}


def counterfactual_table(
    counterfactuals: Counterfactuals,
    instance: Any = None,
    seeds: Iterable[int] | None = None,
    max_rows: int = MAX_ROWS,
    *,
    width: int = WIDTH,
) -> alt.LayerChart:
    """Draw the row and the ways to change it as a table, changed cells marked by direction.

    Seeds that change the same features in the same direction share a line. As HTML:
    `counterfactual_html`.

    Parameters
    ----------
    counterfactuals : Counterfactuals
    instance : label, optional
        The first one if None.
    seeds : iterable of int, optional
        Whose counterfactuals; all seeds' if None.
    max_rows : int
        Ways to change at most; those of most seeds are shown.
    width : int
        Pixels. Of more changed features than have room, the others are named in words.

    Raises
    ------
    InputError
        If there are no counterfactuals, the row or a seed is not there, or `max_rows` is no
        whole number.
    """
    check_width(width)
    table = change_table(counterfactuals, instance, seeds, max_rows)
    tables = counterfactual_table_tables(table, width=width)
    body = counterfactual_table_body(tables, width=width).properties(
        title=titled(table.finding, table.notes, width),
        description=f"{table.finding}. Table of {len(table.rows)} ways to change row "
        f"{table.label}, over {len(table.changed)} features.",
    )
    return themed(with_tables(body, tables))


def counterfactual_table_finding(
    counterfactuals: Counterfactuals, instance: Any = None, seeds: Iterable[int] | None = None
) -> str:
    """Return in a sentence whether the seeds find the same change."""
    return change_table(counterfactuals, instance, seeds).finding


def counterfactual_table_tables(table: ChangeTable, *, width: int = WIDTH) -> Tables:
    """Return `headers` (feature), `cells` (line, feature) and `words` (line), in pixels."""
    shown = table.changed[: max(1, width // COLUMN)]
    column = min(width / max(1, len(shown)), 2.0 * COLUMN)
    letters = max(4, int((column - 8) / (SIZE * LETTER)))
    bold = max(4, int((column - 12) / (SIZE * BOLD)))
    names = [_name_lines(table.features[j].name, letters) for j in shown]
    y = float(LINE * max((len(lines) for lines in names), default=0) + 6)
    headers = [
        {"feature": table.features[j].name, "text": "\n".join(lines), "x": k * column + 4, "y": 0.0}
        for k, (j, lines) in enumerate(zip(shown, names, strict=True))
    ]
    cells: list[Record] = []
    words: list[Record] = []
    for line, row in enumerate([None, *table.rows]):
        head, details = _said(table, row, line, shown)
        for text, weight in ((head, "bold"), *((detail, "normal") for detail in details)):
            for part in wrapped(text, width, SIZE):
                words.append({"line": line, "text": part, "weight": weight, "x": 0.0, "y": y})
                y += LINE
        found = table.start if row is None else row.cells
        cells += [
            {
                "line": "this row" if row is None else f"way {line}",
                "feature": table.features[j].name,
                "way": found[j].way,
                "text": found[j].within(letters if found[j].way == "same" else bold),
                "old": found[j].old,
                "new": found[j].new,
                "pale": row is not None and found[j].way == "same",
                "x1": k * column,
                "x2": (k + 1) * column - 4,
                "x": k * column + 5,
                "y1": y,
                "y2": y + CELL,
                "y": y + CELL / 2,
            }
            for k, j in enumerate(shown)
        ]
        y += (CELL if shown else 0) + BETWEEN
    return {
        "headers": pd.DataFrame(headers, columns=["feature", "text", "x", "y"]),
        "cells": pd.DataFrame(cells, columns=list(_CELLS)),
        "words": pd.DataFrame(words).assign(height=y - BETWEEN),
    }


_CELLS = (
    *("line", "feature", "way", "text", "old", "new", "pale"),
    *("x1", "x2", "x", "y1", "y2", "y"),
)


def counterfactual_table_body(tables: Tables, *, width: int = WIDTH) -> alt.LayerChart:
    """Return the chart over the tables, without words above it."""
    height = float(tables["words"]["height"].iloc[0])

    def x(field: str) -> alt.X:
        scale = alt.Scale(domain=[0, width], nice=False)
        return alt.X(f"{field}:Q", axis=None, scale=scale)

    def y(field: str) -> alt.Y:
        scale = alt.Scale(domain=[height, 0], nice=False)
        return alt.Y(f"{field}:Q", axis=None, scale=scale)

    told = [
        alt.Tooltip("line:N", title="Line"),
        alt.Tooltip("feature:N", title="Feature"),
        alt.Tooltip("old:N", title="Now"),
        alt.Tooltip("new:N", title="Changed to"),
    ]
    data = alt.Chart(alt.NamedData("cells"))
    changed, same = (data.transform_filter(f"datum.way {sign} 'same'") for sign in ("!==", "==="))
    # A scale, and no colours among the data: a page swaps the colours of charts for dark ones.
    colours = alt.Scale(domain=list(COLOURS), range=list(COLOURS.values()))
    box = {"x": x("x1"), "x2": "x2:Q", "y": y("y1"), "y2": "y2:Q"}
    frame = same.mark_rect(fill="white", stroke=FAINT, strokeWidth=0.8).encode(**box, tooltip=told)
    fill = changed.mark_rect(opacity=0.24, cornerRadius=2).encode(
        **box, color=alt.Color("way:N", scale=colours, legend=None), tooltip=told
    )
    edge = changed.mark_rect(filled=False, strokeWidth=1.2, cornerRadius=2).encode(
        **box, stroke=alt.Stroke("way:N", scale=colours, legend=None)
    )
    place = {"x": x("x"), "y": y("y"), "text": "text:N"}
    bold = changed.mark_text(align="left", fontSize=SIZE, fontWeight="bold").encode(
        **place, tooltip=told
    )
    quiet = same.mark_text(align="left", fontSize=SIZE).encode(
        **place,
        color=alt.when("datum.pale").then(alt.value(SEED)).otherwise(alt.value(INK)),
        opacity=alt.when("datum.pale").then(alt.value(0.6)).otherwise(alt.value(1)),
        tooltip=told,
    )
    headers = (
        alt.Chart(alt.NamedData("headers"))
        .mark_text(align="left", baseline="top", fontSize=SIZE, color=SOFT_INK, lineBreak="\n")
        .encode(**place, tooltip=[alt.Tooltip("feature:N", title="Feature")])
    )
    words = alt.Chart(alt.NamedData("words"))
    head, detail = (
        words.transform_filter(f"datum.weight === '{weight}'")
        .mark_text(
            align="left",
            baseline="top",
            fontSize=SIZE,
            fontWeight="bold" if weight == "bold" else "normal",
            color=INK if weight == "bold" else SOFT_INK,
        )
        .encode(**place)
        for weight in ("bold", "normal")
    )
    layers = [frame, fill, edge, quiet, bold, headers, head, detail]
    drawn = [one for one in layers if len(tables[one.data.name])]
    return layered(*drawn).properties(width=width, height=height)


def _said(
    table: ChangeTable, row: ChangeRow | None, line: int, shown: tuple[int, ...]
) -> tuple[str, list[str]]:
    """Return the heading of a line, and what is said of it below."""
    if row is None:
        return f"Row {table.label} as it is: {table.answer}", []
    head = f"{line}. {row.answer} ({_who(table, row)})"
    said = f"distance {row.distance}, {row.n_changed} changed"
    if table.one_point:
        said += f"; valid for {row.valid}"
    else:
        said += ", valid" if row.valid == "yes" else ", not valid"
        also = "also" if row.valid == "yes" else "yet"
        said += f", {also} for {row.carries_over} of other seeds" if table.several else ""
    hidden = [j for j in table.changed if j not in shown and row.cells[j].way != "same"]
    others = [f"{table.features[j].name} {row.cells[j].text}" for j in hidden[:NAMED]]
    others += [f"{len(hidden) - NAMED} more"] if len(hidden) > NAMED else []
    return head, [said, *([f"also changes {', '.join(others)}"] if others else [])]


def _who(table: ChangeTable, row: ChangeRow) -> str:
    if table.one_point or row.seeds.startswith("all "):
        return f"{row.seeds} seeds"
    return f"seed{'' if row.seeds.isdigit() else 's'} {row.seeds}"


def _name_lines(name: str, letters: int) -> list[str]:
    """Return a name in two lines at most, broken at a blank or an underscore where it can be."""
    if len(name) <= letters:
        return [name]
    breaks = [k for k, sign in enumerate(name[: letters + 1]) if sign in " _"]
    cut = breaks[-1] if breaks and breaks[-1] > 0 else letters
    first, rest = name[:cut], name[cut:].lstrip(" ")
    return [first, middle(rest, letters)]
