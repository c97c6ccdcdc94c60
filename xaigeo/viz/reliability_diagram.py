"""Does a stated probability hold? Accuracy against confidence, for every seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.agreement.calibration import (
    calibration_error,
    class_reliability,
    pooled_reliability,
    reliability,
)
from xaigeo.agreement.seed_predictions import check_evaluation
from xaigeo.options import check_count, check_flag
from xaigeo.viz.channels import at, layered
from xaigeo.viz.chart_nouns import with_nouns
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.number_text import counted, range_text
from xaigeo.viz.text_fit import titled
from xaigeo.viz.theme import AMOUNTS, INK, SEED, SOFT_INK, class_mark
from xaigeo.viz.themed import themed

if TYPE_CHECKING:
    from xaigeo.ensemble import Evaluation

AXIS_ROOM = 60
PANEL = 190
# Bins of fewer answers are faded, and no line joins them: one answer is right or wrong.
FEW = 5


def reliability_diagram(
    evaluation: Evaluation, n_bins: int = 15, by_class: bool = False, width: int = 380
) -> alt.VConcatChart:
    """Draw accuracy against confidence by bin: a line a seed, all seeds together thick.

    Parameters
    ----------
    evaluation : Evaluation
        Of a classification.
    n_bins : int
        Equal bins of the confidence, the probability of the predicted class.
    by_class : bool
        A panel a class with the rows that truly are of it. A calibrated model need not lie on
        the diagonal there.
    width : int
        Width of the plot, or of all panels together, in pixels.

    Raises
    ------
    InputError
        For a regression, or anything else than an evaluation.
    """
    check_width(width)
    check_evaluation(evaluation, "a reliability diagram", "classification")
    check_count("n_bins", n_bins)
    check_flag("by_class", by_class)
    n_seeds = len(evaluation.seeds)
    every = "Coloured" if by_class else "Dark"
    lines = f"Thin: one seed. {every}: all seeds" if n_seeds > 1 else f"{every}: the seed"
    told = [
        f"{lines}, larger for more answers, with 95% interval.",
        f"Pale, unjoined: fewer than {FEW} answers.",
        "Below the diagonal: too sure.",
    ]
    if by_class:
        told += [
            "Rows of one true class a panel; a calibrated model need not lie on the diagonal here."
        ]
    finding = reliability_finding(evaluation, n_bins, by_class)
    chart = reliability_body(evaluation, by_class, width=width).properties(
        title=titled(finding, told, width + AXIS_ROOM),
        description=f"Reliability diagram of {counted(n_seeds, 'seed')} on "
        f"{counted(len(evaluation.labels), f'{evaluation.name} row')}. {finding}.",
    )
    return themed(with_nouns(chart, reliability_tables(evaluation, n_bins, by_class), evaluation))


def reliability_finding(evaluation: Evaluation, n_bins: int = 15, by_class: bool = False) -> str:
    """Return the calibration error, or the class on which seeds are furthest off."""
    if by_class:
        return _class_finding(evaluation)
    errors = calibration_error(evaluation.prediction, evaluation.labels, n_bins)
    if len(errors) == 1:
        return f"Confidence misses accuracy by {errors[0]:.1%} on average (ECE)"
    reach = range_text(f"{errors.min():.1%}", f"{errors.max():.1%}")
    return (
        f"Confidence misses accuracy by {errors.mean():.1%} on average "
        f"(ECE {reach} by {'seed' if ' to ' in reach else 'every seed'})"
    )


def _class_finding(evaluation: Evaluation) -> str:
    sure = evaluation.prediction.max(axis=-1).mean(axis=0)
    right = (evaluation.predicted == evaluation.labels).mean(axis=0)
    places = np.unique(evaluation.labels.astype(int))
    gaps = [(sure - right)[evaluation.labels == place].mean() for place in places]
    worst = int(np.abs(gaps).argmax())
    own = evaluation.labels == places[worst]
    name = str(evaluation.classes[places[worst]])
    return (
        f"Confidence and accuracy are furthest apart on rows of “{name}”: "
        f"{sure[own].mean():.1%} sure, {right[own].mean():.1%} right"
    )


def reliability_tables(
    evaluation: Evaluation, n_bins: int = 15, by_class: bool = False
) -> dict[str, pd.DataFrame]:
    """Return lines of seeds (`seeds`), of all seeds (`pooled`) and the `diagonal`.

    By class the first two are there for each class, `seeds_0`, `pooled_0`, `seeds_1` and so on.
    """
    prediction, truth = evaluation.prediction, evaluation.labels.astype(int)
    tables = {"diagonal": pd.DataFrame({"x": [0.0], "y": [0.0], "x2": [1.0], "y2": [1.0]})}
    if not by_class:
        tables["seeds"] = _joined(reliability(prediction, truth, evaluation.seeds, n_bins))
        tables["pooled"] = _drawn(pooled_reliability(prediction, truth, n_bins))
        return tables
    names = [str(name) for name in evaluation.classes]
    found = class_reliability(prediction, truth, evaluation.seeds, names, n_bins)
    for place in shown_classes(evaluation):
        own = truth == place
        own_seeds = found[found["class"] == names[place]].drop(columns="class")
        tables[f"seeds_{place}"] = _joined(own_seeds)
        pooled = pooled_reliability(prediction[:, own], truth[own], n_bins)
        tables[f"pooled_{place}"] = _drawn(pooled)
    return tables


def shown_classes(evaluation: Evaluation) -> list[int]:
    """Return the places of the classes that have rows."""
    return [int(place) for place in np.unique(evaluation.labels.astype(int))]


def _joined(seeds: pd.DataFrame) -> pd.DataFrame:
    """Add `few` and, by seed, `run`: bins of one run are neighbours that a line joins."""
    few = seeds["n_rows"] < FEW
    new = few | few.shift(fill_value=True) | seeds["seed"].ne(seeds["seed"].shift())
    new |= seeds["low"] - seeds["high"].shift(fill_value=0.0) > 1e-9
    return seeds.assign(few=few, run=new.cumsum())


def _drawn(pooled: pd.DataFrame) -> pd.DataFrame:
    """Add shares of answers, which bins hold `few`, and the `run` that one line joins."""
    share = pooled["n_answers"] / pooled["n_answers"].sum()
    few = pooled["n_answers"] < FEW
    apart = pooled["low"] - pooled["high"].shift(fill_value=0.0) > 1e-9
    run = (apart | few.ne(few.shift(fill_value=bool(few.iloc[0])))).cumsum()
    return pooled.assign(share=share, zero=0.0, few=few, run=run)


def reliability_body(
    evaluation: Evaluation, by_class: bool = False, *, width: int = 380
) -> alt.VConcatChart:
    """Return the diagram with the histogram of confidences below it."""
    # No largest probability of n is below 1/n.
    start = np.floor(10 / len(evaluation.classes)) / 10
    if not by_class:
        return _diagram(("seeds", "pooled"), INK, start, width, min(width, 300))
    places = shown_classes(evaluation)
    columns = max(1, min(len(places), (width + AXIS_ROOM) // PANEL))
    side = (width + AXIS_ROOM) // columns - AXIS_ROOM
    panels = []
    for place in places:
        colour = class_mark(place)["colour"]
        name = f"truly {evaluation.classes[place]}"
        panels.append(
            _diagram((f"seeds_{place}", f"pooled_{place}"), colour, start, side, side, name)
        )
    rows = [
        alt.hconcat(*panels[first : first + columns], spacing=14)
        for first in range(0, len(panels), columns)
    ]
    return alt.vconcat(*rows, spacing=14)


def _diagram(
    names: Sequence[str],
    colour: str,
    start: float,
    width: int,
    height: int,
    title: str | None = None,
) -> alt.VConcatChart:
    seeds, pooled = names
    upper = layered(*_lines(seeds, pooled, colour, start)).properties(width=width, height=height)
    upper = upper.resolve_scale(size="independent")
    if title is not None:
        upper = upper.properties(
            title=alt.Title(
                title, fontSize=11.5, fontWeight="normal", color=SOFT_INK, offset=4, limit=width
            )
        )
    lower = _histogram(pooled, start, width)
    return alt.vconcat(upper, lower, spacing=6).resolve_scale(size="independent")  # type: ignore[no-any-return]


def _lines(seeds: str, pooled: str, colour: str, start: float) -> list[alt.Chart]:
    x = alt.X(
        "confidence:Q",
        title=None,
        scale=alt.Scale(domain=[start, 1.0], nice=False),
        axis=alt.Axis(labels=False, ticks=False, tickCount=5),
    )
    y = alt.Y(
        "accuracy:Q",
        title="Accuracy",
        scale=alt.Scale(domain=[0.0, 1.0]),
        axis=alt.Axis(format=".0%", tickCount=5),
    )
    per_cent = [
        alt.Tooltip("confidence:Q", title="Mean confidence", format=".1%"),
        alt.Tooltip("accuracy:Q", title="Accuracy", format=".1%"),
    ]
    diagonal = (
        alt.Chart(alt.NamedData("diagonal"))
        .mark_rule(color=SOFT_INK, strokeDash=[4, 3], strokeWidth=1, clip=True)
        .encode(x=at(x, "x"), y=at(y, "y"), x2="x2:Q", y2="y2:Q")
    )
    thin = (
        alt.Chart(alt.NamedData(seeds))
        .transform_filter("!datum.few")
        .mark_line(color=SEED, strokeWidth=1, opacity=0.25)
        .encode(x=x, y=y, detail=["seed:N", "run:N"])
    )
    one = alt.Chart(alt.NamedData(seeds)).mark_point(color=SEED, filled=True, strokeWidth=0)
    size = alt.Size("n_answers:Q", legend=None, scale=alt.Scale(range=[14, 150], zero=True))
    dots = one.encode(
        x=x,
        y=y,
        size=alt.Size("n_rows:Q", legend=None, scale=alt.Scale(range=[6, 40], zero=True)),
        opacity=alt.when("datum.few").then(alt.value(0.12)).otherwise(alt.value(0.4)),
        tooltip=[
            alt.Tooltip("seed:N", title="Seed"),
            *per_cent,
            alt.Tooltip("n_rows:Q", title="Rows"),
        ],
    )
    solid = alt.when("datum.few").then(alt.value(0.3)).otherwise(alt.value(1))
    all_seeds = alt.Chart(alt.NamedData(pooled))
    tips: list[Any] = [
        *per_cent,
        alt.Tooltip("accuracy_low:Q", title="Accuracy, 95% interval from", format=".1%"),
        alt.Tooltip("accuracy_high:Q", title="to", format=".1%"),
        alt.Tooltip("n_answers:Q", title="Answers of all seeds"),
        alt.Tooltip("n_rows:Q", title="Different rows"),
    ]
    return [
        diagonal,
        thin,
        dots,
        all_seeds.mark_rule(color=colour, strokeWidth=1.4).encode(
            x=x, y=at(y, "accuracy_low"), y2="accuracy_high:Q", opacity=solid, tooltip=tips
        ),
        all_seeds.mark_line(color=colour, strokeWidth=1.8).encode(
            x=x, y=y, detail="run:N", opacity=solid
        ),
        all_seeds.mark_point(filled=True, color=colour, strokeWidth=0).encode(
            x=x, y=y, size=size, opacity=solid, tooltip=tips
        ),
    ]


def _histogram(pooled: str, start: float, width: int) -> alt.Chart:
    bars: alt.Chart = (
        alt.Chart(alt.NamedData(pooled))
        .mark_rect(color=AMOUNTS[1], stroke="white", strokeWidth=1, clip=True)
        .encode(
            x=alt.X(
                "low:Q",
                title="Confidence",
                scale=alt.Scale(domain=[start, 1.0], nice=False),
                axis=alt.Axis(format=".0%", tickCount=5, grid=False),
            ),
            x2="high:Q",
            y=alt.Y(
                "share:Q",
                title="Answers",
                axis=alt.Axis(format=".0%", tickCount=2, grid=False),
                scale=alt.Scale(zero=True),
            ),
            y2="zero:Q",
            tooltip=[
                alt.Tooltip("low:Q", title="Confidence from", format=".1%"),
                alt.Tooltip("high:Q", title="to", format=".1%"),
                alt.Tooltip("n_answers:Q", title="Answers of all seeds"),
                alt.Tooltip("share:Q", title="Share of answers", format=".1%"),
            ],
        )
        .properties(width=width, height=50)
    )
    return bars
