"""The two pictures of the page, in the library's look."""

import math
from pathlib import Path

import altair as alt
import numpy as np
import pandas as pd
from page import sentence
from tabular_cases import AVERAGED, EARLY, PLAIN, SAME_LOSS, SMALL
from tabular_summary import MAIN, METHODS, Measured, like, main_differences

import xaigeo as xg
from xaigeo.viz.theme import CLASSES, INK, SEED, SOFT_INK
from xaigeo.viz.themed import themed

REFERENCES = {"plain": "plain, as many epochs", "like": "plain, same training loss"}
SCALE = alt.Scale(domain=list(REFERENCES.values()), range=[CLASSES[0], INK])
STOPPED = "plain, stopped earlier or later"
SHAPE = alt.Scale(domain=list(REFERENCES.values()), range=["circle", "square"])


def draw(cases: list[Measured], folder: Path) -> dict[str, str]:
    """Draw the pictures and return their file names by what they show."""
    folder.mkdir(parents=True, exist_ok=True)
    charts = {"differences": difference_chart(cases), "losses": loss_chart(cases)}
    for what, chart in charts.items():
        xg.viz.save(chart, folder / f"{what}.png")
    return {what: f"{what}.png" for what in charts}


def difference_table(cases: list[Measured]) -> pd.DataFrame:
    rows = []
    for case in cases:
        for measure in MAIN:
            for own in AVERAGED:
                for reference, name in REFERENCES.items():
                    other = like(own) if reference == "like" else reference
                    found = case.difference(own.key, other, measure)
                    rows.append(
                        {
                            "data": case.name,
                            "method": sentence(f"{METHODS[measure.method]}: {measure.label}"),
                            "training": own.label,
                            "reference": name,
                            "value": found.rows.value,
                            "low": found.rows.low,
                            "high": found.rows.high,
                            "low_splits": found.splits.low,
                            "high_splits": found.splits.high,
                        }
                    )
    return pd.DataFrame(rows)


def difference_chart(cases: list[Measured]) -> alt.VConcatChart:
    """Return a dot a difference: a line of charts a method, a column a data set."""
    table = difference_table(cases)
    widest = float(np.nanmax(np.abs(table[["low", "high", "value"]].to_numpy(float))))
    limit = max(0.1, math.ceil(11 * widest) / 10)
    lines = [
        alt.hconcat(
            *(
                _differences(
                    table[(table["data"] == case.name) & (table["method"] == method)],
                    limit=limit,
                    method=method if place == 0 else None,
                    data=case.name if line == 0 else None,
                )
                for place, case in enumerate(cases)
            ),
            spacing=14,
        )
        for line, method in enumerate(table["method"].unique())
    ]
    chart = alt.vconcat(*lines, spacing=12).properties(
        title=alt.Title(
            difference_finding(cases),
            subtitle=[
                "Agreement between seeds with averaged weights, less that without: right of 0 "
                "seeds agree more.",
                f"Thick: 95 % interval over rows; thin: over splits, cut off at ±{limit:.1f}.",
            ],
        )
    )
    return themed(chart)


def difference_finding(cases: list[Measured]) -> list[str]:
    """Return in how many comparisons averaging clearly raises or lowers agreement."""
    told = []
    for reference, name in (("plain", "of plain training"), ("like", "at the same training loss")):
        found = [d for m in METHODS for d in main_differences(cases, m, reference)]
        up, down = (sum(d.better == side for d in found) for side in (1, -1))
        told.append(f"above that {name} in {up} of {len(found)} cases, below in {down}")
    return ["Averaged weights: agreement is clearly", f"{told[0]};", told[1]]


def _differences(
    table: pd.DataFrame, *, limit: float, method: str | None, data: str | None
) -> alt.LayerChart:
    first = method is not None
    y = alt.Y(
        "training:N",
        sort=[own.label for own in AVERAGED],
        title=method.split(": ") if method else None,
        axis=alt.Axis(labels=first, ticks=False, domain=False, grid=False),
    )
    colour = alt.Color("reference:N", title="Compared with", scale=SCALE)
    offset = alt.YOffset("reference:N", sort=list(REFERENCES.values()))
    base = alt.Chart(table).encode(y=y, yOffset=offset, color=colour)

    def x(field: str) -> alt.X:
        signed = "datum.value === 0 ? '0' : format(datum.value, '+.1~f')"
        return alt.X(
            field,
            title=None,
            scale=alt.Scale(domain=[-limit, limit]),
            axis=alt.Axis(labelExpr=signed, tickCount=5),
        )

    zero = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(color=SOFT_INK).encode(x=x("zero:Q"))
    thin = base.mark_rule(strokeWidth=1, clip=True).encode(x=x("low_splits:Q"), x2="high_splits:Q")
    thick = base.mark_rule(strokeWidth=2.6, clip=True).encode(x=x("low:Q"), x2="high:Q")
    dots = base.mark_point(filled=True, size=42, opacity=1, clip=True).encode(
        x=x("value:Q"), shape=alt.Shape("reference:N", title="Compared with", scale=SHAPE)
    )
    layers: alt.LayerChart = alt.layer(zero, thin, thick, dots).properties(width=190, height=96)
    return layers.properties(title=data) if data else layers


def loss_table(cases: list[Measured]) -> pd.DataFrame:
    rows = []
    for case in cases:
        for training in (PLAIN, *SAME_LOSS, *AVERAGED, EARLY, SMALL):
            value = case.value(training.key, MAIN[0])
            stopped = training is PLAIN or training in SAME_LOSS
            rows.append(
                {
                    "data": case.name,
                    "training": STOPPED if stopped else training.label,
                    "loss": max(case.seed_mean(training.key, "train_loss"), 1e-7),
                    "value": value.value,
                    "low": value.low,
                    "high": value.high,
                }
            )
    return pd.DataFrame(rows)


def loss_chart(cases: list[Measured]) -> alt.HConcatChart:
    """Return feature agreement of Kernel SHAP against training loss, a chart a data set."""
    table = loss_table(cases)
    charts = [
        _losses(table[table["data"] == case.name], case.name, place == 0)
        for place, case in enumerate(cases)
    ]
    return themed(
        alt.hconcat(*charts, spacing=16).properties(
            title=alt.Title(
                "Kernel SHAP: feature agreement between seeds, by how far networks are trained",
                subtitle=[
                    "Each mark: one training, mean over splits, with its 95 % interval over rows.",
                    "Grey line: plain training stopped after few to many epochs.",
                ],
            )
        )
    )


def _losses(table: pd.DataFrame, name: str, first: bool) -> alt.LayerChart:
    kinds = [STOPPED, *(own.label for own in AVERAGED), EARLY.label, SMALL.label]
    x = alt.X(
        "loss:Q",
        title="Training loss (further trained: right)" if first else "Training loss",
        scale=alt.Scale(type="log", reverse=True, nice=False, padding=14),
        axis=alt.Axis(format="~g", tickCount=4, labelOverlap=True, grid=False),
    )

    def y(field: str) -> alt.Y:
        return alt.Y(
            field,
            title="Feature agreement" if first else None,
            scale=alt.Scale(zero=False, nice=5),
            axis=alt.Axis(tickCount=5),
        )

    colours = [SEED, *CLASSES[: len(AVERAGED)], INK, INK]
    shapes = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "stroke"]
    colour = alt.Color("training:N", title=None, scale=alt.Scale(domain=kinds, range=colours))
    shape = alt.Shape("training:N", title=None, scale=alt.Scale(domain=kinds, range=shapes))
    base = alt.Chart(table)
    line = (
        base.transform_filter(f"datum.training === '{STOPPED}'")
        .mark_line(color=SEED, strokeWidth=1, opacity=0.6)
        .encode(x=x, y=y("value:Q"), order="loss:Q")
    )
    ends = base.mark_rule(strokeWidth=1).encode(x=x, y=y("low:Q"), y2="high:Q", color=colour)
    dots = base.mark_point(filled=False, size=60, strokeWidth=2, opacity=1).encode(
        x=x, y=y("value:Q"), color=colour, shape=shape
    )
    return alt.layer(line, ends, dots).properties(width=190, height=200, title=name)
