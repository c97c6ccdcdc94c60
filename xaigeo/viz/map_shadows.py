"""What exact objects throw on a projection, and where explainers sampled, as layers of the map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from xaigeo.viz.channels import at
from xaigeo.viz.map_axes import CONSENSUS, Frame
from xaigeo.viz.map_layer import MapLayer
from xaigeo.viz.map_marks import (
    CONSENSUS_WIDTH,
    DASHED,
    FIT,
    SEED_WIDTH,
    SOLID,
    answer_colour,
    arrows,
    colour_of,
    of_rule,
    opacity,
    own_answer,
    whose,
)
from xaigeo.viz.theme import AMOUNTS, INK, SEED, SOFT_INK

DOTTED = [1, 4]
COMMON = "datum.layer === 'intersection'"
# Corners of the polygon that stands for an ellipse.
N_TURNS = 48
# How strongly a place is filled that the boxes of all seeds cover.
COVERED = 0.3


def patches(x: alt.X, y: alt.Y) -> alt.Chart:
    """Return the shadows of boundaries: ellipses, which are lines where seen edge-on."""
    chart: alt.Chart = (
        _outlined("patches", x, y)
        .encode(
            color=own_answer().when(CONSENSUS).then(alt.value(INK)).otherwise(alt.value(SEED)),
            fill=own_answer().when(CONSENSUS).then(alt.value(INK)).otherwise(alt.value(SEED)),
            fillOpacity=alt.when(CONSENSUS).then(alt.value(0.08)).otherwise(alt.value(0.015)),
            strokeWidth=alt.when(CONSENSUS)
            .then(alt.value(CONSENSUS_WIDTH))
            .otherwise(alt.value(SEED_WIDTH)),
            strokeOpacity=alt.when(CONSENSUS)
            .then(alt.value(alt.ExprRef(f"0.35 + 0.65 * {FIT}")))
            .otherwise(alt.value(alt.ExprRef(f"0.1 + 0.6 * {FIT}"))),
            tooltip=[
                *whose(),
                alt.Tooltip("distance:Q", title="Distance to the boundary (SD)", format=".2~f"),
                alt.Tooltip("local_r2:Q", title="Local R²", format=".2~f"),
                alt.Tooltip("resultant_length:Q", title="Agreement of directions", format=".2~f"),
            ],
        )
        .properties(name="patches")
    )
    return chart


def ellipses(x: alt.X, y: alt.Y) -> alt.Chart:
    """Return the ellipses that hold 90% of the seeds' arrow tips or counterfactual points."""
    chart: alt.Chart = (
        _outlined("ellipses", x, y)
        .encode(
            color=alt.value(INK),
            fill=alt.value(INK),
            fillOpacity=alt.value(0.07),
            strokeOpacity=alt.value(0.25),
            strokeWidth=alt.value(0.7),
            tooltip=[
                alt.Tooltip("method:N", title="Method"),
                alt.Tooltip("predicted:N", title="Answer"),
                alt.Tooltip("n_seeds:Q", title="90% ellipse of this many seeds"),
            ],
        )
        .properties(name="ellipses")
    )
    return chart


def _outlined(table: str, x: alt.X, y: alt.Y) -> alt.Chart:
    """Return the outlines of ellipses, walked from their centres and axes."""
    places = {
        axis: f"datum.c{axis} + cos(datum.turn) * datum.{axis}_major"
        f" + sin(datum.turn) * datum.{axis}_minor"
        for axis in "xy"
    }
    chart: alt.Chart = (
        MapLayer(alt.NamedData(table))
        .transform_calculate(turn=f"sequence(0, 2 * PI - 0.001, 2 * PI / {N_TURNS})")
        .transform_flatten(["turn"])
        .transform_calculate(**places)
        .mark_line(interpolate="linear-closed", clip=True)
        .encode(x=x, y=y, order="turn:Q", detail="number:N")
    )
    return chart


def normals(x: alt.X, y: alt.Y, frame: Frame) -> list[alt.Chart]:
    """Return the arrows along the surrogates' normals, towards their answer."""
    colour = own_answer().when(CONSENSUS).then(alt.value(INK)).otherwise(alt.value(SEED))
    tooltip = [
        *whose(),
        alt.Tooltip("output:N", title="Towards"),
        alt.Tooltip("norm:Q", title="Change for 1 SD along it", format=".3~g"),
        alt.Tooltip("share_in_view:Q", title="Share of it visible here", format=".0%"),
        alt.Tooltip("resultant_length:Q", title="Agreement of directions", format=".2~f"),
        alt.Tooltip("cone_degrees:Q", title="90% of seeds turn by less than (°)", format=".0f"),
    ]
    return arrows(
        "normals", x, y, frame, shaft=colour, head=colour, tooltip=tooltip, thick=1.6, faint=0.3
    )


def regions(x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """Return, dotted, where surrogates weigh samples and where a rule's search drew them."""
    chart: alt.Chart = (
        MapLayer(alt.NamedData("regions"), name="regions")
        .mark_line(
            interpolate="linear-closed",
            strokeDash=DOTTED,
            strokeCap="round",
            strokeWidth=1.2,
            color=SOFT_INK,
            opacity=0.6,
            clip=True,
        )
        .encode(
            x=x,
            y=y,
            order="order:Q",
            detail=[f"{name}:N" for name in ("method", "instance", "kind")],
            tooltip=[
                alt.Tooltip("method:N", title="Method"),
                alt.Tooltip("kind:N", title="Where it looks"),
            ],
        )
    )
    return [chart]


def coverage_cells(x: alt.X, y: alt.Y, classes: Sequence[str]) -> alt.Chart:
    """Return places filled by the share of all seeds whose box covers them."""
    chart: alt.Chart = (
        MapLayer(alt.NamedData("coverage_cells"), name="cells")
        .mark_rect(clip=True, strokeWidth=0)
        .encode(
            x=at(x, "x1"),
            x2="x2:Q",
            y=at(y, "y1"),
            y2="y2:Q",
            color=answer_colour(classes),
            opacity=alt.value(alt.ExprRef(f"{COVERED} * datum.share_of_all")),
            tooltip=[
                alt.Tooltip("predicted:N", title="Answer"),
                alt.Tooltip("n_seeds:Q", title="Seeds whose box covers this place"),
                alt.Tooltip("share:Q", title="Share of the seeds with this answer", format=".0%"),
                alt.Tooltip("share_of_all:Q", title="Share of all seeds", format=".0%"),
            ],
        )
    )
    return chart


def box_outlines(x: alt.X, y: alt.Y, classes: Sequence[str]) -> list[alt.Chart]:
    """Return the shadows of boxes: faint areas, closed edges and, dashed, open ones."""
    said = ("rule", "precision", "precision_low", "coverage", "met")
    tooltip = of_rule()
    base = MapLayer(alt.NamedData("box_outlines")).transform_lookup(
        lookup="mark", from_=alt.LookupData(alt.NamedData("boxes"), key="mark", fields=list(said))
    )
    areas = (
        base.mark_line(interpolate="linear-closed", strokeWidth=0, clip=True)
        .properties(name="box_areas")
        .encode(
            x=x,
            y=y,
            order="order:Q",
            detail=["mark:N"],
            fill=colour_of("predicted", classes, AMOUNTS[1]),
            fillOpacity=alt.when(COMMON)
            .then(alt.value(0.2))
            .when("datum.layer === 'seed'")
            .then(alt.value(0.03))
            .otherwise(alt.value(0)),
            tooltip=tooltip,
        )
    )
    edges = (
        base.mark_rule(clip=True, strokeCap="round")
        .properties(name="box_sides")
        .encode(
            x=x,
            y=y,
            x2="x2:Q",
            y2="y2:Q",
            color=own_answer(COMMON)
            .when(COMMON)
            .then(alt.value(INK))
            .when("datum.layer === 'union'")
            .then(alt.value(SOFT_INK))
            .otherwise(alt.value(SEED)),
            strokeWidth=alt.when(COMMON)
            .then(alt.value(CONSENSUS_WIDTH))
            .when("datum.layer === 'union'")
            .then(alt.value(1.4))
            .otherwise(alt.value(SEED_WIDTH)),
            opacity=opacity(0.3),
            strokeDash=_dashed_where("datum.open"),
            tooltip=tooltip,
        )
    )
    return [areas, edges]


def box_edges(x: alt.X, y: alt.Y) -> alt.Chart:
    """Return the edges within the outlines of what all boxes share and of what holds them all."""
    chart: alt.Chart = (
        MapLayer(alt.NamedData("box_edges"), name="box_edges")
        .mark_rule(clip=True)
        .encode(
            x=x,
            y=y,
            x2="x2:Q",
            y2="y2:Q",
            color=alt.when(COMMON).then(alt.value(INK)).otherwise(alt.value(SOFT_INK)),
            strokeWidth=alt.value(0.8),
            opacity=alt.when(COMMON).then(alt.value(0.45)).otherwise(alt.value(0.16)),
            strokeDash=_dashed_where("datum.open"),
            tooltip=[alt.Tooltip("feature:N", title="Along")],
        )
    )
    return chart


def _dashed_where(test: str) -> Any:
    return alt.when(test).then(alt.value(DASHED)).otherwise(alt.value(SOLID))
