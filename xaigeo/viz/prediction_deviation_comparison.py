"""How far the seeds' predictions lie apart in several ensembles, such as before and after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import altair as alt
import pandas as pd

from xaigeo.agreement.mean_change import MeanChange, mean_change
from xaigeo.agreement.prediction_deviation import PredictionDeviation
from xaigeo.agreement.prediction_deviation import prediction_deviation as deviation_of
from xaigeo.errors import InputError
from xaigeo.viz.change_words import changes_told
from xaigeo.viz.channels import layered
from xaigeo.viz.chart_nouns import with_nouns
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.number_text import counted, number_text, range_text
from xaigeo.viz.series_bins import ASIDE, FEW, placed_bins, series_layers
from xaigeo.viz.series_channels import named
from xaigeo.viz.text_fit import titled
from xaigeo.viz.themed import themed

if TYPE_CHECKING:
    from xaigeo.ensemble import Evaluation
    from xaigeo.explanations import Explanation

WIDTH, HEIGHT, AXIS_ROOM = 460, 200, 60
Found = dict[str, PredictionDeviation]


def prediction_deviation_comparison(
    sources: Mapping[str, Evaluation | Explanation],
    output: str | None = None,
    n_bins: int = 10,
    *,
    width: int = WIDTH,
) -> alt.LayerChart:
    """Draw the deviation of the prediction between seeds by its mean, a line an ensemble.

    Parameters
    ----------
    sources : mapping from name to Evaluation or Explanation
        Two or more, such as ``{"plain": ..., "ASWA": ...}``. The first is the one that others are
        compared with.
    output, n_bins
        As `prediction_deviation` takes them.
    width : int
        Width of the plot in pixels.

    Raises
    ------
    InputError
        For fewer than two or more than 6 sources, sources of different tasks or outputs, a single
        seed, or an output that does not exist.

    Notes
    -----
    Figures 4.11 and 4.12 of Jain (2019), in one picture.
    """
    check_width(width)
    found = deviations_of(sources, output, n_bins)
    finding = prediction_deviation_comparison_finding(found)
    tables = prediction_deviation_comparison_tables(found)
    chart = prediction_deviation_comparison_body(found, width=width).properties(
        title=titled(
            finding,
            [" ".join(prediction_deviation_comparison_notes(found))],
            width + AXIS_ROOM,
        ),
        description=f"{finding}. Mean standard deviation of the prediction between seeds by bins "
        f"of its mean, for {counted(len(found), 'ensemble')}.",
    )
    return themed(with_nouns(chart, tables, list(sources.values()), list(found)))


def deviations_of(
    sources: Mapping[str, Evaluation | Explanation], output: str | None = None, n_bins: int = 10
) -> Found:
    """Return the deviations of every source; parameters and errors as of the chart."""
    if not isinstance(sources, Mapping) or len(sources) < 2:
        raise InputError(
            expected="two ensembles' evaluations or more by name",
            arrived=f"{len(sources)}" if isinstance(sources, Mapping) else type(sources).__name__,
            do="Pass {'plain': ..., 'ASWA': ...}; xaigeo.viz.prediction_deviation draws one alone.",
        )
    given = named(sources, "evaluations")
    found = {
        name: deviation_of(source, output=output, n_bins=n_bins) for name, source in given.items()
    }
    (first, one), *others = found.items()
    for name, other in others:
        if (other.task, other.output) != (one.task, one.output):
            raise InputError(
                expected=f"ensembles of one task and output, {one.task}{_of(one)} as {first!r}",
                arrived=f"{other.task}{_of(other)} of {name!r}",
                do="Compare ensembles trained for one task.",
            )
    return found


def prediction_deviation_comparison_tables(found: Found) -> dict[str, pd.DataFrame]:
    """Return the `bins` of all ensembles, with the middle 80% of their rows."""
    return {"bins": placed_bins({name: one.bins for name, one in found.items()})}


def prediction_deviation_comparison_finding(found: Found) -> str:
    """Return how the mean deviation changes from the first ensemble, without full stop."""
    (first, before), *others = found.items()
    changes = {name: _change(before, after) for name, after in others}
    return changes_told(changes, "the SD between seeds", first)


def prediction_deviation_comparison_notes(found: Found) -> list[str]:
    """Return how to read the chart, in sentences."""
    n = [one.n_seeds for one in found.values()]
    means = ", ".join(
        f"{name} {number_text(one.rows['sd'].mean(), 2)}" for name, one in found.items()
    )
    seeds = range_text(str(min(n)), str(max(n)))
    notes = [
        f"Standard deviation over {seeds} seeds; mean over rows: {means}.",
        "Point: mean of a bin's rows, with the middle 80% of them; larger: more rows.",
        ASIDE,
    ]
    if prediction_deviation_comparison_tables(found)["bins"]["few"].any():
        notes.append(f"Hollow, unjoined: fewer than {FEW} rows.")
    notes.append(
        "No clear change: the 95% interval of the difference, over rows, the seeds taken as they "
        "are, holds 0."
    )
    return notes


def prediction_deviation_comparison_body(found: Found, *, width: int = WIDTH) -> alt.LayerChart:
    """Return the lines over the table `bins`, without words above them."""
    one = next(iter(found.values()))
    bins = pd.concat([other.bins for other in found.values()])
    low, high = float(bins["low"].min()), float(bins["high"].max())
    if one.task == "classification":
        low, high = (low if one.output is None else 0.0), 1.0
    x = alt.X(
        "middle:Q",
        title=_axis(one),
        scale=alt.Scale(domain=[low, high], nice=False, zero=False),
        axis=alt.Axis(tickCount=6, labelOverlap=True, titleLimit=width),
    )
    y = alt.Y(
        "sd:Q",
        title="SD between seeds",
        scale=alt.Scale(zero=True, nice=True),
        axis=alt.Axis(tickCount=5),
    )
    tips = [
        alt.Tooltip("low:Q", title="Mean prediction from", format=".3~r"),
        alt.Tooltip("high:Q", title="to", format=".3~r"),
        alt.Tooltip("sd:Q", title="Mean SD between seeds", format=".3~r"),
        alt.Tooltip("sd_low:Q", title="10% of rows below", format=".3~r"),
        alt.Tooltip("sd_high:Q", title="90% of rows below", format=".3~r"),
        alt.Tooltip("n_rows:Q", title="Rows"),
    ]
    layers = series_layers(
        "bins", list(found), x, y, tips, px=width, interval=("sd_low", "sd_high")
    )
    return layered(*layers).properties(width=width, height=HEIGHT)


def _change(before: PredictionDeviation, after: PredictionDeviation) -> MeanChange:
    """Return the change of the mean deviation; of the same rows each with itself."""
    labels = [one.rows["instance"].tolist() for one in (before, after)]
    return mean_change(
        before.rows["sd"].to_numpy(), after.rows["sd"].to_numpy(), paired=labels[0] == labels[1]
    )


def _axis(one: PredictionDeviation) -> str:
    if one.task == "regression":
        return f"Mean prediction of “{one.output}”"
    if one.output is None:
        return "Mean probability of the class that most seeds predict"
    return f"Mean probability of “{one.output}”"


def _of(one: PredictionDeviation) -> str:
    return "" if one.output is None else f" of {one.output!r}"
