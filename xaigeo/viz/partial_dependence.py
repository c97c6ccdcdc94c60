"""How the prediction changes with one column, for every seed."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.agreement.seed_predictions import output_place
from xaigeo.errors import InputError
from xaigeo.geometry.partial_dependence import PartialDependence
from xaigeo.options import check_flag
from xaigeo.viz.channels import at, layered
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.number_text import counted, number_text, probability_text
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.text_fit import titled
from xaigeo.viz.theme import AMOUNTS, INK, SEED, SOFT_INK
from xaigeo.viz.themed import themed
from xaigeo.viz.thinning import thinned

RUG = 200
AXIS_ROOM = 60


def partial_dependence(
    dependence: PartialDependence,
    output: str | None = None,
    ice: bool = False,
    width: int = 440,
) -> alt.LayerChart:
    """Draw the mean prediction against one column: a line a seed, the mean of seeds thick.

    Parameters
    ----------
    dependence : PartialDependence
        From `xaigeo.geometry.partial_dependence`.
    output : str, optional
        Class or target; unless named, the one that moves most.
    ice : bool
        Whether single rows are drawn too, each as its mean over seeds.
    width : int
        Width of the plot in pixels.

    Raises
    ------
    InputError
        For anything else than a partial dependence, an output that does not exist, or curves of
        rows that were not kept.
    """
    check_width(width)
    check_flag("ice", ice)
    place = dependence_place(dependence, output, ice)
    finding = partial_dependence_finding(dependence, place)
    chart = partial_dependence_body(dependence, place, ice, width=width).properties(
        title=titled(finding, _notes(dependence, ice), width + AXIS_ROOM),
        description=f"Partial dependence of {dependence.outputs[place]} on "
        f"{dependence.feature.name} for {counted(len(dependence.seeds), 'seed')}. {finding}.",
    )
    return themed(with_tables(chart, partial_dependence_tables(dependence, place, ice)))


def dependence_place(
    dependence: PartialDependence, output: str | None = None, ice: bool = False
) -> int:
    """Return the place of the output that is drawn, after checking that it can be."""
    if not isinstance(dependence, PartialDependence):
        raise InputError(
            expected="a PartialDependence",
            arrived=type(dependence).__name__,
            do="Pass what xaigeo.geometry.partial_dependence(ensemble, X, feature) returns.",
        )
    if ice and not len(dependence.ice_rows):
        raise InputError(
            expected="curves of single rows",
            arrived="a partial dependence without any",
            do="Compute it with n_ice=50, or draw it with ice=False.",
        )
    if output is not None:
        return output_place(dependence.outputs, output)
    if dependence.task == "regression":
        return 0
    return int(np.ptp(dependence.mean.mean(axis=0), axis=0).argmax())


def partial_dependence_finding(dependence: PartialDependence, place: int) -> str:
    """Return how far the mean prediction moves and the seeds differ, without full stop."""
    feature, curves = dependence.feature, dependence.mean[..., place]
    mean = curves.mean(axis=0)
    name = dependence.outputs[place]
    said, write = f"the mean probability of “{name}”", probability_text
    if dependence.task == "regression":
        said, write = f"the mean prediction of “{name}”", number_text
    low, high = int(mean.argmin()), int(mean.argmax())
    if not np.ptp(mean) > 1e-9:
        text = f"{said[0].upper()}{said[1:]} does not change with {feature.name}"
    else:
        unit = f" {feature.unit}" if feature.unit else ""
        ends = [
            f"{write(float(mean[end]))} ({feature.text(dependence.values[end])}{unit})"
            for end in (low, high)
        ]
        text = f"With {feature.name}, {said} moves between {ends[0]} and {ends[1]}"
    if len(curves) == 1:
        return text
    gap = write(float(np.ptp(curves, axis=0).max()))
    return f"{text}; seeds lie up to {gap} apart"


def partial_dependence_tables(
    dependence: PartialDependence, place: int, ice: bool = False
) -> dict[str, pd.DataFrame]:
    """Return lines of `seeds`, their `mean` with the middle 80%, single `rows`, and the `rug`.

    The rug holds the values of the column in the data, of categories the numbers of rows.
    """
    curves = dependence.mean[..., place]
    values = _written(dependence, dependence.values)
    low, high = np.quantile(curves, (0.1, 0.9), axis=0)
    tables = {
        "seeds": pd.DataFrame(
            {
                "seed": np.repeat(dependence.seeds, len(values)),
                "x": np.tile(values, len(curves)),
                "y": curves.reshape(-1),
            }
        ),
        "mean": pd.DataFrame({"x": values, "y": curves.mean(axis=0), "low": low, "high": high}),
    }
    if ice:
        own = dependence.ice[..., place].mean(axis=0)
        tables["rows"] = pd.DataFrame(
            {
                "row": np.repeat(dependence.ice_rows, len(values)),
                "x": np.tile(values, len(own)),
                "y": own.reshape(-1),
            }
        )
    if dependence.feature.is_discrete:
        counts = np.bincount(dependence.observed.astype(int), minlength=len(values))
        tables["mean"]["n_rows"] = counts
    else:
        observed = np.sort(dependence.observed)
        tables["rug"] = pd.DataFrame({"x": observed[thinned(len(observed), RUG)]})
    return tables


def partial_dependence_body(
    dependence: PartialDependence, place: int, ice: bool = False, *, width: int | str = 440
) -> alt.LayerChart:
    """Return the layers over the tables `seeds`, `mean`, `rows` and `rug`."""
    x, y = _axes(dependence, place)
    discrete = dependence.feature.is_discrete
    layers = _category_layers(x, y) if discrete else _line_layers(x, y, len(dependence.seeds) > 1)
    if ice:
        rows = alt.Chart(alt.NamedData("rows"))
        tip = [alt.Tooltip("row:N", title="Row")]
        if discrete:
            marks = rows.mark_point(filled=True, size=12, color=AMOUNTS[1], opacity=0.35)
            layers.insert(0, marks.encode(x=x, y=y, tooltip=tip))
        else:
            lines = rows.mark_line(color=AMOUNTS[1], strokeWidth=0.8, opacity=0.35)
            layers.insert(0, lines.encode(x=x, y=y, detail="row:N", tooltip=tip))
    if discrete and not isinstance(width, str):
        width = min(width, 110 * len(dependence.values))
    return layered(*layers).properties(width=width, height=240)


def _axes(dependence: PartialDependence, place: int) -> tuple[Any, Any]:
    feature, name = dependence.feature, dependence.outputs[place]
    probability = dependence.task == "classification"
    y = alt.Y(
        "y:Q",
        title=f"Mean probability of “{name}”" if probability else f"Mean prediction of “{name}”",
        scale=alt.Scale(domain=[0, 1]) if probability else alt.Scale(zero=False),
        axis=alt.Axis(tickCount=5, titleLimit=240),
    )
    if feature.is_discrete:
        names = _written(dependence, dependence.values)
        angle = 0 if max(map(len, names)) * len(names) < 50 else -35
        axis = alt.Axis(labelAngle=angle, labelLimit=110, ticks=False)
        return alt.X("x:N", sort=names, title=feature.label, axis=axis), y
    low, high = float(dependence.observed.min()), float(dependence.observed.max())
    scale = alt.Scale(domain=[low, high] if high > low else [low - 1, low + 1], nice=False)
    axis = alt.Axis(tickCount=6, labelOverlap=True, grid=False)
    return alt.X("x:Q", title=feature.label, scale=scale, axis=axis), y


def _line_layers(x: Any, y: Any, several: bool) -> list[alt.Chart]:
    mean = alt.Chart(alt.NamedData("mean"))
    tips = _tips(alt.Tooltip("x:Q", title=x["title"], format=".4~r"))
    layers = [
        alt.Chart(alt.NamedData("rug"))
        .mark_rule(color=SOFT_INK, strokeWidth=0.7, opacity=0.35)
        .encode(x=x, y=alt.value("height"), y2=alt.value(232)),
        alt.Chart(alt.NamedData("seeds"))
        .mark_line(color=SEED, strokeWidth=1, opacity=0.45)
        .encode(x=x, y=y, detail="seed:N", tooltip=[alt.Tooltip("seed:N", title="Seed")]),
        mean.mark_line(color=INK, strokeWidth=2.4).encode(x=x, y=y),
        # A line is hard to point at: its points answer for it.
        mean.mark_point(size=60, opacity=0, filled=True).encode(x=x, y=y, tooltip=tips),
    ]
    if several:
        band = mean.mark_area(color=AMOUNTS[1], opacity=0.25)
        layers.insert(0, band.encode(x=x, y=at(y, "low"), y2="high:Q"))
    return layers


def _category_layers(x: Any, y: Any) -> list[alt.Chart]:
    mean = alt.Chart(alt.NamedData("mean"))
    tips = [
        *_tips(alt.Tooltip("x:N", title=x["title"])),
        alt.Tooltip("n_rows:Q", title="Rows of the data"),
    ]
    return [
        alt.Chart(alt.NamedData("seeds"))
        .mark_point(filled=True, size=30, color=SEED, opacity=0.45, strokeWidth=0)
        .encode(
            x=x,
            y=y,
            tooltip=[
                alt.Tooltip("seed:N", title="Seed"),
                alt.Tooltip("y:Q", title=y["title"], format=".3~r"),
            ],
        ),
        mean.mark_rule(color=INK, strokeWidth=1.6).encode(
            x=x, y=at(y, "low"), y2="high:Q", tooltip=tips
        ),
        mean.mark_tick(color=INK, thickness=2.4, size=26, orient="horizontal").encode(
            x=x, y=y, tooltip=tips
        ),
    ]


def _tips(first: alt.Tooltip) -> list[alt.Tooltip]:
    return [
        first,
        alt.Tooltip("y:Q", title="Mean of seeds", format=".3~r"),
        alt.Tooltip("low:Q", title="10% of seeds below", format=".3~r"),
        alt.Tooltip("high:Q", title="90% of seeds below", format=".3~r"),
    ]


def _written(dependence: PartialDependence, values: np.ndarray) -> Any:
    """Return values as they are drawn: numbers, or the names of categories."""
    if not dependence.feature.is_discrete:
        return values
    return [dependence.feature.text(value) for value in values]


def _notes(dependence: PartialDependence, ice: bool) -> list[str]:
    n = counted(len(dependence.observed), "row")
    mark, thick = ("Dot", "Tick") if dependence.feature.is_discrete else ("Thin", "Dark")
    notes = [f"{mark}: one seed, averaged over {n}. {thick}: mean of seeds, and their middle 80%."]
    if len(dependence.seeds) == 1:
        notes = [f"One seed, averaged over {n}."]
    if not dependence.feature.is_discrete:
        notes.append("Ticks below: the data.")
    if ice:
        shown = counted(len(dependence.ice_rows), "single row")
        notes.append(f"Pale: {shown}, each averaged over seeds.")
    return notes
