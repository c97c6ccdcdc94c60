"""Whether methods or seeds differ more: agreement of every two methods, seeds on the diagonal."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.agreement.method_matrix import MethodMatrix, method_matrix
from xaigeo.explanations import Attributions, Explanation
from xaigeo.geometry.attribution_meaning import attribution_meaning
from xaigeo.viz.channels import layered
from xaigeo.viz.chart_nouns import with_nouns
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.method_words import method_title
from xaigeo.viz.score_words import ScoreWords
from xaigeo.viz.text_fit import label_expression, titled
from xaigeo.viz.theme import INK, RAMP
from xaigeo.viz.themed import themed

LETTERS = 12  # of a line of a method's name
UPRIGHT = 5  # more methods have their names in one line, below the columns turned
NUMBER_PX = (7.0, 12.0)  # least and greatest size of a number
DIGIT = 0.58  # width of a digit, in its size
TALLEST = 62  # height of a square, in pixels


def method_agreement(
    explanations: Sequence[Explanation],
    k: int | None = None,
    score: str = "feature_agreement",
    *,
    output: str | None = None,
    width: int = 300,
) -> alt.LayerChart:
    """Draw how far every two methods agree, and on the diagonal how far the seeds of one do.

    Parameters
    ----------
    explanations : sequence of Attributions
        Of the same ensemble and rows, by different methods.
    k : int, optional
        Number of top features; by default the smallest of the methods' own defaults.
    score : str
        One of `xaigeo.agreement.methods.PAIRWISE`, such as "feature_agreement", "spearman" or
        "mean_cosine".
    output : str, optional
        By default, at each row, the class that most seeds predict.
    width : int
        Of the squares together, in pixels, without the names of the methods.

    Raises
    ------
    InputError
        For fewer than two results, results that are no attributions or of other rows or seeds,
        or an unknown score.
    """
    check_width(width)
    matrix = method_matrix(explanations, score, k, output=output)
    names = method_labels(explanations, matrix)
    tables = method_agreement_tables(matrix, names)
    finding = method_agreement_finding(matrix)
    chart = method_agreement_body(matrix, tables, width=width).properties(
        title=titled(
            finding,
            [
                " ".join(
                    [
                        "Off the diagonal: two methods at the same seed.",
                        "Framed: two seeds by the same method.",
                        ScoreWords(matrix.score, matrix.k).chance(_chance(matrix)),
                        *method_agreement_notes(explanations),
                    ]
                )
            ],
            width + 90,
        ),
        description=f"Heat map of the agreement of {len(names)} methods. {finding}.",
    )
    return themed(with_nouns(chart, tables, explanations))


def method_labels(explanations: Sequence[Explanation], matrix: MethodMatrix) -> list[str]:
    """Return what the methods are called before a reader, numbered where one comes twice."""
    numbers = [name.partition(" #")[2] for name in matrix.methods]
    titles = [method_title(explanation) for explanation in explanations]
    return [f"{t} #{n}" if n else t for t, n in zip(titles, numbers, strict=True)]


def method_agreement_tables(matrix: MethodMatrix, names: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Return the table `cells`, one row an ordered pair of methods.

    Columns: label, other_label, place and other_place, value, low, high, null, pair (what the
    square compares) and same (whether it is a method with itself).
    """
    place = {name: i for i, name in enumerate(matrix.methods)}
    rows = []
    for row in matrix.table.itertuples():
        a, b = place[str(row.method_a)], place[str(row.method_b)]
        same = a == b
        said = f"Two seeds by {names[a]}" if same else f"{names[a]} and {names[b]}, same seed"
        for i, j in {(a, b), (b, a)}:
            rows.append(
                {
                    "label": names[i],
                    "other_label": names[j],
                    "place": i,
                    "other_place": j,
                    "value": row.value,
                    "low": row.low,
                    "high": row.high,
                    "null": row.null,
                    "pair": said,
                    "same": same,
                }
            )
    cells = pd.DataFrame(rows).sort_values(["place", "other_place"], kind="stable")
    return {"cells": cells.reset_index(drop=True)}


def method_agreement_body(
    matrix: MethodMatrix, tables: dict[str, pd.DataFrame], *, width: int
) -> alt.LayerChart:
    """Return squares, numbers and frames over the table `cells`."""
    words = ScoreWords(matrix.score, matrix.k)
    start = _start(matrix)
    n = len(matrix.methods)
    names = list(dict.fromkeys(tables["cells"]["label"]))
    x = alt.X("other_label:N", sort=names, title=None, axis=_axis(0 if n <= UPRIGHT else -90, n))
    y = alt.Y("label:N", sort=names, title=None, axis=_axis(0, n))
    tooltip = [
        alt.Tooltip("pair:N", title="Compared"),
        alt.Tooltip("value:Q", title=words.legend, format=words.number),
        alt.Tooltip("low:Q", title="95% interval from", format=words.number),
        alt.Tooltip("high:Q", title="to", format=words.number),
        alt.Tooltip("null:Q", title="Unrelated explanations", format=words.number),
    ]
    base = alt.Chart(alt.NamedData("cells"))
    squares = base.mark_rect(stroke="white", strokeWidth=1).encode(
        x=x,
        y=y,
        color=alt.Color(
            "value:Q",
            title=words.legend,
            scale=alt.Scale(domain=[start, 1.0], range=list(RAMP), clamp=True),
            legend=alt.Legend(
                format=words.number, gradientLength=140, values=[start, (start + 1) / 2, 1]
            ),
        ),
        tooltip=tooltip,
    )
    frames = (
        base.transform_filter("datum.same")
        .mark_rect(filled=False, stroke=INK, strokeWidth=1.6)
        .encode(x=x, y=y)
    )
    numbers = base.mark_text(fontSize=_letter_px(tables, words, width / n)).encode(
        x=x,
        y=y,
        text=alt.Text("value:Q", format=words.number),
        color=alt.when(f"datum.value > {start + 0.6 * (1 - start):g}")
        .then(alt.value("white"))
        .otherwise(alt.value(INK)),
        tooltip=tooltip,
    )
    return layered(squares, frames, numbers).properties(
        width=width, height=int(n * min(TALLEST, width / n))
    )


def _axis(angle: int, n: int) -> alt.Axis:
    """Return the axis of `n` methods: their names in two lines, of many in one."""
    few = n <= UPRIGHT
    line = f"truncate(datum.label, {2 * LETTERS}, 'center')"
    return alt.Axis(
        ticks=False,
        domain=False,
        labelAngle=angle,
        labelOverlap=False,
        labelExpr=label_expression(LETTERS) if few else line,
        labelPadding=6,
        labelColor=INK,
        labelLimit=LETTERS * (8 if few else 12),
    )


def _letter_px(tables: dict[str, pd.DataFrame], words: ScoreWords, square: float) -> float:
    """Return the size of the numbers, so that the longest fits its square."""
    longest = max((len(words.text(value)) for value in tables["cells"]["value"]), default=1)
    return float(np.clip((square - 4) / (longest * DIGIT), *NUMBER_PX))


def method_agreement_finding(matrix: MethodMatrix) -> str:
    """Return whether methods or seeds differ more, with both numbers, without full stop.

    One of the two is said to differ more only where the interval of the difference leaves out 0.
    """
    words = ScoreWords(matrix.score, matrix.k)
    if not np.isfinite([matrix.across_methods, matrix.across_seeds]).all():
        return words.of_two(float("nan"), "Two methods")
    said = "Methods and seeds differ about as much"
    if matrix.high < 0:
        said = "Methods differ more than seeds"
    if matrix.low > 0:
        said = "Seeds differ more than methods"
    methods = words.of_two(matrix.across_methods, "Two methods")
    return (
        f"{said}: {methods[0].lower()}{methods[1:]} (two seeds: {words.text(matrix.across_seeds)})"
    )


def method_agreement_notes(explanations: Sequence[Explanation]) -> list[str]:
    """Return why methods may differ that no seed is to blame for, in sentences."""
    given = [e for e in explanations if isinstance(e, Attributions)]
    notes = []
    unsigned = [method_title(e) for e in given if not e.signed]
    if unsigned:
        have = "has" if len(unsigned) == 1 else "have"
        notes.append(f"Sizes are compared: {', '.join(unsigned)} {have} no sign.")
    if len({attribution_meaning(e).says for e in given}) > 1:
        changes = [method_title(e) for e in given if attribution_meaning(e).says == "change"]
        tell = "tells" if len(changes) == 1 else "tell"
        notes.append(
            f"{' and '.join(changes)} {tell} slopes, the others contributions, so part of the "
            "difference is what they ask."
        )
    return notes


def _chance(matrix: MethodMatrix) -> float:
    return float(matrix.table["null"].mean())


def _start(matrix: MethodMatrix) -> float:
    """Return where colours start: at or below chance and every square."""
    known = np.array([_chance(matrix), *matrix.table["value"]])
    return float(np.floor(np.nanmin(known, initial=0.9) * 10) / 10)
