"""The marks of the explanation map: lines, arrows, boxes, connectors and what goes with them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import altair as alt

from xaigeo.viz.channels import at
from xaigeo.viz.map_axes import CONSENSUS, Frame
from xaigeo.viz.map_layer import MapLayer
from xaigeo.viz.theme import (
    AMOUNTS,
    INK,
    NEGATIVE,
    POSITIVE,
    SEED,
    SOFT_INK,
    class_colour,
    class_mark,
)

SOLID, DASHED = [1, 0], [5, 4]
RESULTANT = "datum.role === 'resultant'"
# How well a local model fits, 0 to 1; a fit worse than the mean has a negative R².
FIT = "clamp(datum.local_r2, 0, 1)"
SEED_WIDTH, CONSENSUS_WIDTH = 1.1, 2.8


def area(table: str, x: alt.X, y: alt.Y, detail: Sequence[str]) -> alt.Chart:
    """Return closed outlines, filled faintly: where the consensus might as well lie."""
    chart: alt.Chart = (
        MapLayer(alt.NamedData(table), name=table)
        .mark_line(
            interpolate="linear-closed",
            fill=INK,
            fillOpacity=0.07,
            stroke=INK,
            strokeOpacity=0.25,
            strokeWidth=0.7,
            clip=True,
            tooltip=False,
        )
        .encode(
            x=x,
            y=y,
            order="order:Q",
            detail=[f"{name}:N" for name in ("method", "instance", *detail)],
        )
    )
    return chart


def scale_bar(x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """Return the bars that say how long an arrow of a stated contribution is."""
    base = MapLayer(alt.NamedData("scale_bar"))
    bars = base.mark_rule(color=SOFT_INK, strokeWidth=1.6, tooltip=False).encode(
        x=x, y=y, x2="x2:Q", y2="y2:Q"
    )
    label = (
        base.transform_filter("datum.axis === 'x'")
        .mark_text(align="left", baseline="bottom", dx=5, dy=-4, color=SOFT_INK, tooltip=False)
        .encode(x=x, y=y, text="label:N")
    )
    return [bars, label]


def lines(x: alt.X, y: alt.Y) -> alt.Chart:
    """Return the local boundaries, dashed where no boundary passes nearby."""
    chart: alt.Chart = (
        MapLayer(alt.NamedData("lines"), name="lines")
        .mark_rule(clip=True, strokeCap="round")
        .encode(
            x=at(x, "x1"),
            y=at(y, "y1"),
            x2="x2:Q",
            y2="y2:Q",
            color=own_answer().when(CONSENSUS).then(alt.value(INK)).otherwise(alt.value(SEED)),
            strokeWidth=_width(),
            opacity=alt.when(CONSENSUS)
            .then(alt.value(alt.ExprRef(f"0.35 + 0.65 * {FIT}")))
            .otherwise(alt.value(alt.ExprRef(f"0.1 + 0.6 * {FIT}"))),
            strokeDash=dashed_unless("datum.boundary"),
            tooltip=[
                *whose(),
                alt.Tooltip("boundary:N", title="Boundary in the neighbourhood"),
                alt.Tooltip("distance:Q", title="Distance to it (SD)", format=".2~f"),
                alt.Tooltip("local_r2:Q", title="Local R²", format=".2~f"),
                alt.Tooltip("resultant_length:Q", title="Agreement of directions", format=".2~f"),
            ],
        )
    )
    return chart


def vectors(x: alt.X, y: alt.Y, frame: Frame) -> list[alt.Chart]:
    """Return the arrows of attributions: shafts, and heads turned to their direction."""
    tooltip = [
        *whose(),
        alt.Tooltip("predicted:N", title="Answer"),
        alt.Tooltip("feature:N", title="Feature"),
        alt.Tooltip("output:N", title="Output"),
        alt.Tooltip("attribution:Q", title="Attribution (in the bar's unit)", format="+.3~g"),
        alt.Tooltip("low:Q", title="10% of seeds below", format="+.3~g"),
        alt.Tooltip("high:Q", title="90% of seeds below", format="+.3~g"),
    ]
    shaft = (
        own_answer()
        .when(CONSENSUS)
        .then(alt.value(INK))
        .when(RESULTANT)
        .then(alt.value(SEED))
        .when("datum.attribution < 0")
        .then(alt.value(NEGATIVE))
        .otherwise(alt.value(POSITIVE))
    )
    head = (
        own_answer(RESULTANT)
        .when(RESULTANT + " && " + CONSENSUS)
        .then(alt.value(INK))
        .when(RESULTANT)
        .then(alt.value(SEED))
        .when("datum.attribution < 0")
        .then(alt.value(NEGATIVE))
        .otherwise(alt.value(POSITIVE))
    )
    return arrows("vectors", x, y, frame, shaft=shaft, head=head, tooltip=tooltip)


def staircases(x: alt.X, y: alt.Y, frame: Frame) -> list[alt.Chart]:
    """Return the arrows of attributions laid head to tail, largest first."""
    tooltip = [
        *whose(),
        alt.Tooltip("feature:N", title="Feature"),
        alt.Tooltip("output:N", title="Output"),
        alt.Tooltip("attribution:Q", title="Attribution (in the bar's unit)", format="+.3~g"),
    ]
    sign = (
        alt.when("datum.attribution < 0").then(alt.value(NEGATIVE)).otherwise(alt.value(POSITIVE))
    )
    return arrows(
        "staircases", x, y, frame, shaft=sign, head=sign, tooltip=tooltip, thick=1.8, faint=0.22
    )


def whiskers(x: alt.X, y: alt.Y) -> alt.Chart:
    """Return the bands along the consensus arrows in which the middle 80% of seeds end."""
    chart: alt.Chart = (
        MapLayer(alt.NamedData("whiskers"), name="whiskers")
        .mark_rule(clip=True, color=INK, opacity=0.2, strokeWidth=8)
        .encode(
            x=x,
            y=y,
            x2="x2:Q",
            y2="y2:Q",
            tooltip=[
                alt.Tooltip("feature:N", title="Feature"),
                alt.Tooltip("predicted:N", title="Answer"),
                alt.Tooltip("low:Q", title="10% of seeds below", format="+.3~g"),
                alt.Tooltip("high:Q", title="90% of seeds below", format="+.3~g"),
            ],
        )
    )
    return chart


def arrows(
    table: str,
    x: alt.X,
    y: alt.Y,
    frame: Frame,
    *,
    shaft: Any,
    head: Any,
    tooltip: list[alt.Tooltip],
    thick: float = CONSENSUS_WIDTH,
    faint: float = 0.4,
) -> list[alt.Chart]:
    """Return arrows from x, y to x2, y2: shafts, and heads turned to their direction.

    `thick` is the width of a consensus, `faint` the opacity of a seed.
    """
    base = MapLayer(alt.NamedData(table))
    prefix = "" if table == "vectors" else f"{table}_"
    shafts = (
        base.mark_rule(clip=True)
        .properties(name=f"{prefix}shafts")
        .encode(
            x=x,
            y=y,
            x2="x2:Q",
            y2="y2:Q",
            color=shaft,
            strokeWidth=_width(thick),
            opacity=opacity(faint),
            tooltip=tooltip,
        )
    )
    heads = (
        base.mark_point(
            filled=True,
            shape="triangle-up",
            angle=alt.ExprRef(frame.heading()),
            size=alt.ExprRef(frame.head_size()),
            strokeWidth=0,
            clip=True,
        )
        .properties(name=f"{prefix}heads")
        .encode(
            x=at(x, "x2"),
            y=at(y, "y2"),
            color=head,
            opacity=opacity(faint + 0.1),
            tooltip=tooltip,
        )
    )
    return [shafts, heads]


def boxes(x: alt.X, y: alt.Y, classes: Sequence[str]) -> list[alt.Chart]:
    """Return the anchors: areas, closed sides and, dashed, open ones."""
    tooltip = of_rule()
    base = MapLayer(alt.NamedData("boxes"))
    x1, y1 = at(x, "x1"), at(y, "y1")
    fill = (
        base.mark_rect(clip=True, strokeWidth=0)
        .properties(name="boxes")
        .encode(
            x=x1,
            x2="x2:Q",
            y=y1,
            y2="y2:Q",
            color=answer_colour(classes),
            opacity=alt.when("datum.layer === 'seed'")
            .then(alt.value(0.012))
            .when("datum.layer === 'intersection'")
            .then(alt.value(0.1))
            .otherwise(alt.value(0)),
            tooltip=tooltip,
        )
    )
    # A rectangle has one stroke for all four sides; four rules let open sides be dashed.
    sides = {
        "open_left": (x1, y1, None, "y2:Q"),
        "open_right": (at(x, "x2"), y1, None, "y2:Q"),
        "open_bottom": (x1, y1, "x2:Q", None),
        "open_top": (x1, at(y, "y2"), "x2:Q", None),
    }
    return [fill] + [
        base.mark_rule(clip=True)
        .properties(name=side)
        .encode(
            x=near_x,
            y=near_y,
            **({"x2": far_x} if far_x else {}),
            **({"y2": far_y} if far_y else {}),
            color=own_answer("datum.layer === 'intersection'")
            .when("datum.layer === 'intersection'")
            .then(alt.value(INK))
            .when("datum.layer === 'union'")
            .then(alt.value(SOFT_INK))
            .otherwise(alt.value(SEED)),
            strokeWidth=alt.when("datum.layer === 'intersection'")
            .then(alt.value(CONSENSUS_WIDTH))
            .when("datum.layer === 'union'")
            .then(alt.value(1.4))
            .otherwise(alt.value(SEED_WIDTH)),
            opacity=opacity(0.3),
            strokeDash=alt.when(f"datum.{side}")
            .then(alt.value(DASHED))
            .otherwise(alt.value(SOLID)),
        )
        for side, (near_x, near_y, far_x, far_y) in sides.items()
    ]


def connectors(x: alt.X, y: alt.Y, classes: Sequence[str]) -> list[alt.Chart]:
    """Return the counterfactuals: ways, flip points and hollow diamonds at their ends."""
    tooltip = [
        *whose(),
        alt.Tooltip("text:N", title="Change"),
        alt.Tooltip("target:N", title="Answer there"),
        alt.Tooltip("valid:N", title="Reaches that answer"),
        alt.Tooltip("n_changed:Q", title="Features changed"),
        alt.Tooltip("distance:Q", title="Distance (MAD units)", format=".3~g"),
        alt.Tooltip("foreshortening:Q", title="Share of it visible here", format=".0%"),
        alt.Tooltip("cross_validity:Q", title="Also flips other seeds", format=".0%"),
    ]
    base = MapLayer(alt.NamedData("connectors"))
    target = colour_of("target", classes, INK)
    ways = (
        base.mark_rule(clip=True)
        .properties(name="ways")
        .encode(
            x=x,
            y=y,
            x2="x2:Q",
            y2="y2:Q",
            color=own_answer().when(CONSENSUS).then(alt.value(INK)).otherwise(alt.value(SEED)),
            strokeWidth=_width(),
            opacity=opacity(0.5),
            strokeDash=dashed_unless("datum.valid"),
            tooltip=tooltip,
        )
    )
    flips = (
        base.mark_point(filled=True, shape="circle", color=INK, clip=True, strokeWidth=0)
        .properties(name="flips")
        .encode(
            x=at(x, "flip_x"),
            y=at(y, "flip_y"),
            size=alt.when(CONSENSUS).then(alt.value(40)).otherwise(alt.value(13)),
            opacity=opacity(0.6),
        )
    )
    ends = (
        base.mark_point(filled=False, shape="diamond", clip=True)
        .properties(name="ends")
        .encode(
            x=at(x, "x2"),
            y=at(y, "y2"),
            color=target,
            size=alt.when(CONSENSUS).then(alt.value(230)).otherwise(alt.value(64)),
            strokeWidth=alt.when(CONSENSUS).then(alt.value(2.6)).otherwise(alt.value(1.3)),
            opacity=opacity(0.9),
            tooltip=tooltip,
        )
    )
    return [ways, flips, ends]


def answer_colour(classes: Sequence[str]) -> Any:
    """Return the colour of the class predicted, or, of a regression without classes, one.

    The legend is that of the points.
    """
    return class_colour(classes).legend(alt.Legend()) if classes else alt.value(AMOUNTS[1])


def colour_of(field: str, classes: Sequence[str], otherwise: str) -> Any:
    """Return the colour of the class that a field names, by no scale, which needs no legend."""
    colours = {name: class_mark(place)["colour"] for place, name in enumerate(classes)}
    return alt.value(alt.ExprRef(f"{json.dumps(colours)}[datum.{field}] || '{otherwise}'"))


def own_answer(also: str = "true") -> Any:
    """Return the condition that a consensus is one of several and has its answer's colour."""
    return alt.when(f"datum.colour && {also}").then(alt.value(alt.ExprRef("datum.colour")))


def _width(thick: float = CONSENSUS_WIDTH) -> Any:
    return alt.when(CONSENSUS).then(alt.value(thick)).otherwise(alt.value(SEED_WIDTH))


def opacity(of_seeds: float) -> Any:
    """Return full opacity for a consensus and another for seeds."""
    return alt.when(CONSENSUS).then(alt.value(1)).otherwise(alt.value(of_seeds))


def dashed_unless(test: str) -> Any:
    """Return dashes where a test of the datum fails."""
    return alt.when(test).then(alt.value(SOLID)).otherwise(alt.value(DASHED))


def whose() -> list[alt.Tooltip]:
    """Return what every tooltip begins with."""
    return [
        alt.Tooltip("method:N", title="Method"),
        alt.Tooltip("layer:N", title="Layer"),
        alt.Tooltip("seed:N", title="Seed"),
        alt.Tooltip("instance:N", title="Row"),
    ]


def of_rule() -> list[alt.Tooltip]:
    """Return what the tooltip of a rule says."""
    return [
        *whose(),
        alt.Tooltip("rule:N", title="Rule"),
        alt.Tooltip("predicted:N", title="Answer"),
        alt.Tooltip("precision:Q", title="Precision", format=".1%"),
        alt.Tooltip("precision_low:Q", title="Lower bound of precision", format=".1%"),
        alt.Tooltip("coverage:Q", title="Coverage", format=".1%"),
        alt.Tooltip("met:N", title="Wanted precision reached"),
    ]
