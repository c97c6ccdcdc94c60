"""How well each seed performs: one dot a seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.viz.channels import layered
from xaigeo.viz.chart_nouns import with_nouns
from xaigeo.viz.number_text import counted, range_text
from xaigeo.viz.records import plain
from xaigeo.viz.theme import INK, SEED
from xaigeo.viz.themed import themed

if TYPE_CHECKING:
    from xaigeo.ensemble import Evaluation

METRICS = {"accuracy": "Accuracy", "r2": "R²"}
BINS = 60
# Scores that lie closer than this must not be drawn as if they were far apart.
ROOM = 0.02


def seed_accuracies(evaluation: Evaluation) -> alt.LayerChart:
    """Draw accuracy (regression: R²) by seed; seeds that score alike are stacked."""
    dots = accuracy_dots(evaluation)
    values = dots["score"]
    metric = metric_name(evaluation)
    n_rows = len(evaluation.labels)
    reach = range_text(_three(values.min()), _three(values.max()))
    chart = layered(*accuracy_layers(metric, dots)).properties(
        width=420,
        height=accuracy_height(dots),
        title=alt.Title(
            f"{counted(len(dots), 'seed')} reach{'es' if len(dots) == 1 else ''} "
            f"{metric.lower() if metric != 'R²' else metric} {reach} "
            f"on {counted(n_rows, f'{evaluation.name} row')}",
            subtitle=["Dot: one seed; seeds that score alike are stacked. Dark tick: median."],
        ),
        description=f"Dot plot of {metric} by seed, {reach}, median {values.median():.3f}.",
    )
    median = pd.DataFrame({"score": [values.median()]})
    return themed(with_nouns(chart, {"seeds": dots, "median": median}, evaluation))


def _three(score: float) -> str:
    return f"{score:.3f}".replace("-", "−")


def metric_name(evaluation: Evaluation) -> str:
    """Return the name of the score that is drawn."""
    return METRICS["r2" if evaluation.task == "regression" else "accuracy"]


def accuracy_dots(evaluation: Evaluation) -> pd.DataFrame:
    """Return one row a seed: seed, score and its place in the stack of like scores."""
    column = "r2" if evaluation.task == "regression" else "accuracy"
    frame = evaluation.scores[["seed", column]].rename(columns={column: "score"})
    score = frame["score"].to_numpy()
    span = float(np.ptp(score))
    # Accuracies move in steps of one row; scores that fall on one dot's width share a stack.
    cell = np.round((score - score.min()) / (span or 1.0) * BINS)
    order = np.lexsort((frame["seed"], cell))
    frame = frame.iloc[order].assign(cell=cell[order])
    return frame.assign(stack=frame.groupby("cell").cumcount() + 1).drop(columns="cell")


def accuracy_height(dots: pd.DataFrame) -> int:
    """Return a height that gives every stacked dot its room."""
    tallest = int(dots["stack"].max())
    return max(40, (13 if tallest < 12 else 9) * (tallest + 1))


def accuracy_layers(metric: str, dots: pd.DataFrame) -> list[alt.Chart]:
    """Return the layers over the tables `seeds` and `median`."""
    tallest = int(dots["stack"].max())
    low, high = float(dots["score"].min()), float(dots["score"].max())
    pad = max(ROOM, 0.1 * (high - low))
    x = alt.X(
        "score:Q",
        title=metric,
        scale=alt.Scale(
            # No score is above 1; the padding keeps a dot at 1 whole.
            domain=[plain(low - pad), plain(min(high + pad, 1.0))],
            zero=False,
            nice=False,
            padding=8,
        ),
        axis=alt.Axis(tickCount=6, format="~g", grid=True),
    )
    dots = (
        alt.Chart(alt.NamedData("seeds"))
        .mark_point(filled=True, size=85, color=SEED, opacity=0.75, strokeWidth=0)
        .encode(
            x=x,
            y=alt.Y(
                "stack:Q",
                axis=None,
                scale=alt.Scale(domain=[0.2, tallest + 0.8], nice=False, zero=False),
            ),
            tooltip=[
                alt.Tooltip("seed:N", title="Seed"),
                alt.Tooltip("score:Q", title=metric, format=".4~f"),
            ],
        )
    )
    median = (
        alt.Chart(alt.NamedData("median"))
        .mark_rule(color=INK, strokeWidth=2.6)
        .encode(x=x, tooltip=[alt.Tooltip("score:Q", title=f"Median {metric}", format=".4~f")])
    )
    return [median, dots]
