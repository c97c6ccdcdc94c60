"""Scores of agreement against what the seeds predict, for one ensemble or several."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.agreement.mean_change import MeanChange
from xaigeo.agreement.score import SCORES, Score
from xaigeo.agreement.score_change import check_score_bins, score_change
from xaigeo.errors import InputError
from xaigeo.viz.change_words import changes_told
from xaigeo.viz.channels import layered
from xaigeo.viz.chart_nouns import with_nouns
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.number_text import counted, number_text
from xaigeo.viz.series_bins import ASIDE, FEW, placed_bins, series_layers
from xaigeo.viz.series_channels import named
from xaigeo.viz.text_fit import titled, wrapped
from xaigeo.viz.theme import SOFT_INK
from xaigeo.viz.themed import themed

WIDTH, HEIGHT, AXIS_ROOM = 460, 150, 60
Bins = pd.DataFrame | Mapping[str, pd.DataFrame]


def score_bins(bins: Bins, *, output: str | None = None, width: int = WIDTH) -> alt.VConcatChart:
    """Draw the mean of each score by bin of the prediction, a line an ensemble.

    Parameters
    ----------
    bins : DataFrame, or mapping from name to DataFrame
        As `xaigeo.agreement.score_bins` returns them; by name of several ensembles, such as
        ``{"plain": ..., "ASWA": ...}``. The first is the one that others are compared with.
    output : str, optional
        The output that was named when the bins were made, for the axis.
    width : int
        Width of the plot in pixels.

    Raises
    ------
    InputError
        For other tables, more than 6 ensembles, or ensembles with different scores.
    """
    check_width(width)
    tables = score_bins_tables(bins)
    finding = score_bins_finding(bins)
    chart = score_bins_body(bins, output=output, width=width).properties(
        title=titled(finding, [" ".join(score_bins_notes(bins))], width + AXIS_ROOM),
        description=f"{finding}. Means of {counted(len(_scores(_named(bins))), 'score')} by bins "
        "of the mean prediction.",
    )
    given = _named(bins)
    names = [*given] if output is None else [*given, output]
    return themed(with_nouns(chart, tables, list(given.values()), names))


def score_bins_tables(bins: Bins) -> dict[str, pd.DataFrame]:
    """Return `score_0`, `score_1` and so on: the bins of all ensembles on which it is defined."""
    given = _named(bins)
    return {
        f"score_{place}": placed_bins(
            {name: _of(table, score) for name, table in given.items()}, "n_defined"
        )
        for place, score in enumerate(_scores(given))
    }


def score_bins_finding(bins: Bins) -> str:
    """Return how the first score changes from the first ensemble to the others.

    Of one ensemble the bin in which the score is highest, among those of at least 5 rows if there
    are any. A sentence without full stop.
    """
    given = _named(bins)
    score = _scores(given)[0]
    if len(given) == 1:
        return _highest(next(iter(given.values())), score)
    (first, before), *others = given.items()
    changes = {name: _change(before, after, score) for name, after in others}
    return changes_told(changes, f"the {_label(score)}", first)


def score_bins_notes(bins: Bins) -> list[str]:
    """Return how to read the chart, in sentences."""
    given = _named(bins)
    several = len(given) > 1
    notes = [
        "Point: mean of a bin's rows, with its 95% interval over rows"
        + (", the seeds taken as they are." if several else "."),
        "Larger: more rows.",
    ]
    tables = score_bins_tables(bins).values()
    if any(table["few"].any() for table in tables):
        notes.append(f"Hollow, unjoined: fewer than {FEW} rows.")
    if several:
        notes.append(ASIDE)
        notes.append("No clear change: the interval of the difference holds 0.")
    return notes


def score_bins_body(
    bins: Bins, *, output: str | None = None, width: int = WIDTH
) -> alt.VConcatChart:
    """Return a panel a score, over the tables of `score_bins_tables`."""
    given = _named(bins)
    tables = score_bins_tables(bins)
    every = pd.concat(list(tables.values()))
    low, high = float(every["low"].min()), float(every["high"].max())
    scores = _scores(given)
    panels = []
    for place, score in enumerate(scores):
        last = place == len(scores) - 1
        what = "Mean prediction" if output is None else f"Mean prediction of “{output}”"
        x = alt.X(
            "middle:Q",
            title=what if last else None,
            scale=alt.Scale(domain=[low, high], nice=False, zero=False),
            axis=alt.Axis(
                tickCount=6, labels=last, ticks=last, titleLimit=width, labelOverlap=True
            ),
        )
        y = alt.Y(
            "value:Q",
            title=None,
            scale=alt.Scale(zero=bool((tables[f"score_{place}"]["value"] >= 0).all()), nice=True),
            axis=alt.Axis(tickCount=4),
        )
        layers = series_layers(
            f"score_{place}", list(given), x, y, _tips(score), px=width, n="n_defined"
        )
        panels.append(
            layered(*layers).properties(
                width=width, height=HEIGHT, title=_title(given, score, width)
            )
        )
    joined = alt.vconcat(*panels, spacing=14)
    return joined.resolve_scale(size="independent")  # type: ignore[no-any-return]


def _named(bins: Bins) -> dict[str, pd.DataFrame]:
    given: dict[str, pd.DataFrame] = named(bins, "tables of bins")
    for name, table in given.items():
        check_score_bins(table, f"bins of {name!r}" if name else "bins")
    first, *others = given.items()
    for name, table in others:
        if set(table["score"]) != set(first[1]["score"]):
            raise InputError(
                expected=f"the scores of {first[0]!r} ({', '.join(first[1]['score'].unique())})",
                arrived=f"{', '.join(table['score'].unique())} of {name!r}",
                do="Make all tables with the same scores.",
            )
    return given


def _scores(given: dict[str, pd.DataFrame]) -> list[str]:
    return [str(name) for name in next(iter(given.values()))["score"].unique()]


def _of(table: pd.DataFrame, score: str) -> pd.DataFrame:
    """Return the bins of a score, without those on which it is not defined."""
    own = table[(table["score"] == score) & (table["n_defined"] > 0)]
    return own.sort_values("low").reset_index(drop=True)


def _known(score: str) -> Score | None:
    return SCORES.get(score) if score in SCORES.names() else None


def _label(score: str) -> str:
    known = _known(score)
    label = score.replace("_", " ") if known is None else known.label
    return label[0].lower() + label[1:]


def _title(given: dict[str, pd.DataFrame], score: str, width: int) -> alt.Title:
    """Return the heading of a panel: the score, which way is better, and means over rows."""
    known = _known(score)
    label = _label(score)
    way = (
        "" if known is None else f" ({'higher' if known.higher_is_better else 'lower'}: more alike)"
    )
    head = f"{label[0].upper()}{label[1:]}{way}. Mean over rows:"
    means = [
        f"{name} {number_text(_mean(table, score), 2)}".strip() for name, table in given.items()
    ]
    return alt.Title(
        wrapped(f"{head} {', '.join(means)}.", width),
        fontSize=11.5,
        fontWeight="normal",
        color=SOFT_INK,
        offset=4,
        frame="group",
    )


def _mean(table: pd.DataFrame, score: str) -> float:
    own = _of(table, score)
    return float(np.average(own["value"], weights=own["n_defined"])) if len(own) else np.nan


def _change(before: pd.DataFrame, after: pd.DataFrame, score: str) -> MeanChange:
    changes = score_change(before, after)
    one = changes[changes["score"] == score].iloc[0]
    return MeanChange(*(float(one[name]) for name in ("before", "after", "low", "high")))


def _highest(table: pd.DataFrame, score: str) -> str:
    """Return where a score is highest, among the bins that are drawn filled if there are any."""
    every = _of(table, score)
    label = _label(score)
    if not len(every):
        return f"The {label} is defined in no bin"
    enough = every[every["n_defined"] >= FEW]
    own = enough if len(enough) else every
    value = number_text(own["value"].iloc[0])
    if len(every) == 1:
        n = counted(int(own["n_defined"].iloc[0]), "row")
        return f"The {label} is {value} on average over {n}"
    among = f" with at least {FEW} rows" if len(own) < len(every) else ""
    if len(own) > 1 and np.ptp(own["value"]) == 0:
        return f"The {label} is {value} in every bin{among}"
    most = own.iloc[int(own["value"].to_numpy().argmax())]
    low, high = (number_text(most[name], 2) for name in ("low", "high"))
    highest = f"highest, {number_text(most['value'])}," if len(own) > 1 else value
    only = "" if len(own) > 1 else f", the only bin{among}"
    return (
        f"The {label} is {highest} where the mean prediction is "
        f"{low} to {high}: {counted(int(most['n_defined']), 'row')}{only}"
    )


def _tips(score: str) -> list[alt.Tooltip]:
    label = _label(score)
    return [
        alt.Tooltip("low:Q", title="Mean prediction from", format=".3~r"),
        alt.Tooltip("high:Q", title="to", format=".3~r"),
        alt.Tooltip("value:Q", title=f"{label[0].upper()}{label[1:]}, mean", format=".3~r"),
        alt.Tooltip("value_low:Q", title="95% interval from", format=".3~r"),
        alt.Tooltip("value_high:Q", title="to ", format=".3~r"),
        alt.Tooltip("n_defined:Q", title="Rows"),
    ]
