"""Predicted against observed values, with the range of the seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.agreement.residuals import residual_table
from xaigeo.viz.channels import at, layered
from xaigeo.viz.chart_nouns import with_nouns
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.number_text import number_text, share_text
from xaigeo.viz.text_fit import titled
from xaigeo.viz.theme import INK, SEED, SOFT_INK
from xaigeo.viz.themed import themed
from xaigeo.viz.thinning import thinned

if TYPE_CHECKING:
    from xaigeo.ensemble import Evaluation

ROWS = 400
AXIS_ROOM = 60


def residuals(
    evaluation: Evaluation, output: str | None = None, width: int = 400
) -> alt.LayerChart:
    """Draw each row's predictions against its observed value: mean and range of the seeds.

    Parameters
    ----------
    evaluation : Evaluation
        Of a regression.
    output : str, optional
        Target, the first unless named.
    width : int
        Width of the plot in pixels.

    Raises
    ------
    InputError
        For a classification, or a target that does not exist.
    """
    check_width(width)
    table = residual_table(evaluation, output)
    name = str(evaluation.classes[0] if output is None else output)
    finding = residuals_finding(table, len(evaluation.seeds))
    what = "mean over seeds, line: lowest to highest seed" if len(evaluation.seeds) > 1 else "a row"
    notes = [f"Dot: {what}.", "On the dashed line a prediction is right."]
    if len(table) > ROWS:
        notes.append(f"{ROWS} of {len(table)} rows are drawn, evenly by observed value.")
    chart = residuals_body(table, name, width=width).properties(
        title=titled(finding, notes, width + AXIS_ROOM),
        description=f"Predicted against observed {name} on {len(table)} {evaluation.name} rows. "
        f"{finding}.",
    )
    return themed(with_nouns(chart, residuals_tables(table), evaluation))


def residuals_finding(table: pd.DataFrame, n_seeds: int) -> str:
    """Return how far predictions miss and how often the seeds hold the truth between them."""
    miss = number_text(float(table["residual"].abs().mean()))
    if n_seeds == 1:
        return f"Predictions miss by {miss} on average"
    inside = share_text(float(table["inside"].mean()))
    return (
        f"The mean prediction misses by {miss} on average; the observed value lies between the "
        f"seeds for {inside} of rows"
    )


def residuals_tables(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the rows that are drawn (`rows`, thinned evenly by value) and the `diagonal`."""
    by_size = table.sort_values("observed", kind="stable")
    low, high = _reach(table)
    return {
        "rows": by_size.iloc[thinned(len(by_size), ROWS)],
        "diagonal": pd.DataFrame({"x": [low], "y": [low], "x2": [high], "y2": [high]}),
    }


def _reach(table: pd.DataFrame) -> tuple[float, float]:
    values = table[["observed", "low", "high"]].to_numpy()
    low, high = float(values.min()), float(values.max())
    room = 0.03 * (high - low) or max(abs(low), 1.0) * 0.03
    return low - room, high + room


def residuals_body(table: pd.DataFrame, name: str, *, width: int = 400) -> alt.LayerChart:
    """Return the scatter over the tables `rows` and `diagonal`."""
    scale = alt.Scale(domain=list(_reach(table)), nice=False, zero=False)
    axis = alt.Axis(tickCount=5, labelOverlap=True, titleLimit=width)
    x = alt.X("observed:Q", title=f"Observed {name}", scale=scale, axis=axis)
    y = alt.Y("mean:Q", title=f"Predicted {name}", scale=scale, axis=axis)
    rows = alt.Chart(alt.NamedData("rows"))
    tooltip = [
        alt.Tooltip("instance:N", title="Row"),
        alt.Tooltip("observed:Q", title="Observed", format=".4~r"),
        alt.Tooltip("mean:Q", title="Predicted, mean over seeds", format=".4~r"),
        alt.Tooltip("low:Q", title="Lowest seed", format=".4~r"),
        alt.Tooltip("high:Q", title="Highest seed", format=".4~r"),
        alt.Tooltip("residual:Q", title="Observed − mean", format="+.3~r"),
    ]
    opacity = float(np.clip(60 / len(table) ** 0.8, 0.35, 0.9))
    return layered(
        alt.Chart(alt.NamedData("diagonal"))
        .mark_rule(color=SOFT_INK, strokeDash=[4, 3], strokeWidth=1)
        .encode(x=at(x, "x"), y=at(y, "y"), x2="x2:Q", y2="y2:Q"),
        rows.mark_rule(color=SEED, strokeWidth=1, opacity=opacity).encode(
            x=x, y=at(y, "low"), y2="high:Q", tooltip=tooltip
        ),
        rows.mark_point(filled=True, size=22, color=INK, opacity=0.75, strokeWidth=0).encode(
            x=x, y=y, tooltip=tooltip
        ),
    ).properties(width=width, height=min(width, 360))
