"""How one score of agreement is spread over the rows, against its chance level."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.agreement.score_rows import ScoreRows, score_rows
from xaigeo.explanations import Explanation
from xaigeo.viz.channels import layered
from xaigeo.viz.chart_nouns import with_nouns
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.method_words import method_title
from xaigeo.viz.number_text import counted
from xaigeo.viz.records import plain
from xaigeo.viz.score_words import ScoreWords
from xaigeo.viz.text_fit import Width, titled
from xaigeo.viz.theme import INK, SEED
from xaigeo.viz.themed import themed

STEP = 11.0  # of stacked dots, in pixels
TALLEST = 16  # dots in a stack; of taller ones bars are drawn


def score_by_row(
    explanation: Explanation,
    score: str | None = None,
    k: int | None = None,
    *,
    output: str | None = None,
    width: int = 420,
) -> alt.LayerChart:
    """Draw one score of agreement, a dot a row, and where chance would be.

    Parameters
    ----------
    explanation : Attributions, Anchors or Counterfactuals
    score : str, optional
        A registered score of such explanations with a chance level; see
        `xaigeo.agreement.score_rows.score_rows` for the default.
    k : int, optional
        Number of top features.
    output : str, optional
        By default, at each row, the class that most seeds predict.
    width : int
        Of the plot, in pixels.

    Raises
    ------
    InputError
        For a single seed, or a score that such explanations do not have.
    """
    check_width(width)
    rows = score_rows(explanation, score, k, output=output)
    tables = score_by_row_tables(rows, width=width)
    finding = score_by_row_finding(rows)
    chart = score_by_row_body(rows, tables, width=width).properties(
        title=titled(
            finding,
            [f"{method_title(explanation)}. {' '.join(score_by_row_notes(rows, tables))}"],
            width,
        ),
        description=f"Distribution of “{rows.score.label}” over "
        f"{counted(len(rows.frame), 'row')}. {finding}.",
    )
    return themed(with_nouns(chart, tables, explanation))


def score_by_row_tables(rows: ScoreRows, *, width: Width = 420) -> dict[str, pd.DataFrame]:
    """Return the tables `dots`, or `bars` where stacks would be too tall, and `chance`.

    Columns of `dots`, a row each: instance, value, null, worse, stack (place in its stack), told
    (value and chance level as texts) and what the seeds predict. Of `bars`: start, end, worse,
    n, base and top (numbers of rows). Of `chance`: null, which no row has where it differs by row.
    """
    low, high = score_domain(rows)
    px = float(width) if isinstance(width, int) else 420.0
    n_cells = max(8, int(px / STEP))
    defined = rows.frame[rows.frame["value"].notna()]
    value = defined["value"].to_numpy()
    cell = np.clip(((value - low) / (high - low) * n_cells).astype(int), 0, n_cells - 1)
    null = rows.null if np.isfinite(rows.null) else np.nan
    chance = pd.DataFrame({"null": [null]}).dropna()
    if len(cell) and np.bincount(cell).max() > TALLEST:
        return {"bars": _bars(defined, low, high, max(8, n_cells // 2)), "chance": chance}
    order = np.lexsort((value, ~defined["worse"].to_numpy(), cell))
    dots = defined.iloc[order].assign(cell=cell[order])
    middle = low + (dots["cell"] + 0.5) / n_cells * (high - low)
    dots = dots.assign(
        instance=[plain(label) for label in dots["instance"]],
        at=middle,
        stack=dots.groupby("cell").cumcount() + 1,
    )
    return {"dots": dots.drop(columns="cell").reset_index(drop=True), "chance": chance}


def score_domain(rows: ScoreRows) -> tuple[float, float]:
    """Return the ends of the axis: the range of the score, without parts where no row lies."""
    known = np.append(rows.frame["value"].to_numpy(dtype=float), rows.null)
    known = known[np.isfinite(known)]
    low, high = rows.score.low, rows.score.high
    least = float(known.min(initial=0.0))
    low = max(low, float(np.floor(min(least, 0.0) * 5) / 5))
    if not np.isfinite(high):
        high = float(known.max(initial=0.0)) * 1.05 or 1.0
    return low, high


def score_by_row_body(
    rows: ScoreRows, tables: dict[str, pd.DataFrame], *, width: Width
) -> alt.LayerChart:
    """Return stacked dots (or bars) over `dots` (`bars`), and the line of `chance`."""
    words = ScoreWords(rows.score, rows.k)
    scale = alt.Scale(domain=list(score_domain(rows)), nice=False, zero=False)
    axis = alt.Axis(tickCount=5, format=".0%" if words.is_share else "~g", labelFlush=True)
    x = alt.X("at:Q", title=rows.score.label, scale=scale, axis=axis)
    colour = alt.when("datum.worse").then(alt.value(INK)).otherwise(alt.value(SEED))
    if "bars" in tables:
        marks, tallest = _bar_layer(x, colour), int(tables["bars"]["top"].max())
        height = 150
    else:
        tallest = int(tables["dots"]["stack"].max()) if len(tables["dots"]) else 1
        marks, height = _dot_layer(x, rows, words, tallest), int(STEP * (max(tallest, 4) + 1))
    layers = [marks] if tallest else []
    if len(tables["chance"]):
        layers.append(
            alt.Chart(alt.NamedData("chance"))
            .mark_rule(color=INK, strokeWidth=1.6, strokeDash=[4, 3])
            .encode(
                x=alt.X("null:Q", title=rows.score.label, scale=scale, axis=axis),
                tooltip=[
                    alt.Tooltip("null:Q", title="Unrelated explanations", format=words.number)
                ],
            )
        )
    return layered(*layers).properties(width=width, height=height)


def score_by_row_finding(rows: ScoreRows) -> str:
    """Return the share of rows that agree less than chance would, without full stop."""
    n = rows.n_defined
    if not n:
        return f"“{rows.score.label}” is defined on none of {counted(len(rows.frame), 'row')}"
    if rows.frame["null"].isna().all():
        words = ScoreWords(rows.score, rows.k)
        values = rows.frame["value"].dropna()
        return (
            f"“{rows.score.label}” goes from {words.text(values.min())} to "
            f"{words.text(values.max())} over {n} row{'' if n == 1 else 's'}"
        )
    if n == 1:
        less = "less" if rows.n_worse else "no less"
        return f"On the one row the seeds agree {less} than chance would"
    which = f"{rows.n_worse} of {n} rows ({rows.n_worse / n:.0%})"
    if not rows.n_worse:
        which = f"none of {n} rows"
    return f"On {which} the seeds agree less than chance would"


def score_by_row_notes(rows: ScoreRows, tables: dict[str, pd.DataFrame]) -> list[str]:
    """Return how the dots are read, in sentences."""
    words = ScoreWords(rows.score, rows.k)
    meaning = rows.score.meaning
    if rows.k is not None:
        meaning = meaning.replace("the k most", f"the {rows.k} most").replace(
            "the k first", f"the {rows.k} first"
        )
    unit = "Bar: number of rows." if "bars" in tables else "Dot: a row."
    notes = [meaning, unit]
    # Of texts chance depends on their number of words.
    nulls = rows.frame["null"]
    by_row = rows.score.null_per_instance is not None or bool(nulls.max() > nulls.min())
    if np.isfinite(rows.null):
        mean = " in the mean" if by_row else ""
        notes.append(f"Dashed: unrelated explanations, {words.text(rows.null)}{mean}.")
    if rows.n_worse:
        mark = "Dark" if "bars" in tables else "Dark triangle"
        notes.append(f"{mark}: worse than {'chance at that row' if by_row else 'chance'}.")
    elif by_row and np.isfinite(rows.null):
        notes.append("No row is worse than its own chance, which may lie below the dashed line.")
    missing = len(rows.frame) - rows.n_defined
    if missing:
        notes.append(f"Undefined on {missing} row{'' if missing == 1 else 's'}, not drawn.")
    return notes


def _dot_layer(x: alt.X, rows: ScoreRows, words: ScoreWords, tallest: int) -> alt.Chart:
    worse = alt.when("datum.worse")
    predicted = [alt.Tooltip("predicted:N", title="Most seeds say")]
    dots: alt.Chart = (
        alt.Chart(alt.NamedData("dots"))
        .mark_point(filled=True, size=70, opacity=0.9, strokeWidth=0)
        .encode(
            x=x,
            y=alt.Y(
                "stack:Q",
                axis=None,
                scale=alt.Scale(domain=[0.3, max(tallest, 4) + 0.8], nice=False, zero=False),
            ),
            color=worse.then(alt.value(INK)).otherwise(alt.value(SEED)),
            shape=worse.then(alt.value("triangle-up")).otherwise(alt.value("circle")),
            tooltip=[
                alt.Tooltip("instance:N", title="Row"),
                alt.Tooltip("value:Q", title=rows.score.label, format=words.number),
                alt.Tooltip("null:Q", title="Unrelated explanations", format=words.number),
                *(predicted if "predicted" in rows.frame else []),
                alt.Tooltip("share_agreeing:Q", title="Seeds that say so", format=".0%"),
            ],
        )
    )
    return dots


def _bar_layer(x: alt.X, colour: Any) -> alt.Chart:
    start = x.copy()
    start.shorthand = "start:Q"
    bars: alt.Chart = (
        alt.Chart(alt.NamedData("bars"))
        .mark_rect(stroke="white", strokeWidth=0.5)
        .encode(
            x=start,
            x2="end:Q",
            y=alt.Y("base:Q", title="Rows", axis=alt.Axis(tickCount=3, tickMinStep=1)),
            y2="top:Q",
            color=colour,
            tooltip=[
                alt.Tooltip("n:Q", title="Rows"),
                alt.Tooltip("start:Q", title="from", format=".2f"),
                alt.Tooltip("end:Q", title="to", format=".2f"),
            ],
        )
    )
    return bars


def _bars(defined: pd.DataFrame, low: float, high: float, n_cells: int) -> pd.DataFrame:
    """Return the number of rows of each cell, those that agree less than chance at the bottom."""
    edges = np.linspace(low, high, n_cells + 1)
    counts = {
        worse: np.histogram(defined.loc[defined["worse"] == worse, "value"], edges)[0]
        for worse in (True, False)
    }
    parts = []
    for worse, n in counts.items():
        base = np.zeros_like(n) if worse else counts[True]
        parts.append(
            pd.DataFrame(
                {
                    "start": edges[:-1],
                    "end": edges[1:],
                    "worse": worse,
                    "n": n,
                    "base": base,
                    "top": base + n,
                }
            )
        )
    bars = pd.concat(parts, ignore_index=True)
    return bars[bars["n"] > 0].reset_index(drop=True)
