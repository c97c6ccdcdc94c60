"""The layers of words in rows: cells, words, marks on them, headings, labels and deviations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd

from xaigeo.viz.theme import (
    INK,
    NEGATIVE,
    POSITIVE,
    RAMP,
    SEED,
    SOFT_INK,
    class_colour,
    class_shape,
)
from xaigeo.viz.token_flow import SIZE
from xaigeo.viz.token_rows import SMALL, TokenRows

Tables = dict[str, pd.DataFrame]
# The ramp without the middle, on which neither dark nor light words are read well.
STEP_COLOURS = (*RAMP[:3], *RAMP[4:])
# From this step on words are light, on dark paper dark.
DEEP = 3


@dataclass(frozen=True)
class Frame:
    """Pixels as the scales of a chart."""

    width: float
    height: float

    def x(self, field: str) -> alt.X:
        """Return a place from the left."""
        scale = alt.Scale(domain=[0, self.width], nice=False, zero=False)
        return alt.X(f"{field}:Q", axis=None, scale=scale)

    def y(self, field: str) -> alt.Y:
        """Return a place from the top."""
        scale = alt.Scale(domain=[self.height, 0], nice=False, zero=False)
        return alt.Y(f"{field}:Q", axis=None, scale=scale)


def token_layers(rows: TokenRows, tables: Tables, frame: Frame) -> list[alt.Chart]:
    """Return the layers over the tables of `TokenRows.tables`, back to front."""
    words = tables["words"]
    return [
        *(_answers(frame, rows.classes) if rows.classes else []),
        *([_cells(frame, rows)] if words["explained"].any() else []),
        *([_mean_frame(frame)] if rows.several else []),
        *(_frames(frame, rows.role, words) if rows.role != "attributions" else []),
        *_words(frame, rows, words),
        *([_ends(frame)] if len(tables["ends"]) else []),
        *(_changes(frame, words) if rows.role == "counterfactuals" else []),
        *([_bars(frame)] if len(tables["spread"]) else []),
        *_labels(frame, tables["rows"]),
    ]


def _answers(frame: Frame, classes: list[str]) -> list[alt.Chart]:
    """Return headings of the answers: a mark, a name, and a line beside the rows of seeds."""
    base = alt.Chart(alt.NamedData("answers"))
    colour, shape = class_colour(classes).legend(None), class_shape(classes).legend(None)
    return [
        base.mark_rule(strokeWidth=2.4).encode(
            x=frame.x("x2"), y=frame.y("y1"), y2="y2:Q", color=colour
        ),
        base.mark_point(filled=True, size=60, opacity=1, strokeWidth=0).encode(
            x=frame.x("x"), y=frame.y("y"), color=colour, shape=shape
        ),
        base.mark_text(align="left", baseline="middle", fontSize=11.5).encode(
            x=frame.x("xt"), y=frame.y("y"), text="text:N"
        ),
    ]


def _cells(frame: Frame, rows: TokenRows) -> alt.Chart:
    cells = (
        alt.Chart(alt.NamedData("words"))
        .transform_filter("datum.explained")
        .mark_rect(cornerRadius=2)
        .encode(x=frame.x("x1"), x2="x2:Q", y=frame.y("y1"), y2="y2:Q", tooltip=_told(rows))
    )
    if rows.signed:
        sign = alt.when("datum.above").then(alt.value(POSITIVE)).otherwise(alt.value(NEGATIVE))
        made: alt.Chart = cells.encode(color=sign, opacity=alt.Opacity("strength:Q", scale=None))
        return made
    # Not by a scale: the headings' colours of classes are on the one scale of the layers.
    step = alt.when("datum.step <= 0").then(alt.value(STEP_COLOURS[0]))
    for n, colour in enumerate(STEP_COLOURS[1:-1], 1):
        step = step.when(f"datum.step === {n}").then(alt.value(colour))
    steps: alt.Chart = cells.encode(color=step.otherwise(alt.value(STEP_COLOURS[-1])))
    return steps


def _mean_frame(frame: Frame) -> alt.Chart:
    made: alt.Chart = (
        alt.Chart(alt.NamedData("rows"))
        .transform_filter("datum.mean")
        .mark_rect(filled=False, stroke=INK, strokeWidth=1.2, cornerRadius=3)
        .encode(x=frame.x("left"), x2="right:Q", y=frame.y("y1"), y2="y2:Q")
    )
    return made


def _frames(frame: Frame, role: str, words: pd.DataFrame) -> list[alt.Chart]:
    """Return frames around the words of rules, dashed ones around those of failed searches."""
    layers = []
    # Vega-Lite takes no dashes of rectangles from an encoding, so each kind has its own layer.
    for met in [True, False] if role == "anchors" else [False]:
        if not (words["chosen"] & (words["met"] == met)).any():
            continue
        layers.append(
            alt.Chart(alt.NamedData("words"))
            .transform_filter(f"datum.chosen && datum.met === {str(met).lower()}")
            .mark_rect(
                filled=False,
                stroke=INK,
                strokeWidth=1.6,
                cornerRadius=2,
                strokeDash=[1, 0] if met else [3, 2],
            )
            .encode(x=frame.x("x1"), x2="x2:Q", y=frame.y("y1"), y2="y2:Q")
        )
    return layers


def _words(frame: Frame, rows: TokenRows, words: pd.DataFrame) -> list[alt.Chart]:
    colour = (
        alt.when("!datum.explained")
        .then(alt.value(SOFT_INK))
        .when(f"{'false' if rows.signed else 'true'} && datum.step >= {DEEP}")
        .then(alt.value("white"))
        .otherwise(alt.value(INK))
    )
    made = []
    for known in (True, False):
        if not (words["known"] == known).any():
            continue
        made.append(
            alt.Chart(alt.NamedData("words"))
            .transform_filter(f"datum.known === {str(known).lower()}")
            .mark_text(baseline="middle", fontSize=SIZE, fontStyle="normal" if known else "italic")
            .encode(
                x=frame.x("x"),
                y=frame.y("y"),
                text="text:N",
                color=colour,
                tooltip=_told(rows),
            )
        )
    if not words["known"].all():
        # Signs and pictures have no italics.
        made.append(
            alt.Chart(alt.NamedData("words"))
            .transform_filter("datum.known === false")
            .mark_rule(color=INK, strokeWidth=1, strokeDash=[1.2, 2])
            .encode(x=frame.x("x1"), x2="x2:Q", y=frame.y("y2"))
        )
    return made


def _ends(frame: Frame) -> alt.Chart:
    """Return what stands behind the words of a row: what was not read, the new answer."""
    made: alt.Chart = (
        alt.Chart(alt.NamedData("ends"))
        .mark_text(align="left", baseline="middle", fontSize=SMALL)
        .encode(
            x=frame.x("x"),
            y=frame.y("y"),
            text="text:N",
            color=alt.when("datum.outcome").then(alt.value(INK)).otherwise(alt.value(SOFT_INK)),
        )
    )
    return made


def _changes(frame: Frame, words: pd.DataFrame) -> list[alt.Chart]:
    """Return strokes through words that are taken away, and what takes their place."""
    changed = alt.Chart(alt.NamedData("words")).transform_filter("datum.chosen")
    layers = []
    if (words["chosen"] & words["met"]).any():
        layers.append(
            changed.transform_filter("datum.met")
            .mark_rule(color=INK, strokeWidth=1.4)
            .encode(x=frame.x("x1"), x2="x2:Q", y=frame.y("y"))
        )
    if (words["beneath"] != "").any():
        layers.append(
            changed.mark_text(baseline="middle", fontSize=10.5, fontWeight=600).encode(
                x=frame.x("x"), y=frame.y("y3"), text="beneath:N"
            )
        )
    return layers


def _bars(frame: Frame) -> alt.Chart:
    """Return the deviation between seeds under each word."""
    made: alt.Chart = (
        alt.Chart(alt.NamedData("spread"))
        .mark_rect(color=SEED)
        .encode(
            x=frame.x("x1"),
            x2="x2:Q",
            y=frame.y("y1"),
            y2="y2:Q",
            tooltip=[
                alt.Tooltip("word:N", title="Word"),
                alt.Tooltip("sd:Q", title="SD between seeds", format=".3~g"),
                alt.Tooltip("mean:Q", title="Mean of seeds", format=".3~g"),
            ],
        )
    )
    return made


def _labels(frame: Frame, labels: pd.DataFrame) -> list[alt.Chart]:
    tips = [alt.Tooltip("row:N", title="Row"), alt.Tooltip("told:N", title="Answer")]
    if (labels["said"] != "").any():
        tips.append(alt.Tooltip("said:N", title="Found"))
    layers = []
    for mean in (True, False):
        if not (labels["mean"] == mean).any():
            continue
        base = alt.Chart(alt.NamedData("rows")).transform_filter(
            f"datum.mean === {str(mean).lower()}"
        )
        look: dict[str, Any] = {
            "baseline": "middle",
            "fontSize": SMALL,
            "color": INK if mean else SOFT_INK,
            "fontWeight": 600 if mean else 400,
        }
        layers += [
            base.mark_text(align="left", **look).encode(
                x=frame.x("x"), y=frame.y("y"), text="label:N", tooltip=tips
            ),
            base.mark_text(align="right", **look).encode(
                x=frame.x("x2"), y=frame.y("y"), text="number:N", tooltip=tips
            ),
        ]
    return layers


def _told(rows: TokenRows) -> list[alt.Tooltip]:
    tips = [
        alt.Tooltip("seed:N", title="Seed"),
        alt.Tooltip("word:N", title="Word"),
        alt.Tooltip("token:Q", title="Place in the text"),
    ]
    if rows.role == "attributions":
        value = f"{rows.value} ({rows.unit})" if rows.unit else rows.value
        return [
            *tips,
            alt.Tooltip("attribution:Q", title=value, format="+.3~g" if rows.signed else ".3~g"),
        ]
    if rows.role == "counterfactuals":
        tips.append(alt.Tooltip("replacement:N", title="Changed to"))
    return [*tips, alt.Tooltip("attribution:Q", title="Share of seeds", format=".0%")]
