"""What pushes the output of one row up and what pushes it down: one bar, and one for each seed."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.explanations import Attributions
from xaigeo.options import check_count
from xaigeo.viz.attribution_choice import check_attributions, of_seed, row_output
from xaigeo.viz.attribution_steps import (
    DrawnSteps,
    drawn_steps,
    number_text,
    output_axis,
    whose_mean,
)
from xaigeo.viz.attribution_strip import feature_labels
from xaigeo.viz.attribution_words import AttributionWords, attribution_words
from xaigeo.viz.channels import at, layered
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.chosen_row import row_place
from xaigeo.viz.label_lanes import label_lanes
from xaigeo.viz.method_words import words_for
from xaigeo.viz.records import plain
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.text_fit import middle, text_px, titled
from xaigeo.viz.theme import INK, NEGATIVE, POSITIVE, SOFT_INK
from xaigeo.viz.themed import themed

LANES, LANE = 4, 15  # of names above the bar: how many, and their height in pixels
BAR = 26  # height of the consensus, in pixels
SEEDS = 260  # room for the seeds' bars, in pixels
NAMES = 100  # room for the names of the rows at the left, in pixels
NUMBERS = 48  # room for the numbers at the right, in pixels
LETTERS = 30
ROOM = 0.02


def attribution_force(
    explanation: Attributions,
    instance: Any = None,
    output: str | None = None,
    seed: int | None = None,
    max_features: int = 10,
    *,
    width: int = 560,
) -> alt.LayerChart:
    """Draw what pushes one row's output up and down in one bar, and below it a bar for each seed.

    What adds (orange) reaches from the left up to the output, what takes away (blue) from the
    output to the right; the largest stand at the output. The consensus is the mean over the seeds
    that give the majority's answer. The base value is the thin dashed mark.

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
        How many features have a part of their own, the largest; the others share one.
    width : int
        Of the plot, in pixels, without the names of the rows and the numbers.

    Raises
    ------
    InputError
        If the explanation has no such instance, output or seed, holds no attributions, or those
        of a method whose numbers do not add up to an output.

    Notes
    -----
    The force plot of the shap package (Lundberg et al. 2018, doi:10.1038/s41551-018-0304-0).
    """
    check_width(width)
    check_attributions(explanation, "a force plot")
    check_count("max_features", max_features)
    place = row_place(explanation, instance)
    chosen = row_output(explanation, place, output)
    shown = of_seed(explanation, seed)
    drawn = drawn_steps(shown, place, chosen, feature_labels(shown, place), max_features)
    tables = force_tables(drawn, shown.outputs, width=width)
    words = attribution_words(shown, chosen)
    finding = force_finding(shown, place, drawn)
    notes = [
        f"{words.heading(shown.outputs[chosen])} ({words_for(shown).title}).",
        *words.colours,
        whose_mean(shown, drawn),
        "The colours meet at the output (number); dashed mark: base value.",
    ]
    chart = force_body(words, tables, width=width).properties(
        title=titled(finding, [" ".join(notes)], width + NAMES + NUMBERS),
        description=f"Force plot from {drawn.base:.3g} to {drawn.end:.3g}. {finding}.",
    )
    return themed(with_tables(chart, tables))


def force_tables(
    drawn: DrawnSteps, outputs: list[str], *, width: int = 560
) -> dict[str, pd.DataFrame]:
    """Return the tables `parts`, `rows` and `names`.

    `parts`, a row a bar and feature: bar, label, value, start, end (on the axis of outputs), top
    and bottom (pixels). `rows`, a row a bar: bar, base, output, written, middle, top and bottom.
    `names`, the names above the consensus that have room: label, text, x and foot (of the leader),
    at (middle of the text), y and top (pixels).
    """
    n = len(drawn.values)
    top = LANES * LANE + 6
    height = float(np.clip(SEEDS / max(n, 1), 3, 13))
    bars = [("Mean" if n > 1 else f"Seed {drawn.steps.seeds[0]}", drawn.mean, drawn.base)]
    edges = [(float(top), float(top + BAR))]
    if n > 1:
        first = top + BAR + 10
        for s in range(n):
            bars.append((_bar_name(drawn, outputs, s), drawn.values[s], float(drawn.steps.base[s])))
            edges.append((first + s * height, first + (s + 1) * height - min(2.0, height / 4)))
    parts = [
        _parts(name, values, base, drawn.names).assign(top=above, bottom=below)
        for (name, values, base), (above, below) in zip(bars, edges, strict=True)
    ]
    ends = [drawn.end, *([float(e) for e in drawn.steps.end] if n > 1 else [])]
    rows = pd.DataFrame(
        {
            "bar": [name for name, *_ in bars],
            "base": [base for *_, base in bars],
            "output": ends,
            "written": [number_text(e, drawn.decimals, signed=False) for e in ends],
            "middle": [(a + b) / 2 for a, b in edges],
            "top": [a for a, _ in edges],
            "bottom": [b for _, b in edges],
            # Bars too thin for a name of their own have a tooltip.
            "named": [True, *[height >= 9] * (len(bars) - 1)],
        }
    )
    table = pd.concat(parts, ignore_index=True)
    return _closed_up(
        {"parts": table, "rows": rows, "names": _names(parts[0], table, width, top)}, top
    )


def force_body(
    words: AttributionWords, tables: dict[str, pd.DataFrame], *, width: int = 560
) -> alt.LayerChart:
    """Return the layers over the tables `parts`, `rows` and `names`, back to front."""
    height = float(tables["rows"]["bottom"].max()) + 4
    start, end = _reach(tables["parts"])
    x = alt.X(
        "start:Q",
        title=output_axis(words),
        axis=alt.Axis(tickCount=5, labelOverlap=True, grid=False),
        scale=alt.Scale(domain=[start, end], nice=False, zero=False),
    )
    y = alt.Y(
        "top:Q", title=None, axis=None, scale=alt.Scale(domain=[height, 0], nice=False, zero=False)
    )
    parts, rows, names = (alt.Chart(alt.NamedData(name)) for name in ("parts", "rows", "names"))
    bars = parts.mark_bar(stroke="white", strokeWidth=0.7, opacity=0.85).encode(
        x=x,
        x2="end:Q",
        y=y,
        y2="bottom:Q",
        color=alt.when("datum.value < 0").then(alt.value(NEGATIVE)).otherwise(alt.value(POSITIVE)),
        tooltip=[
            alt.Tooltip("bar:N", title="Bar"),
            alt.Tooltip("label:N", title="Feature"),
            alt.Tooltip("value:Q", title=f"Contribution ({words.meaning.scale})", format="+.3~g"),
        ],
    )
    base = rows.mark_rule(color=SOFT_INK, strokeWidth=1.4, strokeDash=[3, 2]).encode(
        x=at(x, "base"), y=y, y2="bottom:Q"
    )
    output = rows.mark_rule(color=INK, strokeWidth=2).encode(
        x=at(x, "output"),
        y=y,
        y2="bottom:Q",
        tooltip=[
            alt.Tooltip("bar:N", title="Bar"),
            alt.Tooltip("base:Q", title="Base value", format=".4~g"),
            alt.Tooltip("output:Q", title="Output", format=".4~g"),
        ],
    )
    leaders = names.mark_rule(color="#bdb8ae", strokeWidth=1).encode(x=at(x, "x"), y=y, y2="foot:Q")
    texts = names.mark_text(align="center", baseline="middle", color=SOFT_INK).encode(
        x=at(x, "at"),
        y=at(y, "y"),
        text="text:N",
        tooltip=[
            alt.Tooltip("label:N", title="Feature"),
            alt.Tooltip("value:Q", title=f"Contribution ({words.meaning.scale})", format="+.3~g"),
        ],
    )
    named = rows.transform_filter("datum.named")
    size = alt.when("datum.bottom - datum.top > 20").then(alt.value(12)).otherwise(alt.value(10))
    labels = named.mark_text(align="right", baseline="middle", dx=-8).encode(
        x=alt.value(0), y=at(y, "middle"), text="bar:N", size=size
    )
    numbers = named.mark_text(align="right", baseline="middle", dx=NUMBERS - 4).encode(
        x=alt.value("width"), y=at(y, "middle"), text="written:N", size=size
    )
    return layered(bars, base, output, leaders, texts, labels, numbers).properties(
        width=width, height=height
    )


def force_finding(explanation: Attributions, place: int, drawn: DrawnSteps) -> str:
    """Return how far the features push up and down, a sentence."""
    label, mean = plain(explanation.instances[place]), drawn.mean
    up, down = mean[mean > 0].sum(), -mean[mean < 0].sum()
    base, end, plus, minus = (
        number_text(v, drawn.decimals, signed=False) for v in (drawn.base, drawn.end, up, down)
    )
    said = f"Row {label}: features push the output up by {plus} and down by {minus}"
    said += f", from {base} to {end}"
    n = len(drawn.values)
    if n == 1:
        return said
    from_base = drawn.steps.end - drawn.steps.base
    same = int((np.sign(from_base) == np.sign(drawn.end - drawn.base)).sum())
    return f"{said}; {same} of {n} seeds move the same way"


def _parts(bar: str, values: np.ndarray, base: float, labels: list[str]) -> pd.DataFrame:
    """Return the parts of one bar: the largest at the output, orange left of it, blue right."""
    end = base + values.sum()
    start, stop = np.empty(len(values)), np.empty(len(values))
    for side in (values >= 0, values < 0):
        size = np.abs(values[side])
        far = np.cumsum(size)
        sign = -1.0 if values[side].sum() >= 0 else 1.0
        start[side], stop[side] = end + sign * far, end + sign * (far - size)
    return pd.DataFrame({"bar": bar, "label": labels, "value": values, "start": start, "end": stop})


def _names(consensus: pd.DataFrame, parts: pd.DataFrame, width: int, top: int) -> pd.DataFrame:
    """Return the names of the consensus' largest parts that have room."""
    start, end = _reach(parts)
    shown = consensus[consensus["value"] != 0]
    middles = (shown["start"] + shown["end"]).to_numpy() / 2
    pixels = (middles - start) / (end - start) * width
    texts = [middle(label, LETTERS) for label in shown["label"]]
    # Parts narrower than a few pixels cannot be pointed at.
    lengths = (shown["end"] - shown["start"]).to_numpy()
    wide = np.abs(lengths) / (end - start) * width >= 4
    places = label_lanes(
        pixels[wide], [text_px(t) for t, w in zip(texts, wide, strict=True) if w], width, LANES
    )
    rows = [
        {
            "label": shown["label"].iloc[i],
            "text": texts[i],
            "value": shown["value"].iloc[i],
            "x": middles[i],
            "at": start + place[1] / width * (end - start),
            "y": top - 6 - LANE * (place[0] + 0.5),
            "top": top - 6 - LANE * place[0],
            "foot": float(top),
        }
        for i, place in zip(np.flatnonzero(wide), places, strict=True)
        if place is not None
    ]
    columns = ["label", "text", "value", "x", "at", "y", "top", "foot"]
    return pd.DataFrame(rows, columns=columns)


def _closed_up(tables: dict[str, pd.DataFrame], top: int) -> dict[str, pd.DataFrame]:
    """Return tables moved up by the lanes of names that are empty."""
    names = tables["names"]
    free = float(names["y"].min() - LANE / 2) if len(names) else float(top)
    for name, columns in (
        ("parts", ["top", "bottom"]),
        ("rows", ["middle", "top", "bottom"]),
        ("names", ["y", "top", "foot"]),
    ):
        tables[name][columns] -= free
    return tables


def _bar_name(drawn: DrawnSteps, outputs: list[str], place: int) -> str:
    """Return the name of a seed's bar, with its answer where that is not the majority's."""
    name = f"Seed {drawn.steps.seeds[place]}"
    answer = drawn.steps.answer[place]
    return name if answer == drawn.steps.majority else middle(f"{name}: {outputs[answer]}", 18)


def _reach(parts: pd.DataFrame) -> tuple[float, float]:
    ends = parts[["start", "end"]].to_numpy()
    low, high = float(ends.min()), float(ends.max())
    room = ROOM * (high - low) if high > low else 1.0
    return low - room, high + room
