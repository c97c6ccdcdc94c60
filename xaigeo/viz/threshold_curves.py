"""ROC and precision-recall curves of every seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import altair as alt
import pandas as pd

from xaigeo.agreement.discrimination import Curve, ThresholdCurves
from xaigeo.agreement.discrimination import threshold_curves as curves_of
from xaigeo.viz.channels import layered
from xaigeo.viz.chart_nouns import with_nouns
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.number_text import counted
from xaigeo.viz.text_fit import middle, titled
from xaigeo.viz.theme import AMOUNTS, INK, SEED, SOFT_INK
from xaigeo.viz.themed import themed

if TYPE_CHECKING:
    from xaigeo.ensemble import Evaluation

PANEL = 230
AXIS_ROOM = 56
AXES = {
    "roc": ("False positive rate", "True positive rate"),
    "precision_recall": ("Recall", "Precision"),
}
AREAS = {"roc": "AUC", "precision_recall": "average precision"}


def roc_curves(
    evaluation: Evaluation, output: str | None = None, width: int = 640
) -> alt.VConcatChart:
    """Draw the ROC curve of each seed, their mean and the middle 80% of seeds.

    Parameters
    ----------
    evaluation : Evaluation
        Of a classification.
    output : str, optional
        Class that is told from the rest. Unless named, of two classes the second, of more each
        in a panel of its own.
    width : int
        Width of the whole in pixels.

    Raises
    ------
    InputError
        For a regression, a class that does not exist, or one that has no rows or all of them.
    """
    check_width(width)
    return _chart(evaluation, output, "roc", width)


def precision_recall_curves(
    evaluation: Evaluation, output: str | None = None, width: int = 640
) -> alt.VConcatChart:
    """Draw the precision-recall curve of each seed, their mean and the middle 80% of seeds.

    Parameters and errors as in `roc_curves`.
    """
    check_width(width)
    return _chart(evaluation, output, "precision_recall", width)


def _chart(
    evaluation: Evaluation, output: str | None, curve: Curve, width: int
) -> alt.VConcatChart:
    found = curves_of(evaluation, output, curve=curve)
    several = len(evaluation.seeds) > 1
    guess = "Dashed: guessing." if curve == "roc" else "Dashed: guessing, the share of the class."
    notes = [
        "Thin: one seed. Dark: mean; band: middle 80% of seeds." if several else "Dark: the seed.",
        guess,
    ]
    left = len(evaluation.classes) - len(found)
    if output is None and len(evaluation.classes) > 2 and left:
        classes = "1 class" if left == 1 else f"{left} classes"
        notes.append(f"Not drawn, for want of rows: {classes}.")
    finding = threshold_curves_finding(found)
    total = width if len(found) > 1 else min(width, 400)
    chart = threshold_curves_body(found, width=width).properties(
        title=titled(finding, notes, total),
        description=f"{AXES[curve][1]} against {AXES[curve][0].lower()} for "
        f"{counted(len(evaluation.seeds), 'seed')} on "
        f"{counted(len(evaluation.labels), f'{evaluation.name} row')}. {finding}.",
    )
    return themed(with_nouns(chart, threshold_curves_tables(found), evaluation))


def threshold_curves_finding(found: Sequence[ThresholdCurves]) -> str:
    """Return the class that is told worst, with the range of its area, without full stop."""
    means = [float(one.areas["area"].mean()) for one in found]
    worst = found[means.index(min(means))]
    low, high = worst.areas["area"].min(), worst.areas["area"].max()
    area = f"{AREAS[worst.curve]} {low:.3f}"
    if f"{low:.3f}" != f"{high:.3f}":
        area += f" to {high:.3f} by seed"
    if len(found) == 1:
        who = "Seeds tell" if len(worst.areas) > 1 else "The seed tells"
        return f"{who} “{worst.output}” from the rest with {area}"
    if max(means) - min(means) < 5e-4:
        return f"Seeds tell every class from the rest about equally well: {area}"
    return f"“{worst.output}” is hardest to tell from the rest: {area}"


def threshold_curves_tables(found: Sequence[ThresholdCurves]) -> dict[str, pd.DataFrame]:
    """Return of the n-th class seeds' curves, their mean and the line of guessing.

    `curves_0`, `mean_0`, `guess_0`, `curves_1` and so on.
    """
    tables = {}
    for place, one in enumerate(found):
        tables[f"curves_{place}"] = one.seeds.merge(one.areas, on="seed")
        tables[f"mean_{place}"] = one.mean.assign(order=range(len(one.mean)))
        level = one.prevalence
        ends = (0.0, 1.0) if one.curve == "roc" else (level, level)
        tables[f"guess_{place}"] = pd.DataFrame(
            {"x": [0.0], "y": [ends[0]], "x2": [1.0], "y2": [ends[1]]}
        )
    return tables


def threshold_curves_body(
    found: Sequence[ThresholdCurves], *, width: int = 640
) -> alt.VConcatChart:
    """Return a panel a class over the tables of `threshold_curves_tables`."""
    columns = max(1, min(len(found), width // (PANEL - 40)))
    side = min(width, columns * 300 + columns * AXIS_ROOM) // columns - AXIS_ROOM
    panels = [
        layered(*_layers(one, place)).properties(
            width=side,
            height=side,
            title=alt.Title(
                _panel_title(one, side + 40),
                fontSize=11.5,
                fontWeight="normal",
                color=SOFT_INK,
                offset=4,
                limit=side + 40,
            ),
        )
        for place, one in enumerate(found)
    ]
    rows = [
        alt.hconcat(*panels[first : first + columns], spacing=10)
        for first in range(0, len(panels), columns)
    ]
    return alt.vconcat(*rows, spacing=12)


def _panel_title(one: ThresholdCurves, px: float) -> str:
    area = f": {AREAS[one.curve]} {one.areas['area'].mean():.3f}"
    return middle(one.output, max(6, int(px / 6.5) - len(area))) + area


def _layers(one: ThresholdCurves, place: int) -> list[alt.Chart]:
    x_title, y_title = AXES[one.curve]
    scale, axis = alt.Scale(domain=[0, 1]), alt.Axis(tickCount=5, format=".0%")
    x = alt.X("x:Q", title=x_title, scale=scale, axis=axis)
    y = alt.Y("y:Q", title=y_title, scale=scale, axis=axis)
    # Precision between two thresholds is that of the one reaching the recall: steps.
    shape: Literal["linear", "step-before"] = "linear" if one.curve == "roc" else "step-before"
    mean = alt.Chart(alt.NamedData(f"mean_{place}"))
    tips = [
        alt.Tooltip("x:Q", title=x_title, format=".1%"),
        alt.Tooltip("y:Q", title=f"Mean {y_title.lower()}", format=".1%"),
        alt.Tooltip("low:Q", title="10% of seeds below", format=".1%"),
        alt.Tooltip("high:Q", title="90% of seeds below", format=".1%"),
    ]
    layers = [
        alt.Chart(alt.NamedData(f"guess_{place}"))
        .mark_rule(color=SOFT_INK, strokeDash=[4, 3], strokeWidth=1)
        .encode(x=x, y=y, x2="x2:Q", y2="y2:Q"),
        alt.Chart(alt.NamedData(f"curves_{place}"))
        .mark_line(color=SEED, strokeWidth=1, opacity=0.4, interpolate=shape)
        .encode(
            x=x,
            y=y,
            detail="seed:N",
            order="order:Q",
            tooltip=[
                alt.Tooltip("seed:N", title="Seed"),
                alt.Tooltip("area:Q", title=AREAS[one.curve], format=".4f"),
            ],
        ),
        mean.mark_line(color=INK, strokeWidth=2.2).encode(x=x, y=y, order="order:Q", tooltip=tips),
    ]
    if len(one.areas) > 1:
        band = mean.mark_area(color=AMOUNTS[1], opacity=0.3).encode(
            x=x, y=alt.Y("low:Q", title=y_title, scale=scale, axis=axis), y2="high:Q"
        )
        layers.insert(1, band)
    return layers
