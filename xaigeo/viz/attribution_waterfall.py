"""From the base value to the output of one row, one step a feature."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from xaigeo.explanations import Attributions
from xaigeo.options import check_count
from xaigeo.viz.attribution_choice import check_attributions, of_seed, row_output
from xaigeo.viz.attribution_steps import (
    DrawnSteps,
    drawn_steps,
    number_text,
    output_axis,
    step_table,
    whose_mean,
)
from xaigeo.viz.attribution_strip import feature_labels
from xaigeo.viz.attribution_words import AttributionWords, attribution_words
from xaigeo.viz.channels import at, layered
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.chosen_row import row_place
from xaigeo.viz.method_words import words_for
from xaigeo.viz.records import plain
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.text_fit import Width, feature_rows, label_letters, titled, total_px
from xaigeo.viz.theme import INK, NEGATIVE, POSITIVE, SOFT_INK
from xaigeo.viz.themed import themed

ROW = 28  # height of a step, in pixels
NUMBERS = 52  # room for the numbers at the right, in pixels


def attribution_waterfall(
    explanation: Attributions,
    instance: Any = None,
    output: str | None = None,
    seed: int | None = None,
    max_features: int = 10,
    *,
    width: int = 420,
) -> alt.LayerChart:
    """Draw how the features lead from the base value to the output of one row.

    The consensus is the mean over the seeds that give the majority's answer: means add up to the
    mean output, medians would not. Each step has the middle 80% of these seeds.

    Parameters
    ----------
    explanation : Attributions
    instance : label, optional
        The first one if None.
    output : str, optional
        The class that most seeds predict there if None; of a regression the first target.
    seed : int, optional
        One seed alone.
    max_features : int
        How many features have a step of their own, the largest; the others share one.
    width : int
        Of the plot, in pixels, without labels and numbers.

    Raises
    ------
    InputError
        If the explanation has no such instance, output or seed, holds no attributions, or those
        of a method whose numbers do not add up to an output.

    Notes
    -----
    The waterfall of the shap package (Lundberg and Lee 2017, arXiv:1705.07874), read from top to
    bottom. Where a method misses the output by more than rounding, a step says how much.
    """
    check_width(width)
    check_attributions(explanation, "a waterfall")
    check_count("max_features", max_features)
    place = row_place(explanation, instance)
    chosen = row_output(explanation, place, output)
    shown = of_seed(explanation, seed)
    drawn = drawn_steps(shown, place, chosen, feature_labels(shown, place), max_features)
    tables = waterfall_tables(drawn)
    words = attribution_words(shown, chosen)
    finding = waterfall_finding(shown, place, drawn, words)
    notes = [
        f"{words.heading(shown.outputs[chosen])} ({words_for(shown).title}).",
        *words.colours,
        whose_mean(shown, drawn),
        *(["Dark rule: middle 80% of these seeds."] if len(drawn.used) > 1 else []),
    ]
    labels = list(tables["steps"]["label"])
    chart = waterfall_body(words, tables, width=width).properties(
        title=titled(finding, [" ".join(notes)], total_px(labels, width) + NUMBERS),
        description=f"Waterfall from {drawn.base:.3g} to {drawn.end:.3g}. {finding}.",
    )
    return themed(with_tables(chart, tables))


def waterfall_tables(drawn: DrawnSteps) -> dict[str, pd.DataFrame]:
    """Return the table `steps`; see `xaigeo.viz.attribution_steps.step_table`."""
    return {"steps": step_table(drawn)}


def waterfall_body(
    words: AttributionWords, tables: dict[str, pd.DataFrame], *, width: Width = 420
) -> alt.LayerChart:
    """Return the layers over the table `steps`, back to front."""
    steps = tables["steps"]
    several = bool((steps["low"] != steps["high"]).any())
    base = alt.Chart(alt.NamedData("steps"))
    y = feature_rows(label_letters(width))
    x = alt.X(
        "start:Q",
        title=output_axis(words),
        axis=alt.Axis(
            tickCount=5 if isinstance(width, str) else max(2, min(5, width // 70)),
            labelOverlap="greedy",
            labelSeparation=6,
        ),
        scale=alt.Scale(zero=False, nice=True, padding=6),
    )
    is_step = "datum.kind == 'step'"
    tooltip = [
        alt.Tooltip("label:N", title="Step"),
        alt.Tooltip("value:Q", title=f"Mean ({words.meaning.scale})", format=".3~g"),
        alt.Tooltip("end:Q", title="Sum so far", format=".4~g"),
    ]
    if several:
        tooltip += [
            alt.Tooltip("low:Q", title="10% of seeds below", format=".3~g"),
            alt.Tooltip("high:Q", title="90% of seeds below", format=".3~g"),
        ]
    links = base.mark_rule(color="#bdb8ae", strokeWidth=1).encode(x=at(x, "end"), y=y, y2="next:N")
    bars = (
        base.transform_filter(is_step)
        .mark_bar(height=16, opacity=0.85)
        .encode(
            x=x,
            x2="end:Q",
            y=y,
            color=alt.when("datum.value < 0")
            .then(alt.value(NEGATIVE))
            .otherwise(alt.value(POSITIVE)),
            tooltip=tooltip,
        )
    )
    interval = base.mark_rule(color=INK, strokeWidth=1.6).encode(
        x=at(x, "low_end"), x2="high_end:Q", y=y, tooltip=tooltip
    )
    ends = (
        base.transform_filter(f"!({is_step})")
        .mark_tick(color=INK, thickness=3, size=18)
        .encode(x=at(x, "value"), y=y, tooltip=tooltip)
    )
    numbers = base.mark_text(align="right", dx=NUMBERS - 4).encode(
        x=alt.value("width"),
        y=y,
        text="written:N",
        color=alt.when(is_step).then(alt.value(SOFT_INK)).otherwise(alt.value(INK)),
    )
    layers = [links, bars, *([interval] if several else []), ends, numbers]
    return layered(*layers).properties(width=width, height=alt.Step(ROW))


def waterfall_finding(
    explanation: Attributions, place: int, drawn: DrawnSteps, words: AttributionWords
) -> str:
    """Return which feature moves the output most and how far the seeds agree, a sentence."""
    label = plain(explanation.instances[place])
    table = step_table(drawn)
    steps = table[table["kind"] == "step"]
    named = steps[~steps["label"].str.match(r"^(\d+ other features|Not attributed)$")]
    if named.empty or not named["value"].any():
        return f"Row {label}: no feature moves the output"
    first = named.iloc[0]
    said = f"Row {label}: {first['label']} moves the output most, {first['written']}"
    if len(drawn.used) == 1:
        return said
    low, high = (number_text(first[k], drawn.decimals, signed=True) for k in ("low", "high"))
    return said if low == high else f"{said} ({low} to {high} in the middle 80% of seeds)"
