"""Which class each seed predicts where: one small map a seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.errors import InputError
from xaigeo.geometry.decision_regions import DecisionRegions
from xaigeo.options import check_count
from xaigeo.viz.channels import at, layered
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.class_channels import class_channels
from xaigeo.viz.number_text import all_seeds, number_text, share_text
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.text_fit import titled, wrapped
from xaigeo.viz.theme import CLASSES, INK, RAMP, SOFT_INK
from xaigeo.viz.themed import themed
from xaigeo.viz.thinning import edges, joined_cells, thinned

if TYPE_CHECKING:
    from collections.abc import Callable

# Data drawn in each panel.
POINTS = 60
# Steps in which the values of a regression are coloured.
STEPS = 24
AXIS_ROOM = 62
# Depth of an area that has room for a number, as a share of the cells along a side.
ROOMY = 0.05
GAP = 8
# Opaque cells reach a little under their neighbours, so that no light seams show between them.
SEAMLESS: dict[str, Any] = {"x2Offset": 0.7, "y2Offset": -0.7}


def decision_regions(
    regions: DecisionRegions,
    seeds: Sequence[int] | None = None,
    columns: int | None = None,
    width: int = 700,
) -> alt.VConcatChart:
    """Draw what each seed predicts all over a plane, a panel a seed, with the data on top.

    Parameters
    ----------
    regions : DecisionRegions
        From `xaigeo.geometry.decision_regions`.
    seeds : sequence of int, optional
        All unless named.
    columns : int, optional
        Panels beside each other; as many as fit, five at most, unless given.
    width : int
        Width of the whole in pixels.

    Raises
    ------
    InputError
        For anything else than regions, or seeds that they do not hold.
    """
    check_width(width)
    check_regions(regions)
    places = _places(regions, seeds)
    body = decision_regions_body(regions, places, columns=columns, width=width)
    told = notes(regions, data=True)
    if len(regions.outputs) > len(CLASSES) and regions.task == "classification":
        told.append("Number: the class of an area, by its place in the legend; colours repeat.")
    chart = body.properties(
        title=titled(decision_regions_finding(regions, places), told, width),
        description=f"{len(places)} small maps, one a seed, of what the model predicts over "
        f"{regions.view.label}. {decision_regions_finding(regions, places)}.",
    )
    return themed(with_tables(chart, decision_regions_tables(regions, places)))


def decision_regions_finding(regions: DecisionRegions, places: Sequence[int]) -> str:
    """Return how far the seeds share the picture, without full stop."""
    n = len(places)
    if regions.task == "regression":
        values = regions.predicted[list(places)]
        reach = f"{number_text(values.min())} to {number_text(values.max())}"
        if n == 1:
            return f"Seed {regions.seeds[places[0]]} predicts {reach}"
        gap = np.ptp(values, axis=0).max()
        return f"{n} seeds predict {reach}, and up to {number_text(gap)} apart in one place"
    predicted = regions.predicted[list(places)]
    if n == 1:
        found = np.unique(predicted)
        names = [f"“{regions.outputs[place]}”" for place in found]
        return f"Seed {regions.seeds[places[0]]} predicts {' and '.join(names)} in this view"
    same = (predicted == predicted[0]).all(axis=0).mean()
    who = all_seeds(n)
    return f"{who[0].upper()}{who[1:]} predict the same class on {share_text(same)} of this view"


def notes(regions: DecisionRegions, *, data: bool) -> list[str]:
    """Return how to read a map of regions."""
    told = []
    if not regions.view.shown:
        told.append(f"The plane passes through {regions.held}; numeric columns move along it.")
    elif len(regions.held_row) > 2:
        told.append(f"Other columns held at {regions.held}.")
    if data and regions.task == "classification":
        told.append(
            "Points: data, by their true class."
            if regions.labelled
            else "Points: data, by the class that most seeds predict for the whole row."
        )
    if data and regions.task == "regression":
        told.append("Colour: predicted value, the same scale in each panel. Points: data.")
    return told


def decision_regions_tables(
    regions: DecisionRegions, places: Sequence[int] | None = None
) -> dict[str, pd.DataFrame]:
    """Return the rectangles of every seed (`regions`) and the data (`points`)."""
    places = range(len(regions.seeds)) if places is None else places
    values = regions.predicted[list(places)]
    if regions.task == "regression":
        cuts = np.linspace(values.min(), values.max(), STEPS + 1)
        values = np.clip(np.searchsorted(cuts, values, side="right") - 1, 0, STEPS - 1)
    frames = []
    for place, own in zip(places, values, strict=True):
        cells = joined_cells(own, regions.x, regions.y)
        frames.append(cells.assign(seed=int(regions.seeds[place])))
    cells = pd.concat(frames, ignore_index=True)
    kept = thinned(len(regions.points), POINTS)
    points = pd.DataFrame({"x": regions.points[kept, 0], "y": regions.points[kept, 1]})
    if regions.task == "regression":
        cells["predicted"] = ((cuts[:-1] + cuts[1:]) / 2)[cells.pop("value")]
    else:
        names = np.array(regions.outputs, dtype=object)
        cells["predicted"] = names[cells.pop("value")]
        points["predicted"] = names[regions.point_class[kept]]
    tables = {"regions": cells, "points": points}
    if regions.task == "classification" and len(regions.outputs) > len(CLASSES):
        tables["numbers"] = _numbers(regions, places)
    return tables


def _numbers(regions: DecisionRegions, places: Sequence[int]) -> pd.DataFrame:
    """Return the number of each class at the inmost cell of its largest area, by seed.

    Columns: seed, x, y, number (from 1) and predicted. Areas with no room for it have none.
    """
    rows = []
    for place in places:
        own = regions.predicted[place]
        for k in np.unique(own):
            depth = _depth(own == k)
            i, j = np.unravel_index(depth.argmax(), depth.shape)
            if depth[i, j] >= max(2.0, ROOMY * len(regions.x)):
                where = {"x": float(regions.x[j]), "y": float(regions.y[i])}
                said = {"number": str(int(k) + 1), "predicted": regions.outputs[int(k)]}
                rows.append({"seed": int(regions.seeds[place]), **where, **said})
    return pd.DataFrame(rows, columns=["seed", "x", "y", "number", "predicted"])


def _depth(inside: np.ndarray) -> np.ndarray:
    """Return how many cells deep each cell lies in an area, 0 outside it."""
    depth = np.zeros(inside.shape, dtype=int)
    while inside.any():
        depth += inside
        # Beyond the edge of the map an area is taken to end.
        held = np.pad(inside, 1)
        inside = inside & held[:-2, 1:-1] & held[2:, 1:-1] & held[1:-1, :-2] & held[1:-1, 2:]
    return depth


def decision_regions_body(
    regions: DecisionRegions,
    places: Sequence[int] | None = None,
    *,
    columns: int | None = None,
    width: int = 700,
) -> alt.VConcatChart:
    """Return the panels over the tables `regions` and `points`."""
    places = list(range(len(regions.seeds)) if places is None else places)
    if columns is not None:
        check_count("columns", columns)
    columns = min(len(places), columns or max(2, min(5, (width - AXIS_ROOM) // 110)))
    side = _side((width - AXIS_ROOM - GAP * (columns - 1)) // columns, len(regions.x))
    lines = [places[start : start + columns] for start in range(0, len(places), columns)]
    rows = []
    for line in lines:
        last = line is lines[-1]
        panels = [
            _panel(regions, place, side, columns, left=place == line[0], below=last)
            for place in line
        ]
        rows.append(alt.hconcat(*panels, spacing=GAP, bounds="flush"))
    return alt.vconcat(*rows, spacing=GAP)


def _side(room: int, n_cells: int) -> int:
    """Return the side of a panel; whole pixels for each cell leave no seams, if there is room."""
    whole = room // n_cells * n_cells
    return max(40, whole if whole >= 0.88 * room else room)


def region_axes(
    regions: DecisionRegions, side: int, *, left: bool = True, below: bool = True
) -> tuple[Any, Any]:
    """Return the position encodings x and y of a map `side` wide; inner ones show no axis."""
    ends = [edges(regions.x)[[0, -1]], edges(regions.y)[[0, -1]]]
    labels, shown = (regions.view.x_label, regions.view.y_label), (below, left)
    makers: tuple[Callable[..., Any], Callable[..., Any]] = (alt.X, alt.Y)
    x, y = (
        make(
            f"{name}:Q",
            title=label if name == "x" else wrapped(label, side, 11.5)[:2],
            scale=alt.Scale(domain=[float(end) for end in limits], nice=False, zero=False),
            axis=alt.Axis(tickCount=3, grid=False, titleLimit=side, labelOverlap=True)
            if axis
            else None,
        )
        for make, name, label, limits, axis in zip(makers, "xy", labels, ends, shown, strict=True)
    )
    return x, y


def _panel(
    regions: DecisionRegions, place: int, side: int, columns: int, *, left: bool, below: bool
) -> alt.LayerChart:
    x, y = region_axes(regions, side, left=left, below=below)
    if below:
        # Its title once for the whole line, which has the room that a panel has not.
        axis = alt.Axis(
            tickCount=3,
            grid=False,
            labelOverlap=True,
            titleAnchor="start",
            titleLimit=columns * side,
        )
        x = x.axis(axis).title(regions.view.x_label if left else None)
    seed = int(regions.seeds[place])
    regression = regions.task == "regression"
    what = regions.outputs[0] if regression else "Predicted class"
    colour: Any
    numbered = not regression and len(regions.outputs) > len(CLASSES)
    colour, shape = class_channels(regions.outputs, columns * (side + GAP), numbered=numbered)
    if regression:
        values = regions.predicted
        colour = alt.Color(
            "predicted:Q",
            title=f"Predicted {what}",
            scale=alt.Scale(range=list(RAMP), domain=[float(values.min()), float(values.max())]),
            legend=alt.Legend(
                orient="bottom",
                titleOrient="left",
                gradientLength=140,
                tickCount=3,
            ),
        )
    tip = alt.Tooltip("predicted:Q", title=f"Predicted {what}", format=".3~r")
    if not regression:
        tip = alt.Tooltip("predicted:N", title=what)
    cells = (
        alt.Chart(alt.NamedData("regions"))
        .transform_filter(f"datum.seed == {seed}")
        .mark_rect(
            opacity=1.0 if regression else 0.5, strokeWidth=0, **(SEAMLESS if regression else {})
        )
        .encode(
            x=x,
            x2="x2:Q",
            y=y,
            y2="y2:Q",
            color=colour,
            tooltip=[alt.Tooltip("seed:N", title="Seed"), tip],
        )
    )
    points = alt.Chart(alt.NamedData("points"))
    if regression:
        dots = points.mark_point(filled=True, size=7, color=INK, opacity=0.6, strokeWidth=0)
        dots = dots.encode(x=at(x, "x"), y=at(y, "y"))
    else:
        dots = points.mark_point(
            filled=True, size=12 if side < 160 else 22, opacity=1, stroke="white", strokeWidth=0.4
        ).encode(
            x=at(x, "x"),
            y=at(y, "y"),
            color=colour,
            shape=shape,
        )
    layers = [cells, dots]
    if numbered:
        layers += _number_layers(x, y, seed, 9 if side < 160 else 11)
    return layered(*layers).properties(
        width=side,
        height=side,
        title=alt.Title(
            f"seed {seed}",
            fontSize=10.5,
            fontWeight="normal",
            color=SOFT_INK,
            offset=3,
            frame="group",
        ),
    )


def _number_layers(x: Any, y: Any, seed: int, size: int) -> list[alt.Chart]:
    base = (
        alt.Chart(alt.NamedData("numbers"))
        .transform_filter(f"datum.seed == {seed}")
        .encode(x=at(x, "x"), y=at(y, "y"), text="number:N")
    )
    halo = base.mark_text(fontSize=size, stroke="white", strokeWidth=3, color="white")
    return [halo, base.mark_text(fontSize=size, fontWeight=600, color=INK)]


def check_regions(regions: Any) -> None:
    """Raise unless decision regions are given."""
    if not isinstance(regions, DecisionRegions):
        raise InputError(
            expected="DecisionRegions",
            arrived=type(regions).__name__,
            do="Pass what xaigeo.geometry.decision_regions(ensemble, X, view) returns.",
        )


def _places(regions: DecisionRegions, seeds: Sequence[int] | None) -> list[int]:
    if seeds is None:
        return list(range(len(regions.seeds)))
    unknown = [seed for seed in seeds if seed not in regions.seeds]
    if unknown or not len(seeds):
        raise InputError(
            expected=f"seeds of the regions ({', '.join(map(str, regions.seeds))})",
            arrived=", ".join(map(str, unknown)) or "none",
            do="Name seeds that the ensemble has.",
        )
    return [regions.seeds.index(seed) for seed in seeds]
