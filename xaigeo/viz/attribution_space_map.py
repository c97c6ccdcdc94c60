"""The rows by their values beside the same rows by their attributions, linked by a brush."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.explanations import Attributions
from xaigeo.geometry.attribution_space import AttributionSpace, attribution_space
from xaigeo.viz.attribution_choice import check_attributions
from xaigeo.viz.channels import layered
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.class_channels import class_channels
from xaigeo.viz.method_words import words_for
from xaigeo.viz.number_text import counted
from xaigeo.viz.records import plain
from xaigeo.viz.table_data import inline, with_tables
from xaigeo.viz.text_fit import middle, titled
from xaigeo.viz.theme import AMOUNTS, FAINT, INK, SOFT_INK
from xaigeo.viz.themed import themed

NARROW = 520  # below this the two parts stand one above the other
NAMED = 2  # features that an axis names
LABELLED = 3  # rows that have their label
# Of a letter and a line of a label, as shares of the side of a part.
LETTER_SHARE, LINE_SHARE = 0.025, 0.055
SIZES = (28, 230)  # of points, in square pixels, by the spread of the seeds
HEADINGS = {"data": "By their values", "attribution": "By their attributions"}
ROOM = 0.12  # at each end of an axis, as a share of its length


def attribution_space_map(
    explanation: Attributions,
    *,
    seed: int | None = None,
    output: str | None = None,
    width: int = 640,
) -> alt.HConcatChart | alt.VConcatChart:
    """Draw the rows twice: by their values, and by their attributions.

    A box drawn in one part marks the same rows in the other: rows of like values that are
    explained differently, and different rows that are explained alike. The rows that are explained
    least like any other are named.

    Parameters
    ----------
    explanation : Attributions
    seed : int, optional
        One seed's attributions; the median over the seeds if None.
    output : str, optional
        By default, at each row, the class that most seeds predict.
    width : int
        Of the whole, in pixels; the parts stand one above the other where it is narrow.

    Raises
    ------
    InputError
        If the explanation holds no attributions, fewer than three rows, attributions that are the
        same at all of them, or no such seed or output.
    """
    check_width(width)
    check_attributions(explanation, "a map of attributions")
    space = attribution_space(explanation, seed=seed, output=output)
    tables = space_tables(space)
    finding = space_finding(space)
    chart = space_body(space, classes_of(explanation), tables, width=width).properties(
        title=titled(finding, [" ".join(space_notes(space, explanation))], width),
        description=f"Two maps of {len(space.frame)} rows, by their values and by their "
        f"attributions. {finding}.",
    )
    return themed(with_tables(chart, tables))


def classes_of(explanation: Attributions) -> list[str]:
    """Return the classes, in the order of their colours; none of a regression."""
    return [] if explanation.task == "regression" else explanation.outputs


def space_tables(space: AttributionSpace) -> dict[str, pd.DataFrame]:
    """Return the table `rows`: the frame of the space, and the labels of the rows that are named.

    A label is left out of the part in which it would lie on that of a row of lower rank.
    """
    frame = space.frame.assign(instance=[plain(label) for label in space.frame["instance"]])
    named = frame["outlier"] <= LABELLED
    # Where many rows are explained equally unlike the others, none is to be named.
    named &= named.sum() <= 2 * LABELLED
    labels = [
        str(label) if name else "" for label, name in zip(frame["instance"], named, strict=True)
    ]
    for place in HEADINGS:
        spot = frame[[f"{place}_x", f"{place}_y"]].to_numpy()
        frame[f"{place}_label"] = _apart(spot, labels, frame["outlier"].to_numpy())
    return {"rows": frame}


def _apart(places: np.ndarray, labels: list[str], rank: np.ndarray) -> list[str]:
    """Return labels without those that would lie on one of a row of lower rank."""
    span = float(np.ptp(places, axis=0).max()) * (1 + 2 * ROOM) or 1.0
    kept: list[int] = []
    for k in np.argsort(rank, kind="stable").tolist():
        # Shares of the side of a part, for text about 8 letters wide at most.
        gap = np.abs(places[kept] - places[k]) / span
        letters = max([len(labels[k]), *(len(labels[other]) for other in kept)])
        meets = (gap[:, 0] < LETTER_SHARE * (letters + 1)) & (gap[:, 1] < LINE_SHARE)
        if labels[k] and not meets.any():
            kept.append(k)
    return [label if k in kept else "" for k, label in enumerate(labels)]


def space_body(
    space: AttributionSpace,
    classes: Sequence[str],
    tables: dict[str, pd.DataFrame],
    *,
    width: int,
) -> alt.HConcatChart | alt.VConcatChart:
    """Return both maps over the table `rows`, with a brush each that marks rows in both."""
    stacked = width < NARROW
    side = int(width - 50 if stacked else (width - 110) / 2)
    # A brush a part, as Altair warns of one that two parts share, and of two without names; a name
    # made of the rows is no other chart's.
    rows = inline("rows", tables["rows"]).name
    brushes = {
        place: alt.selection_interval(name=f"{place}_box_{rows}")
        for place in ("data", "attribution")
    }
    parts = [
        _map(tables["rows"], place, space, classes, brushes, side, stacked).properties(
            width=side,
            height=side,
            title=alt.Title(HEADINGS[place], fontSize=11.5, fontWeight="normal", color=SOFT_INK),
        )
        for place in brushes
    ]
    return alt.vconcat(*parts, spacing=22) if stacked else alt.hconcat(*parts, spacing=22)


def space_finding(space: AttributionSpace) -> str:
    """Return which row is explained least like the others, without full stop."""
    frame = space.frame
    first = frame[frame["outlier"] == 1]
    if len(first) == len(frame):
        return (
            f"None of {counted(len(frame), 'row')} is explained less like the others than the rest"
        )
    far, usual = float(first["distance"].iloc[0]), float(frame["distance"].median())
    times = f": {far / usual:.1f} times as far from the nearest as usual" if usual > 0 else ""
    which = f"Row {plain(first['instance'].iloc[0])} is"
    if len(first) > 1:
        which = f"{len(first)} rows are"
    return f"{which} explained least like the others{times}"


def space_notes(space: AttributionSpace, explanation: Attributions) -> list[str]:
    """Return how the maps are read, in sentences."""
    n = len(explanation.seeds)
    whose = f"median of {n} seeds" if n > 1 else f"seed {explanation.seeds[0]}"
    if space.seed is not None:
        whose = f"seed {space.seed}"
    which = "rows by their values, and by their attributions"
    notes = [f"{words_for(explanation).title}, {whose}: {which}."]
    if n > 1 and space.frame["seed_spread"].max() > 0:
        notes.append("Larger: the seeds differ more there.")
    elif n > 1:
        notes.append("The seeds do not differ.")
    if len(space.frame[space.frame["outlier"] <= LABELLED]) <= 2 * LABELLED:
        notes.append("Numbered: the rows explained least like the others.")
    notes.append("Draw a box in one part to find its rows in the other.")
    return notes


def axis_title(loadings: pd.DataFrame, column: str, share: float, letters: int) -> list[str]:
    """Return the share of variance of an axis and the features that it is made of most.

    A feature with a minus falls along the axis. Lines have at most the given number of letters.
    """
    size = loadings[column].abs().to_numpy()
    if not size.any():
        return ["No second direction"]
    lines = []
    for j in np.argsort(-size, kind="stable")[:NAMED]:
        row = loadings.iloc[j]
        # The second is named only where it counts.
        if size[j] < 0.3 * size.max():
            continue
        category = row.get("category")
        name = row["feature"] + (f" = {category}" if isinstance(category, str) else "")
        lines.append(("− " if row[column] < 0 else "+ ") + middle(name, letters - 2))
    return [f"{share:.0%} of the variance:", *lines]


def _map(
    rows: pd.DataFrame,
    place: str,
    space: AttributionSpace,
    classes: Sequence[str],
    brushes: dict[str, alt.Parameter],
    side: int,
    stacked: bool,
) -> alt.LayerChart:
    loadings = space.data_loadings if place == "data" else space.loadings
    explained = space.data_explained if place == "data" else space.attribution_explained
    letters = max(16, side // 8)
    reach = _reach(rows, place)
    x, y = (
        kind(
            f"{place}_{axis}:Q",
            title=axis_title(loadings, f"{place}_{axis}", float(explained[i]), letters),
            scale=alt.Scale(domain=reach[axis], nice=False, zero=False),
            axis=alt.Axis(labels=False, ticks=False, grid=False, domainColor=FAINT),
        )
        for i, (kind, axis) in enumerate(((alt.X, "x"), (alt.Y, "y")))
    )
    many = rows["seed_spread"].max() > 0
    size: Any = alt.value(70)
    if many:
        size = alt.Size(
            "seed_spread:Q",
            title=f"Spread of seeds ({space.unit})",
            scale=alt.Scale(range=list(SIZES), zero=True),
            legend=alt.Legend(
                orient="top" if stacked else "bottom",
                titleOrient="left",
                titleLimit=260,
                format=".2~g",
                values=_few(rows),
                symbolFillColor=SOFT_INK,
            ),
        )
    colours: dict[str, Any] = {
        "color": alt.Color(
            "predicted:Q",
            title="Prediction",
            scale=alt.Scale(range=list(AMOUNTS)),
            legend=alt.Legend(orient="bottom", titleOrient="left", gradientLength=120, tickCount=3),
        )
    }
    if classes:
        colour, shape = class_channels(classes, side if stacked else 2 * side)
        colours = {"color": colour, "shape": shape}
    base = alt.Chart(alt.NamedData("rows"))
    points = (
        base.mark_point(filled=True, stroke="white", strokeWidth=0.6)
        .encode(
            x=x,
            y=y,
            size=size,
            opacity=alt.when(brushes["data"] & brushes["attribution"])
            .then(alt.value(0.85))
            .otherwise(alt.value(0.1)),
            tooltip=_tooltip(space, classes, many),
            **colours,
        )
        .add_params(brushes[place])
    )
    names = (
        base.transform_filter(f"datum.{place}_label != ''")
        .mark_text(dy=-11, fontSize=10.5, color=INK)
        .encode(x=x, y=y, text=f"{place}_label:N")
    )
    return layered(points, names)


def _tooltip(space: AttributionSpace, classes: Sequence[str], many: bool) -> list[alt.Tooltip]:
    said = [alt.Tooltip("predicted:Q", title="Prediction", format=".4~g")]
    if classes:
        said = [
            alt.Tooltip("predicted:N", title="Predicted class"),
            alt.Tooltip("agreement:Q", title="Seeds that say so", format=".0%"),
        ]
    spread = alt.Tooltip(
        "seed_spread:Q", title=f"Spread of the seeds ({space.unit})", format=".3~g"
    )
    return [
        alt.Tooltip("instance:N", title="Row"),
        *said,
        *([spread] if many else []),
        alt.Tooltip(
            "distance:Q", title=f"From rows explained most alike ({space.unit})", format=".3~g"
        ),
        alt.Tooltip("outlier:Q", title="Rank by that distance"),
    ]


def _reach(rows: pd.DataFrame, place: str) -> dict[str, list[float]]:
    """Return the ends of both axes, which have one scale so that distances may be compared."""
    ends = {axis: (rows[f"{place}_{axis}"].min(), rows[f"{place}_{axis}"].max()) for axis in "xy"}
    half = max(high - low for low, high in ends.values()) * (0.5 + ROOM) or 1.0
    return {
        axis: [float((low + high) / 2 - half), float((low + high) / 2 + half)]
        for axis, (low, high) in ends.items()
    }


def _few(rows: pd.DataFrame) -> list[float]:
    """Return two sizes for the legend, round numbers within the spread of the seeds."""
    largest = float(rows["seed_spread"].max())
    step = 10.0 ** np.floor(np.log10(largest))
    top = float(np.floor(largest / step) * step)
    return [plain(top / 2), plain(top)]
