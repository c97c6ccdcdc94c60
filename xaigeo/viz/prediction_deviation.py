"""How far the seeds' predictions lie apart, by how sure they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.agreement.prediction_deviation import PredictionDeviation
from xaigeo.agreement.prediction_deviation import prediction_deviation as deviation_of
from xaigeo.viz.channels import at, layered
from xaigeo.viz.chart_nouns import with_nouns
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.number_text import counted, number_text
from xaigeo.viz.text_fit import titled
from xaigeo.viz.theme import AMOUNTS, INK, SEED
from xaigeo.viz.themed import themed
from xaigeo.viz.thinning import thinned

if TYPE_CHECKING:
    from xaigeo.ensemble import Evaluation
    from xaigeo.explanations import Explanation

ROWS = 300
AXIS_ROOM = 60


def prediction_deviation(
    source: Evaluation | Explanation,
    output: str | None = None,
    n_bins: int = 10,
    width: int = 460,
) -> alt.VConcatChart:
    """Draw the standard deviation of the prediction between seeds, against its mean.

    Parameters
    ----------
    source : Evaluation or Explanation
        Whose rows are looked at.
    output : str, optional
        Class whose probability is meant; unless named, each row's class that most seeds
        predict. Of a regression a target, the first unless named.
    n_bins : int
        Bins of the mean prediction.
    width : int
        Width of the plot in pixels.

    Raises
    ------
    InputError
        For a single seed, an output that does not exist, or an explanation of logits.
    """
    check_width(width)
    found = deviation_of(source, output=output, n_bins=n_bins)
    shown = min(len(found.rows), ROWS)
    dots = (
        f"Dot: one row ({shown} of {len(found.rows)})."
        if shown < len(found.rows)
        else ("Dot: one row.")
    )
    chart = prediction_deviation_body(found, width=width).properties(
        title=titled(
            prediction_deviation_finding(found),
            [
                f"Standard deviation over {found.n_seeds} seeds. {dots}",
                "Dark: mean of a bin's rows, and their middle 80%.",
            ],
            width + AXIS_ROOM,
        ),
        description=f"Deviation of the prediction between {found.n_seeds} seeds by bins of its "
        f"mean. {prediction_deviation_finding(found)}.",
    )
    return themed(with_nouns(chart, prediction_deviation_tables(found), source))


def prediction_deviation_finding(found: PredictionDeviation) -> str:
    """Return the bin in which the seeds differ most, without full stop."""
    if not found.rows["sd"].any():
        return f"All {found.n_seeds} seeds predict the same for {counted(len(found.rows), 'row')}"
    most = found.bins.iloc[int(found.bins["sd"].to_numpy().argmax())]
    whose = "the class of most seeds" if found.output is None else f"“{found.output}”"
    what = f"the mean probability of {whose}"
    if found.task == "regression":
        what = f"predicted {found.output}"
    digits = 3 if found.task == "regression" else 2
    sd, low, high = (number_text(most[name], digits) for name in ("sd", "low", "high"))
    n = counted(int(most["n_rows"]), "row")
    if len(found.bins) == 1:
        average = "on average over" if len(found.rows) > 1 else "for"
        return f"The SD between seeds is {sd} {average} {n}"
    average = " on average" if most["n_rows"] > 1 else ""
    return f"Seeds differ most (SD {sd}{average}) where {what} is {low} to {high}: {n}"


def prediction_deviation_tables(found: PredictionDeviation) -> dict[str, pd.DataFrame]:
    """Return the dots (`rows`, thinned evenly by prediction) and the `bins`."""
    by_size = found.rows.drop(columns="bin").sort_values("prediction", kind="stable")
    low, high = found.bins["low"].to_numpy(), found.bins["high"].to_numpy()
    # A line spans no empty bin.
    run = np.append(0, np.cumsum(low[1:] - high[:-1] > 1e-9 * (high[-1] - low[0])))
    bins = found.bins.assign(middle=(low + high) / 2, zero=0.0, run=run)
    return {"rows": by_size.iloc[thinned(len(by_size), ROWS)], "bins": bins}


def prediction_deviation_body(found: PredictionDeviation, *, width: int = 460) -> alt.VConcatChart:
    """Return deviations above and numbers of rows below, over the tables `rows` and `bins`."""
    what = "Mean prediction" if found.output is None else f"Mean prediction of “{found.output}”"
    if found.task == "classification":
        what = (
            "Mean probability of the class that most seeds predict"
            if found.output is None
            else f"Mean probability of “{found.output}”"
        )
    low, high = _ends(found)
    x = alt.X(
        "prediction:Q",
        title=None,
        scale=alt.Scale(domain=[low, high], nice=False, zero=False),
        axis=alt.Axis(labels=False, ticks=False, tickCount=6),
    )
    below = alt.X(
        "low:Q",
        title=what,
        scale=alt.Scale(domain=[low, high], nice=False, zero=False),
        axis=alt.Axis(tickCount=6, labelOverlap=True, grid=False, titleLimit=width),
    )
    return alt.vconcat(
        layered(*_deviations(found, x)).properties(width=width, height=170),
        layered(*_counts(found, below)).properties(width=width, height=56),
        spacing=6,
    )


def _deviations(found: PredictionDeviation, x: Any) -> list[alt.Chart]:
    y = alt.Y(
        "sd:Q",
        title="SD between seeds",
        scale=alt.Scale(zero=True, nice=True),
        axis=alt.Axis(tickCount=4),
    )
    shown = ".3~r"
    rows = (
        alt.Chart(alt.NamedData("rows"))
        .mark_point(filled=True, size=18, color=SEED, opacity=0.35, strokeWidth=0)
        .encode(
            x=x,
            y=y,
            tooltip=[
                alt.Tooltip("instance:N", title="Row"),
                alt.Tooltip("prediction:Q", title="Mean prediction", format=shown),
                alt.Tooltip("sd:Q", title="SD between seeds", format=shown),
            ],
        )
    )
    bins = alt.Chart(alt.NamedData("bins"))
    tips = [
        alt.Tooltip("low:Q", title="Mean prediction from", format=shown),
        alt.Tooltip("high:Q", title="to", format=shown),
        alt.Tooltip("n_rows:Q", title="Rows"),
        alt.Tooltip("sd:Q", title="Mean SD between seeds", format=shown),
        alt.Tooltip("sd_low:Q", title="10% of rows below", format=shown),
        alt.Tooltip("sd_high:Q", title="90% of rows below", format=shown),
    ]
    middle = at(x, "middle")
    return [
        rows,
        bins.mark_rule(color=INK, strokeWidth=1.4).encode(
            x=middle, y=at(y, "sd_low"), y2="sd_high:Q", tooltip=tips
        ),
        bins.mark_line(color=INK, strokeWidth=2.2).encode(x=middle, y=y, detail="run:N"),
        bins.mark_point(filled=True, size=55, color=INK, opacity=1).encode(
            x=middle, y=y, tooltip=tips
        ),
    ]


def _counts(found: PredictionDeviation, x: Any) -> list[alt.Chart]:
    bins = alt.Chart(alt.NamedData("bins"))
    y = alt.Y(
        "n_rows:Q",
        title="Rows",
        axis=alt.Axis(tickCount=2, format="d", grid=False),
        # Room for the numbers above the bars.
        scale=alt.Scale(domain=[0, 1.3 * int(found.bins["n_rows"].max())], nice=False),
    )
    return [
        bins.mark_rect(color=AMOUNTS[1], stroke="white", strokeWidth=1).encode(
            x=x,
            x2="high:Q",
            y=y,
            y2="zero:Q",
            tooltip=[
                alt.Tooltip("low:Q", title="Mean prediction from", format=".3~r"),
                alt.Tooltip("high:Q", title="to", format=".3~r"),
                alt.Tooltip("n_rows:Q", title="Rows"),
            ],
        ),
        bins.mark_text(dy=-6, fontSize=9.5).encode(x=at(x, "middle"), y=y, text="n_rows:Q"),
    ]


def _ends(found: PredictionDeviation) -> tuple[float, float]:
    low, high = float(found.bins["low"].min()), float(found.bins["high"].max())
    if found.task == "classification":
        return (low if found.output is None else 0.0), 1.0
    return low, high
