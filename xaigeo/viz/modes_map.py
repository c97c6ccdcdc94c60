"""The distinct ways in which seeds explain: seeds as points, and how their groups differ."""

from __future__ import annotations

import json
import string
from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.agreement.importance import attribution_values
from xaigeo.errors import InputError
from xaigeo.explanations import Attributions
from xaigeo.geometry.modes import Modes
from xaigeo.options import check_count
from xaigeo.viz.attribution_choice import INTERVAL, check_attributions
from xaigeo.viz.attribution_words import attribution_words
from xaigeo.viz.channels import layered
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.method_words import words_for
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.text_fit import feature_axis, label_letters, label_px, titled
from xaigeo.viz.theme import FAINT, INK, NEGATIVE, POSITIVE, SEED, SHAPES, SOFT_INK
from xaigeo.viz.themed import themed

NARROW = 520  # below this the two parts stand one above the other
SUBROW = 11  # height of a mode in a feature's row, in pixels


def modes_map(
    modes: Modes,
    explanation: Attributions,
    *,
    output: str | None = None,
    max_features: int = 8,
    width: int = 640,
) -> alt.HConcatChart | alt.VConcatChart:
    """Draw the seeds as points by the distance of their explanations, and each mode's profile.

    Parameters
    ----------
    modes : Modes
        From `xaigeo.geometry.modes.explanatory_modes`.
    explanation : Attributions
        The one that the modes were found in.
    output : str, optional
        Of the profiles; by default, at each row, the class that most seeds predict.
    max_features : int
        How many features the profiles show: of several modes those in which they differ most.
    width : int
        Of the whole, in pixels; the parts stand one above the other where it is narrow.

    Raises
    ------
    InputError
        If the explanation holds no attributions, other seeds than the modes or no such output.
    """
    check_width(width)
    check_attributions(explanation, "the profile of each mode")
    check_count("max_features", max_features)
    if not isinstance(modes, Modes):
        raise InputError(
            expected="the modes of an explanation",
            arrived=type(modes).__name__,
            do="Find them with xaigeo.geometry.explanatory_modes(explanation).",
        )
    if modes.method != explanation.method:
        raise InputError(
            expected="modes of the explanation that is drawn",
            arrived=f"modes of {modes.method!r} and an explanation by {explanation.method!r}",
            do="Find the modes in this explanation with xaigeo.geometry.explanatory_modes.",
        )
    if not np.array_equal(modes.seeds, explanation.seeds):
        raise InputError(
            expected="modes of the same seeds as the explanation",
            arrived=f"seeds {list(modes.seeds)} and {list(explanation.seeds)}",
            do="Find the modes in this explanation with xaigeo.geometry.modes.explanatory_modes.",
        )
    tables = modes_tables(modes, explanation, output=output, max_features=max_features)
    finding = modes_finding(modes)
    chart = modes_body(modes, explanation, tables, width=width).properties(
        title=titled(finding, [" ".join(modes_notes(modes, explanation, tables))], width),
        description=f"Map of {len(modes.seeds)} seeds by how alike their explanations are, and the "
        f"mean attributions of each mode. {finding}.",
    )
    return themed(with_tables(chart, tables))


def mode_names(modes: Modes) -> list[str]:
    """Return the names of the modes, the largest first."""
    letters = string.ascii_uppercase
    return [f"Mode {letters[i] if i < 26 else i + 1}" for i in range(modes.n_modes)]


def modes_tables(
    modes: Modes,
    explanation: Attributions,
    *,
    output: str | None = None,
    max_features: int = 8,
) -> dict[str, pd.DataFrame]:
    """Return the tables `seeds` and `profiles`.

    Columns of `seeds`: seed, mode, x, y, medoid, distance (to the medoid of its mode), label (of
    medoids), side (of the label: 1 above, -1 below, 0 none) and align (of the label). Of
    `profiles`, a row a mode and feature: label, rank, mode, mean, low and high (middle 80% of the
    mode's seeds), n (seeds).
    """
    names = mode_names(modes)
    known = list(modes.seeds)
    medoid_places = [known.index(seed) for seed in modes.medoids]
    labels = np.asarray(modes.labels)
    is_medoid = np.isin(np.arange(len(known)), medoid_places)
    seeds = pd.DataFrame(
        {
            "seed": [str(seed) for seed in known],
            "mode": [names[label] for label in labels],
            "x": modes.places[:, 0],
            "y": modes.places[:, 1],
            "medoid": is_medoid,
            "distance": [
                modes.distances[i, medoid_places[label]] for i, label in enumerate(labels)
            ],
            "label": [
                f"Seed {seed}" + (f" ({names[label]})" if len(names) > 1 else "") if centre else ""
                for seed, label, centre in zip(known, labels, is_medoid, strict=True)
            ],
            "side": 0,
            "align": "center",
        }
    )
    upwards = sorted(medoid_places, key=lambda place: -modes.places[place, 1])
    seeds.loc[upwards, "side"] = np.where(np.arange(len(upwards)) % 2 == 0, 1, -1)
    # A label near an edge is written towards the middle, not over the axis.
    across = seeds["x"] - seeds["x"].mean()
    far = across.abs() > 0.35 * across.abs().max()
    seeds.loc[far & (across < 0), "align"] = "left"
    seeds.loc[far & (across > 0), "align"] = "right"
    return {"seeds": seeds, "profiles": _profiles(modes, explanation, output, max_features)}


def modes_body(
    modes: Modes,
    explanation: Attributions,
    tables: dict[str, pd.DataFrame],
    *,
    width: int,
) -> alt.HConcatChart | alt.VConcatChart:
    """Return map and profiles over the tables `seeds` and `profiles`."""
    stacked = width < NARROW
    labels = list(dict.fromkeys(tables["profiles"]["label"]))
    side = min(width - 10, 260) if stacked else int(0.4 * width)
    rest = width if stacked else width - side - 30
    plot = int(max(120, rest - label_px(labels, rest - 130)))
    parts = [
        _map(modes, tables["seeds"]).properties(width=side, height=side),
        _profile_chart(modes, explanation, tables["profiles"]).properties(width=plot),
    ]
    if stacked:
        return alt.vconcat(*parts, spacing=24)
    return alt.hconcat(*parts, spacing=24)


def modes_finding(modes: Modes) -> str:
    """Return how many modes there are and how many seeds each holds, without full stop."""
    n = len(modes.seeds)
    if modes.n_modes == 1:
        if n == 1:
            return "One mode: there is one seed"
        if not modes.tested:
            return f"Modes not tested: {n} seeds are too few"
        return f"One mode: the {n} seeds do not fall into groups (p = {modes.p_value:.2g})"
    shares = " / ".join(f"{mass:.0%}" for mass in modes.masses)
    return f"{modes.n_modes} modes: {shares} of the seeds"


def modes_notes(
    modes: Modes, explanation: Attributions, tables: dict[str, pd.DataFrame]
) -> list[str]:
    """Return how map and profiles are read, in sentences."""
    several = modes.n_modes > 1
    profiles = tables["profiles"]
    n_shown, n_all = profiles["label"].nunique(), len(explanation.features)
    notes = [
        f"{words_for(explanation).title}.",
        "Point: a seed; the nearer two are, the more alike they explain."
        + (" Its shape is its mode." if several else ""),
        "Ringed: the seed in the middle" + (" of its mode." if several else "."),
        f"Bars: mean{' of each mode' if several else ''} and middle 80% of its seeds."
        + (" Later modes are paler and hollow." if several else ""),
    ]
    if several and modes.tested:
        notes.append(f"Seeds without groups would look so split with p = {modes.p_value:.2g}.")
    if n_shown < n_all:
        by = "in which modes differ most" if several else "of largest mean"
        notes.append(f"Shown: the {n_shown} of {n_all} features {by}.")
    return notes


def _map(modes: Modes, seeds: pd.DataFrame) -> alt.LayerChart:
    names = mode_names(modes)
    centre = seeds[["x", "y"]].mean().to_numpy()
    away = np.abs(seeds[["x", "y"]].to_numpy() - centre).max(initial=0.0)
    # One scale for both, so that distances may be compared; room at the sides for the labels.
    reach = 1.45 * float(away) or 1.0
    x = _place("x:Q", modes.explained[0], centre[0], reach)
    y = _place("y:Q", modes.explained[1], centre[1], reach)
    base = alt.Chart(alt.NamedData("seeds"))
    points = base.mark_point(filled=True, size=75, color=SEED, opacity=0.75, strokeWidth=0).encode(
        x=x,
        y=y,
        shape=_shape(names),
        tooltip=[
            alt.Tooltip("seed:N", title="Seed"),
            alt.Tooltip("mode:N", title="Mode"),
            alt.Tooltip("distance:Q", title="Distance to its middle seed", format=".3~g"),
        ],
    )
    rings = (
        base.transform_filter("datum.medoid")
        .mark_point(filled=False, size=230, color=INK, opacity=1, strokeWidth=1.8, shape="circle")
        .encode(x=x, y=y)
    )
    # Labels of two medoids side by side would meet: one stands above, the next below.
    halo = {"stroke": "white", "strokeWidth": 3, "color": "white"}
    texts = [
        base.transform_filter(f"datum.side == {side}")
        .mark_text(dy=-18 * side, fontSize=11, align=alt.ExprRef("datum.align"), **look)
        .encode(x=x, y=y, text="label:N")
        for look in (halo, {"color": INK})
        for side in (1, -1)
    ]
    return layered(points, rings, *texts)


def _place(shorthand: str, share: float, centre: float, reach: float) -> alt.X | alt.Y:
    kind = alt.X if shorthand.startswith("x") else alt.Y
    return kind(
        shorthand,
        title=f"Direction {1 if kind is alt.X else 2} ({share:.0%} of the variance)",
        scale=alt.Scale(domain=[float(centre - reach), float(centre + reach)], nice=False),
        axis=alt.Axis(labels=False, ticks=False, grid=False, domainColor=FAINT),
    )


def _shape(names: Sequence[str]) -> alt.Shape:
    """Return the shape of a mode, said alike in both parts, which share one legend."""
    legend = alt.Legend(orient="bottom", symbolFillColor=SEED, symbolStrokeWidth=0)
    return alt.Shape(
        "mode:N",
        title=None,
        scale=alt.Scale(
            domain=list(names), range=[SHAPES[i % len(SHAPES)] for i in range(len(names))]
        ),
        legend=legend if len(names) > 1 else None,
    )


def _profile_chart(
    modes: Modes, explanation: Attributions, profiles: pd.DataFrame
) -> alt.LayerChart:
    names = mode_names(modes)
    words = attribution_words(explanation, 0)
    labels = list(dict.fromkeys(profiles["label"]))
    y = alt.Y(
        "label:N", sort=labels, title=None, axis=feature_axis(label_letters(200)),
        scale=alt.Scale(paddingInner=0.25),
    )  # fmt: skip
    offset = alt.YOffset("mode:N", sort=names, scale=alt.Scale(paddingOuter=0.1))
    scale = alt.Scale(zero=True, nice=True)
    axis = alt.Axis(tickCount=4, labelOverlap=True)
    x = alt.X("mean:Q", title=words.axis, scale=scale, axis=axis)
    low = alt.X("low:Q", title=words.axis, scale=scale, axis=axis)
    colour: Any = alt.value(SEED)
    if words.meaning.signed:
        colour = alt.when("datum.mean < 0").then(alt.value(NEGATIVE)).otherwise(alt.value(POSITIVE))
    written = "+.3~g" if words.meaning.signed else ".3~g"
    tooltip = [
        alt.Tooltip("label:N", title="Feature"),
        alt.Tooltip("mode:N", title="Mode"),
        alt.Tooltip("n:Q", title="Seeds"),
        alt.Tooltip("mean:Q", title=f"Mean {words.value.lower()}", format=written),
        alt.Tooltip("low:Q", title="10% of seeds below", format=written),
        alt.Tooltip("high:Q", title="90% of seeds below", format=written),
    ]
    base = alt.Chart(alt.NamedData("profiles"))
    zero = base.mark_rule(color=SOFT_INK, strokeWidth=1).encode(
        x=alt.datum(0, type="quantitative", title=words.axis, scale=scale, axis=axis)
    )
    first = f"datum.mode === {json.dumps(names[0])}"
    spread = base.mark_rule(strokeWidth=3).encode(
        x=low,
        x2="high:Q",
        y=y,
        yOffset=offset,
        color=colour,
        opacity=alt.when(first).then(alt.value(0.45)).otherwise(alt.value(0.2)),
        tooltip=tooltip,
    )
    # The colour is the sign's, so modes differ by shape and by being filled or hollow.
    means = base.mark_point(size=60, opacity=1, strokeWidth=1.6).encode(
        x=x,
        y=y,
        yOffset=offset,
        stroke=colour,
        fill=colour,
        fillOpacity=alt.when(first).then(alt.value(1)).otherwise(alt.value(0)),
        shape=_shape(names),
        tooltip=tooltip,
    )
    height = len(labels) * max(22, SUBROW * len(names) + 8)
    return layered(zero, spread, means).properties(height=height)


def _profiles(
    modes: Modes, explanation: Attributions, output: str | None, max_features: int
) -> pd.DataFrame:
    mean = attribution_values(explanation, output).mean(axis=1)  # (n_seeds, n_features)
    names = mode_names(modes)
    groups = [mean[np.asarray(modes.labels) == i] for i in range(len(names))]
    centres = np.stack([group.mean(axis=0) for group in groups])
    told = np.ptp(centres, axis=0) if len(names) > 1 else np.abs(centres[0])
    order = np.argsort(-told, kind="stable")[:max_features]
    rows = []
    for rank, j in enumerate(order):
        for name, group in zip(names, groups, strict=True):
            low, high = np.quantile(group[:, j], INTERVAL)
            rows.append(
                {
                    "label": explanation.features[j],
                    "rank": rank,
                    "mode": name,
                    "mean": group[:, j].mean(),
                    "low": low,
                    "high": high,
                    "n": len(group),
                }
            )
    return pd.DataFrame(rows)
