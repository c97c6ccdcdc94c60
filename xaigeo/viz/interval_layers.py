"""The layers of intervals on lanes: seeds, what they share, what holds them all, categories."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from xaigeo.viz.class_channels import class_channels
from xaigeo.viz.rule_lanes import LaneFrame
from xaigeo.viz.theme import FAINT, INK, SEED, SOFT_INK

# In a narrower cell a name leaves no room for the number of seeds; the bar tells it.
ROOMY = 64.0
LIMIT = alt.Tooltip("limit:N", title="Limits")
FEATURE = alt.Tooltip("feature:N", title="Feature")
SEED_TOOLTIP = [
    FEATURE,
    alt.Tooltip("seed:N", title="Seed"),
    LIMIT,
    alt.Tooltip("precision:Q", title="Precision of the rule", format=".3f"),
    alt.Tooltip("precision_low:Q", title="its lower bound", format=".3f"),
    alt.Tooltip("coverage:Q", title="Coverage of the rule", format=".1%"),
    alt.Tooltip("status:N", title="Wanted precision"),
]


def interval_layers(
    frame: LaneFrame, tables: Mapping[str, pd.DataFrame], classes: Sequence[str]
) -> list[alt.Chart]:
    """Return the layers over the tables of `anchor_intervals_tables`, back to front.

    Parameters
    ----------
    frame : LaneFrame
    tables : mapping from name to DataFrame
    classes : sequence of str
        Class labels in output order where the seeds' answers differ, otherwise none.
    """
    colour, shape = class_channels(classes, frame.px) if classes else (None, None)
    seed_colour, joint_colour = colour or alt.value(SEED), colour or alt.value(INK)
    several = len(tables["bars"]) + len(tables["free"]) > len(tables["lanes"])
    return [
        _hull(frame),
        _free(frame, seed_colour),
        *_bars(frame, tables["bars"], seed_colour, several=several),
        *_common(frame, joint_colour),
        *_cells(frame, tables["cells"], joint_colour),
        *([] if shape is None else [_group_marks(frame, colour, shape)]),
    ]


def _rect(name: str, frame: LaneFrame, **mark: Any) -> alt.Chart:
    return _spanned(alt.Chart(alt.NamedData(name)).mark_rect(**mark), frame)


def _spanned(chart: alt.Chart, frame: LaneFrame) -> alt.Chart:
    made: alt.Chart = chart.encode(x=frame.x("x1"), x2="x2:Q", y=frame.y("y1"), y2="y2:Q")
    return made


def _hull(frame: LaneFrame) -> alt.Chart:
    chart: alt.Chart = _spanned(
        alt.Chart(alt.NamedData("hull")).mark_rule(color=SOFT_INK, strokeWidth=0.9, opacity=0.65),
        frame,
    ).encode(tooltip=[FEATURE, alt.Tooltip("limit:N", title="All seeds' limits lie within")])
    return chart


def _free(frame: LaneFrame, colour: Any) -> alt.Chart:
    chart: alt.Chart = (
        alt.Chart(alt.NamedData("free"))
        .mark_rule(strokeWidth=1, strokeDash=[1, 4], opacity=0.6)
        .encode(x=frame.x("x1"), x2="x2:Q", y=frame.y("y1"), color=colour, tooltip=SEED_TOOLTIP)
    )
    return chart


def _bars(frame: LaneFrame, table: pd.DataFrame, colour: Any, *, several: bool) -> list[alt.Chart]:
    bars = _rect("bars", frame).encode(color=colour, tooltip=SEED_TOOLTIP)
    opacity: Any = alt.Opacity("strength:Q", scale=None, legend=None)
    if several:
        # One seed is hard to follow from lane to lane: the one under the pointer stays strong.
        # Altair joins charts only where selections and their views have names of their own.
        digest = hashlib.sha256(table.to_csv().encode()).hexdigest()[:8]
        pointed = alt.selection_point(
            name=f"pointed{digest}", fields=["seed"], on="pointerover", clear="pointerout"
        )
        opacity = alt.when(pointed).then(opacity).otherwise(alt.value(0.15))
        bars = bars.properties(name=f"bars{digest}").add_params(pointed)
    caps = (
        alt.Chart(alt.NamedData("caps"))
        .mark_rule(strokeWidth=1.6)
        .encode(x=frame.x("x"), y=frame.y("y1"), y2="y2:Q", color=colour)
    )
    return [bars.encode(opacity=opacity), caps]


def _common(frame: LaneFrame, colour: Any) -> list[alt.Chart]:
    told = [FEATURE, LIMIT, alt.Tooltip("n_seeds:Q", title="Shared by seeds")]
    bars = _rect("common", frame).encode(color=colour, tooltip=told)
    arrows = [
        alt.Chart(alt.NamedData("arrows"))
        .transform_filter(f"datum.side === '{side}'")
        .mark_point(shape=f"triangle-{side}", filled=True, size=64, opacity=1)
        .encode(x=frame.x("x"), y=frame.y("y"), color=colour)
        for side in ("left", "right")
    ]
    return [bars, *arrows]


def _cells(frame: LaneFrame, cells: pd.DataFrame, colour: Any) -> list[alt.Chart]:
    data = alt.Chart(alt.NamedData("cells"))
    told = [
        FEATURE,
        alt.Tooltip("category:N", title="Category"),
        alt.Tooltip("share:Q", title="Seeds that allow it", format=".0%"),
    ]
    track = data.mark_rect(fill="white", stroke=FAINT, strokeWidth=1).encode(
        x=frame.x("x1"), x2="end:Q", y=frame.y("y1"), y2="y2:Q", tooltip=told
    )
    filled = _rect("cells", frame).encode(color=colour, opacity=alt.value(0.8), tooltip=told)
    widths = (cells["end"] - cells["x1"]).to_numpy()
    px = float(widths.min()) * frame.px * 0.86 if len(widths) else 0.0
    counted = px >= ROOMY
    name = data.mark_text(
        align="left", baseline="top", fontSize=10.5, limit=max(12.0, px - 26.0 * counted)
    ).encode(
        x=frame.x("x1"),
        y=frame.y("y0"),
        text="category:N",
        color=alt.when("datum.own").then(alt.value(INK)).otherwise(alt.value(SOFT_INK)),
        tooltip=told,
    )
    own = (
        data.transform_filter("datum.own")
        .mark_rule(color=INK, strokeWidth=1.6)
        .encode(x=frame.x("x1"), x2="end:Q", y=frame.y("y2"))
    )
    count = data.mark_text(align="right", baseline="top", fontSize=10, color=SOFT_INK).encode(
        x=frame.x("end"), y=frame.y("y0"), text="said:N"
    )
    return [track, filled, own, name, *([count] if counted else [])]


def _group_marks(frame: LaneFrame, colour: Any, shape: alt.Shape) -> alt.Chart:
    chart: alt.Chart = (
        alt.Chart(alt.NamedData("group_marks"))
        .mark_point(filled=True, size=55, opacity=1)
        .encode(
            x=frame.x("x"),
            y=frame.y("y"),
            color=colour,
            shape=shape,
            tooltip=[
                alt.Tooltip("predicted:N", title="Answer"),
                alt.Tooltip("n_seeds:Q", title="Seeds"),
            ],
        )
    )
    return chart
