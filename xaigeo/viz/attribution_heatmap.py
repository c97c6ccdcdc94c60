"""Attributions of all rows and features as a table of colours, like rows side by side."""

from __future__ import annotations

from typing import cast

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.agreement.importance import attribution_values, importance, overall_order
from xaigeo.explanations import Attributions
from xaigeo.options import check_count
from xaigeo.viz.attribution_choice import (
    INTERVAL,
    check_attributions,
    one_output,
    output_note,
    seeds_note,
    shown_note,
    sign_of_most,
)
from xaigeo.viz.attribution_words import AttributionWords, attribution_words
from xaigeo.viz.channels import at, layered
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.feature_values import value_texts
from xaigeo.viz.method_words import words_for
from xaigeo.viz.number_text import counted as count_of
from xaigeo.viz.records import plain
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.text_fit import Width, feature_rows, label_letters, titled, total_px
from xaigeo.viz.theme import INK, NEGATIVE, POSITIVE, RAMP, SEED
from xaigeo.viz.themed import themed

ROW = 26  # height of a feature's row, in pixels
ABOVE = 56  # height of the outputs above, in pixels
CLEAR = 0.98  # share of cells whose colours are told apart; a few large ones are held at the end


def attribution_heatmap(
    explanation: Attributions,
    output: str | None = None,
    max_features: int = 12,
    max_rows: int = 60,
    *,
    width: int = 440,
) -> alt.VConcatChart:
    """Draw the attributions of rows (across) and features (down) as colours, output above.

    A cell is the median of the seeds; a dot marks those on whose sign the seeds do not agree.
    Rows explained alike stand side by side.

    Parameters
    ----------
    explanation : Attributions
    output : str, optional
        The class that most rows are given if None; of a regression the first target.
    max_features : int
        How many features are drawn, the largest.
    max_rows : int
        How many rows are drawn; of more, an even sample in the order of their similarity.
    width : int
        Of the plot, in pixels, without the labels of the features.

    Raises
    ------
    InputError
        If the explanation has no such output, or holds no attributions.

    Notes
    -----
    The heat map of the shap package: rows in the order of the leaves of an average-linkage tree
    of the Euclidean distances between their median attributions.
    """
    check_width(width)
    check_attributions(explanation, "a heat map of attributions")
    check_count("max_features", max_features)
    check_count("max_rows", max_rows)
    chosen = one_output(explanation, output)
    tables = attribution_cells(explanation, chosen, max_features, max_rows)
    words = attribution_words(explanation, chosen)
    finding = attribution_heatmap_finding(explanation, chosen)
    labels = list(tables["cells"]["label"].unique())
    n_rows, n_shown = len(explanation.instances), len(tables["outputs"])
    several = len(explanation.seeds) > 1
    notes = [
        f"{words.heading(explanation.outputs[chosen])} ({words_for(explanation).title}).",
        *output_note(explanation, output, chosen),
        *words.colours,
        f"Cell: {seeds_note(explanation).lower()}; the largest 2% share the end of the colours.",
        *(["Dot: the seeds do not agree on the sign."] if several and words.meaning.signed else []),
        "Like rows stand side by side; above, their output.",
        *shown_note(len(labels), len(explanation.features)),
        *([f"{n_shown} of {n_rows} rows, evenly taken."] if n_shown < n_rows else []),
    ]
    chart = attribution_heatmap_body(words, tables, width=width).properties(
        title=titled(finding, [" ".join(notes)], total_px(labels, width)),
        description=f"Heat map of the attributions of {count_of(n_shown, 'row')} by "
        f"{count_of(len(labels), 'feature')}. "
        f"{finding}.",
    )
    return themed(with_tables(chart, tables))


def attribution_cells(
    explanation: Attributions, output: int, max_features: int = 12, max_rows: int = 60
) -> dict[str, pd.DataFrame]:
    """Return the tables `cells`, a row a feature and instance, and `outputs`, a row an instance.

    `cells`: label (feature), rank, instance, place (from the left), attribution (median over
    seeds), value (as text), one_sign. `outputs`: instance, place, output (median over seeds), low
    and high (middle 80% of seeds).
    """
    values = attribution_values(explanation, explanation.outputs[output])
    median = np.median(values, axis=0)  # (n_instances, n_features)
    order = overall_order(importance(values))[:max_features]
    shown = _thinned(_alike_rows(median), max_rows)
    one_sign = sign_of_most(values) | ~values.any(axis=0)
    rows = explanation.array("input")
    labels = [plain(explanation.instances[i]) for i in shown]
    cells = [
        pd.DataFrame(
            {
                "label": explanation.features[j],
                "rank": rank,
                "instance": labels,
                "place": np.arange(len(shown)),
                "attribution": median[shown, j],
                "value": value_texts(explanation.schema.features[j], rows[shown, j]),
                "one_sign": one_sign[shown, j],
            }
        )
        for rank, j in enumerate(order)
    ]
    name = "explained_value" if "explained_value" in explanation.data else "prediction"
    outputs = explanation.array(name)[:, shown, output]
    low, high = np.quantile(outputs, INTERVAL, axis=0)
    above = pd.DataFrame(
        {
            "instance": labels,
            "place": np.arange(len(shown)),
            "output": np.median(outputs, axis=0),
            "low": low,
            "high": high,
        }
    )
    return {"cells": pd.concat(cells, ignore_index=True), "outputs": above}


def attribution_heatmap_body(
    words: AttributionWords, tables: dict[str, pd.DataFrame], *, width: Width = 440
) -> alt.VConcatChart:
    """Return the outputs above the cells, over the tables `cells` and `outputs`."""
    x = alt.X("place:O", axis=None)
    parts = (_outputs(x, width), _cells(words, tables, x, width))
    chart = alt.vconcat(*parts, spacing=6, bounds="flush").resolve_scale(x="shared")
    return cast(alt.VConcatChart, chart)


def attribution_heatmap_finding(explanation: Attributions, output: int) -> str:
    """Return on how many attributions the seeds do not agree in sign, a sentence."""
    values = attribution_values(explanation, explanation.outputs[output])
    sizes = importance(values)
    if not sizes.any():
        return "No feature changes the output of any seed on these rows"
    n_rows, n_seeds = values.shape[1], len(values)
    median = np.median(values, axis=0)
    largest = np.bincount(np.abs(median).argmax(axis=1), minlength=values.shape[2])
    first = int(largest.argmax())
    said = f"{explanation.features[first]} has the largest attribution in {largest[first]} of "
    said += count_of(n_rows, "row")
    if n_seeds == 1 or not attribution_words(explanation, output).meaning.signed:
        return said
    counted = values.any(axis=0)
    n = int((~sign_of_most(values) & counted).sum())
    return (
        f"{said}; the seeds differ in sign on {n} of {count_of(int(counted.sum()), 'attribution')}"
    )


def _outputs(x: alt.X, width: Width) -> alt.LayerChart:
    base = alt.Chart(alt.NamedData("outputs"))
    y = alt.Y(
        "output:Q",
        title="f(x)",
        axis=alt.Axis(tickCount=2, grid=False, titleAngle=0, titleAlign="right", titleY=ABOVE / 2),
        scale=alt.Scale(zero=False),
    )
    spread = base.mark_rule(color=SEED, strokeWidth=1.2, opacity=0.5).encode(
        x=x, y=at(y, "low"), y2="high:Q"
    )
    line = base.mark_line(color=INK, strokeWidth=1.4).encode(x=x, y=y)
    points = base.mark_point(filled=True, color=INK, size=14, opacity=1).encode(
        x=x,
        y=y,
        tooltip=[
            alt.Tooltip("instance:N", title="Row"),
            alt.Tooltip("output:Q", title="Output, median of seeds", format=".4~g"),
            alt.Tooltip("low:Q", title="10% of seeds below", format=".4~g"),
            alt.Tooltip("high:Q", title="90% of seeds below", format=".4~g"),
        ],
    )
    return layered(spread, line, points).properties(width=width, height=ABOVE)


def _cells(
    words: AttributionWords, tables: dict[str, pd.DataFrame], x: alt.X, width: Width
) -> alt.LayerChart:
    signed = words.meaning.signed
    sizes = tables["cells"]["attribution"].abs()
    reach = float(np.quantile(sizes, CLEAR)) or float(sizes.max()) or 1.0
    scale = (
        alt.Scale(
            domain=[-reach, 0, reach],
            range=[NEGATIVE, RAMP[0], POSITIVE],
            interpolate="lab",
            clamp=True,
        )
        if signed
        else alt.Scale(domain=[0, reach], range=list(RAMP), clamp=True)
    )
    y = feature_rows(label_letters(width))
    base = alt.Chart(alt.NamedData("cells"))
    cells = base.mark_rect(stroke="white", strokeWidth=0.5).encode(
        x=x,
        y=y,
        color=alt.Color(
            "attribution:Q",
            title=f"{words.value} ({words.meaning.unit})",
            scale=scale,
            legend=alt.Legend(
                orient="bottom",
                titleOrient="top",
                gradientLength=150,
                gradientThickness=10,
                tickCount=3,
                titleLimit=260,
            ),
        ),
        tooltip=[
            alt.Tooltip("instance:N", title="Row"),
            alt.Tooltip("label:N", title="Feature"),
            alt.Tooltip("value:N", title="Value"),
            alt.Tooltip("attribution:Q", title=words.value, format="+.3~g" if signed else ".3~g"),
            alt.Tooltip("one_sign:N", title="Seeds agree on the sign"),
        ],
    )
    dots = (
        base.transform_filter("!datum.one_sign")
        .mark_point(filled=True, color=INK, size=9, opacity=0.8)
        .encode(x=x, y=y)
    )
    return layered(*([cells, dots] if signed else [cells])).properties(
        width=width, height=alt.Step(ROW)
    )


def _alike_rows(median: np.ndarray) -> np.ndarray:
    """Return the places of the rows in the order of the leaves of an average-linkage tree."""
    if len(median) < 3:
        return np.arange(len(median))
    from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
    from scipy.spatial.distance import pdist

    # The pairs of many rows do not fit memory: an even sample of them stands for all.
    places = _thinned(np.arange(len(median)), 1000)
    gap = pdist(median[places])
    tree = linkage(gap, "average")
    # Ordering the leaves best takes the cube of the rows.
    tree = optimal_leaf_ordering(tree, gap) if len(places) <= 300 else tree
    return np.asarray(places[leaves_list(tree)])


def _thinned(places: np.ndarray, n: int) -> np.ndarray:
    """Return at most `n` places, evenly taken."""
    if len(places) <= n:
        return places
    return np.asarray(places[np.linspace(0, len(places) - 1, n).round().astype(int)])
