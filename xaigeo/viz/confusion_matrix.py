"""Which class is taken for which, on average over the seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import pandas as pd

from xaigeo.agreement.confusion import confusion_table
from xaigeo.viz.channels import layered
from xaigeo.viz.chart_nouns import with_nouns
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.number_text import counted, share_text
from xaigeo.viz.text_fit import titled
from xaigeo.viz.theme import INK, RAMP
from xaigeo.viz.themed import themed

if TYPE_CHECKING:
    from xaigeo.ensemble import Evaluation

LABEL_ROOM = 100
DARK = 0.55  # share beyond which text must be white
# Below this a cell has no room for the range under the share.
SMALL_CELL = 46


def confusion_matrix(evaluation: Evaluation, width: int | None = None) -> alt.LayerChart:
    """Draw the share of each true class's rows that seeds put into each class.

    Parameters
    ----------
    evaluation : Evaluation
        Of a classification.
    width : int, optional
        Width of the plot in pixels; by the number of classes unless given.

    Raises
    ------
    InputError
        For a regression, or anything else than an evaluation.
    """
    if width is not None:
        check_width(width)
    table = confusion_table(evaluation)
    n_seeds = len(evaluation.seeds)
    side = width or max(180, min(400, 90 * len(evaluation.classes)))
    finding = confusion_finding(table, evaluation)
    read = "Rows add up to 100%. Mean over seeds, below it the range over seeds."
    if n_seeds == 1:
        read = "Rows add up to 100%."
    elif side / len(evaluation.classes) < SMALL_CELL:
        read = "Rows add up to 100%. Mean over seeds."
    chart = confusion_body(table, width=side).properties(
        title=titled(finding, [read], side + LABEL_ROOM),
        description=f"Confusion matrix of {counted(n_seeds, 'seed')} on "
        f"{counted(len(evaluation.labels), f'{evaluation.name} row')}. {finding}.",
    )
    return themed(with_nouns(chart, confusion_tables(table), evaluation))


def confusion_finding(table: pd.DataFrame, evaluation: Evaluation) -> str:
    """Return the commonest mistake, without full stop."""
    wrong = table[(table["true"] != table["predicted"]) & (table["n_mean"] > 0)]
    if wrong.empty:
        n = len(evaluation.labels)
        return (
            f"No seed confuses {'the one' if n == 1 else f'any of the {n}'} {evaluation.name} "
            + ("row" if n == 1 else "rows")
        )
    most = wrong.iloc[int(wrong["n_mean"].to_numpy().argmax())]
    said = f"Commonest mistake: {share_text(most['share'])} of “{most['true']}” rows are taken for "
    said += f"“{most['predicted']}”"
    if len(evaluation.seeds) == 1:
        return said
    low, high = f"{most['low']:.0%}", f"{most['high']:.0%}"
    return f"{said} ({f'{low} to {high} by seed' if low != high else 'by every seed alike'})"


def confusion_tables(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the cells (`cells`): what `confusion_table` says, and the text of each cell."""
    several = (table["high"] > table["low"]).any()
    return {
        "cells": table.assign(
            text=[_percent(share) for share in table["share"]],
            range=[
                f"{low:.0%}–{high:.0%}" if several and high > low else ""
                for low, high in zip(table["low"], table["high"], strict=True)
            ],
        )
    }


def _percent(share: float) -> str:
    if pd.isna(share):
        return "no rows"
    return "<1%" if 0 < share < 0.005 else share_text(share).replace("more than ", ">")


def confusion_body(table: pd.DataFrame, *, width: int = 300) -> alt.LayerChart:
    """Return the matrix over the table `cells`."""
    names = list(dict.fromkeys(table["true"]))
    cell = width / len(names)
    base = alt.Chart(alt.NamedData("cells")).encode(
        x=alt.X(
            "predicted:N",
            sort=names,
            title="Predicted class",
            axis=alt.Axis(
                orient="top",
                ticks=False,
                domain=False,
                labelAngle=0 if max(map(len, names)) * 6.2 < cell else -40,
                labelLimit=LABEL_ROOM,
            ),
        ),
        y=alt.Y(
            "true:N",
            sort=names,
            title="True class",
            axis=alt.Axis(ticks=False, domain=False, labelLimit=LABEL_ROOM),
        ),
    )
    tooltip = [
        alt.Tooltip("true:N", title="True class"),
        alt.Tooltip("predicted:N", title="Predicted class"),
        alt.Tooltip("share:Q", title="Share of its rows", format=".1%"),
        alt.Tooltip("low:Q", title="Lowest seed", format=".1%"),
        alt.Tooltip("high:Q", title="Highest seed", format=".1%"),
        alt.Tooltip("n_mean:Q", title="Rows (mean over seeds)", format=".1f"),
        alt.Tooltip("n_rows:Q", title="Rows of the true class"),
    ]
    cells = base.mark_rect(stroke="white", strokeWidth=1).encode(
        color=alt.Color(
            "share:Q",
            scale=alt.Scale(domain=[0, 1], range=list(RAMP)),
            legend=None,
        ),
        tooltip=tooltip,
    )
    ink = alt.when(f"datum.share > {DARK}").then(alt.value("white")).otherwise(alt.value(INK))
    roomy = cell >= SMALL_CELL
    size = 13 if cell >= 60 else 11 if roomy else 9.5
    shares = base.mark_text(fontSize=size, dy=-6 if roomy else 0).encode(
        text="text:N", color=ink, tooltip=tooltip
    )
    layers = [cells, shares]
    if roomy:
        ranges = base.mark_text(fontSize=min(10, cell / 6), dy=9)
        layers.append(ranges.encode(text="range:N", color=ink, tooltip=tooltip))
    return layered(*layers).properties(width=width, height=max(120, 0.75 * width))
