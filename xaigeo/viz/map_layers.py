"""The layers of the explanation map, shared by the notebook chart and the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from xaigeo.viz.channels import at
from xaigeo.viz.theme import (
    INK,
    NEGATIVE,
    POSITIVE,
    SEED,
    SOFT_INK,
    class_colour,
    class_shape,
)

Keep = Callable[[alt.Chart, str], alt.Chart]

_OWNER = ("method", "layer", "seed", "instance")
# What the layers read of each table of a scene; the rest stays out of charts and pages.
COLUMNS: dict[str, tuple[str, ...]] = {
    "points": ("x", "y", "predicted"),
    "instances": ("instance", "x", "y", "predicted", "flip_rate", "classes"),
    "boxes": (
        *_OWNER,
        "predicted",
        "x1",
        "x2",
        "y1",
        "y2",
        "open_left",
        "open_right",
        "open_bottom",
        "open_top",
        "precision",
        "precision_low",
        "coverage",
        "met",
        "rule",
    ),
    "cones": ("method", "instance", "predicted", "side", "order", "x", "y"),
    "ellipse_outlines": ("mark", "method", "instance", "output", "predicted", "order", "x", "y"),
    "lines": (
        *_OWNER,
        "output",
        "predicted",
        "x1",
        "y1",
        "x2",
        "y2",
        "boundary",
        "distance",
        "local_r2",
        "resultant_length",
    ),
    "vectors": (
        *_OWNER,
        "output",
        "predicted",
        "feature",
        "role",
        "x",
        "y",
        "x2",
        "y2",
        "attribution",
        "low",
        "high",
    ),
    "scale_bar": ("method", "axis", "x", "y", "x2", "y2", "label"),
    "connectors": (
        *_OWNER,
        "predicted",
        "target",
        "x",
        "y",
        "x2",
        "y2",
        "flip_x",
        "flip_y",
        "valid",
        "n_changed",
        "distance",
        "foreshortening",
        "text",
        "cross_validity",
    ),
}
MARK_TABLES = tuple(name for name in COLUMNS if name not in ("points", "instances"))
SOLID, DASHED = [1, 0], [5, 4]
CONSENSUS = "datum.layer !== 'seed'"
RESULTANT = "datum.role === 'resultant'"
SEED_WIDTH, CONSENSUS_WIDTH = 1.1, 2.8
SEED_HEAD, CONSENSUS_HEAD = 22, 90


@dataclass(frozen=True)
class Frame:
    """Where the map is drawn: labels, fixed domains and size of its two axes.

    Domains are fixed by the data, so the map does not jump from one instance to the next; marks
    that reach beyond are clipped. `width` and `height` are numbers, or the names of Vega signals
    when the chart fills its container; arrow heads need them to turn into the arrow's direction.
    """

    x_label: str
    y_label: str
    x_domain: tuple[float, float]
    y_domain: tuple[float, float]
    width: float | str
    height: float | str

    def axes(self) -> tuple[alt.X, alt.Y]:
        """Return the encodings of the fields `x` and `y`."""
        return (
            alt.X(
                "x:Q",
                title=self.x_label,
                scale=alt.Scale(domain=list(self.x_domain), nice=False, zero=False),
                axis=alt.Axis(tickCount=6),
            ),
            alt.Y(
                "y:Q",
                title=self.y_label,
                scale=alt.Scale(domain=list(self.y_domain), nice=False, zero=False),
                axis=alt.Axis(tickCount=6),
            ),
        )

    def heading(self) -> str:
        """Return the Vega expression of an arrow's direction on screen, clockwise from up."""
        dx, dy = self._step()
        return f"atan2({dx}, {dy}) * 180 / PI"

    def head_size(self) -> str:
        """Return the Vega expression of the area of an arrow's head, small for short arrows."""
        dx, dy = self._step()
        length = f"(pow({dx}, 2) + pow({dy}, 2))"
        return f"min({length} / 4, {CONSENSUS} ? {CONSENSUS_HEAD} : {SEED_HEAD})"

    def _step(self) -> tuple[str, str]:
        """Return the expressions of an arrow's reach to the right and upwards, in pixels."""
        return (
            f"(datum.x2 - datum.x) * {self.width} / {self.x_domain[1] - self.x_domain[0]!r}",
            f"(datum.y2 - datum.y) * {self.height} / {self.y_domain[1] - self.y_domain[0]!r}",
        )


def map_layers(
    frame: Frame, classes: Sequence[str], *, tables: Sequence[str], regression: bool, keep: Keep
) -> list[alt.Chart]:
    """Return the layers of the map over named tables, back to front.

    Parameters
    ----------
    frame : Frame
    classes : sequence of str
        Class labels in output order; ignored for a regression.
    tables : sequence of str
        Which of `MARK_TABLES` to draw.
    regression : bool
        Colour points by predicted value.
    keep : callable
        Adds to a layer over a table the filters that pick instance and method. The report
        filters its rows before they reach the chart and passes the layer through.
    """
    x, y = frame.axes()
    drawn = {
        "boxes": lambda: _boxes(x, y, classes),
        "cones": lambda: [_area("cones", x, y, ["predicted", "side"])],
        "ellipse_outlines": lambda: [
            _area("ellipse_outlines", x, y, ["mark", "output", "predicted"])
        ],
        "lines": lambda: [_lines(x, y)],
        "vectors": lambda: _vectors(x, y, frame),
        "scale_bar": lambda: _scale_bar(x, y),
        "connectors": lambda: _connectors(x, y, classes),
    }
    layers: list[alt.Chart] = []
    for name in MARK_TABLES:
        if name in tables:
            layers += [keep(layer, name) for layer in drawn[name]()]
        if name == "boxes":  # areas lie under the data, lines over it
            layers.append(_points(x, y, classes, regression))
    return layers


def instance_layer(
    frame: Frame, classes: Sequence[str], *, regression: bool, tooltip: list[alt.Tooltip]
) -> alt.Chart:
    """Return the explained instances: larger points, ringed where the seeds' answers differ."""
    x, y = frame.axes()
    encoding: dict[str, Any] = {"x": x, "y": y, "color": _point_colour(classes, regression)}
    if not regression:
        encoding["shape"] = class_shape(classes)
    chart: alt.Chart = (
        alt.Chart(alt.NamedData("instances"), name="rows")
        .mark_point(
            filled=True,
            size=62,
            opacity=1,
            strokeWidth=1.2,
            clip=True,
            cursor="pointer",
            description="explained instance",
        )
        .encode(
            **encoding,
            stroke=alt.when("datum.flip_rate > 0")
            .then(alt.value(INK))
            .otherwise(alt.value("white")),
            tooltip=tooltip,
        )
    )
    return chart


def chosen_layer(frame: Frame, table: str = "chosen") -> alt.Chart:
    """Return the ring around the chosen instance."""
    x, y = frame.axes()
    chart: alt.Chart = (
        alt.Chart(alt.NamedData(table), name="ring")
        .mark_point(filled=False, shape="circle", size=260, strokeWidth=2.2, color=INK, clip=True)
        .encode(x=x, y=y)
    )
    return chart


def instance_tooltip(frame: Frame, *, regression: bool) -> list[alt.Tooltip]:
    """Return what hovering over an instance tells."""
    return [
        alt.Tooltip("instance:N", title="Row"),
        alt.Tooltip("predicted:N", title="Mean prediction" if regression else "Most seeds answer"),
        alt.Tooltip("x:Q", title=frame.x_label, format=".4~g"),
        alt.Tooltip("y:Q", title=frame.y_label, format=".4~g"),
        *(
            []
            if regression
            else [alt.Tooltip("flip_rate:Q", title="Seeds that answer otherwise", format=".0%")]
        ),
    ]


def _point_colour(classes: Sequence[str], regression: bool) -> alt.Color:
    if not regression:
        return class_colour(classes)
    return alt.Color(
        "predicted:Q",
        title="Mean prediction",
        scale=alt.Scale(range=["#cfe0d8", "#5c9ea0", "#123f52"]),
    )


def _points(x: alt.X, y: alt.Y, classes: Sequence[str], regression: bool) -> alt.Chart:
    encoding: dict[str, Any] = {"x": x, "y": y, "color": _point_colour(classes, regression)}
    if not regression:
        encoding["shape"] = class_shape(classes)
    chart: alt.Chart = (
        alt.Chart(alt.NamedData("points"), name="data")
        .mark_point(filled=True, size=26, opacity=0.38, strokeWidth=0, clip=True, tooltip=False)
        .encode(**encoding)
    )
    return chart


def _area(table: str, x: alt.X, y: alt.Y, detail: Sequence[str]) -> alt.Chart:
    """Return closed outlines, filled faintly: where the consensus might as well lie."""
    chart: alt.Chart = (
        alt.Chart(alt.NamedData(table), name=table)
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


def _scale_bar(x: alt.X, y: alt.Y) -> list[alt.Chart]:
    base = alt.Chart(alt.NamedData("scale_bar"))
    bars = base.mark_rule(color=SOFT_INK, strokeWidth=1.6, tooltip=False).encode(
        x=x, y=y, x2="x2:Q", y2="y2:Q"
    )
    label = (
        base.transform_filter("datum.axis === 'x'")
        .mark_text(align="left", baseline="bottom", dx=5, dy=-4, color=SOFT_INK, tooltip=False)
        .encode(x=x, y=y, text="label:N")
    )
    return [bars, label]


def _lines(x: alt.X, y: alt.Y) -> alt.Chart:
    chart: alt.Chart = (
        alt.Chart(alt.NamedData("lines"), name="lines")
        .mark_rule(clip=True, strokeCap="round")
        .encode(
            x=at(x, "x1"),
            y=at(y, "y1"),
            x2="x2:Q",
            y2="y2:Q",
            color=alt.when(CONSENSUS).then(alt.value(INK)).otherwise(alt.value(SEED)),
            strokeWidth=_width(),
            opacity=_opacity(0.5),
            strokeDash=_dashed_unless("datum.boundary"),
            tooltip=[
                *_whose(),
                alt.Tooltip("boundary:N", title="Boundary in the neighbourhood"),
                alt.Tooltip("distance:Q", title="Distance to it (SD)", format=".2~f"),
                alt.Tooltip("local_r2:Q", title="Local R²", format=".2~f"),
                alt.Tooltip("resultant_length:Q", title="Agreement of directions", format=".2~f"),
            ],
        )
    )
    return chart


def _vectors(x: alt.X, y: alt.Y, frame: Frame) -> list[alt.Chart]:
    tooltip = [
        *_whose(),
        alt.Tooltip("feature:N", title="Feature"),
        alt.Tooltip("output:N", title="Output"),
        alt.Tooltip("attribution:Q", title="Contribution (output units)", format="+.3~g"),
        alt.Tooltip("low:Q", title="10% of seeds below", format="+.3~g"),
        alt.Tooltip("high:Q", title="90% of seeds below", format="+.3~g"),
    ]
    base = alt.Chart(alt.NamedData("vectors"))
    shafts = (
        base.mark_rule(clip=True)
        .properties(name="shafts")
        .encode(
            x=x,
            y=y,
            x2="x2:Q",
            y2="y2:Q",
            color=alt.when(CONSENSUS)
            .then(alt.value(INK))
            .when(RESULTANT)
            .then(alt.value(SEED))
            .when("datum.attribution < 0")
            .then(alt.value(NEGATIVE))
            .otherwise(alt.value(POSITIVE)),
            strokeWidth=_width(),
            opacity=_opacity(0.4),
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
        .properties(name="heads")
        .encode(
            x=at(x, "x2"),
            y=at(y, "y2"),
            color=alt.when(RESULTANT + " && " + CONSENSUS)
            .then(alt.value(INK))
            .when(RESULTANT)
            .then(alt.value(SEED))
            .when("datum.attribution < 0")
            .then(alt.value(NEGATIVE))
            .otherwise(alt.value(POSITIVE)),
            opacity=_opacity(0.5),
            tooltip=tooltip,
        )
    )
    return [shafts, heads]


def _boxes(x: alt.X, y: alt.Y, classes: Sequence[str]) -> list[alt.Chart]:
    tooltip = [
        *_whose(),
        alt.Tooltip("rule:N", title="Rule"),
        alt.Tooltip("predicted:N", title="Answer"),
        alt.Tooltip("precision:Q", title="Precision", format=".1%"),
        alt.Tooltip("precision_low:Q", title="Lower bound of precision", format=".1%"),
        alt.Tooltip("coverage:Q", title="Coverage", format=".1%"),
        alt.Tooltip("met:N", title="Wanted precision reached"),
    ]
    base = alt.Chart(alt.NamedData("boxes"))
    x1, y1 = at(x, "x1"), at(y, "y1")
    fill = (
        base.mark_rect(clip=True, strokeWidth=0)
        .properties(name="boxes")
        .encode(
            x=x1,
            x2="x2:Q",
            y=y1,
            y2="y2:Q",
            color=class_colour(classes),
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
            color=alt.when("datum.layer === 'intersection'")
            .then(alt.value(INK))
            .when("datum.layer === 'union'")
            .then(alt.value(SOFT_INK))
            .otherwise(alt.value(SEED)),
            strokeWidth=alt.when("datum.layer === 'intersection'")
            .then(alt.value(CONSENSUS_WIDTH))
            .when("datum.layer === 'union'")
            .then(alt.value(1.4))
            .otherwise(alt.value(SEED_WIDTH)),
            opacity=_opacity(0.3),
            strokeDash=alt.when(f"datum.{side}")
            .then(alt.value(DASHED))
            .otherwise(alt.value(SOLID)),
        )
        for side, (near_x, near_y, far_x, far_y) in sides.items()
    ]


def _connectors(x: alt.X, y: alt.Y, classes: Sequence[str]) -> list[alt.Chart]:
    tooltip = [
        *_whose(),
        alt.Tooltip("text:N", title="Change"),
        alt.Tooltip("target:N", title="Answer there"),
        alt.Tooltip("valid:N", title="Reaches that answer"),
        alt.Tooltip("n_changed:Q", title="Features changed"),
        alt.Tooltip("distance:Q", title="Distance (MAD units)", format=".3~g"),
        alt.Tooltip("foreshortening:Q", title="Share of it visible here", format=".0%"),
        alt.Tooltip("cross_validity:Q", title="Also flips other seeds", format=".0%"),
    ]
    base = alt.Chart(alt.NamedData("connectors"))
    target = alt.Color("target:N", scale=class_colour(classes)["scale"], legend=None)
    ways = (
        base.mark_rule(clip=True)
        .properties(name="ways")
        .encode(
            x=x,
            y=y,
            x2="x2:Q",
            y2="y2:Q",
            color=alt.when(CONSENSUS).then(alt.value(INK)).otherwise(alt.value(SEED)),
            strokeWidth=_width(),
            opacity=_opacity(0.5),
            strokeDash=_dashed_unless("datum.valid"),
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
            opacity=_opacity(0.6),
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
            opacity=_opacity(0.9),
            tooltip=tooltip,
        )
    )
    return [ways, flips, ends]


def _width() -> Any:
    return alt.when(CONSENSUS).then(alt.value(CONSENSUS_WIDTH)).otherwise(alt.value(SEED_WIDTH))


def _opacity(of_seeds: float) -> Any:
    return alt.when(CONSENSUS).then(alt.value(1)).otherwise(alt.value(of_seeds))


def _dashed_unless(test: str) -> Any:
    return alt.when(test).then(alt.value(SOLID)).otherwise(alt.value(DASHED))


def _whose() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("method:N", title="Method"),
        alt.Tooltip("layer:N", title="Layer"),
        alt.Tooltip("seed:N", title="Seed"),
        alt.Tooltip("instance:N", title="Row"),
    ]
