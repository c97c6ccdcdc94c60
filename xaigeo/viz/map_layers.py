"""The layers of the explanation map, shared by the notebook chart and the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import altair as alt

from xaigeo.viz import map_marks, map_notes, map_shadows
from xaigeo.viz.class_channels import class_channels
from xaigeo.viz.map_axes import Frame
from xaigeo.viz.map_layer import MapLayer
from xaigeo.viz.theme import (
    AMOUNTS,
    INK,
)

# How strongly a row of the data is drawn: by itself, if it obeys the rule drawn, if not.
POINT, MEMBER, FADED = 0.38, 0.85, 0.13

Keep = Callable[[alt.Chart, str], alt.Chart]

_OWNER = ("method", "layer", "seed", "instance")
# What the layers read of each table of a scene; the rest stays out of charts and pages.
COLUMNS: dict[str, tuple[str, ...]] = {
    "points": ("x", "y", "predicted", "member"),
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
        "colour",
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
        "colour",
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
        "colour",
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
        "colour",
    ),
}
MARK_TABLES = tuple(name for name in COLUMNS if name not in ("points", "instances"))
_ELLIPSE = ("cx", "cy", "x_major", "y_major", "x_minor", "y_minor")
# The same of what the notebook's map draws besides; `ellipses` stand for their outlines.
MORE_COLUMNS: dict[str, tuple[str, ...]] = {
    "regions": ("method", "instance", "kind", "order", "x", "y"),
    "coverage_cells": (
        *("method", "instance", "predicted", "n_seeds", "share", "share_of_all"),
        *("x1", "x2", "y1", "y2"),
    ),
    "box_outlines": (
        *(*_OWNER, "predicted", "colour"),
        *("mark", "order", "x", "y", "x2", "y2", "open"),
    ),
    "box_edges": (*_OWNER, "predicted", "feature", "open", "x", "y", "x2", "y2"),
    "ellipses": ("number", "method", "instance", "predicted", "n_seeds", *_ELLIPSE),
    "patches": (
        *(*_OWNER, "predicted", "colour", "number", *_ELLIPSE),
        *("distance", "local_r2", "resultant_length"),
    ),
    "normals": (
        *(*_OWNER, "output", "predicted", "colour", "x", "y", "x2", "y2"),
        *("norm", "local_r2", "resultant_length", "cone_degrees", "share_in_view"),
    ),
    "staircases": (
        *(*_OWNER, "output", "predicted", "colour", "x", "y", "x2", "y2"),
        *("order", "feature", "attribution"),
    ),
    "whiskers": (
        *("method", "layer", "instance", "output", "predicted", "feature"),
        *("low", "high", "x", "y", "x2", "y2"),
    ),
    "clusters": (
        *("method", "instance", "target", "n_seeds", "share", "n_points", "x", "y"),
        *("text", "distance", "radius", "label"),
    ),
    "change_labels": ("method", "layer", "instance", "x", "y", "label", "text"),
    "mode_labels": ("method", "layer", "instance", "x", "y", "label"),
    "compass": ("feature", "label", "x", "y", "x2", "y2", "text_x", "text_y", "align", "length"),
}


def map_layers(
    frame: Frame,
    classes: Sequence[str],
    *,
    tables: Sequence[str],
    regression: bool,
    keep: Keep,
    target: str = "",
    faded: str = "false",
) -> list[alt.Chart]:
    """Return the layers of the map over named tables, back to front.

    Parameters
    ----------
    frame : Frame
    classes : sequence of str
        Class labels in output order; ignored for a regression.
    tables : sequence of str
        Which of `MARK_TABLES` and `MORE_COLUMNS` to draw.
    regression : bool
        Colour points by predicted value.
    keep : callable
        Adds to a layer over a table the filters that pick instance and method. The report
        filters its rows before they reach the chart and passes the layer through.
    target : str
        What a regression's points are coloured by.
    faded : str
        Vega expression: whether points of unknown membership step back behind a rule's rows.
    """
    layers: list[alt.Chart] = []
    for name, drawn in _drawn(frame, () if regression else classes).items():
        if name == "points":  # areas lie under the data, lines over it
            layers.append(_points(frame, classes, regression, target, faded))
        elif name in tables:
            layers += [keep(layer, name) for layer in drawn()]
    return layers


def _drawn(frame: Frame, classes: Sequence[str]) -> dict[str, Callable[[], list[alt.Chart]]]:
    """Return by table what makes its layers, back to front."""
    x, y = frame.axes()
    outlines = ["mark", "output", "predicted"]
    return {
        "regions": lambda: map_shadows.regions(x, y),
        "coverage_cells": lambda: [map_shadows.coverage_cells(x, y, classes)],
        "boxes": lambda: map_marks.boxes(x, y, classes),
        "box_outlines": lambda: map_shadows.box_outlines(x, y, classes),
        "box_edges": lambda: [map_shadows.box_edges(x, y)],
        "patches": lambda: [map_shadows.patches(x, y)],
        "points": list,
        "cones": lambda: [map_marks.area("cones", x, y, ["predicted", "side"])],
        "ellipse_outlines": lambda: [map_marks.area("ellipse_outlines", x, y, outlines)],
        "ellipses": lambda: [map_shadows.ellipses(x, y)],
        "lines": lambda: [map_marks.lines(x, y)],
        "normals": lambda: map_shadows.normals(x, y, frame),
        "staircases": lambda: map_marks.staircases(x, y, frame),
        "whiskers": lambda: [map_marks.whiskers(x, y)],
        "vectors": lambda: map_marks.vectors(x, y, frame),
        "scale_bar": lambda: map_marks.scale_bar(x, y),
        "clusters": lambda: map_notes.clusters(x, y),
        "connectors": lambda: map_marks.connectors(x, y, classes),
        "compass": lambda: map_notes.compass(x, y, frame),
        "change_labels": lambda: map_notes.change_labels(x, y),
        "mode_labels": lambda: map_notes.mode_labels(x, y),
    }


def instance_layer(
    frame: Frame,
    classes: Sequence[str],
    *,
    regression: bool,
    tooltip: list[alt.Tooltip],
    target: str = "",
) -> alt.Chart:
    """Return the explained instances: larger points, ringed where the seeds' answers differ."""
    x, y = frame.axes()
    encoding: dict[str, Any] = {"x": x, "y": y}
    encoding |= _point_look(frame, classes, regression, target)
    chart: alt.Chart = (
        MapLayer(alt.NamedData("instances"), name="rows")
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
        MapLayer(alt.NamedData(table), name="ring")
        .mark_point(filled=False, shape="circle", size=260, strokeWidth=2.2, color=INK, clip=True)
        .encode(x=x, y=y)
    )
    return chart


def instance_tooltip(frame: Frame, *, regression: bool, target: str = "") -> list[alt.Tooltip]:
    """Return what hovering over an instance tells."""
    return [
        alt.Tooltip("instance:N", title="Row"),
        alt.Tooltip("predicted:N", title=_mean(target) if regression else "Most seeds answer"),
        alt.Tooltip("x:Q", title=frame.x_label, format=".4~g"),
        alt.Tooltip("y:Q", title=frame.y_label, format=".4~g"),
        *(
            []
            if regression
            else [alt.Tooltip("flip_rate:Q", title="Seeds that answer otherwise", format=".0%")]
        ),
    ]


def _point_look(
    frame: Frame, classes: Sequence[str], regression: bool, target: str
) -> dict[str, Any]:
    """Return the colour of points, of classes also the shape."""
    if not regression:
        colour, shape = class_channels(classes, frame.width)
        return {"color": colour, "shape": shape}
    amount = alt.Color(
        "predicted:Q",
        title=_mean(target),
        scale=alt.Scale(range=list(AMOUNTS)),
        # Above the map stands the caption, and a gradient's numbers would lie on it.
        legend=alt.Legend(orient="bottom", titleOrient="left", gradientLength=220),
    )
    return {"color": amount}


def _mean(target: str) -> str:
    return f"Mean prediction of {target}" if target else "Mean prediction"


def member_layer(
    frame: Frame, classes: Sequence[str], *, regression: bool, target: str = ""
) -> alt.Chart:
    """Return the points that obey a rule, strong, over the table `box_members`."""
    chart = _points(frame, classes, regression, target, "false").properties(
        data=alt.NamedData("box_members"), name="members"
    )
    chart = chart.transform_lookup(
        lookup="place",
        from_=alt.LookupData(
            alt.NamedData("points"), key="place", fields=["x", "y", "predicted", "member"]
        ),
    )
    return chart.encode(opacity=alt.value(MEMBER))


def _points(
    frame: Frame, classes: Sequence[str], regression: bool, target: str, faded: str
) -> alt.Chart:
    x, y = frame.axes()
    encoding: dict[str, Any] = {"x": x, "y": y}
    encoding |= _point_look(frame, classes, regression, target)
    encoding["opacity"] = (
        alt.when("datum.member === true")
        .then(alt.value(MEMBER))
        .when(f"datum.member === false || {faded}")
        .then(alt.value(FADED))
        .otherwise(alt.value(POINT))
    )
    chart: alt.Chart = (
        MapLayer(alt.NamedData("points"), name="data")
        .mark_point(filled=True, size=26, strokeWidth=0, clip=True, tooltip=False)
        .encode(**encoding)
    )
    return chart
