"""How the attribution of one feature depends on its value."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.agreement.importance import attribution_values, output_places
from xaigeo.explanations import Attributions
from xaigeo.schema import Feature
from xaigeo.viz.attribution_choice import (
    INTERVAL,
    check_attributions,
    of_seed,
    one_output,
    output_note,
    seeds_note,
    sign_of_most,
)
from xaigeo.viz.attribution_words import AttributionWords, attribution_words
from xaigeo.viz.channels import at, layered
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.class_channels import class_channels
from xaigeo.viz.feature_values import relative_values, value_colour, value_texts
from xaigeo.viz.method_words import words_for
from xaigeo.viz.number_text import counted as count_of
from xaigeo.viz.records import plain
from xaigeo.viz.swarm import swarm_offsets
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.text_fit import titled
from xaigeo.viz.theme import (
    AMOUNTS,
    RAMP,
    SEED,
    SHAPES,
    SOFT_INK,
)
from xaigeo.viz.themed import themed

DIAMETER = 7.0  # of a dot, in pixels
HEIGHT = 280
MARGIN = 70  # room of the vertical axis, in pixels
ROOM = 0.04
RUG = 300  # most background rows drawn at the foot


def attribution_scatter(
    explanation: Attributions,
    feature: str,
    output: str | None = None,
    colour_by: str | None = None,
    seed: int | None = None,
    *,
    width: int = 440,
) -> alt.LayerChart:
    """Draw the attribution of one feature over its value, a dot a row.

    A dot is the median of the seeds, the line through it their middle 80%. The ticks at the foot
    are the background rows: where there are none, the model was not compared with anything.

    Parameters
    ----------
    explanation : Attributions
    feature : str
    output : str, optional
        The class that most rows are given if None; of a regression the first target.
    colour_by : str, optional
        A feature whose value colours the dots. If None the class that most seeds predict; of a
        regression the predicted amount.
    seed : int, optional
        One seed alone.
    width : int
        Of the plot, in pixels.

    Raises
    ------
    InputError
        If the explanation has no such feature, output or seed, or holds no attributions.

    Notes
    -----
    The dependence plot of the shap package (Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9).
    """
    check_width(width)
    check_attributions(explanation, "a scatter of attributions")
    drawn = explanation.schema[feature]
    by = None if colour_by is None else explanation.schema[colour_by]
    chosen = one_output(explanation, output)
    shown = of_seed(explanation, seed)
    tables = scatter_tables(shown, feature, chosen, colour_by, width=width)
    words = attribution_words(shown, chosen)
    finding = scatter_finding(shown, feature, chosen)
    notes = [
        f"{words.heading(shown.outputs[chosen])} ({words_for(shown).title}).",
        *output_note(explanation, output, chosen),
        f"Dot: one row, {seeds_note(shown).lower()}.",
        *(["Line: middle 80% of seeds."] if len(shown.seeds) > 1 else []),
        *([] if drawn.is_discrete else ["Ticks: background rows."]),
    ]
    chart = scatter_body(words, drawn, tables, by=by, about=shown, width=width).properties(
        title=titled(finding, [" ".join(notes)], width + MARGIN),
        description=f"Scatter of the attribution of {feature} over its value for "
        f"{count_of(len(shown.instances), 'row')}. {finding}.",
    )
    return themed(with_tables(chart, tables))


def scatter_tables(
    explanation: Attributions,
    feature: str,
    output: int,
    colour_by: str | None = None,
    *,
    width: int = 440,
) -> dict[str, pd.DataFrame]:
    """Return the tables `dots` and `rug`.

    `dots`, a row an instance: instance, x (the number, or the category as text), value (as text),
    attribution (median over seeds), low and high (middle 80%), one_sign, predicted (the class),
    amount (median output), offset (pixels aside, of a category) and, with `colour_by`, relative (0
    low to 1 high), other (its value as text) and category. `rug`: x of the background rows.
    """
    j = explanation.schema.index(feature)
    kind = explanation.schema[feature]
    values = attribution_values(explanation, explanation.outputs[output])[:, :, j]
    low, high = np.quantile(values, INTERVAL, axis=0)
    median = np.median(values, axis=0)
    codes = explanation.array("input")[:, j]
    x = _positions(kind, codes)
    dots = pd.DataFrame(
        {
            "instance": [plain(label) for label in explanation.instances],
            "x": x,
            "value": value_texts(kind, codes),
            "attribution": median,
            "low": low,
            "high": high,
            "one_sign": sign_of_most(values),
            "predicted": [explanation.outputs[k] for k in output_places(explanation)],
            "amount": np.median(explanation.array("prediction")[:, :, output], axis=0),
            "offset": _aside(kind, codes, median, low, high, width),
        }
    )
    if colour_by is not None:
        k = explanation.schema.index(colour_by)
        other, shown = explanation.schema[colour_by], explanation.array("input")[:, k]
        dots["relative"] = relative_values(other, shown)
        dots["other"] = value_texts(other, shown)
        dots["category"] = [other.text(v) for v in shown] if other.is_discrete else ""
    rug = np.unique(explanation.array("background")[:, j])
    if len(rug) > RUG:
        rug = rug[np.linspace(0, len(rug) - 1, RUG).round().astype(int)]
    return {"dots": dots, "rug": pd.DataFrame({"x": _positions(kind, rug)})}


def scatter_body(
    words: AttributionWords,
    feature: Feature,
    tables: dict[str, pd.DataFrame],
    *,
    by: Feature | None,
    about: Attributions,
    width: int | str = 440,
) -> alt.LayerChart:
    """Return the layers over the tables `dots` and `rug`, back to front.

    Parameters
    ----------
    words : AttributionWords
    feature : Feature
        On the horizontal axis.
    tables : dict of DataFrame
        From `scatter_tables`.
    by : Feature or None
        Whose value colours the dots.
    about : Attributions
        Whose classes or targets the legend names.
    width : int or "container"
    """
    dots = tables["dots"]
    several = bool((dots["low"] != dots["high"]).any())
    x, aside = _x(feature)
    scale = alt.Scale(domain=list(_reach(dots)), nice=False)
    y = alt.Y(
        "attribution:Q",
        title=words.axis,
        axis=alt.Axis(tickCount=5, grid=False),
        scale=scale,
    )
    base = alt.Chart(alt.NamedData("dots"))
    written = "+.3~g" if words.meaning.signed else ".3~g"
    zero = base.mark_rule(color="#bdb8ae", strokeWidth=1).encode(
        y=alt.YDatum(0, type="quantitative", title=words.axis, scale=scale)
    )
    spread = base.mark_rule(color=SEED, strokeWidth=1, opacity=0.45).encode(
        x=x, y=at(y, "low"), y2="high:Q", **aside
    )
    tooltip = [
        alt.Tooltip("instance:N", title="Row"),
        alt.Tooltip("value:N", title=feature.name),
        alt.Tooltip("attribution:Q", title=words.value, format=written),
        *(
            [
                alt.Tooltip("low:Q", title="10% of seeds below", format=written),
                alt.Tooltip("high:Q", title="90% of seeds below", format=written),
            ]
            if several
            else []
        ),
        *_colour_tooltip(by, about),
    ]
    points = base.mark_point(
        filled=True,
        size=np.pi * (DIAMETER / 2) ** 2,
        opacity=1,
        stroke=SOFT_INK,
        strokeWidth=0.3,
    ).encode(x=x, y=y, **aside, **_colour(by, about, dots, width), tooltip=tooltip)
    layers = [zero, *([spread] if several else []), points]
    if not feature.is_discrete:
        rug = (
            alt.Chart(alt.NamedData("rug"))
            .mark_rule(color=SOFT_INK, strokeWidth=0.8, opacity=0.35)
            .encode(x=x, y=alt.value(HEIGHT - 7), y2=alt.value(HEIGHT))
        )
        layers.insert(0, rug)
    return layered(*layers).properties(width=width, height=HEIGHT)


def scatter_finding(explanation: Attributions, feature: str, output: int) -> str:
    """Return how the attribution goes with the value and how the seeds agree, a sentence."""
    j = explanation.schema.index(feature)
    kind = explanation.schema[feature]
    values = attribution_values(explanation, explanation.outputs[output])[:, :, j]
    if not values.any():
        return f"{feature} changes the output of no seed on these rows"
    median = np.median(values, axis=0)
    what = "attribution" if attribution_words(explanation, output).meaning.signed else "size"
    said = f"The {what} of {feature} goes from {_short(median.min())} to {_short(median.max())}"
    if not kind.is_discrete:
        said += _trend(explanation.array("input")[:, j], median)
    if len(values) == 1 or what == "size":
        return said
    n = int((~sign_of_most(values) & values.any(axis=0)).sum())
    if n == 0:
        return f"{said}; the seeds agree on every sign"
    return f"{said}; the seeds differ in sign on {n} of {count_of(values.shape[1], 'row')}"


def _trend(codes: np.ndarray, median: np.ndarray) -> str:
    """Return Spearman's correlation in words, nothing where it is undefined or weak."""
    if len(np.unique(codes)) < 3 or len(np.unique(median)) < 3:
        return ""
    from scipy.stats import spearmanr

    rho = float(spearmanr(codes, median).statistic)
    if abs(rho) < 0.5:
        return ""
    return f" and {'rises' if rho > 0 else 'falls'} with the value (rank correlation {_short(rho)})"


def _short(value: float) -> str:
    return f"{value + 0.0:.2g}".replace("-", "−")


def _positions(feature: Feature, codes: np.ndarray) -> list[Any]:
    if feature.is_discrete:
        return [feature.text(code) for code in codes]
    return [float(code) for code in codes]


def _aside(
    feature: Feature,
    codes: np.ndarray,
    median: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    width: int,
) -> np.ndarray:
    """Return how far the dots of a category are moved aside, 0 for numbers."""
    aside = np.zeros(len(codes))
    if not feature.is_discrete:
        return aside
    start, end = _reach(pd.DataFrame({"low": low, "high": high}))
    reach = _band(feature, width) / 2 - DIAMETER / 2
    for code in np.unique(codes):
        own = codes == code
        pixels = (median[own] - start) / (end - start) * HEIGHT
        aside[own] = swarm_offsets(pixels, DIAMETER, max(reach, 0.0)) / max(reach, 1.0)
    return aside


def _band(feature: Feature, width: int) -> float:
    """Return about how many pixels a category has."""
    return 0.8 * width / len(feature.categories)


def _x(feature: Feature) -> tuple[alt.X, dict[str, Any]]:
    """Return the horizontal position, and of categories the place in their band."""
    if not feature.is_discrete:
        return alt.X("x:Q", title=feature.label, scale=alt.Scale(zero=False, padding=8)), {}
    names = [str(category) for category in feature.categories]
    x = alt.X(
        "x:O",
        sort=names,
        title=feature.label,
        scale=alt.Scale(domain=names, paddingInner=0.2, paddingOuter=0.1),
        axis=alt.Axis(labelAngle=0, labelLimit=110, labelOverlap=True),
    )
    # A little more than the offsets' reach, so that dots at the end stay in the band.
    return x, {"xOffset": alt.XOffset("offset:Q", scale=alt.Scale(domain=[-1.1, 1.1]))}


def _colour(
    by: Feature | None, about: Attributions, dots: pd.DataFrame, width: int | str
) -> dict[str, Any]:
    """Return the encoding of colour, of classes and categories also of shape."""
    if by is None and about.task == "classification":
        colour, shape = class_channels(about.outputs, width)
        return {"color": colour, "shape": shape}
    if by is None:
        low, high = float(dots["amount"].min()), float(dots["amount"].max())
        return {
            "color": alt.Color(
                "amount:Q",
                title="Prediction",
                scale=alt.Scale(domain=[low, high if high > low else low + 1], range=list(AMOUNTS)),
                legend=alt.Legend(
                    orient="bottom",
                    titleOrient="left",
                    gradientLength=120,
                    gradientThickness=10,
                    tickCount=3,
                ),
            )
        }
    if not by.is_discrete:
        return {"color": value_colour("relative", title=by.label)}
    names = [str(category) for category in by.categories]
    ramp = RAMP[1:]
    places = np.linspace(0, len(ramp) - 1, len(names)).round().astype(int)
    legend = alt.Legend(orient="bottom", titleOrient="left", columns=4, symbolOpacity=1)
    return {
        "color": alt.Color(
            "category:N",
            title=by.name,
            scale=alt.Scale(domain=names, range=[ramp[place] for place in places]),
            legend=legend,
        ),
        "shape": alt.Shape(
            "category:N",
            title=by.name,
            scale=alt.Scale(
                domain=names, range=[SHAPES[i % len(SHAPES)] for i in range(len(names))]
            ),
            legend=legend,
        ),
    }


def _colour_tooltip(by: Feature | None, about: Attributions) -> list[alt.Tooltip]:
    if by is not None:
        return [alt.Tooltip("other:N", title=by.name)]
    if about.task == "regression":
        return [alt.Tooltip("amount:Q", title="Prediction", format=".4~g")]
    return [alt.Tooltip("predicted:N", title="Predicted class")]


def _reach(dots: pd.DataFrame) -> tuple[float, float]:
    """Return the ends of the vertical axis, 0 among them."""
    low, high = min(0.0, float(dots["low"].min())), max(0.0, float(dots["high"].max()))
    room = ROOM * (high - low) if high > low else 1.0
    return low - 2 * room, high + room
