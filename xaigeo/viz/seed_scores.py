"""Every score of every seed, a strip of dots for each score."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.agreement.seed_predictions import check_evaluation
from xaigeo.viz.channels import layered
from xaigeo.viz.chart_nouns import with_nouns
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.number_text import counted, number_text
from xaigeo.viz.text_fit import titled
from xaigeo.viz.theme import INK, POSITIVE, SEED, SOFT_INK
from xaigeo.viz.themed import themed

if TYPE_CHECKING:
    from xaigeo.ensemble import Evaluation

NAMES = {
    "accuracy": ("accuracy", True),
    "balanced_accuracy": ("balanced accuracy", True),
    "f1_macro": ("macro F1", True),
    "log_loss": ("log loss", False),
    "r2": ("R²", True),
    "rmse": ("RMSE", False),
    "mae": ("MAE", False),
}
# Dots nearer than this share of the strip are stacked.
BINS = 55
# Targets whose own scores are drawn besides the means.
TARGETS = 4


def seed_scores(evaluation: Evaluation, width: int = 420) -> alt.VConcatChart:
    """Draw each score by seed; the seed under the pointer is marked in all strips.

    Parameters
    ----------
    evaluation : Evaluation
    width : int
        Width of the plot in pixels.

    Raises
    ------
    InputError
        For anything else than an evaluation.
    """
    check_width(width)
    check_evaluation(evaluation, "scores by seed")
    tables = seed_scores_tables(evaluation)
    finding = seed_scores_finding(evaluation)
    notes = ["Dot: one seed; dots that would overlap are stacked. Dark tick: median."]
    if len(evaluation.classes) > TARGETS and evaluation.task == "regression":
        left = len(evaluation.classes) - TARGETS
        notes.append(f"Own scores of {counted(left, 'further target')} are not drawn.")
    chart = seed_scores_body(evaluation, width=width).properties(
        title=titled(finding, notes, width + 20),
        description=f"Dot strips of {len(tables) // 2} scores by seed on "
        f"{counted(len(evaluation.labels), f'{evaluation.name} row')}. {finding}.",
    )
    return themed(with_nouns(chart, tables, evaluation))


def score_name(column: str) -> tuple[str, bool]:
    """Return a score's name and whether higher is better.

    Examples
    --------
    >>> score_name("r2 of mass")
    ('R² of mass', True)
    """
    score, _, target = column.partition(" of ")
    name, better = NAMES[score]
    return (f"{name} of {target}" if target else name), better


def score_columns(evaluation: Evaluation) -> list[str]:
    """Return the scores that are drawn: all, of many targets the means and some of their own."""
    columns = [str(column) for column in evaluation.scores.columns if column != "seed"]
    kept = {str(name) for name in evaluation.classes[:TARGETS]}
    return [c for c in columns if " of " not in c or c.partition(" of ")[2] in kept]


def seed_scores_finding(evaluation: Evaluation) -> str:
    """Return the range of the main scores over seeds, without full stop."""
    scores = evaluation.scores
    said = []
    for column in [c for c in score_columns(evaluation) if " of " not in c]:
        low, high = (number_text(value) for value in (scores[column].min(), scores[column].max()))
        said.append(f"{score_name(column)[0]} {low}" + (f" to {high}" if high != low else ""))
    return f"{counted(len(scores), 'seed')}: {', '.join(said)}"


def seed_scores_tables(evaluation: Evaluation) -> dict[str, pd.DataFrame]:
    """Return dots (`score_0`, `score_1`, ...) and medians (`median_0`, ...) of each score."""
    tables = {}
    for place, column in enumerate(score_columns(evaluation)):
        frame = evaluation.scores[["seed", column]].rename(columns={column: "score"})
        value = frame["score"].to_numpy()
        cell = np.round((value - value.min()) / (np.ptp(value) or 1.0) * BINS)
        frame = frame.assign(stack=pd.Series(cell).groupby(cell).cumcount().to_numpy() + 1)
        tables[f"score_{place}"] = frame
        tables[f"median_{place}"] = pd.DataFrame({"score": [float(np.median(value))]})
    return tables


def seed_scores_body(evaluation: Evaluation, *, width: int = 420) -> alt.VConcatChart:
    """Return a strip a score over the tables of `seed_scores_tables`."""
    tables = seed_scores_tables(evaluation)
    hover = alt.selection_point(on="pointerover", clear="pointerout", fields=["seed"], empty=False)
    strips = [
        _strip(place, column, tables[f"score_{place}"], hover, width)
        for place, column in enumerate(score_columns(evaluation))
    ]
    joined = alt.vconcat(*strips, spacing=10)
    with warnings.catch_warnings():
        # Altair 6 warns of one selection in several views, which is what is wanted here.
        warnings.filterwarnings("ignore", "Automatically deduplicated", UserWarning)
        return joined.add_params(hover)


def _strip(place: int, column: str, table: pd.DataFrame, hover: Any, width: int) -> alt.LayerChart:
    name, better = score_name(column)
    low, high = float(table["score"].min()), float(table["score"].max())
    # Scores that all but agree must not be drawn as if they were far apart.
    room = max(0.1 * (high - low), 0.005 * max(abs(low), abs(high)), 1e-6)
    tallest = int(table["stack"].max())
    x = alt.X(
        "score:Q",
        title=None,
        scale=alt.Scale(domain=[low - room, high + room], zero=False, nice=False, padding=6),
        axis=alt.Axis(tickCount=5, labelOverlap=True, labelFlush=True),
    )
    tip = alt.Tooltip("score:Q", title=name, format=".4~r")
    dots = (
        alt.Chart(alt.NamedData(f"score_{place}"))
        .mark_point(filled=True, strokeWidth=0)
        .encode(
            x=x,
            y=alt.Y(
                "stack:Q",
                axis=None,
                scale=alt.Scale(domain=[0.2, tallest + 0.8], nice=False, zero=False),
            ),
            color=alt.when(hover).then(alt.value(POSITIVE)).otherwise(alt.value(SEED)),
            size=alt.when(hover).then(alt.value(120)).otherwise(alt.value(60)),
            opacity=alt.when(hover).then(alt.value(1.0)).otherwise(alt.value(0.65)),
            tooltip=[alt.Tooltip("seed:N", title="Seed"), tip],
        )
    )
    median = (
        alt.Chart(alt.NamedData(f"median_{place}"))
        .mark_rule(color=INK, strokeWidth=2.4)
        .encode(x=x, tooltip=[alt.Tooltip("score:Q", title=f"Median {name}", format=".4~r")])
    )
    side = "higher is better" if better else "lower is better"
    return layered(median, dots).properties(
        width=width,
        height=max(26, min(90, 9 * (tallest + 1))),
        title=alt.Title(
            f"{name[0].upper()}{name[1:]} ({side})",
            fontSize=11.5,
            fontWeight="normal",
            color=SOFT_INK,
            offset=2,
            frame="group",
            limit=width,
        ),
    )
