"""The attributions of one instance: one dot a seed, feature by feature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.explanations import Attributions, Explanation
from xaigeo.explanations.condition import condition_text
from xaigeo.explanations.majority import majority
from xaigeo.options import check_count
from xaigeo.viz.attribution_choice import (
    INTERVAL,
    check_attributions,
    named_output,
)
from xaigeo.viz.attribution_words import AttributionWords, attribution_words
from xaigeo.viz.channels import at, layered
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.chosen_row import row_place
from xaigeo.viz.method_words import words_for, written_rule
from xaigeo.viz.number_text import counted, number_text
from xaigeo.viz.records import plain
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.text_fit import feature_rows, label_letters, titled, total_px
from xaigeo.viz.theme import INK, NEGATIVE, POSITIVE, SEED
from xaigeo.viz.themed import themed


def attribution_strip(
    explanation: Attributions,
    instance: Any = None,
    output: str | None = None,
    max_features: int = 15,
    *,
    width: int = 420,
) -> alt.LayerChart:
    """Draw the attributions of one instance: a dot a seed, the median and the middle 80%.

    Parameters
    ----------
    explanation : Attributions
    instance : label, optional
        The first one if None.
    output : str, optional
        The class that most seeds predict there if None; of a regression the first target.
    max_features : int
        How many features are drawn, those of the largest median; the subtitle says how many are
        not, and how large they are at most. The title counts all.
    width : int
        Of the plot, in pixels, without the labels of the features.

    Raises
    ------
    InputError
        If the explanation has no such instance or output, or holds no attributions.
    """
    check_width(width)
    check_attributions(explanation, "a strip of attributions")
    check_count("max_features", max_features)
    place = row_place(explanation, instance)
    chosen = (
        majority_output(explanation, place) if output is None else named_output(explanation, output)
    )
    dots, medians = strip_tables(explanation, place, chosen)
    label = plain(explanation.instances[place])
    words = attribution_words(explanation, chosen)
    finding = _finding(label, dots, medians, words)
    shown = {"dots": _largest(dots, max_features), "medians": _largest(medians, max_features)}
    layers = strip_layers(words, strip_reach(*shown.values()), label_letters(width))
    notes = [
        f"{words.heading(explanation.outputs[chosen])} ({words_for(explanation).title}).",
        *words.colours,
        "Dot: one seed. Dark bar: median and middle 80% of seeds.",
        *_others(medians, max_features, words),
    ]
    labels = list(shown["medians"]["label"])
    chart = layered(*layers).properties(
        width=width,
        height=alt.Step(26),
        title=titled(finding, notes, total_px(labels, width)),
        description=f"Dot plot of the attributions of row {label} by feature for "
        f"{counted(len(explanation.seeds), 'seed')}.",
    )
    return themed(with_tables(chart, shown))


def strip_layers(
    words: AttributionWords, reach: Sequence[Any], letters: int = 34
) -> list[alt.Chart]:
    """Return the layers over the tables `dots` and `medians`, back to front.

    Parameters
    ----------
    words : AttributionWords
    reach : pair of float or ExprRef
        Ends of the axis before they are rounded. They are said, not taken from the dots, so that
        the axis stays when seeds are hidden.
    letters : int
        How many a line of a feature's label has; the tooltip holds it whole.
    """
    y = feature_rows(letters)
    scale = alt.Scale(nice=True, zero=True, domain=list(reach))
    x = alt.X(
        "attribution:Q",
        title=words.axis,
        axis=alt.Axis(tickCount=5, labelOverlap=True),
        scale=scale,
    )
    colour: Any = alt.value(SEED)
    if words.meaning.signed:
        colour = (
            alt.when("datum.attribution < 0")
            .then(alt.value(NEGATIVE))
            .otherwise(alt.value(POSITIVE))
        )
    written = "+.3~g" if words.meaning.signed else ".3~g"
    zero = (
        alt.Chart(alt.NamedData("medians"))
        .mark_rule(color="#bdb8ae", strokeWidth=1)
        .encode(x=alt.XDatum(0, type="quantitative", title=words.axis, scale=scale))
    )
    interval = (
        alt.Chart(alt.NamedData("medians"))
        .mark_rule(color=INK, strokeWidth=1.6)
        .encode(x=at(x, "low"), x2="high:Q", y=y)
    )
    dots = (
        alt.Chart(alt.NamedData("dots"))
        .mark_point(filled=True, size=34, strokeWidth=0, opacity=0.45)
        .encode(
            x=x,
            y=y,
            color=colour,
            tooltip=[
                alt.Tooltip("label:N", title="Feature"),
                alt.Tooltip("seed:N", title="Seed"),
                alt.Tooltip("attribution:Q", title=words.value, format=written),
            ],
        )
    )
    median = (
        alt.Chart(alt.NamedData("medians"))
        .mark_tick(color=INK, thickness=2.4, size=16)
        .encode(
            x=at(x, "median"),
            y=y,
            tooltip=[
                alt.Tooltip("label:N", title="Feature"),
                alt.Tooltip("median:Q", title="Median of seeds", format=written),
                alt.Tooltip("low:Q", title="10% of seeds below", format=written),
                alt.Tooltip("high:Q", title="90% of seeds below", format=written),
            ],
        )
    )
    return [zero, interval, dots, median]


def strip_reach(dots: pd.DataFrame, medians: pd.DataFrame) -> tuple[float, float]:
    """Return the ends of the axis of attributions, 0 among them."""
    values = np.concatenate([dots["attribution"], medians["low"], medians["high"], [0.0]])
    return float(values.min()), float(values.max())


def strip_tables(
    explanation: Attributions, place: int, output: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the dots (seed, feature) and the medians (feature) of one instance.

    Features come in falling order of the size of their median.
    """
    values = explanation.array("attribution")[:, place, :, output]  # (n_seeds, n_features)
    median = np.median(values, axis=0)
    low, high = np.quantile(values, INTERVAL, axis=0)
    order = np.argsort(-np.abs(median), kind="stable")
    labels = feature_labels(explanation, place)
    medians = pd.DataFrame(
        {
            "label": [labels[j] for j in order],
            "rank": np.arange(len(order)),
            "median": median[order],
            "low": low[order],
            "high": high[order],
            "one_sign": (np.abs(np.sign(values).sum(axis=0)) == len(values))[order],
        }
    )
    n_seeds = len(explanation.seeds)
    dots = pd.DataFrame(
        {
            "label": np.repeat([labels[j] for j in order], n_seeds),
            "rank": np.repeat(np.arange(len(order)), n_seeds),
            "seed": np.tile(explanation.seeds, len(order)),
            "attribution": values[:, order].T.reshape(-1),
        }
    )
    return dots, medians


def feature_labels(explanation: Attributions, place: int) -> list[str]:
    """Return each feature with its value at the instance, or the bin in which that lies.

    ``bill_length_mm = 46.1 mm`` or ``44.4 < bill_length_mm ≤ 48.6 mm``.
    """
    row = explanation.array("input")[place]
    labels = []
    for f, value, *ends in zip(
        explanation.schema.features, row, *explanation.conditions(place), strict=True
    ):
        text = f"{f.name} = {f.text(value)}"
        if np.isinf(ends).any() or np.isfinite(ends).all():
            text = written_rule(condition_text(f, value, *ends))
        labels.append(f"{text} {f.unit}" if f.unit else text)
    return labels


def majority_output(explanation: Explanation, place: int) -> int:
    """Return the place of the class that most seeds predict at an instance.

    Votes that tie go to the class with the larger mean output; a regression has its first target.
    """
    if explanation.task == "regression":
        return 0
    return int(majority(explanation.array("prediction")[:, [place]])[0])


def _finding(label: Any, dots: pd.DataFrame, medians: pd.DataFrame, words: AttributionWords) -> str:
    if not words.meaning.signed:
        return f"Row {label}: the largest change comes with {medians['label'].iloc[0]}"
    agreeing = int(medians["one_sign"].sum())
    # One that is 0 for every seed, such as that of a feature no surrogate was given, has no sign.
    n = int(dots.groupby("label")["attribution"].any().sum())
    return f"Row {label}: the seeds agree on the sign of {agreeing} of {n} attributions"


def _largest(table: pd.DataFrame, n: int) -> pd.DataFrame:
    """Return the rows of the first `n` features."""
    return table[table["rank"] < n].reset_index(drop=True)


def _others(medians: pd.DataFrame, n: int, words: AttributionWords) -> list[str]:
    """Return how many features are not drawn, and how large their medians are at most."""
    rest = medians.loc[medians["rank"] >= n, "median"].abs()
    if rest.empty:
        return []
    who = "1 other feature is" if len(rest) == 1 else f"{len(rest)} other features are"
    return [f"{who} not shown: median size {number_text(rest.max(), 2)} at most ({words.unit})."]
