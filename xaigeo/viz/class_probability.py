"""What the seeds predict on average over a plane, and where they differ."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.agreement.seed_predictions import output_place
from xaigeo.errors import InputError
from xaigeo.geometry.contour_segments import contour_segments
from xaigeo.geometry.decision_regions import DecisionRegions
from xaigeo.viz.channels import at, layered
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.decision_regions import AXIS_ROOM, SEAMLESS, check_regions, notes, region_axes
from xaigeo.viz.number_text import number_text, probability_text
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.text_fit import titled
from xaigeo.viz.theme import INK, RAMP, SOFT_INK
from xaigeo.viz.themed import themed
from xaigeo.viz.thinning import joined_cells

# Steps in which amounts are coloured and told.
STEPS = 50
NARROW = 420
GAP = 14


def class_probability(
    regions: DecisionRegions, output: str | None = None, width: int = 700
) -> alt.HConcatChart | alt.VConcatChart:
    """Draw the mean probability of a class over a plane beside its deviation between seeds.

    Of a regression the mean and the deviation of the predicted value are drawn.

    Parameters
    ----------
    regions : DecisionRegions
        From `xaigeo.geometry.decision_regions`.
    output : str, optional
        Class or target. Unless named, the one whose probability differs most between seeds.
    width : int
        Width of the whole in pixels; below 420 the panels stand one above the other.

    Raises
    ------
    InputError
        For anything else than regions, a single seed, or an output that does not exist.
    """
    check_width(width)
    place = probability_place(regions, output)
    finding = class_probability_finding(regions, place)
    told = []
    if regions.task == "classification":
        told.append("Line: mean probability 0.5.")
    chart = class_probability_body(regions, place, width=width).properties(
        title=titled(finding, told + notes(regions, data=False), width),
        description=f"Two maps over {regions.view.label}: mean and standard deviation over "
        f"{len(regions.seeds)} seeds. {finding}.",
    )
    return themed(with_tables(chart, class_probability_tables(regions, place)))


def probability_place(regions: DecisionRegions, output: str | None = None) -> int:
    """Return the place of the output that is drawn, after checking that it can be."""
    check_regions(regions)
    if len(regions.seeds) < 2:
        raise InputError(
            expected="the regions of two seeds or more",
            arrived="those of one",
            do="Draw a single seed with decision_regions.",
        )
    if output is not None:
        return output_place(regions.outputs, output)
    if regions.task == "regression":
        return 0
    return int(regions.sd.max(axis=(0, 1)).argmax())


def class_probability_finding(regions: DecisionRegions, place: int) -> str:
    """Return where the seeds differ most, without full stop."""
    sd, mean = regions.sd[..., place], regions.mean[..., place]
    row, column = np.unravel_index(sd.argmax(), sd.shape)
    name = regions.outputs[place]
    said = f"the prediction of “{name}”"
    if regions.task == "classification":
        said = f"the probability of “{name}”"
    text = number_text(mean[row, column], 2)
    if regions.task == "classification":
        text = probability_text(mean[row, column])
    if not sd.max() > 0:
        return f"The seeds do not differ: all give the same {said[4:]} all over this view"
    return f"Seeds differ most in {said} (SD {number_text(sd.max(), 2)}) where its mean is {text}"


def class_probability_tables(regions: DecisionRegions, place: int) -> dict[str, pd.DataFrame]:
    """Return rectangles of the mean (`means`) and deviation (`deviations`), and the `contour`.

    Amounts are rounded to a fiftieth of their range, so that equal neighbours can be joined.
    """
    tables = {}
    for name, values in (("means", regions.mean), ("deviations", regions.sd)):
        amounts = values[..., place]
        low, high = _reach(regions, place, name)
        step = (high - low) / STEPS or 1.0
        cells = joined_cells(np.round((amounts - low) / step).astype(int), regions.x, regions.y)
        tables[name] = cells.assign(value=low + cells["value"] * step)
    if regions.task == "classification":
        found = contour_segments(regions.x, regions.y, regions.mean[..., place], 0.5)
        tables["contour"] = pd.DataFrame(found, columns=["x", "y", "x2", "y2"])
    return tables


def class_probability_body(
    regions: DecisionRegions, place: int, *, width: int = 700
) -> alt.HConcatChart | alt.VConcatChart:
    """Return the two maps over the tables `means`, `deviations` and `contour`."""
    beside = width >= NARROW
    side = (width - 2 * AXIS_ROOM - GAP) // 2 if beside else width - AXIS_ROOM
    name = regions.outputs[place]
    classes = regions.task == "classification"
    mean = f"Mean probability of “{name}”" if classes else f"Mean prediction of “{name}”"
    parts = [
        _map(regions, place, "means", mean, side),
        _map(regions, place, "deviations", "Standard deviation between seeds", side),
    ]
    if beside:
        joined: Any = alt.hconcat(*parts, spacing=GAP)
    else:
        joined = alt.vconcat(*parts, spacing=GAP)
    return joined.resolve_scale(color="independent")  # type: ignore[no-any-return]


def _map(regions: DecisionRegions, place: int, table: str, what: str, side: int) -> Any:
    x, y = region_axes(regions, side)
    scale = alt.Scale(range=list(RAMP), domain=[*_reach(regions, place, table)])
    legend: alt.Legend | None = alt.Legend(
        orient="bottom", gradientLength=min(140, side), tickCount=3
    )
    if table == "deviations" and not regions.sd[..., place].max() > 0:
        # A scale from 0 to 0 would have no numbers.
        what, legend = f"{what}: 0 everywhere", None
    cells = (
        alt.Chart(alt.NamedData(table))
        .mark_rect(strokeWidth=0, **SEAMLESS)
        .encode(
            x=x,
            x2="x2:Q",
            y=y,
            y2="y2:Q",
            color=alt.Color(
                "value:Q",
                title=None,
                scale=scale,
                legend=legend,
            ),
            tooltip=[alt.Tooltip("value:Q", title=what, format=".2~r")],
        )
    )
    layers = [cells]
    if regions.task == "classification":
        layers.append(
            alt.Chart(alt.NamedData("contour"))
            .mark_rule(color=INK, strokeWidth=1.4)
            .encode(x=at(x, "x"), y=at(y, "y"), x2="x2:Q", y2="y2:Q")
        )
    return layered(*layers).properties(
        width=side,
        height=min(side, 280),
        title=alt.Title(what, fontSize=11.5, fontWeight="normal", color=SOFT_INK, offset=4),
    )


def _reach(regions: DecisionRegions, place: int, table: str) -> tuple[float, float]:
    if table == "deviations":
        return 0.0, float(regions.sd[..., place].max()) or 1.0
    if regions.task == "classification":
        return 0.0, 1.0
    values = regions.mean[..., place]
    return float(values.min()), float(values.max())
