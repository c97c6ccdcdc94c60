"""The attributions of all rows: one dot a row and feature, coloured by the feature's value."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.agreement.importance import attribution_values, importance, overall_order
from xaigeo.explanations import Attributions
from xaigeo.options import check_count
from xaigeo.viz.attribution_choice import (
    INTERVAL,
    check_attributions,
    of_seed,
    one_output,
    output_note,
    seeds_note,
    shown_note,
    sign_of_most,
)
from xaigeo.viz.attribution_words import AttributionWords, attribution_words
from xaigeo.viz.channels import at, layered
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.feature_values import category_note, relative_values, value_colour, value_texts
from xaigeo.viz.method_words import words_for
from xaigeo.viz.number_text import counted as count_of
from xaigeo.viz.number_text import number_text
from xaigeo.viz.records import plain
from xaigeo.viz.swarm import swarm_offsets
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.text_fit import Width, feature_rows, label_letters, titled, total_px
from xaigeo.viz.theme import SEED, SOFT_INK
from xaigeo.viz.themed import themed

DIAMETER = 6.0  # of a dot, in pixels
ROW = 34  # height of a feature's row, in pixels
REACH = ROW / 2 - DIAMETER / 2 - 1
ROOM = 0.03  # at each end of the axis, as a share of its length


def attribution_beeswarm(
    explanation: Attributions,
    output: str | None = None,
    seed: int | None = None,
    max_features: int = 12,
    *,
    width: int = 420,
) -> alt.LayerChart:
    """Draw the attributions of all rows: a dot a row, moved aside so that none hides another.

    A dot is the median of the seeds, or one seed. The faint bar behind it is the middle 80% of the
    seeds: where the bars are longer than the swarm is wide, the seeds differ by more than the rows
    do. Features come in falling order of their mean size.

    Parameters
    ----------
    explanation : Attributions
    output : str, optional
        The class that most rows are given if None; of a regression the first target.
    seed : int, optional
        One seed alone.
    max_features : int
        How many features are drawn, the largest.
    width : int
        Of the plot, in pixels, without the labels of the features.

    Raises
    ------
    InputError
        If the explanation has no such output or seed, or holds no attributions.

    Notes
    -----
    The beeswarm of the shap package (Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9), for
    all seeds.
    """
    check_width(width)
    check_attributions(explanation, "a beeswarm")
    check_count("max_features", max_features)
    chosen = one_output(explanation, output)
    shown = of_seed(explanation, seed)
    tables = beeswarm_tables(shown, chosen, max_features, width=width)
    finding = beeswarm_finding(shown, chosen)
    words = attribution_words(shown, chosen)
    labels = list(tables["dots"]["label"].unique())
    features = [explanation.schema[name] for name in labels]
    spread = ["Faint bar: middle 80% of seeds."] if len(shown.seeds) > 1 else []
    notes = [
        f"{words.heading(explanation.outputs[chosen])} ({words_for(explanation).title}).",
        *output_note(explanation, output, chosen),
        f"Dot: one row, {seeds_note(shown).lower()}.",
        *spread,
        *category_note(features),
        *shown_note(len(labels), len(explanation.features)),
    ]
    chart = beeswarm_body(words, tables, width=width).properties(
        title=titled(finding, [" ".join(notes)], total_px(labels, width)),
        description=f"Beeswarm of the attributions of {count_of(len(shown.instances), 'row')} by "
        "feature. "
        f"{finding}.",
    )
    return themed(with_tables(chart, tables))


def beeswarm_tables(
    explanation: Attributions, output: int, max_features: int = 12, *, width: int = 420
) -> dict[str, pd.DataFrame]:
    """Return the table `dots`, one row a feature and instance.

    Columns: label (feature), rank, instance, attribution (median over seeds), low and high (middle
    80% of seeds), value (text with unit), relative (0 low to 1 high among the rows), one_sign
    (whether all seeds give one sign) and offset (pixels from the middle of the feature's row, in a
    plot of the given width).
    """
    values = attribution_values(explanation, explanation.outputs[output])
    median = np.median(values, axis=0)  # (n_instances, n_features)
    low, high = np.quantile(values, INTERVAL, axis=0)
    order = overall_order(importance(values))[:max_features]
    rows = explanation.array("input")
    start, end = _reach(np.stack([low[:, order], high[:, order]]))
    one_sign = sign_of_most(values)
    parts = []
    for rank, j in enumerate(order):
        feature = explanation.schema.features[j]
        pixels = (median[:, j] - start) / (end - start) * width
        parts.append(
            pd.DataFrame(
                {
                    "label": feature.name,
                    "rank": rank,
                    "instance": [plain(label) for label in explanation.instances],
                    "attribution": median[:, j],
                    "low": low[:, j],
                    "high": high[:, j],
                    "value": value_texts(feature, rows[:, j]),
                    "relative": relative_values(feature, rows[:, j]),
                    "one_sign": one_sign[:, j],
                    "offset": swarm_offsets(pixels, DIAMETER, REACH),
                }
            )
        )
    return {"dots": pd.concat(parts, ignore_index=True)}


def beeswarm_body(
    words: AttributionWords, tables: dict[str, pd.DataFrame], *, width: Width = 420
) -> alt.LayerChart:
    """Return the layers over the table `dots`, back to front."""
    dots = tables["dots"]
    scale = alt.Scale(domain=list(_reach(dots[["low", "high"]].to_numpy())), nice=False)
    x = alt.X(
        "attribution:Q",
        title=words.axis,
        axis=alt.Axis(tickCount=5, labelOverlap=True),
        scale=scale,
    )
    y = feature_rows(label_letters(width))
    offset = alt.YOffset("offset:Q", scale=alt.Scale(domain=[-ROW / 2, ROW / 2]))
    base = alt.Chart(alt.NamedData("dots"))
    zero = base.mark_rule(color="#bdb8ae", strokeWidth=1).encode(
        x=alt.XDatum(0, type="quantitative", title=words.axis, scale=scale)
    )
    n_rows = dots["instance"].nunique()
    spread = base.mark_rule(
        color=SEED, strokeWidth=1.2, opacity=0.3 if n_rows <= 60 else 0.12
    ).encode(x=at(x, "low"), x2="high:Q", y=y, yOffset=offset)
    written = "+.3~g" if words.meaning.signed else ".3~g"
    several = bool((dots["low"] != dots["high"]).any())
    seeds = [
        alt.Tooltip("low:Q", title="10% of seeds below", format=written),
        alt.Tooltip("high:Q", title="90% of seeds below", format=written),
    ]
    points = base.mark_point(
        filled=True,
        shape="circle",
        size=np.pi * (DIAMETER / 2) ** 2,
        opacity=1,
        stroke=SOFT_INK,
        strokeWidth=0.3,
    ).encode(
        x=x,
        y=y,
        yOffset=offset,
        color=value_colour("relative", length=120 if isinstance(width, str) else _ramp_px(width)),
        tooltip=[
            alt.Tooltip("label:N", title="Feature"),
            alt.Tooltip("value:N", title="Value"),
            alt.Tooltip("instance:N", title="Row"),
            alt.Tooltip("attribution:Q", title=words.value, format=written),
            *(seeds if several else []),
        ],
    )
    layers = [zero, spread, points] if several else [zero, points]
    return layered(*layers).properties(width=width, height=alt.Step(ROW))


def _ramp_px(width: int) -> int:
    """Return the length of the legend's ramp that fits a plot beside the legend's title."""
    return int(np.clip(width - 100, 40, 120))


def beeswarm_finding(explanation: Attributions, output: int) -> str:
    """Return which feature counts most and how often the seeds differ in sign, a sentence."""
    values = attribution_values(explanation, explanation.outputs[output])
    sizes = importance(values)
    if not sizes.any():
        return "No feature changes the output of any seed on these rows"
    words = attribution_words(explanation, output)
    first = overall_order(sizes)[0]
    size = np.median(sizes[:, first])
    said = f"{explanation.features[first]} counts most, in size {number_text(size, 2)} on average "
    said += f"({words.unit})"
    if len(values) == 1 or not words.meaning.signed:
        return said
    counted = values.any(axis=0)  # what is 0 for every seed has no sign to agree on
    share = (~sign_of_most(values))[counted].mean()
    agree = "the seeds give every attribution one sign"
    return f"{said}; {agree if share == 0 else f'the seeds differ in sign on {share:.0%} of dots'}"


def _reach(values: np.ndarray) -> tuple[float, float]:
    """Return the ends of the axis, 0 among them, with room for half a dot."""
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    room = ROOM * (high - low) if high > low else 1.0
    return low - room, high + room
