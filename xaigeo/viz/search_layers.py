"""The layers of a search: curves over its steps, and the limits of the step that is chosen."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd

from xaigeo.viz.channels import at, layered
from xaigeo.viz.rule_lanes import CELL, GAP, LaneFrame
from xaigeo.viz.theme import FAINT, INK, RAMP, SEED, SOFT_INK

COVERAGE = RAMP[4]
PRECISE = "datum.measure === 'precision'"


def curves(tables: Mapping[str, pd.DataFrame], now: str) -> alt.LayerChart:
    """Return precision and coverage over the steps, over `curves`, `threshold` and `steps`.

    `now` is the Vega expression that tells the chosen step.
    """
    longest = int(tables["curves"]["step"].max())
    x = alt.X(
        "step:Q",
        title="Step",
        scale=alt.Scale(domain=[1, max(2, longest)], nice=False, padding=6),
        axis=alt.Axis(tickMinStep=1, tickCount=8, format="d", grid=False),
    )
    y = alt.Y(
        "value:Q",
        title="Share",
        scale=alt.Scale(domain=[0, 1], nice=False),
        axis=alt.Axis(format="~%", tickCount=5),
    )
    every = alt.Chart(alt.NamedData("curves"))
    own, thin = every.transform_filter("datum.chosen"), every.transform_filter("!datum.chosen")
    colour = alt.when(PRECISE).then(alt.value(SEED)).otherwise(alt.value(COVERAGE))
    others = [
        thin.transform_filter(f"datum.measure === '{measure}'")
        .mark_line(strokeWidth=1, opacity=0.28, strokeDash=dash)
        .encode(x=x, y=y, detail="seed:N", color=colour)
        for measure, dash in (("precision", [1, 0]), ("coverage", [4, 3]))
    ]
    bound = (
        own.transform_filter(PRECISE)
        .mark_area(color=INK, opacity=0.13, line=False)
        .encode(x=x, y=at(y, "low"), y2="value:Q")
    )
    precision = own.transform_filter(PRECISE).mark_line(color=INK, strokeWidth=2.2)
    coverage = own.transform_filter("datum.measure === 'coverage'").mark_line(
        color=COVERAGE, strokeWidth=2, strokeDash=[5, 3]
    )
    lines = [one.encode(x=x, y=y) for one in (coverage, precision)]
    return layered(*others, bound, *lines, *_marks(tables, x, y, now))


def _marks(tables: Mapping[str, pd.DataFrame], x: alt.X, y: alt.Y, now: str) -> list[alt.Chart]:
    """Return the line of the wanted precision and what marks the chosen step."""
    wanted = alt.Chart(alt.NamedData("threshold"))
    line = wanted.mark_rule(color=SOFT_INK, strokeDash=[2, 2]).encode(y=y)
    steps = alt.Chart(alt.NamedData("steps"))
    told = [
        alt.Tooltip("step:Q", title="Step"),
        alt.Tooltip("precision:Q", title="Precision", format=".1%"),
        alt.Tooltip("precision_low:Q", title="its lower bound", format=".1%"),
        alt.Tooltip("coverage:Q", title="Coverage", format=".1%"),
    ]
    chosen = steps.transform_filter(now)
    here = chosen.mark_rule(color=FAINT, strokeWidth=5).encode(x=x)
    dots = [
        data.mark_point(filled=True, size=size, color=colour, opacity=1).encode(
            x=x, y=at(y, field), tooltip=told
        )
        for data, size in ((steps, 16), (chosen, 70))
        for field, colour in (("coverage", COVERAGE), ("precision", INK))
    ]
    return [here, *([line] if len(tables["threshold"]) else []), *dots]


def caption(now: str) -> alt.Chart:
    """Return what is said of the chosen step, in two lines, over `steps`."""
    chart: alt.Chart = (
        alt.Chart(alt.NamedData("steps"))
        .transform_filter(now)
        .mark_text(align="left", baseline="top", fontSize=11.5, lineBreak="\n")
        .encode(x=alt.value(0), y=alt.value(0), text="said:N")
    )
    return chart


def limits(tables: Mapping[str, pd.DataFrame], now: str, width: int) -> alt.LayerChart:
    """Return the limits of the chosen step on lanes, with the outline of the last rule."""
    height = float(tables["lanes"]["bottom"].max()) - GAP
    frame = LaneFrame(height, width)
    box = {"x2": "x2:Q", "y2": "y2:Q"}
    last = (
        alt.Chart(alt.NamedData("last"))
        .mark_rule(color=SOFT_INK, strokeWidth=0.9, opacity=0.65)
        .encode(x=frame.x("x1"), y=frame.y("y1"), **box)
    )
    told = [alt.Tooltip("feature:N", title="Feature"), alt.Tooltip("limit:N", title="Limits")]
    bars = (
        alt.Chart(alt.NamedData("limits"))
        .transform_filter(now)
        .mark_rect(color=INK, opacity=0.9)
        .encode(x=frame.x("x1"), y=frame.y("y1"), tooltip=told, **box)
    )
    arrows = [
        alt.Chart(alt.NamedData("arrows"))
        .transform_filter(f"{now} && datum.side === '{side}'")
        .mark_point(shape=f"triangle-{side}", filled=True, size=70, color=INK, opacity=0.9)
        .encode(x=frame.x("x"), y=frame.y("y"))
        for side in ("left", "right")
    ]
    layers = [*frame.base(), last, bars, *arrows, *_cells(frame, tables["cells"], now)]
    drawn = [one for one in (*layers, *frame.value()) if len(tables[one.data.name])]
    return layered(*drawn).properties(height=height)


def _cells(frame: LaneFrame, cells: pd.DataFrame, now: str) -> list[alt.Chart]:
    data = alt.Chart(alt.NamedData("cells")).transform_filter(now)
    told = [
        alt.Tooltip("feature:N", title="Feature"),
        alt.Tooltip("category:N", title="Category"),
        alt.Tooltip("allowed:N", title="In this step"),
    ]
    track = data.mark_rect(fill="white", stroke=FAINT).encode(
        x=frame.x("x1"), x2="end:Q", y=frame.y("y1"), y2="y2:Q", tooltip=told
    )
    filled = data.mark_rect(color=INK, opacity=0.8).encode(
        x=frame.x("x1"), x2="x2:Q", y=frame.y("y1"), y2="y2:Q", tooltip=told
    )
    room = float((cells["end"] - cells["x1"]).min()) / CELL if len(cells) else 1.0
    name = data.mark_text(
        align="left", baseline="top", fontSize=10.5, limit=max(12.0, 0.8 * room * frame.px)
    ).encode(
        x=frame.x("x1"),
        y=frame.y("y0"),
        text="category:N",
        color=alt.when("datum.share > 0").then(alt.value(INK)).otherwise(alt.value(SOFT_INK)),
    )
    return [track, filled, name]
