"""The attributions of one row on which the seeds agree; the others stay hollow."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.agreement.selective import Selective, selective
from xaigeo.errors import InputError
from xaigeo.explanations import Attributions
from xaigeo.options import check_count
from xaigeo.viz.attribution_choice import check_attributions, shown_note
from xaigeo.viz.attribution_strip import feature_labels
from xaigeo.viz.attribution_words import AttributionWords, attribution_words
from xaigeo.viz.channels import layered
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.chosen_row import row_place
from xaigeo.viz.method_words import words_for
from xaigeo.viz.number_text import counted
from xaigeo.viz.records import plain
from xaigeo.viz.selective_words import agreed_on, counted_as, rule_of, too_few
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.text_fit import Width, feature_rows, label_letters, text_px, titled, total_px
from xaigeo.viz.theme import INK, NEGATIVE, POSITIVE, SEED, SOFT_INK
from xaigeo.viz.themed import themed

ROW = 26  # height of a feature's row, in pixels


def selective_attributions(
    explanation: Attributions,
    instance: Any = None,
    selection: Selective | None = None,
    max_features: int = 15,
    *,
    width: int = 380,
) -> alt.LayerChart:
    """Draw one row's median attributions: full where the seeds agree, hollow where they do not.

    Parameters
    ----------
    explanation : Attributions
        Of at least two seeds.
    instance : label, optional
        The first one if None.
    selection : Selective, optional
        From `xaigeo.agreement.selective` of the same explanation; with its defaults if None.
    max_features : int
        How many features are drawn, those of the largest median.
    width : int
        Of the plot, in pixels, without the labels of the features and the counts.

    Raises
    ------
    InputError
        If the explanation has no such instance, or the selection is of another one.
    """
    check_width(width)
    if isinstance(explanation, Selective):
        raise InputError(
            expected="the explanation first, and what the seeds agree on as `selection`",
            arrived="a Selective alone",
            do="Pass selective_attributions(explanation, selection=selective(explanation)).",
        )
    check_attributions(explanation, "a chart of what the seeds agree on")
    check_count("max_features", max_features)
    place = row_place(explanation, instance)
    if selection is None:
        selection = selective(explanation, by="sign" if explanation.signed else "top_k")
    check_selection(explanation, selection)
    output = explanation.outputs.index(selection.outputs[place])
    words = attribution_words(explanation, output)
    tables = selective_tables(explanation, selection, place, max_features)
    finding = selective_finding(selection, place)
    labels = list(tables["cells"]["label"])
    notes = [
        f"{words.heading(explanation.outputs[output])} ({words_for(explanation).title}).",
        *(words.colours if selection.by != "top_k" else ()),
        rule_of(selection),
        *_hollow_told(selection, tables["cells"]),
        f"Bar: median of {counted(selection.n_seeds, 'seed')}. At the right: "
        f"{counted_as(selection)[0].lower()}{counted_as(selection)[1:]}.",
        *shown_note(len(labels), len(explanation.features)),
    ]
    total = total_px(labels, width) + _room(selection)
    chart = selective_body(selection, words, tables, width=width).properties(
        title=titled(finding, [" ".join(notes)], total),
        description=f"Bars of the attributions of row {plain(explanation.instances[place])}; those "
        f"on which the seeds do not agree are hollow. {finding}.",
    )
    return themed(with_tables(chart, tables))


def _hollow_told(selection: Selective, cells: pd.DataFrame) -> list[str]:
    """Return what hollow bars are, if there are any."""
    if cells["shown"].all():
        return []
    if selection.reason:
        return ["Hollow: too few seeds to tell."]
    return ["Hollow: the seeds do not agree well enough, and nothing is told."]


def check_selection(explanation: Attributions, selection: object) -> None:
    """Raise unless a selection is of an explanation."""
    if not isinstance(selection, Selective):
        raise InputError(
            expected="what the seeds agree on, a Selective",
            arrived=type(selection).__name__,
            do="Pass the answer of xaigeo.agreement.selective(explanation).",
        )
    same = (
        selection.method == explanation.method
        and selection.n_seeds == len(explanation.seeds)
        and selection.features == explanation.features
        and selection.instances.tolist() == explanation.instances.tolist()
    )
    if not same:
        raise InputError(
            expected="a selection of the explanation that is drawn",
            arrived=f"one of {selection.method!r} with {counted(selection.n_seeds, 'seed')} at "
            f"{counted(len(selection.instances), 'row')}",
            do="Make it with xaigeo.agreement.selective(explanation), of this one.",
        )


def selective_tables(
    explanation: Attributions, selection: Selective, place: int, max_features: int = 15
) -> dict[str, pd.DataFrame]:
    """Return the table `cells`, a row a feature, those of the largest median first.

    Columns: label, rank, median, shown, count, share, low, high (of the share of all seeds),
    p_adjusted, written (such as "9 of 10") and told (whether the seeds agree, in words).
    """
    median = selection.median[place]
    order = np.argsort(-np.abs(median), kind="stable")[:max_features]
    labels = feature_labels(explanation, place)
    count, shown = selection.count[place], selection.shown[place]
    what = agreed_on(selection)
    agree = {True: f"agree on {what}", False: f"do not agree well enough on {what}"}
    if selection.reason:
        agree[False] = f"are too few to tell whether they agree on {what}"
    cells = pd.DataFrame(
        {
            "label": [labels[j] for j in order],
            "rank": np.arange(len(order)),
            "median": median[order],
            "shown": shown[order],
            "count": count[order],
            "share": count[order] / selection.n_seeds,
            "low": selection.low[place, order],
            "high": selection.high[place, order],
            "p_adjusted": selection.p_adjusted[place, order],
            "written": [f"{count[j]} of {selection.n_seeds}" for j in order],
            "told": [f"The seeds {agree[bool(shown[j])]}" for j in order],
        }
    )
    return {"cells": cells}


def selective_body(
    selection: Selective,
    words: AttributionWords,
    tables: dict[str, pd.DataFrame],
    *,
    width: Width = 380,
) -> alt.LayerChart:
    """Return the bars and counts over the table `cells`."""
    signed = words.meaning.signed
    y = feature_rows(label_letters(width))
    x = alt.X(
        "median:Q",
        title=words.axis,
        axis=alt.Axis(tickCount=4, labelOverlap="greedy", labelSeparation=6),
        scale=alt.Scale(nice=True, zero=True),
    )
    written = "+.3~g" if signed else ".3~g"
    tooltip = [
        alt.Tooltip("label:N", title="Feature"),
        alt.Tooltip("told:N", title="Agreement"),
        alt.Tooltip("median:Q", title=f"{words.value}, median of seeds", format=written),
        alt.Tooltip("written:N", title=counted_as(selection)),
        alt.Tooltip("low:Q", title="Share of all seeds, from", format=".0%"),
        alt.Tooltip("high:Q", title="to", format=".0%"),
        alt.Tooltip("p_adjusted:Q", title="p-value, adjusted", format=".2~g"),
    ]
    colour: Any = alt.value(SEED)
    if signed and selection.by != "top_k":
        colour = (
            alt.when("datum.median < 0").then(alt.value(NEGATIVE)).otherwise(alt.value(POSITIVE))
        )
    base = alt.Chart(alt.NamedData("cells"))
    zero = base.mark_rule(color="#bdb8ae", strokeWidth=1).encode(
        x=alt.XDatum(0, type="quantitative", title=words.axis, scale=x["scale"])
    )
    hollow = (
        base.transform_filter("!datum.shown")
        .mark_bar(height=12, fill="white", stroke=SEED, strokeDash=[3, 2], strokeWidth=1)
        .encode(x=x, y=y, tooltip=tooltip)
    )
    full = (
        base.transform_filter("datum.shown")
        .mark_bar(height=14, opacity=0.9)
        .encode(x=x, y=y, color=colour, tooltip=tooltip)
    )
    counts = base.mark_text(align="right", dx=_room(selection) - 4).encode(
        x=alt.value("width"),
        y=y,
        text="written:N",
        color=alt.when("datum.shown").then(alt.value(INK)).otherwise(alt.value(SOFT_INK)),
        tooltip=tooltip,
    )
    return layered(zero, hollow, full, counts).properties(width=width, height=alt.Step(ROW))


def selective_finding(selection: Selective, place: int) -> str:
    """Return on how many attributions of a row the seeds agree, without full stop."""
    label = plain(selection.instances[place])
    if (few := too_few(selection)) is not None:
        return f"Row {label}: {few}"
    n = int(selection.shown[place].sum())
    if selection.by == "sign":
        # What is 0 for every seed has no sign to agree on.
        of = int((selection.count[place] > 0).sum())
        return f"Row {label}: the seeds agree on the sign of {n} of {counted(of, 'attribution')}"
    sign = " with one sign" if selection.by == "both" else ""
    return (
        f"Row {label}: the seeds agree on {n} features as among the top {selection.k}{sign}"
        if n != 1
        else f"Row {label}: the seeds agree on 1 feature as among the top {selection.k}{sign}"
    )


def _room(selection: Selective) -> float:
    """Return the room that the counts need beside the plot, in pixels."""
    return text_px(f"{selection.n_seeds} of {selection.n_seeds}", 12) + 10
