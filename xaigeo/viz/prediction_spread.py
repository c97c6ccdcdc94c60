"""The rows for which the seeds' predictions lie furthest apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import pandas as pd

from xaigeo.agreement.prediction_spread import prediction_spread as spread_of
from xaigeo.agreement.seed_predictions import seed_predictions
from xaigeo.options import check_count
from xaigeo.viz.channels import at, layered
from xaigeo.viz.chart_nouns import with_nouns
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.class_channels import class_channels
from xaigeo.viz.number_text import counted, number_text, probability_text
from xaigeo.viz.records import plain
from xaigeo.viz.text_fit import middle, titled, wrapped
from xaigeo.viz.theme import INK, SEED
from xaigeo.viz.themed import themed

if TYPE_CHECKING:
    from xaigeo.ensemble import Evaluation
    from xaigeo.explanations import Explanation

ROW = 15
# Letters of a label; where one would be longer, none names its class.
LABEL = 34
LABEL_ROOM = 150


def prediction_spread(
    source: Evaluation | Explanation,
    output: str | None = None,
    n_rows: int = 30,
    width: int = 400,
) -> alt.LayerChart:
    """Draw the rows on which the seeds differ most, a dot a seed, flips in their class's colour.

    Parameters
    ----------
    source : Evaluation or Explanation
        Of an explanation the explained rows are taken; an evaluation has its own.
    output : str, optional
        Class whose probability is drawn; unless named, each row's class that most seeds predict.
        Of a regression a target, the first unless named.
    n_rows : int
        Rows that are drawn; the rest is counted.
    width : int
        Width of the plot in pixels.

    Raises
    ------
    InputError
        For an output that does not exist, or an explanation of logits.
    """
    check_width(width)
    check_count("n_rows", n_rows)
    given = seed_predictions(source)
    rows, dots = spread_of(source, output)
    regression = given.task == "regression"
    what = _what(given.outputs, output, regression)
    notes = ["Line: lowest to highest seed. Tick: median. Dot: one seed."]
    if rows["n_flips"].iloc[:n_rows].any():
        tied = rows["tied"].iloc[:n_rows].any()
        most = "most seeds, or at a tie than the likelier" if tied else "most seeds do"
        notes.append(f"Coloured: the seed predicts another class than {most}.")
    if len(rows) > n_rows:
        notes.append(_rest(rows.iloc[n_rows:], regression))
    finding = prediction_spread_finding(rows, len(given.seeds), regression)
    chart = prediction_spread_body(
        rows.iloc[:n_rows], what, given.outputs, regression, width=width
    ).properties(
        title=titled(finding, notes, width + LABEL_ROOM),
        description=f"{what} by row for {counted(len(given.seeds), 'seed')}, widest range first. "
        f"{finding}.",
    )
    return themed(
        with_nouns(chart, prediction_spread_tables(rows, dots, n_rows, regression), source)
    )


def _what(outputs: tuple[str, ...], output: str | None, regression: bool) -> str:
    if regression:
        return f"Predicted {outputs[0] if output is None else output}"
    if output is None:
        return "Probability of the class most seeds predict"
    return f"Probability of “{output}”"


def _rest(rest: pd.DataFrame, regression: bool) -> str:
    far = _far(float(rest["width"].max()), regression)
    far = far if far.startswith("less") else f"at most {far}"
    said = f"{counted(len(rest), 'further row')} not drawn: seeds {far} apart"
    flips = int((rest["n_flips"] > 0).sum())
    if regression:
        return f"{said}."
    return f"{said}, {flips or 'none'} of them with flips."


def _far(width: float, regression: bool) -> str:
    return number_text(width) if regression else probability_text(width)


def prediction_spread_finding(rows: pd.DataFrame, n_seeds: int, regression: bool) -> str:
    """Return on how many rows seeds differ, and how far at most, without full stop."""
    first = rows.iloc[0]
    if n_seeds == 1:
        return "One seed has no others to differ from"
    if not first["width"] > 0:
        return f"All {n_seeds} seeds predict the same for {counted(len(rows), 'row')}"
    far = _far(float(first["width"]), regression)
    furthest = f"furthest apart are the seeds on row {plain(first['instance'])} ({far})"
    if regression:
        return f"F{furthest[1:]}"
    flips = int((rows["n_flips"] > 0).sum())
    if not flips:
        return f"All seeds predict the same class for each row; {furthest}"
    return f"Seeds differ in the class of {flips} of {counted(len(rows), 'row')}; {furthest}"


def prediction_spread_tables(
    rows: pd.DataFrame, dots: pd.DataFrame, n_rows: int, regression: bool
) -> dict[str, pd.DataFrame]:
    """Return the drawn `rows`, the dots of seeds that `agree` and of those that `flip`."""
    shown = rows.iloc[:n_rows]
    labels = pd.Series(_labels(shown, regression))
    # Rows of one label must not fall on one line.
    again = labels.groupby(labels).cumcount()
    unique = [f"{text} ({n + 1})" if n else text for text, n in zip(labels, again, strict=True)]
    shown = shown.assign(label=unique)
    kept = dots[dots["rank"] < n_rows].merge(shown[["rank", "instance", "label"]], on="rank")
    return {
        "rows": shown,
        "agree": kept[~kept["flips"]].drop(columns="flips"),
        "flip": kept[kept["flips"]].drop(columns="flips"),
    }


def _labels(shown: pd.DataFrame, regression: bool) -> list[str]:
    """Return names of rows with the class of most seeds and the number of flips.

    Where that is too long for one of them the class is left to the tooltips, and of long names
    the middle is left out.
    """
    names = [f"row {plain(name)}" for name in shown["instance"]]
    flips = [f", {counted(n, 'flip')}" if n else "" for n in shown["n_flips"].tolist()]
    classes = ["" if regression else f": {name}" for name in shown["majority"]]
    whole = ["".join(parts) for parts in zip(names, classes, flips, strict=True)]
    if max(map(len, whole)) <= LABEL:
        return whole
    return [fitted(name, n) for name, n in zip(names, flips, strict=True)]


def fitted(name: str, flips: str) -> str:
    """Return a row's name, without its middle where it is long, and its flips."""
    return middle(name, LABEL - len(flips)) + flips


def prediction_spread_body(
    rows: pd.DataFrame,
    what: str,
    outputs: tuple[str, ...],
    regression: bool,
    *,
    width: int | str = 400,
) -> alt.LayerChart:
    """Return the strip over the tables `rows`, `agree` and `flip`."""
    scale = alt.Scale(zero=False, nice=True) if regression else alt.Scale(domain=[0, 1])
    room = width if isinstance(width, int) else 400
    x = alt.X("prediction:Q", title=wrapped(what, room), scale=scale, axis=alt.Axis(tickCount=5))
    y = alt.Y(
        "label:N",
        sort=alt.EncodingSortField("rank", op="min", order="ascending"),
        title=None,
        axis=alt.Axis(labelLimit=220, domain=False, ticks=False, labelPadding=8),
    )
    shown = ".3~r"
    tooltip = [
        alt.Tooltip("instance:N", title="Row"),
        alt.Tooltip("low:Q", title="Lowest seed", format=shown),
        alt.Tooltip("median:Q", title="Median of seeds", format=shown),
        alt.Tooltip("high:Q", title="Highest seed", format=shown),
    ]
    if not regression:
        tooltip.insert(1, alt.Tooltip("majority:N", title="Most seeds predict"))
        tooltip.append(alt.Tooltip("n_flips:Q", title="Seeds that predict another class"))
    ranges = alt.Chart(alt.NamedData("rows"))
    seed = [
        alt.Tooltip("instance:N", title="Row"),
        alt.Tooltip("seed:N", title="Seed"),
        alt.Tooltip("prediction:Q", title=what, format=shown),
    ]
    layers = [
        ranges.mark_rule(color=INK, strokeWidth=1.2).encode(
            x=at(x, "low"), x2="high:Q", y=y, tooltip=tooltip
        ),
        alt.Chart(alt.NamedData("agree"))
        .mark_point(filled=True, size=18, color=SEED, opacity=0.5, strokeWidth=0)
        .encode(x=x, y=y, tooltip=seed),
        ranges.mark_tick(color=INK, thickness=2.2, size=11).encode(
            x=at(x, "median"), y=y, tooltip=tooltip
        ),
    ]
    if rows["n_flips"].any():
        colour, shape = class_channels(outputs, room, title="This seed predicts")
        layers.append(
            alt.Chart(alt.NamedData("flip"))
            .mark_point(filled=True, size=42, opacity=0.95, strokeWidth=0)
            .encode(
                x=x,
                y=y,
                color=colour,
                shape=shape,
                tooltip=[*seed, alt.Tooltip("predicted:N", title="This seed predicts")],
            )
        )
    return layered(*layers).properties(width=width, height=alt.Step(ROW))
