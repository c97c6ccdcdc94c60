"""Lines with intervals over bins, one a named ensemble: what several charts draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.viz.channels import at
from xaigeo.viz.series_channels import series_channels

# Bins of fewer rows are hollow, and no line joins them.
FEW = 5
# How far the marks of two ensembles stand apart, as a share of a bin.
APART = 0.22
ASIDE = "Marks of one bin stand side by side."


def placed_bins(tables: dict[str, pd.DataFrame], n: str = "n_rows") -> pd.DataFrame:
    """Return the bins of all ensembles in one table, ready to be drawn.

    Parameters
    ----------
    tables : mapping from name to DataFrame
        Bins with `low`, `high`, the ends, and how many rows each holds.
    n : str
        Column of that number.

    Returns
    -------
    DataFrame
        With `ensemble`, `middle` (each ensemble's marks a little aside), `few` and `run`: bins of
        one run are neighbours that a line joins.
    """
    parts = []
    for k, (name, table) in enumerate(tables.items()):
        low, high = table["low"].to_numpy(dtype=float), table["high"].to_numpy(dtype=float)
        few = table[n].to_numpy() < FEW
        aside = (k - (len(tables) - 1) / 2) * min(APART, 0.7 / len(tables)) * (high - low)
        reach = high.max() - low.min()
        apart = np.append(True, (low[1:] - high[:-1] > 1e-9 * reach) | few[1:] | few[:-1])
        parts.append(
            table.assign(
                ensemble=name, middle=(low + high) / 2 + aside, few=few, run=np.cumsum(apart)
            )
        )
    return pd.concat(parts, ignore_index=True)


def series_layers(
    table: str,
    names: Sequence[str],
    x: alt.X,
    y: alt.Y,
    tips: Sequence[alt.Tooltip],
    *,
    px: float,
    n: str = "n_rows",
    interval: tuple[str, str] = ("value_low", "value_high"),
    what: str = "Ensemble",
) -> list[alt.Chart]:
    """Return lines, intervals and points over a table of `placed_bins`, back to front.

    Parameters
    ----------
    table : str
        Its name.
    names : sequence of str
        Of the ensembles.
    x, y : alt.X, alt.Y
        Axes; the field of y is the value.
    tips : sequence of alt.Tooltip
    px : float
        Width of the legend.
    n : str
        Column of the number of rows, the size of a point.
    interval : pair of str
        Columns of the interval's ends.
    what : str
        What a line is, in tooltips.
    """
    channels = series_channels(names, px)
    colour, shape, dash = channels["color"], channels["shape"], channels["strokeDash"]
    base = alt.Chart(alt.NamedData(table))
    told: list[Any] = [alt.Tooltip("ensemble:N", title=what)] if len(names) > 1 else []
    told += tips
    size = alt.Size(f"{n}:Q", legend=None, scale=alt.Scale(range=[22, 110], zero=True))
    middle, (low, high) = at(x, "middle"), interval
    points = base.encode(x=middle, y=y, shape=shape, size=size, tooltip=told)
    lines = [
        base.mark_line(strokeWidth=1.8).encode(
            x=middle, y=y, color=colour, strokeDash=dash, detail=["run:N"]
        ),
        base.transform_filter(f"isValid(datum.{low}) && isValid(datum.{high})")
        .mark_rule(strokeWidth=1.3, opacity=0.8)
        .encode(x=middle, y=at(y, low), y2=f"{high}:Q", color=colour, tooltip=told),
    ]
    # One layer for all: of bins that are all hollow, filled ones would have no extent.
    fill = alt.when("datum.few").then(alt.value("white")).otherwise(channels["fill"])
    marks = points.mark_point(filled=True, strokeWidth=1.4, opacity=1)
    return [*lines, marks.encode(fill=fill, stroke=channels["stroke"])]
